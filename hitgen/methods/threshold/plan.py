"""Which comparisons stand on which page: each ladder of a page several times, and catch trials among them."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from hitgen.config.images import Role
from hitgen.methods.threshold.config import Config
from hitgen.methods.threshold.manifest import Asked
from hitgen.plan import LadderKey, Plan, PlannedPage, PlannedTrial, make_plan, trial_id


@dataclass(frozen=True)
class Comparison(PlannedTrial):
    """One comparison."""

    asked: Asked = "compare"
    guess: float = 0.0
    lapse: float = 0.0


def plan_comparisons(config: Config, names: Mapping[Role, Sequence[LadderKey]], salt: str) -> Plan:
    """The plan of a study: ladders are dealt to pages as for any method, each then asked for several times."""
    return Plan(tuple(_page(config, page, salt) for page in make_plan(config, names, salt).pages))


def _page(config: Config, page: PlannedPage, salt: str) -> PlannedPage:
    rng = random.Random(f"{salt}/{config.batch.name}/{config.batch.seed}/{page.page}")
    ladders = [trial.ladder for trial in page.trials]
    asked: list[tuple[LadderKey, Asked]] = [(key, "compare") for key in ladders for _ in range(config.hit.comparisons)]
    asked += [(rng.choice(ladders), "catch") for _ in range(config.hit.catch)]
    rng.shuffle(asked)
    rates = config.method.guess, config.method.lapse
    trials = []
    for position, (key, kind) in enumerate(asked):
        name = trial_id(config, page.page, position, salt)
        role: Role = "gold" if kind == "catch" else "study"
        trials.append(Comparison(name, key, role, f"catch/{name}" if kind == "catch" else None, kind, *rates))
    return replace(page, trials=tuple(trials))
