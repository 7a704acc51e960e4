"""PJND, SUR, critical regions and reliability, against scipy's own answers and against known truth."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from scipy import ndimage, stats

from hitgen.methods.pjnd.analysis import regions, reliability
from hitgen.methods.pjnd.analysis.answers import LadderAnswers, answers_of, used
from hitgen.methods.pjnd.analysis.goodness import refit
from hitgen.methods.pjnd.analysis.order import order_interval
from hitgen.methods.pjnd.analysis.pjnd import estimate_pjnd, expanded
from hitgen.methods.pjnd.analysis.regions import Clicks
from hitgen.methods.pjnd.analysis.spread import on_ladder, pooled_kurtosis, sd_interval
from hitgen.methods.pjnd.analysis.sur import FAMILIES, empirical_sur, estimate_sur, fit_sur, maximise

pytestmark = pytest.mark.long


def answers(levels: list[int], level_max: int = 100, name: str = "ladder") -> LadderAnswers:
    """Answers of as many workers; JPEG's quality as parameter."""
    parameters = np.concatenate([[np.nan], level_max + 1.0 - np.arange(1, level_max + 1)])
    workers = tuple(f"w{number}" for number in range(len(levels)))
    return LadderAnswers(name, "study", "source", "jpeg", level_max, np.array(levels), workers, parameters)


def normal_levels(mean: float, sd: float, n: int, seed: int) -> list[int]:
    rng = np.random.default_rng(seed)
    return [max(1, round(value)) for value in rng.normal(mean, sd, n)]


def test_only_used_study_ratings_count_and_a_workers_first() -> None:
    rows = [
        ("a", "w1", "study", "use", 10, False),
        ("a", "w1", "study", "use", 90, False),
        ("a", "w2", "study", "use", None, True),
        ("a", "w3", "study", "exclude", 50, False),
        ("a", "w4", "study", "not-enough-evidence", 60, False),
        ("a", "w5", "gold", "use", 70, False),
        ("b", "w1", "study", "use", 20, False),
    ]
    columns = ["ladder", "worker", "role", "use", "level", "none_seen"]
    ratings = pl.DataFrame(rows, schema=columns, orient="row")
    image = {
        "images": "study",
        "source": "s",
        "codec": "jpeg",
        "level_max": 100,
        "parameters": "[100, 99]",
        "role": "study",
    }
    rows_of = [{"ladder": name, **image} for name in ("b", "a", "none answered")]
    images = pl.DataFrame([*rows_of, {**rows_of[0], "images": "warm", "role": "training"}])  # the same frames
    second, first = answers_of(used(ratings), images)
    assert (second.ladder, first.ladder) == ("b", "a")
    assert list(first.levels) == [10, 101] and first.workers == ("w1", "w2")
    assert first.none_seen == 1 and list(first.clipped) == [10, 100]


def test_parameter_between_levels() -> None:
    assert answers([1]).parameter(30) == 71
    assert answers([1]).parameter(30.5) == 70.5
    assert answers([1]).parameter(None) is None


def test_none_seen_is_censored_everywhere() -> None:
    some = answers([10] * 10 + [20] * 5 + [101] * 5)
    found = estimate_pjnd(some)
    assert found.none_seen == 5 and found.mean.value == pytest.approx((100 + 100 + 500) / 20)
    assert estimate_pjnd(answers([10] * 4 + [101] * 6)).median.value is None
    sur = empirical_sur(some)
    assert sur[[0, 9, 10, 19, 20, 100]] == pytest.approx([1, 1, 0.5, 0.5, 0.25, 0.25])
    assert estimate_sur(some).empirical_levels[0.5].value == 19
    assert estimate_sur(answers([10] * 4 + [101] * 6)).empirical_levels[0.5].value == 100


def test_censoring_recovers_what_clipping_loses() -> None:
    """Half of a population beyond the ladder's end: the fit finds its mean, counting the end as an answer does not."""
    levels = [min(51, level) for level in normal_levels(48, 10, 4000, seed=3)]
    fit = fit_sur(answers(levels, level_max=50))
    assert fit is not None
    assert fit.level(0.5).value == 47
    assert estimate_pjnd(answers(levels, level_max=50)).mean.value < 45
    assert fit.level(0.05).value is None


