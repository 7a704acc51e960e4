"""The crossed model against known truth, against screening with mean and fit, and against P.910's maximum likelihood."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import polars as pl
import pytest
from scipy import stats

from hitgen.methods.pjnd.analysis import crossed_study
from hitgen.methods.pjnd.analysis.answers import FloatArray, LadderAnswers
from hitgen.methods.pjnd.analysis.crossed import Crossed, Fitting, Model
from hitgen.methods.pjnd.analysis.crossed_study import cross, crossed_sds, is_enough, saved_share
from hitgen.methods.pjnd.analysis.pjnd import Estimate
from hitgen.methods.pjnd.analysis.pooled import level_at, pooled_sur, restricted_mean
from hitgen.methods.pjnd.analysis.shape import NORMAL, shape_of
from hitgen.methods.pjnd.analysis.variances import shrunk
from hitgen.methods.pjnd.population import Population
from hitgen.methods.weighed import weighed_ratings
from tests.support.crossed_study import Rated, rated, restricted_sd
from tests.support.known_truth import clipped_mean, noise_above, share_above, sur_level

FRESH = 90_400


def modelled(study: Rated) -> tuple[Crossed, Model]:
    gold = np.array(list(study.gold_evidence().values()))
    last = np.array([truth.level_max for truth in study.truths])
    data = Crossed(study.worker, study.ladder, study.level, last, gold, np.zeros(len(gold)))
    return data, Fitting(data).fitted()


def errors(study: Rated) -> tuple[float, float]:
    """Mean absolute errors of means, by the crossed model and by the mean of those whom gold keeps."""
    data, model = modelled(study)
    found = [restricted_mean(sur) for sur in pooled_sur(data, model, np.ones(len(study.people)))]
    screened = [ladder.clipped.mean() for ladder in study.answers(study.kept_by_thresholds())]
    truth = np.array([clipped_mean(each) for each in study.truths])
    return float(np.abs(np.array(found) - truth).mean()), float(np.abs(np.array(screened) - truth).mean())


@pytest.mark.parametrize(
    ("people", "asked"),
    [
        ({}, {}), ({}, {"gold": 1, "each": 6}), ({"shape": "lognormal"}, {}), ({"shape": "bimodal", "worker_sd": 3}, {}),
        ({"inconsistency": 0.5}, {}), ({"gold_known": 1}, {}), ({"kinds": ("decoder",)}, {}), ({"late": 0.3}, {}),
    ],
)  # fmt: skip
def test_it_is_nearer_to_the_truth_than_screening_and_the_mean(people: dict[str, Any], asked: dict[str, Any]) -> None:
    studies = [rated(Population(**people), FRESH + n, **asked) for n in range(2)]
    ours, theirs = np.mean([errors(study) for study in studies], axis=0)
    assert ours < theirs


def test_spammers_who_know_the_gold_are_found_by_what_they_say_of_the_study() -> None:
    study = rated(Population(gold_known=1, kinds=("uniform", "far-left", "far-right")), FRESH + 10)
    _, model = modelled(study)
    assert model.honest[study.honest].min() > 0.9 and model.honest[~study.honest].max() < 0.1


def test_marks_anywhere_do_not_make_levels_worse() -> None:
    """Whoever clicks anywhere but looks for the level is heard: there is nothing wrong with these levels."""
    study = rated(Population(kinds=("random-clicks",)), FRESH + 11, gold=3)
    _, model = modelled(study)
    assert model.honest.min() > 0.9


@pytest.mark.parametrize("each", [2, 4, 6, 20])
def test_without_gold_real_people_are_not_taken_for_spammers(each: int) -> None:
    study = rated(Population(spammers=0), FRESH + 12, gold=0, each=each, ratings=12)
    _, model = modelled(study)
    assert (model.honest < 0.5).mean() <= 0.01


def test_strong_codecs_whose_ladders_begin_where_all_see_it_are_no_spam_at_the_left() -> None:
    study = rated(Population(pjnd_mean=4, pjnd_sd=3, population_sd=(3, 5), worker_sd=1, spammers=0), FRESH + 13, gold=1)
    _, model = modelled(study)
    assert (model.honest > 0.9).mean() > 0.98


def test_what_nobody_sees_is_censored_and_ladders_of_any_length_go_together() -> None:
    high = rated(Population(pjnd_mean=92, pjnd_sd=4), FRESH + 14, images=30)
    _, model = modelled(high)
    truth = np.array([each.mean for each in high.truths])
    clipped = np.array([ladder.clipped.mean() for ladder in high.answers(high.honest)])
    assert abs(float((model.mu - truth).mean())) < 1.5 < float((truth - clipped).mean())
    short = rated(Population(), FRESH + 15, images=30, levels=20)
    data, model = modelled(short)
    sur = pooled_sur(data, model, np.ones(len(short.people)))
    wanted = np.array([clipped_mean(each) for each in short.truths])
    assert np.abs([restricted_mean(one) for one in sur] - wanted).mean() < 0.6
    assert all(len(one) == 21 for one in sur)


@pytest.mark.parametrize("levels", [3, 4, 6, 10])
def test_on_ladders_of_few_levels_people_go_on_to_differ(levels: int) -> None:
    """Most answers to a ladder may be one and the same level there: the others are no lapses for that."""
    studies = [rated(Population(), FRESH + 60 + n, images=20, levels=levels, gold=3, ratings=25) for n in range(2)]
    for study in studies:
        _, model = modelled(study)
        assert (model.spread * levels / 100).min() > 0.2 and model.honest[study.honest].mean() > 0.9
    ours, theirs = np.mean([errors(study) for study in studies], axis=0)
    assert ours < 1.2 * theirs


def test_intervals_hold_the_truth() -> None:
    study = rated(Population(), FRESH + 20, images=40, each=8, gold=3)
    found = cross(study.answers(), study.gold_evidence(), (0.75,))
    assert found is not None
    inside = []
    for truth in study.truths:
        one = found.ladders[truth.ladder]
        for each, value in ((one.mean, clipped_mean(truth)), (one.levels[0.75], sur_level(truth, 0.75))):
            assert each.low is not None and each.high is not None
            inside.append(each.low <= value <= each.high)
    # who came is the same for all ladders of a study, so that its ladders miss together
    assert np.mean(inside) >= 0.86


@pytest.mark.parametrize("people", [{}, {"shape": "lognormal"}, {"shape": "bimodal", "worker_sd": 3}])
def test_intervals_of_sds_hold_them_whatever_the_population(people: dict[str, Any]) -> None:
    """Two kinds of people differ by more on one ladder than on another, which no bias of a worker tells."""
    study = rated(Population(**people), FRESH + 25, images=60, each=15)
    truth = np.array([restricted_sd(share_above(each)) for each in study.truths])
    found = crossed_sds(*modelled(study))
    inside = [each.low <= sd <= each.high for each, sd in zip(found, truth, strict=True) if each.low and each.high]
    assert len(inside) == 60 and np.mean(inside) >= 0.9
    raw = np.array([ladder.clipped.std(ddof=1) for ladder in study.answers(study.honest)])
    assert np.abs([each.value for each in found] - truth).mean() < 0.9 * np.abs(raw - truth).mean()


def test_a_ladder_of_few_or_equal_answers_has_an_sd_without_an_interval() -> None:
    study = rated(Population(spammers=0), FRESH + 26, images=12, ratings=12, each=12, gold=0)
    study.level[study.ladder == 3] = 40
    few = (study.ladder != 5) | (np.cumsum(study.ladder == 5) <= 3)
    thin = Rated(study.truths, study.people, study.worker[few], study.ladder[few], study.level[few], study.gold)
    found = crossed_sds(*modelled(thin))
    assert [n for n, each in enumerate(found) if each.low is None] == [3, 5]
    assert all(each.value and each.value > 0 for each in found)


def test_beside_the_maximum_likelihood_of_p910_on_a_study_of_honest_people() -> None:
    """Everybody rates everything there, as P.910 has it; both take bias and inconsistency away."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of its escapes, where it was not compiled as it was installed
        from sureal.dataset_reader import RawDatasetReader
        from sureal.subjective_model import SubjectMLEModelProjectionSolver2

    study = rated(
        Population(spammers=0, lapse=0, inconsistency=0.4), FRESH + 30, images=24, ratings=20, each=24, gold=0
    )
    answers = study.answers()
    stimuli = [{"content_id": n, "content_name": str(n), "path": str(n)} for n in range(24)]
    given = [{"asset_id": n, "os": ladder.clipped.tolist()} | stimuli[n] for n, ladder in enumerate(answers)]
    theirs = SubjectMLEModelProjectionSolver2(
        RawDatasetReader(
            SimpleNamespace(
                dataset_name="study", yuv_fmt="yuv420p", width=1, height=1, ref_score=100.0,
                ref_videos=stimuli, dis_videos=given,
            )
        )
    ).run_modeling()  # fmt: skip
    _, model = modelled(study)
    scores, truth = np.array(theirs["quality_scores"]), np.array([each.mean for each in study.truths])
    assert np.corrcoef(model.mu, scores)[0, 1] > 0.98 and abs(float((model.mu - scores).mean())) < 0.5
    assert np.corrcoef(model.bias, theirs["observer_bias"])[0, 1] > 0.95
    assert np.corrcoef(np.sqrt(model.inconsistency), theirs["observer_inconsistency"])[0, 1] > 0.8
    # who came shifts all ladders alike, whatever is done with the answers
    assert np.std(model.mu - truth) < np.std(scores - truth) + 0.1


