"""The report: whole, sealed, readable without a network, and its figures those of the analysis."""

from __future__ import annotations

import base64
import csv
import hashlib
import html
import json
import math
import re
import sqlite3
from collections import Counter
from contextlib import closing
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from hitgen.analysis.exclusions import exclusions
from hitgen.analysis.figures import progress_plot
from hitgen.analysis.pilot import pilot
from hitgen.cli import main
from hitgen.ledger.ledger import LEDGER, Ledger
from hitgen.methods.pjnd.analysis.analyse import LadderResult, analyse, analyse_answers
from hitgen.methods.pjnd.analysis.changes import changes
from hitgen.methods.pjnd.analysis.curves import sur_curve
from hitgen.methods.pjnd.analysis.konjnd import read_konjnd, write_konjnd
from hitgen.methods.pjnd.analysis.pixels import pixel_effect
from hitgen.methods.pjnd.analysis.pjnd import estimate_pjnd
from hitgen.methods.pjnd.analysis.precision import needed, ratings_needed
from hitgen.methods.pjnd.analysis.sur import estimate_sur
from hitgen.methods.pjnd.population import Population
from hitgen.results.dataset import Dataset, make_dataset
from hitgen.results.flow import flow_of
from hitgen.results.study import read_study
from hitgen.simulation.simulate import simulate
from tests.support.large_study import make_study
from tests.support.small_study import SmallStudy, xml

pytestmark = pytest.mark.long

HEADINGS = (
    "Progress and cost", "PJND of each ladder", "Satisfied-user ratio and critical regions", "Workers and gold questions",
    "Timing", "Reliability", "What was left out, and what it changes", "PJND against device pixels per source pixel",
    "Planning from these answers", "Methods", "Provenance",
)  # fmt: skip


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = make_study(tmp_path_factory.mktemp("report") / "study", images=20, ratings=15)
    simulate(folder, Population(), seed=11)
    return folder


@pytest.fixture(scope="module")
def dataset(study: Path) -> Dataset:
    return make_dataset(study)


@pytest.fixture(scope="module")
def written(study: Path) -> str:
    assert main(["report", str(study)]) == 0
    return (study / "results" / "report.html").read_text("utf-8")


def sections(text: str) -> dict[str, str]:
    parts = re.split(r"<h2[^>]*>(.*?)</h2>", text)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_a_report_has_every_section_and_reaches_for_nothing(written: str) -> None:
    assert tuple(sections(written)) == HEADINGS
    assert "Simulated answers" in written
    assert re.findall(r'(?:src|href)="(?!data:|#)[^"]*"', written) == []
    assert not re.search(r"<script|<link|style=|@import|url\(", written)
    style = re.search(r"<style>(.*?)</style>", written, re.DOTALL)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert f"style-src &#39;sha256-{digest}&#39;" in written and "default-src &#39;none&#39;" in written


def test_the_report_says_what_the_analysis_found(written: str, dataset: Dataset) -> None:
    analysis = analyse(dataset.ratings, dataset.tables["clicks"], dataset.images, workers=dataset.workers)
    parts = sections(written)
    assert len(analysis.ladders) == 20 and parts[HEADINGS[2]].count('<section class="card">') == 20
    for result in analysis.ladders:
        shown = f"PJND {'≥ ' if result.pjnd.none_seen else ''}{result.mean.value:.1f}"
        assert shown in parts[HEADINGS[2]]
        assert f"{len(result.clicks.points) if result.clicks else 0} marks" in parts[HEADINGS[2]]
    used = dataset.ratings.filter((pl.col("role") == "study") & (pl.col("use") == "use")).height
    assert f"{used} of 300" in written
    assert analysis.split_half is not None and f"{analysis.split_half.correlation:.3f}" in parts["Reliability"]
    assert "checks of control questions passed" in parts["What was left out, and what it changes"]


def test_a_report_is_written_again_with_the_same_bytes(study: Path, written: str, tmp_path: Path) -> None:
    again = tmp_path / "again.html"
    assert main(["report", str(study), "--out", str(again)]) == 0
    assert again.read_text("utf-8") == written


def test_what_a_worker_sends_is_text_in_the_report(tmp_path: Path) -> None:
    folder = make_study(tmp_path / "study", images=2, ratings=4)
    simulate(folder, Population(hits_per_worker=1), seed=2)
    with Ledger(folder / LEDGER) as ledger:
        row = next(iter(ledger.submissions()))
        record = json.loads(row.answer)
        record["page"] = "<script>alert(1)</script>"
    with closing(sqlite3.connect(folder / LEDGER)) as database, database:
        change = "UPDATE submissions SET answer = ? WHERE assignment = ?"
        database.execute(change, (json.dumps(record), row.assignment))
    assert main(["report", str(folder)]) == 0
    text = (folder / "results" / "report.html").read_text("utf-8")
    assert "<script" not in text and html.escape("<script>alert(1)</script>") in text
    assert "No rating is in use yet" in text, "one gold answer is not enough evidence"


