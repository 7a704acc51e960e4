"""A robot that knows the page contract alone works whole pages, offline; what they record is what it did."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from hitgen.build import build
from hitgen.manifest import read_manifest
from hitgen.methods.pjnd.robot import Answer, Robot, Trial, differences
from hitgen.robots.robot import WorkRecord
from tests.support.batches import built_page, write_batch
from tests.support.browsers import OpenPage

LOCJND = Path(__file__).parents[3] / "shared" / "data" / "locjnd"
PIXELS = '[display]\nscaling = "pixels"\n'
PHYSICAL = "[display]\nwidth_cm = 9\n"


def spread(trial: Trial) -> Answer:
    """A level and places that differ from trial to trial."""
    number = int(trial.trial[:4], 16)
    width, height = trial.width, trial.height
    points = [((number % 7 + 1) * width / 9, height / 3), (width * 0.6, height * 0.7), (width - 3.5, height - 2.5)]
    return Answer(number % trial.level_count + 1, points)


def work(robot: Robot) -> tuple[WorkRecord, dict]:
    record = robot.work()
    with robot._page.expect_download() as download:
        robot.hit("download-json").click()
    return record, json.loads(Path(download.value.path()).read_text())


LAYOUTS = (((320, 240), PHYSICAL), ((200, 300), PIXELS), ((480, 160), PHYSICAL), ((320, 240), PIXELS))
RATIOS = (1, 1.25, 2)
AT_ONCE = {(0, 1.25), (1, 2), (2, 1)}
"""Every size, both scalings and every ratio, in other pairs than test_grid.py; those that are left are soaked."""
SHOWN = [
    pytest.param(*layout, ratio, marks=() if (number, ratio) in AT_ONCE else pytest.mark.soak)
    for number, layout in enumerate(LAYOUTS)
    for ratio in RATIOS
]


@pytest.mark.browser
@pytest.mark.parametrize(("size", "display", "ratio"), SHOWN)
def test_what_is_downloaded_is_what_was_done(
    tmp_path: Path, open_page: OpenPage, ratio: float, size: tuple[int, int], display: str
) -> None:
    page = open_page(built_page(write_batch(tmp_path, display, size)), ratio=ratio)
    record, submission = work(Robot(page, spread))
    assert differences(record, submission) == []
    assert len(record.order) == 4 and len(record.attempts) >= 4
    assert submission["display"]["device_pixel_ratio"] == ratio
    assert ("calibration" in record.screens) == (display == PHYSICAL)


@pytest.mark.browser
def test_none_seen_is_a_censored_answer(tmp_path: Path, open_page: OpenPage) -> None:
    page = open_page(built_page(write_batch(tmp_path, PIXELS)))
    record, submission = work(Robot(page, lambda trial: Answer(None, spread(trial).points)))
    assert differences(record, submission) == []
    censored = [row for row in submission["trials"] if row["none_seen"]]
    assert len(censored) == 4 and all(row["level"] is None and row["points"] == [] for row in censored)


@pytest.mark.browser
def test_the_published_study_works_as_published(tmp_path: Path, open_page: OpenPage) -> None:
    if not LOCJND.is_dir():
        if os.environ.get("CI") == "true":
            pytest.fail(f"{LOCJND} is missing")
        pytest.skip("the published ladders are not here")
    sets = {"study": "Study_SRC0013", "training": "Test_SRC0027", "gold": "Test_SRC0045"}
    text = (
        '[batch]\nname = "locjnd"\nseed = 1\n[consent]\ntitle = "t"\ncontact = "c"\nexemption = "e"\n'
        'retention = "r"\nwithdrawal = "w"\n[hit]\ntraining = 1\nstudy = 1\ngold = 1\n'
    )
    for role, source in sets.items():
        text += (
            f'[[images]]\nname = "{role}"\nsources = "ladder/{source}.png"\ncodec = "files"\n'
            f'frames = "ladder/{{source}}_JPEG_{{index:03d}}.jpg"\nindex = "101 - level"\nrole = "{role}"\n'
        )
    answers = {
        "training": ([10, 17], [[111, 261], [566, 434], [450, 41]]),
        "gold": ([48, 55], [[22, 47], [591, 303], [188, 323]]),
    }
    for role, (level, points) in answers.items():
        text += f'[[questions]]\nimages = "{role}"\nsource = "{sets[role]}"\nlevel = {level}\npoints = {points}\nradius_px = 70\n'
    (tmp_path / "ladder").symlink_to(LOCJND)
    (tmp_path / "batch.toml").write_text(text)
    page = open_page(built_page(tmp_path))
    record, submission = work(Robot(page, lambda _: Answer(50, [(22, 47), (591, 303), (188, 323)])))
    assert differences(record, submission) == []
    roles = {trial.trial: trial.role for trial in read_manifest(tmp_path).pages[0].trials}
    coached = [row for row in submission["trials"] if roles[row["trial"]] == "training"]
    assert [row["level"] for row in coached] == [50, 10, 10] and coached[0]["points"] == []


@pytest.mark.browser
def test_the_demo_works_as_it_comes(tmp_path: Path, open_page: OpenPage) -> None:
    demo = Path(__file__).parents[2] / "batches" / "demo"
    shutil.copytree(demo, tmp_path / "demo", ignore=shutil.ignore_patterns("build", "cache", "results", "ledger*"))
    build(tmp_path / "demo")
    page = open_page((tmp_path / "demo" / "build" / "pages" / "p0001.html").as_uri())
    record, submission = work(Robot(page, spread))
    assert differences(record, submission) == []
    planned = read_manifest(tmp_path / "demo").pages[0].trials
    assert sorted(record.order) == sorted(trial.trial for trial in planned)


@pytest.mark.browser
def test_a_page_names_neither_sources_nor_gold_answers(tmp_path: Path) -> None:
    write_batch(tmp_path, PIXELS)
    built_page(tmp_path)
    html = (tmp_path / "build" / "pages" / "p0001.html").read_text()
    shell = html[: html.index("data-pack=")]
    data = json.loads(shell.split('id="hit-page">')[1].split("</script>")[0])
    for name in ("study0", "study1", "training0", "gold0", "gold", "radius_px"):
        assert name not in json.dumps([data["study"], data["batch"], data["kind"]])
    assert len({len(trial["shown"]) for trial in data["study"]}) == 1
    assert "study0" not in shell and "gold0" not in shell
    assert {frozenset(trial) for trial in data["study"]} == {
        frozenset({"trial", "pack", "width", "height", "level_count", "shown"})
    }
