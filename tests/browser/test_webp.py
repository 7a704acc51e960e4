"""The page's own reading of lossless WebP gives the file's pixels, whatever the encoder chose; a reader that errs in one step is caught."""

from __future__ import annotations

import io
from collections.abc import Iterator
from functools import cache

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page

from tests.support import codecs
from tests.support.pictures import PHOTOS, digest, photograph, small_pictures
from tests.support.runs import soaked_but

pytestmark = pytest.mark.browser
EFFORTS = ((0, 20), (2, 20), (4, 80), (6, 40))
"""Methods and qualities of the encoder: each brings out other transforms."""
PREDICTIONS = {
    "1": "left", "2": "top", "3": "data[at - width + 1]", "4": "data[at - width - 1]",
    "5": "average(average(left, data[at - width + 1]), top)", "6": "average(left, data[at - width - 1])",
    "7": "average(left, top)", "8": "average(data[at - width - 1], top)", "9": "average(top, data[at - width + 1])",
    "10": "average(average(left, data[at - width - 1]), average(top, data[at - width + 1]))",
    "11": "nearer(left, top, data[at - width - 1])", "12": "clamped(left, top, data[at - width - 1], 1)",
    "13": "clamped(average(left, top), average(left, top), data[at - width - 1], 2)",
}  # fmt: skip
MUTANTS = {
    **{f"prediction {mode}": (f"case {mode}: return {what};", f"case {mode}: return BLACK;") for mode, what in PREDICTIONS.items()},
    "the first row": ("data[at] = sum(data[at], data[at - 1]);", "data[at] = sum(data[at], BLACK);"),
    "the first column": ("data[row] = sum(data[row], data[row - width]);", "data[row] = sum(data[row], data[row - 1]);"),
    "an average rounded up": ("& 0xfefefefe) >>> 1) + (a & b)", "& 0xfefefefe) >>> 1) + (a & b) + ((a ^ b) & 1)"),
    "a tie goes to the left": ("difference < 0 ? left : top", "difference <= 0 ? left : top"),
    "a half rounded down": ("/ part) | 0;", "/ part + 256 | 0) - 256;"),
    "no clamp": ("(value < 0 ? 0 : value > 255 ? 255 : value) << shift", "(value & 255) << shift"),
    "unsigned green": ("const green = (pixel << 16) >> 24;", "const green = (pixel << 16) >>> 24;"),
    "red before its transform": ("* ((red << 24) >> 24)) >> 5", "* ((pixel << 8) >> 24)) >> 5"),
    "green not added": ("((data[at] >> 8) & 0xff) * 0x10001", "((data[at] >> 8) & 0xff) * 0x10000"),
    "transforms in the order of the file": ("transforms.reverse()", "transforms"),
    "palette not summed": ("data[number] = sum(data[number], data[number - 1]);", "break;"),
    "palettes of four packed as of sixteen": ("size <= 4 ? 2 :", "size <= 4 ? 1 :"),
    "palettes of two packed as of four": ("size <= 2 ? 3 :", "size <= 2 ? 2 :"),
    "palettes of sixteen unpacked": ("size <= 16 ? 1 : 0", "0"),
    "one code for all tiles": ("groups[groupOf[(y >> bits) * across + (x >> bits)]]", "groups[0]"),
    "the tile of a copy kept": ("if (length > 1) tileEnd = 0;", ""),
    "colours used lately in other places": ("0x1e35a7bd", "0x1e35a7bb"),
    "near distances by another order": ("0,1 1,0 1,1 -1,1", "1,0 0,1 1,1 -1,1"),
    "far distances one off": ("return code - NEAR.length;", "return code - NEAR.length + 1;"),
    "further bits of a length": ("((2 + (prefix & 1)) << bits)", "(2 << bits)"),
    "zeros repeated": ("? 3 + take(reader, 3) : 11", "? 2 + take(reader, 3) : 11"),
    "many zeros repeated": ("11 + take(reader, 7)", "10 + take(reader, 7)"),
    "a length repeated": ("if (length === 16) lengths.fill(last,", "if (length === 16) lengths.fill(8,"),
    "lengths cut short": ("? 2 + take(reader, 2 + 2 * take(reader, 3)) : size", "? 1 + take(reader, 2 + 2 * take(reader, 3)) : size"),
    "codes longer than the table": ("first = (first + counts[length]) << 1;", "first = (first + counts[length]) << 2;"),
    "a code of one symbol takes a bit": ("fill(used > 1 ? LONGER : symbols[0] << 4)", "fill(used > 1 ? LONGER : (symbols[0] << 4) | 1)"),
    "a short first symbol": ("take(reader, 1) ? 8 : 1", "take(reader, 1) ? 8 : 8"),
    "transparent": ("(pixel & 0xff00ff00) | ((pixel >> 16)", "(pixel & 0xfe00ff00) | ((pixel >> 16)"),
}  # fmt: skip