def table(count: int, each: int) -> list[LadderAnswers]:
    """As many workers who rated `each` ladders of 20."""
    given: dict[int, list[str]] = {n: [] for n in range(20)}
    for worker in range(count):
        for n in range(each):
            given[(worker + n) % 20].append(f"w{worker}")
    level = np.arange(60)
    nothing = np.full(101, np.nan)
    return [
        LadderAnswers(str(n), "", "", "", 100, level[: len(names)] + 20, tuple(names), nothing)
        for n, names in given.items() if names
    ]  # fmt: skip


@pytest.mark.parametrize(("workers", "each", "enough"), [(10, 3, True), (9, 3, False), (40, 2, False), (200, 1, False)])
def test_it_wants_enough_workers_who_rated_several_ladders(workers: int, each: int, enough: bool) -> None:
    answers = table(workers, each)
    assert is_enough(answers) is enough
    assert (cross(answers, {}, (0.5,)) is not None) is enough


def everybody(level_max: int, levels: Sequence[Sequence[int]]) -> list[LadderAnswers]:
    """Ladders that the same workers rated."""
    names, nothing = tuple(f"w{n}" for n in range(len(levels[0]))), np.full(level_max + 1, np.nan)
    return [LadderAnswers(str(n), "", "", "", level_max, np.array(row), names, nothing) for n, row in enumerate(levels)]


