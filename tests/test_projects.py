"""One-fault batches: each gets its one clear message, no traceback, and leaves nothing half done."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hitgen.cli import main

GOOD = """
[batch]
name = "t"
seed = 1
[[images]]
name = "study"
sources = "images/*.png"
codec = "jpeg"
levels = 12
[[images]]
name = "gold"
sources = "gold/*.png"
codec = "jpeg"
levels = 12
role = "gold"
[[questions]]
images = "gold"
source = "g"
level = [3, 6]
points = [[10, 10], [50, 10], [30, 40]]
radius_px = 9
[hit]
training = 0
study = 1
gold = 1
[screening]
gold_answers_min = 1
[consent]
title = "t"
contact = "c"
exemption = "e"
retention = "r"
withdrawal = "w"
"""
Change = Callable[[Path], None]


def picture(path: Path, seed: int) -> None:
    """A small picture of its own for every seed, 64x48."""
    noise = Image.fromarray(np.random.default_rng(seed).integers(60, 200, (8, 8, 3), dtype=np.uint8))
    noise.resize((64, 48), Image.Resampling.BICUBIC).save(path)


def batch(folder: Path) -> Path:
    for seed, name in enumerate(("images/a", "gold/g")):
        (folder / name).parent.mkdir(parents=True)
        picture(folder / f"{name}.png", seed)
    (folder / "batch.toml").write_text(GOOD)
    return folder


def text(old: str, new: str) -> Change:
    def change(folder: Path) -> None:
        path = folder / "batch.toml"
        assert old in path.read_text()
        path.write_text(path.read_text().replace(old, new, 1))

    return change


def source(content: Callable[[bytes], bytes]) -> Change:
    def change(folder: Path) -> None:
        path = folder / "images" / "a.png"
        path.write_bytes(content(path.read_bytes()))

    return change


def saved(make: Callable[[Image.Image], Image.Image], form: str = "PNG", **options: object) -> Change:
    def content(old: bytes) -> bytes:
        buffer = io.BytesIO()
        make(Image.open(io.BytesIO(old))).save(buffer, form, **options)
        return buffer.getvalue()

    return source(content)


def png(width: int, height: int, depth: int) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = zlib.compress(b"\0" * (height * (1 + width * 3 * depth // 8))) if width < 1000 else b""
    header = struct.pack(">IIBBBBB", width, height, depth, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def layout(old: str, new: str) -> Change:
    def change(folder: Path) -> None:
        assert main(["eject", str(folder), "parts/controls.html"]) == 0
        path = folder / "templates" / "parts" / "controls.html"
        assert old in path.read_text()
        path.write_text(path.read_text().replace(old, new, 1))

    return change


def remove(name: str) -> Change:
    return lambda folder: (folder / name).unlink()


FAULTS: dict[str, tuple[Change, str]] = {
    "no config": (remove("batch.toml"), "the folder has no batch.toml; try `hitgen init"),
    "not toml": (text("seed = 1", "seed = = 1"), "batch.toml: it is not TOML: Invalid value (at line 4"),
    "not utf-8": (
        lambda folder: (folder / "batch.toml").write_bytes(b"\xff\xfe\xfa" + GOOD.encode()),
        "batch.toml: byte 0 is not UTF-8; try saving it as UTF-8",
    ),
    "unknown key": (text("seed = 1", "seed = 1\nsed = 2"), "batch.toml: batch.sed: there is no key 'sed' here; try \"seed\""),
    "unknown table": (text("[hit]", "[hitt]"), "batch.toml: hitt: there is no key 'hitt' here; try \"hit\""),
    "missing name": (text('name = "study"\n', ""), 'batch.toml: images[0].name: it is missing; try name = "study"'),
    "missing table": (
        lambda folder: (folder / "batch.toml").write_text(GOOD.split("[consent]")[0]),
        "batch.toml: consent: it is missing; try a table [consent]",
    ),
    "unknown codec": (text('codec = "jpeg"', 'codec = "jpg"'), "batch.toml: images[0].codec: 'jpg' is not known; try \"jpeg\""),
    "no codec": (text('codec = "jpeg"\n', ""), "batch.toml: images[0].codec: it is missing; try one of jpeg, webp"),
    "wrong type": (text("seed = 1", 'seed = "one"'), "batch.toml: batch.seed: 'one' is not a whole number"),
    "out of range": (text("study = 1", "study = 0"), "batch.toml: hit.study: 0 is out of range; try a number of at least 1"),
    "bad choice": (text("[hit]", '[display]\nscaling = "big"\n[hit]'), "batch.toml: display.scaling: 'big' is not known; try \"physical\" or \"pixels\""),
    "bad name": (text('name = "t"', 'name = "t t"'), "batch.toml: batch.name: 't t' has characters that are not allowed"),
    "level gap": (
        text("levels = 12", "levels = [{level = 1, quality = 9}, {level = 3, quality = 5}]"),
        "batch.toml: images[0]: row 2 says level = 3",
    ),
    "bad quality": (text("levels = 12", "levels = [{level = 1, quality = 900}]"), "level 1 has quality 900"),
    "neither approval nor exemption": (text('exemption = "e"\n', ""), "batch.toml: consent: give either approval"),
    "same set twice": (text('name = "gold"', 'name = "study"'), "batch.toml: images[1].name: 'study' is used twice"),
    "no sources": (text("images/*.png", "pictures/*.png"), "batch.toml: images[0].sources: no file matches 'pictures/*.png'"),
    "no manifest": (text("images/*.png", "list.csv"), "batch.toml: images[0].sources: there is no file 'list.csv'"),
    "question for nothing": (text('images = "gold"', 'images = "golden"'), "batch.toml: questions[0].images: no image set is called 'golden'; try \"gold\""),
    "question for study": (text('images = "gold"', 'images = "study"'), "batch.toml: questions[0].images: the set 'study' has the role study"),
    "question for no source": (text('source = "g"', 'source = "h"'), "batch.toml: questions[0].source: the set 'gold' has no source 'h'"),
    "window beyond": (text("level = [3, 6]", "level = [3, 60]"), "batch.toml: questions[0].level: [3, 60] goes beyond the ladder's last level 12"),
    "window backward": (text("level = [3, 6]", "level = [6, 3]"), "batch.toml: questions[0]: level is [6, 3]"),
    "point outside": (text("[30, 40]", "[300, 40]"), "batch.toml: questions[0].points: (300, 40) lies outside the source, which is 64x48"),
    "too many matches": (text("radius_px = 9", "radius_px = 9\nmatches = 4"), "batch.toml: questions[0]: matches is 4 but there are 3 points"),
    "too little gold": (text("gold = 1", "gold = 2"), "batch.toml: hit.gold: 2 gold trials a page are asked, but there are 1 gold ladders"),
    "unknown layout": (text("[hit]", '[hit]\nlayout = "flickr"'), "batch.toml: hit.layout: there is no layout 'flickr'; try one of flicker, side"),
    "unknown text": (text("[hit]", '[texts]\nnxt = "x"\n[hit]'), "batch.toml: texts.nxt: there is no text 'nxt'; try \"next\""),
    "text placeholder": (text("[hit]", '[texts]\nprogress = "{nr}"\n[hit]'), "batch.toml: texts.progress: it has a placeholder that is never filled in"),
    "truncated image": (source(lambda old: old[: len(old) // 2]), "images/a.png: it is truncated or damaged"),
    "empty image": (source(lambda old: b""), "images/a.png: the file is empty; try copying it again"),
    "text as image": (source(lambda old: b"hello, I am text"), "images/a.png: it is not an image that can be read"),
    "alpha": (saved(lambda image: image.convert("RGBA")), "images/a.png: it has an alpha channel"),
    "16 bit": (source(lambda old: png(64, 48, 16)), "images/a.png: it has more than 8 bits a channel"),
    "bomb": (source(lambda old: png(60000, 60000, 8)), "images/a.png: it is too large (a decompression bomb"),
    "animation": (
        saved(lambda image: image, save_all=True, append_images=[Image.new("RGB", (64, 48))]),
        "images/a.png: it has 2 frames",
    ),
    "cmyk": (saved(lambda image: image.convert("CMYK"), "JPEG"), "images/a.png: its colour mode is CMYK; try saving it as RGB"),
    "tiny": (saved(lambda image: image.resize((8, 8))), "images/a.png: it is 8x8, smaller than 32 pixels a side"),
    "missing frames": (
        text('codec = "jpeg"\nlevels = 12', 'codec = "files"\nlevels = 12\nframes = "f/{source}_{index:03d}.jpg"'),
        "batch.toml: images study: frames: missing for 'a': f/a_001.jpg, f/a_002.jpg, f/a_003.jpg and 9 more",
    ),
    "missing slot": (layout('data-hit="slider"', "data-slider"), "templates/layouts/flicker.html: line 3: the slot 'slider' is missing"),
    "inline handler": (layout("<button", '<button onclick="x()"'), "templates/parts/controls.html: line 12: it has an inline handler"),
    "inline script": (layout("<button", "<script> hello() </script><button"), "templates/parts/controls.html: line 12: it has a script of its own"),
    "style element": (layout("<button", "<style>p { color: red }</style><button"), "templates/parts/controls.html: line 12: it has a style of its own"),
    "style attribute": (layout("<button", '<button style="color:red"'), "templates/parts/controls.html: line 12: it has a style= attribute"),
    "unknown template name": (layout("text.stop }}", "text.stopp }}"), "try a name of docs/templates.md"),
}  # fmt: skip


def listing(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "cache" not in path.parts
    }


def test_the_good_batch_is_good(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["build", str(batch(tmp_path))]) == 0
    assert main(["check", str(tmp_path)]) == 0
    assert "pages       1, 43 assignments" in capsys.readouterr().out


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_gets_its_one_message(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    change, message = FAULTS[name]
    folder = batch(tmp_path / "batch")
    change(folder)
    capsys.readouterr()
    before = listing(folder)
    assert main(["build", str(folder), "--workers", "1"]) == 1
    said = capsys.readouterr().err
    assert message in said
    assert said.count("\n") == 1, said
    assert listing(folder) == before
