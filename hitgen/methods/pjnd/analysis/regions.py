"""Critical regions: where people see flicker, as a density over the source's pixels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hitgen.methods.pjnd.analysis.answers import FloatArray

SIGMA_PX = 35.0
BASE_HEIGHT_PX = 480
SPLITS = 10


def sigma_px(height: int) -> float:
    """The blur's sigma in px of a source of this height: 35 px at height 480."""
    return SIGMA_PX * height / BASE_HEIGHT_PX


@dataclass(frozen=True)
class Clicks:
    """All locations marked on one ladder: (x, y) in source px, and who marked each."""

    points: FloatArray
    workers: tuple[str, ...]
    width: int
    height: int


def region_map(clicks: Clicks, step_px: float = 1.0) -> FloatArray:
    """Density of clicks, rows x columns at every `step_px` source pixels, summing to 1 (all 0 without clicks).

    Each click is a Gaussian of sigma 35 px at height 480, scaled to the source's height: the same as blurring a picture
    of the clicks, without rounding them to pixels, but that what would lie outside the picture is inside too, so that every click
    counts alike.
    """
    rows, columns = _centres(clicks.height, step_px), _centres(clicks.width, step_px)
    blur = 2 * sigma_px(clicks.height) ** 2
    # float32 halves the time and keeps 7 digits, far more than clicks have
    down = np.exp(-((rows - clicks.points[:, 1:2]) ** 2) / blur).astype(np.float32)
    across = np.exp(-((columns - clicks.points[:, 0:1]) ** 2) / blur).astype(np.float32)
    down /= down.sum(1, keepdims=True)
    across /= across.sum(1, keepdims=True)
    density: FloatArray = (down.T @ across).astype(np.float64)
    density /= density.sum() or 1
    return density


def _centres(length: int, step_px: float) -> FloatArray:
    centres: FloatArray = np.arange(0.5, max(1, round(length / step_px)), dtype=np.float64) * step_px
    return centres


def map_correlation(one: FloatArray, other: FloatArray) -> float | None:
    """Pearson's correlation of two maps of one shape; None where one is flat."""
    if not one.std() or not other.std():
        return None
    return float(np.corrcoef(one.ravel(), other.ravel())[0, 1])


def split_half(clicks: Clicks, rng: np.random.Generator) -> float | None:
    """Mean correlation between the maps of two random halves of the workers; None with fewer than 4 of them.

    A worker's clicks stay together; the maps are read at every quarter of a sigma.
    """
    names = {name: number for number, name in enumerate(dict.fromkeys(clicks.workers))}
    whose = np.array([names[name] for name in clicks.workers], dtype=np.int64)
    if len(names) < 4:
        return None
    step = sigma_px(clicks.height) / 4
    found = []
    for _ in range(SPLITS):
        first = rng.permutation(len(names)) < len(names) // 2
        halves = (_only(clicks, first[whose]), _only(clicks, ~first[whose]))
        correlation = map_correlation(*(region_map(half, step) for half in halves))
        if correlation is not None:
            found.append(correlation)
    return float(np.mean(found)) if found else None


def _only(clicks: Clicks, keep: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Clicks:
    workers = tuple(worker for worker, kept in zip(clicks.workers, keep, strict=True) if kept)
    return Clicks(clicks.points[keep], workers, clicks.width, clicks.height)
