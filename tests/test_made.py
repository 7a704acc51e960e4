"""The compiled kernel of made frames, run in Python: it is what its source says, and its frames are Pillow's to the pixel."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import cache

import numpy as np
import pytest
from PIL import Image

from hitgen.stimuli import made
from hitgen.stimuli.made import Maker, prove
from tests import kernel
from tests.support.pictures import PHOTOS, SAMPLINGS, extremes, noise, photograph, shown, small_pictures

QUALITIES = (1, 2, 5, 10, 25, 49, 50, 75, 92, 100)
EVERY = range(1, 101)
MUTANTS = {
    "chroma rounded up at one half": ("{-11059, -21709, 32768, (128 << 16) + 32767}", "{-11059, -21709, 32768, (128 << 16) + 32768}"),
    "extended to the right after halving": ("row[x] = row[width - 1];", "row[x] = row[width - 1] ^ 1;"),
    "an odd last row counts once": ("(at << y) + y < height ? (at << y) + y : height - 1", "(at << y) + y < height ? (at << y) + y : (at << y) - y"),
    "averages always rounded up": ("(w8){1, 2, 1, 2, 1, 2, 1, 2}", "2"),
    "averages of 4:2:2 always rounded up": ("(w8){0, 1, 0, 1, 0, 1, 0, 1}", "1"),
    "padded below by the row before": ("memcpy(line(c, at), line(c, at - 1), stride)", "memcpy(line(c, at), line(c, c->height > 1 ? c->height - 2 : 0), stride)"),
    "forward rounding": ("half = 1 << (shift - 1);", "half = 0;"),
    "a forward multiplier": ("(d34 + d07) * -FIX_0_899", "(d34 + d07) * -FIX_0_765"),
    "quantisers of at most 254": ("scaled > 255 ? 255 : scaled", "scaled > 254 ? 254 : scaled"),
    "quantisers cut instead of rounded": ("* scale + 50) / 100", "* scale) / 100"),
    "luma's quantisers for chroma": ("BASE[number > 0]", "BASE[0]"),
    "negative coefficients rounded up": ("c->scales[row]) + (f >> 15)", "c->scales[row])"),
    "reciprocals cut": ("(4096 << bits) / q", "(4095 << bits) / q"),
    "factors of too few bits": ("33 - __builtin_clz(q)", "31 - __builtin_clz(q)"),
    "a flat block one quality too far": ("quality < c->from[number]", "quality <= c->from[number]"),
    "high frequencies left out one quality too far": ("quality < c->wide[number]", "quality <= c->wide[number]"),
    "high frequencies across left out": ("place & 36", "place & 32"),
    "high frequencies down left out": ("place & 36", "place & 4"),
    "flat blocks cut": ("restored(c, from, 0)[0] + 4) >> 3", "restored(c, from, 0)[0]) >> 3"),
    "inverse rounding, columns": ("1 << 10, 11)", "0, 11)"),
    "inverse rounding, rows": ("(128 << 18) + (1 << 17)", "(128 << 18)"),
    "samples wrap": ("BYTES(m[row], m[row + 1])", "BYTES(((m[row] + 384) & 1023) - 384, ((m[row + 1] + 384) & 1023) - 384)"),
    "two columns interpolated": ("c->width <= 2", "c->width < 2"),
    "interpolation rounds alike on both sides": ("after = halved_y ? 7 : 8", "after = 8"),
    "interpolation of 4:2:2 rounds as 4:2:0": ("before = halved_y ? 8 : 4", "before = 8"),
    "interpolation across the padding": ("s[last + 1] = s[last];", "s[last + 1] = s[last + 1];"),
    "interpolation below the picture": ("other < c->height ? other : c->height - 1", "other < c->down * 8 ? other : c->down * 8 - 1"),
    "a row of blocks kept": ("RING = 15", "RING = 7"),
    "green of two sums": ("low = (DOT(LOW(blue, red), -11277, 9367) + 16384) >> 15", "low = ((DOT(LOW(blue, red), -11277, 0) + 16384) >> 15) + (DOT(LOW(blue, red), 0, 9367) >> 15)"),
    "red of another factor": ("(w8){0} + 13173", "(w8){0} + 13140"),
    "an inverse multiplier": ("FIX_1_175 + FIX_1_501 - FIX_0_899 - FIX_0_390", "FIX_1_175 + FIX_1_501 - FIX_0_899 - FIX_0_541"),
    "transparent": ("BYTES(g, (w8){0} + 255)", "BYTES(g, (w8){0} + 254)"),
}  # fmt: skip


@cache
def small() -> dict[str, Image.Image]:
    return small_pictures()


def differing(
    pictures: dict[str, Image.Image], qualities: range | tuple[int, ...], wasm: bytes | None = None
) -> Iterator[str]:
    """Which frames are not those that Pillow decodes, as they are found."""
    for name, picture in pictures.items():
        for sampling in SAMPLINGS:
            maker = Maker(picture, sampling, wasm)
            for quality in qualities:
                if hashlib.sha256(maker.frame(quality).tobytes()).hexdigest() != shown(picture, sampling, quality):
                    yield f"{name} {sampling} {quality}"


def test_the_kernel_is_what_its_source_says() -> None:
    source = kernel.SOURCE.read_text(encoding="utf-8")
    assert kernel.COMPILED.read_text(encoding="utf-8") == kernel.packed(kernel.compiled(source)), "make kernel"


def test_small_pictures_of_every_kind_at_every_quality() -> None:
    assert list(differing(small(), EVERY)) == []


def test_colours_in_16_bits_are_those_in_32() -> None:
    """What jpeg.c says of its factors, for every chroma."""
    chroma = np.arange(-128, 128)
    blue, red = np.meshgrid(chroma, chroma)
    assert np.array_equal((91881 * chroma + 32768) >> 16, chroma + ((13173 * chroma + 16384) >> 15))
    assert np.array_equal((116130 * chroma + 32768) >> 16, 2 * chroma + ((-7471 * chroma + 16384) >> 15))
    green = (-22554 * blue - 46802 * red + 32768) >> 16
    assert np.array_equal(green, ((-11277 * blue + 9367 * red + 16384) >> 15) - red)


def test_coefficients_by_two_factors_are_rounded_as_by_a_division() -> None:
    """What jpeg.c says of them, for every quantiser and every coefficient."""
    coefficient = np.arange(-8191, 8192)
    magnitude = abs(coefficient) >> 2
    kept = 4 * magnitude * np.sign(coefficient)
    for quantiser in range(1, 256):
        bits = quantiser.bit_length() + 1
        scale, step = (4096 << bits) // quantiser, 1 << (15 - bits)
        assert max(scale, step) < 1 << 15
        scaled = ((kept * scale + 16384) >> 15) + (kept >> 31)
        rounded = (magnitude + quantiser) // (2 * quantiser) * np.sign(coefficient)
        assert np.array_equal((scaled * step + 16384) >> 15, rounded)


def test_photographs() -> None:
    assert list(differing({name: photograph(name) for name in PHOTOS[:2]}, (1, 30, 75, 100))) == []


def test_a_picture_that_comes_in_strips(monkeypatch: pytest.MonkeyPatch) -> None:
    large = {"1031x1023": photograph("coffee.png", (1031, 1023))}
    maker = Maker(large["1031x1023"], "4:2:0")
    assert len(list(maker.strips(50))) > 1
    assert list(differing(large, (50, 100))) == []
    assert prove(large["1031x1023"], "4:2:0", (90,)).unlike == ()
    changed = np.array(large["1031x1023"])
    changed[-1, -1] = 255 - changed[-1, -1]
    damaged = Maker(Image.fromarray(changed), "4:2:0")
    monkeypatch.setattr(made, "Maker", lambda picture, sampling: damaged)
    assert prove(large["1031x1023"], "4:2:0", (90,)).unlike == (90,)


@pytest.mark.parametrize("size", ((121, 91), (64, 33), (40, 16), (50, 32), (33, 200)))
def test_the_proof_compares_every_level(size: tuple[int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    picture = photograph("coffee.png", size)
    assert prove(picture, "4:2:0", EVERY).unlike == ()
    strips = Maker.strips
    monkeypatch.setattr(
        Maker, "strips", lambda self, quality: strips(self, quality - 1 if quality in (75, 76) else quality)
    )
    assert prove(picture, "4:2:0", (74, 75, 76, 77)).unlike == (75, 76)


def test_all_of_a_picture_is_compared_at_every_level(monkeypatch: pytest.MonkeyPatch) -> None:
    """One pixel is made wrong at every quality, wherever it lies."""
    picture = photograph("coffee.png", (48, 160))
    wrong = np.array(picture)
    for row in range(0, 160, 7):
        changed = wrong.copy()
        changed[row, row % 48] = 255 - changed[row, row % 48]
        damaged = Maker(Image.fromarray(changed), "4:4:4")
        monkeypatch.setattr(made, "Maker", lambda picture, sampling, damaged=damaged: damaged)
        assert prove(picture, "4:4:4", (90, 91, 92, 93)).unlike == (90, 91, 92, 93)


@pytest.mark.soak
def test_photographs_and_large_noise_at_every_quality() -> None:
    pictures = {name: photograph(name) for name in PHOTOS}
    pictures |= {"noise": noise(256, 256), "extremes": extremes(200, 136)}
    pictures |= {f"{w}x{h}": photograph(PHOTOS[0], (w, h)) for w, h in ((641, 479), (639, 481), (328, 248))}
    assert list(differing(pictures, EVERY)) == []


@pytest.mark.parametrize("name", MUTANTS)
def test_a_kernel_that_errs_in_one_step_is_caught(name: str) -> None:
    old, new = MUTANTS[name]
    source = kernel.SOURCE.read_text(encoding="utf-8")
    assert source.count(old) == 1, f"jpeg.c no longer has {old!r} once"
    wasm = kernel.compiled(source.replace(old, new))
    assert next(differing(small(), QUALITIES, wasm), None) is not None
