"""A method: what a trial asks, from batch.toml to the report.

A method is an instance of a subclass of `Method` and one row in `hitgen.config.kinds.METHODS`; its script lies under
`assets/methods/NAME/`, with `contract.json` for the slots and parts that its layouts must hold. What it does not say has a
default here. Heavy libraries are imported in the functions that need them, since every verb reads a config.
"""

from __future__ import annotations

import math
from abc import ABC
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar, cast, get_args

from hitgen.batch.load import Batch
from hitgen.batch.new import Beginning
from hitgen.batch.sources import LadderSource
from hitgen.config.batch import BatchConfig
from hitgen.config.images import AnyImageSet, Role
from hitgen.config.kinds import METHODS
from hitgen.config.screening import Rule
from hitgen.errors import Fault, InputError, in_config
from hitgen.lib.pictures import upright_size
from hitgen.lib.progress import OnProgress
from hitgen.manifest import Ladder, Manifest, Page, Trial
from hitgen.methods import columns
from hitgen.methods.columns import Column, Table
from hitgen.methods.evidence import PassRates
from hitgen.methods.replay import Replay
from hitgen.methods.section import Collected, Export, PublicData, Section
from hitgen.methods.submission import Row, RowT, Submission
from hitgen.methods.told import Told
from hitgen.methods.work import Attempt, Finding, Key, Work
from hitgen.pages.data import PageData
from hitgen.plan import LadderKey, Plan, PlannedPage, PlannedTrial, make_plan
from hitgen.robots.robot import MakeRobot, WorkRecord
from hitgen.stimuli.views import View

if TYPE_CHECKING:
    import polars

    from hitgen.methods.population import Simulation

ConfigT = TypeVar("ConfigT", bound=BatchConfig)
ManifestT = TypeVar("ManifestT", bound=Manifest)
AROUND_S = 180
"""What all takes that lies around the trials of a page, for planning; a rehearsal tells better."""
GENERAL_RULES: tuple[Rule, ...] = get_args(Rule)


EITHER = PassRates(0.5, 0.9)
"""Of a question with two answers."""


@dataclass(frozen=True)
class Check:
    """One thing that a known answer is checked for; `about` of a rating, `about_worker` of a worker's sum.

    `rates` say how often it is passed, where nothing more is known of a question; `honest` and `sloppy` are the shares that
    average and careless honest people pass in practice; `usual` says whether most questions ask for it.
    """

    name: str
    about: str
    about_worker: str
    rates: PassRates = EITHER
    honest: float = 0.9
    sloppy: float = 0.8
    usual: bool = True


@dataclass(frozen=True)
class Arranged:
    """How pictures stand in rows; `gap_css_px` lies between two of them, and `below_css_px` are taken under each."""

    across: int = 1
    down: int = 1
    gap_css_px: int = 0
    below_css_px: int = 0

    def around(self, size: tuple[int, int]) -> tuple[int, int]:
        """What pictures of a size take, width and height."""
        width, height = size[0], size[1] + self.below_css_px
        gaps = (self.across - 1) * self.gap_css_px, (self.down - 1) * self.gap_css_px
        return self.across * width + gaps[0], self.down * height + gaps[1]


@dataclass(frozen=True)
class Note:
    """What a method finds of a rating among the others: values of its columns, and why it is left out (if it is)."""

    values: Mapping[str, object]
    left_out: str = ""


@dataclass(frozen=True)
class GoldPlan:
    """A made ladder with a known answer that waits for approval; `told` says what it is, line by line."""

    name: str
    role: str
    told: tuple[str, ...]


@dataclass(frozen=True)
class FoundAnswers:
    """An earlier study whose answers may be known: tables of its dataset, and its pictures by image set and source.

    `sets` are its image sets, where they are known; `own` that it is the very batch that gold is made for.
    """

    name: str
    where: str
    tables: Mapping[str, polars.DataFrame]
    pictures: Mapping[tuple[str, str], Path]
    sets: Mapping[str, AnyImageSet]
    own: bool = False


@dataclass(frozen=True)
class RowTable(Table):
    """A table of the method's own; `rows` are what its columns are taken of, for each rating."""

    rows: Callable[[Any], Iterable[object]]


