"""Where there is not enough evidence for a scale: too few people in an arm, too few answers that show a version, or no two opinions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from hitgen.methods.compare.analysis.scale import Scale

PEOPLE_MIN = 5
"""So few people have hardly an interval: Student's quantile for 4 degrees of freedom is 1.4 times the normal one, for 1 it is 6.5 times."""
ANSWERS_MIN = 10
"""Fewer answers leave a distance to the prior."""
SHOWN = 5


def thin(scale: Scale) -> Iterator[str]:
    """What is told of sources and versions that too little is known of."""
    if few := [f"{of.source} ({of.workers})" for of in scale.sources if of.workers < PEOPLE_MIN]:
        yield (
            f"Not enough evidence for the scale of these sources, with answers of fewer than {PEOPLE_MIN} people in one of the arms: "
            f"{_listed(few)}."
        )
    versions = [
        f"{of.versions[number][0]} level {of.versions[number][1]} of {of.source} ({of.answers[number]})"
        for of in scale.sources
        if of.workers >= PEOPLE_MIN
        for codec in scale.codecs(of)
        for number in of.of(codec)
        if of.answers[number] < ANSWERS_MIN
    ]
    if versions:
        yield f"Not enough evidence for the distance of these versions, which fewer than {ANSWERS_MIN} answers show: {_listed(versions)}."
    open_ended = [
        f"{of.versions[number][0]} level {of.versions[number][1]} of {of.source}"
        for of in scale.sources
        if of.held is not None
        for codec in scale.codecs(of)
        for number in of.of(codec)
        if not of.held[number]
    ]
    if open_ended:
        yield (
            "Answers are unanimous that these versions differ more than all that lie nearer to their source, so that they bound their distance from "
            f"below alone: how far it goes, and where its interval ends, is the weak prior's word: {_listed(open_ended)}."
        )


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more
