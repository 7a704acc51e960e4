"""Answers counted for the likelihood: each pair of versions of a source, by worker."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from hitgen.methods.compare.analysis.likelihood import Array, Counts, Design
from hitgen.methods.compare.answers import Answer, Side
from hitgen.methods.compare.row import Arm

RESPONSES = {"left": 0, "right": 1, "notsure": 2}


@dataclass(frozen=True)
class Tally:
    """The answers of one source: (3, workers, pairs) counts of left, right and not sure in the pair's own order.

    `strata` says of each worker which arms the worker answered, for resampling within.
    """

    source: str
    design: Design
    counts: Array
    workers: tuple[str, ...]
    strata: np.ndarray[Any, np.dtype[np.int64]]
    apart: tuple[Side, ...] = ()
    """Versions that no chain of questions ties to the source: they have no scale."""

    @property
    def whole(self) -> Counts:
        """(1, pairs) counts over all workers."""
        return Counts(*(each.sum(0)[None] for each in self.counts))

    def resampled(self, weights: Array) -> Counts:
        """(resamples, pairs) counts with each worker as often as `weights` (resamples, workers) say."""
        return Counts(*(weights @ each for each in self.counts))


def tallied(answers: Iterable[Answer], ties: bool) -> list[Tally]:
    """The tally of each source, in order of their names; answers that count for no scale are passed over."""
    by_source: dict[str, list[Answer]] = defaultdict(list)
    for answer in answers:
        if answer.scaled and answer.left != answer.right:
            by_source[answer.source].append(answer)
    return [_tally(source, by_source[source], ties) for source in sorted(by_source, key=natural)]


def natural(text: str) -> tuple[int, float, str]:
    """Numbers by size, before words."""
    return (0, float(text), "") if text.isdecimal() else (1, 0.0, text)


def _tally(source: str, answers: Sequence[Answer], ties: bool) -> Tally:
    tied = reached(answers)
    named = {side for answer in answers for side in (answer.left, answer.right) if side[1]}
    versions = sorted(named & tied, key=lambda side: (natural(side[0]), side[1]))
    number = {side: at for at, side in enumerate(versions)}
    codecs = tuple(dict.fromkeys(codec for codec, _ in versions))
    # A worker of one file is told apart from one of another by name; arms of one worker stay together.
    arms: dict[str, set[Arm]] = defaultdict(set)
    found: dict[str, dict[tuple[Arm, int, int, int], int]] = defaultdict(lambda: defaultdict(int))
    for answer in answers:
        if not {side for side in (answer.left, answer.right) if side[1]} <= tied:
            continue
        left, right = number.get(answer.left, len(versions)), number.get(answer.right, len(versions))
        response = RESPONSES[answer.response]
        response = 1 - response if left > right and response < 2 else response
        found[answer.worker][answer.arm, min(left, right), max(left, right), response] += 1
        arms[answer.worker].add(answer.arm)
    # By what they answered: the order of files, and pseudonyms, which hang on a secret, change no figure.
    workers = tuple(sorted(found, key=lambda worker: sorted(found[worker].items())))
    pairs = {pair: at for at, pair in enumerate(sorted({each[:3] for mine in found.values() for each in mine}))}
    counts = np.zeros((3, len(workers), len(pairs)))
    for at, worker in enumerate(workers):
        for (arm, left, right, response), count in found[worker].items():
            counts[response, at, pairs[arm, left, right]] = count
    asked = np.array([(left, right) for _, left, right in pairs], np.int64).reshape(-1, 2)
    design = Design(
        codecs, np.array([codecs.index(codec) for codec, _ in versions], np.int64),
        np.array([level for _, level in versions], np.int64), asked[:, 0], asked[:, 1],
        np.array([arm == "boosted" for arm, _, _ in pairs], np.bool_), ties,
    )  # fmt: skip
    kinds = sorted({tuple(sorted(arms[worker])) for worker in workers})
    strata = np.array([kinds.index(tuple(sorted(arms[worker]))) for worker in workers], np.int64)
    return Tally(source, design, counts, workers, strata, tuple(sorted(named - tied)))


def reached(answers: Iterable[Answer]) -> set[Side]:
    """The versions that a chain of questions ties to the source."""
    beside: dict[Side, set[Side]] = defaultdict(set)
    begun: set[Side] = set()
    for answer in answers:
        left, right = answer.left, answer.right
        beside[left].add(right)
        beside[right].add(left)
        begun |= {side for side in (left, right) if not side[1]}
    found: set[Side] = set()
    waiting = list(begun)
    while waiting:
        side = waiting.pop()
        if side not in found:
            found.add(side)
            waiting += beside[side] - found
    return {side for side in found if side[1]}


def held(design: Design, counts: Counts) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """(versions,) whether answers bound a version's distance from above (Ford's condition; 1957, with rising levels).

    A version is held where somebody said of another that it differs as much or more, and that one is held, down to the
    source. Of the others the likelihood only grows as they go farther away, all together.
    """
    source = design.versions
    below: dict[int, set[int]] = defaultdict(set)
    """Of each version, or the source, those that it holds."""
    left, right, unsure = (each[0] for each in counts)
    for pair, (one, other) in enumerate(zip(design.left.tolist(), design.right.tolist(), strict=True)):
        if left[pair] or unsure[pair]:
            below[one].add(other)
        if right[pair] or unsure[pair]:
            below[other].add(one)
    for version in range(1, source):
        if design.codec[version] == design.codec[version - 1]:
            below[version].add(version - 1)
    found: set[int] = set()
    waiting = [source]
    while waiting:
        at = waiting.pop()
        if at not in found:
            found.add(at)
            waiting += below[at] - found
    return np.array([version in found for version in range(source)], np.bool_)