class Method(ABC, Generic[ConfigT, ManifestT, RowT]):
    """One method; `ConfigT`, `ManifestT` and `RowT` are its models of batch.toml, of what was built, and of an answer."""

    name: ClassVar[str]
    config: ClassVar[type[BatchConfig]] = BatchConfig
    manifest: ClassVar[type[Manifest]] = Manifest
    page: ClassVar[type[PageData]] = PageData
    row: ClassVar[type[Row]] = Row
    checks: ClassVar[tuple[Check, ...]] = ()
    looked_for: ClassVar[tuple[tuple[int, ...], ...]] = ()
    """Further kinds of people who guess, not all checks but some: for each kind the numbers of the checks that it guesses."""
    rules: ClassVar[tuple[Rule, ...]] = GENERAL_RULES
    """The general rules of screening that make sense for it."""
    own_rules: ClassVar[tuple[str, ...]] = ()
    """Its own, which `screen` finds breaches of."""
    more_gold: ClassVar[str] = "make more questions by `hitgen gold` and raise `gold` under [hit]"
    """How a study gets more answers that are known."""
    answer_columns: ClassVar[tuple[Column, ...]] = ()
    """The answer, as columns of `ratings`."""
    tables: ClassVar[Mapping[str, RowTable]] = {}

    beginning: ClassVar[Beginning | None] = None
    """What `hitgen init` writes for it; None: it writes nothing."""
    pace: ClassVar[str] = "45 s a picture"
    """What a trial is reckoned to take, in words."""

    # What is built

    def sources(self, batch: Batch) -> tuple[LadderSource, ...]:
        """The ladders to be made."""
        return batch.ladders

    def faults(self, batch: Batch) -> Iterator[Fault]:
        """What of a batch does not go together."""
        yield from ()

    def warnings(self, batch: Batch, plan: Plan) -> Iterator[str]:
        """What to mind of a batch before it is built."""
        encoded = any(images.role == "study" and images.codec != "files" for images in batch.config.images)
        for role, why in (
            ("gold", "gold questions nobody can be screened"),
            ("training", "training nobody learns the task"),
        ):
            if not getattr(batch.config.hit, role):
                made = f"make some with `hitgen gold{' --role training' if role == 'training' else ''}`"
                way = made if encoded else f'add an image set of your files with role = "{role}" and its [[questions]]'
                yield f"batch.toml: hit.{role}: without {why}; {way}"

    def plan_rows(self, batch: Batch, plan: Plan) -> Iterator[tuple[str, str]]:
        """What is asked how often, as rows of a name and a text."""
        yield "ratings", f"{batch.config.hit.ratings} for each study image, {sum(plan.ratings().values())} in all"

    def levels_told(self, config: ConfigT, images: AnyImageSet) -> str:
        """The codec's parameters from the first level to the last."""
        first, *others = images.parameters
        return f"{first} to {others[-1]}" if others else str(first)

    def trial_s(self, trial: PlannedTrial) -> float:
        """What a trial is reckoned to take, in seconds; a rehearsal tells better."""
        return 45

    def minutes(self, page: PlannedPage) -> int:
        """About how long a page takes, with all that lies around its trials."""
        return math.ceil((sum(map(self.trial_s, page.trials)) + AROUND_S) / 60)

    def picture_size(self, source: LadderSource) -> tuple[int, int] | None:
        """The size in pixels of a picture as it is shown; None where its file does not tell."""
        return upright_size(source.path)

    def packs_of(self, trial: PlannedTrial, ladders: Mapping[str, Ladder]) -> Mapping[str, int]:
        """The packs that a trial needs, with their bytes."""
        return ladders[trial.ladder].packs

    def flickering(self, config: ConfigT, ladder: Ladder) -> int:
        """How many pictures of a ladder flicker side by side; 0 where it does not flicker."""
        return 1

    def arranged(self, config: ConfigT) -> Arranged:
        """How the pictures of a trial stand."""
        return Arranged()

    def form(self, config: ConfigT) -> str:
        """The form of its trials, where it has several: what layouts must hold for it alone stands under `forms` in its contract."""
        return ""

    def views(self, batch: Batch, ladders: Iterable[Ladder]) -> Mapping[str, View]:
        """What is shown of ladders, by key, where it is not each level as it is."""
        return {}

    def ratings_of(self, page: PlannedPage) -> int:
        """How many ratings one person gives on a page; what it shows a second time counts once."""
        return len(page.study)

    def gold_a_page(self, config: ConfigT) -> int:
        """How many answers of one study page are held against what is known."""
        return config.hit.gold

    def wanted(self, config: ConfigT, trial: Trial) -> int:
        """How many ratings the subject of a study trial wants."""
        return config.hit.ratings

    def further(self, works: Sequence[Work[RowT]], manifest: ManifestT, missing: Mapping[str, int]) -> dict[str, int]:
        """How many more people each page is to have; `works` are those in use, `missing` the ratings that each subject lacks.

        A page brings one rating for each subject of its study trials, so it is asked for as often as the neediest of them needs.
        """
        need, pages = dict(missing), {}
        for page in manifest.pages:
            wanted = max((need[subject] for subject in page.study), default=0) if page.kind == "study" else 0
            if wanted:
                pages[page.page] = wanted
                need.update({subject: max(0, need[subject] - wanted) for subject in page.study})
        return pages

    def plan(self, config: ConfigT, names: Mapping[Role, Sequence[LadderKey]], salt: str = "") -> Plan:
        """Which trials stand on which page; `salt` is the batch's secret."""
        return make_plan(config, names, salt)

    def settings(self, config: ConfigT) -> dict[str, Any]:
        """The method's own keys of the manifest and of a page's data."""
        return {}

    def built_trial(self, trial: PlannedTrial) -> dict[str, Any]:
        """The method's own keys of a trial in the manifest."""
        return {}

    def trial_data(self, batch: Batch, trial: PlannedTrial, ladders: Mapping[str, Ladder]) -> dict[str, Any]:
        """The method's own keys of a trial in its page's data; never an answer, but for training trials."""
        return {}

    def plan_gold(
        self, folder: Path, source: Path, role: str, onset: int | None, name: str, seed: int, catch: bool = False
    ) -> GoldPlan:
        """A gold or training ladder of a picture, with `catch` one in which nothing is to be seen; nothing of the batch is changed yet."""
        raise self.no_gold()

    def find_gold(self, folder: Path, found: FoundAnswers, name: str, most: int) -> GoldPlan:
        """Gold from ladders of an earlier study whose answer people agree on; nothing of the batch is changed yet."""
        raise self.no_gold()

    def no_gold(self) -> InputError:
        """Why no gold is made for it."""
        problem = f"the method {self.name!r} makes no gold"
        return InputError(in_config("method.kind", problem, "[[questions]] of your own"))

    def add_gold(self, folder: Path, plan: Any) -> str:
        """Write the ladder's files and append its image set and question to batch.toml; the text that was appended."""
        raise NotImplementedError

    # What was answered

    def row_faults(self, row: RowT, trial: Trial, last: int, manifest: ManifestT) -> Iterator[str]:
        """Why a row cannot be an answer to its trial; `last` is the number of the trial's last attempt."""
        yield from ()

    def submission_faults(self, submission: Submission[RowT], page: Page, manifest: ManifestT) -> Iterator[str]:
        """Why a submission cannot come from its page, though each of its rows could."""
        yield from ()

    def grade(self, row: RowT, question: Any) -> tuple[bool | None, ...]:
        """For each of `checks`, whether a known answer was given; None where the question does not ask it."""
        return ()

    def rates(self, question: Any, ladder: Ladder, manifest: ManifestT) -> tuple[PassRates, ...]:
        """For each of `checks`, how often this question is passed, by chance and by honest people."""
        return tuple(check.rates for check in self.checks)

    @property
    def guessing(self) -> tuple[tuple[int, ...], ...]:
        """The kinds of people who guess: first all checks, then some."""
        return (tuple(range(len(self.checks))), *self.looked_for)

    def screen(self, works: Sequence[Work[RowT]], config: ConfigT) -> Iterator[Finding]:
        """Breaches of the method's own rules; `works` in order of time."""
        yield from ()

    def notes(self, used: Mapping[Key, Any], config: ConfigT) -> Mapping[Key, Note]:
        """What a used study rating is among the others; `used` are attempts by assignment and trial."""
        return {}

    def replay(self, work: Work[RowT], attempt: Attempt[RowT], manifest: ManifestT) -> Replay:
        """An attempt to be seen again by the researcher."""
        return Replay(", ".join(map(str, attempt.row.answer())))

    # Who answers where nobody does

    def simulation(self) -> Simulation:
        """Simulated observers."""
        raise NotImplementedError(f"{self.name} has no simulated observers")

    def robot(self, config: ConfigT, policy: Any = None) -> MakeRobot:
        """A robot that works a page in a browser: by `policy`, which says what it answers, or anyhow."""
        raise NotImplementedError(f"{self.name} has no robot")

    def rehearsing_policy(self, manifest: Any) -> Any:
        """What robots of a rehearsal answer: gold right, so that their work is used; None: anyhow."""
        return None

    def robot_faults(self, record: WorkRecord, submission: dict[str, Any]) -> list[str]:
        """How a submission differs from what its robot did."""
        return []

    # What comes of it

    def section(self, study: Collected, progress: OnProgress) -> Section:
        """Its part of the report."""
        return Section()

    def told(self, config: ConfigT, manifest: ManifestT) -> Told:
        """What it says of a study in a paper's words; how its figures were found is said by its `Section`."""
        return Told()

    public_columns: ClassVar[tuple[str, ...]] = ()
    """The columns by which a file of a public dataset of the method's kind is known."""

    def public_section(self, published: PublicData, progress: OnProgress) -> Section:
        """The report of a public dataset; InputError where the files are none."""
        raise InputError(Fault(str(published.files[0]), "", "is a file", "the batch folder it lies in"))

    analysis_about: ClassVar[str] = "what the method makes of the dataset"
    """What `write_analysis` writes, in words."""

    def write_analysis(self, tables: Mapping[str, Any], out: Export) -> None:
        """Write what the method makes of a dataset."""

    @property
    def ratings(self) -> tuple[Column, ...]:
        """The columns of `ratings`, in order."""
        return (
            *columns.WHO, *self.answer_columns, *columns.WHEN, *self.gold_columns(), *columns.FLICKER, *columns.VERDICT,
            *columns.SCREEN,
        )  # fmt: skip

    def gold_columns(self) -> tuple[Column, ...]:
        """Whether each check was passed, as columns of `ratings`."""

        def of(number: int) -> Callable[[Any], object]:
            return lambda r: r.attempt.passes[number] if r.attempt.passes else None

        return tuple(Column(f"gold_{check.name}_pass", bool, check.about, of(n)) for n, check in enumerate(self.checks))


AnyMethod = Method[Any, Any, Any]


def method_of(config: BatchConfig) -> AnyMethod:
    """The method that a batch.toml has chosen."""
    return cast(AnyMethod, METHODS.get(config.method.kind))