def test_exclusions_count_ratings_and_show_the_change(study: Path, dataset: Dataset) -> None:
    found = exclusions(flow_of(read_study(study)), dataset.ratings)
    ratings = dataset.ratings.filter(pl.col("role") == "study")
    assert found.ratings == ratings.height == 300 and found.used == ratings.filter(pl.col("use") == "use").height
    left_out = ratings.filter(pl.col("use") != "use").height
    assert found.excluded_share == pytest.approx(left_out / 300)
    assert sum(count for reason, count in found.reasons.items() if "control questions" in reason) <= left_out
    assert len(found.reasons) < 8, "reasons that differ in their numbers alone are counted together"
    by_name = {f"{row['source']} ({row['codec']})": row["ladder"] for row in dataset.images.iter_rows(named=True)}
    change = changes(dataset.ratings, dataset.images)[0]
    mine = ratings.filter(pl.col("ladder") == by_name[change.name])
    assert change.n_all == 15 and change.mean_all == pytest.approx(mine["level"].fill_null(100).mean())
    assert change.n_used == mine.filter(pl.col("use") == "use").height


def test_ratings_needed_give_the_width_and_one_less_does_not() -> None:
    from scipy import stats

    for sd, width in ((11.0, 4.0), (11.0, 2.0), (0.5, 8.0)):
        n = ratings_needed(sd, width)
        widths = [2 * stats.t.ppf(0.975, count - 1) * sd / np.sqrt(count) for count in (n, n - 1) if count > 1]
        assert widths[0] <= width and all(wider > width for wider in widths[1:])


def test_a_pilot_tells_minutes_pay_and_what_to_collect() -> None:
    rows = [("study", f"a{n}", minutes * 60_000) for n, minutes in enumerate((4, 5, 9))]
    ratings = pl.DataFrame(rows, schema=["kind", "assignment", "ended_ms"], orient="row")
    found = pilot(ratings, Decimal("1.20"), 0.25)
    assert found.median_minutes == 5 and found.hourly_usd == Decimal("14.40") and needed([], 0.25) == (None, ())


def test_pixels_matter_where_they_do() -> None:
    """Levels that rise with the pixels of the worker, on ladders of different difficulty."""
    rng = np.random.default_rng(1)
    rows = [
        (ladder, f"w{worker}", "study", "use", int(20 * number + 10 * pixels + rng.integers(0, 3)), False, pixels)
        for number, ladder in enumerate("abc", start=1)
        for worker, pixels in enumerate(np.linspace(0.7, 2.1, 30))
    ]
    columns = ["ladder", "worker", "role", "use", "level", "none_seen", "device_px_per_source_px"]
    ratings = pl.DataFrame(rows, schema=columns, orient="row")
    image = {"images": "i", "source": "s", "codec": "jpeg", "level_max": 100, "parameters": "[]", "role": "study"}
    found = pixel_effect(ratings, pl.DataFrame([{"ladder": name, **image} for name in "abc"]))
    assert found.correlation is not None and found.correlation > 0.9 and found.p is not None and found.p < 1e-6
    assert len(found.pixels) == 90 and abs(found.deviations.mean()) < 1e-9


def test_one_page_that_claims_anything_spoils_no_figure_of_timing(tmp_path: Path) -> None:
    rules = "[screening]\ngold_answers_min = 0\n"
    small = SmallStudy(tmp_path, pages=1, toml=f'{rules}[display]\nschedule = "frame-locked"\n')
    works = [small.answer("p0001", f"A{number}", f"W{number}", 10 + number) for number in range(40)]
    claimed = works[7]
    claimed["display"] |= {"refresh_hz": 5e-324, "device_px_per_source_px": 1e6, "css_px_per_cm": 5e-324}
    for row in claimed["trials"]:
        row["timing"] |= {"mean_ms": 1e9, "source_mean_ms": -1e9, "sd_ms": 1e9, "dropped": 10**9, "hidden_ms": 1e9}
    for number, work in enumerate(works[:2]):  # too near each other to be told apart by bars
        work["display"]["refresh_hz"] = 60 + number * 1e-14
    small.hand_in((work["page"], work["assignment"], work["worker"], xml(work)) for work in works)
    assert main(["report", str(tmp_path)]) == 0
    text = (tmp_path / "results" / "report.html").read_text("utf-8")
    figures = re.search(r"mean swap was (\S+) ms off its time at the median, and at most (\S+) ms off in 95%", text)
    assert figures is not None and all(abs(float(figure)) < 10 for figure in figures.groups())
    missed = re.search(r"in 95% of them at most (\d+) frames? w", text)
    assert missed is not None and int(missed[1]) < 100


