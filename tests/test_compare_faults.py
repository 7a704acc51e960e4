"""One thing wrong in a batch of comparisons: one message that names file, field and remedy, and nothing half done."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from hitgen.cli import main
from tests.support.batches import grid
from tests.support.compare import write_study

QUESTION = '[[questions]]\nimages = "jpeg"\nsource = "s0"\n'


def edit(old: str, new: str) -> Callable[[Path], None]:
    def act(folder: Path) -> None:
        path = folder / "batch.toml"
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new, 1))

    return act


def crops(*rows: str) -> Callable[[Path], None]:
    def act(folder: Path) -> None:
        (folder / "crops.csv").write_text("\n".join(["source,x,y,width,height", *rows]) + "\n")
        edit("crop = [64, 48]", 'crops = "crops.csv"')(folder)

    return act


def spread(folder: Path) -> None:
    edit("levels = [{level = 1, quality = 60}, {level = 2, quality = 8}]", "levels = 3")(folder)
    edit("crop =", "error_db = [90, 80]\ncrop =")(folder)


def other_picture(folder: Path) -> None:
    (folder / "more").mkdir()
    grid(80, 64, 9).save(folder / "more" / "s0.png")
    edit('name = "webp"\nsources = "images/*.png"', 'name = "webp"\nsources = "more/*.png"')(folder)


def flashing(folder: Path) -> None:
    from PIL import Image

    for level, shade in enumerate((40, 200, 220)):
        name = "big.png" if level == 0 else f"big_{level}.png"
        (folder / ("images" if level == 0 else "ladder")).mkdir(exist_ok=True)
        Image.new("RGB", (600, 500), (shade,) * 3).save(folder / ("images" if level == 0 else "ladder") / name)
    files = '[[images]]\nname = "f"\nsources = "images/big.png"\ncodec = "files"\nframes = "ladder/{source}_{index}.png"\nlevels = 2\n'
    text = (folder / "batch.toml").read_text()
    head, _, rest = text.partition("[[images]]")
    text = head + files + rest[rest.index("[hit]") :]
    (folder / "batch.toml").write_text(
        text.replace('accept_flash_hazard = "I accept flashes beyond WCAG 2.3.1"\n', "").replace(
            "[64, 48]", "[500, 400]"
        )
    )


FAULTS: dict[str, tuple[Callable[[Path], None], str]] = {
    "method": (edit('kind = "compare"', 'kind = "compar"'), "batch.toml: method.kind: 'compar' is not known; try \"compare\""),
    "an arm that there is not": (edit("crop =", 'arms = ["bosted"]\ncrop ='), "batch.toml: method.arms[0]: 'bosted' is not known"),
    "no arm": (edit("crop =", "arms = []\ncrop ="), "batch.toml: method.arms: it has 0 entries; try at least 1"),
    "an arm twice": (edit("crop =", 'arms = ["plain", "plain"]\ncrop ='), "batch.toml: method: arms names one twice; try each once"),
    "a boost": (edit("crop =", 'boost = ["sharpen"]\ncrop ='), "batch.toml: method.boost[0]: 'sharpen' is not known"),
    "across codecs alone": (edit("crop =", 'compare = ["cross"]\ncrop ='), "the graph does not hang together; try"),
    "an odd crop": (edit("[64, 48]", "[63, 48]"), "batch.toml: method: crop is [63, 48]; try zoom takes half of each side"),
    "too small a crop": (edit("[64, 48]", "[16, 48]"), "batch.toml: method.crop[0]: 16 is out of range; try a number of at least 32"),
    "a crop beyond the picture": (edit("[64, 48]", "[640, 48]"), "s0.png: method.crop: it has 80x64 pixels, and 640x48 are to be shown"),
    "crops that are not there": (edit("crop =", 'crops = "c.csv"\ncrop ='), "batch.toml: method.crops: there is no file 'c.csv'"),
    "crops without a source": (crops("other,0,0,64,48"), "batch.toml: method.crops: crops.csv has no row for 's0'"),
    "a crop of a table beyond the picture": (crops("s0,40,0,64,48"), "s0.png: method.crop: it has 80x64 pixels, and 64x48 are"),
    "a crop of no numbers": (crops("s0,left,0,64,48"), "crops.csv: line 2.x: 'left' is not a whole number"),
    "a crop with a point": (crops("s0,0,0,64.000,48"), "crops.csv: line 2.width: '64.000' can be read in two ways"),
    "a crop that is there twice": (crops("s0,0,0,64,48", "s0,8,0,64,48"), "crops.csv: line 3: 's0' has a row above"),
    "an odd crop of a table": (crops("s0,0,0,63,48"), "crops.csv: line 2: 63x48 has no half in whole pixels"),
    "errors upside down": (edit("crop =", "error_db = [30, 40]\ncrop ="), "batch.toml: method: error_db is [30.0, 40.0]; try the first"),
    "sizes upside down": (edit("crop =", "size_bpp = [0.1, 2]\ncrop ="), "batch.toml: method: size_bpp is [0.1, 2.0]; try the first"),
    "errors out of reach": (spread, "images/s0.png: method.error_db: 3 levels from 90 to 80 dB are asked of jpeg, which goes from"),
    "a role": (edit('codec = "jpeg"\n', 'codec = "jpeg"\nrole = "training"\n'), "batch.toml: images[0].role: 'jpeg' has the role training"),
    "a known answer": (edit("[hit]", f"{QUESTION}[hit]"), "batch.toml: questions: compare has no known answers of its own; try leaving"),
    "a second time": (edit("[hit]", "[hit]\nrepeats = 2"), "batch.toml: hit.repeats: nobody is asked a question of compare twice; try leaving"),
    "a quiz": (edit("[hit]", "[qualification]\ngold = 1\n[hit]"), "batch.toml: qualification: compare screens by traps on its study pages"),
    "frames made by pages": (edit("[hit]", '[hit]\nframes = "made"'), "batch.toml: hit.frames: pictures of compare are made when it is built"),
    "too many levels": (edit("levels = [{level = 1, quality = 60}, {level = 2, quality = 8}]", "levels = 60"), "batch.toml: images[0].levels: 60 levels make 1830 pairs; try few"),
    "a codec that is no name": (edit('codec = "jpeg"', 'codec = ["jpeg"]'), "batch.toml: images[0].codec: \"['jpeg']\" is not known; try \"jpeg\""),
    "half a level": (edit("levels = [{level = 1, quality = 60}, {level = 2, quality = 8}]", "levels = 2.5"), "batch.toml: images[0].levels: 2.5 is not a whole number"),
    "no levels": (edit("levels = [{level = 1, quality = 60}, {level = 2, quality = 8}]", "levels = 0"), "batch.toml: images[0].levels: 0 is out of range; try a number of at least 1"),
    "an empty list of levels": (edit("levels = [{level = 1, quality = 60}, {level = 2, quality = 8}]", "levels = []"), "batch.toml: images[0].levels: it has 0 entries; try at least 1"),
    "part of a quality": (edit("quality = 60", "quality = 60.5"), "batch.toml: images[0]: levels: level 1 has quality 60.5"),
    "traps in percent": (edit("[screening]", "[screening]\ntraps_plain = 70"), "batch.toml: screening.traps_plain: 70 is out of range; try a number of at most 1.0, or \"auto\""),
    "traps by a word": (edit("[screening]", '[screening]\ntraps_boosted = "otsu"'), "batch.toml: screening.traps_boosted: 'otsu' is not a number of the wanted form; try a number, without quotes, or \"auto\""),
    "a set called as the pivot": (edit('name = "jpeg"', 'name = "source"'), "batch.toml: images[0].name: 'source' is what the pivot is called"),
    "toggling that flickers": (edit("crop =", "toggles_per_second = 9\ncrop ="), "batch.toml: method.toggles_per_second: 9 is out of range; try a number of at most 3"),
    "no answers": (edit("answers = 2", "answers = 0"), "batch.toml: method.boosted.answers: 0 is out of range; try a number of at least 1"),
    "a key": (edit("distance = 1", "distnce = 1"), "batch.toml: method.plain.distnce: there is no key 'distnce' here; try \"distance\""),
    "too long a page": (edit("study = 60", "study = 500"), "batch.toml: hit.study: 500 is out of range; try a number of at most 140"),
    "one name for two pictures": (other_picture, "webp/s0: s0.png is another picture than that of jpeg/s0, but has its name; try one file"),
    "flashes": (flashing, "batch.toml: display.accept_flash_hazard: f.boosted/big flashes beyond WCAG 2.3.1 from level 1 on"),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_one_thing_wrong_is_said_once(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change, message = FAULTS[name]
    folder = write_study(tmp_path)
    change(folder)
    for verb in ("check", "build") if name != "flashes" else ("check",):
        assert main([verb, str(folder)]) == 1
        said = capsys.readouterr().err.strip()
        assert message in said and said.count("\n") == 0 and "try" in said, said
    assert not (folder / "build" / "manifest.json").exists() and not (folder / "plan.secret").exists()


def test_rules_that_do_nothing_are_minded(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rules = 'use_above = 0.8\noff = ["gold", "sides"]\nreject = ["speed", "sides", "traps"]\nshut_out = ["times"]\n'
    edit("[screening]\n", f"[screening]\n{rules}")(write_study(tmp_path))
    assert main(["check", str(tmp_path), "--workers", "1"]) == 0
    told = [line for line in capsys.readouterr().out.splitlines() if "does nothing" in line]
    assert len(told) == 4 and all("batch.toml: screening." in line for line in told)
    assert "screening.use_above: gold answers are judged by thresholds" in told[0] and "try leaving it out" in told[0]
    assert "screening.off: compare has no rule 'gold'" in told[1] and "try one of display, flicker" in told[1]
    assert "screening.reject: compare has no rule 'speed'" in told[2]
    assert "screening.reject: 'sides' is among the rules that are off" in told[3]
