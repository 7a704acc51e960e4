"""What a batch will be, before anything is made public: pages, ratings, bytes, cost, warnings."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from hitgen.batch.load import Batch, load_batch
from hitgen.batch.sources import untaken
from hitgen.build import plan_of
from hitgen.errors import Fault, InputError, in_config
from hitgen.lib.progress import OnProgress, silent
from hitgen.manifest import BuildFolder, Ladder
from hitgen.plan import Plan
from hitgen.publishing.orders import raise_faults, requirement_faults
from hitgen.recruiters import kind_of
from hitgen.stimuli.alike import double_warnings
from hitgen.stimuli.flash import flash_faults
from hitgen.stimuli.make import make_ladders
from hitgen.stimuli.measure import Measured, ladder_warnings, measure_ladders

FILL_IN = "FILL IN"


@dataclass(frozen=True)
class PlanSummary:
    """The plan in numbers; `warnings` do not stop a build, faults are raised instead."""

    pages: int
    trials: int
    ratings_per_image: int
    assignments: int
    reward_usd: Decimal
    fees_usd: Decimal
    waves_save_usd: Decimal
    inline_bytes: int
    linked_bytes: int
    linked_worth_it: bool
    largest_flash_sr: float
    warnings: tuple[str, ...]
    hourly_usd: Decimal | None = None

    def record(self) -> dict[str, Any]:
        money = {name: str(getattr(self, name)) for name in ("reward_usd", "fees_usd", "waves_save_usd")}
        money["hourly_usd"] = "" if self.hourly_usd is None else str(self.hourly_usd)
        return {**asdict(self), **money, "warnings": list(self.warnings)}


def check(folder: Path, workers: int | None = None, progress: OnProgress = silent) -> PlanSummary:
    """Validate a batch down to its frames; InputError with every fault."""
    batch = load_batch(folder)
    plan = plan_of(batch)
    raise_faults(requirement_faults(batch.config, plan.pages))
    from hitgen.pages.render import Renderer

    Renderer(batch).check(plan.pages[0])
    output = BuildFolder(folder)
    made = make_ladders(batch.ladders, output.packs, output.cache / "ladders", workers, progress)
    display = batch.config.display
    measured = measure_ladders(made.ladders, output.packs, output.cache / "measured", display, workers)
    faults = [
        fault for ladder in made.ladders for fault in flash_faults(ladder.key, measured[ladder.key].flash_sr, display)
    ]
    faults += _unfilled(batch)
    if faults:
        raise InputError(faults)
    return _summary(batch, plan, made.ladders, measured)


def _summary(batch: Batch, plan: Plan, ladders: tuple[Ladder, ...], measured: dict[str, Measured]) -> PlanSummary:
    sizes = {ladder.key: ladder.bytes for ladder in ladders}
    carried = sum(sizes[trial.ladder] for page in plan.pages for trial in page.trials)
    linked = sum({ladder.pack: ladder.bytes for ladder in ladders}.values())
    kind = kind_of(batch.config)
    asked = [(page.assignments, batch.config.reward_usd(page.kind)) for page in plan.pages]
    cost = kind.quote((size, reward_usd) for count, reward_usd in asked for size in kind.sizes(count))
    return PlanSummary(
        pages=len(plan.pages),
        trials=sum(len(page.trials) for page in plan.pages),
        ratings_per_image=batch.config.hit.ratings,
        assignments=sum(page.assignments for page in plan.pages),
        reward_usd=cost.rewards_usd,
        fees_usd=cost.fees_usd,
        waves_save_usd=kind.waves_save_usd(asked),
        inline_bytes=carried * 4 // 3,
        linked_bytes=linked,
        linked_worth_it=carried > 3 * linked,
        largest_flash_sr=max((area for each in measured.values() for area in each.flash_sr), default=0.0),
        warnings=(
            *_config_warnings(batch),
            *kind.warnings(),
            *ladder_warnings(ladders, measured),
            *double_warnings(ladders),
        ),
        hourly_usd=kind.hourly_usd("study"),
    )


def _unfilled(batch: Batch) -> list[Fault]:
    """A fault for each word of the consent that `init` left to the researcher and nobody has written."""
    words = batch.config.consent.model_dump()
    return [
        in_config(f"consent.{key}", "it is still to be filled in", "what your participants have to know")
        for key, text in words.items()
        if FILL_IN in text
    ]


def _config_warnings(batch: Batch) -> list[str]:
    warnings = [
        f"{name}: it lies among the study's images, but no image set takes it; mind its ending in `sources`, or move it away"
        for name in untaken(batch.ladders)
    ]
    hit = batch.config.hit
    if not hit.gold:
        warnings.append(
            "batch.toml: hit.gold: without gold questions nobody can be screened; make some with `hitgen gold`"
        )
    questions, needed = len(batch.names("gold")), batch.config.screening.gold_answers_min
    if hit.gold and questions < needed:
        warnings.append(
            f"batch.toml: screening.gold_answers_min: no worker can meet more than {questions} gold questions, and {needed} "
            "are needed for a verdict; make more, or lower it (docs/results.md says what that costs)"
        )
    if not hit.training:
        warnings.append(
            "batch.toml: hit.training: without training nobody learns the task; make some with `hitgen gold --role training`"
        )
    return warnings
