"""A batch as it lies on disk: its config, the sources found and its questions, cross-checked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from hitgen.config.batch import BatchConfig
from hitgen.config.images import AnyImageSet
from hitgen.config.loading import CONFIG_NAME, nearest, read_config, validation_faults
from hitgen.config.questions import Question, QuestionFile
from hitgen.errors import Fault, InputError
from hitgen.lib.files import read_csv
from hitgen.lib.pictures import upright_size


@dataclass(frozen=True)
class LadderSource:
    """One ladder to be made: a source under the codec of its image set."""

    images: AnyImageSet
    source: str
    path: Path
    folder: Path

    @property
    def key(self) -> str:
        """`images/source`: unique in the batch, also where two sets share a source."""
        return f"{self.images.name}/{self.source}"


@dataclass(frozen=True)
class Batch:
    """Everything a batch says, before anything is made of it."""

    folder: Path
    config: BatchConfig
    ladders: tuple[LadderSource, ...]
    questions: tuple[Question, ...]

    def ladder(self, key: str) -> LadderSource:
        """The ladder called `images/source`."""
        return next(ladder for ladder in self.ladders if ladder.key == key)

    def names(self, role: str) -> list[str]:
        """The keys of all ladders of one role, in config order."""
        return [ladder.key for ladder in self.ladders if ladder.images.role == role]


def load_batch(folder: Path) -> Batch:
    """The batch in a folder; InputError with every fault of its config, files and cross-references."""
    config = read_config(folder / CONFIG_NAME)
    faults: list[Fault] = []
    ladders: list[LadderSource] = []
    names_seen: set[str] = set()
    for position, images in enumerate(config.images):
        field = f"images[{position}]"
        if images.name in names_seen:
            faults.append(Fault(CONFIG_NAME, f"{field}.name", f"{images.name!r} is used twice", "another name"))
        names_seen.add(images.name)
        ladders += _sources(folder, images, f"{field}.sources", faults)
    questions = _questions(folder, config, faults)
    if len(names_seen) == len(config.images):
        faults += _question_faults(config, ladders, questions)
    faults += _supply_faults(config, ladders, questions)
    if faults:
        raise InputError(faults)
    return Batch(folder, config, tuple(ladders), tuple(question for _, question in questions))


def _sources(folder: Path, images: AnyImageSet, field: str, faults: list[Fault]) -> list[LadderSource]:
    if images.sources.endswith(".csv"):
        found = _manifest(folder, images.sources, field, faults)
    else:
        try:
            paths = sorted(path for path in folder.glob(images.sources) if path.is_file())
        except (ValueError, NotImplementedError) as error:
            faults.append(Fault(CONFIG_NAME, field, f"{images.sources!r} is no pattern: {error}", '"images/*.png"'))
            return []
        found = [(path.stem, path) for path in paths]
        if not found:
            here = sorted(path.name for path in folder.iterdir() if path.is_dir() and path.name != "build")
            faults.append(
                Fault(
                    CONFIG_NAME,
                    field,
                    f"no file matches {images.sources!r} in the batch folder (it has the folders: {', '.join(here) or 'none'})",
                    '"images/*.png"',
                )
            )
    ladders = []
    seen: dict[str, Path] = {}
    for source, path in found:
        if source in seen:
            faults.append(
                Fault(
                    CONFIG_NAME,
                    field,
                    f"two sources are called {source!r} ({seen[source].name} and {path.name})",
                    "renaming one of the files",
                )
            )
            continue
        seen[source] = path
        ladders.append(LadderSource(images, source, path, folder))
    return ladders


def _manifest(folder: Path, name: str, field: str, faults: list[Fault]) -> list[tuple[str, Path]]:
    found = []
    for line, row in _rows(folder, name, field, ("source", "file"), faults):
        path = folder / row["file"]
        if not path.is_file():
            faults.append(
                Fault(name, f"line {line}", f"there is no file {row['file']!r}", "a path from the batch folder")
            )
        else:
            found.append((row["source"] or path.stem, path))
    return found


def _rows(
    folder: Path, name: str, field: str, columns: tuple[str, ...], faults: list[Fault]
) -> Iterator[tuple[int, dict[str, str]]]:
    try:
        yield from read_csv((folder / name).read_bytes(), name, columns)
    except FileNotFoundError:
        faults.append(
            Fault(CONFIG_NAME, field, f"there is no file {name!r} in the batch folder", "its path from there")
        )
    except InputError as error:
        faults += error.faults


def _questions(folder: Path, config: BatchConfig, faults: list[Fault]) -> list[tuple[str, Question]]:
    """Every question with the place it was written at."""
    questions: list[tuple[str, Question]] = []
    model = config.question
    for position, entry in enumerate(config.questions):
        if not isinstance(entry, QuestionFile):
            questions.append((f"questions[{position}]", entry))
            continue
        for line, row in _rows(folder, entry.file, f"questions[{position}].file", model.columns, faults):
            try:
                questions.append((f"{entry.file} line {line}", model.of_row(row)))
            except ValidationError as error:
                faults += validation_faults(error, model, entry.file, f"line {line}")
            except ValueError as error:
                faults.append(Fault(entry.file, f"line {line}", str(error), model.form))
    return questions


def _question_faults(
    config: BatchConfig, ladders: list[LadderSource], questions: list[tuple[str, Question]]
) -> Iterator[Fault]:
    by_key = {ladder.key: ladder for ladder in ladders}
    sets = {images.name: images for images in config.images}
    asked: dict[str, str] = {}
    astray = False
    for field, question in questions:
        astray = astray or question.name not in by_key or sets[question.images].role == "study"
        if question.images not in sets:
            yield Fault(
                CONFIG_NAME,
                f"{field}.images",
                f"no image set is called {question.images!r}",
                nearest(question.images, sets),
            )
            continue
        images = sets[question.images]
        if images.role == "study":
            yield Fault(
                CONFIG_NAME,
                f"{field}.images",
                f"the set {images.name!r} has the role study, which has no known answers",
                'role = "gold" or role = "training" for that set',
            )
            continue
        if question.name not in by_key:
            names = [ladder.source for ladder in ladders if ladder.images.name == images.name]
            if names:
                yield Fault(
                    CONFIG_NAME,
                    f"{field}.source",
                    f"the set {images.name!r} has no source {question.source!r}",
                    nearest(question.source, names),
                )
            continue
        if question.name in asked:
            yield Fault(
                CONFIG_NAME,
                field,
                f"{question.name} has a question already ({asked[question.name]})",
                "leaving one of the two out",
            )
        asked[question.name] = field
        size = upright_size(by_key[question.name].path)
        for key, problem, remedy in question.faults(config, images.level_count, size):
            yield Fault(CONFIG_NAME, f"{field}.{key}", problem, remedy)
    if astray:
        return  # the ladder that such a question means would be named as having none
    for key, ladder in by_key.items():
        if ladder.images.role != "study" and key not in asked:
            yield Fault(
                CONFIG_NAME,
                "questions",
                f"the {ladder.images.role} ladder {key} has no question",
                f'a [[questions]] entry with images = "{ladder.images.name}" and source = "{ladder.source}"',
            )


def _supply_faults(
    config: BatchConfig, ladders: list[LadderSource], questions: list[tuple[str, Question]]
) -> Iterator[Fault]:
    supply = {role: sum(ladder.images.role == role for ladder in ladders) for role in ("study", "training", "gold")}
    if all(images.role != "study" for images in config.images):
        yield Fault(CONFIG_NAME, "images", "no image set has the role study", 'role = "study" for the set to be rated')
    stages = [("hit", config.hit.training, config.hit.gold)]
    if config.qualification:
        stages.append(("qualification", config.qualification.training, config.qualification.gold))
    for stage, training, gold in stages:
        for role, wanted in (("training", training), ("gold", gold)):
            if wanted > supply[role]:
                yield Fault(
                    CONFIG_NAME,
                    f"{stage}.{role}",
                    f"{wanted} {role} trials a page are asked, but there are {supply[role]} {role} ladders",
                    f"{role} = {supply[role]}, or more ladders by `hitgen gold`",
                )
