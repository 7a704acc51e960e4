"""Frames made by the page's own script are, pixel by pixel, what Pillow decodes of its own JPEGs; a script that errs in one step is caught."""

from __future__ import annotations

import io
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page

from tests.support import codecs
from tests.support.pictures import (
    PHOTOS,
    SAMPLINGS,
    encoded,
    extremes,
    noise,
    photograph,
    shown,
    small_pictures,
    worst_blocks,
)

pytestmark = pytest.mark.browser
QUALITIES = (1, 2, 5, 10, 25, 49, 50, 75, 92, 100)
MUTANTS = {
    "chroma rounded up at one half": ("(128 << 16) + 32767", "(128 << 16) + 32768"),
    "luma weights of another standard": ("[19595, -11059, 32768]", "[13933, -11059, 32768]"),
    "extended to the right after halving": ("start + width - 1], start + width, ", "start + width - 1] ^ 1, start + width, "),
    "padded below at full size": ("const last = (component.height - 1) * stride;", "const last = Math.max(component.height - 2, 0) * stride;"),
    "an odd last row counts once": ("Math.min((row << y) + y, height - 1)", "Math.max(Math.min((row << y) + y, 2 * (height >> 1) - 1), 0)"),
    "averages always rounded up": ("column += 1, bias ^= 3", "column += 1, bias = 2"),
    "averages round down first": ("let column = 0, bias = 1;", "let column = 0, bias = 2;"),
    "the first pass keeps no bits": ("forward(block, row * 8, 1, 2, 11)", "forward(block, row * 8, 1, -2, 15)"),
    "forward rounding": ("const half = 1 << (shift - 1);", "const half = 0;"),
    "a forward multiplier": ("(d34 + d07) * -FIX_0_899", "(d34 + d07) * -FIX_0_765"),
    "quantisers beyond 255": ("Math.min(Math.max(scaled, 1), 255)", "Math.max(scaled, 1)"),
    "quantisers of 0": ("Math.min(Math.max(scaled, 1), 255)", "Math.min(Math.max(scaled, 0.5), 255)"),
    "quantisers cut instead of rounded": ("* scale + 50) / 100", "* scale) / 100"),
    "luma's quantisers for chroma": ("number ? CHROMINANCE : LUMINANCE", "LUMINANCE"),
    "negative coefficients rounded up": ("-Math.imul(Math.imul((quantiser - coefficient) >> 1, inverse) >> 19", "-Math.imul(Math.imul((quantiser - coefficient - 1) >> 1, inverse) >> 19"),
    "reciprocals cut": ("Math.ceil(2 ** 19 / quantiser)", "Math.floor(2 ** 19 / quantiser)"),
    "a flat block one quality too far": ("quality < blockFrom[number]", "quality <= blockFrom[number]"),
    "a flat column one quality too far": ("quality < columnFrom[number * 8 + column]", "quality <= columnFrom[number * 8 + column]"),
    "flat blocks cut": ("inverses[0]) + 4) >> 3) + 128", "inverses[0])) >> 3) + 128"),
    "inverse rounding, columns": ("inverse(block, column, 8, 1 << 10, 11)", "inverse(block, column, 8, 0, 11)"),
    "inverse rounding, rows": ("inverse(block, row * 8, 1, (128 << 18) + (1 << 17), 18)", "inverse(block, row * 8, 1, 128 << 18, 18)"),
    "samples wrap": ("samples[to + column] = block[row * 8 + column];", "samples[to + column] = ((block[row * 8 + column] + 384) & 1023) - 384;"),
    "no interpolation": ("} else if (width <= 2) {", "} else if (width > 2) {"),
    "two columns interpolated": ("} else if (width <= 2) {", "} else if (width < 2) {"),
    "interpolation rounds alike on both sides": ("sampling.y ? [8, 7] : [4, 8]", "sampling.y ? [8, 8] : [4, 8]"),
    "interpolation of 4:2:2 rounds as 4:2:0": ("sampling.y ? [8, 7] : [4, 8]", "[8, 7]"),
    "interpolation across the padding": ("x + 1 < width ? 3", "x + 1 < component.across * 8 ? 3"),
    "interpolation below the picture": ("y & 1 ? 1 : -1), 0), height - 1)", "y & 1 ? 1 : -1), 0), component.down * 8 - 1)"),
    "rows not interpolated": ("Math.min(Math.max((y >> 1) + (y & 1 ? 1 : -1), 0), height - 1)", "(y >> 1)"),
    "green of two sums": ("((-22554 * blue - 46802 * red + 32768) >> 16)", "((-22554 * blue + 32768) >> 16) + ((-46802 * red) >> 16)"),
    "red cut": ("91881 * red + 32768", "91881 * red"),
    "transparent": ("pixels[to + 3] = 255;", "pixels[to + 3] = 254;"),
}  # fmt: skip


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    page = codecs.open_codecs(browser)
    codecs.add(page, "script", "jpeg.js")
    codecs.add(page, "kernel", "kernel.js")
    yield page
    page.close()


