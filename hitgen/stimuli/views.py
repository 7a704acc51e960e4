"""What a trial shows at each level: the ladder's own frames, or, where the answer is to be known, others in their place.

Every trial's data say it in as many bytes, masked by the trial and the source's digest, so that neither pack nor page
tells at a glance which trial it is; whoever runs the page's own code can know, as the page must.
"""

from __future__ import annotations

import base64
import hashlib
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Pixels: TypeAlias = npt.NDArray[np.uint8]

PLACES = 3
PLATEAU = 0.5
"""Of a place's reach: so far it shows the other frame alone, from there less and less."""


@dataclass(frozen=True)
class View:
    """Of levels 1..L, the ladder's level that is shown, and those that are shown within each of the places (x, y) in source pixels."""

    outside: tuple[int, ...]
    inside: tuple[tuple[int, ...], ...] = ()
    places: tuple[tuple[int, int], ...] = ()
    reach_px: int = 0

    def at(self, level: int) -> tuple[int, tuple[int, ...]]:
        """Of a level from 1 on, the ladder's level that is shown, and that of each place; of none where no place differs."""
        around, within = self.outside[level - 1], tuple(levels[level - 1] for levels in self.inside)
        return around, within if any(each != around for each in within) else ()

    @property
    def digest(self) -> str:
        """What it is told by."""
        return hashlib.sha256(repr(self).encode()).hexdigest()[:16]


def as_it_is(level_max: int) -> View:
    """Each level itself."""
    return View(tuple(range(1, level_max + 1)))


def source_alone(level_max: int) -> View:
    """The source at every level."""
    return View((0,) * level_max)


def masked(view: View, trial: str, source: str) -> str:
    """A view as a page's data have it; `trial` is the opaque id, `source` the sha256 of the pack's first frame, both in hex."""
    places = [*view.places, *[(0, 0)] * (PLACES - len(view.places))]
    inside = [*view.inside, *[view.outside] * (PLACES - len(view.inside))]
    levels = [level for of in (view.outside, *inside) for level in of]
    numbers = [*(number for spot in places for number in spot), view.reach_px, *levels]
    plain = struct.pack(f"<{len(numbers)}H", *numbers)
    stream = _stream(int(trial[:8] or "0", 16) ^ int(source[:8] or "0", 16), len(plain))
    return base64.b64encode(bytes(a ^ b for a, b in zip(plain, stream, strict=True))).decode()


def _stream(key: int, length: int) -> bytes:
    """Marsaglia's xorshift32."""
    state, stream = key or 1, bytearray()
    for _ in range(length):
        state ^= state << 13 & 0xFFFFFFFF
        state ^= state >> 17
        state ^= state << 5 & 0xFFFFFFFF
        stream.append(state & 255)
    return bytes(stream)


def composed(outside: Pixels, inside: Sequence[Pixels], view: View) -> Pixels:
    """A frame with another one in each of its places, as the page composes them; height x width x RGB."""
    import numpy as np

    shown = outside.astype(np.float32)
    for spot, within in zip(view.places, inside, strict=True):
        weight = place_weight(outside.shape[0], outside.shape[1], spot, view.reach_px)[..., None]
        shown += weight * (within - shown)
    return np.asarray(np.rint(shown), dtype=np.uint8)


def place_weight(height: int, width: int, spot: tuple[int, int], reach_px: int) -> npt.NDArray[np.float32]:
    """How much of a place's frame is seen at each pixel, 0 to 1."""
    import numpy as np

    rows, columns = np.ogrid[:height, :width]
    distance = np.hypot(columns + 0.5 - spot[0], rows + 0.5 - spot[1]) / max(reach_px, 1)
    return np.clip((1 - distance) / (1 - PLATEAU), 0, 1).astype(np.float32)
