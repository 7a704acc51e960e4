"""`threshold`: which of two pictures flickers, at a level that the page chooses by QUEST+ from what is known of the ladder."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from hitgen.batch.load import Batch
from hitgen.config.images import Role
from hitgen.errors import Fault, InputError, in_config
from hitgen.lib.contract import read_contract
from hitgen.lib.progress import OnProgress
from hitgen.manifest import Ladder, Page
from hitgen.manifest import Trial as AnyTrial
from hitgen.methods.base import Arranged, Check, Method
from hitgen.methods.evidence import PassRates
from hitgen.methods.replay import Replay
from hitgen.methods.section import Collected, Export, Section
from hitgen.methods.submission import Submission
from hitgen.methods.threshold.begin import BEGINNING
from hitgen.methods.threshold.config import Config
from hitgen.methods.threshold.manifest import Manifest, PageData, Trial
from hitgen.methods.threshold.plan import Comparison, plan_comparisons
from hitgen.methods.threshold.possible import impossible, strange_groups
from hitgen.methods.threshold.replay import replay_of
from hitgen.methods.threshold.robot import Robot, differences, knowing, some_answer
from hitgen.methods.threshold.row import Response, Row
from hitgen.methods.threshold.screening import straight
from hitgen.methods.threshold.tables import ANSWER
from hitgen.methods.told import Told
from hitgen.methods.work import AnyWork, Attempt, Finding
from hitgen.plan import LadderKey, Plan, PlannedPage, PlannedTrial
from hitgen.robots.robot import MakeRobot, WorkRecord
from hitgen.stimuli.views import as_it_is, masked, source_alone

if TYPE_CHECKING:
    from hitgen.methods.population import Simulation

CONTRACT = read_contract("methods/threshold")
GAP_CSS_PX: int = CONTRACT["gap_css_px"]
CATCH, OF_ONE = PassRates(0.4, 0.9, 0.8), PassRates(0.5, 0.9, 0.8)
LEAST_LEVELS = 10
"""Simulated intervals of the 75% level hold the truth in 91 to 93% on ladders of 10 levels, and in 73 to 88% on those of 4 to 6."""
ALONE_S, OF_SEVERAL_S = 8, 4


class Threshold(Method[Config, Manifest, Row]):
    """A threshold by comparisons: adaptive in the page, collective over people."""

    name = "threshold"
    config = Config
    beginning = BEGINNING
    manifest = Manifest
    page = PageData
    row = Row
    checks = (
        Check("catch", "of a catch trial: that no flicker was reported; empty otherwise", "with no false alarm", CATCH),
    )
    rules = ("gold", "speed", "display", "flicker", "copy")
    own_rules = ("straight",)
    more_gold = "raise `catch` under [hit]"
    pace = f"{ALONE_S} s a comparison of two pictures, {OF_SEVERAL_S} s each of several"
    answer_columns = ANSWER
    analysis_about = "SUR levels, and the posteriors that pages of a further study can start from"

    def warnings(self, batch: Batch, plan: Plan) -> Iterator[str]:
        if not batch.config.hit.catch:  # type: ignore[attr-defined]
            yield "batch.toml: hit.catch: without catch trials nobody can be screened, and guessing looks like seeing"
        for images in batch.config.images:
            if images.level_count < LEAST_LEVELS:
                yield (
                    f"batch.toml: images: {images.name} has {images.level_count} levels; on fewer than {LEAST_LEVELS} what lies between two "
                    'levels is guessed from what is usual, and intervals are too narrow; try more levels, or method.kind = "pjnd"'
                )

    def faults(self, batch: Batch) -> Iterator[Fault]:
        from hitgen.methods.threshold.analysis import read_posteriors

        method: Any = batch.config.method
        read_posteriors(batch.folder, method.start_from)
        if method.flickering != "each" and "pictures" in method.model_fields_set:
            problem = f"two pictures stand together where {method.flickering!r} flickers"
            yield in_config("method.pictures", problem, 'flickering = "each", or leaving it out')
        if batch.config.qualification:
            problem = "threshold has no training and no gold ladders for a quiz"
            yield in_config("qualification", problem, "leaving it out")

    def plan_rows(self, batch: Batch, plan: Plan) -> Iterator[tuple[str, str]]:
        hit: Any = batch.config.hit
        if batch.config.method.flickering == "each":  # type: ignore[attr-defined]
            yield "at once", f"{batch.config.method.pictures} pictures of different ladders"  # type: ignore[attr-defined]
        asked = sum(page.assignments * self.ratings_of(page) for page in plan.pages)
        each = f"{hit.comparisons} of each study image by each of {hit.ratings} people"
        yield "comparisons", f"{asked} in all, {each}; {hit.catch} or more catch trials a page besides"

    def trial_s(self, trial: PlannedTrial) -> float:
        return ALONE_S if _planned(trial).group is None else OF_SEVERAL_S

    def arranged(self, config: Config) -> Arranged:
        if config.method.flickering != "each":
            return Arranged(across=2, gap_css_px=GAP_CSS_PX)
        across, down = grid_of(config.method.pictures)
        return Arranged(across, down, GAP_CSS_PX, CONTRACT["below_css_px"])

    def form(self, config: Config) -> str:
        return "each" if config.method.flickering == "each" else "pair"

    def flickering(self, config: Config, ladder: Ladder) -> int:
        return {"one": 1, "both": 2, "each": config.method.pictures}[config.method.flickering]

    def no_gold(self) -> InputError:
        problem = "threshold has catch trials, in which nothing flickers, in the place of gold"
        return InputError(in_config("hit.catch", problem, "`catch` under [hit]"))

    def ratings_of(self, page: PlannedPage) -> int:
        return sum(trial.role == "study" for trial in page.trials)

    def gold_a_page(self, config: Config) -> int:
        return config.hit.catch

    def wanted(self, config: Config, trial: AnyTrial) -> int:
        return config.hit.ratings * config.hit.comparisons

    def further(self, works: Sequence[AnyWork], manifest: Manifest, missing: Mapping[str, int]) -> dict[str, int]:
        from hitgen.methods.threshold.further import further_pages

        return further_pages(works, manifest, missing)

    def plan(self, config: Config, names: Mapping[Role, Sequence[LadderKey]], salt: str = "") -> Plan:
        return plan_comparisons(config, names, salt)

    def settings(self, config: Config) -> dict[str, Any]:
        from hitgen.methods.threshold import quest

        grid = {"means": quest.MEANS, "sds": quest.SDS, "guess": config.method.guess, "lapse": config.method.lapse}
        return {
            "grid": grid,
            "flickering": config.method.flickering,
            "pictures": config.method.pictures if config.method.flickering == "each" else 2,
            "prior": [round(float(weight), 9) for weight in quest.prior().ravel()],
            "goes_on": bool(config.method.start_from),
        }

    def built_trial(self, trial: PlannedTrial) -> dict[str, Any]:
        comparison = _planned(trial)
        return {name: getattr(comparison, name) for name in ("asked", "guess", "lapse", "group")}

    def trial_data(self, batch: Batch, trial: PlannedTrial, ladders: Mapping[str, Ladder]) -> dict[str, Any]:
        from hitgen.methods.threshold.analysis import read_posteriors

        ladder, comparison = ladders[trial.ladder], _planned(trial)
        view = (source_alone if comparison.asked == "catch" else as_it_is)(ladder.level_max)
        known = read_posteriors(batch.folder, batch.config.method.start_from)  # type: ignore[attr-defined]
        return {
            "level_count": ladder.level_max, "shown": masked(view, trial.trial, ladder.levels[0].frame),
            "prior": known.get(f"{ladder.source}/{ladder.codec}"), "group": comparison.group,
        }  # fmt: skip

    def row_faults(self, row: Row, trial: AnyTrial, last: int, manifest: Manifest) -> Iterator[str]:
        assert isinstance(trial, Trial)
        return impossible(row, trial, manifest)

    def submission_faults(self, submission: Submission[Row], page: Page, manifest: Manifest) -> Iterator[str]:
        from hitgen.methods.threshold.chosen import strange_levels

        yield from strange_groups(submission, page)
        yield from strange_levels(submission, page, manifest)

    def grade(self, row: Row, question: Any) -> tuple[bool | None, ...]:
        return (row.response == "none",)

    def screen(self, works: Sequence[AnyWork], config: Config) -> Iterator[Finding]:
        return straight(works)

    def rates(self, question: Any, ladder: Ladder, manifest: Manifest) -> tuple[PassRates, ...]:
        return (OF_ONE if manifest.flickering == "each" else CATCH,)

    def replay(self, work: AnyWork, attempt: Attempt[Any], manifest: Manifest) -> Replay:
        return replay_of(work, attempt)

    def simulation(self) -> Simulation:
        from hitgen.methods.threshold.observers import SIMULATION

        return SIMULATION

    def robot(self, config: Config, policy: Any = None) -> MakeRobot:
        return lambda page, worker: Robot(page, policy or some_answer, worker)

    def rehearsing_policy(self, manifest: Manifest) -> Any:
        catches: dict[str, Response] = {
            t.trial: "none" for page in manifest.pages for t in page.trials if t.asked == "catch"
        }
        return knowing(catches)

    def robot_faults(self, record: WorkRecord, submission: dict[str, Any]) -> list[str]:
        return differences(record, submission)

    def section(self, study: Collected, progress: OnProgress) -> Section:
        from hitgen.methods.threshold.analysis import section_of

        return section_of(study, progress)

    def told(self, config: Config, manifest: Manifest) -> Told:
        from hitgen.methods.threshold.paper import told

        return told(config, manifest)

    def write_analysis(self, tables: Mapping[str, Any], out: Export) -> None:
        from hitgen.methods.threshold.analysis import write_analysis

        write_analysis(tables, out)


def grid_of(pictures: int) -> tuple[int, int]:
    """How many of several pictures stand beside each other, and in how many rows."""
    return (pictures, 1) if pictures <= CONTRACT["most_across"] else (pictures // 2, 2)


def _planned(trial: PlannedTrial) -> Comparison:
    assert isinstance(trial, Comparison)
    return trial


THRESHOLD = Threshold()
