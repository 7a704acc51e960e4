"""`pjnd`: a slider to the leftmost level at which flicker is seen, then the places where it is seen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, cast

from hitgen.batch.load import Batch
from hitgen.errors import Fault, InputError
from hitgen.lib.progress import OnProgress
from hitgen.manifest import Ladder, Trial
from hitgen.methods import columns
from hitgen.methods.base import Check, FoundAnswers, GoldPlan, Method, Note
from hitgen.methods.columns import Column
from hitgen.methods.evidence import PassRates
from hitgen.methods.pjnd import screening
from hitgen.methods.pjnd.begin import BEGINNING
from hitgen.methods.pjnd.chance import CATCH, LEVEL, PLACE, known_rates
from hitgen.methods.pjnd.config import Config
from hitgen.methods.pjnd.grade import level_is_right, places_are_right
from hitgen.methods.pjnd.manifest import Catch, Manifest, PageData, Question
from hitgen.methods.pjnd.paper import told
from hitgen.methods.pjnd.replay import replay_of
from hitgen.methods.pjnd.robot import Answer, Robot, differences, knowing, some_answer
from hitgen.methods.pjnd.row import Row
from hitgen.methods.pjnd.tables import ANSWER, CLICKS, HOW, OUTLIERS
from hitgen.methods.replay import Replay
from hitgen.methods.section import Collected, Export, PublicData, Section
from hitgen.methods.told import Told
from hitgen.methods.work import Attempt, Finding, Key, Work
from hitgen.plan import PlannedTrial
from hitgen.robots.robot import MakeRobot, WorkRecord
from hitgen.stimuli.views import View, as_it_is, masked

if TYPE_CHECKING:
    from hitgen.methods.population import Simulation

EDGE_PX = 1.0
"""A mark on the very edge may lie this far outside by rounding."""


class Pjnd(Method[Config, Manifest, Row]):
    """The picture-wise just noticeable difference, by a slider over a flickering picture."""

    name = "pjnd"
    config = Config
    beginning = BEGINNING
    manifest = Manifest
    page = PageData
    row = Row
    checks = (
        Check("level", "the level lies in the accepted window; empty for study trials", "with the right level", LEVEL, 0.84, 0.7),
        Check("place", "enough points have a mark of their own in reach; empty for study trials", "with the right places", PLACE, 0.94, 0.88),
        Check("catch",
              "of a catch trial: that none was seen, as there was none; empty otherwise", "with no false alarm", CATCH, 0.9, 0.8, usual=False),
    )  # fmt: skip
    own_rules = ("straight", "slider")
    looked_for = ((1,),)
    tables: ClassVar = {"clicks": CLICKS}
    analysis_about = "PJND, SUR, workers, a KonJND-shaped summary and maps"

    def settings(self, config: Config) -> dict[str, Any]:
        return {"locations": config.hit.locations, "places_apart": config.hit.places_apart}

    def trial_data(self, batch: Batch, trial: PlannedTrial, ladders: Mapping[str, Ladder]) -> dict[str, Any]:
        ladder = ladders[trial.ladder]
        question: Any = next((each for each in batch.questions if each.name == trial.question), None)
        view = question.view(ladder.level_max) if question else as_it_is(ladder.level_max)
        shown = masked(view, trial.trial, ladder.levels[0].frame)
        known = {"question": question.model_dump()} if trial.role == "training" and question else {}
        return {"level_count": ladder.level_max, "shown": shown, **known}

    def views(self, batch: Batch, ladders: Iterable[Ladder]) -> Mapping[str, View]:
        asked: dict[str, Any] = {question.name: question for question in batch.questions}
        return {ladder.key: asked[ladder.key].view(ladder.level_max) for ladder in ladders if ladder.key in asked}

    def plan_gold(
        self, folder: Path, source: Path, role: str, onset: int | None, name: str, seed: int, catch: bool = False
    ) -> GoldPlan:
        from hitgen.methods.pjnd.gold import plan_gold

        return plan_gold(folder, source, role, onset, name, seed, catch)

    def find_gold(self, folder: Path, found: FoundAnswers, name: str, most: int) -> GoldPlan:
        from hitgen.methods.pjnd.gold_natural import find_gold

        return find_gold(folder, found, name, most)

    def add_gold(self, folder: Path, plan: Any) -> str:
        from hitgen.methods.pjnd.gold import add_gold

        return add_gold(folder, plan)

    def row_faults(self, row: Row, trial: Trial, last: int, manifest: Manifest) -> Iterator[str]:
        coached, ladder = trial.role == "training", manifest.by_key[trial.key]
        if row.none_seen != (row.level is None):
            yield f"trial {row.trial} says both a level and that none was seen, or neither"
        elif row.level is not None and not 1 <= row.level <= ladder.level_max:
            yield f"trial {row.trial} has level {row.level}; its levels are 1 to {ladder.level_max}"
        wanted = 0 if row.none_seen else manifest.locations
        # A level that coaching refused has no marks yet.
        if len(row.points) != wanted and not (coached and row.attempt < last and len(row.points) == 0):
            yield f"trial {row.trial} has {len(row.points)} marks instead of {wanted}"
        width, height = ladder.width + EDGE_PX, ladder.height + EDGE_PX
        if any(not (-EDGE_PX <= x <= width and -EDGE_PX <= y <= height) for x, y in row.points):
            yield f"trial {row.trial} has a mark outside its picture"

    def grade(self, row: Row, question: Question | Catch) -> tuple[bool | None, ...]:
        if isinstance(question, Catch):
            return None, None, row.level is None
        return level_is_right(row.level, question), places_are_right(row.points, question), None

    def rates(self, question: Question | Catch, ladder: Ladder, manifest: Manifest) -> tuple[PassRates, ...]:
        if isinstance(question, Catch):
            return LEVEL, PLACE, CATCH
        return *known_rates(question, ladder.level_max, (ladder.width, ladder.height), manifest.locations), CATCH

    def screen(self, works: Sequence[Work[Row]], config: Config) -> Iterator[Finding]:
        yield from screening.straight(works, config.screening)
        yield from screening.still(works)

    def notes(self, used: Mapping[Key, Attempt[Row]], config: Config) -> Mapping[Key, Note]:
        return screening.outlier_notes(used, config.screening)

    def replay(self, work: Work[Row], attempt: Attempt[Row], manifest: Manifest) -> Replay:
        return replay_of(attempt, manifest)

    def simulation(self) -> Simulation:
        from hitgen.methods.pjnd.observers import SIMULATION

        return SIMULATION

    def robot(self, config: Config, policy: Any = None) -> MakeRobot:
        return lambda page, worker: Robot(page, policy or some_answer, config.hit.locations, worker)

    def rehearsing_policy(self, manifest: Manifest) -> Any:
        answers: dict[str, Answer] = {}
        for page in manifest.pages:
            for trial in page.trials:
                if trial.role == "gold" and trial.question:
                    known = cast(Question | Catch, manifest.by_question[trial.question])
                    answers[trial.trial] = (
                        Answer(None, [])
                        if isinstance(known, Catch)
                        else Answer(sum(known.level) // 2, [(x, y) for x, y in known.points])
                    )
        return knowing(answers)

    def robot_faults(self, record: WorkRecord, submission: dict[str, Any]) -> list[str]:
        return differences(record, submission)

    def section(self, study: Collected, progress: OnProgress) -> Section:
        from hitgen.methods.pjnd.analysis.section import section_of

        return section_of(study, progress)

    def told(self, config: Config, manifest: Manifest) -> Told:
        return told(config, manifest)

    public_columns = ("image_id", "Compression type", "ratings")

    def public_section(self, published: PublicData, progress: OnProgress) -> Section:
        from hitgen.methods.pjnd.analysis.section import public_section

        path, *more = published.files
        if published.choices:
            problem = "there is nothing to choose for a summary of ratings"
            raise InputError(Fault(published.choices_file, "", problem, "no --config"))
        if more:
            raise InputError(Fault(str(more[0]), "", "a summary of ratings is one file", "one report for each"))
        return public_section(path, progress, published.ratings)

    def write_analysis(self, tables: Mapping[str, Any], out: Export) -> None:
        from hitgen.methods.pjnd.analysis.files import write_analysis

        write_analysis(tables, out)

    @property
    def ratings(self) -> tuple[Column, ...]:
        return (
            *columns.WHO, *ANSWER, *columns.WHEN, *HOW, *self.gold_columns(), *columns.FLICKER, *columns.VERDICT, *OUTLIERS,
            *columns.SCREEN,
        )  # fmt: skip


PJND = Pjnd()