@pytest.mark.parametrize(("swaps", "floor"), [(8, "At 60 Hz, 125 ms alternates 7 and 8 frames: 8.3 ms"), (10, "")])
def test_the_report_and_its_methods_tell_the_same_of_timing(tmp_path: Path, swaps: int, floor: str) -> None:
    small = SmallStudy(
        tmp_path, pages=1, toml=f"[screening]\ngold_answers_min = 0\n[display]\nswaps_per_second = {swaps}\n"
    )
    works = [small.answer("p0001", f"A{number}", f"W{number}", 10 + number) for number in range(6)]
    for number, work in enumerate(works):
        off_ms = 5 if number % 2 else -5
        for row in work["trials"]:
            row["timing"] |= {
                "mean_ms": 1000 / swaps + off_ms,
                "source_mean_ms": 125 + off_ms,
                "distorted_mean_ms": 125,
            }
    small.hand_in((work["page"], work["assignment"], work["worker"], xml(work)) for work in works)
    assert main(["report", str(tmp_path)]) == 0
    text = (tmp_path / "results" / "report.html").read_text("utf-8")
    told = re.findall(r"the mean swap was (\S+) ms off its time at the median", text)
    assert len(told) >= 2 and set(told) == {"5.00"}
    assert "phases differ by 5.00 ms" in text
    assert floor in text and ("alternates" in text) == bool(floor)


VIDEOSET = Path(__file__).parent / "data" / "videoset_first_jnd.csv"
PUBLIC = """image_id,Compression type,No. of ratings,mean,std,ratings
SRC0001.png,JPEG,5,44.4,12.0,"[31, 52, 40, 61, 38]"
SRC0001.png,BPG,4,29,2.5,"[27, 32, 28, 29]"
=SRC2.png,BPG,3,40,1,"[51 39 30]"
"""


def test_a_public_dataset_is_read_and_reported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "subjective_ratings.csv"
    file.write_text(PUBLIC)
    public = read_konjnd(file, "level")
    assert [(ladder.codec, ladder.level_max, list(ladder.levels)) for ladder in public.ladders] == [
        ("JPEG", 100, [31, 52, 40, 61, 38]), ("BPG", 51, [27, 32, 28, 29]), ("BPG", 51, [51, 39, 30]),
    ]  # fmt: skip
    assert public.ladders[0].parameter(31) == 70 and public.ladders[1].parameter(31) == 31
    assert main(["report", str(file), "--json", "--ratings", "level"]) == 0
    out = Path(json.loads(capsys.readouterr().out)["report"])
    text = out.read_text("utf-8")
    assert out == tmp_path / "subjective_ratings-report.html"
    parts = sections(text)
    assert tuple(parts) == ("PJND of each ladder", "Satisfied-user ratio", "Reliability", "Methods", "Provenance")
    assert (
        "that is for the authors to say" in parts["Methods"]
        and "first level at which a difference was seen" in parts["Methods"]
    )
    assert "Participants" not in parts["Methods"] and "Screening" not in parts["Methods"]
    assert parts["Provenance"].count("unknown: the files do not tell") == 3
    assert hashlib.sha256(file.read_bytes()).hexdigest() in parts["Provenance"]
    assert "PJND 44.4" in text and "SRC0001.png (BPG)" in text


