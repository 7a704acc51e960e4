"""The wheel holds all that a build needs: templates and assets included."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

from tests.bench.build import photographs

ROOT = Path(__file__).parent.parent
BUILD = ["-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--disable-pip-version-check"]


def test_a_study_is_built_from_the_wheel_alone(tmp_path: Path) -> None:
    subprocess.run([sys.executable, *BUILD, "--wheel-dir", str(tmp_path), str(ROOT)], check=True, capture_output=True)
    (wheel,) = tmp_path.glob("hitgen-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "installed")
    photographs(tmp_path / "photos", 1)
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
    assert "p0001.html" in hitgen("build", "study")
    assert (tmp_path / "study" / "batch.schema.json").is_file()
    assert (tmp_path / "installed" / "hitgen" / "py.typed").is_file()
