"""Checks of eyes and screens: what is shown, what stays at home, what is found, and what follows."""

from __future__ import annotations

import json
import math
import random
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from hitgen.build import build
from hitgen.checks import plates
from hitgen.checks.acuity import finest_logmar
from hitgen.checks.judged import breaches
from hitgen.checks.made import checkup_of
from hitgen.cli import main
from hitgen.config.batch import BatchConfig
from hitgen.config.kinds import CHECKS
from hitgen.config.read import read_config
from hitgen.ledger.ledger import Ledger
from hitgen.manifest import read_manifest
from hitgen.methods.pjnd.population import Population
from hitgen.methods.pjnd.row import Row
from hitgen.methods.submission import read_submission
from hitgen.publishing.rules import RULES_FACT, edited_rules, rules_of
from hitgen.results.dataset import make_dataset
from hitgen.results.export import export
from hitgen.results.review import propose
from hitgen.results.study import read_study
from hitgen.simulation import answers
from hitgen.simulation.simulate import simulate
from tests.support import nodes
from tests.support.batches import write_batch

EACH = "".join(f'[[check]]\nkind = "{kind}"\n' for kind in CHECKS.names())
SMALL = {"size": (64, 48), "study": 1}


@pytest.fixture(scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A built batch with every check, answered by simulated people."""
    folder = write_batch(tmp_path_factory.mktemp("checked"), f"ratings = 60\n[display]\nwidth_cm = 4\n{EACH}", **SMALL)
    build(folder, workers=1)
    simulate(folder, Population(spammers=0, hits_per_worker=1))
    return folder


def table(folder: Path, kind: str) -> Any:
    return next(each for each in read_config(folder / "batch.toml").check if each.kind == kind)


def page_data(folder: Path) -> dict[str, Any]:
    html = (folder / "build" / "pages" / "p0001.html").read_text()
    found = re.search(r'<script type="application/json" id="hit-page">(.*?)</script>', html, re.S)
    assert found
    return dict(json.loads(found[1]))


def test_what_is_right_stays_at_home_and_is_drawn_by_the_secret(checked: Path) -> None:
    key = read_manifest(checked).pages[0].checks["colour"]
    (shown,) = [check for check in page_data(checked)["checks"] if check["kind"] == "colour"]
    assert set(shown) == {"kind", "id", "screen", "plates"} and len(shown["plates"]) == len(key["digits"]) == 7
    assert all(set(plate) == {"palette", "dots"} for plate in shown["plates"])
    kind, own = checkup_of(table(checked, "colour")), table(checked, "colour")
    drawn = [kind.stimuli(own, None, random.Random(f"{salt}/5/p0001/colour")).key for salt in ("", "another")]
    assert key not in drawn  # who knows the seed but not plan.secret cannot draw them again


CONES = np.array([[17.8824, 43.5161, 4.11935], [3.45565, 27.1554, 3.86714], [0.0299566, 0.184309, 1.46709]])
"""Linear RGB to cones: Viénot, Brettel & Mollon 1999, whose way to what dichromats see has nothing in common with u'v'."""


@pytest.mark.parametrize(("kind", "missing"), [("protan", 0), ("deutan", 1)])
@pytest.mark.parametrize("difference", [0.05, 0.09, 0.1])
def test_the_two_colours_of_a_plate_are_one_to_whom_it_hides_its_digit(
    kind: str, missing: int, difference: float
) -> None:
    figure, ground = (np.array(side) for side in plates.colours(kind, difference, 1))
    assert min(figure.min(), ground.min()) >= 0 and max(figure.max(), ground.max()) <= 1  # a screen can show them
    cones = [side @ CONES.T for side in (figure, ground)]
    kept = [np.delete(side, missing, axis=1) for side in cones]
    ratio = [side[:, 1] / side[:, 0] for side in kept]  # of the two kinds of cone that are left, whatever the luminance
    hidden = abs(np.log(ratio[0] / ratio[1])).max()
    others = [np.delete(side, 1 - missing, axis=1) for side in cones]
    seen = abs(np.log((others[0][:, 1] / others[0][:, 0]) / (others[1][:, 1] / others[1][:, 0]))).min()
    assert hidden < 0.25 * seen
    # and light tells little, to whichever kind of cone: the sides differ by less than half of what dots on one side differ by
    for cone in range(3):
        light = [np.log(side[:, cone]) for side in cones]
        if cone != missing:
            assert abs(light[0].mean() - light[1].mean()) < 0.5 * light[0].std()


def test_every_digit_fills_its_plate_and_no_dots_touch() -> None:
    for layout in range(2):
        found = plates.dots(layout)
        assert len(found) > 200
        for number, (x, y, radius) in enumerate(found):
            assert np.hypot(x - plates.SIDE / 2, y - plates.SIDE / 2) <= plates.SIDE / 2 - radius
            assert all(np.hypot(x - a, y - b) >= radius + r + plates.GAP for a, b, r in found[:number])
        for digit in plates.DIGITS:
            share = np.mean([plates.is_inside(digit, x / plates.SIDE, y / plates.SIDE) for x, y, _ in found])
            assert 0.12 < share < 0.4, digit


def judged(folder: Path, kind: str, result: dict[str, Any], **changes: Any) -> Any:
    """What a check finds of a record."""
    own, config = table(folder, kind).model_copy(update=changes), read_config(folder / "batch.toml")
    check = checkup_of(own)
    row = SimpleNamespace(started_ms=10_000, ended_ms=20_000)
    work = SimpleNamespace(
        answers=lambda role: [SimpleNamespace(row=row, known=SimpleNamespace(trial="t1"))],
        submission=SimpleNamespace(display=SimpleNamespace(css_px_per_cm=40.0)),
    )
    key = read_manifest(folder).pages[0].checks[kind]
    return check.judge(own, check.read(result), key, config, work)


def test_plates_are_graded_by_kind(checked: Path) -> None:
    key = read_manifest(checked).pages[0].checks["colour"]
    right = list(key["digits"])
    assert judged(checked, "colour", {"answers": right}).breach == ""
    one = [right[0], "none", *right[2:]]
    found = judged(checked, "colour", {"answers": one})
    assert found.breach == "" and found.values["colour_misses"] == 1
    assert found.values[f"colour_{key['kinds'][1]}_misses"] == 1
    found = judged(checked, "colour", {"answers": one}, misses_most=0)
    assert found.breach == "1 of 6 red-green plates were misread, 0 may be"
    blind = [digit if kind != "deutan" else "none" for kind, digit in zip(key["kinds"], right, strict=True)]
    found = judged(checked, "colour", {"answers": blind})
    assert (found.values["colour_deutan_misses"], found.values["colour_protan_misses"], found.breach != "") == (
        3,
        0,
        True,
    )
    assert "everybody sees" in judged(checked, "colour", {"answers": ["none", *right[1:]]}).breach
    assert judged(checked, "colour", {"answers": right[:3]}).breach == "3 of 7 plates were answered"


def then(ms: int, at: int = 0, size: tuple[int, int] = (1920, 1080), ratio: float = 1) -> dict[str, Any]:
    return {"ms": ms, "at": [at, 0], "size": list(size), "pixel_ratio": ratio}


def test_a_moved_window_leaves_out_the_trials_on_the_other_screen(checked: Path) -> None:
    def found(*screens: dict[str, Any], **changes: Any) -> Any:
        return judged(checked, "screen", {"screens": screens}, **changes)

    assert found(then(0)).breach == "" and found(then(0)).values["screen_moves"] == 0
    moved = found(then(0), then(15_000, at=1920))
    assert (moved.breach, moved.trials, moved.values["screen_moves"]) == (
        "the window was moved to another screen",
        ("t1",),
        1,
    )
    assert found(then(0), then(15_000, at=1920), moved=False).breach == ""
    there_and_back = found(then(0), then(1_000, at=1920), then(9_000))
    assert (there_and_back.breach, there_and_back.values["screen_moves"]) == ("", 2)
    # a browser that tells the screen's size in pixels of its zoom moves nowhere
    assert found(then(0), then(15_000, size=(1536, 864), ratio=1.25)).values["screen_moves"] == 0
    assert found(then(0, at=100), then(15_000, at=80, size=(1536, 864), ratio=1.25)).breach == ""
    assert "1280 x 720 are needed" in found(then(0, size=(1024, 768))).breach
    assert "pixel ratio is 0.8" in found(then(0, ratio=0.8)).breach


def test_counts_of_squares_say_how_faint_a_tone_was_seen(checked: Path) -> None:
    key = read_manifest(checked).pages[0].checks["brightness"]
    (shown,) = [check for check in page_data(checked)["checks"] if check["kind"] == "brightness"]
    for panel, name, ground in zip(shown["panels"], ("dark", "light"), (0, 255), strict=True):
        assert sorted(abs(code - ground) for code in panel if code != ground) == key[name]
    dark, light = len(key["dark"]), len(key["light"])
    found = judged(checked, "brightness", {"counts": [dark, light - 1]})
    assert found.breach == ""
    assert (found.values["brightness_dark_code"], found.values["brightness_light_code"]) == (5, 5)
    assert found.values["brightness_light_missed"] == 1
    assert judged(checked, "brightness", {"counts": [dark - 2, light]}).breach == (
        f"{dark - 2} of {dark} squares of the dark panel were counted"
    )
    more = judged(checked, "brightness", {"counts": [dark, light + 1]}, off_most=0)
    assert more.breach and more.values["brightness_light_missed"] < 0
    assert judged(checked, "brightness", {"counts": [0, 0]}).values["brightness_dark_code"] is None


def rings(*sizes: tuple[float, int, int]) -> list[dict[str, Any]]:
    """Rings of each size, so many of them told right and so many wrong."""
    return [
        {"logmar": size, "shown": "up", "told": told}
        for size, right, wrong in sizes
        for told in right * ["up"] + wrong * ["left"]
    ]


def test_the_finest_gap_that_is_seen_is_told_and_nobody_is_asked_for_less_than_a_pixel(checked: Path) -> None:
    def found(finest: float, *sizes: tuple[float, int, int]) -> Any:
        return judged(checked, "acuity", {"finest_logmar": finest, "rings": rings(*sizes)})

    seen = found(0.0, (1.0, 2, 0), (0.7, 2, 1), (0.4, 2, 0), (0.1, 1, 2), (0.3, 2, 0), (0.2, 0, 2))
    assert (seen.breach, seen.values["acuity_logmar"], seen.values["acuity_rings"]) == ("", 0.3, 14)
    assert found(0.0, (1.0, 2, 0), (0.7, 0, 2), (0.9, 2, 0), (0.8, 0, 2)).breach == (
        "gaps finer than 0.9 logMAR were not seen, 0.3 is needed"
    )
    assert found(0.5, (1.0, 2, 0), (0.7, 2, 0), (0.5, 2, 0)).breach == ""
    assert found(0.0, (1.0, 1, 2)).breach == "not even the largest ring's gap was seen"


def test_sizes_are_angles_and_end_at_a_pixel() -> None:
    # 1 minute of arc at 6 m are 1.745 mm: an optotype of 6/6 is 8.73 mm
    assert nodes.run("checks/acuity.js", "return 5 * module.gapPx(0, 600, 10);") == pytest.approx(8.727, abs=0.001)
    for distance_cm, px_per_cm in ((30, 44), (50, 40), (100, 90), (300, 40)):
        code = f"module.sizesFrom(1, (size) => module.gapPx(size, {distance_cm}, {px_per_cm}))"
        sizes = nodes.run("checks/acuity.js", f"return {code};")
        assert sizes == [round(1 - 0.1 * step, 1) for step in range(len(sizes))]
        assert sizes[-1] == finest_logmar(distance_cm, px_per_cm, 1.0)


def test_a_series_of_sizes_ends_at_the_finest_that_somebody_sees() -> None:
    """For every observer who sees sizes up to one and none beyond it, in any length of series."""
    code = """
      const ends = [];
      for (let count = 1; count <= 12; count++) for (let sees = -1; sees < count; sees++) {
        const tried = [];
        for (let at = 0; at !== null; at = module.nextSize(count, tried)) tried.push({ at, seen: at <= sees });
        const best = Math.max(-1, ...tried.filter((each) => each.seen).map((each) => each.at));
        ends.push([sees, best, tried.length, new Set(tried.map((each) => each.at)).size]);
      }
      return ends;"""
    for sees, best, steps, different in nodes.run("checks/acuity.js", code):
        assert best == sees and steps == different and steps <= 7


def sweeps(*cm: float, angle_deg: float = 13.5, px_per_cm: float = 40.0) -> list[dict[str, float]]:
    """Sweeps of an eye at these distances."""
    return [{"px": each * math.tan(math.radians(angle_deg)) * px_per_cm} for each in cm]


def test_the_blind_spot_tells_the_distance(checked: Path) -> None:
    def found(*rounds: list[dict[str, float]], **changes: Any) -> Any:
        return judged(checked, "distance", {"css_px_per_cm": 40.0, "rounds": rounds}, **changes)

    there = found(sweeps(29, 30, 31, 30, 33))
    assert there.breach == "" and there.values["distance_cm"] == pytest.approx(30)
    # 12.0 cm on the screen are 50 cm away by the formula of the source
    assert found([{"px": 480.0}, {"px": 480.0}]).values["distance_cm"] == pytest.approx(12 / 0.24008, rel=1e-4)
    assert found(sweeps(50, 50, 51)).breach == "the distance was 50 cm, 30 cm were asked for"
    assert found(sweeps(50, 50, 51), sweeps(30, 31, 30)).breach == ""
    assert found(sweeps(30, 60, 15)).breach == "the places where the dot vanished are too far apart"
    assert found(sweeps(50, 50, 51), tolerance=0.8).breach == ""
    px = [each["px"] for each in sweeps(29, 35, 31, 30)]
    told = nodes.run("checks/distance.js", f"return module.distanceCm({px}, 40, 13.5);")
    assert told == pytest.approx(found(sweeps(29, 35, 31, 30)).values["distance_cm"])


def test_results_are_columns_reasons_and_lines(checked: Path) -> None:
    study = read_study(checked)
    rows = make_dataset(checked).tables["checks"]
    assert rows.height == 60 and rows["colour_pass"].sum() < 60 and rows["colour_misses"].max() == 6
    failed = set(rows.filter(~rows["colour_pass"])["assignment"])
    used = {study.pseudonym(name): verdict for name, verdict in study.judged.assignments.items()}
    assert failed and all(
        used[name].use == "exclude" and used[name].pay == "pay" and "colour" in used[name].rules for name in failed
    )
    dictionary = (export(checked).folder / "data-dictionary.md").read_text()
    assert all(f"| `{name}` |" in dictionary for name in rows.columns)
    docs = (Path(__file__).parents[1] / "docs" / "results.md").read_text().partition("Every column was looked at")[2]
    assert all(f"`{name}`" in docs.partition("\n\n")[0] for name in rows.columns)
    config = checked / "batch.toml"
    before = config.read_text()
    config.write_text(before.replace('kind = "colour"\n', 'kind = "colour"\nfailing = "note"\n'))
    noted = read_study(checked)
    config.write_text(before)
    assert not any("colour" in verdict.rules for verdict in noted.judged.assignments.values())
    assert main(["report", str(checked)]) == 0
    report = (checked / "results" / "report.html").read_text()
    assert "Checks of eyes and screens" in report and "red-green plates were misread" in report


def test_what_was_not_done_or_is_of_another_shape_is_a_breach_and_old_work_has_none(checked: Path) -> None:
    study = read_study(checked)
    work, config = study.works[0], study.config

    def told(checks: dict[str, Any], page: Any = work.page) -> list[str]:
        changed = work.submission.model_copy(update={"checks": checks})
        return breaches(
            SimpleNamespace(received=work.received, page=page, submission=changed, answers=work.answers), config
        )  # type: ignore[arg-type]

    assert [reason for reason in told({}) if "'colour' was not done" in reason]
    assert [reason for reason in told({"colour": {"answers": ["x"]}}) if "'colour' has another shape" in reason]
    assert told({}, work.page.model_copy(update={"checks": {}})) == []
    old = json.loads(work.received.answer) if work.received.answer.startswith("{") else None
    assert old is not None
    del old["checks"]
    assert read_submission(json.dumps(old), Row).checks == {}


def test_a_threshold_that_is_other_than_when_it_was_published_is_told(checked: Path) -> None:
    config = checked / "batch.toml"
    before = read_config(config)
    with Ledger(checked / "ledger.sqlite") as ledger:
        rules = rules_of(checked, before)
        del rules["check.colour.difference"]  # a key that a later hitgen brought
        ledger.set_fact(RULES_FACT, json.dumps(rules))
        looser = before.model_copy(
            update={
                "check": tuple(
                    each.model_copy(update={"misses_most": 3} if each.kind == "colour" else {}) for each in before.check
                )
            }
        )
        told = edited_rules(checked, looser, ledger)
        ledger.set_fact(RULES_FACT, json.dumps(rules_of(checked, before)))
    assert told == ("check.colour.misses_most is 3, and was 1 when this was published",)


FAULTS = {
    "twice": (
        '[[check]]\nkind = "screen"\n[[check]]\nkind = "screen"\n',
        "check[1].kind: there is a check 'screen' already",
    ),
    "unknown": ('[[check]]\nkind = "smell"\n', "check[0].kind: 'smell' is not known"),
    "no quiz": (
        '[[check]]\nkind = "screen"\npages = "qualification"\n',
        "check[0].pages: there is no qualification page",
    ),
    "screen": ('[[check]]\nkind = "screen"\nleast_px = [1280]\n', "check[0].least_px"),
    "colour": (
        '[[check]]\nkind = "colour"\nplates = 4\nmisses_most = 2\n',
        "check[0].misses_most: who is blind along one line misses 2 of 4 plates, and would pass",
    ),
    "brightness": (
        '[[check]]\nkind = "brightness"\noff_most = 5\n',
        "check[0].off_most: all squares of the dark panel",
    ),
    "brightness codes": ('[[check]]\nkind = "brightness"\ndark = [0, 5]\n', "check[0].dark[0]: 0 is out of range"),
    "acuity": ('[[check]]\nkind = "acuity"\n', "check[0].kind: it needs to know how large the screen is"),
    "far": (
        '[[check]]\nkind = "distance"\n',
        "check[0].kind: at 150 cm the dot vanishes 36 cm from the square",
    ),
    "distance": ('[[check]]\nkind = "distance"\n', "check[0].kind: it needs to know how large the screen is"),
    "colour key": ('[[check]]\nkind = "colour"\nplate = 4\n', "there is no key 'plate' here"),
}


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_batch(tmp_path_factory.mktemp("plain"), '[display]\nscaling = "pixels"\n', **SMALL)


@pytest.mark.parametrize("name", FAULTS)
def test_one_fault_one_clear_message(plain: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    extra, told = FAULTS[name]
    config, before = plain / "batch.toml", (plain / "batch.toml").read_text()
    config.write_text((before if name != "far" else before.replace('scaling = "pixels"', "distance_cm = 150")) + extra)
    assert main(["check", str(plain)]) == 1
    config.write_text(before)
    said = capsys.readouterr().err
    assert told in said and said.count("batch.toml: ") == 1 and "try " in said


def test_who_does_not_pass_a_check_on_the_qualification_page_is_not_admitted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    quiz = '[qualification]\ntraining = 0\ngold = 1\nassignments = 40\n[[check]]\nkind = "colour"\npages = "qualification"\n'
    folder = write_batch(tmp_path, f"ratings = 2\n{quiz}", **SMALL)
    build(folder, workers=1)
    assert [sorted(page.checks) for page in read_manifest(folder).pages][:2] == [["colour"], []]
    monkeypatch.setattr(answers, "FAILING", 1)
    simulate(folder, Population(spammers=0, hits_per_worker=1), people=3)
    rows = propose(read_study(folder))
    assert [(row.kind, row.admit, row.pay) for row in rows] == 3 * [("qualification", "no", "pay")]
    assert all("misread" in row.reasons for row in rows)


def test_a_page_without_checks_has_nothing_of_them(plain: Path) -> None:
    assert isinstance(read_config(plain / "batch.toml"), BatchConfig)
    build(plain, workers=1)
    html = (plain / "build" / "pages" / "p0001.html").read_text()
    assert "data-check" not in html and "colour_heading" not in html and "module_checks" not in html
    assert "check-answers" not in html and "checks" not in page_data(plain)
