"""The scale of triplet comparisons: real answers of JPEG AIC-3, answers of known scale, second opinions, detection."""

from __future__ import annotations

import gzip
import json
import os
import warnings
from dataclasses import replace
from pathlib import Path

import choix
import numpy as np
import polars as pl
import pytest
from scipy import optimize, stats

from hitgen.cli import main
from hitgen.methods.compare.analysis.detect import (
    Detection,
    Verdict,
    detections,
    exact_interval,
    lossless_probability,
    verdict_of,
)
from hitgen.methods.compare.analysis.likelihood import Counts, Design, drawn_middles, judged, refitted
from hitgen.methods.compare.analysis.people import Screened, screened
from hitgen.methods.compare.analysis.rates import crossings, curve_of, gaps, reached
from hitgen.methods.compare.analysis.scale import Scale, reconstructed, widening
from hitgen.methods.compare.analysis.section import scale_json
from hitgen.methods.compare.analysis.sides import threshold_of
from hitgen.methods.compare.analysis.tally import tallied
from hitgen.methods.compare.analysis.thin import thin
from hitgen.methods.compare.answers import JND, Answer, Side, otsu
from hitgen.methods.compare.choices import Choices, PublicScale, ScaleTable, Screening
from hitgen.methods.compare.public import read_public
from hitgen.methods.compare.row import Arm
from tests.support.triplets import SOURCE_SIDE, Shape, Study, simulated

DATA = Path(__file__).parents[2] / "shared" / "data" / "aic3"
FILES = DATA / "boosted.csv.gz", DATA / "plain.csv.gz"
real = pytest.mark.skipif(
    not DATA.is_dir() and os.environ.get("CI") != "true",
    reason="the public answers of JPEG AIC-3 lie beside the checkout, if anywhere",
)
FEW = ScaleTable(resamples=20)


@pytest.fixture(scope="module")
def public() -> list[Answer]:
    return read_public(FILES)


def in_use(answers: list[Answer], found: Screened) -> list[Answer]:
    return [answer for answer in answers if (answer.arm, answer.assignment) in found.kept]


def against_the_published(scale: Scale) -> tuple[float, float]:
    """Pearson's r and the mean absolute difference from the published scores of JPEG AI."""
    rows = [
        (int(of.source), level, units)
        for of in scale.sources
        for (codec, level), units in zip(of.versions, of.units, strict=True)
        if codec == "6"
    ]
    mine = pl.DataFrame(rows, schema=["img_num", "dlevel", "mine"], orient="row")
    both = pl.read_csv(DATA / "jnd_reference_half.csv").join(mine, on=["img_num", "dlevel"])
    assert both.height == 30
    jnd, found = both["jnd"].to_numpy(), both["mine"].to_numpy()
    return float(np.corrcoef(jnd, found)[0, 1]), float(np.abs(jnd - found).mean())


@real
def test_real_answers_give_the_published_scores(public: list[Answer]) -> None:
    found = screened(public, Choices().screening)
    kept = [sum(arm == each for each, _ in found.kept) for arm in ("boosted", "plain")]
    assert kept == [564, 55]
    r, difference = against_the_published(reconstructed(in_use(public, found), PublicScale(resamples=20)))
    assert r >= 0.97 and difference <= 0.18


@real
def test_the_automatic_threshold_parts_the_real_assignments_where_the_published_one_does(public: list[Answer]) -> None:
    rules = Choices.model_validate({"screening": {"traps_boosted": "auto", "traps_plain": "auto", "off": ["guesses"]}})
    found = screened(public, rules.screening)
    assert all(threshold.automatic and 0.6 < threshold.share < 0.8 for threshold in found.least.values())
    kept = [sum(arm == each for each, _ in found.kept) for arm in ("boosted", "plain")]
    assert kept == [pytest.approx(564, abs=3), pytest.approx(55, abs=3)]