def test_a_rating_is_a_level_or_a_quality_and_somebody_has_to_say(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Read the other way, a ladder is upside down."""
    file = tmp_path / "ratings.csv"
    file.write_text(PUBLIC)
    assert main(["report", str(file)]) == 1
    assert "--ratings level, or --ratings quality" in capsys.readouterr().err
    assert not list(tmp_path.glob("*.html"))
    by_quality = read_konjnd(file, "quality").ladders
    assert list(by_quality[0].levels) == [70, 49, 61, 40, 63]
    assert list(by_quality[1].levels) == [27, 32, 28, 29], "a QP is a QP"
    assert by_quality[0].parameter(70) == 31
    told = PUBLIC.replace("ratings\n", "ratings,Ratings are\n").replace(']"', ']",quality')
    file.write_text(told)
    assert list(read_konjnd(file).ladders[0].levels) == [70, 49, 61, 40, 63]
    assert main(["report", str(file)]) == 0
    assert "a quality or the level itself, a QP" in (tmp_path / "ratings-report.html").read_text("utf-8")
    file.write_text(told.replace("quality", "steps"))
    assert main(["report", str(file)]) == 1
    assert "line 2: Ratings are is neither level nor quality" in capsys.readouterr().err
    assert main(["report", str(tmp_path), "--ratings", "level"]) == 1


def test_levels_that_no_ladder_has_are_named(tmp_path: Path) -> None:
    file = tmp_path / "ratings.csv"
    head = "image_id,Compression type,ratings"
    file.write_text(f'{head}\na,JPEG,"[0, 0, 12, 104]"\nb,BPG,"[30, 53]"\n')
    found = read_konjnd(file, "level")
    assert list(found.ladders[0].levels) == [1, 1, 12, 104]
    assert [text.split(";")[0] for text in found.warnings] == [
        "line 2: 2 of 4 ratings of a (JPEG) are level 0, the source itself, or below",
        "1 of 4 ratings of a (JPEG) are above 100, the highest level",
        "1 of 2 ratings of b (BPG) are above 51, the highest level",
    ]
    assert "a quality above 100" in read_konjnd(file, "quality").warnings[0]


def test_real_ratings_of_a_public_dataset_give_its_published_figures() -> None:
    with VIDEOSET.open(newline="") as opened:
        published = list(csv.DictReader(opened))
    public = read_konjnd(VIDEOSET)
    found = analyse_answers(public.ladders, {}).ladders
    assert len(found) == len(published) == 220 and public.warnings == ()
    above, fitted = [], []
    for ladder, row in zip(found, published, strict=True):
        answers, told = ladder.answers, int(row["jnd"])
        assert (answers.source, ladder.pjnd.n) == (row["image_id"], int(row["No. of ratings"]))
        assert (answers.level_max, ladder.pjnd.none_seen) == (51, 0)
        figures = [ladder.pjnd.mean.value, ladder.pjnd.sd.value]
        assert figures == pytest.approx([float(row["mean"]), float(row["std"])], abs=1e-6)
        # What the published 75% point is was found by trying: of the usual definitions of a quantile, the lower quartile
        # interpolated between two ranks, a half rounded up, gives all 220; the next best gives 212.
        assert told == math.floor(np.percentile(answers.levels, 25) + 0.5)
        # Where 75% are no longer satisfied is one level above hitgen's, which is the last where they are: it is an
        # answer, one of the two that the quartile lies between.
        ranks = np.sort(answers.levels)[[(ladder.pjnd.n - 1) // 4, (ladder.pjnd.n + 2) // 4]]
        counted, fit = ladder.sur.empirical_levels[0.75].value, ladder.sur.fitted_levels[0.75]
        assert counted is not None and ranks[0] <= counted + 1 <= ranks[1]
        above.append(told - counted)
        # A fit smooths the same answers, so that it differs by less than other people's answers would.
        assert fit.value is not None and fit.low is not None and fit.high is not None
        assert fit.low <= told - 1 <= fit.high
        fitted.append(told - 1 - fit.value)
    assert Counter(above) == {1: 198, 2: 22}
    # No bias: nearer on average than half a level, to which both are rounded.
    assert abs(float(np.mean(fitted))) < 0.5


def test_the_report_of_a_real_public_dataset_has_all_its_ladders(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / VIDEOSET.name
    file.write_bytes(VIDEOSET.read_bytes())
    assert main(["report", str(file), "--json"]) == 0
    text = Path(json.loads(capsys.readouterr().out)["report"]).read_text("utf-8")
    with VIDEOSET.open(newline="") as opened:
        for row in csv.DictReader(opened):
            card = text.split(f"<h3>{row['image_id']} (H.264)</h3>")[1].split("</section>")[0]
            assert f"PJND {float(row['mean']):.1f} " in card and f"n = {row['No. of ratings']}<" in card
    assert text.count('class="card"') == 220 and "Table of 220 ladders" in text
    assert "saw none" not in text and "none seen</th>" not in text, "a summary does not tell"
    assert "(H.264: 51)" in text and 'class="x" x="34.0" y="140">0<' in text and ">50</text>" in text
    assert "Critical regions" not in text


def test_the_highest_level_of_a_public_ladder_is_its_codecs_or_the_highest_rating(tmp_path: Path) -> None:
    file = tmp_path / "ratings.csv"
    rows = [
        ("SRC0001.png", "JPEG", "[12, 34]"), ("SRC0001.png", "BPG", "[30]"), ("clip_1", "h.264", "[20, 31]"),
        ("a.webp", "WEBP", "[7, 9]"), ("b.webp", "webp", "[14]"), ("c", "BPG", "[60]"), ("d", "AVIF", "[0]"),
    ]  # fmt: skip
    file.write_text("\n".join(["note,image_id,Compression type,ratings", *(f'x,{a},{b},"{c}"' for a, b, c in rows)]))
    found = read_konjnd(file, "level").ladders
    assert [(answers.source, answers.codec) for answers in found] == [row[:2] for row in rows]
    assert [answers.level_max for answers in found] == [100, 60, 51, 14, 14, 60, 1]
    assert not any(answers.none_seen for answers in found)


def test_the_labels_of_a_curve_are_whole_levels() -> None:
    answers = read_konjnd(VIDEOSET).ladders[0]
    sur, pjnd = estimate_sur(answers), estimate_pjnd(answers)
    for highest, step in ((5, 1), (46, 10), (51, 10), (100, 20)):
        qualities = np.append(np.nan, 101.0 - np.arange(1, highest + 1))
        shown = replace(answers, level_max=highest, parameters=qualities)
        drawn = str(sur_curve(LadderResult(shown, pjnd, sur, None, None)))
        labels = [int(label) for label in re.findall(r'class="x"[^>]*>(\d+)<', drawn)]
        assert labels == list(range(0, highest + 1, step))
        told = re.findall(r'class="parameter"[^>]*>([\d.]+)<', drawn)
        assert told == [str(101 - label) for label in labels if label]
        seen = {level for level in answers.levels if level <= highest}
        assert bool(seen) <= drawn.count('class="ratings"') <= len(seen)


def test_a_public_summary_comes_back_as_it_was_written(tmp_path: Path) -> None:
    file = tmp_path / "ratings.csv"
    file.write_text(PUBLIC)
    public = read_konjnd(file, "level")
    write_konjnd(tmp_path / "again.csv", public.ladders)
    lines = (tmp_path / "again.csv").read_text("utf-8").splitlines()
    assert lines[1] == 'SRC0001.png,JPEG,5,44.4000,11.9708,"[31, 52, 40, 61, 38]",level'
    assert lines[3].startswith("'=SRC2.png,BPG,3,40.0000,"), "a spreadsheet does not take it for a formula"
    again = read_konjnd(tmp_path / "again.csv")
    found = [[(ladder.source, list(ladder.levels)) for ladder in each.ladders] for each in (public, again)]
    assert found[0] == found[1]


def test_every_line_of_a_public_dataset_that_cannot_be_read_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "ratings.csv"
    lines = [
        "a,JPEG,1,1,0,[1 2",
        "b,JPEG,1,1,0,[-4]",
        "c,JPEG,1,1,0,[]",
        "d,,1,1,0,[3]",
        "e,JPEG,1,1,0,__import__('os')",
    ]
    file.write_text("\n".join([PUBLIC.splitlines()[0], *lines, "f,JPEG,9,1,0,[5]"]))
    assert main(["report", str(file)]) == 1
    told = capsys.readouterr().err
    assert [number for number in range(2, 8) if f"line {number}" in told] == [2, 3, 4, 5, 6]
    file.write_text("\n".join([PUBLIC.splitlines()[0], "a,JPEG,1,1,0,[" + "1  " * 200 + "nan]"]))
    assert main(["report", str(file)]) == 1, "told at once, however long the line"
    capsys.readouterr()
    file.write_text(PUBLIC.splitlines()[0] + '\na,JPEG,2,1,0,"[12,0; 34,0]"\n')
    assert main(["report", str(file), "--ratings", "level"]) == 1
    assert "line 2: ratings has commas and semicolons" in capsys.readouterr().err
    file.write_text(PUBLIC.splitlines()[0] + '\na,JPEG,3,7,2,"[5\n7\n9]"\n')
    assert list(read_konjnd(file, "level").ladders[0].levels) == [5, 7, 9]
    file.write_text("source,level\na,1\n")
    assert main(["report", str(file)]) == 1
    assert "it has no column image_id, Compression type, ratings" in capsys.readouterr().err
    file.write_text("\n".join([PUBLIC.splitlines()[0], "f,JPEG,9,1,0,[5]"]))
    assert read_konjnd(file, "level").warnings == ("line 2: No. of ratings is 9, but there are 1",)


def test_progress_is_told_against_what_each_question_wants() -> None:
    figure = progress_plot.__wrapped__([3, 7, 7, 24], [24, 49], "answers", "question")  # type: ignore[attr-defined]
    [axes] = figure.axes
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("used answers of a question", "questions")
    assert [line.get_xdata()[0] for line in axes.lines] == [24, 49]
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["wanted: 24, 49"]
