"""Checks of eyes and screens: what is shown, what stays at home, what is found, and what follows."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from hitgen.build import build
from hitgen.checks import plates
from hitgen.checks.judged import breaches
from hitgen.checks.made import checkup_of
from hitgen.cli import main
from hitgen.config.batch import BatchConfig
from hitgen.config.kinds import CHECKS
from hitgen.config.read import read_config
from hitgen.manifest import read_manifest
from hitgen.methods.pjnd.population import Population
from hitgen.methods.pjnd.row import Row
from hitgen.methods.submission import read_submission
from hitgen.results.dataset import make_dataset
from hitgen.results.export import export
from hitgen.results.review import propose
from hitgen.results.study import read_study
from hitgen.simulation import answers
from hitgen.simulation.simulate import simulate
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
    # and light tells nothing: each side has dots that are darker and lighter than most of the other's
    light = [side.sum(axis=1) for side in kept]
    assert min(light[0]) < np.median(light[1]) < max(light[0]) and min(light[1]) < np.median(light[0]) < max(light[1])


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
        '[[check]]\nkind = "colour"\nplates = 4\nmisses_most = 4\n',
        "check[0].misses_most: of 4 plates all may be misread",
    ),
    "colour key": ('[[check]]\nkind = "colour"\nplate = 4\n', "there is no key 'plate' here"),
}


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_batch(tmp_path_factory.mktemp("plain"), '[display]\nscaling = "pixels"\n', **SMALL)


@pytest.mark.parametrize("name", FAULTS)
def test_one_fault_one_clear_message(plain: Path, name: str, capsys: pytest.CaptureFixture[str]) -> None:
    extra, told = FAULTS[name]
    config, before = plain / "batch.toml", (plain / "batch.toml").read_text()
    config.write_text(before + extra)
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
