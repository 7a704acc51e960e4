"""What holds ids, secrets or answers is its owner's alone, whatever the umask and whatever was there before."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from hitgen import cli
from hitgen.collector.inbox import Inbox
from hitgen.config.hosts import FolderHost
from hitgen.doubles.mturk.marketplace import Marketplace
from hitgen.hosts.base import HostedFile
from hitgen.hosts.folder import Folder
from hitgen.ledger.access import locked
from hitgen.ledger.ledger import Ledger
from hitgen.lib.files import private_folder, write_whole
from hitgen.publishing.publication import open_publication
from hitgen.publishing.publish import plan_publication, publish
from tests.support.batches import make_batch
from tests.support.servers import serving
from tests.support.small_study import SmallStudy, xml

OLD = Path(__file__).parent / "data" / "upgrade"


@pytest.fixture(autouse=True)
def open_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def modes(folder: Path) -> dict[str, str]:
    """The mode of everything in a folder by its path."""
    return {path.relative_to(folder).as_posix(): oct(path.stat().st_mode & 0o777) for path in folder.rglob("*")}


def others_may(folder: Path) -> set[str]:
    """What others than its owner may read, write or look into."""
    return {name for name, mode in modes(folder).items() if int(mode, 8) & 0o077}


def opened_up(folder: Path) -> None:
    """As an earlier hitgen left it under a careless umask."""
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o777 if path.is_dir() else 0o666)


def test_a_database_its_log_and_its_lock_are_private(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    with locked(path), Ledger(path):
        wanted = {"ledger.sqlite", "ledger.sqlite-wal", "ledger.sqlite-shm", "ledger.sqlite.lock"}
        assert modes(tmp_path).keys() >= wanted
        assert others_may(tmp_path) == set()


def test_a_file_is_private_while_it_is_written(tmp_path: Path) -> None:
    def content() -> Iterator[bytes]:
        yield b"a"
        assert len(modes(tmp_path)) == 1 and others_may(tmp_path) == set()

    write_whole(tmp_path / "a", content(), private=True)


def test_a_database_that_was_open_to_all_is_closed_with_what_a_kill_left_beside_it(tmp_path: Path) -> None:
    for name, opened in (("a.sqlite", Ledger), ("b.sqlite", lambda path: Inbox(path, "demo"))):
        path = tmp_path / name
        before = sqlite3.connect(path, isolation_level=None)
        before.execute("PRAGMA journal_mode = WAL")
        before.execute("CREATE TABLE left_over (a)")
        opened_up(tmp_path)
        with opened(path):
            assert not {found for found in others_may(tmp_path) if found.startswith(name)}
        before.close()


def test_what_a_folder_of_an_earlier_hitgen_holds_is_closed_by_whatever_writes_it_again(tmp_path: Path) -> None:
    folder = tmp_path / "study"
    shutil.copytree(OLD / "link", folder)
    shutil.copytree(OLD / "packs", folder / "build" / "packs")
    opened_up(folder)
    for verb in ("review", "export", "report"):
        assert cli.main([verb, str(folder)]) == 0
    private = ("ledger", "collected", "places", "results")
    left = {name for name in others_may(folder) if name.startswith(private) and name.count("/") < 2}
    assert left == set() and (folder / "places.csv").exists()


def test_published_pages_are_for_all_and_everything_about_people_is_not(tmp_path: Path) -> None:
    with serving(tmp_path / "batch" / "published") as url:
        results = f'results = {{kind = "collector", url = "{url}/c/"}}'
        folder = make_batch(
            tmp_path / "batch", [{"study": ["a"], "assignments": 2}], f'kind = "folder"\nbase_url = "{url}"'
        )
        config = folder / "batch.toml"
        config.write_text(config.read_text().replace('kind = "mturk"', f'kind = "link"\n{results}'))
        with open_publication(folder) as publication:
            publish(publication, plan_publication(publication))
            assert {"ledger.sqlite", "collected.sqlite", "places.csv"} & others_may(folder) == set()
    readable = others_may(folder)
    assert {"published", "build", "build/pages"} < readable
    assert {mode for name, mode in modes(folder).items() if name.startswith("published")} <= {"0o755", "0o644"}
    assert {name for name in readable if name.endswith((".html", ".pack"))}
    assert not {name for name in readable if name.startswith(("ledger", "collected", "places", "results"))}


def test_review_export_report_and_simulation_are_private(tmp_path: Path) -> None:
    small = SmallStudy(tmp_path)
    small.hand_in([("p0001", "A1", "W1", xml(small.answer("p0001", "A1", "W1")))])
    for verb in ("review", "export", "report"):
        assert cli.main([verb, str(tmp_path)]) == 0
    opened_up(tmp_path / "results")
    for verb in ("review", "export", "report"):
        assert cli.main([verb, str(tmp_path)]) == 0
    for path in tmp_path.glob("ledger*"):
        path.unlink()
    assert cli.main(["simulate", str(tmp_path), "--people", "2"]) == 0
    mine = {name for name in others_may(tmp_path) if name.startswith(("results", "ledger", "simulation"))}
    assert mine == set()
    assert (tmp_path / "simulation").is_dir() and (tmp_path / "results" / "export" / "analysis").is_dir()


def test_pages_are_for_a_web_server_whatever_the_umask_keeps_from_others(tmp_path: Path) -> None:
    os.umask(0o077)
    (tmp_path / "a.html").write_text("a")
    page = HostedFile("demo/pages/a.html", tmp_path / "a.html", "0" * 64, "text/html")
    Folder(FolderHost(kind="folder"), tmp_path, "demo").put(page)
    assert modes(tmp_path / "published") == {"demo": "0o755", "demo/pages": "0o755", "demo/pages/a.html": "0o644"}
    assert oct((tmp_path / "published").stat().st_mode & 0o777) == "0o755"


@pytest.mark.parametrize(("before", "after"), [(0o600, 0o600), (0o640, 0o640), (0o644, 0o644), (0o444, 0o644)])
def test_what_is_written_again_is_open_to_no_more_people(tmp_path: Path, before: int, after: int) -> None:
    """batch.toml has the right answers once `hitgen gold` was there, and somebody shut it."""
    path = tmp_path / "batch.toml"
    path.write_text("a")
    path.chmod(before)
    write_whole(path, b"b")
    assert path.stat().st_mode & 0o777 == after
    write_whole(path, b"c", private=True)
    assert path.stat().st_mode & 0o777 == 0o600


def test_behind_a_link_the_file_itself_is_written(tmp_path: Path) -> None:
    """A copy that stayed behind would still hold whoever was forgotten."""
    shared, folder = tmp_path / "shared", tmp_path / "results"
    shared.mkdir()
    folder.mkdir()
    (shared / "review.csv").write_text("somebody")
    (folder / "review.csv").symlink_to(shared / "review.csv")
    write_whole(folder / "review.csv", b"nobody", private=True)
    assert (shared / "review.csv").read_text() == "nobody" and (folder / "review.csv").is_symlink()
    assert [path.name for path in (*shared.iterdir(), *folder.iterdir())] == ["review.csv"] * 2
    (folder / "gone.csv").symlink_to(shared / "nowhere" / "gone.csv")
    write_whole(folder / "gone.csv", b"here")
    assert not (folder / "gone.csv").is_symlink() and (folder / "gone.csv").read_text() == "here"


def test_the_marketplace_of_a_rehearsal_is_private(tmp_path: Path) -> None:
    with Marketplace(tmp_path / "marketplace.sqlite"):
        assert others_may(tmp_path) == set()


def test_a_build_shows_its_pages_and_not_its_answers(tmp_path: Path) -> None:
    from hitgen.build import build
    from tests.support.batches import write_batch

    folder = write_batch(tmp_path / "batch")
    build(folder, workers=1)
    readable = others_may(folder)
    assert "build/manifest.json" not in readable and "build/pages/p0001.html" in readable


def test_what_its_owner_may_not_stays_so(tmp_path: Path) -> None:
    folder = tmp_path / "results"
    folder.mkdir(mode=0o555)
    private_folder(folder)
    assert folder.stat().st_mode & 0o777 == 0o500
    folder.chmod(0o700)
    write_whole(folder / "a", b"1", private=True)
    assert others_may(folder) == set()
