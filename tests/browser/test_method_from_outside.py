"""A second method: all of it is in tests/outside, and one row tells hitgen of it."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from hitgen.batch.load import load_batch
from hitgen.cli import main
from hitgen.config.kinds import METHODS
from hitgen.manifest import read_manifest
from hitgen.publishing.publication import open_account, open_publication
from hitgen.publishing.publish import plan_publication, publish
from hitgen.recruiters.memory import Memory
from hitgen.results.dataset import make_dataset
from hitgen.results.fetch import fetch
from tests.outside.toy import TOY, ToyRobot
from tests.support.batches import HEAD, built_page, grid
from tests.support.browsers import OpenPage
from tests.support.servers import serving

OUTSIDE = Path(__file__).parents[1] / "outside"
TOML = (
    HEAD
    + """
[method]
kind = "toy"
[[images]]
name = "study"
sources = "images/*.png"
codec = "jpeg"
levels = [{level = 1, quality = 60}]
[hit]
training = 0
gold = 0
study = 3
ratings = 1
[display]
scaling = "pixels"
[screening]
gold_answers_min = 0
trial_s_min = 0
"""
)


@pytest.fixture
def toy() -> Iterator[None]:
    METHODS.add("toy", TOY)
    yield
    METHODS._loaded.pop("toy")


def batch(folder: Path, address: str) -> Path:
    (folder / "images").mkdir(parents=True)
    for number in range(3):
        grid(320, 240, number).save(folder / "images" / f"s{number}.png")
    (folder / "batch.toml").write_text(f'{TOML}[host]\nkind = "folder"\nbase_url = "{address}"\n')
    (folder / "assets" / "methods" / "toy").mkdir(parents=True)
    shutil.copy(OUTSIDE / "toy.js", folder / "assets" / "methods" / "toy" / "method.js")
    return folder


@pytest.mark.browser
def test_it_goes_from_config_to_dataset_and_report(
    toy: None, tmp_path: Path, open_page: OpenPage, capsys: pytest.CaptureFixture[str]
) -> None:
    memory = Memory()
    (tmp_path / "toy" / "published").mkdir(parents=True)
    with serving(tmp_path / "toy" / "published") as address:
        folder = batch(tmp_path / "toy", address)
        assert main(["build", str(folder)]) == 0, capsys.readouterr().err
        with open_publication(folder, now=memory.clock, recruiter=memory) as publication:
            publish(publication, plan_publication(publication))
            assert publication.built.manifest.method == "toy"
    page = open_page((folder / "build" / "pages" / "p0001.html").resolve().as_uri())
    robot = TOY.robot(publication.config)(page, "")
    robot.work()
    assert robot.record.attempts == [1, 2, 3] and robot.screen() == "submit"
    with page.expect_download() as offered:
        robot.hit("download-json").click()
    handed_in = Path(offered.value.path()).read_text("utf-8")
    memory.accept("p0001.1")
    done = memory.now + timedelta(minutes=5)
    memory.hand_in("p0001.1", "W1", "Submitted", handed_in, "A1", (memory.now, done))
    with open_account(folder, now=memory.clock, recruiter=memory) as account:
        assert fetch(account).faulty == ()
    found = make_dataset(folder).ratings
    assert found["number"].to_list() == [1, 2, 3]
    assert found["trial"].to_list() == robot.record.order and found["use"].to_list() == ["use"] * 3
    for verb in ("review", "export", "report"):
        assert main([verb, str(folder)]) == 0, capsys.readouterr().err
    assert (
        "| `number` | int | how much, 0 to 10 |" in (folder / "results" / "export" / "data-dictionary.md").read_text()
    )


@pytest.mark.browser
def test_its_script_chooses_what_is_next_and_prepares_it(toy: None, tmp_path: Path, open_page: OpenPage) -> None:
    folder = batch(tmp_path / "toy", "http://127.0.0.1:9001")
    page = open_page(built_page(folder))
    robot = TOY.robot(load_batch(folder).config)(page, "")
    assert isinstance(robot, ToyRobot)
    while robot.screen() != "study":
        robot._leave(robot.screen())
    robot.step()
    page.reload()  # what was drawn ahead is drawn again
    robot.work()
    planned = [trial.trial for trial in read_manifest(folder).pages[0].trials]
    assert robot.record.order == planned[::-1] and robot.ahead == [False, False, True]


@pytest.mark.browser
def test_what_it_does_not_bring_has_bare_stand_ins(toy: None, tmp_path: Path, open_page: OpenPage) -> None:
    address = built_page(batch(tmp_path / "toy", "http://127.0.0.1:9001"))
    preview = open_page(f"{address}?assignmentId=ASSIGNMENT_ID_NOT_AVAILABLE")
    shown = preview.locator("[data-screen-part=preview]")
    assert shown.locator("h1").inner_text() == "A small study" and "preview" in shown.inner_text()
    page = open_page(address)
    robot = TOY.robot(None)(page, "")  # type: ignore[arg-type]
    robot._leave("consent")
    assert page.locator("[data-part=what-to-do]").inner_text() == "Say how much."
    while robot.screen() != "study":
        robot._leave(robot.screen())
    page.locator("[data-part=picture] img").wait_for()
    assert page.locator("[data-part=controls] input").is_visible()


@pytest.mark.browser
def test_what_its_script_could_not_have_said_is_faulty(toy: None, tmp_path: Path) -> None:
    row = {"trial": "t", "attempt": 1, "started_ms": 0, "ended_ms": 5, "number": 11}
    read = TOY.row.model_validate_json(json.dumps(row))
    assert list(TOY.row_faults(read, None, 1, None)) == ["trial t has the number 11; the largest is 10"]  # type: ignore[arg-type]


ROOT = Path(__file__).parents[2]
WORDS = re.compile(
    r"\bsliders?\b|slider_|none[-_ ]seen|\bpoints\b|\bclicks\b|\blocations\b|\bmarks\b|level window|window of levels|radius_px"
    r"|\bmatches\b(?=:)|\bSUR\b"
)
"""Of the method pjnd: its slider, its answers, its known answers, what it finds."""
HERE = (
    "methods/pjnd/",
    "assets/methods/pjnd/",
    "assets/methods/threshold/",
    "templates/methods/pjnd/",
    "templates/report/pjnd.html",
    "methods/threshold/",  # which finds the satisfied-user ratio too
    "config/kinds.py",  # its row
)
OTHERWISE = {
    "doubles/mturk/assignments.py": {"marks"},  # of questions in SQL
    "config/consent.py": {"points"},  # of a scale in the survey
    "config/hosts.py": {"marks"},  # of punctuation
    "pages/render.py": {"marks"},  # where words of other languages go
    "stimuli/colour.py": {"points"},  # of a colour space
    "methods/compare/analysis/figures.py": {"points"},  # of a plot
    "batch/new.py": {"matches"},  # of names
    "assets/runtime/environment.js": {"matches"},  # a query of media
    "templates/parts/survey.html": {"points"},  # of a scale in the survey
}
"""The same words where they mean something else."""


COMPARED = re.compile(r"\bboosted\b|\bamplif\w+|\bpivots?\b|\btoggl(?:es|ed|ing)\b|\btraps?\b|\btriplets?\b")
"""Of the method compare: its arms, its pictures, what is done with them."""


SHIPPED = (("hitgen", "*.py"), ("assets", "*.js"), ("templates", "*.html"))


def astray(
    words: re.Pattern[str], here: tuple[str, ...], otherwise: dict[str, set[str]]
) -> list[tuple[str, list[str]]]:
    """The modules, scripts and templates outside of a method that say its words."""
    found = []
    shipped = [path for top, kind in SHIPPED for path in sorted((ROOT / top).rglob(kind))]
    for path in shipped:
        name = path.relative_to(ROOT).as_posix().removeprefix("hitgen/")
        said = {match[0] for match in words.finditer(path.read_text(encoding="utf-8"))} - otherwise.get(name, set())
        if said and not name.startswith(here):
            found.append((name, sorted(said)))
    return found


def test_nothing_else_knows_of_pjnd() -> None:
    assert astray(WORDS, HERE, OTHERWISE) == []


def test_nothing_else_knows_of_compare() -> None:
    here = (
        "methods/compare/",
        "assets/methods/compare/",
        "templates/methods/compare/",
        "templates/report/compare.html",
    )
    assert astray(COMPARED, here, {}) == []


def test_the_watch_s_script_knows_of_no_method() -> None:
    scripts = {path.name: path.read_text(encoding="utf-8") for path in (ROOT / "assets" / "watch").glob("*.js")}
    assert len(scripts) > 3
    assert [name for name, text in scripts.items() if WORDS.search(text) or re.search("pjnd|threshold", text)] == []
