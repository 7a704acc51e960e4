"""Submissions to pages of `compare` and `threshold` that no page can have made: each lie stands in the record, and is told by words."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from hitgen.config.batch import BatchConfig
from hitgen.config.read import read_config
from hitgen.ledger.ledger import Ledger
from hitgen.manifest import Manifest, read_manifest
from hitgen.methods.base import method_of
from hitgen.methods.population import HONEST, Person
from hitgen.simulation.answers import SimulatedWorker
from tests.support import hostile
from tests.support.hostile import Given, Maker
from tests.support.small_study import ledger_with_hits, xml

Json = dict[str, Any]
GENERAL: tuple[Maker, ...] = (
    hostile.bomb, hostile.outside_entity, hostile.other_fields, hostile.cut, hostile.nested, hostile.no_number, hostile.wrong_type,
    hostile.missing_key, hostile.strange_words, hostile.elsewhere, hostile.other_trials, hostile.too_large, hostile.no_submission,
)  # fmt: skip
AT = datetime(2026, 3, 1, 12, tzinfo=UTC)


@dataclass
class Built:
    """A batch that was built, whose honest workers can be had."""

    folder: Path
    config: BatchConfig = field(init=False)
    manifest: Manifest = field(init=False)

    def __post_init__(self) -> None:
        self.config, self.manifest = read_config(self.folder / "batch.toml"), read_manifest(self.folder)
        self._simulation = method_of(self.config).simulation()
        # Plans hang on a secret, so that no two runs are alike: what honest people say is to be beyond doubt.
        comparing = self.config.method.kind == "compare"
        plain = {"skip": 0, "top_jnd": (20, 20)} if comparing else {"guess": 0, "pjnd_sd": 1, "population_sd": (1, 2)}
        self._population = self._simulation.population(lapse=0, worker_sd=0, **plain)
        self._truths = self._simulation.truths(self._population, self.manifest, np.random.default_rng(1))

    def ledger(self) -> Ledger:
        return ledger_with_hits(self.folder, self.manifest)

    def honest(self, page: str, assignment: str, worker: str, seed: int = 1, kind: str = HONEST) -> Json:
        """A submission as a page makes it, of somebody who looks, or who answers in another way."""
        rng = np.random.default_rng(seed)
        someone = SimulatedWorker(self._population, Person(worker, kind, 0.0), self.config, self.manifest, rng)
        return someone.work(self.manifest.by_page[page], self._truths, assignment, AT)


Lie = Callable[[random.Random, Json, Json], None]
"""Puts a lie into a row, or into the submission around it."""


def put(**values: Any) -> Lie:
    return lambda rng, row, whole: row.update(values)


def timing(**values: Any) -> Lie:
    return lambda rng, row, whole: row.update(timing={**row["timing"], **values})


def made_short(rng: random.Random, row: Json, whole: Json) -> None:
    row["ended_ms"] = row["started_ms"] + 5


def all_at_once(rng: random.Random, row: Json, whole: Json) -> None:
    for each in whole["trials"]:
        each.update(started_ms=70_000, ended_ms=190_000)


def backwards(rng: random.Random, row: Json, whole: Json) -> None:
    whole["order"] = whole["order"][::-1]


def made_up(rng: random.Random, row: Json, whole: Json) -> None:
    """Of every first comparison: a later one would be told by it anyhow."""
    for each in whole["trials"]:
        each.update(level=2, other=min(each["other"], 1))


def crowded(rng: random.Random, row: Json, whole: Json) -> None:
    row["position"] = 1 + row["position"] % 3


def alone_for_longer(rng: random.Random, row: Json, whole: Json) -> None:
    row["ended_ms"] += 200


def another_s_trial(rng: random.Random, row: Json, whole: Json) -> None:
    row["trial"] = f"{rng.randrange(16**16):016x}"


def twice(rng: random.Random, row: Json, whole: Json) -> None:
    whole["trials"].append(copy.deepcopy(row))


def again(rng: random.Random, row: Json, whole: Json) -> None:
    later = whole["trials"][-1]["ended_ms"] + 1000
    lasted = row["ended_ms"] - row["started_ms"]
    whole["trials"].append({**copy.deepcopy(row), "attempt": 2, "started_ms": later, "ended_ms": later + lasted})


EVERYWHERE: Mapping[str, tuple[Lie, str]] = {
    "of a question that the page never had": (another_s_trial, "is not on this page"),
    "answered twice": (twice, "same attempt is there twice"), "answered again": (again, "more than one attempt"),
    "all at once": (all_at_once, "starts before the one before it ends"),
    "in another order": (backwards, "starts before the one before it ends"),
    "ended before it began": (put(ended_ms=1), "ends before it starts"),
    "began before the page": (put(started_ms=-1), "started_ms"), "at no time": (put(started_ms=None), "started_ms"),
    "a response of no kind": (put(response="neither"), "response"), "a response that is none": (put(response=None), "response"),
    "a number for a response": (put(response=1), "response"), "shouted": (put(response="LEFT"), "response"),
    "a huge response": (put(response="left" * 2000), "response"), "swaps below none": (timing(swaps=-1), "swaps"),
    "swaps that are no number": (timing(mean_ms="fast"), "mean_ms"),
}  # fmt: skip
PLAIN: Mapping[str, tuple[Lie, str]] = {
    "answered without the original": (put(toggles=0), "before the original was shown"),
    "no swaps told": (put(toggles=None), "does not say how often"), "more swaps than fit": (put(toggles=90), "at most 2 a second"),
    "a billion swaps": (put(toggles=10**9), "at most 2 a second"), "swaps below nothing": (put(toggles=-2), "toggles"),
    "half a swap": (put(toggles=1.5), "toggles"), "after its time": (put(response_time_ms=30_500), "can be answered for 30000 ms"),
    "after eleven days": (put(response_time_ms=10**9), "can be answered for 30000 ms"),
    "before the first picture": (put(response_time_ms=-5), "response_time_ms"),
    "longer than it lasted": (put(response_time_ms=29_000), "and lasted"),
    "passed over at once": (put(response="skip"), "before its time was over"),
    "never begun": (put(begun=0), "begun"), "begun as text": (put(begun="1"), "begun"),
}  # fmt: skip
BOOSTED: Mapping[str, tuple[Lie, str]] = {
    "swapped by hand what flickers": (put(toggles=3), "that flicker"), "after its time": (put(response_time_ms=11_400), "for 11000 ms"),
    "frames that were never shown": (timing(swaps=0), "before its pictures were shown"),
    "more flicker than fits": (timing(swaps=100_000), "flickered for longer than it lasted"),
    "passed over at once": (put(response="skip"), "before its time was over"),
    "longer than it lasted": (put(response_time_ms=10_990), "and lasted"),
}  # fmt: skip
THRESHOLD: Mapping[str, tuple[Lie, str]] = {
    "a level that is none": (put(level=0), "level"), "a level beyond": (put(level=41), "its levels are 1 to 40"),
    "a level far beyond": (put(level=10**9), "level"), "part of a level": (put(level=7.5), "level"),
    "levels that the page would not choose": (made_up, "its page chose level"),
    "a level at the other side that is higher": (put(other=40), "level 40 at the other side"),
    "before it was shown": (timing(swaps=0), "before its level was shown"),
    "more flicker than fits": (timing(swaps=100_000), "flickered for longer than it lasted"),
    "in no time": (made_short, "flickered for longer than it lasted"),
    "nowhere, though it flickered": (put(side="none"), "flickered at none"), "a side that is none": (put(side="up"), "side"),
}  # fmt: skip
ALONE: Mapping[str, tuple[Lie, str]] = {
    "one of several pictures": (put(position=1), "stood at position 1"),
    "selected": (put(response="here"), "has response here"),
    "flickered here": (put(side="here"), "flickered at here"),
}  # fmt: skip
SEVERAL: Mapping[str, tuple[Lie, str]] = {
    "two levels of one picture": (put(other=1, level=2), "level 1 at the other side"),
    "a side of a picture": (put(response="left"), "has response left"), "both of one": (put(response="both"), "both flickered"),
    "flickered at a side": (put(side="left"), "flickered at left"), "a place beyond": (put(position=4), "stood at position 4"),
    "no place": (put(position=0), "stood at position 0"), "a place far beyond": (put(position=9), "position"),
    "at a place of another": (crowded, "pictures at positions"), "longer than those beside it": (alone_for_longer, "at different times"),
}  # fmt: skip


@dataclass(frozen=True)
class Kind:
    """A lie about one row of a role (and arm, where a page has one), and words of the fault that it is."""

    name: str
    lie: Lie
    words: str
    page: str
    role: str = "study"

    def told(self, rng: random.Random, good: Json, roles: Mapping[str, str]) -> str:
        bad = copy.deepcopy(good)
        rows = [row for row in bad["trials"] if roles[row["trial"]] == self.role]
        # the last training answer of a question is the one that counts
        self.lie(rng, rows[-1] if self.role == "training" else rng.choice(rows), bad)
        return xml(bad)


def kinds(built: Built) -> Sequence[Kind]:
    """Every kind of lie that a page of the batch may be told."""
    pages = built.manifest.pages
    if built.config.method.kind == "threshold":
        first = pages[0].page
        catch = Kind("catch: a side", put(side="left"), "flickered at left", first, "gold")
        unseen = Kind("catch: never shown", timing(swaps=0), "before its level was shown", first, "gold")
        several = built.config.method.flickering == "each"  # type: ignore[attr-defined]
        told = {**EVERYWHERE, **THRESHOLD, **(SEVERAL if several else ALONE)}.items()
        return *(Kind(name, *each, first) for name, each in told), catch, unseen
    by_arm = {page.trials[-1].arm: page.page for page in pages}  # type: ignore[attr-defined]
    wrong = Kind("practice not passed", put(response="notsure"), "ends with an answer", by_arm["plain"], "training")
    trap = Kind("trap: never shown", timing(swaps=0), "before its pictures were shown", by_arm["boosted"], "gold")
    every = [
        Kind(f"{arm}: {name}", *each, by_arm[arm])
        for arm, own in (("plain", PLAIN), ("boosted", BOOSTED))
        for name, each in {**EVERYWHERE, **own}.items()
    ]
    return *every, wrong, trap


def lies(built: Built, count: int, seed: int = 3) -> Iterator[tuple[Given, str]]:
    """So many hostile submissions in turn of every kind, with words of the fault (empty: any will do)."""
    rng = random.Random(seed)
    own = kinds(built)
    roles = {trial.trial: trial.role for page in built.manifest.pages for trial in page.trials}
    for number in range(count):
        name, worker = f"BAD{number:05d}", f"VILLAIN{number % 50}"
        at = number % (len(own) + len(GENERAL) + 1)
        page = own[at].page if at < len(own) else built.manifest.pages[0].page
        good = built.honest(page, name, worker, seed=number)
        if at < len(own):
            yield (page, name, worker, own[at].told(rng, good, roles)), own[at].words
        elif at < len(own) + len(GENERAL):
            yield (page, name, worker, GENERAL[at - len(own)](rng, good)), ""
        else:
            other = next(each.page for each in built.manifest.pages if each.page != page)
            yield (page, name, worker, xml(built.honest(other, name, worker) | {"page": page})), "of the page's"