@pytest.mark.parametrize(
    ("family", "theirs"), [("normal", stats.norm), ("logistic", stats.logistic), ("gumbel", stats.gumbel_r)]
)
def test_a_fit_is_the_one_that_scipy_finds(family: str, theirs: stats.rv_continuous) -> None:
    levels = np.array([*normal_levels(38, 11, 40, seed=5), 101, 101])
    seen = levels[levels <= 100]
    data = stats.CensoredData(interval=np.column_stack([seen - 0.5, seen + 0.5]), right=[100.5, 100.5])
    location, scale = theirs.fit(data)
    ours = next(entry for entry in FAMILIES if entry.name == family)
    fit = fit_sur(answers(list(levels)))
    assert fit is not None
    loss = -sum(theirs.logsf(100.5, location, scale) for _ in range(2))
    loss -= np.log(theirs.cdf(seen + 0.5, location, scale) - theirs.cdf(seen - 0.5, location, scale)).sum()
    assert fit.aic[ours.name] == pytest.approx(4 + 2 * loss, abs=1e-3)


def test_the_family_is_chosen_by_aic() -> None:
    skewed = np.exp(np.random.default_rng(1).normal(3, 0.5, 500))
    fit = fit_sur(answers([max(1, round(value)) for value in skewed]))
    assert fit is not None and fit.family.name == "lognormal"
    assert fit.level(0.75).value == pytest.approx(np.exp(3 - 0.674 * 0.5), abs=1.5)


def test_the_75_percent_level_is_mean_minus_two_thirds_sd() -> None:
    fit = fit_sur(answers(normal_levels(40, 12, 3000, seed=2)))
    assert fit is not None and abs(fit.level(0.75).value - (40 - 0.674 * 12 - 0.5)) <= 1


def test_intervals_of_fitted_levels_are_those_of_resampling_workers() -> None:
    levels = normal_levels(38, 11, 60, seed=8)
    fit = fit_sur(answers(levels))
    assert fit is not None
    rng = np.random.default_rng(0)
    refits = [fit_sur(answers(list(rng.choice(levels, len(levels))))) for _ in range(300)]
    found = [again.level(0.75).value for again in refits if again]
    low, high = np.quantile(found, [0.025, 0.975])
    estimate = fit.level(0.75)
    assert estimate.low == pytest.approx(low, abs=1.5) and estimate.high == pytest.approx(high, abs=1.5)


def test_few_or_equal_answers_give_no_interval_and_no_fit() -> None:
    for levels in ([30], [30, 31], [30] * 10):
        found = estimate_pjnd(answers(levels))
        assert found.mean.value == np.mean(levels) and found.mean.low is None
        assert fit_sur(answers(levels)) is None


@pytest.mark.parametrize("n", [3, 4, 5])
@pytest.mark.parametrize(("mean", "sd"), [(38, 11), (1.5, 2), (99, 8)])
def test_intervals_of_few_answers_hold_the_mean_and_stay_on_the_ladder(n: int, mean: float, sd: float) -> None:
    """Resamples of n answers cannot leave their range, which holds a mean in 1 - 2^(1 - n) of samples: 75% of three."""
    true = float(np.clip(normal_levels(mean, sd, 20000, seed=0), 1, 100).mean())
    hits = told = 0
    for seed in range(300):
        found = estimate_pjnd(answers(normal_levels(mean, sd, n, seed), name=str(seed))).mean
        if found.low is not None and found.high is not None and found.value is not None:
            assert 1 <= found.low <= found.value <= found.high <= 100
            told, hits = told + 1, hits + (found.low <= true <= found.high)
    least = {38: 0.95, 1.5: 0.85, 99: 0.8}[mean]  # at an end most answers are one level, and what strays is seldom met
    assert hits / told >= least - 4 * (least * (1 - least) / told) ** 0.5


def test_an_interval_does_not_depend_on_its_neighbours() -> None:
    some = answers(normal_levels(38, 11, 43, seed=1))
    assert estimate_pjnd(some) == estimate_pjnd(some)


def test_intervals_of_the_mean_cover_it() -> None:
    """400 samples of 34: the expected 95% within four standard errors."""
    hits = 0
    for seed in range(400):
        mean = estimate_pjnd(answers(normal_levels(38, 11, 34, seed), name=str(seed))).mean
        hits += mean.low <= 38 <= mean.high
    assert 0.95 - 4 * 0.011 <= hits / 400 <= 0.95 + 4 * 0.011
    assert 0.95 < expanded(0.95, 34) < 0.97


