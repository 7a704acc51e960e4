"""Whether levels are those that the page chose: QUEST+ chooses by what the worker has answered of the ladder before, so nobody can make them up."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import numpy as np

from hitgen.manifest import Page
from hitgen.methods.submission import Submission
from hitgen.methods.threshold import quest
from hitgen.methods.threshold.manifest import Grid, Manifest, Trial
from hitgen.methods.threshold.quest import Compared, Levels, Weights
from hitgen.methods.threshold.row import Row

AS_GOOD = 1e-5
"""Nats by which what is expected of two choices may differ, since pages sum in another order."""
FIRST = 3
"""So many comparisons of a ladder are looked at: ways of answering them are few, so that each is reckoned once for all workers."""
LEAST_WEIGHT = 1e-12
"""Of what a page's nine decimals leave nothing of."""


def strange_levels(submission: Submission[Row], page: Page, manifest: Manifest) -> Iterator[str]:
    """The first of a worker's trials whose levels its page would not have chosen; where a build does not say what pages start from, none."""
    if not manifest.prior or manifest.goes_on:
        return
    rows = {row.trial: row for row in submission.trials}
    answers: dict[str, tuple[Compared, ...]] = {}
    for name in submission.order:
        trial, row = page.by_trial[name], rows[name]
        ladder = manifest.by_key[trial.key]
        before = answers.get(ladder.pack, ())
        if len(before) >= FIRST:
            continue
        best, losses = _choices(manifest.prior, manifest.grid, ladder.level_max, before, manifest.flickering == "both")
        levels = (row.level, row.other)
        if losses.get(levels, 1.0) > AS_GOOD:
            paired = best[1] > 0
            yield f"trial {name} has {_told(levels, paired)}; by the answers before it its page chose {_told(best, paired)}"
            return
        if isinstance(trial, Trial) and trial.asked == "compare":
            answers[ladder.pack] = (*before, (*levels, quest.outcome_of(row.side, row.response)))


def _told(levels: Levels, paired: bool) -> str:
    return f"levels {levels[0]} and {levels[1]}" if paired else f"level {levels[0]}"


@lru_cache(maxsize=512)
def _choices(
    prior: tuple[float, ...], grid: Grid, level_max: int, answers: tuple[Compared, ...], paired: bool
) -> tuple[Levels, dict[Levels, float]]:
    """The best levels, and by how much more entropy is expected to be left by each choice than by it, in nats."""
    weights: Weights = np.maximum(prior, LEAST_WEIGHT).reshape(len(grid.means), len(grid.sds))
    choices, left = quest.choices(weights, answers, level_max, grid.guess, grid.lapse, paired)
    return choices[int(left.argmin())], dict(zip(choices, (left - left.min()).tolist(), strict=True))