def differing(page: Page, script: str, pictures: Mapping[str, Image.Image], qualities: Sequence[int]) -> Iterator[str]:
    """Which frames of a script are not those of Pillow, as they are found."""
    for name, picture in pictures.items():
        for sampling in SAMPLINGS:
            made = codecs.frames(page, script, picture, sampling, qualities)
            for quality, digest in zip(qualities, made, strict=True):
                if digest != shown(picture, sampling, quality):
                    yield f"{name} {sampling} {quality}"


@cache
def small() -> dict[str, Image.Image]:
    return small_pictures()


def test_small_pictures_of_every_kind(page: Page) -> None:
    assert list(differing(page, "script", small(), QUALITIES)) == []


def test_the_compiled_kernel_is_taken_and_makes_the_same(page: Page) -> None:
    assert page.evaluate("async () => (await codecs.kernel.loadKernel()).kind") == "wasm"
    assert list(differing(page, "kernel", small(), QUALITIES)) == []


WITHOUT_WASM = {
    "no WebAssembly": ("WebAssembly = undefined", ""),
    "no SIMD": ("WebAssembly.compile = () => Promise.reject(new WebAssembly.CompileError('no SIMD'))", ""),
    "a policy without it": ("undefined", "script-src 'unsafe-inline'"),
}


@pytest.mark.parametrize("name", WITHOUT_WASM)
def test_where_webassembly_cannot_run_the_script_makes_the_same(name: str, browser: Browser) -> None:
    before, policy = WITHOUT_WASM[name]
    page = codecs.open_codecs(browser, policy)
    codecs.add(page, "kernel", "kernel.js")
    page.evaluate(f"() => {{ {before}; }}")
    assert page.evaluate("async () => (await codecs.kernel.loadKernel()).kind") == "script"
    some = dict(list(small().items())[:6])
    assert list(differing(page, "kernel", some, (1, 50, 100))) == []
    page.close()


WITHOUT_MEMORY = (
    "() => Promise.reject(new RangeError('no memory'))",
    "((real) => async (module) => ({ exports: { ...(await real(module)).exports, place: () => 0 } }))(WebAssembly.instantiate)",
)


@pytest.mark.parametrize("instantiate", WITHOUT_MEMORY)
def test_where_webassembly_has_no_memory_the_script_makes_the_same(instantiate: str, browser: Browser) -> None:
    page = codecs.open_codecs(browser)
    codecs.add(page, "kernel", "kernel.js")
    page.evaluate(f"() => {{ WebAssembly.instantiate = {instantiate}; }}")
    assert list(differing(page, "kernel", dict(list(small().items())[:2]), (1, 50, 100))) == []
    page.close()


def test_a_photograph(page: Page) -> None:
    photographs = {"astronaut": photograph("astronaut.png")}
    for kind in ("script", "kernel"):
        assert list(differing(page, kind, photographs, (1, 30, 75, 100))) == []


def test_a_grey_picture_stored_with_one_component_is_the_same(page: Page) -> None:
    grey = noise(45, 30, 5).convert("L")
    alone = [shown(grey, "4:4:4", quality) for quality in QUALITIES]
    for sampling in SAMPLINGS:
        assert codecs.frames(page, "script", grey.convert("RGB"), sampling, QUALITIES) == alone


def test_the_worst_blocks_need_clamping_where_libjpeg_without_simd_would_wrap() -> None:
    picture = worst_blocks()
    with Image.open(io.BytesIO(encoded(picture, "4:4:4", 1))) as decoded:
        pixels = decoded.convert("L")
        assert (pixels.getpixel((0, 0)), pixels.getpixel((9, 1))) == (255, 0)


def test_the_multipliers_are_what_their_formulas_say() -> None:
    terms = {f"k{n}": math.sqrt(2) * math.cos(n * math.pi / 16) for n in range(1, 8)}
    lines = re.findall(r"const FIX_\d_\d+ = (\d+); // (.+)", (codecs.CODECS / "jpeg.js").read_text())
    assert len(lines) == 12
    for value, formula in lines:
        signed = re.findall(r"([+-]?) ?(k\d)", formula)
        assert int(value) == round(sum(terms[k] * (-1 if sign == "-" else 1) for sign, k in signed) * 2**13)


@pytest.mark.parametrize("name", MUTANTS)
def test_a_script_that_errs_in_one_step_is_caught(name: str, page: Page) -> None:
    codecs.add(page, name, "jpeg.js", [MUTANTS[name]])
    assert next(differing(page, name, small(), QUALITIES), None) is not None


@pytest.mark.soak
@pytest.mark.parametrize("kind", ("script", "kernel"))
def test_three_thousand_frames(kind: str, page: Page) -> None:
    pictures = {name: photograph(name) for name in PHOTOS}
    pictures |= {"noise": noise(256, 256), "extremes": extremes(200, 136), **small()}
    pictures |= {f"photograph {w}x{h}": photograph(PHOTOS[0], (w, h)) for w, h in ((641, 479), (639, 481), (328, 248))}
    every = range(1, 101)
    assert len(pictures) * len(SAMPLINGS) * len(every) >= 3000
    assert list(differing(page, kind, pictures, every)) == []
