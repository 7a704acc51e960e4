"""The wheel holds all that a build needs: templates and assets included."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from collections.abc import Iterable
from pathlib import Path

import pytest

from hitgen.cli import EXTRAS, VERBS
from tests.bench.build import photographs

pytestmark = pytest.mark.long

ROOT = Path(__file__).parent.parent
BUILD = ["-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--disable-pip-version-check"]


def fill_in(study: Path) -> None:
    """What a researcher writes before anything can be built."""
    path = study / "batch.toml"
    path.write_text(path.read_text().replace("FILL IN: ", ""))


def test_a_study_is_built_from_the_wheel_alone(tmp_path: Path) -> None:
    subprocess.run([sys.executable, *BUILD, "--wheel-dir", str(tmp_path), str(ROOT)], check=True, capture_output=True)
    (wheel,) = tmp_path.glob("hitgen-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "installed")
    photographs(tmp_path / "photos", 1, 160)
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "installed")}

    def hitgen(*words: str) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "hitgen", *words],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    where = subprocess.run(
        [sys.executable, "-c", "import hitgen; print(hitgen.__file__)"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert str(tmp_path / "installed") in where.stdout
    hitgen("init", "study", "--images", "photos")
    fill_in(tmp_path / "study")
    assert "p0001.html" in hitgen("build", "study")
    assert (tmp_path / "study" / "batch.schema.json").is_file()
    assert (tmp_path / "installed" / "hitgen" / "py.typed").is_file()


WITHOUT = """
import sys
for package in sys.argv.pop(1).split():
    sys.modules[package] = None
from hitgen.cli import VERBS, main
"""
"""hitgen where some packages are not installed."""
USAGE = """
for words in (words for verb in VERBS for words in ([verb, "--help"], [verb, "--no-such-option"])):
    try:
        print(f"hitgen {words} ends with {main(words)}")
    except SystemExit as end:
        print(f"{words} {end.code}")
"""


def without(
    packages: Iterable[str], *words: str, program: str = "sys.exit(main())"
) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", WITHOUT + program, " ".join(packages), *words]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_without_extras_every_verb_tells_how_it_is_used() -> None:
    told = without(EXTRAS, program=USAGE).stdout.splitlines()
    for verb in VERBS:
        assert f"{[verb, '--help']} 0" in told, verb
        assert f"{[verb, '--no-such-option']} 2" in told, verb


def test_without_an_extra_the_verb_that_needs_it_names_it(tmp_path: Path) -> None:
    photographs(tmp_path / "photos", 1, 160)
    study = str(tmp_path / "study")
    assert without(EXTRAS, "init", study, "--images", str(tmp_path / "photos")).returncode == 0
    fill_in(tmp_path / "study")
    assert without(EXTRAS, "build", study).returncode == 0
    extras = {"serve": "serve", "watch": "serve", "rehearse": "rehearse", "report": "analysis", "export": "analysis"}
    for verb, extra in extras.items():
        done = without(EXTRAS, verb, study)
        assert done.returncode == 1 and f"[{extra}]'" in done.stderr, (verb, done.stderr)
    no_browser = [package for package, extra in EXTRAS.items() if extra != "analysis"]
    assert "[rehearse]'" in without(no_browser, "simulate", study, "--browser").stderr
    done = without(no_browser, "simulate", study, "--people", "2")
    assert done.returncode == 0, done.stderr
