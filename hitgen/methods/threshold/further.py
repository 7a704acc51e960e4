"""Which pages a top-up asks for: those whose answers are expected to say most."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from hitgen.methods.threshold.analysis import posterior
from hitgen.methods.threshold.manifest import Manifest
from hitgen.methods.threshold.quest import Seen, expected_gain
from hitgen.methods.work import AnyWork


def further_pages(works: Sequence[AnyWork], manifest: Manifest, missing: Mapping[str, int]) -> dict[str, int]:
    """How many more people each page is to have: as many in all as would make up for the comparisons that are missing, each given
    to the page whose ladders are known least.

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
    answers: dict[str, dict[str, list[Seen]]] = {}
    for work in works:
        for attempt in work.answers("study"):
            by_person = answers.setdefault(attempt.known.ladder, {})
            by_person.setdefault(work.received.worker, []).append((attempt.row.level, attempt.row.found))
    grid = manifest.grid
    return {
        ladder.ladder: expected_gain(
            posterior(answers.get(ladder.ladder, {}), ladder.level_max, grid.guess, grid.lapse, fine=False),
            ladder.level_max, grid.guess, grid.lapse,
        )
        for ladder in manifest.ladders
    }  # fmt: skip
