"""Which trials stand on which page: pure and seeded, from config and names alone."""

from __future__ import annotations

import hashlib
import hmac
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hitgen.config.batch import BatchConfig
from hitgen.config.images import Role
from hitgen.errors import InputError, in_config
from hitgen.manifest import PageKind

MOST_PAGES = 100_000
LadderKey = str
"""`images/source`, as in `LadderSource.key`; a gold or training question has its ladder's key as name."""


@dataclass(frozen=True)
class PlannedTrial:
    """One ladder on one page; `trial` is opaque and says nothing of the role."""

    trial: str
    ladder: LadderKey
    role: Role
    question: str | None

    @property
    def subject(self) -> str:
        """What a study trial asks about, which nobody is asked twice."""
        return self.ladder


@dataclass(frozen=True)
class PlannedPage:
    """The content of one HIT, to be worked by `assignments` people; training comes first."""

    page: str
    kind: PageKind
    assignments: int
    trials: tuple[PlannedTrial, ...]

    @property
    def ladders(self) -> frozenset[LadderKey]:
        """The ladders of its trials."""
        return frozenset(trial.ladder for trial in self.trials)

    @property
    def study(self) -> frozenset[str]:
        """What the study trials on this page ask about."""
        return frozenset(trial.subject for trial in self.trials if trial.role == "study")

    @property
    def gold(self) -> frozenset[str]:
        """The gold questions on this page."""
        return frozenset(trial.question or "" for trial in self.trials if trial.role == "gold")


@dataclass(frozen=True)
class Plan:
    """All pages of a batch, in order."""

    pages: tuple[PlannedPage, ...]

    def ratings(self) -> dict[str, int]:
        """How many ratings each subject of study trials gets if every assignment is worked."""
        counts: dict[str, int] = {}
        for page in self.pages:
            for subject in page.study:
                counts[subject] = counts.get(subject, 0) + page.assignments
        return counts


def make_plan(config: BatchConfig, names: Mapping[Role, Sequence[LadderKey]], salt: str = "") -> Plan:
    """The plan of a batch: every study ladder gets exactly `hit.ratings` ratings.

    Study ladders are dealt once into groups of at most `hit.study`, ladders of one source to different groups
    where there are enough of them. With `hit.assignments` below `hit.ratings` each group stands on several pages,
    always the same group, so that a worker meets a ladder again only on a copy of a page already done, or on the page
    itself where `hit.repeats` of its ladders are shown twice. Training
    and gold are dealt in turn from one shuffled round each: use differs by at most one, and the pages a worker
    does one after another share as few of them as possible. Whoever knows config and `salt` knows the plan; the seed
    alone can be tried out, so what workers are shown has a secret salt (plan_salt.py).
    """
    secret = f"{salt}/" if salt else ""
    rng = random.Random(f"{secret}{config.batch.name}/{config.batch.seed}")
    training, gold = _Deck(names["training"], rng), _Deck(names["gold"], rng)
    pages: list[PlannedPage] = []
    if config.qualification:
        stage = config.qualification
        trials = training.deal(stage.training, "training"), gold.deal(stage.gold, "gold")
        pages.append(_page(config, salt, rng, len(pages), "qualification", stage.assignments, *trials))
    groups = _groups(names["study"], config.hit.study, rng)
    rounds = _rounds(config.hit.ratings, config.hit.assignments or config.hit.ratings)
    if len(rounds) * len(groups) > MOST_PAGES:
        problem = f"makes {len(rounds) * len(groups)} pages; a batch has at most {MOST_PAGES}"
        raise InputError(in_config("hit.assignments", problem, "more assignments a page, or several batches"))
    for assignments in rounds:
        for group in groups:
            again = rng.sample(group, min(config.hit.repeats, len(group))) if config.hit.repeats else []
            judged = gold.deal(config.hit.gold, "gold") + [(key, "study") for key in [*group, *again]]
            coached = training.deal(config.hit.training, "training")
            pages.append(_page(config, salt, rng, len(pages), "study", assignments, coached, judged))
    return Plan(tuple(pages))


class _Deck:
    """Deals keys in turn, over and over, from one shuffled round."""

    def __init__(self, keys: Sequence[LadderKey], rng: random.Random) -> None:
        self._keys = list(keys)
        rng.shuffle(self._keys)
        self._next = 0

    def deal(self, count: int, role: Role) -> list[tuple[LadderKey, Role]]:
        dealt = [self._keys[(self._next + step) % len(self._keys)] for step in range(count)]
        self._next += count
        return [(key, role) for key in dealt]


def _groups(keys: Sequence[LadderKey], size: int, rng: random.Random) -> list[list[LadderKey]]:
    by_source: dict[str, list[LadderKey]] = {}
    for key in keys:
        by_source.setdefault(key.partition("/")[2], []).append(key)
    sources = list(by_source)
    rng.shuffle(sources)
    in_turn = [key for source in sources for key in by_source[source]]
    count = -(-len(in_turn) // size)
    return [in_turn[start::count] for start in range(count)]


def _rounds(ratings: int, assignments: int) -> list[int]:
    full, rest = divmod(ratings, assignments)
    return [assignments] * full + ([rest] if rest else [])


def _page(
    config: BatchConfig,
    salt: str,
    rng: random.Random,
    number: int,
    kind: PageKind,
    assignments: int,
    coached: list[tuple[LadderKey, Role]],
    judged: list[tuple[LadderKey, Role]],
) -> PlannedPage:
    page = f"p{number + 1:04d}"
    rng.shuffle(judged)
    trials = tuple(
        PlannedTrial(trial_id(config, page, position, salt), key, role, None if role == "study" else key)
        for position, (key, role) in enumerate(coached + judged)
    )
    return PlannedPage(page, kind, assignments, trials)


def trial_id(config: BatchConfig, page: str, position: int, salt: str) -> str:
    """The opaque id of a page's trial."""
    text = f"{config.batch.seed}/{config.batch.name}/{page}/{position}".encode()
    return (hmac.new(salt.encode(), text, "sha256") if salt else hashlib.sha256(text)).hexdigest()[:16]
