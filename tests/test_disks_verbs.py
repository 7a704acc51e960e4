"""Verbs whose disk fails at any write, as people call them: a message that is true, and the same outcome once it is back."""

from __future__ import annotations

import json
import shutil
import sqlite3
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from hitgen import cli
from hitgen.build import build
from hitgen.collector.server import Server
from hitgen.commands import rehearse
from hitgen.preview import watch
from tests.support.batches import grid, link_batch, places, write_batch
from tests.support.disks import TRUE, WEATHER, Disk, failing
from tests.support.figures import write_figures
from tests.support.servers import collecting, free_port
from tests.support.small_study import SmallStudy, xml

TOML = "[screening]\ngold_answers_min = 1\n"
VERBS: dict[str, tuple[str, ...]] = {
    "init": ("init", "{new}", "--images", "{batch}/study"),
    "init-gold": ("init", "{new}", "--images", "{batch}/study", "--gold", "{photo}"),
    "gold": ("gold", "{batch}", "--source", "{photo}", "--onset", "3", "--yes"),
    "check": ("check", "{batch}", "--workers", "1"),
    "build": ("build", "{batch}", "--workers", "1"),
    "preview": ("preview", "{built}"),
    "eject": ("eject", "{batch}", "templates/texts/en.toml"),
    "simulate": ("simulate", "{built}", "--people", "2"),
    "rehearse": ("rehearse", "{built}"),
    "serve": ("serve", "{own}", "--port", "0", "--hand-out"),
    "watch": ("watch", "{study}", "--port", "0", "--no-open"),
    "fetch": ("fetch", "{own}"),
    "import": ("import", "{own}", "{answers}"),
    "import-offline": ("import", "{built}", "{saved}"),
    "review": ("review", "{study}"),
    "report": ("report", "{study}"),
    "export": ("export", "{study}", "--no-figures"),
    "forget": ("forget", "{study}", "A1"),
    "completion": ("completion", "bash"),
}
EVERY = {"rehearse": 97, "build": 67, "check": 67, "preview": 67, "init-gold": 97, "gold": 31}
"""Long verbs are struck at fewer of their writes in every run."""
NAMES = ("batch", "built", "study", "own", "new", "answers", "saved")
ONCE = {"init", "init-gold", "gold", "eject", "forget"}
"""They refuse to do again what is done."""
READS = {"check", "watch", "completion", "status"}
"""They write nothing that anybody needs."""


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What verbs work on: a batch, a built one, a study with answers, and one of people of one's own that is out."""
    folder = tmp_path_factory.mktemp("template")
    write_batch(folder / "batch", TOML, size=(64, 48), study=1)
    config = folder / "batch" / "batch.toml"
    config.write_text(config.read_text().replace("radius_px = 20", "radius_px = 5"))
    study = SmallStudy(folder / "study", toml=TOML, pages=1)
    study.hand_in([("p0001", f"ASG{n}", f"A{n}", xml(study.answer("p0001", f"ASG{n}", f"A{n}"))) for n in range(3)])
    port = free_port()
    link_batch(folder / "own", port)
    shutil.copytree(folder / "own", folder / "built")
    for name in ("built", "own"):
        build(folder / name, workers=1)
    with collecting(folder / "own", port) as server:
        assert cli.main(["publish", str(folder / "own")]) == 0
        first, second, third = (row["url"].split("assignmentId=")[1] for row in places(folder / "own"))
        assert send(server.address, answer(third)) == 200
    (folder / "answers").mkdir()
    for name in (first, second):
        (folder / "answers" / f"{name}.json").write_bytes(answer(name))
    for name in ("Ann", "Bob"):
        (folder / "saved" / name).mkdir(parents=True)
        (folder / "saved" / name / "a.json").write_bytes(answer("", seen=name))
    grid(64, 48, seed=99).save(folder / "photo.png")
    return folder


def answer(place: str, **more: Any) -> bytes:
    return json.dumps(
        {"schema": 1, "batch": "small", "page": "p0001", "assignment": place, "trials": [], **more}
    ).encode()


def send(address: str, body: bytes) -> int:
    request = urllib.request.Request(f"{address}/results", body, {"Origin": "null"}, method="POST")
    return asked(request)


def asked(request: urllib.request.Request | str) -> int:
    try:
        with urllib.request.urlopen(request, timeout=30) as found:
            return int(found.status)
    except urllib.error.HTTPError as error:
        return error.code


class People:
    """What comes to a server that a verb begins, and to a rehearsal: answers and looks, until all of them got through."""

    def __init__(self, place: Path, patch: pytest.MonkeyPatch) -> None:
        self._place, self.disk, self.answered = place, Disk(), Counter[int]()
        patch.setattr(Server, "run", lambda server: self._meet(server))
        patch.setattr(rehearse.time, "sleep", self._rehearse)
        patch.setattr("hitgen.commands.preview.open_in_browser", lambda _: True)

    def _meet(self, server: Server) -> None:
        with server:
            if "WatchPage" in repr(server._server.application):
                self._until_well(lambda: asked(f"{server.address}/state"))
            else:
                name = places(self._place / "own")[0]["url"].split("assignmentId=")[1]
                self._until_well(lambda: send(server.address, answer(name)))
                self._until_well(lambda: asked(f"{server.address}/go"))

    def _rehearse(self, seconds: float) -> None:
        if seconds != rehearse.LOOK_EVERY_S:
            return
        rows = places(self._place / "built" / "build" / "rehearsal")
        address, _, rest = rows[0]["url"].partition("/small/")
        self._until_well(lambda: send(address, answer(rest.split("assignmentId=")[1])))
        raise KeyboardInterrupt

    def _until_well(self, ask: Callable[[], int]) -> None:
        code = ask()
        self.answered[code] += 1
        if code != 200:
            self.disk.fails_at = None
            assert ask() == 200, "the same server takes it once its disk is back"


