"""What lies in a folder becomes a source, or is named with what to do about it."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hitgen.batch import new
from hitgen.batch.load import load_batch
from hitgen.build import build
from hitgen.cli import main
from hitgen.config.images import CommandSet
from hitgen.errors import InputError
from hitgen.manifest import read_manifest
from hitgen.stimuli.codecs import encode_frame
from tests.bench.build import photographs
from tests.support.picture_files import exif, jpeg, jpeg_exif, saved
from tests.test_projects import GOOD, batch, picture

Change = Callable[[Path], object]


def link_to_nowhere(folder: Path) -> None:
    (folder / "images" / "gone.png").symlink_to("nowhere.png")


def named_pipe(folder: Path) -> None:
    os.mkfifo(folder / "images" / "pipe.png")


def put(name: str, content: str | bytes = "") -> Change:
    def change(folder: Path) -> None:
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)

    return change


def sources(pattern: str, *, also: Change = lambda folder: None) -> Change:
    def change(folder: Path) -> None:
        text = (folder / "batch.toml").read_text()
        (folder / "batch.toml").write_text(text.replace("images/*.png", pattern, 1))
        also(folder)

    return change


def in_gold(content: bytes, points: str) -> Change:
    def change(folder: Path) -> None:
        (folder / "gold" / "g.png").unlink()
        (folder / "gold" / "g.jpg").write_bytes(content)
        text = (folder / "batch.toml").read_text().replace("gold/*.png", "gold/*.jpg")
        (folder / "batch.toml").write_text(text.replace("[[10, 10], [50, 10], [30, 40]]", points))

    return change


def doubled(target: str) -> Change:
    return lambda folder: shutil.copyfile(folder / "images" / "a.png", folder / target)


def in_another_format(folder: Path) -> None:
    Image.open(folder / "images" / "a.png").save(folder / "images" / "b.tif")
    sources("images/*")(folder)


def second_set(folder: Path) -> None:
    again = (
        '[[images]]\nname = "again"\nsources = "images/*.png"\ncodec = "jpeg"\nlevels = 12\n[[images]]\nname = "gold"'
    )
    text = (folder / "batch.toml").read_text().replace('[[images]]\nname = "gold"', again)
    (folder / "batch.toml").write_text(text)


WIDE = np.asarray(Image.effect_noise((64, 48), 60))
TURNED = jpeg(Image.fromarray(WIDE).convert("RGB"), exif=jpeg_exif(exif(6)))
FAULTS: dict[str, tuple[Change, str]] = {
    "link to nowhere": (link_to_nowhere, "images/gone.png: it is a link to a file that is not there; try copying"),
    "pipe": (named_pipe, "images/pipe.png: it is no ordinary file; try a copy of the image"),
    "folder called like an image": (lambda folder: (folder / "images" / "b.png").mkdir(), "images/b.png: it is a folder"),
    "no pattern": (sources("."), "batch.toml: images[0].sources: '.' is no pattern"),
    "a folder": (sources("images"), "no file matches 'images' in the batch folder (it has the folders: gold, images); try \"images/*\""),
    "sign of patterns": (
        sources("images/a[1].png", also=lambda folder: picture(folder / "images" / "a[1].png", 7)),
        "try [[] for a [ in a name",
    ),
    "absolute": (sources("/images/*.png"), "is no pattern"),
    "table with a link to nowhere": (
        sources("list.csv", also=lambda folder: (put("list.csv", "source,file\nx,images/gone.png\n")(folder), link_to_nowhere(folder))),
        "list.csv: line 2: 'images/gone.png' is a link to nowhere",
    ),
    "table with one source twice": (
        sources("list.csv", also=put("list.csv", "source,file\nx,images/a.png\nx,images/a.png\n")),
        "two sources are called 'x' (the same file twice)",
    ),
    "table with a name of two lines": (
        sources("list.csv", also=put("list.csv", 'source,file\n"x\ny",images/a.png\n')),
        "images/a.png: its name has control characters; try another name in list.csv",
    ),
    "nothing in the folder": (
        lambda folder: (folder / "images" / "a.png").unlink(),
        "no file matches 'images/*.png' in the batch folder (it has the folders: gold, images); try putting pictures there",
    ),
    "table of nothing": (sources("list.csv", also=put("list.csv", "source;file\r\n;\r\n")), "list.csv: it names no source"),
    "table that is a folder": (sources("list.csv", also=lambda folder: (folder / "list.csv").mkdir()), "'list.csv' cannot be read"),
    "table with a NUL in a path": (sources("list.csv", also=put("list.csv", "source,file\nx,a\0b.png\n")), ""),
    "points on the turned picture": (
        in_gold(TURNED, "[[10, 10], [10, 30], [60, 20]]"),
        "batch.toml: questions[0].points: (60, 20) lies outside the source, which is 48x64",
    ),
    "a copy": (doubled("images/a copy.png"), "study/a: it shows the same picture as study/a copy; try leaving one of them out"),
    "a copy in another format": (in_another_format, "study/b: it shows the same picture as study/a"),
    "the same set twice": (second_set, "again/a: it is the same ladder as study/a; try leaving one of them out"),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_what_is_wrong_with_sources_is_told_by_check_and_build(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    folder = batch(tmp_path / "b")
    change, words = FAULTS[name]
    change(folder)
    for verb in ("check", "build"):
        assert main([verb, str(folder)]) == 1
        said = capsys.readouterr().err
        assert words in said and "; try " in said


def test_points_within_the_turned_picture_are_taken(tmp_path: Path) -> None:
    folder = batch(tmp_path / "b")
    in_gold(TURNED, "[[10, 10], [40, 10], [30, 60]]")(folder)
    assert load_batch(folder).questions[0].points[2] == (30, 60)


def test_hidden_files_are_the_systems_own(tmp_path: Path) -> None:
    folder = batch(tmp_path / "b")
    sources("images/*", also=put("images/._a.png"))(folder)
    put("images/.DS_Store")(folder)
    (folder / "images" / "sub").mkdir()
    assert load_batch(folder).names("study") == ["study/a"]


def test_images_that_no_pattern_takes_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = batch(tmp_path / "b")
    for name in ("b.PNG", "c.jpg", ".d.png", "notes.txt"):
        put(f"images/{name}", b"x")(folder)
    assert main(["check", str(folder)]) == 0
    said = capsys.readouterr().out
    assert "images/b.PNG: it lies among the study's images, but no image set takes it" in said
    assert "images/c.jpg: it lies" in said and ".d.png" not in said and "notes" not in said


def test_one_source_under_two_codecs_is_no_double(tmp_path: Path) -> None:
    folder = batch(tmp_path / "b")
    second_set(folder)
    text = (
        (folder / "batch.toml")
        .read_text()
        .replace(
            'name = "again"\nsources = "images/*.png"\ncodec = "jpeg"',
            'name = "again"\nsources = "images/*.png"\ncodec = "webp"',
        )
    )
    (folder / "batch.toml").write_text(text)
    assert main(["build", str(folder)]) == 0


def test_gold_that_shows_a_study_picture_is_warned_of(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = batch(tmp_path / "b")
    doubled("gold/g.png")(folder)
    assert main(["check", str(folder)]) == 0
    assert "gold/g: it shows the study picture study/a" in capsys.readouterr().out


def test_gold_is_not_made_from_a_study_picture_whatever_it_is_called(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = batch(tmp_path / "b")
    study = folder / "images" / "a.png"
    copy = tmp_path / "holiday.tif"
    Image.open(study).save(copy)
    for source in (study, copy):
        assert main(["gold", str(folder), "--source", str(source), "--yes"]) == 1
        said = capsys.readouterr().err
        assert "it shows the study picture study/a" in said and "try a photograph that is not in the study" in said
    assert (folder / "batch.toml").read_text() == GOOD


def test_encoders_that_do_not_take_a_size_are_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = batch(tmp_path / "b")
    text = (folder / "batch.toml").read_text()
    for codec, width, most in (("webp", 17000, 16383), ("avif", 33000, 32768), ("jpeg", 65600, 65500)):
        Image.new("RGB", (width, 40)).save(folder / "images" / "a.png")
        (folder / "batch.toml").write_text(text.replace('codec = "jpeg"', f'codec = "{codec}"', 1))
        assert main(["build", str(folder)]) == 1
        words = f"images/a.png: images study: it is {width}x40, which the codec {codec} does not take (at most {most}"
        said = capsys.readouterr().err
        assert words in said and "try a smaller picture, or another codec" in said


def test_jpeg_xl_has_its_default_levels(tmp_path: Path) -> None:
    folder = batch(tmp_path / "b")
    text = (folder / "batch.toml").read_text().replace('codec = "jpeg"\nlevels = 12', 'codec = "jxl"\nlevels = 4', 1)
    (folder / "batch.toml").write_text(text)
    assert main(["build", str(folder)]) == 0


def test_init_copies_every_kind_and_names_what_it_leaves_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    for seed, name in enumerate(["a.png", "b.jfif", "c.ppm", "d.jp2", "e.gif", "f.avif", "g.WEBP", "h.tiff", "i.bmp"]):
        picture(photos / f"{seed}.png", seed)
        form = {".jfif": "JPEG", ".jp2": "JPEG2000"}.get(Path(name).suffix, Path(name).suffix[1:].upper())
        Image.open(photos / f"{seed}.png").save(photos / name, form)
        (photos / f"{seed}.png").unlink()
    for name in ("._a.png", ".DS_Store", "notes.txt", "raw.nef"):
        (photos / name).write_bytes(b"x")
    (photos / "x.png").mkdir()
    (photos / "sub").mkdir()
    (photos / "gone.png").symlink_to("nowhere")
    (photos / "bad\x1b.png").write_bytes(b"x")
    assert main(["init", str(tmp_path / "new"), "--images", str(photos)]) == 0
    said = capsys.readouterr().out
    assert "new: 9 images" in said
    assert "left out: bad\\x1b.png: its name has control characters" in said
    assert "left out: gone.png: a link to a file that is not there" in said
    assert "left out: notes.txt: its name does not end like an image's" in said
    assert "left out: raw.nef" in said and "left out: sub: a folder" in said and "left out: x.png: a folder" in said
    assert ".DS_Store" not in said and "._a" not in said
    assert len(load_batch_names(tmp_path / "new")) == 9


def test_init_tells_all_that_is_wrong_with_a_folder_at_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    for seed, name in enumerate(["a.png", "b.png", "twin.jpg", "twin.png"]):
        picture(photos / name, seed)
    Image.open(photos / "a.png").convert("CMYK").save(photos / "cmyk.jpg")
    (photos / "empty.png").touch()
    assert main(["init", str(tmp_path / "new"), "--images", str(photos)]) == 1
    said = capsys.readouterr().err.splitlines()
    assert [line.split(": ")[-1] for line in said] == [
        "two images have the same name but for the ending; try renaming one",
        "its colour mode is CMYK; try saving it as RGB",
        "the file is empty; try copying it again",
    ]
    assert main(["init", str(tmp_path / "new"), "--images", str(photos / "a.png")]) == 1
    assert "a.png: it is a file; try a folder" in capsys.readouterr().err
    assert "cmyk.jpg" in said[1] and "empty.png" in said[2] and not (tmp_path / "new").exists()


def load_batch_names(folder: Path) -> list[str]:
    return load_batch(folder).names("study")


def test_a_half_made_folder_does_not_block_the_next_try(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    photos = photographs(tmp_path / "photos", 3, 160)
    (tmp_path / "empty").mkdir()
    copied = []

    def copy(source: Path, target: Path, **options: bool) -> None:
        if len(copied) == 2:
            raise OSError(28, "No space left on device", str(target))
        copied.append(target.write_bytes(source.read_bytes()))

    for folder in (tmp_path / "new", tmp_path / "empty"):
        copied.clear()
        with monkeypatch.context() as full:
            full.setattr(new.shutil, "copyfile", copy)
            assert main(["init", str(folder), "--images", str(photos[0].parent)]) == 3
        assert sorted(path.name for path in tmp_path.iterdir() if path.name not in ("new", "empty")) == ["photos"]
        assert main(["init", str(folder), "--images", str(photos[0].parent)]) == 0
        assert len(load_batch_names(folder)) == 3


@pytest.mark.parametrize("name", ["_" * 3 + "study", "x" * 200, "a\nb", "caf\udce9", "..."])
def test_init_writes_a_batch_that_can_be_read_into_a_folder_of_any_name(tmp_path: Path, name: str) -> None:
    photos = photographs(tmp_path / "photos", 1, 160)
    assert main(["init", str(tmp_path / name), "--images", str(photos[0].parent)]) == 0
    assert load_batch(tmp_path / name).names("study") == [f"study/{photos[0].stem}"]


def test_faults_are_told_in_the_order_of_the_sources_however_many_work(tmp_path: Path) -> None:
    folder = batch(tmp_path / "b")
    for number in range(6):
        big = Image.effect_noise((40, 40) if number % 2 else (900, 900), 50).convert("RGB")
        content = saved(big, "PNG")
        (folder / "images" / f"f{number}.png").write_bytes(content[: -len(content) // 3])
    told = []
    for workers in (1, 2):
        with pytest.raises(InputError) as caught:
            build(folder, workers=workers)
        told.append([fault.where for fault in caught.value.faults])
    assert told[0] == told[1] == [f"images/f{number}.png" for number in range(6)]


def test_an_external_codec_that_fails_says_the_same_in_every_run(tmp_path: Path) -> None:
    picture(tmp_path / "a.png", 1)
    said = set()
    for _ in range(2):
        code = "import sys; sys.exit('cannot open ' + sys.argv[1])"
        images = CommandSet(
            name="x", sources="*", codec="command", levels=({"level": 1, "parameter": 1},),
            encode=(sys.executable, "-c", code, "{input}", "{output}", "{parameter}"), decode=("true", "{input}", "{output}"),
        )  # fmt: skip
        with pytest.raises(InputError, match=r"cannot open source\.png") as caught:
            encode_frame(Image.open(tmp_path / "a.png"), images, 1)
        said.add(str(caught.value))
    assert len(said) == 1


CODEC = """import sys
from PIL import Image
way, source, target, *quality = sys.argv[1:]
with Image.open(source) as picture:
    picture.save(target, **({"quality": int(float(quality[0]))} if way == "encode" else {}))
