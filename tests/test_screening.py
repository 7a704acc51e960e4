"""The rules of screening and the two verdicts, each on work that breaks just that rule."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hitgen.results.study import Study, read_study
from tests.support.small_study import SmallStudy, xml

ONE = "gold_answers_min = 1\n"
Change = Callable[[dict[str, Any]], None]


def studied(folder: Path, works: list[dict[str, Any]], screening: str = ONE, **options: Any) -> Study:
    small = SmallStudy(folder, toml=f"[screening]\n{screening}", **options)
    small.hand_in((work["page"], work["assignment"], work["worker"], xml(work)) for work in works)
    return read_study(folder)


def reasons(study: Study) -> dict[str, tuple[str, tuple[str, ...]]]:
    return {name: (verdict.use, verdict.reasons) for name, verdict in study.judged.assignments.items()}


@pytest.mark.parametrize(
    ("golds", "use"),
    [
        (["right"] * 10, "use"),
        (["right"] * 4 + ["level"] * 6, "use"),  # 14 of 20
        (["right"] * 4 + ["places"] * 5 + ["wrong"], "exclude"),  # 13 of 20
        (["wrong"] * 10, "exclude"),
        (["right"] * 9, "not-enough-evidence"),
        (["wrong"] * 9, "not-enough-evidence"),
        ([], "not-enough-evidence"),
    ],
)
def test_gold_decides_only_from_ten_answers_on(tmp_path: Path, golds: list[str], use: str) -> None:
    small = SmallStudy(tmp_path, pages=10, golds=10)
    works = [small.answer(f"p{n + 1:04d}", f"A{n}", "W1", 30 + n, gold) for n, gold in enumerate(golds)]
    if not golds:
        small = SmallStudy(tmp_path, quiz=True)
        works = [small.answer("p0001", "A0", "W1")]
    small.hand_in((work["page"], work["assignment"], "W1", xml(work)) for work in works)
    study = read_study(tmp_path)
    assert {verdict.use for verdict in study.judged.assignments.values()} == {use}
    assert {verdict.pay for verdict in study.judged.assignments.values()} == {"pay"}
    if use == "exclude":
        assert "checks of control questions passed, at least 70% are needed" in study.judged.workers["W1"].reasons[0]


def too_quick(work: dict[str, Any]) -> None:
    for row in work["trials"]:
        row["ended_ms"] = row["started_ms"] + 4_900


def display(**values: Any) -> Change:
    return lambda work: work["display"].update(values)


def timing(**values: Any) -> Change:
    return lambda work: [row["timing"].update(values) for row in work["trials"]] and None


def unmoved(work: dict[str, Any]) -> None:
    for row in work["trials"]:
        row |= {"slider_start": row["level"], "trace": [[0, row["level"]]]}


@pytest.mark.parametrize(
    ("change", "rule", "words"),
    [
        (too_quick, "speed", "less than 4.9 s"),
        (unmoved, "slider", "the slider was never moved"),
        (display(css_px_per_cm=None), "display", "not calibrated"),
        (display(css_px_per_cm=400), "display", "no screen that exists"),
        (display(refresh_hz=5), "display", "too few to flicker"),
        (display(changes=[{"ms": 5, "device_pixel_ratio": 1.5}]), "display", "changed on the way"),
        (display(device_pixel_ratio=2), "display", "changed on the way"),  # since the calibration, and nobody was told
        (display(reference_pixel_ratio=1.25), "display", "changed on the way"),
        (timing(mean_ms=160.0), "flicker", "35 ms off their 125 ms"),
        (timing(source_mean_ms=110.0, distorted_mean_ms=140.0), "flicker", "15 ms off"),
        (timing(sd_ms=40.0), "flicker", "varied by 40 ms"),
        (timing(swaps=0), "flicker", "never flickered"),
        (timing(swaps=None), "flicker", "nothing tells"),
    ],
)
def test_each_rule_excludes_and_can_be_turned_off(tmp_path: Path, change: Change, rule: str, words: str) -> None:
    for off in (False, True):
        small = SmallStudy(tmp_path / str(off))
        work = small.answer("p0001", "A1", "W1")
        change(work)
        study = studied(tmp_path / str(off), [work], ONE + (f'off = ["{rule}"]\n' if off else ""))
        found = list(study.judged.ratings.values())
        assert {verdict.use for verdict in found} == {"use" if off else "exclude"}
        assert {verdict.pay for verdict in found} == {"pay"}
        assert off or words in found[0].reasons[0]


@pytest.mark.parametrize(
    ("hz", "shown_ms", "use"),
    [
        (50.0, 60.0, "use"),  # 2.5 frames asked for: 3, as the page rounds
        (60.0, 50.0, "use"),
        (50.0, 50.0, "exclude"),
        (None, 50.0, "use"),
        (None, 60.0, "exclude"),
        (5e-324, 50.0, "exclude"),
    ],
)
def test_a_frame_locked_flicker_is_held_to_whole_frames_of_its_display(
    tmp_path: Path, hz: float | None, shown_ms: float, use: str
) -> None:
    work = SmallStudy(tmp_path).answer("p0001", "A1", "W1")
    display(refresh_hz=hz)(work)
    timing(mean_ms=shown_ms, source_mean_ms=shown_ms, distorted_mean_ms=shown_ms, sd_ms=1.0)(work)
    locked = '[display]\nswaps_per_second = 20\nschedule = "frame-locked"\n'
    study = studied(tmp_path, [work], ONE + locked)
    assert {verdict.use for verdict in study.judged.ratings.values()} == {use}


def test_a_window_that_was_resized_or_a_thinned_trace_breaks_no_rule(tmp_path: Path) -> None:
    work = SmallStudy(tmp_path).answer("p0001", "A1", "W1")
    work["display"]["changes"] = [{"ms": 5, "device_pixel_ratio": 1, "viewport": [900, 700]}]
    work["display"]["refresh_hz"] = None
    for row in work["trials"]:
        row["trace"] = []
    assert reasons(studied(tmp_path, [work])) == {"A1": ("use", ())}


def test_a_zoom_costs_the_ratings_that_were_made_under_it(tmp_path: Path) -> None:
    small = SmallStudy(tmp_path)
    work = small.answer("p0001", "A1", "W1")
    under, other = small.trials("p0001", "study")
    row = next(row for row in work["trials"] if row["trial"] == under)
    begun, ended = row["started_ms"], row["ended_ms"]
    away = [{"ms": begun + 10, "device_pixel_ratio": 1.5}, {"ms": ended - 10, "device_pixel_ratio": 1}]
    work["display"]["changes"] = [{"ms": 5, "device_pixel_ratio": 2}, {"ms": 6, "device_pixel_ratio": 1}, *away]
    found = studied(tmp_path, [work]).judged.ratings
    assert {key[1]: verdict.use for key, verdict in found.items()} == {under: "exclude", other: "use"}


def test_one_bad_trial_leaves_the_others(tmp_path: Path) -> None:
    small = SmallStudy(tmp_path)
    work = small.answer("p0001", "A1", "W1")
    bad, good = small.trials("p0001", "study")
    next(row for row in work["trials"] if row["trial"] == bad)["timing"]["swaps"] = 0
    study = studied(tmp_path, [work])
    assert study.judged.ratings["A1", bad].use == "exclude"
    assert study.judged.ratings["A1", good].use == "use"
    assert study.judged.assignments["A1"].use == "use"


def test_one_level_for_every_picture_is_no_answer_and_none_seen_is_one(tmp_path: Path) -> None:
    """Nor are a ladder's ends, which are honest answers to a coarse and to a fine one."""
    for place, level, use in (
        ("same", 60, "exclude"),
        ("none", None, "use"),
        ("first", 1, "use"),
        ("last", 100, "use"),
    ):
        small = SmallStudy(tmp_path / place, pages=3, golds=3)
        levels = {f"s{n}": level for n in range(6)}
        works = [small.answer(page, f"A{page}", "W1", levels) for page in small.names]
        study = studied(tmp_path / place, works, ONE, pages=3, golds=3)
        assert {verdict.use for verdict in study.judged.assignments.values()} == {use}
    assert "6 of 6" not in str(reasons(study))