@real
def test_public_files_come_in_any_order_packed_or_not_and_a_script_is_told_the_scale_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "few.toml"
    config.write_text("[scale]\nresamples = 20\n")
    plain = tmp_path / "plain.csv"
    plain.write_bytes(gzip.decompress(FILES[1].read_bytes()))
    assert main(["report", str(plain), str(FILES[0]), "--json", "--config", str(config)]) == 0
    told = capsys.readouterr()
    record = json.loads(told.out)
    assert list(record) == ["scale"] and {tuple(row) for row in record["scale"]} == {
        ("source", "codec", "level", "jnd", "low_95", "high_95")
    }
    ai = [row for row in record["scale"] if row["codec"] == 6]
    assert sorted({row["source"] for row in ai}) == [2, 6, 7, 9, 10] and len(ai) == 50
    assert all(0 <= row["low_95"] <= row["jnd"] <= row["high_95"] for row in record["scale"])
    assert "left out of the scale: 1 of 2, 3 of 2" in told.err and set(tmp_path.iterdir()) == {config, plain}
    some = tmp_path / "boosted.csv"
    lines = gzip.decompress(FILES[0].read_bytes()).splitlines(keepends=True)
    some.write_bytes(b"".join(lines[: len(lines) // 8]))
    assert main(["report", str(some), "--json", "--config", str(config)]) == 0
    told = capsys.readouterr()
    rows = json.loads(told.out)["scale"]
    assert len(rows) > 20 and all("boosted_units" in row and "jnd" not in row for row in rows)
    assert "there is no JND" in told.err


@pytest.fixture(scope="module")
def small() -> Study:
    """One source, two codecs, many answers of honest people alone."""
    shape = Shape(
        sources=1, codecs=2, levels=6, boosted=150, plain=120, spammers=0, lapse=0.0, threshold=0.2, side_sd=0
    )
    return simulated(7, shape)


@pytest.fixture(scope="module")
def scale(small: Study) -> Scale:
    return reconstructed(small.answers, ScaleTable(resamples=100))


def errors(scale: Scale, study: Study) -> np.ndarray:  # type: ignore[type-arg]
    return np.array(
        [u - study.true[of.source, *v] for of in scale.sources for v, u in zip(of.versions, of.units, strict=True)]
    )


def test_a_known_scale_is_found_again(small: Study, scale: Scale) -> None:
    assert scale.unit == "jnd" and scale.unmeasured == scale.apart == ()
    assert np.abs(errors(scale, small)).mean() < 0.12
    [of] = scale.sources
    low, high = of.intervals
    true = np.array([small.true["1", *version] for version in of.versions])
    assert ((low <= true) & (true <= high)).mean() >= 0.9
    for codec in of.design.codecs:
        assert (np.diff(of.units[of.of(codec)]) > 0).all()


@pytest.mark.parametrize("spread", [0.0, 0.6])
def test_people_who_lean_to_a_side_do_not_draw_versions_together(spread: float) -> None:
    """Averaged over eight versions and two studies: the distances that pooled people give are smaller by sqrt(1 + s^2) = 1.17."""
    ratios, leans = [], []
    for seed in (11, 12):
        shape = Shape(
            sources=1, codecs=2, levels=4, boosted=150, plain=150, spammers=0, lapse=0.0, threshold=0.05, side_sd=spread
        )
        study = simulated(seed, shape)
        for sides in ("model", "even"):
            found = reconstructed(study.answers, ScaleTable(resamples=20, sides=sides))  # type: ignore[arg-type]
            [of] = found.sources
            true = [study.true["1", *version] for version in of.versions]
            ratios.append(float(of.units.sum() / np.sum(true)))
            leans += [lean.spread for lean in found.leans.values()]
    model, even = np.mean(ratios[::2]), np.mean(ratios[1::2])
    assert np.mean(leans) == pytest.approx(spread, abs=0.12)
    assert model / even == pytest.approx(np.hypot(1, spread), rel=0.05) and model == pytest.approx(1, abs=0.07)


def test_what_a_public_study_says_of_one_key_leaves_the_others_as_published() -> None:
    choices = Choices.model_validate({"screening": {"traps_plain": "auto"}, "scale": {"resamples": 20}})
    assert choices.screening.off == ("guesses",) and choices.scale.sides == "even"
    assert ScaleTable().sides == "model" and not Screening().off


def test_neither_names_nor_the_order_of_answers_change_a_figure(small: Study) -> None:
    some = small.answers[::3]
    names = {
        name: f"{len(some) - number:05d}" for number, name in enumerate(dict.fromkeys(each.worker for each in some))
    }
    shuffled = [
        some[number]._replace(worker=names[some[number].worker])
        for number in np.random.default_rng(3).permutation(len(some))
    ]
    one, other = (reconstructed(each, FEW).sources[0] for each in (some, shuffled))
    assert (one.units == other.units).all() and (one.samples == other.samples).all()


def test_a_threshold_for_ties_is_found_too(small: Study) -> None:
    modelled = reconstructed(small.answers, ScaleTable(resamples=20, ties="model"))
    assert np.abs(errors(modelled, small)).mean() < 0.12


@pytest.mark.parametrize("ties", [False, True])
def test_the_gradient_is_the_slope_of_the_posterior_and_resamples_end_where_it_is_flat(
    small: Study, ties: bool
) -> None:
    [tally] = tallied(small.answers, ties)
    design, counts = tally.design, tally.whole
    mean, _ = design.prior
    at = mean + np.random.default_rng(3).normal(0, 0.2, (1, design.parameters))
    _, gradient, _ = judged(design, at, counts, mean)

    def value(point: np.ndarray) -> float:  # type: ignore[type-arg]
        return float(judged(design, point[None], counts, mean)[0][0])

    assert gradient[0] == pytest.approx(optimize.approx_fprime(at[0], value, 1e-6), rel=2e-3, abs=0.02)
    weights = np.random.default_rng(4).multinomial(
        len(tally.workers), np.full(len(tally.workers), 1 / len(tally.workers)), 5
    )
    resampled = tally.resampled(weights.astype(np.float64))
    middles = drawn_middles(design, 5, np.random.default_rng(5))
    _, flat, _ = judged(design, refitted(design, mean[None], resampled, middles), resampled, middles)
    assert np.abs(flat).max() < 0.05


def test_choix_finds_the_same_distances_in_plain_pairs(small: Study) -> None:
    """A second opinion by expectation propagation of the same model, without a boost, order or lapses."""
    plain = [
        answer._replace(response="left" if answer.response == "notsure" and n % 2 else answer.response)
        for n, answer in enumerate(small.answers)
        if answer.arm == "plain"
    ]
    plain = [answer._replace(response="right") if answer.response == "notsure" else answer for answer in plain]
    mine = reconstructed(plain, FEW)
    [of] = mine.sources
    number = {SOURCE_SIDE: 0, **{version: n for n, version in enumerate(of.versions, start=1)}}
    told = [answer for answer in plain if answer.scaled]
    pairs = [
        (number[a.left], number[a.right]) if a.response == "left" else (number[a.right], number[a.left]) for a in told
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs, _ = choix.ep_pairwise(len(number), pairs, alpha=0.05, model="probit")
    distances = (theirs - theirs[0])[1:] / JND
    assert np.corrcoef(distances, of.units)[0, 1] > 0.99
    assert np.abs(distances - of.units).mean() < 0.1


def test_answers_of_one_mind_have_a_distance_all_the_same() -> None:
    asked = [
        Answer(arm, f"{arm}{n}", f"{arm}{n}", "source", "s", SOURCE_SIDE, ("a", level), "right", 2000, None)
        for arm in ("boosted", "plain")
        for n in range(30)
        for level in (1, 2)
    ]  # fmt: skip
    [of] = reconstructed(asked, FEW).sources
    assert (of.units > 1).all() and (of.units < 20).all() and np.isfinite(of.samples).all()


@pytest.mark.parametrize("ties", [False, True])
def test_where_answers_say_nothing_intervals_are_as_wide_as_the_prior(small: Study, ties: bool) -> None:
    """All middles have the prior's own covariance, and lapses of the arms go together unless ties have thresholds."""
    [tally] = tallied(small.answers, ties)
    design = tally.design
    mean, precision = design.prior
    drawn = drawn_middles(design, 20_000, np.random.default_rng(6))
    spread = np.linalg.inv(precision)
    assert drawn.mean(0) == pytest.approx(mean, abs=0.1)
    assert np.cov(drawn.T) == pytest.approx(spread, abs=0.05 * spread.max())
    none = Counts(*(np.zeros((40, len(design.left))) for _ in range(3)))
    assert refitted(design, mean[None], none, drawn[:40]) == pytest.approx(drawn[:40], abs=1e-3)
    lapses = slice(design.versions + 2 * len(design.codecs), design.versions + 2 * len(design.codecs) + 2)
    assert (spread[lapses, lapses][0, 1] > 0) is not ties


@pytest.mark.soak
def test_few_workers_make_wide_intervals(small: Study) -> None:
    assert widening(200) == pytest.approx(1, abs=0.02) and widening(4) == pytest.approx(1.62 * (4 / 3) ** 0.5, abs=0.01)
    assert widening(0) == widening(1) == widening(2)
    [of] = reconstructed([a for a in small.answers if a.worker in few_workers(small, 8)], FEW).sources
    [whole] = reconstructed(small.answers, FEW).sources
    widths = [np.subtract(*each.intervals[::-1])[-1] for each in (of, whole)]
    assert widths[0] > 1.5 * widths[1]


@pytest.mark.parametrize(("ties", "covers"), [("half", True), ("model", False)])
def test_upper_ends_hold_what_ties_counted_half_take_away(small: Study, ties: str, covers: bool) -> None:
    """The threshold of the study is 0.2, so that halves shrink distances by the root of 1.04."""
    [of] = reconstructed(small.answers, ScaleTable(resamples=20, ties=ties)).sources  # type: ignore[arg-type]
    assert of.halving == pytest.approx(1.04**0.5 if covers else 1.0, abs=0.01)
    assert of.intervals[1] == pytest.approx(np.maximum(np.quantile(of.samples, 0.975, axis=0) * of.halving, of.units))
    level = of.level_at("a", float(of.units[3]))
    assert level is not None and level.low < level.value == pytest.approx(4) and level.value < level.high


@pytest.mark.parametrize("threshold", [0.2, 0.5, 1.0])
def test_how_often_people_are_not_sure_tells_their_threshold(threshold: float) -> None:
    """A fit that counts half sees distances that are smaller by the root of 1 + t^2; what it tells of t must not."""
    z = np.linspace(-1.5, 1.5, 31)
    unsure = float((stats.norm.cdf(threshold - z) - stats.norm.cdf(-threshold - z)).sum())
    for apart, halves in ((z / np.hypot(1, threshold), True), (z, False)):
        assert threshold_of(apart, np.ones(31), unsure, halves) == pytest.approx(threshold, abs=0.005)


def few_workers(study: Study, times: int) -> set[str]:
    """The first of each `times` workers of either arm."""
    return set(list(dict.fromkeys(answer.worker for answer in study.answers))[::times])


def test_without_plain_answers_there_is_no_jnd(small: Study) -> None:
    boosted = [answer for answer in small.answers if answer.arm == "boosted"]
    found = reconstructed(boosted, FEW)
    assert found.unit == "boosted_units" and found.called == "boosted units"
    assert {"boosted_units", "source", "codec", "level", "low_95", "high_95"} == set(scale_json(found)["scale"][0])
    [of] = found.sources
    assert of.units[-1] > 1.3 * small.true["1", "b", 6]


def test_what_no_question_ties_to_the_source_has_no_scale_and_an_unknown_boost_no_jnd(small: Study) -> None:
    others = [
        answer._replace(left=("x", 1), right=("x", 2), asked="same") for answer in small.answers[:200]
    ]  # fmt: skip
    found = reconstructed([*small.answers, *others], FEW)
    assert found.apart == (("1", ("x", 1)), ("1", ("x", 2)))
    boosted_b = [a for a in small.answers if a.arm == "boosted" or "b" not in (a.left[0], a.right[0])]
    found = reconstructed(boosted_b, FEW)
    assert found.unmeasured == (("1", "b"),)
    assert {row["codec"] for row in scale_json(found)["scale"]} == {"a"}


def test_levels_bits_gaps_and_crossings_are_read_off_the_curves(scale: Scale) -> None:
    [of] = scale.sources

    def bits(source: str, codec: str, level: int) -> float | None:
        return (2.0 if codec == "a" else 1.0) * 2.0**-level

    curve = curve_of(of, "a", bits)
    assert curve is not None and list(np.exp(curve.log_bits)) == pytest.approx([1, 1 / 2, 1 / 4, 1 / 8, 1 / 16, 1 / 32])
    rows = reached(scale, (float(of.units[of.of("a")][2]), 50.0), bits)
    assert rows[0].level is not None and rows[0].level.value == pytest.approx(3)
    assert rows[0].bits_per_pixel == pytest.approx(1 / 4) and rows[1].level is None and rows[1].bits_per_pixel is None
    assert rows[0].level.high is not None and rows[0].level.low < rows[0].level.value < rows[0].level.high
    last = of.level_at("a", float(of.units[of.of("a")][-1]) * 0.999)
    assert last is not None and last.high is None and last.low < last.value <= 6, "its end is not the last level"
    [gap] = gaps(scale, bits)
    at = np.linspace(gap.low_units, gap.high_units, 64)
    levels = [np.interp(at, of.units[of.of(codec)], np.arange(1, 7)) for codec in "ab"]
    assert np.log2(gap.ratio.value) == pytest.approx(1 - float((levels[0] - levels[1]).mean()), abs=0.01)
    assert gap.ratio.low < gap.ratio.value < gap.ratio.high

    same = replace(of, units=np.concatenate([np.arange(1.0, 7), np.array([0.5, 1.6, 2.9, 4.4, 6, 8])]))
    [crossing] = crossings(replace(scale, sources=(same,)), lambda source, codec, level: 2.0**-level)
    # at equal levels the one that is nearer to the source is better: b until level 3 or so, a from there
    assert (crossing.better, crossing.than) == ("a", "b") and 3 < crossing.units < 4


RATES = (0.60, 0.70, 0.75, 0.80, 0.90)


def verdict(correct: float, answers: int) -> Verdict:
    return verdict_of(lossless_probability(correct, answers), answers)


def wrong(true: float) -> Verdict:
    """The one verdict that is wrong of a level with that share: up to 0.75, one JND, it is visually lossless."""
    return "not visually lossless" if true <= 0.75 else "visually lossless"


@pytest.mark.parametrize("answers", [15, 20, 31, 40, 60, 100])
@pytest.mark.parametrize("true", RATES)
def test_verdicts_on_detection_are_seldom_wrong(answers: int, true: float) -> None:
    """By the exact distribution of what `answers` workers say."""
    chance = stats.binom.pmf(np.arange(answers + 1), answers, true)
    assert sum(p for k, p in enumerate(chance) if verdict(k, answers) == wrong(true)) <= 0.05


@pytest.mark.parametrize("answers", [20, 40, 60])
def test_simulated_workers_get_few_wrong_verdicts_and_many_right_ones(answers: int) -> None:
    """Workers who are not sure one time in ten, and right as often as makes the rate; a level each of 400 sources."""
    rng = np.random.default_rng(answers)
    workers = [f"w{number}" for number in range(answers)]
    decided = {}
    for true in RATES:
        said = rng.random((400, answers))
        given = [
            Answer(
                "plain", worker, worker, "source", str(source), SOURCE_SIDE, ("a", 1),
                "notsure" if at < 0.1 else "right" if at < 0.1 + (true - 0.05) else "left", 900,
            )
            for source, row in enumerate(said)
            for worker, at in zip(workers, row, strict=True)
        ]  # fmt: skip
        found = [row.verdict for row in detections(given)]
        assert len(found) == 400 and found.count(wrong(true)) <= 0.05 * len(found)
        decided[true] = 1 - found.count("undecided") / len(found)
    assert decided[0.60] > 0.5 and decided[0.90] > 0.25


@pytest.mark.parametrize(("answers", "first", "last"), [(20, 13, 18), (40, 26, 35), (60, 40, 51)])
def test_the_undecided_band_holds_what_so_many_workers_cannot_tell(answers: int, first: int, last: int) -> None:
    found = [verdict(k, answers) for k in range(answers + 1)]
    assert found == ["visually lossless"] * first + ["undecided"] * (last - first + 1) + ["not visually lossless"] * (
        answers - last
    )
    halves = [verdict(k / 2, answers) for k in range(2 * answers + 1)]
    assert halves[::2] == found and halves == sorted(
        halves, key=["visually lossless", "undecided", "not visually lossless"].index
    )


def test_the_probability_is_the_posterior_s_and_the_interval_the_exact_one() -> None:
    shares = np.linspace(0, 1, 200_001)
    likely = shares**13.5 * (1 - shares) ** 8.5  # 12.5 of 20 right, and one more of each: the density of Beta(2, 2)
    assert lossless_probability(12.5, 20) == pytest.approx(likely[shares <= 0.75].sum() / likely.sum(), abs=1e-4)
    low, high = exact_interval(13, 20)
    tested = stats.binomtest(13, 20).proportion_ci(method="exact")
    assert (low, high) == pytest.approx((tested.low, tested.high))


def test_no_verdict_is_given_where_the_other_one_could_not_be() -> None:
    for answers in range(1, 15):
        assert {verdict(k, answers) for k in range(answers + 1)} == {"undecided"}
        assert 1 - lossless_probability(answers, answers) < 0.95
    assert {verdict(k, 15) for k in range(16)} == {"visually lossless", "undecided", "not visually lossless"}


@pytest.mark.parametrize("answers", [20, 40, 60, 100])
def test_the_docs_tell_what_so_many_answers_leave_undecided(answers: int) -> None:
    correct = np.arange(answers + 1)
    verdicts = np.array([verdict(k, answers) for k in correct])
    open_shares = correct[verdicts == "undecided"] / answers

    def percent(true: float, said: str) -> float:
        return 100 * float(stats.binom.pmf(correct, answers, true)[verdicts == said].sum())

    shown = [
        f"{percent(true, 'visually lossless'):.1f}, {percent(true, 'not visually lossless'):.1f}"
        for true in (0.60, 0.70, 0.75, 0.76, 0.77, 0.78, 0.79, 0.80, 0.90)
    ]
    row = f"| {answers} | {open_shares[0]:.3g} to {open_shares[-1]:.3g} | {' | '.join(shown)} |"
    assert row in (Path(__file__).parents[1] / "docs" / "compare.md").read_text("utf-8"), row


def test_detection_counts_not_sure_half_and_leaves_traps_and_skips_out() -> None:
    def answer(number: int, response: str, asked: str = "source") -> Answer:
        sides = (SOURCE_SIDE, ("a", 2)) if number % 2 else (("a", 2), SOURCE_SIDE)
        return Answer("plain", f"w{number}", f"w{number}", asked, "s", *sides, response, 900)  # type: ignore[arg-type]

    given = [answer(1, "right"), answer(2, "left"), answer(3, "notsure"), answer(4, "right"), answer(5, "skip")]
    [row] = detections([*given, answer(6, "left", "trap")])
    assert isinstance(row, Detection) and (row.answers, row.correct, row.verdict) == (4, 2.5, "undecided")


def asked_of(people: int, left: tuple[str, int], right: tuple[str, int]) -> list[Answer]:
    """Two in three of them say that the right one differs more."""
    return [
        Answer("plain", f"w{n}", f"w{n}", "same", "s", left, right, "right" if n % 3 else "left", 900)
        for n in range(people)
    ]


def test_where_little_is_known_it_is_said_and_no_interval_runs_away() -> None:
    alone = reconstructed(asked_of(1, SOURCE_SIDE, ("a", 1)), FEW)
    assert alone.sources[0].intervals[1].max() <= 20
    assert list(thin(alone)) == [
        "Not enough evidence for the scale of these sources, with answers of fewer than 5 people in one of the arms: s (1)."
    ]
    steps = [*asked_of(40, ("a", 1), ("a", 2)), *asked_of(40, ("a", 2), ("a", 3)), *asked_of(40, SOURCE_SIDE, ("a", 2))]
    barely = reconstructed([*steps, *asked_of(2, SOURCE_SIDE, ("b", 1))], FEW)
    assert list(thin(barely)) == [
        "Not enough evidence for the distance of these versions, which fewer than 10 answers show: b level 1 of s (2)."
    ]
    assert not list(thin(reconstructed(steps, FEW)))


def test_otsu_parts_two_heaps() -> None:
    assert otsu([0.4, 0.5, 0.5, 0.6, 0.9, 1.0, 1.0]) == pytest.approx(0.75)
    assert otsu([0.8, 0.8]) is None and otsu([]) is None


def test_spammers_go_and_honest_people_stay() -> None:
    study = simulated(3, Shape(sources=2, codecs=2, levels=10))
    found = screened(study.answers, Screening())
    names = {assignment for _, assignment in found.kept}
    honest = {assignment for _, assignment in found.habits} - study.spammers
    assert len(names & study.spammers) <= 0.05 * len(study.spammers)
    assert len(names & honest) >= 0.95 * len(honest) and min(len(study.spammers), len(honest)) > 80


def test_counts_are_of_pairs_whichever_stood_left() -> None:
    def answer(worker: str, left: tuple[str, int], right: tuple[str, int], response: str) -> Answer:
        return Answer("plain", worker, worker, "same", "s", left, right, response, 900)  # type: ignore[arg-type]

    given = [
        answer("v", ("a", 1), ("a", 2), "right"), answer("w", ("a", 2), ("a", 1), "left"), answer("w", ("a", 2), ("a", 1), "notsure"),
        answer("v", SOURCE_SIDE, ("a", 1), "skip"), answer("v", ("a", 1), SOURCE_SIDE, "left"),
    ]  # fmt: skip
    [tally] = tallied(given, ties=False)
    assert isinstance(tally.design, Design) and tally.design.versions == 2 and isinstance(tally.whole, Counts)
    pairs = dict(
        zip(zip(tally.design.left, tally.design.right, strict=True), tally.counts.sum(1).T.tolist(), strict=True)
    )
    assert pairs == {(0, 1): [0, 2, 1], (0, 2): [1, 0, 0]}


@pytest.mark.parametrize(
    ("dissent", "bounded"),
    [
        ((), (False, False, False)),
        ((("plain", 0, 1, "left"),), (True, False, False)),
        ((("boosted", 0, 1, "notsure"),), (True, False, False)),
        ((("plain", 0, 1, "left"), ("boosted", 1, 2, "notsure")), (True, True, False)),
        ((("plain", 1, 3, "left"),), (False, False, False)),
        ((("plain", 1, 3, "left"), ("plain", 0, 2, "left")), (True, True, True)),
        ((("plain", 1, 3, "left"), ("plain", 0, 1, "left")), (True, True, True)),
        ((("boosted", 0, 3, "left"),), (True, True, True)),
    ],
)
def test_what_nobody_contradicts_is_said_to_be_bounded_on_one_side(
    dissent: tuple[tuple[Arm, int, int, str], ...], bounded: tuple[bool, ...]
) -> None:
    def side(level: int) -> Side:
        return ("j", level) if level else ("source", 0)

    answers = [
        Answer(
            arm, f"w{worker}", f"{arm}{worker}", "same" if low else "source", "s", side(low), side(high),
            next((said for at in dissent if worker == 0 and at[:3] == (arm, low, high) for said in at[3:]), "right"),  # type: ignore[arg-type]
            3000, 3, low + high,
        )
        for worker in range(6) for arm in ("plain", "boosted") for low, high in ((0, 1), (1, 2), (2, 3), (1, 3), (0, 2), (0, 3))
    ]  # fmt: skip
    scale = reconstructed(answers, ScaleTable(resamples=20))
    (of,) = scale.sources
    assert of.held is not None and tuple(of.held.tolist()) == bounded
    told = [line for line in thin(scale) if "unanimous" in line]
    missing = [f"j level {level} of s" for level, is_bounded in enumerate(bounded, 1) if not is_bounded]
    assert [line.rpartition(": ")[2] for line in told] == ([f"{', '.join(missing)}."] if missing else [])
