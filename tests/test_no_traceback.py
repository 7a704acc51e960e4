"""No input, terminal or moment ends in a traceback: verbs, options and files of any kind are refused in words."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from hitgen.build import build
from hitgen.cli import VERBS, main
from hitgen.collector.server import Server
from hitgen.commands import rehearse
from tests.support.batches import link_batch
from tests.support.servers import collecting, free_port

pytestmark = pytest.mark.long

EXAMPLES = 25
LONG = 6_000
"""So many in the soak."""


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A published batch of people of one's own."""
    folder, port = tmp_path_factory.mktemp("study") / "batch", free_port()
    link_batch(folder, port)
    build(folder, workers=1)
    with collecting(folder, port):
        assert main(["publish", str(folder)]) == 0
    return folder


def run(*arguments: str) -> int:
    """The exit code, however it is given; anything else that is raised fails the test."""
    try:
        return main(list(arguments))
    except SystemExit as error:
        return int(error.code or 0)


@pytest.mark.parametrize(
    "line",
    [
        "extend {} --hours inf", "extend {} --hours nan", "extend {} --hours 1e300", "extend {} --hours -1", "extend {} --hours 0",
        "extend {} --hours 1e-300", "extend {} --hours x", "simulate {} --seed -1", "simulate {} --seed 1e9", "simulate {} --people 0",
        "simulate {} --people -5", "simulate {} --people " + "9" * 5000, "simulate {} --seed " + "9" * 5000,
        "simulate {} --spammers nan", "simulate {} --spammers inf", "simulate {} --population {}", "simulate {} --population /dev/null/x",
        "watch {} --port -1", "watch {} --port 65536", "watch {} --port x", "watch /dev/null --no-open", "watch {} --rehearsal --no-open",
        "serve {} --port -1", "serve {} --port 65536", "serve {} --port 1e4", "serve {} --host no.such.host.invalid --port 0",
        "build {} --workers 0", "build {} --workers 99999999999999999999", "build {} --workers nan",
        "preview {} --page nosuch", "preview {} --page ../../etc/passwd", "eject {} ../../../etc/passwd", "eject {} nosuch",
        "forget {} nobody --yes", "forget {} '' --yes", "gold {} --seed -1", "report /dev/null", "report {}/batch.toml", "report {}/images",
        "import {} /dev", "import {} /dev/null", "import {} {}/batch.toml", "init {} --images {}", "init /proc/x --images {}/images",
        "import -- --", "import {} -- -- x", "forget {} -- --", "check -- -- {}",
        "rehearse {} --robots 0", "rehearse {} --recruiter nobody", "publish {} --production --total nan",
        "publish {} --production --total sNaN", "export /", "status /dev/null", "check /proc", "review {} --worker nobody",
    ],
)  # fmt: skip
def test_options_that_are_out_of_this_world(study: Path, line: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*(word.strip("'").replace("{}", str(study)) for word in line.split(" "))) in (0, 1, 2, 3)
    said = "".join(capsys.readouterr())
    assert "Traceback" not in said and said.strip()


WORDS = st.one_of(
    st.sampled_from(["--json", "--yes", "--production", "--dry-run", "--all", "--hours", "--seed", "--total", "--page", "--name", "-h", "--"]),
    st.sampled_from(["", ".", "/", "/dev/null", "nan", "inf", "-1", "0", "1e309", "9" * 400, "\u202e", "\U0001f600", "a\nb", "-", "="]),
    st.text(st.characters(exclude_characters="\0", codec="utf-8"), max_size=8),
)  # fmt: skip
STAYS = {
    "preview": ["--page", "p0001", "p0002", "--watch", "--page="],
    "serve": ["--hand-out", "--port", "0", "-1", "--host", "127.0.0.1", "::1", "localhost", ""],
    "rehearse": ["--recruiter", "link", "turk", "--json", "--robots=0", "--robots=-1"],
    "watch": ["--no-open", "--port", "0", "99999", "--rehearsal"],
}
"""They wait for people when all is right; with words that belong to them."""


