"""The rule of screening that looks at the answers of all of a worker's comparisons."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hitgen.methods.work import AnyWork, Finding

STRAIGHT_MIN = 8
"""So many comparisons with one response are no looking: levels are chosen so that about half of the answers are "none"."""


def straight(works: Sequence[AnyWork]) -> Iterator[Finding]:
    """One response to all that a worker was asked."""
    responses: dict[str, list[str]] = {}
    for work in works:
        responses.setdefault(work.received.worker, []).extend(responses_of(work))
    for worker, given in responses.items():
        if len(given) >= STRAIGHT_MIN and len(set(given)) == 1:
            yield Finding("straight", f"all of {len(given)} trials answered with {given[0]}", worker)


def responses_of(work: AnyWork) -> Iterator[str]:
    """What was answered to each study comparison; of pictures that were shown at once, which of them were selected."""
    selected: dict[str, list[int]] = {}
    for attempt in work.attempts:
        row = attempt.row
        if row.position:
            selected.setdefault(attempt.known.at_once, []).extend([row.position] * (row.response != "none"))
        elif attempt.known.role == "study":
            yield row.response
    yield from (
        " and ".join(f"picture {position}" for position in sorted(positions)) or "none"
        for positions in selected.values()
    )
