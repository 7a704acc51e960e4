"""The first hour of a new user, minute by minute: nine photographs of mixed sizes to an address in a browser, and to used ratings."""

from __future__ import annotations

import csv
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image, ImageOps

from hitgen.config.read import read_config
from hitgen.errors import CONFIG_NAME
from hitgen.manifest import BuildFolder
from hitgen.results.study import read_study
from hitgen.robots.browser import open_browser
from tests.support.figures import write_figures
from tests.support.servers import free_port

ROOT = Path(__file__).parents[2]
DEMO = ROOT / "batches" / "demo"
SIZES = (
    (4000, 3000),
    (1280, 960),
    (1920, 1080),
    (900, 1200),
    (640, 480),
    (1024, 768),
    (1600, 1200),
    (800, 600),
    (1500, 1000),
)
TO_AN_ADDRESS_S = 600
TWENTY_S, PLAN_S, AGAIN_S = 60.0, 3.0, 3.0
pytestmark = [pytest.mark.soak, pytest.mark.browser, pytest.mark.timeout(1800)]


def photographs(folder: Path) -> list[Path]:
    """Nine photographs of mixed sizes and forms, the first of 12 megapixels, made of the demo's."""
    folder.mkdir()
    sources = sorted([*DEMO.glob("images/*.png"), *DEMO.glob("gold/*/*.png")])
    paths = []
    for number, size in enumerate(SIZES):
        with Image.open(sources[number % len(sources)]) as photo:
            turned = photo.convert("RGB") if number < len(sources) else ImageOps.mirror(photo.convert("RGB"))
        paths.append(folder / f"photo{number}.{'jpg' if number % 2 == 0 else 'png'}")
        ImageOps.fit(turned, size, Image.Resampling.LANCZOS).save(paths[-1])
    (folder / "notes.txt").write_text("not a picture")
    return paths


def hitgen(*words: str | Path) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "hitgen", *map(str, words)], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert done.returncode == 0, (words, done.stdout, done.stderr)
    return done.stdout


def used(folder: Path) -> tuple[int, int]:
    """The ratings in use, and all."""
    ratings = read_study(folder).judged.ratings.values()
    return sum(verdict.use == "use" for verdict in ratings), len(ratings)


def test_from_nine_photographs_to_people_and_to_used_ratings(tmp_path: Path) -> None:
    photos = photographs(tmp_path / "photos")
    study = tmp_path / "my-study"
    begun_s = time.monotonic()
    figures: dict[str, object] = {}

    def timed(step: str, work: Callable[[], object]) -> None:
        at_s = time.monotonic()
        work()
        figures[step] = {"s": round(time.monotonic() - at_s, 1), "at_s": round(time.monotonic() - begun_s, 1)}

    answers = ["--training", photos[5], "--gold", photos[6], "--gold", photos[7]]
    timed("init", lambda: hitgen("init", study, "--images", photos[0].parent, *answers))
    config = study / CONFIG_NAME
    port = free_port()
    config.write_text(config.read_text().replace("FILL IN: ", "").replace(":8470", f":{port}"))
    timed("check", lambda: hitgen("check", study))
    timed("build", lambda: hitgen("build", study))
    timed("simulate", lambda: hitgen("simulate", study))
    simulated = used(study)
    timed("report", lambda: hitgen("report", study))
    timed("publish", lambda: hitgen("publish", study))
    command = [sys.executable, "-m", "hitgen", "serve", str(study), "--port", str(port)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout and "Collecting at" in server.stdout.readline()
        with (study / "places.csv").open(newline="") as file:
            url = next(csv.DictReader(file))["url"]
        with open_browser() as browser:
            page = browser.new_page(viewport={"width": 1366, "height": 643})
            timed("address", lambda: page.goto(url))
            page.wait_for_selector("html[data-screen=consent]")
        server.terminate()
        server.wait(timeout=20)
    to_address_s = time.monotonic() - begun_s
    timed("rehearse", lambda: hitgen("rehearse", study, "--robots", "2"))
    timed("report of the rehearsal", lambda: hitgen("report", study, "--rehearsal"))
    rehearsed = used(BuildFolder(study).rehearsal)
    write_figures(
        "first-hour", {**figures, "to_address_s": round(to_address_s), "simulated": simulated, "rehearsed": rehearsed}
    )
    assert read_config(config).screening.use_above == 0.9, "as init wrote it"
    assert simulated[1] == 258 and simulated[0] > 129
    assert rehearsed[1] == 12 and rehearsed[0] >= 6
    assert to_address_s < TO_AN_ADDRESS_S


def test_twenty_photographs_of_twelve_megapixels_are_checked_in_a_minute(tmp_path: Path) -> None:
    folder = tmp_path / "photos"
    folder.mkdir()
    sources = sorted(DEMO.glob("images/*.png"))
    for number in range(20):
        with Image.open(sources[number % len(sources)]) as photo:
            large = photo.convert("RGB").resize(
                (4000, 3000), Image.Resampling.LANCZOS, box=(number, number, 400 + number, 300 + number)
            )
        large.save(folder / f"{number:02d}.jpg", quality=95)
    study = tmp_path / "study"
    hitgen("init", study, "--images", folder, "--fit", "keep")
    config = study / CONFIG_NAME
    config.write_text(config.read_text().replace("FILL IN: ", ""))
    begun_s = time.monotonic()
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(
        [sys.executable, "-m", "hitgen", "check", str(study)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    ) as process:
        assert process.stdout and process.stdout.readline().startswith("people ")
        plan_s = time.monotonic() - begun_s
        process.stdout.read()
        assert process.wait() == 0
    all_s = time.monotonic() - begun_s
    config.write_text(config.read_text().replace("width_cm = 13.797", "width_cm = 20"))
    again_s = time.monotonic()
    hitgen("check", study)
    again_s = time.monotonic() - again_s
    write_figures("check-twenty", {"plan_s": round(plan_s, 1), "all_s": round(all_s, 1), "again_s": round(again_s, 1)})
    assert plan_s < PLAN_S and all_s < TWENTY_S and again_s < AGAIN_S