def test_a_map_is_the_blurred_picture_of_the_clicks() -> None:
    rng = np.random.default_rng(1)
    points = np.floor(rng.uniform((100, 100), (220, 140), (40, 2))) + 0.5
    clicks = Clicks(points, tuple("w" for _ in points), 320, 240)
    picture = np.zeros((240, 320))
    for x, y in points:
        picture[int(y), int(x)] += 1
    theirs = ndimage.gaussian_filter(picture, regions.sigma_px(240), mode="constant", truncate=8)
    ours = regions.region_map(clicks)
    assert regions.sigma_px(480) == 35 and ours.shape == (240, 320) and ours.sum() == pytest.approx(1)
    assert np.abs(ours - theirs / theirs.sum()).max() < 2e-3 * ours.max()
    coarse = regions.region_map(clicks, step_px=4)
    assert regions.map_correlation(coarse, ours[2::4, 2::4]) > 0.999


def test_halves_of_workers_agree_on_regions_only_where_there_are_some() -> None:
    rng = np.random.default_rng(4)
    workers = tuple(f"w{number // 3}" for number in range(120))
    spots = np.array([[100, 100], [500, 380], [300, 240]])[rng.choice(3, 120, p=[0.5, 0.3, 0.2])]
    together = Clicks(rng.normal(spots, 20), workers, 640, 480)
    anywhere = Clicks(rng.uniform((0, 0), (640, 480), (120, 2)), workers, 640, 480)
    assert regions.split_half(together, rng) > 0.9 > 0.7 > regions.split_half(anywhere, rng)
    assert regions.split_half(Clicks(together.points[:6], workers[:6], 640, 480), rng) is None


def ladders_of(levels: np.ndarray) -> list[LadderAnswers]:
    return [answers([int(value) for value in column], name=str(number)) for number, column in enumerate(levels.T)]


def test_bias_inconsistency_and_leave_one_out_find_the_odd_worker() -> None:
    rng = np.random.default_rng(2)
    truth = rng.normal(45, 14, 40)
    levels = truth + rng.normal(0, 3, (20, 40))
    levels[3] += 15
    levels[7] = rng.uniform(1, 100, 40)
    found = reliability.reliability_of_workers(ladders_of(np.clip(np.round(levels), 1, 100)))
    by_name = {worker.worker: worker for worker in found}
    assert by_name["w3"].bias == pytest.approx(15, abs=2) and by_name["w3"].correlation > 0.9
    assert by_name["w7"].inconsistency > 20 and abs(by_name["w7"].correlation) < 0.4
    assert by_name["w0"].inconsistency == pytest.approx(3, abs=1.5) and by_name["w0"].ratings == 40


def test_split_half_is_what_theory_says() -> None:
    """Variance of true means 196, of a half's mean 121/20: r = 196 / (196 + 6.05)."""
    rng = np.random.default_rng(6)
    levels = np.clip(np.round(rng.normal(45, 14, 60) + rng.normal(0, 11, (40, 60))), 1, 100)
    found = reliability.split_half(ladders_of(levels), rng)
    assert found is not None
    assert found.correlation == pytest.approx(196 / (196 + 121 / 20), abs=0.02)
    assert found.stepped_up is not None and found.stepped_up > found.correlation
    assert reliability.split_half(ladders_of(levels)[:2], rng) is None


def test_halves_that_do_not_agree_are_not_stepped_up() -> None:
    levels = np.array([[10, 20, 30, 40], [40, 30, 20, 10]] * 2)
    found = reliability.split_half(ladders_of(levels), np.random.default_rng(1))
    assert found is not None and found.correlation < 0 and found.stepped_up is None


@pytest.mark.parametrize(("n", "share"), [(15, 0.5), (25, 0.25), (43, 0.5), (200, 0.25)])
def test_order_statistics_cover_a_quantile_of_any_distribution(n: int, share: float) -> None:
    rng = np.random.default_rng(n)
    for draw in (rng.normal, rng.exponential):
        samples = np.sort(draw(size=(1500, n)), axis=1)
        truth = {rng.normal: stats.norm, rng.exponential: stats.expon}[draw].ppf(share)
        bounds = [order_interval(sample, share) for sample in samples]
        inside = [low is not None and high is not None and low <= truth <= high for low, high in bounds]
        assert np.mean(inside) == pytest.approx(0.95, abs=0.02)


