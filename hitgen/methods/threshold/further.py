"""Which pages a top-up asks for: those whose answers are expected to say most."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from hitgen.methods.threshold.crossed import Comparison, answered, crossed
from hitgen.methods.threshold.manifest import Manifest
from hitgen.methods.threshold.quest import expected_gain
from hitgen.methods.threshold.row import Row
from hitgen.methods.work import AnyWork, Attempt


def further_pages(works: Sequence[AnyWork], manifest: Manifest, missing: Mapping[str, int]) -> dict[str, int]:
    """How many more people each page is to have: in all as many as make up for the missing comparisons, each given to the page
    whose ladders are known least.

    `works` are those in use. A page that is chosen says as much again for less: its gain is divided by how often it is asked.
    """
    pages = [page for page in manifest.pages if page.kind == "study"]
    each = {page.page: sum(trial.asked == "compare" for trial in page.trials) for page in pages}
    studied = {subject for page in pages for subject in page.study}
    people = math.ceil(sum(missing.get(subject, 0) for subject in studied) / max(1, min(each.values(), default=1)))
    gains = gains_of(works, manifest)
    value = {page.page: sum(gains[trial.ladder] for trial in page.trials if trial.asked == "compare") for page in pages}
    asked: dict[str, int] = {}
    for _ in range(people):
        best = max(value, key=lambda name: value[name] / (1 + asked.get(name, 0)))
        asked[best] = asked.get(best, 0) + 1
    return asked


def gains_of(works: Sequence[AnyWork], manifest: Manifest) -> dict[str, float]:
    """How much one more comparison of each ladder is expected to say, in nats."""
    number = {ladder.ladder: at for at, ladder in enumerate(manifest.ladders)}
    comparisons = [_comparison(work.received.worker, attempt, number) for work in works for attempt in work.attempts]
    grid = manifest.grid
    known = crossed(answered(comparisons, len(number)), grid.guess, grid.lapse).posteriors()
    return {
        ladder.ladder: expected_gain(weights, ladder.level_max, grid.guess, grid.lapse)
        for ladder, weights in zip(manifest.ladders, known, strict=True)
    }


def _comparison(worker: str, attempt: Attempt[Row], number: Mapping[str, int]) -> Comparison:
    row, scale = attempt.row, 100 / attempt.ladder.level_max
    ladder = number[attempt.known.ladder] if attempt.known.role == "study" else -1
    return Comparison(worker, ladder, row.level * scale, row.other * scale, row.side, row.response, row.position)