def test_of_a_ladder_met_twice_the_first_rating_is_kept_and_gold_counts_once(tmp_path: Path) -> None:
    small = SmallStudy(tmp_path)
    works = [
        small.answer("p0001", "A1", "W1", gold="wrong"),
        small.answer("p0001", "A2", "W1"),
        small.answer("p0001", "A3", "W2"),
    ]
    study = studied(tmp_path, works, "gold_answers_min = 2\n")
    used = {key[0]: verdict.use for key, verdict in study.judged.ratings.items()}
    assert used == {"A1": "not-enough-evidence", "A2": "exclude", "A3": "not-enough-evidence"}
    tally = study.judged.tallies["W1"]
    assert (tally.answers, tally.asked, tally.passes) == (1, (1, 1, 0), (0, 0, 0))


def test_answers_handed_on_are_found(tmp_path: Path) -> None:
    small = SmallStudy(tmp_path)
    first = small.answer("p0001", "A1", "W1")
    study = studied(tmp_path, [first, first | {"assignment": "A2", "worker": "W2"}])
    assert reasons(study)["A1"] == ("use", ())
    assert reasons(study)["A2"] == ("exclude", ("answers, marks and times are those of assignment A1",))


def test_rejecting_and_shutting_out_happen_only_where_config_asks(tmp_path: Path) -> None:
    for place, more, pay in (("a", "", "pay"), ("b", 'reject = ["gold"]\nshut_out = ["gold"]\n', "reject")):
        small = SmallStudy(tmp_path / place)
        works = [small.answer("p0001", "A1", "W1", gold="wrong"), small.answer("p0001", "A2", "W2")]
        study = studied(tmp_path / place, works, ONE + more)
        verdicts = study.judged.assignments
        assert (verdicts["A1"].pay, verdicts["A1"].use, verdicts["A1"].shut_out) == (pay, "exclude", pay == "reject")
        assert (verdicts["A2"].pay, verdicts["A2"].use, verdicts["A2"].shut_out) == ("pay", "use", False)


def test_a_breach_of_one_trial_does_not_reject_the_whole(tmp_path: Path) -> None:
    for place, count, pay in (("one", 1, "pay"), ("all", 2, "reject")):
        small = SmallStudy(tmp_path / place)
        work = small.answer("p0001", "A1", "W1")
        for trial in small.trials("p0001", "study")[:count]:
            next(row for row in work["trials"] if row["trial"] == trial)["timing"]["swaps"] = 0
        study = studied(tmp_path / place, [work], ONE + 'reject = ["flicker"]\n')
        assert study.judged.assignments["A1"].pay == pay


def test_faulty_work_is_left_to_a_person(tmp_path: Path) -> None:
    small = SmallStudy(tmp_path)
    small.hand_in([("p0001", "A1", "W1", "{")])
    verdict = read_study(tmp_path).judged.assignments["A1"]
    assert (verdict.pay, verdict.use) == ("undecided", "exclude") and verdict.reasons[0].startswith(
        "faulty: Invalid JSON"
    )