def content_of(folder: Path) -> dict[str, Any]:
    """The files of a folder by their lengths and its databases by their rows; what only saves time is left out."""
    found: dict[str, Any] = {}
    for path in sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()):
        name = path.relative_to(folder).as_posix()
        # Left where nothing could be removed; sealed for a port.
        if ".part" in name or ".unfinished" in name or "rehearsal/published" in name:
            continue
        if name.endswith(".sqlite"):
            found[name] = rows_of(path)
        elif not name.endswith((".secret", "-wal", "-shm", ".parquet", ".lock")) and "cache" not in name:
            found[name] = len(path.read_bytes())
    return found


def rows_of(path: Path) -> dict[str, int]:
    """How many rows each table has; what is only counted, such as junk, is left out."""
    with closing(sqlite3.connect(path)) as database:
        tables = [row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {
            name: database.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]
            for name in tables
            if name not in ("counts", "facts")
        }


@pytest.fixture
def people(tmp_path: Path) -> Iterator[Callable[[Path], People]]:
    with pytest.MonkeyPatch.context() as patch:
        yield lambda place: People(place, patch)


def storm(
    folder: Path, template: Path, verb: str, every: int, people: Any, capsys: pytest.CaptureFixture[str]
) -> dict[str, int]:
    """Each trouble in turn at every so-manieth write of a verb, and the verb again once it is over; how often it struck."""

    def fresh(number: int) -> tuple[People, Path, list[str]]:
        place = folder / f"n{number:04d}" / "same"
        shutil.copytree(template, place)
        names = {name: str(place / name) for name in NAMES} | {"photo": str(place / "photo.png")}
        return people(place), place, [word.format(**names) for word in VERBS[verb]]

    met, calm, arguments = fresh(0)
    with failing(met.disk):
        code = cli.main(arguments)
    assert code == 0, "".join(capsys.readouterr())
    wanted, most = content_of(calm), met.disk.writes
    capsys.readouterr()
    figures = Counter(steps=most)
    for number, step in enumerate(range(0, most, every), start=1):
        trouble, lasts = WEATHER[number % len(WEATHER)]
        met, place, arguments = fresh(number)
        met.disk.trouble, met.disk.fails_at, met.disk.lasts = trouble, step, lasts
        with failing(met.disk) as disk:
            failed = cli.main(arguments)
        case, said = (verb, trouble, lasts, step, disk.struck[:3]), "".join(capsys.readouterr())
        told = any(words in said for words in (*TRUE[trouble], "cannot write where it keeps answers"))
        # What only saves time, or is shown on the screen anyway, may stay unwritten.
        assert told or failed == code, (*case, said)
        # A file is first written under another name beside its own.
        named = any(str(Path(each).parent) in said for each in disk.struck) or "the collector at" in said
        assert not told or failed == code or named, (*case, said)
        assert "Traceback" not in said and "restoring it from a copy" not in said, (*case, said)
        if failed != code or verb not in ONCE:
            assert cli.main(arguments) == code, (*case, "".join(capsys.readouterr()))
        capsys.readouterr()
        assert content_of(place) == wanted, case
        stuck = {Path(each).name for each in disk.struck}
        assert not [left for left in place.rglob("*.part") if left.name not in stuck], case
        figures["struck"] += bool(disk.struck)
        figures["ended"] += failed != code
        figures["unable"] += sum(count for answered, count in met.answered.items() if answered != 200)
        shutil.rmtree(place.parent)
    return dict(figures)


@pytest.mark.parametrize("verb", VERBS)
def test_a_disk_that_fails_under_a_verb(
    tmp_path: Path, template: Path, verb: str, people: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    found = storm(tmp_path, template, verb, EVERY.get(verb, 23), people, capsys)
    assert verb in READS or found["struck"] > 0


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("verb", VERBS)
def test_a_long_storm_of_disks_under_a_verb(
    tmp_path: Path, template: Path, verb: str, people: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    write_figures(f"disks-{verb}", storm(tmp_path, template, verb, 1, people, capsys))


def test_a_preview_goes_on_once_the_disk_is_back(
    tmp_path: Path, template: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, told = Path(shutil.copytree(template / "batch", tmp_path / "batch")), list[str]()
    monkeypatch.setattr("hitgen.preview.POLL_S", 0)
    disk = Disk("full", 0)

    def rounds() -> Iterator[int]:
        yield 0
        disk.fails_at = None
        (folder / "batch.toml").touch()
        yield 1

    with failing(disk):
        watch(folder, {}, told.append, rounds())
    assert "No space left" in told[0] and told[1].startswith("rebuilt: 1 of 1 pages")


def test_every_verb_goes_through_a_storm() -> None:
    """Those that are not here are in `test_disks.py`, on a study that they change one after the other."""
    elsewhere = {"publish", "topup", "extend", "expire", "delete", "close", "status"}
    assert {row[0] for row in VERBS.values()} | elsewhere == set(cli.VERBS)