@pytest.fixture
def nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody comes to what stays, and whoever waits for people is interrupted at once."""

    def interrupt(_: float) -> None:
        raise KeyboardInterrupt

    def visit(server: Server) -> None:
        with server:
            watcher = getattr(server._server.application, "_watcher", None)
            while watcher and watcher._written is None and "problem" not in watcher.last[1].head:
                time.sleep(0.005)  # who is interrupted in the midst of reading leaves a file open

    monkeypatch.setattr(Server, "run", visit)
    monkeypatch.setattr("hitgen.commands.preview.open_in_browser", lambda _: True)
    monkeypatch.setattr("hitgen.commands.watch.open_in_browser", lambda _: True)
    monkeypatch.setattr("hitgen.commands.preview.watch", lambda *_: None)
    monkeypatch.setattr(rehearse, "time", SimpleNamespace(sleep=interrupt))


def searching(examples: int) -> settings:
    """So many inputs: the same ones in each normal run, others in each soak."""
    return settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=examples <= EXAMPLES,
        phases=[Phase.generate, Phase.shrink],
    )


def try_verbs(study: Path, tmp_path: Path, examples: int) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(study, copy)

    @searching(examples)
    @given(st.sampled_from(sorted(set(VERBS) - set(STAYS))), st.booleans(), st.lists(WORDS, max_size=4))
    def no_traceback(verb: str, real: bool, words: list[str]) -> None:
        folder = [str(copy)] if real and verb not in ("close", "expire", "delete") else []
        assert run(verb, *folder, *words) in (0, 1, 2, 3)

    with inside(tmp_path):
        no_traceback()


TOML = st.recursive(
    st.one_of(
        st.booleans(), st.integers(), st.floats(), st.text(max_size=10),
        st.sampled_from(["\0", "..", ".", "/", "~", "images/*", "**", "[", "a" * 5000, "\u202e", "-1", "nan"]),
    ),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["kind", "name", "url", "a b", ""]), inner, max_size=3),
    max_leaves=5,
)  # fmt: skip


def toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return (
            '"'
            + "".join(sign if " " <= sign <= "~" and sign not in '"\\' else f"\\U{ord(sign):08x}" for sign in value)
            + '"'
        )
    if isinstance(value, list):
        return f"[{', '.join(map(toml, value))}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{toml(key)} = {toml(each)}" for key, each in value.items()) + "}"
    return str(value).replace("Infinity", "inf")


def try_stays(study: Path, tmp_path: Path, examples: int) -> None:
    """Verbs that stay, with odd words, over a batch of which one line, file or table is odd."""
    folder = tmp_path / "stays"
    lines = (study / "batch.toml").read_text().splitlines()
    keys = [number for number, line in enumerate(lines) if " = " in line]
    spoiled = st.sampled_from(
        ["", "", "ledger.sqlite", "collected.sqlite", "places.csv", "build/manifest.json", "plan.secret"]
    )

    @settings(
        max_examples=examples, deadline=None, database=None, derandomize=examples <= EXAMPLES, phases=[Phase.generate, Phase.shrink],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )  # fmt: skip
    @given(
        st.sampled_from(sorted(STAYS)),
        st.data(),
        st.sampled_from(keys),
        TOML,
        st.integers(0, 2),
        spoiled,
        st.binary(max_size=40),
    )
    def no_traceback(
        verb: str, data: st.DataObject, number: int, value: object, how: int, name: str, junk: bytes
    ) -> None:
        words = data.draw(st.lists(st.sampled_from(STAYS[verb]) | WORDS, max_size=3))
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(study, folder)
        if how:
            changed = list(lines)
            changed[number] = f"{changed[number].partition(' = ')[0]} = {toml(value)}"
            (folder / "batch.toml").write_bytes("\n".join(changed).encode("utf-8", "surrogatepass"))
        if name:
            (folder / name).write_bytes(junk)
        port = ["--port", "0"] if verb in ("serve", "watch") and "--port" not in words else []
        assert run(verb, str(folder), *port, *words) in (0, 1, 2, 3, 130)

    with inside(tmp_path):
        no_traceback()


def try_configs(study: Path, tmp_path: Path, examples: int) -> None:
    folder = tmp_path / "configs"
    folder.mkdir()
    for role in ("study", "training", "gold"):
        shutil.copytree(study / role, folder / role)
    lines = (study / "batch.toml").read_text().splitlines()
    keys = [number for number, line in enumerate(lines) if " = " in line]

    @settings(
        max_examples=examples, deadline=None, database=None, derandomize=examples <= EXAMPLES, phases=[Phase.generate, Phase.shrink],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )  # fmt: skip
    @given(st.sampled_from(keys), TOML, st.binary(max_size=12), st.integers(0, 3))
    def no_traceback(number: int, value: object, junk: bytes, how: int) -> None:
        changed = list(lines)
        if how < 3:
            changed[number] = f"{changed[number].partition(' = ')[0]} = {toml(value)}"
        content = "\n".join(changed).encode("utf-8", "surrogatepass")
        if how == 3:
            at = len(content) * number // len(lines)
            content = content[:at] + junk + content[at:]
        (folder / "batch.toml").write_bytes(content)
        assert run("check", str(folder), "--workers", "1") in (0, 1, 3)

    no_traceback()


def try_tables(study: Path, tmp_path: Path, examples: int) -> None:
    """What is read as CSV from people: the report's table, a manifest of sources, a review."""
    folder = tmp_path / "tables"
    shutil.copytree(study, folder)
    (folder / "results").mkdir(exist_ok=True)
    cell = st.text(st.characters(), max_size=6) | st.sampled_from(
        ["assignment", "worker", "pay", "source", "level", "1,5", "=1", "", "\ufeff"]
    )
    table = st.lists(st.lists(cell, max_size=5).map(",".join), max_size=5).map("\n".join)

    @searching(examples)
    @given(table | st.text(max_size=40), st.sampled_from(["utf-8", "utf-16", "latin-1", "utf-8-sig"]))
    def no_traceback(text: str, encoding: str) -> None:
        content = text.encode(encoding, "replace" if encoding == "latin-1" else "surrogatepass")
        (folder / "table.csv").write_bytes(content)
        (folder / "results" / "review.csv").write_bytes(content)
        assert run("report", str(folder / "table.csv"), "--out", str(tmp_path / "report.html")) in (0, 1, 2, 3)
        assert run("review", str(folder)) in (0, 1, 3)

    no_traceback()


