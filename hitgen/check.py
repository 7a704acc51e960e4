"""What a batch will be, before anything is made public: pages, ratings, bytes, cost, warnings."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from hitgen.batch.load import Batch, load_batch
from hitgen.batch.resources import ejected_warnings
from hitgen.batch.sources import LadderSource, untaken
from hitgen.build import plan_of, unfilled
from hitgen.checks.made import check_faults
from hitgen.config.batch import BatchConfig
from hitgen.config.read import nearest
from hitgen.errors import in_config, raise_faults
from hitgen.lib.progress import OnProgress, silent
from hitgen.manifest import BuildFolder, Ladder
from hitgen.methods.base import method_of
from hitgen.outlook import Outlook, evidence, outlook
from hitgen.pages.texts import text_warnings
from hitgen.plan import Plan
from hitgen.publishing.orders import requirement_faults
from hitgen.recruiters import kind_of
from hitgen.stimuli.alike import double_faults, double_warnings
from hitgen.stimuli.estimate import estimate_ladders, is_large
from hitgen.stimuli.files import further_frame
from hitgen.stimuli.flash import Flash, flash_faults, flash_of
from hitgen.stimuli.form import in_form
from hitgen.stimuli.make import Made, made_before, make_ladders, unproved
from hitgen.stimuli.measure import Measured, ladder_warnings, measure_ladders
from hitgen.stimuli.tables import table_warnings

NO_CHOICE = (
    'the layout has no place to choose a language, an element with data-hit="language" as in the shipped parts/base.html; '
    "the address and the browser choose"
)
"""What is minded of a page in several languages whose layout was made for one."""


@dataclass(frozen=True)
class Planned:
    """What is known before anything is measured; `warnings` are of the config alone."""

    pages: int
    trials: int
    ratings_per_image: int
    assignments: int
    reward_usd: Decimal
    fees_usd: Decimal
    waves_save_usd: Decimal
    hourly_usd: Decimal | None
    outlook: Outlook
    warnings: tuple[str, ...]
    asked: tuple[tuple[str, str], ...]
    pace: str


@dataclass(frozen=True)
class PlanSummary:
    """The plan in numbers; `warnings` do not stop a build, faults are raised instead.

    `estimated` counts the ladders that were measured by tiles of their pictures, so that their bytes are about right. `made`
    counts those whose frames pages make; `inline_bytes_otherwise` is what pages would weigh if they carried them, or made them.
    """

    planned: Planned
    made: int
    carried_because: str
    inline_bytes: int
    inline_bytes_otherwise: int
    linked_bytes: int
    linked_worth_it: bool
    estimated: int
    flashes: tuple[Flash, ...]
    warnings: tuple[str, ...]

    @property
    def largest_flash_sr(self) -> float:
        return max((each.most_sr for each in self.flashes), default=0.0)

    def record(self) -> dict[str, Any]:
        """All of it, for scripts."""
        found = asdict(self)
        plan = found.pop("planned")
        for key in ("outlook", "asked", "pace"):
            del plan[key]
        if plan["hourly_usd"] is None:
            plan["hourly_usd"] = ""
        return {
            **plan, **found, "largest_flash_sr": self.largest_flash_sr, **asdict(self.planned.outlook),
            "warnings": list(self.warnings),
        }  # fmt: skip


def check(
    folder: Path,
    workers: int | None = None,
    progress: OnProgress = silent,
    told: Callable[[Planned], None] = lambda planned: None,
    flashed: Callable[[Sequence[Flash]], None] = lambda flashes: None,
    trial: bool = False,
) -> PlanSummary:
    """Validate a batch down to its frames; InputError with every fault that needs no measuring, else with those that were measured.

    `told` hears the plan before anything is measured, `flashed` how all ladders flash where one does beyond the limit. In a
    `trial` it is no fault that no rating could be used.
    """
    batch = load_batch(folder)
    method = method_of(batch.config)
    raise_faults([*method.faults(batch), *check_faults(batch.config)])
    plan = plan_of(batch)
    raise_faults(requirement_faults(batch.config, plan.pages))
    from hitgen.pages.render import Renderer

    renderer = Renderer(batch)
    renderer.check(plan.pages[0])
    found = outlook(batch, plan, renderer.style)
    faults, warnings = evidence(batch, found)
    warnings = [
        *ejected_warnings(folder),
        *text_warnings(batch.config, batch.folder),
        *([NO_CHOICE] * renderer.lacks_choice),
        *warnings,
    ]
    if trial:
        faults, warnings = [], [*map(str, faults), *warnings]
    planned = _planned(batch, plan, found, warnings)
    told(planned)
    raise_faults([*faults, *unfilled(batch.config)])
    sources, why = in_form(batch, method.sources(batch))
    made, measured, estimated = _measured(sources, batch, BuildFolder(folder), workers, progress)
    ladders, why = made.ladders, made.carried_because or why
    flashes = tuple(
        _flash(ladder, measured[ladder.key], at_once)
        for ladder in ladders
        if (at_once := method.flickering(batch.config, ladder))
    )
    if any(each.first_beyond is not None for each in flashes):
        flashed(flashes)
    raise_faults([*flash_faults(flashes, batch.config.display)])
    able = frozenset(source.key for source in sources if source.can_be_made)
    return _summary(batch, planned, plan, ladders, measured, estimated, flashes, able, why)


def _measured(
    sources: Sequence[LadderSource], batch: Batch, output: BuildFolder, workers: int | None, progress: OnProgress
) -> tuple[Made, dict[str, Measured], frozenset[str]]:
    """All ladders in order with what they measure; large ones that no build has made yet are known by tiles of them.

    Where one of these cannot be made, all are carried, as in a build.
    """
    cache = output.cache / "ladders"
    large = [each for each in sources if is_large(each) and not made_before(each, output.packs, cache)]
    exact = [each for each in sources if each not in large]
    display = batch.config.display
    made = make_ladders(exact, output.packs, cache, workers, progress) if exact else Made((), 0)
    guessed = estimate_ladders(large, output.cache / "measured", workers, progress)
    why = made.carried_because or unproved(large, [ladder for ladder, _ in guessed])
    if why:
        carried = [replace(source, made=False) for source in sources]
        made, measured, estimated = _measured(carried, batch, output, workers, progress)
        return replace(made, carried_because=why), measured, estimated
    raise_faults(double_faults(ladder for ladder, _ in guessed))
    views = method_of(batch.config).views(batch, made.ladders)
    records = output.cache / "measured"
    measured = measure_ladders(made.ladders, output.packs, records, display, workers, progress, views)
    measured |= {ladder.key: look.on(display) for ladder, look in guessed}
    by_key = {ladder.key: ladder for ladder in (*made.ladders, *(ladder for ladder, _ in guessed))}
    ordered = tuple(by_key[source.key] for source in sources)
    return replace(made, ladders=ordered), measured, frozenset(ladder.key for ladder, _ in guessed)


def _planned(batch: Batch, plan: Plan, found: Outlook, warnings: list[str]) -> Planned:
    kind = kind_of(batch.config)
    asked = [(page.assignments, batch.config.reward_usd(page.kind)) for page in plan.pages]
    cost = kind.quote((size, reward_usd) for count, reward_usd in asked for size in kind.sizes(count))
    return Planned(
        pages=len(plan.pages),
        trials=sum(len(page.trials) for page in plan.pages),
        ratings_per_image=batch.config.hit.ratings,
        assignments=sum(page.assignments for page in plan.pages),
        reward_usd=cost.rewards_usd,
        fees_usd=cost.fees_usd,
        waves_save_usd=kind.waves_save_usd(asked),
        hourly_usd=kind.hourly_usd("study"),
        outlook=found,
        warnings=(*_config_warnings(batch, plan), *warnings, *kind.warnings()),
        asked=tuple(method_of(batch.config).plan_rows(batch, plan)),
        pace=method_of(batch.config).pace,
    )


def _summary(
    batch: Batch,
    planned: Planned,
    plan: Plan,
    ladders: tuple[Ladder, ...],
    measured: dict[str, Measured],
    estimated: frozenset[str],
    flashes: tuple[Flash, ...],
    able: frozenset[str],
    why: str,
) -> PlanSummary:
    method, by_key = method_of(batch.config), {ladder.key: ladder for ladder in ladders}
    otherwise = {ladder.key: _bytes_otherwise(ladder, ladder.key in able, measured[ladder.key]) for ladder in ladders}
    carried = [
        {pack: size for trial in page.trials for pack, size in method.packs_of(trial, by_key).items()}
        for page in plan.pages
    ]
    inline = sum(sum(packs.values()) for packs in carried)
    linked = sum({pack: size for ladder in ladders for pack, size in ladder.packs.items()}.values())
    return PlanSummary(
        planned=planned,
        made=sum(ladder.made for ladder in ladders),
        carried_because=why,
        inline_bytes=inline * 4 // 3,
        inline_bytes_otherwise=sum(otherwise[key] for page in plan.pages for key in page.ladders) * 4 // 3,
        linked_bytes=linked,
        linked_worth_it=inline > 3 * linked,
        estimated=len(estimated),
        flashes=flashes,
        warnings=(
            *planned.warnings, *_frames_warnings(why), *ladder_warnings(ladders, measured, estimated), *double_warnings(ladders),
            *table_warnings(ladders, BuildFolder(batch.folder).packs),
        ),
    )  # fmt: skip


def _bytes_otherwise(ladder: Ladder, able: bool, measured: Measured) -> int:
    """About what a pack would weigh in the other form, if it has one: carried, or little more than its source."""
    if ladder.carried_bytes is not None:
        return ladder.carried_bytes
    return measured.bytes[0] if able else ladder.bytes


def _frames_warnings(why: str) -> list[str]:
    return [f"all frames are carried: {why}"] if why else []


def _config_warnings(batch: Batch, plan: Plan) -> list[str]:
    warnings = [
        f"{name}: it lies among the study's images, but no image set takes it; mind its ending in `sources`, or move it away"
        for name in untaken(batch.ladders)
    ]
    warnings += [
        f"{source.key}: {frame} is of a level beyond its last, and nobody will see it; mind `levels`"
        for source in batch.ladders
        if (frame := further_frame(source))
    ]
    return [*warnings, *_rule_warnings(batch.config), *method_of(batch.config).warnings(batch, plan)]


def _rule_warnings(config: BatchConfig) -> Iterator[str]:
    """What [screening] names that does nothing: a rule that the method has not or that is off, a bound of the other way to judge gold."""
    method, rules = method_of(config), config.screening
    known = (*method.rules, *method.own_rules)
    passed_over = {"thresholds": ("use_above", "exclude_below"), "evidence": ("gold_rate", "gold_answers_min")}
    for key in passed_over[rules.judged_by]:
        if key in rules.model_fields_set:
            problem = f"gold answers are judged by {rules.judged_by}, so that naming it does nothing"
            yield str(in_config(f"screening.{key}", problem, "leaving it out"))
    for key in ("off", "reject", "shut_out"):
        for name in getattr(rules, key):
            if name not in known:
                problem = f"{config.method.kind} has no rule {name!r}, so that naming it does nothing"
                yield str(in_config(f"screening.{key}", problem, nearest(name, known)))
            elif key != "off" and name in rules.off:
                problem = f"{name!r} is among the rules that are off, so that naming it here does nothing"
                yield str(in_config(f"screening.{key}", problem, "leaving it out of one of the two"))


def _flash(ladder: Ladder, measured: Measured, at_once: int) -> Flash:
    """How so many pictures of a ladder flash side by side: their areas add up."""
    return flash_of(ladder.key, [at_once * area for area in measured.flash_sr])
