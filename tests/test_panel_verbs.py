"""A panel's study by its verbs: published, worked, judged, brought home from another machine, forgotten, closed."""

from __future__ import annotations

import shutil
from pathlib import Path

from hitgen.cli import main
from hitgen.ledger.acts import Act
from hitgen.publishing.once import once
from hitgen.publishing.publication import open_account
from hitgen.publishing.status import status
from tests.support.batches import make_batch
from tests.support.servers import serving
from tests.test_connect import deliver, go, run

PAGES = [{"study": ["a"], "assignments": 2}, {"study": ["b"], "assignments": 2}]


def test_from_publishing_to_the_end(tmp_path: Path) -> None:
    (tmp_path / "served").mkdir()
    with serving(tmp_path / "served") as web:
        folder = make_batch(tmp_path / "batch", PAGES, f'kind = "folder"\nfolder = "../served"\nbase_url = "{web}"\n')
        kind = f'kind = "panel"\nkeep = ["s"]\nresults = {{kind = "collector", url = "{web}/c"}}\n'
        (folder / "batch.toml").write_text((folder / "batch.toml").read_text().replace('kind = "mturk"\n', kind))
        assert f"The panel's address for this study: {web}/c/go?PID=...&s=..." in run(folder)
    elsewhere = Path(shutil.copytree(folder, tmp_path / "elsewhere"))

    def came(place: Path, person: str) -> str:
        return deliver(place, go(place, f"http://x/go?PID={person}&s=secret-session-9"), worker=person)

    here, there = came(folder, "person1001"), came(elsewhere, "person2002")
    assert main(["import", str(folder), str(elsewhere / "collected.sqlite")]) == 0
    with open_account(folder) as account:
        found = status(account)
        assert {row.worker: row.assignment for row in account.ledger.submissions()} == {
            "person1001": here,
            "person2002": there,
        }
        assert (found.submitted, found.out, found.account.environment) == (2, 2, "own")
        assert once(account, Act("approve", "person1001", here)) == "Approved"
        once(account, Act("exclude", "person3003"))
    assert "cannot take part" in go(folder, "http://x/go?PID=person3003&s=1")
    assert main(["forget", str(folder), "person1001"]) == 0
    for path in folder.glob("*.sqlite*"):
        assert b"person1001" not in path.read_bytes() and b"secret-session-9" not in path.read_bytes()
    assert main(["expire", str(folder)]) == 0
    assert "All places" in go(folder, "http://x/go?PID=person4004&s=1")