@pytest.mark.parametrize(
    ("level_max", "levels", "mean"),
    [
        (100, [[50] * 14] * 5, 50), (100, [[101] * 14] * 5, 100), (100, [[1] * 14] * 5, 1), (1, [[1, 1] * 7] * 4, 1),
        (100, [[20] * 7 + [80] * 7] * 9, None),  # two straight lines, whatever is shown: nobody to go by
    ],
)  # fmt: skip
def test_odd_studies_have_finite_figures_or_none(
    level_max: int, levels: Sequence[Sequence[int]], mean: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crossed_study, "RESAMPLES", 19)
    found = cross(everybody(level_max, levels), {}, (0.5,))
    if mean is None:
        assert found is None
        return
    assert found is not None
    for one in found.ladders.values():
        assert one.mean.value == pytest.approx(mean, abs=0.1)
        for value, low, high in ((each.value, each.low, each.high) for each in (one.mean, one.levels[0.5])):
            assert value is not None and low is not None and high is not None and 0 <= low <= value <= high <= level_max
        assert np.isfinite(one.sd.value or 0)
    nobody = {f"w{n}": -40.0 for n in range(14)}
    assert cross(everybody(level_max, levels), nobody, (0.5,)) is None, "gold says that nobody is honest"


def test_where_nobody_differs_no_ratings_are_saved() -> None:
    same, wide = Estimate(1.0, 1.0, 1.0), Estimate(1.0, 0.5, 1.5)
    assert saved_share([(same, wide)]) is None