"""


def test_a_codec_of_one_s_own_is_found_from_the_batch_folder_and_a_changed_one_encodes_anew(tmp_path: Path) -> None:
    folder = batch(tmp_path / "b")
    config = folder / "batch.toml"
    words = [sys.executable, "codec.py"]
    encode, decode = [*words, "encode", "{input}", "{output}", "{parameter}"], [*words, "decode", "{input}", "{output}"]
    command = f'codec = "command"\nsuffix = ".jpg"\nencode = {json.dumps(encode)}\ndecode = {json.dumps(decode)}\n'
    levels = "levels = [{level = 1, parameter = 80}, {level = 2, parameter = 20.5}]"
    config.write_text(config.read_text().replace('codec = "jpeg"\nlevels = 12', command + levels, 1))
    (folder / "codec.py").write_text(CODEC)
    first = build(folder, workers=1)
    assert first.ladders_encoded > 0 and build(folder, workers=1).ladders_encoded == 0
    before = read_manifest(folder)
    assert before.provenance and before.provenance.libraries["codec.py"].startswith("SHA-256 ")
    (folder / "codec.py").write_text(CODEC.replace("int(float(quality[0]))", "5"))
    assert build(folder, workers=1).ladders_encoded == 1
    frames = [
        {ladder.levels[1].frame for ladder in each.ladders if ladder.codec == "command"}
        for each in (before, read_manifest(folder))
    ]
    assert frames[0] and not frames[0] & frames[1]