def test_too_few_answers_leave_a_side_open() -> None:
    low, high = order_interval(np.arange(1.0, 9), 0.25)
    assert low is None and high is not None and 4 < high < 6
    assert order_interval(np.arange(1.0, 5), 0.5) == (None, None)
    level = estimate_sur(answers([20, 25, 30, 35, 40, 45, 50, 55])).empirical_levels[0.75]
    assert (level.low, level.value) == (0, 29) and level.high is not None and 35 < level.high < 45


def test_bonett_with_the_kurtosis_of_all_ladders_covers_the_sd_of_skewed_answers() -> None:
    rng = np.random.default_rng(8)
    sd = float(np.sqrt(np.expm1(0.16) * np.exp(0.16)))
    inside = []
    for _ in range(12):
        samples = [rng.lognormal(0, 0.4, 20) for _ in range(40)]
        kurtosis = pooled_kurtosis(samples)
        assert kurtosis is not None
        inside += [low <= sd <= high for low, high in (sd_interval(sample, kurtosis) for sample in samples)]
    assert 0.92 <= np.mean(inside) <= 0.98
    normal = pooled_kurtosis([rng.normal(30, spread, 200) for spread in (5, 9, 14, 9, 9, 7, 11)])
    assert normal == pytest.approx(3, abs=0.3)
    assert pooled_kurtosis([np.full(9, 4.0)]) is None


def test_a_family_is_refused_where_answers_are_of_two_kinds_and_kept_where_they_are_its_own() -> None:
    rng = np.random.default_rng(9)
    two = np.concatenate([rng.normal(22, 3, 40), rng.normal(62, 3, 40)]).round().astype(int)
    refused = estimate_sur(answers(two.tolist()))
    assert refused.suits is not None and refused.suits < 0.05
    assert refused.fitted_levels is refused.empirical_levels
    one = [estimate_sur(answers(normal_levels(38, 10, 40, seed), name=f"l{seed}")) for seed in range(30)]
    assert sum(sur.fitted_levels is sur.empirical_levels for sur in one) <= 4


def test_samples_of_a_family_are_fitted_anew_as_answers_are() -> None:
    rng = np.random.default_rng(10)
    for family in FAMILIES:
        location, scale = (3.5, 0.25) if family.logarithmic else (40.0, 9.0)
        levels = np.clip(np.round(family.draw(rng.random((3, 60)), location, scale)), 1, 101).astype(int)
        middles, scales = refit(levels, family, location, scale, 100)
        for row, middle, width in zip(levels, middles, scales, strict=True):
            values, counts = np.unique(row, return_counts=True)
            lower, upper = np.where(values == 1, -np.inf, values - 0.5), np.where(values > 100, np.inf, values + 0.5)
            best, _ = maximise(family, lower, upper, counts.astype(float), np.minimum(row, 100).astype(float))
            assert middle == pytest.approx(best[0], abs=0.02 * scale), family.name
            assert width == pytest.approx(np.exp(best[1]), rel=0.02), family.name


def test_marks_at_a_border_count_as_much_as_marks_in_the_middle() -> None:
    """Of a Gaussian at a corner three quarters lie outside: they are not lost."""
    points = np.array([[0.0, 0.0], [320.0, 240.0]])
    both = regions.region_map(Clicks(points, ("a", "b"), 640, 480), 4)
    assert both.sum() == pytest.approx(1) and both[:30, :40].sum() == pytest.approx(0.5, abs=0.01)


@pytest.mark.parametrize("stray", [0.9, 0.02, 1e-4, 1e-6])
def test_an_sd_of_answers_nearly_all_of_which_are_one_goes_no_farther_than_the_ladder(stray: float) -> None:
    sample, weights = np.array([1.0] * 16 + [30.0]), np.array([1.0] * 16 + [stray])
    low, high = on_ladder(0.4, sd_interval(sample, 3.5, weights), 30)
    assert 0 <= low <= 0.4 <= high <= 14.5
    few = estimate_pjnd(answers([1, 1, 1, 1, 1, 30], level_max=30)).sd
    assert few.low is not None and few.value is not None and few.high is not None
    assert 0 <= few.low <= few.value <= few.high <= 14.5
