"""A new user's way from a folder of images to a page, by the README's own verbs."""

from __future__ import annotations

import itertools
import json
import os
import shlex
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from hitgen import cli
from hitgen.batch.new import ejectable
from hitgen.cli import main
from hitgen.lib import shipped
from hitgen.preview import _serve, folder_state, page_address, watch
from tests.bench.build import photographs

pytestmark = pytest.mark.long


@pytest.fixture
def photos(tmp_path: Path) -> list[Path]:
    return photographs(tmp_path / "photos", 2, 320)


def fill_in(folder: Path) -> None:
    path = folder / "batch.toml"
    text = path.read_text().replace("FILL IN: ", "").replace("levels = 100", "levels = 20")
    path.write_text(text.replace("# accept_flash_hazard", "accept_flash_hazard"))


def test_from_a_folder_to_pages_with_gold(
    tmp_path: Path, photos: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "study"
    assert main(["init", str(folder), "--images", str(photos[0].parent)]) == 0
    assert main(["init", str(folder), "--images", str(photos[0].parent)]) == 1
    assert "exists and is not empty; try another name" in capsys.readouterr().err
    assert main(["check", str(folder)]) == 1
    said = capsys.readouterr().err
    assert all(
        f"batch.toml: consent.{key}: it is still to be filled in" in said
        for key in ("contact", "approval", "retention")
    )
    fill_in(folder)
    extra = photographs(tmp_path / "extra", 4, 320)[2:]
    for role, source in zip(("training", "gold"), extra, strict=True):
        arguments = ["gold", str(folder), "--source", str(source), "--role", role, "--onset", "5"]
        before = (folder / "batch.toml").read_text()
        assert main(arguments) == 0
        assert "Nothing was added" in capsys.readouterr().out
        assert (folder / "batch.toml").read_text() == before
        assert main([*arguments, "--yes"]) == 0
        assert main([*arguments, "--yes"]) == 1
    text = (folder / "batch.toml").read_text()
    assert "\ntraining = 1 " in text and "\ngold = 1 " in text
    capsys.readouterr()
    assert main(["check", str(folder), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["pages"], found["trials"]) == (1, 4)
    assert (found["people"], found["ratings"], found["usable"], found["warnings"]) == (43, 86, 86, [])
    assert main(["build", str(folder)]) == 0
    first = {path: path.read_bytes() for path in (folder / "build").rglob("*") if path.is_file()}
    assert main(["build", str(folder), "--json"]) == 0
    again = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert (again["pages_written"], again["ladders_encoded"]) == (0, 0)
    for path in itertools.chain((folder / "build").rglob("*"), (folder / "cache").rglob("*")):
        if path.is_file():
            path.unlink()
    assert main(["build", str(folder)]) == 0
    assert {path: path.read_bytes() for path in (folder / "build").rglob("*") if path.is_file()} == first


def test_preview_rebuilds_until_ctrl_c(tmp_path: Path, photos: list[Path]) -> None:
    folder = tmp_path / "study"
    main(["init", str(folder), "--images", str(photos[0].parent)])
    fill_in(folder)
    command = [sys.executable, "-u", "-m", "hitgen", "preview", str(folder), "--watch"]
    nobody = {**os.environ, "BROWSER": "true"}
    with subprocess.Popen(command, env=nobody, stdout=subprocess.PIPE, text=True) as process:
        lines = iter(process.stdout.readline, "")  # type: ignore[union-attr]
        assert any("Watching for changes" in line for line in lines)
        config = folder / "batch.toml"
        config.write_text(config.read_text().replace("seed = 7 ", "seed = 8 "))
        assert any("rebuilt: " in line for line in lines)
        process.send_signal(signal.SIGINT)
        assert process.wait(60) in (0, 130)


def test_a_browser_that_leaves_a_preview_is_nothing_to_talk_about(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As one whose tab is closed while it loads a pack: the terminal showed a traceback."""
    (tmp_path / "large.pack").write_bytes(bytes(40_000_000))
    host, _, port = _serve(tmp_path).removeprefix("http://").partition(":")
    before = set(threading.enumerate())
    with socket.create_connection((host, int(port)), timeout=30) as browser:
        browser.sendall(b"GET /large.pack HTTP/1.1\r\nHost: a\r\n\r\n")
        assert browser.recv(9) == b"HTTP/1.0 "
        (answering,) = set(threading.enumerate()) - before
    answering.join(30)
    assert not answering.is_alive() and capsys.readouterr().err == ""


def test_preview_watches_and_a_template_of_ones_own_wins(
    tmp_path: Path, photos: list[Path], capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "study"
    main(["init", str(folder), "--images", str(photos[0].parent)])
    fill_in(folder)
    before = folder_state(folder)
    assert main(["build", str(folder)]) == 0
    address = page_address(folder, None)
    assert address.startswith("file:") and address.endswith("/build/pages/p0001.html")

    def rounds():
        yield 0
        assert main(["eject", str(folder), "parts/done.html"]) == 0
        assert main(["eject", str(folder), "parts/done.html"]) == 1
        path = folder / "templates" / "parts" / "done.html"
        path.write_text(path.read_text().replace("<h1", '<h1 class="mine"'))
        os.utime(path)
        yield 1

    told: list[str] = []
    watch(folder, before, told.append, rounds())
    assert told == ["rebuilt: 1 of 1 pages are new; reload the browser"]
    assert '<h1 class="mine"' in (folder / "build" / "pages" / "p0001.html").read_text()
    capsys.readouterr()
    assert main(["eject", str(folder), "flicker"]) == 1
    assert "try one of templates/layouts/flicker.html, " in capsys.readouterr().err
    assert main(["eject", str(folder), "quite another"]) == 1
    assert len(capsys.readouterr().err) < 1500, "nobody reads a list of all that there is"
    assert main(["eject", str(folder), "parts/dome.html"]) == 1
    assert 'try "templates/parts/done.html"' in capsys.readouterr().err
    assert "templates/layouts/side.html" in ejectable() and "assets/runtime/main.js" in ejectable()


def test_every_example_is_taken(capsys: pytest.CaptureFixture[str]) -> None:
    for name, (_, _, words) in cli.VERBS.items():
        given = cli._parser().parse_args([name, *shlex.split(words)])
        assert given.run, name


@pytest.mark.parametrize(("typed", "meant"), [("chek", "check"), ("reveiw", "review"), ("pubish", "publish")])
def test_an_unknown_verb_is_guessed(typed: str, meant: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([typed, "study"])
    assert ended.value.code == 2
    assert f"there is no verb '{typed}'; did you mean `hitgen {meant}`?" in capsys.readouterr().err


def test_help_tells_verbs_in_the_order_of_work_and_each_with_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["help"])
    told = capsys.readouterr().out
    assert ended.value.code == 0
    places = [told.index(f"\n  {name} ") for name in cli.VERBS]
    assert places == sorted(places)
    with pytest.raises(SystemExit):
        main(["help", "gold"])
    assert "example:\n  hitgen gold my-study" in capsys.readouterr().out


def test_a_shell_completes_verbs_and_options(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", "bash"]) == 0
    script = capsys.readouterr().out
    ask = 'COMP_WORDS=(hitgen re); COMP_CWORD=1; _hitgen; echo "${COMPREPLY[*]}"'
    done = subprocess.run(["bash", "-c", f"{script}{ask}"], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["rehearse", "review", "report"]
    assert main(["completion", "zsh"]) == 0
    assert "bashcompinit" in capsys.readouterr().out


def test_a_hint_can_be_pasted_whatever_the_folder_is_called(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "my study's"
    assert main(["check", str(folder)]) == 1
    told = capsys.readouterr().err
    command = told[told.index("`hitgen init") + 1 : told.rindex("`")]
    assert shlex.split(command) == ["hitgen", "init", str(folder), "--images", "FOLDER"]


@pytest.mark.parametrize("checkout", [True, False])
def test_an_extra_is_installed_from_where_hitgen_is(checkout: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shipped, "_is_checkout", lambda: checkout)
    words = shlex.split(shipped.install_line("heic"))
    assert words[:2] == ["pip", "install"] and words[-1].endswith("[heic]")
    assert (words[2] == "-e") is checkout


def test_every_verb_ends_with_the_command_that_comes_next() -> None:
    folder = Path(cli.__file__).parent / "commands"
    modules = {name: module for name, (module, _, _) in cli.VERBS.items() if name != "completion"}
    said = {name: (folder / f"{module}.py").read_text("utf-8") for name, module in modules.items()}
    assert [name for name, source in said.items() if "options.then(" not in source] == []
