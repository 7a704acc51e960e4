"""A real Dask cluster of two workers makes the same bytes as this machine alone."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from hitgen.build import build
from tests.support.batches import write_batch

pytestmark = pytest.mark.long

HITGEN = [sys.executable, "-m", "hitgen", "build"]


def line_with(log: Path, pattern: str, within_s: float = 120) -> str:
    """The first match in a growing log."""
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        found = re.search(pattern, log.read_text() if log.exists() else "")
        if found:
            return found.group(1)
        time.sleep(0.1)
    raise AssertionError(f"{log.name} never said {pattern}: {log.read_text()}")


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("cluster")
    with ExitStack() as running:

        def start(name: str, *words: str) -> Path:
            log = folder / f"{name}.log"
            file = running.enter_context(log.open("w"))
            process = subprocess.Popen([sys.executable, "-m", *words], stdout=file, stderr=file, cwd=folder)
            running.callback(process.wait)
            running.callback(process.kill)
            return log

        scheduler = ("--host", "127.0.0.1", "--port", "0", "--no-dashboard")
        log = start("scheduler", "distributed.cli.dask_scheduler", *scheduler)
        address = line_with(log, r"Scheduler at:\s+(tcp://\S+)")
        worker = ("--nworkers", "1", "--nthreads", "1", "--no-dashboard", "--no-nanny")
        for name in ("worker0", "worker1"):
            line_with(start(name, "distributed.cli.dask_worker", address, *worker, "--name", name), r"(Registered to)")
        yield address


def run(folder: Path, address: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*HITGEN, str(folder), "--scheduler", address], capture_output=True, text=True, check=False)


def listing(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_two_workers_make_the_same_bytes(tmp_path: Path, cluster: str) -> None:
    here, there = write_batch(tmp_path / "here", study=5), write_batch(tmp_path / "there", study=5)
    build(here, workers=1)
    shutil.copy(here / "plan.secret", there)
    done = run(there, cluster)
    assert done.returncode == 0, done.stderr
    assert "7 ladders (7 encoded)" in done.stdout
    assert listing(there / "build") == listing(here / "build")
    (there / "study" / "study0.png").write_bytes((there / "study" / "study0.png").read_bytes()[:100])
    refused = run(there, cluster)
    assert refused.returncode == 1 and "study/study0.png: it is truncated" in refused.stderr


def test_a_scheduler_that_is_not_there_is_told_plainly(tmp_path: Path) -> None:
    folder = write_batch(tmp_path / "batch")
    silent = run(folder, "tcp://127.0.0.1:9")
    assert silent.returncode == 3 and "no Dask scheduler answers at tcp://127.0.0.1:9" in silent.stderr
    wrong = run(folder, "nonsense://x")
    assert wrong.returncode == 1 and "--scheduler: 'nonsense://x' is no scheduler's address" in wrong.stderr
    assert not (folder / "build" / "packs").exists()
