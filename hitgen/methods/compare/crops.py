"""What of each source is shown: a crop from the middle, or the one that a table gives; and the ladders that arms show of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from pydantic import ValidationError

from hitgen.batch.load import Batch
from hitgen.batch.sources import LadderSource, table_rows
from hitgen.config.read import validation_faults
from hitgen.errors import Fault, InputError, in_config
from hitgen.lib.files import file_sha256, is_grouped
from hitgen.lib.pictures import upright_size
from hitgen.methods.compare.config import Config, CropRow
from hitgen.methods.compare.spread import Spread
from hitgen.methods.compare.stimuli import Crop, Shown, placed


def shown_sources(batch: Batch) -> tuple[LadderSource, ...]:
    """Each ladder of the batch as each arm shows it, called SET.ARM."""
    config, crops = _config(batch), _crops(batch, [])
    found = []
    for arm in config.method.arms:
        for source in batch.ladders:
            images = source.images.model_copy(update={"name": f"{source.images.name}.{arm}"})
            bounds, by = config.method.bounds, config.method.spread
            spread = None
            if config.is_spread(source.images) and by != "parameter":
                spread = Spread(by, *bounds, source.images.level_count)
            crop = crops.get(source.source, config.method.middle)
            treatment = Shown(arm, config.method.boosts(arm), crop, spread)
            found.append(replace(source, images=images, treatment=treatment))
    return tuple(found)


def crop_faults(batch: Batch) -> Iterator[Fault]:
    """What is wrong with crops, and sources of one name that are not one picture."""
    faults: list[Fault] = []
    crops, config = _crops(batch, faults), _config(batch)
    yield from faults
    first = {source.source: source for source in reversed(batch.ladders)}
    for name, source in () if faults else sorted(first.items()):
        size = upright_size(source.path)
        if config.method.crops and name not in crops:
            yield in_config("method.crops", f"{config.method.crops} has no row for {name!r}", "a row for each source")
        elif size:
            try:
                placed(crops.get(name, config.method.middle), size, source.path.name, "zoom" in config.method.boost)
            except InputError as error:
                yield from error.faults
    for source in batch.ladders:
        other = first[source.source]
        if source.path != other.path and file_sha256(source.path) != file_sha256(other.path):
            problem = f"{source.path.name} is another picture than that of {other.key}, but has its name"
            yield Fault(source.key, "", problem, "one file for all codecs of a source, or another name")


def _crops(batch: Batch, faults: list[Fault]) -> Mapping[str, Crop]:
    """The crops of a table, by source; what is wrong with it is added to `faults`."""
    file, found = _config(batch).method.crops, dict[str, Crop]()
    rows = table_rows(batch.folder, file, "method.crops", CropRow.columns, faults) if file else ()
    for line, row in rows:
        try:
            crop = CropRow.model_validate_strings(row)
        except ValidationError as error:
            faults += validation_faults(error, CropRow, file, f"line {line}")
            continue
        faults += [
            Fault(file, f"line {line}.{name}", f"{row[name]!r} can be read in two ways", "a number without a point")
            for name in CropRow.columns[1:]
            if is_grouped(row[name])
        ]
        if crop.source in found:
            faults.append(Fault(file, f"line {line}", f"{crop.source!r} has a row above", "leaving one of the two out"))
        found[crop.source] = (crop.x, crop.y, crop.width, crop.height)
        if "zoom" in _config(batch).method.boost and (crop.width % 2 or crop.height % 2):
            problem = f"{crop.width}x{crop.height} has no half in whole pixels, which zoom takes"
            faults.append(Fault(file, f"line {line}", problem, "an even width and height"))
    return found


def _config(batch: Batch) -> Config:
    assert isinstance(batch.config, Config)
    return batch.config