PARTS = 7
IN_PARTS = {
    "a line is predicted from one that is done": ("lines = Math.max(lines - 1, 0);", "lines += 0;"),
    "copies from lines that are undone": ("data.set(image.data.subarray(copied, lines * width), copied);", "data = image.data;"),
    "lines undone twice": ("done[number] = lines;", ""),
    "lines turned twice": ("turned = lines;", ""),
    "bits that had not come": ("isWhole ? Infinity : reader.bytes.length - STEP_BYTES", "Infinity"),
    "codes that had not come": ("found.reader.at > found.reader.bytes.length ? null : found", "found"),
    "the place in the line forgotten": ("{ at, x, y, cached });", "{ at, y, cached });"),
    "the line forgotten": ("{ at, x, y, cached });", "{ at, x, cached });"),
}  # fmt: skip
"""Of files that come in parts."""


def encoded(picture: Image.Image, method: int, quality: int) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "WEBP", lossless=True, exact=True, method=method, quality=quality)
    return buffer.getvalue()


def palettes() -> Iterator[Image.Image]:
    """Noise and blocks of 2 to 256 colours: pixels packed by eight, four, two, or one number each."""
    rng = np.random.default_rng(4)
    for count in (2, 3, 4, 5, 16, 17, 200, 256):
        colours = rng.integers(0, 256, (count, 3), dtype=np.uint8)
        yield Image.fromarray(colours[rng.integers(0, count, (37, 53))])
        yield Image.fromarray(np.kron(colours[rng.integers(0, count, (12, 15))], np.ones((5, 4, 1), np.uint8)))


def repeats() -> Iterator[Image.Image]:
    """Noise that repeats at each distance that has a short code."""
    rng = np.random.default_rng(5)
    width = 40
    for up in range(9):
        for left in range(-8 if up else 1, 9):
            values = rng.integers(0, 256, (20 * width, 3), dtype=np.uint8)
            back = up * width + left
            for at in range(back, len(values)):
                values[at] = values[at - back]
            yield Image.fromarray(values.reshape(20, width, 3))


@cache
def files() -> tuple[tuple[bytes, tuple[int, int, str]], ...]:
    """Files with what is in them: width, height and digest."""
    varied = [*(photograph(name, (160, 120)) for name in PHOTOS), *palettes()]
    pairs = [(picture, effort) for picture in varied for effort in EFFORTS]
    pairs += [
        (picture, EFFORTS[1]) for picture in (photograph("astronaut.png", (320, 240)), *small_pictures().values())
    ]
    pairs += [(picture, EFFORTS[0]) for picture in repeats()]
    return tuple((encoded(picture, *effort), (*picture.size, digest(picture))) for picture, effort in pairs)


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    page = codecs.open_codecs(browser)
    codecs.add(page, "script", "webp.js")
    yield page
    page.close()


def differing(page: Page, script: str, parts: int = 1) -> Iterator[int]:
    """Which files a script does not read as they are, as they are found."""
    for start in range(0, len(files()), 50):
        some = files()[start : start + 50]
        read = codecs.decoded(page, script, [content for content, _ in some], parts)
        yield from (start + number for number, (_, held) in enumerate(some) if read[number] != held)


def test_every_file_is_read_as_it_is(page: Page) -> None:
    assert list(differing(page, "script")) == []


def test_every_file_is_read_as_it_is_while_it_comes(page: Page) -> None:
    assert list(differing(page, "script", PARTS)) == []


@pytest.mark.parametrize("cut", (0, 12, 30, 0.5, 0.99))
def test_what_is_no_whole_file_is_refused(cut: float, page: Page) -> None:
    content = encoded(photograph("coffee.png", (160, 120)), 2, 20)
    part = content[: cut if isinstance(cut, int) else int(len(content) * cut)]
    assert codecs.decoded(page, "script", [part])[0][:2] == (0, 0)


def test_another_form_is_refused(page: Page) -> None:
    buffer = io.BytesIO()
    photograph("coffee.png", (160, 120)).save(buffer, "WEBP", quality=80)
    assert codecs.decoded(page, "script", [buffer.getvalue()]) == [
        (0, 0, "Error: no lossless WebP: it has no VP8L chunk")
    ]


@pytest.mark.parametrize("name", soaked_but(list(MUTANTS)[::3], MUTANTS))
def test_a_reader_that_errs_in_one_step_is_caught(name: str, page: Page) -> None:
    codecs.add(page, name, "webp.js", [MUTANTS[name]])
    assert next(differing(page, name), None) is not None


@pytest.mark.parametrize("name", soaked_but(list(IN_PARTS)[::3], IN_PARTS))
def test_a_reader_that_errs_between_two_parts_is_caught(name: str, page: Page) -> None:
    codecs.add(page, name, "webp.js", [IN_PARTS[name]])
    assert next(differing(page, name, PARTS), None) is not None
