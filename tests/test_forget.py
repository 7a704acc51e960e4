"""Forgetting a worker reaches every file that was made from the ledger."""

from __future__ import annotations

from pathlib import Path

import polars
import pytest

from hitgen import cli
from hitgen.results.export import export
from hitgen.results.review import propose
from hitgen.results.reviewfile import read_review, review_path, write_review
from hitgen.results.study import read_study
from tests.support.small_study import SmallStudy, xml


def study(folder: Path) -> str:
    """Two workers, everything made; the pseudonym of the second."""
    small = SmallStudy(folder, toml="[screening]\ngold_answers_min = 1\n")
    for worker in ("WSTAYS", "WLEAVES"):
        small.hand_in([("p0001", f"A{worker[1]}", worker, xml(small.answer("p0001", f"A{worker[1]}", worker)))])
    found = read_study(folder)
    write_review(folder, propose(found))
    export(folder)
    (folder / "results" / "report.html").write_text(found.pseudonym("WLEAVES"))
    (folder / "results" / "report-parts").mkdir()
    (folder / "results" / "report-parts" / "map.npz").write_bytes(b"\x00")
    (folder / "results" / "notes.txt").write_text(f"odd: {found.pseudonym('WLEAVES')}")
    return found.pseudonym("WLEAVES")


def test_review_export_and_report_lose_a_forgotten_worker(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    name = study(tmp_path)
    assert cli.main(["forget", str(tmp_path), "WLEAVES"]) == 0
    told = capsys.readouterr().out
    assert (
        "review.csv was written again" in told and "report.html was removed" in told and "map.npz was removed" in told
    )
    assert "notes.txt still names this worker" in told
    assert [row.worker for row in read_review(tmp_path).values()] == ["WSTAYS"]
    assert review_path(tmp_path).stat().st_mode & 0o777 == 0o600
    ratings = polars.read_parquet(tmp_path / "results" / "export" / "ratings.parquet")
    assert ratings.height == 4 and name not in ratings["worker"].to_list()
    left = [path for path in tmp_path.rglob("*") if path.is_file() and path.name != "notes.txt"]
    assert not [path for path in left if any(word.encode() in path.read_bytes() for word in (name, "WLEAVES"))]


def test_an_export_that_cannot_be_made_again_is_removed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    study(tmp_path)
    (tmp_path / "build" / "manifest.json").unlink()
    assert cli.main(["forget", str(tmp_path), "WLEAVES"]) == 0
    assert "export (11 files) was removed: make it again" in capsys.readouterr().out
    assert not list((tmp_path / "results" / "export").iterdir())


def test_a_review_saved_in_another_encoding_loses_the_worker_and_nothing_else(tmp_path: Path) -> None:
    study(tmp_path)
    path = review_path(tmp_path)
    path.write_bytes(path.read_bytes().replace(b"A1", "caf\u00e9".encode("cp1252") + b"A1") + b"\xe9\r\n")
    assert cli.main(["forget", str(tmp_path), "WLEAVES"]) == 0
    left = path.read_bytes()
    assert b"WLEAVES" not in left and b"WSTAYS" in left and left.rstrip().endswith(b"\xe9")


def test_a_review_saved_as_unicode_text_loses_the_worker_too(tmp_path: Path) -> None:
    study(tmp_path)
    path = review_path(tmp_path)
    path.write_bytes(path.read_text("utf-8-sig").replace(",", "\t").encode("utf-16"))
    assert cli.main(["forget", str(tmp_path), "WLEAVES"]) == 0
    left = path.read_text("utf-8-sig")
    assert "WLEAVES" not in left and "WSTAYS" in left
