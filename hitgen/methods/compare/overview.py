"""What a batch by `compare` will ask, in words: questions and answers of each arm, and what to mind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from hitgen.batch.load import Batch
from hitgen.config.images import AnyImageSet
from hitgen.errors import Fault, in_config
from hitgen.methods.compare.config import Config
from hitgen.methods.compare.plan import PlannedQuestion, levels_of, loose_ends, questions_of
from hitgen.plan import Plan, PlannedTrial

SAID = {"source": "with the source", "same": "within a codec", "cross": "across codecs"}
FEW = 60
"""Questions on a page of the standard, at least."""


def graph_faults(batch: Batch) -> Iterator[Fault]:
    """A fault for each arm whose questions do not lead from the source to every version."""
    config = batch.config
    assert isinstance(config, Config)
    levels = levels_of(config, batch.names("study"))
    for arm in config.method.arms:
        loose = loose_ends(questions_of(config, arm, levels), levels)
        if loose:
            shown = ", ".join(loose[:3]) + (f" and {len(loose) - 3} more" if len(loose) > 3 else "")
            problem = f"the graph of {arm} questions is not connected: nothing leads from the source to {shown}"
            yield in_config("method.compare", problem, '"same" among what is compared, which leads from level to level')


def plan_rows(batch: Batch, plan: Plan) -> Iterator[tuple[str, str]]:
    """Questions, answers and pages of each arm."""
    config = batch.config
    assert isinstance(config, Config)
    for arm in config.method.arms:
        pages = [page for page in plan.pages if _arm(page.trials[-1]) == arm]
        questions = {trial.subject: trial for page in pages for trial in page.trials if trial.role == "study"}
        kinds = Counter(trial.what.asked for trial in questions.values() if isinstance(trial, PlannedQuestion))
        told = ", ".join(f"{kinds[asked]} {words}" for asked, words in SAID.items() if kinds[asked])  # type: ignore[index]
        yield "questions", f"{arm}: {len(questions)} ({told})"
        answers = config.answers(arm)
        share = len(questions) * answers / max(1, sum(plan.ratings().values()))
        yield "answers", f"{arm}: {answers} a question, {len(questions) * answers} in all ({share:.0%} of the study's)"
        study = sorted({sum(trial.role == "study" for trial in page.trials) for page in pages})
        sizes = f"{study[0]} to {study[-1]}" if len(study) > 1 else str(study[0])
        rest = f"{config.hit.gold} traps, {config.hit.bias} with the same twice, {config.hit.training} of practice"
        assignments = sum(page.assignments for page in pages)
        yield "a page", f"{arm}: {sizes} questions, {rest}; {assignments} assignments of {len(pages)} pages"


def warnings(batch: Batch, plan: Plan) -> Iterator[str]:
    """What makes a study weak."""
    config = batch.config
    assert isinstance(config, Config)
    if config.method.arms == ("boosted",):
        yield (
            "batch.toml: method.arms: boosted answers without a plain arm have no unit: the scale will be in boosted units, never "
            'JND; arms = ["boosted", "plain"]'
        )
    if not config.hit.gold:
        yield "batch.toml: hit.gold: without traps nobody can be screened; the standard's pages have 10"
    if not config.hit.training:
        yield "batch.toml: hit.training: without practice nobody learns the task; 4 are usual"
    ladders = len({trial.ladder for page in plan.pages for trial in page.trials}) // len(config.method.arms)
    if config.hit.gold > ladders:
        yield f"batch.toml: hit.gold: {config.hit.gold} traps a page of {ladders} ladders: some come twice on a page"
    twice = sum(len(page.study & _traps(page.trials)) for page in plan.pages)
    if twice:
        yield (
            f"batch.toml: hit.gold: {twice} of the traps on {len(plan.pages)} pages ask what a study question of the page asks too; "
            "fewer traps, fewer questions a page, or more sources"
        )
    fewest = min(sum(trial.role == "study" for trial in page.trials) for page in plan.pages)
    if fewest < FEW:
        yield f"batch.toml: hit.study: a page has {fewest} questions; the standard's have {FEW} to 140"
    if config.display.scaling == "physical":
        yield 'batch.toml: display.scaling: pictures are resampled; the standard has one picture pixel a device pixel, "pixels"'


def levels_told(config: Config, images: AnyImageSet) -> str:
    """A set's parameters, or what they are found by."""
    if config.is_spread(images):
        first, last = config.method.bounds
        unit = "dB PSNR of luma" if config.method.spread == "error" else "bits per pixel"
        return f"{images.level_count} from {first:g} to {last:g} {unit}, found for each source"
    return ", ".join(map(str, images.parameters))


def _traps(trials: Iterable[PlannedTrial]) -> set[str]:
    return {trial.subject for trial in trials if trial.role == "gold"}


def _arm(trial: object) -> str:
    assert isinstance(trial, PlannedQuestion)
    return trial.what.arm
