"""What is planted into gold and training ladders: a change in three places, growing from a known level on.

Every frame that a page makes comes with as many bytes of it, masked by pixels of the frame itself: in study they say
nothing. So a pack tells by neither fields nor weight whether it is gold; only who computes its pixels can know.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

from hitgen.config.images import Planted

FIRST_STEP, STEP_PER_LEVEL = 16.0, 1.5
"""By how much the middle of a place changes at the first level, and more for each level from there."""
WEAKER_PER_PLACE = 0.1
MIDDLE_GREY = 110
"""What is brighter becomes darker, and the other way round."""
REACH_SHARE = 0.08
"""The radius of a place, of the picture's height."""
KEY_ROWS = 8
FORM = struct.Struct("<6H3b")
Pixels = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Change:
    """By how much the middles of three places become brighter, or darker below 0."""

    centres: tuple[tuple[int, int], ...] = ((0, 0), (0, 0), (0, 0))
    steps: tuple[int, ...] = (0, 0, 0)


def change_at(planted: Planted | None, source: Pixels, level: int) -> Change:
    """What is planted at a level; nothing before its first."""
    if planted is None or level < planted.level:
        return Change()
    step = min(FIRST_STEP + STEP_PER_LEVEL * (level - planted.level), planted.most)
    reach = reach_px(source.shape[0])
    steps = []
    for number, (x, y) in enumerate(planted.centres):
        around = source[max(y - reach, 0) : y + reach + 1, max(x - reach, 0) : x + reach + 1]
        brighter = around.mean() <= MIDDLE_GREY
        steps.append(round(step * (1 - WEAKER_PER_PLACE * number)) * (1 if brighter else -1))
    return Change(planted.centres, tuple(steps))


def reach_px(height: int) -> int:
    """How far a change reaches from its middle."""
    return int(height * REACH_SHARE)


def changed(pixels: Pixels, change: Change) -> Pixels:
    """The pixels (RGB or RGBA) with the change in their first three channels; whole numbers only, as in the page."""
    result = pixels.copy()
    reach = reach_px(pixels.shape[0])
    rows, columns = np.ogrid[: pixels.shape[0], : pixels.shape[1]]
    for (x, y), step in zip(change.centres, change.steps, strict=True):
        if not step or not reach:
            continue
        inside = np.maximum(reach**2 - (columns - x) ** 2 - (rows - y) ** 2, 0)
        weight = 256 * inside // reach**2
        shift = ((weight * weight >> 8) * step) >> 8
        result[..., :3] = np.clip(result[..., :3] + shift[..., None], 0, 255)
    return result


def planted_pictures(source: Image.Image, planted: Planted, levels: int) -> Iterator[Image.Image]:
    """The source of each level, to be encoded where frames are carried."""
    pixels = np.asarray(source)
    for level in range(1, levels + 1):
        yield Image.fromarray(changed(pixels, change_at(planted, pixels, level)))


def key_of(frame: npt.NDArray[np.uint32], width: int) -> int:
    """A number that hangs on the first rows of a made frame, before anything is planted."""
    words = frame[: width * KEY_ROWS]
    return int((words * np.arange(1, 2 * len(words), 2, dtype=np.uint32)).sum(dtype=np.uint32))


def masked(change: Change, key: int) -> str:
    """A change as a pack has it."""
    plain = FORM.pack(*(number for point in change.centres for number in point), *change.steps)
    return bytes(a ^ b for a, b in zip(plain, _stream(key), strict=True)).hex()


def unmasked(text: str, key: int) -> Change:
    """What a pack has, as a change."""
    plain = bytes(a ^ b for a, b in zip(bytes.fromhex(text), _stream(key), strict=True))
    *places, first, second, third = FORM.unpack(plain)
    centres = tuple(zip(places[::2], places[1::2], strict=True))
    return Change(centres, (first, second, third))


def _stream(key: int) -> bytes:
    """Marsaglia's xorshift32."""
    state, stream = key or 1, bytearray()
    for _ in range(FORM.size):
        state ^= state << 13 & 0xFFFFFFFF
        state ^= state >> 17
        state ^= state << 5 & 0xFFFFFFFF
        stream.append(state & 255)
    return bytes(stream)
