"""Which comparisons stand on which page: each ladder of a page several times, and catch trials among them."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from hitgen.config.images import Role
from hitgen.errors import InputError, in_config
from hitgen.methods.threshold.config import Config
from hitgen.methods.threshold.manifest import Asked
from hitgen.plan import LadderKey, Plan, PlannedPage, PlannedTrial, make_plan, trial_id

Question = tuple[LadderKey, Asked]


@dataclass(frozen=True)
class Comparison(PlannedTrial):
    """One comparison; those of one `group` are shown at once."""

    asked: Asked = "compare"
    guess: float = 0.0
    lapse: float = 0.0
    group: int | None = None


def plan_comparisons(config: Config, names: Mapping[Role, Sequence[LadderKey]], salt: str) -> Plan:
    """The plan of a study: ladders are dealt to pages as for any method, each then asked for several times."""
    return Plan(tuple(_page(config, page, salt) for page in make_plan(config, names, salt).pages))


def _page(config: Config, page: PlannedPage, salt: str) -> PlannedPage:
    rng = random.Random(f"{salt}/{config.batch.name}/{config.batch.seed}/{page.page}")
    ladders = [trial.ladder for trial in page.trials]
    groups = (
        list(_together(config, ladders, rng)) if config.method.flickering == "each" else _alone(config, ladders, rng)
    )
    rates = config.method.guess, config.method.lapse
    trials: list[Comparison] = []
    for number, group in enumerate(groups):
        for key, kind in group:
            name = trial_id(config, page.page, len(trials), salt)
            role: Role = "gold" if kind == "catch" else "study"
            question = f"catch/{name}" if kind == "catch" else None
            trials.append(Comparison(name, key, role, question, kind, *rates, number if len(group) > 1 else None))
    return replace(page, trials=tuple(trials))


def _alone(config: Config, ladders: Sequence[LadderKey], rng: random.Random) -> list[list[Question]]:
    asked: list[Question] = [(key, "compare") for key in ladders for _ in range(config.hit.comparisons)]
    asked += [(rng.choice(ladders), "catch") for _ in range(config.hit.catch)]
    rng.shuffle(asked)
    return [[question] for question in asked]


def _together(config: Config, ladders: Sequence[LadderKey], rng: random.Random) -> Iterator[list[Question]]:
    """Groups of pictures of different ladders, taken from those with the most questions left; catch pictures fill up the last groups."""
    pictures, distinct = config.method.pictures, list(dict.fromkeys(ladders))
    if len(distinct) < pictures:
        problem = f"{pictures} pictures of a trial are of different ladders, and a page has {len(distinct)}"
        raise InputError(
            in_config("method.pictures", problem, "fewer of them, more images, or more `study` under [hit]")
        )
    rng.shuffle(distinct)
    caught = [distinct[number % len(distinct)] for number in range(config.hit.catch)]
    left = {key: ["compare"] * config.hit.comparisons * count for key, count in Counter(ladders).items()}
    for key in caught:
        left[key].append("catch")
    for kinds in left.values():
        rng.shuffle(kinds)
    while any(left.values()):
        rng.shuffle(distinct)
        group = sorted(distinct, key=lambda key: -len(left[key]))[:pictures]
        yield [(key, left[key].pop() if left[key] else "catch") for key in rng.sample(group, pictures)]  # type: ignore[misc]