@contextmanager
def inside(folder: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


TRIES = {"verbs": try_verbs, "configs": try_configs, "tables": try_tables, "stays": try_stays}
SLOWER = {"stays": 5}
"""Whose examples take so many times as long."""


@pytest.mark.parametrize("what", TRIES)
def test_a_fuzz_finds_none(
    study: Path, tmp_path: Path, what: str, nobody: None, capsys: pytest.CaptureFixture[str]
) -> None:
    TRIES[what](study, tmp_path, EXAMPLES // SLOWER.get(what, 1))
    assert "Traceback" not in "".join(capsys.readouterr())


@pytest.mark.soak
@pytest.mark.parametrize("what", TRIES)
def test_a_long_fuzz_finds_none(
    study: Path, tmp_path: Path, what: str, nobody: None, capsys: pytest.CaptureFixture[str]
) -> None:
    TRIES[what](study, tmp_path, LONG // SLOWER.get(what, 1))
    assert "Traceback" not in "".join(capsys.readouterr())


# Terminals, environments and moments


def program(*arguments: str, redirect: str = "", **environment: str) -> subprocess.CompletedProcess[bytes]:
    words = " ".join(f"'{word}'" for word in (sys.executable, "-m", "hitgen", *arguments))
    root = {"PYTHONPATH": str(Path(__file__).parents[1])}
    given = {name: value for name, value in {**os.environ, **root, **environment}.items() if value != "UNSET"}
    return subprocess.run(
        ["bash", "-c", f"{words} {redirect}"], capture_output=True, env=given, check=False, timeout=120
    )


def test_a_name_that_is_no_text(study: Path) -> None:
    for arguments in (["check", "\udcff"], ["forget", str(study), "\udcff"], ["\udcff"], ["report", "\udcff"]):
        done = program(*arguments)
        assert done.returncode in (1, 2) and b"Traceback" not in done.stderr and done.stderr


@pytest.mark.parametrize(
    ("redirect", "environment"),
    [
        ("", {"PYTHONIOENCODING": "ascii"}),
        ("", {"PYTHONIOENCODING": "utf-16"}),
        ("", {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}),
        ("", {"HOME": "UNSET", "USER": "UNSET", "LANG": "UNSET", "TERM": "UNSET"}),
        ("", {"HOME": "/nowhere", "TMPDIR": "/nowhere"}),
        ("", {"COLUMNS": "1"}),
        ("<&-", {}),
        (">&-", {}),
        ("2>&-", {}),
        ("<&- >&- 2>&-", {}),
        (">/dev/full", {}),
        (">/dev/full 2>/dev/full", {}),
        ("| head -c 1", {}),
        ("< <(printf '\\377\\376')", {}),
    ],
)
@pytest.mark.parametrize("verb", ["forget", "--help"])
def test_whatever_the_terminal_is(study: Path, verb: str, redirect: str, environment: dict[str, str]) -> None:
    arguments = {"forget": [verb, str(study), "\u00fc\u202e"], "--help": [verb]}[verb]
    done = program(*arguments, redirect=redirect, **environment)
    assert b"Traceback" not in done.stdout + done.stderr and b"Exception ignored" not in done.stderr
    assert done.returncode in (0, 1, 3)


FROM_THE_START = """
import signal, sys
signal.signal(signal.SIGINT, signal.SIG_DFL)  # as the first lines of hitgen do; before them Python has itself to load
print(flush=True)
from hitgen.__main__ import main
sys.exit(main())
"""


@pytest.mark.parametrize("name", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_at_any_moment_ends_in_words_or_silence(study: Path, name: signal.Signals) -> None:
    rng = random.Random(int(name))
    for moment_s in [0.0, 0.05, 0.1, 0.15, 0.2, 0.25, *(rng.uniform(0.2, 1.5) for _ in range(4))]:
        command = [sys.executable, "-c", FROM_THE_START, "check", str(study)]
        root = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=root) as process:
            assert process.stdout is not None and process.stdout.readline() == b"\n"
            time.sleep(moment_s)
            process.send_signal(name)
            said, wrong = process.communicate(timeout=60)
            assert b"Traceback" not in said + wrong, moment_s
            assert process.returncode in (0, 130, -name, 3), moment_s
