"""The method threshold: QUEST+ as a well-kept library has it, in the page as in Python; from pages to SUR levels and further pages."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import pytest

from hitgen.analysis import figures
from hitgen.analysis.analysed import analysed
from hitgen.build import build
from hitgen.check import Planned, check
from hitgen.cli import main
from hitgen.commands.check import plan_lines
from hitgen.manifest import read_manifest
from hitgen.methods.threshold import quest
from hitgen.methods.threshold.figures import levels_plot
from hitgen.methods.threshold.further import further_pages, gains_of
from hitgen.methods.threshold.manifest import Manifest
from hitgen.methods.threshold.observers import Population
from hitgen.methods.weighed import weighed_ratings
from hitgen.results.dataset import make_dataset
from hitgen.results.study import read_study
from hitgen.simulation.simulate import simulate
from tests.support import nodes
from tests.support.batches import CONSENT, STUDY
from tests.support.pictures import photograph

if TYPE_CHECKING:
    from questplus import QuestPlus

LEVELS, GUESS, LAPSE = 40, 0.1, 0.03
GRID = {"means": quest.MEANS, "sds": quest.SDS, "guess": GUESS, "lapse": LAPSE}
ANSWERS = [(14, True), (11, False), (17, True), (13, False), (15, True), (25, False)]


def library() -> QuestPlus:
    from questplus import QuestPlus  # which takes a second to load

    return QuestPlus(
        stim_domain={"intensity": np.arange(1.0, LEVELS + 1)},
        param_domain={
            "mean": np.array(quest.MEANS) * LEVELS, "sd": np.array(quest.SDS) * LEVELS, "lower_asymptote": np.array([GUESS]),
            "lapse_rate": np.array([LAPSE]),
        },
        outcome_domain={"response": ["found", "not"]}, func="norm_cdf", stim_scale="linear",
    )  # fmt: skip


def test_posteriors_and_levels_are_those_of_the_library_in_python_and_in_the_page() -> None:
    reference, weights = library(), np.full((len(quest.MEANS), len(quest.SDS)), 1 / (len(quest.MEANS) * len(quest.SDS)))
    flat = weights.ravel().tolist()
    body = f"""const grid = {json.dumps(GRID)};
    const answers = {json.dumps([{"level": level, "found": found} for level, found in ANSWERS])};
    return answers.map((_, count) => {{
      const weights = module.updated(grid, {json.dumps(flat)}, answers.slice(0, count + 1), {LEVELS});
      return [module.bestLevel(grid, weights, {LEVELS}), weights];
    }});"""
    by_page = nodes.run("methods/threshold/quest.js", body)
    for (level, found), (page_level, page_weights) in zip(ANSWERS, by_page, strict=True):
        reference.update(stim={"intensity": float(level)}, outcome={"response": "found" if found else "not"})
        weights = quest.updated(weights, [(level, found)], LEVELS, GUESS, LAPSE)
        theirs = reference.posterior.to_numpy().reshape(weights.shape)
        assert np.abs(weights - theirs).max() < 1e-5
        assert np.abs(np.array(page_weights) - weights.ravel()).max() < 1e-9
        best = quest.chosen(weights, [], LEVELS, GUESS, LAPSE, paired=False)
        assert best == (page_level, 0) == (reference.next_stim["intensity"], 0)


def test_pairs_are_chosen_in_the_page_as_in_python_and_say_more_than_one_level() -> None:
    weights = quest.prior()
    answers: list[quest.Compared] = [(20, 12, "found"), (16, 9, "none"), (22, 14, "both"), (18, 11, "wrong")]
    given = [[high, low, quest.OUTCOMES.index(outcome)] for high, low, outcome in answers]
    body = f"""const grid = {json.dumps(GRID)};
    return {json.dumps(given)}.map((_, count, all) => {{
      const weights = module.updatedByPairs(grid, {json.dumps(weights.ravel().tolist())}, all.slice(0, count + 1), {LEVELS});
      return [module.bestPair(grid, weights, {LEVELS}), weights];
    }});"""
    for count, (pair, by_page) in enumerate(nodes.run("methods/threshold/quest.js", body), 1):
        known = quest.updated_by_pairs(weights, answers[:count], LEVELS, GUESS, LAPSE)
        assert np.abs(np.array(by_page) - known.ravel()).max() < 1e-9
        assert tuple(pair) == quest.chosen(weights, answers[:count], LEVELS, GUESS, LAPSE, paired=True)
        assert pair[0] > pair[1] > 0
    rates = quest.pair_rates(quest.pairs(LEVELS), LEVELS, GUESS, LAPSE)
    assert rates.sum(0) == pytest.approx(1) and rates.min() > 0
    assert quest.expected_entropies_of_pairs(weights, LEVELS, GUESS, LAPSE).min() < quest.entropy(
        weights
    ) - 1.2 * quest.expected_gain(weights, LEVELS, GUESS, LAPSE)


@pytest.mark.parametrize(("guess", "lapse"), [(0.0, 0.0), (0.5, 0.0), (0.5, 0.3)])
def test_no_answer_to_a_pair_is_impossible_in_page_and_python(guess: float, lapse: float) -> None:
    answers: list[quest.Compared] = [(20, 2, "both"), (38, 36, "none"), (38, 36, "wrong"), (6, 4, "found")]
    known = quest.updated_by_pairs(quest.prior(), answers, LEVELS, guess, lapse)
    body = f"""const grid = {json.dumps(GRID | {"guess": guess, "lapse": lapse})};
    const answers = {json.dumps([[high, low, quest.OUTCOMES.index(outcome)] for high, low, outcome in answers])};
    const weights = module.updatedByPairs(grid, {json.dumps(quest.prior().ravel().tolist())}, answers, {LEVELS});
    return [weights, module.bestPair(grid, weights, {LEVELS})];"""
    by_page, pair = nodes.run("methods/threshold/quest.js", body)
    assert np.abs(np.array(by_page) - known.ravel()).max() < 1e-9
    assert tuple(pair) == quest.chosen(quest.prior(), answers, LEVELS, guess, lapse, paired=True)


@pytest.mark.parametrize("level_max", [1, 2, 3, 20, 50, 51, 100, 1000])
def test_pairs_reach_the_end_of_any_ladder_and_are_few(level_max: int) -> None:
    found = quest.pairs(level_max)
    assert len(found) <= 1225 and all(level_max >= high > low >= 1 for high, low in found)
    assert level_max == 1 or max(found)[0] == level_max


def test_an_answer_is_worth_most_where_least_is_known() -> None:
    begun = quest.prior()
    later = quest.updated(begun, ANSWERS, LEVELS, GUESS, LAPSE)
    assert quest.entropy(later) < quest.entropy(begun)
    assert quest.expected_gain(later, LEVELS, GUESS, LAPSE) < quest.expected_gain(begun, LEVELS, GUESS, LAPSE)


def study(folder: Path, more: str = "", hit: str = "") -> Path:
    (folder / "images").mkdir(parents=True)
    for name in ("coffee.png", "rocket.jpg", "chelsea.png"):
        photograph(name, (64, 48)).save(folder / "images" / f"{Path(name).stem}.png")
    images = STUDY.replace('codec = "jpeg"\n', f'codec = "jpeg"\nlevels = {LEVELS}\n')
    display = '[display]\nscaling = "pixels"\naccept_flash_hazard = "I accept flashes beyond WCAG 2.3.1"\n'
    method = f'[method]\nkind = "threshold"\n{more}'
    hit = hit or "study = 3\nratings = 30\ncomparisons = 3\ncatch = 4\n"
    (folder / "batch.toml").write_text(
        f'[batch]\nname = "{folder.name}"\nseed = 5\n{CONSENT}{images}[hit]\n{hit}{display}{method}'
    )
    return folder


@pytest.mark.parametrize(("levels", "told"), [(9, 1), (10, 0)])
def test_check_says_that_few_levels_make_intervals_too_narrow(
    levels: int, told: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = study(tmp_path / "few")
    config = folder / "batch.toml"
    config.write_text(config.read_text().replace(f"levels = {LEVELS}", f"levels = {levels}"))
    assert main(["check", str(folder)]) == 0
    assert capsys.readouterr().out.count("levels is guessed from what is usual") == told


def test_gold_of_a_page_is_told_to_be_catch_trials(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(study(tmp_path / "study", hit="gold = 2\ntraining = 1\n"))]) == 1
    told = capsys.readouterr().err
    assert "hit.gold: 2 is out of range; try leaving it out: `catch` says how many" in told
    assert "hit.training: 1 is out of range; try leaving it out: a comparison explains itself" in told


def test_without_catch_trials_nobody_can_be_used_and_more_of_them_are_the_way_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = study(tmp_path / "blind", hit="study = 3\nratings = 2\ncatch = 0\n")
    assert main(["check", str(folder)]) == 1
    assert "none of 18 would be used; try gold_answers_min = 0, or raise `catch` under [hit]" in capsys.readouterr().err


@pytest.fixture(scope="module")
def answered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = study(tmp_path_factory.mktemp("thresholds") / "first")
    build(folder)
    simulate(folder, Population(spammers=0.2), seed=4)
    return folder


def test_simulated_comparisons_give_the_true_levels(answered: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tables = make_dataset(answered).tables
    ratings = tables["ratings"]
    assert set(ratings.filter(ratings["asked"] == "catch")["side"]) == {"none"}
    used = ratings.filter((ratings["use"] == "use") & (ratings["role"] == "study"))
    assert 0.6 < used.height / ratings.filter(ratings["role"] == "study").height < 0.9
    assert main(["report", str(answered)]) == 0
    assert main(["export", str(answered)]) == 0
    drawn = {path.name for path in (answered / "results" / "export" / "figures").glob("*.pdf")}
    assert drawn == {"levels.pdf", "progress.pdf", "timing.pdf"}
    methods = (answered / "results" / "export" / "methods.md").read_text("utf-8")
    assert (
        "QUEST+ [@watson2017], from a prior after published PJND studies" in methods
        and "4 comparisons in which nothing" in methods
    )
    weighed = weighed_ratings(ratings)
    assert weighed.height > used.height and "and SciPy " in methods
    assert f"{weighed.height} comparisons of {weighed['worker'].n_unique()} people went into it" in methods
    page = (answered / "results" / "report.html").read_text()
    assert "false alarms in catch trials" in page and "Satisfied-user ratio by comparisons" in page
    rows = (answered / "results" / "export" / "analysis" / "sur.csv").read_text().splitlines()
    heading = rows[0].split(",")
    truths = {row["ladder"]: row for row in json.loads((answered / "simulation" / "truth.json").read_text())["ladders"]}
    ladders = {ladder.source: ladder.ladder for ladder in read_manifest(answered).ladders}
    for line in rows[1:]:
        row = dict(zip(heading, line.split(","), strict=True))
        truth = truths[ladders[row["source"]]]
        assert float(row["sur75_low"]) - 2 < truth["mean"] - 0.674 * truth["sd"] < float(row["sur75_high"]) + 2


def test_the_figure_of_levels_has_each_ladder_s_two_with_their_intervals_in_order() -> None:
    rows = [(f"p{number} (jpeg)", (30.0 - number, 20.0, 40.0), (36.0 - number, 25.0, 47.0)) for number in range(3)]
    figure = levels_plot.__wrapped__(rows)  # type: ignore[attr-defined]
    (axes,) = figure.axes
    assert [label.get_text() for label in axes.get_yticklabels()] == ["p2 (jpeg)", "p1 (jpeg)", "p0 (jpeg)"]
    assert [list(line.get_xdata()) for line in axes.lines] == [[28, 29, 30], [34, 35, 36]]
    ends = [sorted({x for segment in lines.get_segments() for x, _ in segment}) for lines in axes.collections]
    assert ends == [[20, 40], [25, 47]]
    assert [text.get_text()[:3] for text in figure.legends[0].texts] == ["75%", "50%"]
    many = levels_plot.__wrapped__(rows * 30).axes[0]  # type: ignore[attr-defined]
    assert (many.get_xlabel(), len(many.lines[0].get_ydata())) == ("ladders, by their 75% level", 90)
    assert levels_plot.__wrapped__([]) is None  # type: ignore[attr-defined]


def test_a_rating_is_a_comparison_in_the_plan_and_in_the_figure_of_progress(
    answered: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    heard: list[Planned] = []
    check(answered, workers=1, told=heard.append)
    assert (heard[0].outlook.ratings, heard[0].outlook.usable) == (270, 270)
    assert "comparisons 270 in all, 3 of each study image by each of 30 people" in "\n".join(plan_lines(heard[0]))
    drawn: list[tuple[Any, ...]] = []
    monkeypatch.setattr(figures, "progress_plot", lambda *said: drawn.append(said))
    found = analysed(read_study(answered))
    assert found.plots["progress"] is None
    ((used, wanted, *words),) = drawn
    ratings = found.dataset.ratings
    assert (wanted, words) == ([90], ["ratings", "ladder"])
    assert sum(used) == ratings.filter((ratings["use"] == "use") & (ratings["role"] == "study")).height > 90
    assert main(["review", str(answered)]) == 0
    assert "--apply" not in capsys.readouterr().out, "nobody is there to be approved"
    assert main(["topup", str(answered)]) == 1
    assert (
        "its answers are simulated: nothing of this batch was published; try `hitgen review`" in capsys.readouterr().err
    )


def test_a_further_study_starts_from_what_is_known(
    answered: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["export", str(answered), "--no-figures"]) == 0
    folder = study(tmp_path / "second", 'start_from = "posterior.json"\n')
    (folder / "posterior.json").write_bytes(
        (answered / "results" / "export" / "analysis" / "posterior.json").read_bytes()
    )
    build(folder)
    html = (folder / "build" / "pages" / "p0001.html").read_text()
    data = json.loads(html.split('id="hit-page">')[1].split("</script>")[0])
    assert all(len(trial["prior"]) == len(data["prior"]) for trial in data["study"])
    assert len({len(trial["shown"]) for trial in data["study"]}) == 1
    assert {frozenset(trial) for trial in data["study"]} == {
        frozenset({"trial", "pack", "width", "height", "level_count", "shown", "prior"})
    }
    known = np.array(data["study"][0]["prior"]).reshape(len(quest.MEANS), len(quest.SDS))
    assert quest.entropy(known) < quest.entropy(quest.prior())
    (folder / "posterior.json").write_text('{"ladders": {"a": [1]}}')
    assert main(["check", str(folder)]) == 1
    assert "method.start_from: posterior.json cannot be read" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("people", "spammers", "told"),
    [(3, 0.0, "of 3 people who compared"), (30, 1.0, "are believed"), (30, 0.0, "")],
)
def test_levels_that_rest_on_nobody_are_said_to(
    people: int, spammers: float, told: str, answered: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / answered.name
    shutil.copytree(answered, folder, ignore=shutil.ignore_patterns("ledger*", "simulation", "results"))
    simulate(folder, Population(spammers=spammers), seed=2, people=people)
    assert main(["report", str(folder)]) == 0
    said = capsys.readouterr()
    assert ("Not enough evidence for levels" in said.out + said.err) is bool(told) and told in said.out + said.err
    assert ("Not enough evidence" in (folder / "results" / "report.html").read_text()) is bool(told)


def test_an_export_explains_every_column_and_has_them_without_a_row_too(answered: Path, tmp_path: Path) -> None:
    folder = tmp_path / answered.name
    shutil.copytree(answered, folder, ignore=shutil.ignore_patterns("ledger*", "simulation", "results"))
    toml = folder / "batch.toml"
    toml.write_text(toml.read_text() + "[screening]\ntrial_s_min = 1000\n")
    simulate(folder, Population(), seed=2, people=2)
    for place in (answered, folder):
        assert main(["export", str(place), "--no-figures"]) == 0
    files = [place / "results" / "export" / "analysis" for place in (answered, folder)]
    full, empty = (pl.read_csv(each / "sur.csv") for each in files)
    assert full.height == 3 and empty.height == 0 and full.columns == empty.columns
    about = (files[0] / "README.md").read_text()
    assert all(f"`{column}`" in about for column in full.columns if not column.endswith(("_low", "_high")))
    weights = next(iter(json.loads((files[0] / "posterior.json").read_text())["ladders"].values()))
    assert f"{len(quest.MEANS)} means" in about and len(weights) == len(quest.MEANS) * len(quest.SDS)


def test_a_top_up_asks_for_the_pages_that_say_most(answered: Path) -> None:
    found = read_study(answered)
    manifest = found.manifest
    assert isinstance(manifest, Manifest)
    gains = gains_of([], manifest)
    assert len(set(gains.values())) == 1
    one = manifest.pages[0]
    known = [ladder.ladder for ladder in manifest.ladders if ladder.source != "coffee"]
    pages = [
        one.model_copy(
            update={"page": name, "trials": tuple(t for t in one.trials if (t.source == "coffee") == (name == "b"))}
        )
        for name in ("a", "b")
    ]
    apart = manifest.model_copy(update={"pages": tuple(pages)})
    works = [work for work in found.works if found.judged.assignments[work.received.assignment].use == "use"]
    only_known = [
        type(work)(
            work.received, work.page, work.submission, tuple(a for a in work.attempts if a.known.ladder in known)
        )
        for work in works
    ]
    asked = further_pages(only_known, apart, {ladder.ladder: 6 for ladder in manifest.ladders})
    assert asked["b"] > asked.get("a", 0)
    assert gains_of(only_known, manifest)[known[0]] < gains_of([], manifest)[known[0]]
