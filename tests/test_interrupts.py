"""Ctrl+C at any moment ends the command without a traceback, and the same command goes on from there."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from hitgen.cli import main
from hitgen.console import Console
from hitgen.errors import OutsideError
from hitgen.lib.processes import shared
from tests.bench.build import photographs
from tests.support.runs import soaked_but
from tests.test_verbs import fill_in

pytestmark = pytest.mark.long

AT_IMPORT = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
from hitgen.__main__ import main
where = sys.argv.pop(1)
class Interrupt:
    def find_spec(self, name, *_):
        if name == where:
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Interrupt())
sys.exit(main())
"""

AT_WORK = """
import multiprocessing, os, signal, sys, time
from hitgen.lib import processes
wait = processes.wait
def interrupted(*given, **how):
    done = wait(*given, **how)
    for process in multiprocessing.active_children():
        os.kill(process.pid, signal.SIGINT)
    time.sleep(0.1)  # for what they may say before they are ended
    os.killpg(0, signal.SIGINT)
    return done
processes.wait = interrupted
from hitgen.__main__ import main
sys.exit(main())
"""
"""An interrupt of all processes, as a terminal sends it, when the first of them has done its first work."""

AT_LOCK = """
import os, signal, sys
from multiprocessing import resource_tracker
act, nth = sys.argv.pop(1), int(sys.argv.pop(1))
told = getattr(resource_tracker, act)
locks = []
def interrupted(*lock):
    locks.append(lock)
    if act == "register":
        told(*lock)
    if len(locks) == nth:
        os.kill(os.getpid(), signal.SIGINT)
    if act != "register":
        told(*lock)
setattr(resource_tracker, act, interrupted)
from hitgen.__main__ import main
sys.exit(main())
"""
"""An interrupt just after the nth lock that processes share was made, or just before it is forgotten."""


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("template")
    photos = photographs(place / "photos", 3)
    assert main(["init", str(place / "study"), "--images", str(photos[0].parent)]) == 0
    fill_in(place / "study")
    return place / "study"


@pytest.fixture
def folder(template: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(template, tmp_path / "study"))


@pytest.mark.parametrize(
    ("module", "verb"),
    soaked_but(
        [("hitgen.cli", "build"), ("pydantic", "build"), ("numpy", "check")],
        [
            *((name, "build") for name in ("hitgen.cli", "argparse", "hitgen.commands.build", "pydantic", "PIL.Image")),
            ("numpy", "check"),
        ],
    ),
)
def test_while_it_is_loading(module: str, verb: str, folder: Path) -> None:
    command = [sys.executable, "-c", AT_IMPORT, module, verb, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGINT and done.stderr == ""


@pytest.mark.parametrize("module", ["waitress.server", "hitgen.watch.seen"])
def test_a_watch_ends_in_one_line_before_it_has_begun(module: str, folder: Path) -> None:
    assert main(["build", str(folder), "--workers", "1"]) == 0
    command = [sys.executable, "-c", AT_IMPORT, module, "watch", str(folder), "--no-open", "--port", "0"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, "Ended; nothing was changed.\n", "")


@pytest.mark.parametrize("verb", ["build", "check"])
def test_while_all_processes_are_at_work(folder: Path, verb: str) -> None:
    command = [sys.executable, "-c", AT_WORK, verb, str(folder), "--workers", "2"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, start_new_session=True)
    assert (done.returncode, done.stderr) == (130, "hitgen: interrupted; the same command goes on from here\n")
    assert verb != "build" or main(["build", str(folder)]) == 0


@pytest.mark.parametrize(
    ("act", "nth"),
    soaked_but(
        [("register", 1), ("unregister", 1)],
        [(act, nth) for act in ("register", "unregister") for nth in range(1, 6)],
    ),
)
def test_while_locks_are_made_or_given_back(act: str, nth: int, folder: Path) -> None:
    command = [sys.executable, "-c", AT_LOCK, act, str(nth), "check", str(folder), "--workers", "2"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (130, "hitgen: interrupted; the same command goes on from here\n")


AT_BEGINNING = """
import os, signal, sys
from multiprocessing import forkserver
connect = forkserver.connect_to_new_process
def ended(fds):
    made = connect(fds)
    os.kill(os.getpid(), signal.SIGTERM)
    return made
forkserver.connect_to_new_process = ended
from hitgen.__main__ import main
sys.exit(main())
"""
"""An end when a process is there and was not told yet what it is for, of which it would complain."""


def test_an_end_while_a_process_begins_is_silent(folder: Path) -> None:
    command = [sys.executable, "-c", AT_BEGINNING, "check", str(folder), "--workers", "2"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (-signal.SIGTERM, "")


def ended(number: int) -> None:
    """As the system ends a process where memory runs out."""
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_process_that_is_ended_from_outside_is_told() -> None:
    with pytest.raises(OutsideError, match="ended from outside, as happens where memory runs out"):
        list(shared(ended, [1, 2], 2))


def test_memory_that_runs_out_is_told(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def run(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr("hitgen.commands.check.run", run)
    assert main(["check", "."]) == 3
    assert (
        capsys.readouterr().err
        == "hitgen: there is not enough memory for this; try fewer --workers, or smaller pictures\n"
    )


def test_an_interrupt_that_comes_twice_is_told_all_the_same(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As from within polars, which raises it by itself while Python has still to."""
    fail, came = Console.fail, iter([KeyboardInterrupt])

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    def interrupted_again(console: Console, message: str) -> None:
        for again in came:
            raise again
        fail(console, message)

    monkeypatch.setattr("hitgen.commands.check.run", interrupted)
    monkeypatch.setattr(Console, "fail", interrupted_again)
    assert main(["check", "."]) == 130
    assert capsys.readouterr().err == "hitgen: interrupted; the same command goes on from here\n"


AT_AN_EDGE = """
import os, signal, sys, time
from hitgen.commands import check, watch
def struck():
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(0)
class Tidied:
    def __del__(self):
        struck()
def tidies():
    Tidied()
    time.sleep(60)
def tidies_as_it_watches():
    with watch._interrupted_once():
        tidies()
def converts():
    try:
        struck()
    except BaseException:
        raise ValueError("Invalid bounding box") from None
how = globals()[sys.argv.pop(1)]
check.run = lambda *_: how()
from hitgen.__main__ import main
sys.exit(main())
"""


@pytest.mark.parametrize("how", ["tidies", "tidies_as_it_watches", "converts"])
def test_where_an_interrupt_cannot_be_passed_on(how: str) -> None:
    """Python raises nothing out of what it tidies up, and matplotlib's compiled code an error of its own."""
    command = [sys.executable, "-c", AT_AN_EDGE, how, "check", "."]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    assert (done.returncode, done.stderr) == (130, "hitgen: interrupted; the same command goes on from here\n")


ORPHAN = """
import os
from multiprocessing import forkserver
from hitgen.lib.processes import shared
if __name__ == "__main__":
    begun = shared(abs, [-1, -2], 2)
    next(begun)  # there is a server that begins processes
    ended, told = forkserver.connect_to_new_process([])
    os.close(told)  # as a parent that is killed before it has told what to do
    forkserver.read_signed(ended)
    assert forkserver.read_signed(ended) == 1
"""


def test_a_process_whose_parent_was_killed_as_it_began_ends_without_a_word(tmp_path: Path) -> None:
    """One that has heard nothing of what to do: Python would print a traceback after the command has ended."""
    (tmp_path / "orphan.py").write_text(ORPHAN)
    done = subprocess.run(
        [sys.executable, "orphan.py"], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