def test_saved_ratings_go_by_the_squares_of_widths() -> None:
    half = [(Estimate(5, 4, 6), Estimate(5, 3, 7)), (Estimate(5), Estimate(5, 1, 2))]
    assert saved_share(half) == pytest.approx(0.75)
    assert saved_share([]) is None


def test_only_what_is_of_honesty_is_weighed() -> None:
    rows = [
        ("a", "use", ""), ("b", "exclude", "gold"), ("c", "exclude", "gold; straight"), ("d", "exclude", "gold; speed"),
        ("e", "not-enough-evidence", ""), ("f", "exclude", "by hand"), ("g", "exclude", "copy"), ("h", "use", "by hand; gold"),
        ("i", "exclude", "by hand; gold"),
    ]  # fmt: skip
    ratings = pl.DataFrame([(*row, "study") for row in rows], schema=["worker", "use", "rules", "role"], orient="row")
    assert weighed_ratings(ratings)["worker"].to_list() == ["a", "b", "c", "e", "h"]


def prior_of(found: FloatArray, squares: FloatArray, degrees: float) -> tuple[float, float]:
    """The degrees of freedom that what is usual counted for, and the usual: (prior usual + squares) / (prior + degrees) is a line."""
    slope, at_0 = np.polyfit(squares, found, 1)
    prior = 1 / slope - degrees
    return float(prior), float(at_0 / slope / prior)


def test_variances_are_shrunk_as_far_as_they_tell() -> None:
    """Scaled inverse chi-squared variances: the prior's degrees of freedom come out, and none where groups do not differ."""
    rng = np.random.default_rng(5)
    variances = 4 * 12 / stats.chi2.rvs(12, size=3000, random_state=rng)
    squares = variances * stats.chi2.rvs(9, size=3000, random_state=rng)
    found = shrunk(squares, np.full(3000, 9.0), np.ones(3000), 20)
    degrees, usual = prior_of(found, squares, 9)
    assert degrees == pytest.approx(12, rel=0.15) and usual == pytest.approx(4, rel=0.05)
    raw = np.mean((np.log(squares / 9) - np.log(variances)) ** 2)
    assert np.mean((np.log(found) - np.log(variances)) ** 2) < 0.8 * raw
    squares = 4 * stats.chi2.rvs(9, size=3000, random_state=rng)
    same = shrunk(squares, np.full(3000, 9.0), np.ones(3000), 20)
    assert prior_of(same, squares, 9)[0] > 200 and same == pytest.approx(np.full(3000, 4), rel=0.15)


def test_a_shape_comes_out_skewed_and_without_its_blind_answers() -> None:
    rng = np.random.default_rng(6)
    skewed = rng.lognormal(0, 0.5, 4000)
    z = (skewed - np.exp(0.125)) / (np.exp(0.125) * np.sqrt(np.expm1(0.25)))
    blind = rng.uniform(-4, 6, 80)
    shape = NORMAL
    for _ in range(20):
        shape = shape_of(np.concatenate([z, blind]), np.ones(4080), 0.02 / 0.98 / 10, shape)
    at = np.array([-1.5, -1.0, 0.0, 1.0, 2.0])
    assert 1 - shape.below(at) == pytest.approx(noise_above("lognormal", at), abs=0.03)


def test_figures_of_a_distribution_are_those_of_its_answers() -> None:
    rng = np.random.default_rng(7)
    levels = np.clip(np.round(rng.normal(90, 12, 5000)), 1, 101).astype(int)
    sur = 1 - np.cumsum(np.bincount(levels, minlength=102))[:-1] / 5000
    clipped = np.minimum(levels, 100)
    assert restricted_mean(sur) == pytest.approx(clipped.mean()) and restricted_sd(sur) == pytest.approx(clipped.std())
    assert level_at(sur, 0.75) == np.flatnonzero(sur >= 0.75)[-1]
