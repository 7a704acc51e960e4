"""Rules of screening that look at levels and the slider, and ratings far from the others of their ladder."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from statistics import fmean, quantiles, stdev

from hitgen.methods.base import Note
from hitgen.methods.pjnd.config import Screening
from hitgen.methods.pjnd.row import Row
from hitgen.methods.work import Attempt, Finding, Key, Work

FEWEST = 4
OUTLIER = "outlier of its ladder"


def straight(works: Sequence[Work[Row]], rules: Screening) -> Iterator[Finding]:
    """One level for most pictures; "none seen" and a ladder's ends are left out, being honest answers to fine and coarse ladders."""
    levels: dict[str, list[int | None]] = {}
    for work in works:
        mine = levels.setdefault(work.received.worker, [])
        for attempt in work.answers("study"):
            level = attempt.row.level
            mine.append(None if level in (1, attempt.ladder.level_max) else level)
    for worker, given in levels.items():
        counts = Counter(level for level in given if level is not None)
        if len(given) < rules.same_level_min or not counts:
            continue
        level, count = counts.most_common(1)[0]
        if count / len(given) >= rules.same_level_share:
            yield Finding("straight", f"{count} of {len(given)} pictures answered with the same level {level}", worker)


def still(works: Sequence[Work[Row]]) -> Iterator[Finding]:
    """A trial in which the slider stayed where it was."""
    for work in works:
        for attempt in work.answers("study"):
            if attempt.row.moves == 0:
                reason, received = "the slider was never moved", work.received
                yield Finding("slider", reason, received.worker, received.assignment, attempt.known.trial)


def outlier_notes(used: Mapping[Key, Attempt[Row]], rules: Screening) -> dict[Key, Note]:
    """Which ratings lie far from the others of their ladder, by z and by interquartile range.

    They are the tail that SUR describes, so they are flagged, and left out only where config says so.
    """
    by_ladder: dict[str, dict[Key, int]] = {}
    for key, attempt in used.items():
        if attempt.row.level is not None:
            by_ladder.setdefault(attempt.known.ladder, {})[key] = attempt.row.level
    found = {}
    for levels in by_ladder.values():
        for key, (z, iqr) in zip(
            levels, outliers(list(levels.values()), rules.outlier_z, rules.outlier_iqr), strict=True
        ):
            removed = {"none": False, "z": z, "iqr": iqr, "either": z or iqr}[rules.remove_outliers]
            found[key] = Note({"outlier_z": z, "outlier_iqr": iqr}, OUTLIER if removed else "")
    return found


def outliers(levels: Sequence[int], z: float, iqr: float) -> list[tuple[bool, bool]]:
    """For each level, whether it is more than `z` standard deviations from the mean, and whether it lies more than
    `iqr` interquartile ranges (Tukey's fences, quartiles with ends included) outside the quartiles.

    Fewer than four ratings have no outliers.
    """
    if len(levels) < FEWEST:
        return [(False, False)] * len(levels)
    mean, sd = fmean(levels), stdev(levels)
    low, _, high = quantiles(levels, n=4, method="inclusive")
    reach = iqr * (high - low)
    return [(abs(level - mean) > z * sd, not low - reach <= level <= high + reach) for level in levels]
