"""`compare`: a source and two versions of it, and which of the two differs more."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from hitgen.batch.load import Batch
from hitgen.batch.sources import LadderSource
from hitgen.config.images import AnyImageSet, Role
from hitgen.config.screening import Rule
from hitgen.errors import Fault, InputError, in_config
from hitgen.lib.contract import read_contract
from hitgen.lib.progress import OnProgress
from hitgen.manifest import Ladder
from hitgen.manifest import Trial as AnyTrial
from hitgen.methods.base import Arranged, Method
from hitgen.methods.compare import manifest, overview, screening
from hitgen.methods.compare.answers import worse_of
from hitgen.methods.compare.begin import BEGINNING
from hitgen.methods.compare.config import Config
from hitgen.methods.compare.crops import crop_faults, shown_sources
from hitgen.methods.compare.manifest import Manifest, PageData, Trial
from hitgen.methods.compare.paper import told
from hitgen.methods.compare.plan import PlannedQuestion, Question, make_plan
from hitgen.methods.compare.possible import impossible
from hitgen.methods.compare.public import NEEDED
from hitgen.methods.compare.replay import replay_of
from hitgen.methods.compare.robot import Answer, Robot, differences, some_answer
from hitgen.methods.compare.robot import Shown as Seen
from hitgen.methods.compare.row import Row, Version
from hitgen.methods.compare.stimuli import Shown
from hitgen.methods.compare.tables import ANSWER
from hitgen.methods.replay import Replay
from hitgen.methods.section import Collected, Export, PublicData, Section
from hitgen.methods.told import Told
from hitgen.methods.work import Attempt, Finding, Work
from hitgen.plan import LadderKey, Plan, PlannedTrial
from hitgen.robots.robot import MakeRobot, WorkRecord

if TYPE_CHECKING:
    from hitgen.methods.population import Simulation

SIDE_BY_SIDE = Arranged(across=2, gap_css_px=read_contract("methods/compare")["gap_css_px"])
BOOSTED_S, PLAIN_S = 4.0, 8.0


class Compare(Method[Config, Manifest, Row]):
    """Triplet comparisons after JPEG AIC-3, plain and boosted, and the detection of AIC-2."""

    name = "compare"
    config = Config
    beginning = BEGINNING
    manifest = Manifest
    page = PageData
    row = Row
    rules: ClassVar[tuple[Rule, ...]] = ("display", "flicker", "repeat", "copy")
    own_rules = ("traps", "guesses", "sides", "times", "straight", "toggles")
    more_gold = "raise `gold` under [hit]"
    answer_columns = ANSWER
    public_columns = NEEDED
    analysis_about = "the scale in JND, questions, detection, and answers in the columns of JPEG AIC-3's public files"
    pace = f"{BOOSTED_S:g} s a boosted question, {PLAIN_S:g} s a plain one"

    # What is built

    def sources(self, batch: Batch) -> tuple[LadderSource, ...]:
        return shown_sources(batch)

    def faults(self, batch: Batch) -> Iterator[Fault]:
        yield from crop_faults(batch)
        yield from overview.graph_faults(batch)

    def warnings(self, batch: Batch, plan: Plan) -> Iterator[str]:
        yield from overview.warnings(batch, plan)

    def plan(self, config: Config, names: Mapping[Role, Sequence[LadderKey]], salt: str = "") -> Plan:
        return make_plan(config, names, salt)

    def plan_rows(self, batch: Batch, plan: Plan) -> Iterator[tuple[str, str]]:
        yield from overview.plan_rows(batch, plan)

    def levels_told(self, config: Config, images: AnyImageSet) -> str:
        return overview.levels_told(config, images)

    def trial_s(self, trial: PlannedTrial) -> float:
        return BOOSTED_S if _asked(trial).arm == "boosted" else PLAIN_S

    def picture_size(self, source: LadderSource) -> tuple[int, int] | None:
        return source.treatment.size(source) if isinstance(source.treatment, Shown) else None

    def packs_of(self, trial: PlannedTrial, ladders: Mapping[str, Ladder]) -> Mapping[str, int]:
        question = _asked(trial)
        pivot = _picture(ladders, question, Version(codec="source", level=0))
        return dict([pivot, _picture(ladders, question, question.left), _picture(ladders, question, question.right)])

    def flickering(self, config: Config, ladder: Ladder) -> int:
        boosted = isinstance(ladder, manifest.Ladder) and ladder.arm == "boosted"
        return 2 if boosted and "flicker" in config.method.boost else 0

    def arranged(self, config: Config) -> Arranged:
        return SIDE_BY_SIDE

    def gold_a_page(self, config: Config) -> int:
        return config.hit.gold + config.hit.bias

    def wanted(self, config: Config, trial: Any) -> int:
        return config.answers(trial.arm)

    def no_gold(self) -> InputError:
        problem = "compare makes practice and traps of the study's own pictures"
        return InputError(in_config("method.kind", problem, "`training` and `gold` under [hit]"))

    def settings(self, config: Config) -> dict[str, Any]:
        method = config.method
        return {
            "flickers": "flicker" in method.boost, "shown_s": method.shown_s, "blank_s": method.blank_s,
            "limit_s": method.limit_s, "toggles_per_second": method.toggles_per_second, "pause": config.hit.pause,
        }  # fmt: skip

    def built_trial(self, trial: PlannedTrial) -> dict[str, Any]:
        question = _asked(trial)
        sides = {"left": question.left.model_dump(), "right": question.right.model_dump()}
        return {"arm": question.arm, "asked": question.asked, **sides}

    def trial_data(self, batch: Batch, trial: PlannedTrial, ladders: Mapping[str, Ladder]) -> dict[str, Any]:
        question = _asked(trial)
        pivot, left, right = (
            _picture(ladders, question, version)[0]
            for version in (Version(codec="source", level=0), question.left, question.right)
        )
        known = {"answer": "left" if question.left.level else "right"} if trial.role == "training" else {}
        block = trial.block if isinstance(trial, PlannedQuestion) else 0
        return {"pack": pivot, "left": left, "right": right, "arm": question.arm, "block": block, **known}

    # What was answered

    def row_faults(self, row: Row, trial: AnyTrial, last: int, manifest: Manifest) -> Iterator[str]:
        assert isinstance(trial, Trial)
        yield from impossible(row, trial, last, manifest)

    def screen(self, works: Sequence[Work[Row]], config: Config) -> Iterator[Finding]:
        yield from screening.screen(works, config.screening)

    def replay(self, work: Work[Row], attempt: Attempt[Row], manifest: Manifest) -> Replay:
        return replay_of(attempt, manifest)

    # Who answers where nobody does

    def simulation(self) -> Simulation:
        from hitgen.methods.compare.observers import SIMULATION

        return SIMULATION

    def robot(self, config: Config, policy: Any = None) -> MakeRobot:
        return lambda page, worker: Robot(page, policy or some_answer, worker)

    def rehearsing_policy(self, manifest: Manifest) -> Any:
        trials = {trial.trial: trial for page in manifest.pages for trial in page.trials}

        def policy(shown: Seen) -> Answer:
            trial = trials[shown.trial]
            worse = worse_of((trial.left.codec, trial.left.level), (trial.right.codec, trial.right.level))
            return Answer(worse) if worse else some_answer(shown)

        return policy

    def robot_faults(self, record: WorkRecord, submission: dict[str, Any]) -> list[str]:
        return differences(record, submission)

    # What comes of it

    def section(self, study: Collected, progress: OnProgress) -> Section:
        from hitgen.methods.compare.analysis.section import section_of

        return section_of(study, progress)

    def told(self, config: Config, manifest: Manifest) -> Told:
        return told(config, manifest)

    def public_section(self, published: PublicData, progress: OnProgress) -> Section:
        from hitgen.methods.compare.analysis.section import public_section

        return public_section(published, progress)

    def write_analysis(self, tables: Mapping[str, Any], out: Export) -> None:
        from hitgen.methods.compare.analysis.files import write_analysis

        write_analysis(tables, out)


def _asked(trial: PlannedTrial) -> Question:
    assert isinstance(trial, PlannedQuestion)
    return trial.what


def _picture(ladders: Mapping[str, Ladder], question: Question, version: Version) -> tuple[str, int]:
    """The pack of a version's picture, with its bytes."""
    key = f"{version.codec}.{question.arm}/{question.source}" if version.level else question.ladder
    ladder = ladders[key]
    if not isinstance(ladder, manifest.Ladder):
        return ladder.pack, ladder.bytes  # stands in for one that is not made yet
    return ladder.pictures[version.level], ladder.picture_bytes[version.level]


COMPARE = Compare()
