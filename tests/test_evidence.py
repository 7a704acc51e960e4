"""Gold answers as evidence: whom they keep, what chance and an honest hand would answer, and which rule judges which study."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hitgen.config.batch import BatchConfig
from hitgen.config.read import read_config
from hitgen.config.screening import Screening
from hitgen.methods.evidence import PassRates, evidence
from hitgen.methods.kept import gold_needed, kept_shares
from hitgen.methods.pjnd import PJND
from hitgen.methods.pjnd.chance import level_chance, place_chance
from hitgen.methods.pjnd.config import Config, MethodTable
from hitgen.methods.pjnd.grade import places_are_right
from hitgen.methods.pjnd.manifest import Known
from hitgen.publishing.rules import RULES_FACT, rules_of
from hitgen.results.study import Study, judged_as_built, read_study
from tests.support.small_study import SmallStudy, xml

RATES = tuple(check.rates for check in PJND.checks)
FAR = ((100.0, 100.0), (500.0, 100.0), (300.0, 400.0))


def honest(*passes: tuple[bool, bool]) -> float:
    """How probably somebody is honest who passed levels and places so, and was asked in no catch trial."""
    return evidence([(RATES, (*answer, None)) for answer in passes], PJND.guessing, 0.8).honest


def test_without_gold_the_prior_stays_and_answers_move_it_both_ways() -> None:
    assert honest() == pytest.approx(0.8)
    assert honest((True, True)) > 0.98
    assert 0.1 < honest((True, False)) < 0.8
    assert 0.1 < honest((False, False)) < 0.2
    assert honest((False, False), (False, False)) < 0.05
    # a late criterion is a criterion: places tell that the pictures were looked at
    assert honest(*[(False, True)] * 3) > 0.9
    # marks anywhere, whatever the levels
    assert honest(*[(True, False)] * 3) < 0.1


def test_where_everybody_is_as_careful_it_is_bayes_rule_by_hand() -> None:
    rates = (PassRates(0.1, 0.8, 0), PassRates(0.05, 0.9, 0))
    found = evidence([(rates, (True, False)), (rates, (True, True))], ((0, 1), (1,)), 0.7)
    looking = 0.8 * 0.1 * 0.8 * 0.9
    guessing, clicking = 0.1 * 0.95 * 0.1 * 0.05, 0.8 * 0.95 * 0.8 * 0.05
    assert found.honest == pytest.approx(0.7 * looking / (0.7 * looking + 0.15 * guessing + 0.15 * clicking))
    able = (0.7 * looking + 0.15 * clicking) / 0.85
    assert found.levels == pytest.approx(math.log(able / guessing))


def test_a_hard_question_counts_less_against_who_fails_it() -> None:
    easy, hard = (PassRates(0.1, 0.95), PassRates(0.04, 0.95)), (PassRates(0.1, 0.4), PassRates(0.04, 0.5))
    failed = [evidence([(rates, (False, False))], PJND.guessing, 0.8).honest for rates in (easy, hard)]
    assert failed[0] < 0.05 < 0.5 < failed[1]


def config(**screening: Any) -> BatchConfig:
    return Config.model_construct(screening=Screening(**screening), method=MethodTable())


def test_three_gold_answers_keep_honest_and_sloppy_people_and_no_guessers() -> None:
    kept = kept_shares(config(), [3])
    assert kept.honest >= 0.97 and kept.sloppy >= 0.93 and kept.guessing <= 0.02
    assert gold_needed(config()) == 1
    by_rates = kept_shares(config(gold_answers_min=3), [3])
    assert by_rates.honest < kept.honest and by_rates.sloppy < 0.75


def test_the_kept_shares_are_those_of_a_great_many_people() -> None:
    rng = np.random.default_rng(4)
    passes = rng.random((4000, 3, 2)) < (0.84, 0.94)
    table = {key: honest(*key) >= 0.9 for key in {tuple(map(tuple, person)) for person in passes.tolist()}}
    seen = np.mean([table[tuple(map(tuple, person))] for person in passes.tolist()])
    assert kept_shares(config(), [3]).honest == pytest.approx(seen, abs=0.01)


@pytest.mark.parametrize(
    ("points", "matches", "size"),
    [(FAR, 2, (640, 480)), (FAR, 1, (640, 480)), (((5.0, 5.0), (600.0, 300.0)), 1, (640, 480)), (FAR, 3, (700, 500))],
)
def test_a_place_is_hit_by_chance_as_often_as_random_marks_hit_it(
    points: Any, matches: int, size: tuple[int, int]
) -> None:
    known = Known(level=(30, 37), points=points, radius_px=110, matches=matches)
    rng = np.random.default_rng(1)
    marks = rng.random((4000, 3, 2)) * size
    seen = np.mean([places_are_right([(x, y) for x, y in three], known) for three in marks])
    assert place_chance(known, size, 3) == pytest.approx(seen, abs=0.02)
    assert level_chance(known, 99) == 0.08


def test_who_names_thresholds_is_judged_by_them_and_a_study_of_before_too() -> None:
    assert Screening().judged_by == "evidence"
    assert Screening(gold_answers_min=2).judged_by == "thresholds" == Screening(gold_rate=0.6).judged_by
    assert Screening(gold_answers_min=2, rule="evidence").judged_by == "evidence"
    with pytest.raises(ValueError, match="exclude_below is larger"):
        Screening(exclude_below=0.95)


def studied(folder: Path, golds: list[str], screening: str) -> Study:
    small = SmallStudy(folder, pages=3, golds=3, toml=f"[screening]\n{screening}")
    works = [small.answer(f"p{n + 1:04d}", f"A{n}", "W1", 30 + n, gold) for n, gold in enumerate(golds)]
    small.hand_in((work["page"], work["assignment"], "W1", xml(work)) for work in works)
    return read_study(folder)


@pytest.mark.parametrize(
    ("golds", "use", "told"),
    [
        (["right"], "use", ""),
        (["right", "level", "right"], "use", ""),
        (["places", "places", "places"], "use", ""),
        (["level"], "not-enough-evidence", "one gold answer leaves it open: honest with a probability of 0."),
        (["level", "level"], "exclude", "2 of 4 checks of control questions passed: the probability that"),
        (["wrong"], "not-enough-evidence", "one gold answer leaves it open: honest with a probability of 0.1"),
        (["wrong"] * 2, "exclude", "0 of 4 checks of control questions passed: the probability that"),
    ],
)
def test_a_worker_is_used_left_out_or_left_open_by_evidence(
    tmp_path: Path, golds: list[str], use: str, told: str
) -> None:
    study = studied(tmp_path, golds, 'rule = "evidence"\n')
    verdict = study.judged.workers["W1"]
    assert verdict.use == use and verdict.pay == "pay"
    assert told in " ".join(verdict.reasons)


def test_a_build_of_before_keeps_the_rule_of_before(tmp_path: Path) -> None:
    """Its manifest says nothing of a rule: ten answers are wanted, unless batch.toml says otherwise by name."""
    study = studied(tmp_path / "old", ["right"], "")
    assert study.manifest.judged_by == "thresholds"
    assert study.judged.workers["W1"].reasons == ("fewer than 10 gold answers",)
    assert studied(tmp_path / "told", ["right"], 'rule = "evidence"\n').judged.workers["W1"].use == "use"
    built = study.manifest.model_copy(update={"judged_by": "evidence"})
    assert (
        judged_as_built(study.config.model_copy(update={"screening": Screening()}), built).screening.rule == "evidence"
    )


def test_keys_that_came_later_are_no_edits_of_what_was_published(tmp_path: Path) -> None:
    """A study that an earlier hitgen published knows nothing of evidence; asking for it now is told."""
    for name, screening, told in (
        ("old", "", ()),
        ("now", 'rule = "evidence"\n', ("screening.rule is evidence, and was None when this was published",)),
    ):
        folder = tmp_path / name
        small = SmallStudy(folder, toml=f"[screening]\n{screening}")
        rules = rules_of(folder, read_config(folder / "batch.toml"))
        later = ("rule", "honest_share", "use_above", "exclude_below")
        with small.ledger() as ledger:
            ledger.set_fact(
                RULES_FACT,
                json.dumps({key: value for key, value in rules.items() if key.partition(".")[2] not in later}),
            )
        assert read_study(folder).edited == told
