"""Forgetting a worker reaches every file that was made from the ledger."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import polars
import pytest

from hitgen import cli
from hitgen.collector.inbox import Inbox
from hitgen.collector.tickets import Tickets
from hitgen.commands.delete import ended_lines
from hitgen.errors import InputError
from hitgen.ledger.ledger import Ledger
from hitgen.ledger.totals import totals
from hitgen.lib.clock import utc_now
from hitgen.publishing.end import delete, expire
from hitgen.publishing.publication import open_account, open_publication
from hitgen.publishing.publish import plan_publication, publish
from hitgen.publishing.status import status
from hitgen.results.export import export
from hitgen.results.forget import forget
from hitgen.results.review import propose
from hitgen.results.reviewfile import read_review, review_path, write_review
from hitgen.results.study import read_study
from hitgen.serve import open_collector
from tests.support.batches import places
from tests.support.published import published
from tests.support.servers import own_people
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


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (" WLEAVES", "nobody is called ' WLEAVES'; try 'WLEAVES'"),
        ("wleaves", "nobody is called 'wleaves'; try 'WLEAVES'"),
        ("AL", "'AL' is an assignment, of the worker 'WLEAVES'; try 'WLEAVES'"),
    ],
)
def test_who_was_meant_is_said_and_nothing_is_touched(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], given: str, told: str
) -> None:
    study(tmp_path)
    before = review_path(tmp_path).read_bytes()
    assert cli.main(["forget", str(tmp_path), given]) == 1
    assert capsys.readouterr().err.strip() == f"hitgen: forget: WORKER: {told}"
    assert review_path(tmp_path).read_bytes() == before
    assert cli.main(["forget", str(tmp_path), "WLEAVES"]) == 0
    assert cli.main(["forget", str(tmp_path), "WLEAVES"]) == 0


def test_an_id_of_nobody_is_told_with_those_that_are_like_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name = study(tmp_path)
    assert cli.main(["forget", str(tmp_path), name]) == 1
    said = f"hitgen: forget: WORKER: {name!r} is what an export calls the worker 'WLEAVES'; try 'WLEAVES'\n"
    assert capsys.readouterr().err == said
    assert cli.main(["forget", str(tmp_path), "WLEAVE"]) == 0
    nobody = "0 rows erased: nobody here is called 'WLEAVE', whose answers will not be taken in either"
    assert capsys.readouterr().out == f"{nobody}; those here that are most like it: 'WLEAVES'\n"
    assert cli.main(["forget", str(tmp_path), "A0XYZ"]) == 0
    assert "most like it" not in capsys.readouterr().out
    assert cli.main(["forget", str(tmp_path), "A0XYZ"]) == 0
    assert capsys.readouterr().out.startswith("0 rows erased: 'A0XYZ' was forgotten before\n")
    assert len(read_review(tmp_path)) == 2


@pytest.mark.parametrize("given", ["p0001", "use", "study", "yes", "no", ""])
def test_words_of_the_review_file_are_no_names_of_people(tmp_path: Path, given: str) -> None:
    study(tmp_path)
    before = review_path(tmp_path).read_bytes()
    assert cli.main(["forget", str(tmp_path), given]) == (0 if given else 1)
    assert review_path(tmp_path).read_bytes() == before


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


@pytest.fixture
def people(tmp_path: Path) -> Iterator[Path]:
    """A study of three people of one's own, published, none of whom has handed in."""
    with own_people(tmp_path) as folder:
        with open_publication(folder) as publication:
            publish(publication, plan_publication(publication))
        yield folder


def names_of(folder: Path) -> list[str]:
    """The places, in order of the participants."""
    return [row["url"].split("assignmentId=")[1] for row in places(folder)]


def answer_of(name: str) -> bytes:
    return json.dumps({"schema": 1, "batch": "demo", "page": "p0001", "assignment": name, "trials": []}).encode()


def deliver(folder: Path, name: str) -> None:
    with Inbox(folder / "collected.sqlite", "demo", lambda _: True) as inbox:
        inbox.add(answer_of(name), "collector", utc_now())


def taken(folder: Path) -> int:
    with open_account(folder) as account:
        status(account)
        return totals(account.ledger, account.now()).taken["p0001.1"]


def holding(folder: Path, words: list[str]) -> list[str]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [path.name for path in files if any(word.encode() in path.read_bytes() for word in words)]


@pytest.mark.parametrize("fetched", [True, False])
def test_the_next_answer_of_the_hit_is_fetched_and_nothing_of_the_person_stays(people: Path, fetched: bool) -> None:
    one, two, _ = names_of(people)
    codes = [row["code"] for row in places(people)]
    deliver(people, one)
    if fetched:
        assert taken(people) == 1
        with open_account(people) as account:
            account.recruiter.approve(one)
    with Inbox(people / "collected.sqlite", "demo") as inbox:
        Tickets(inbox).issue(["P0001"], "ticket", utc_now(), timedelta(days=1))
    shutil.copy(people / "ledger.sqlite", people / "backup of the ledger.sqlite")
    assert cli.main(["forget", str(people), "P0001"]) == 0
    left = holding(people, ["P0001", one, codes[0]])
    assert left in ([], ["backup of the ledger.sqlite"])
    deliver(people, two)
    assert taken(people) == 1 + fetched
    with Ledger(people / "ledger.sqlite") as ledger:
        assert [row.worker for row in ledger.submissions()] == ["P0002"]
        assert [participant for _, participant in ledger.book.seats()] == [0, 2, 3]
    assert [row["participant"] for row in places(people)] == ["P0002", "P0003"]


@pytest.mark.parametrize("delivered", [True, False])
def test_what_a_page_of_somebody_forgotten_sends_later_is_not_kept(people: Path, delivered: bool) -> None:
    """The page is still open in their browser; another try of it, or their first one, comes after they took all back."""
    one, two, _ = names_of(people)
    if delivered:
        deliver(people, one)
    assert cli.main(["forget", str(people), "P0001"]) == 0
    deliver(people, one)
    with open_collector(people) as (_, inbox):
        assert (inbox.state_of(one), inbox.state_of(two)) == ("unknown", "free")
        for way in ("collector", "import", "s3"):
            assert inbox.add(answer_of(one), way, utc_now()) == "unknown-place"
        assert inbox.add(answer_of(two), "collector", utc_now()) == "stored"
    assert cli.main(["forget", str(people), "P0001"]) == 0
    assert taken(people) == 1
    assert holding(people, [one]) == []


def test_a_forgotten_participants_number_goes_to_nobody(people: Path) -> None:
    assert cli.main(["forget", str(people), "P0001"]) == 0
    with open_publication(people) as publication:
        plan = plan_publication(publication, {"p0001": 2})
        publish(publication, plan)
    assert [row["participant"] for row in places(people)] == ["P0002", "P0003", "P0004", "P0005"]


def test_a_copy_of_the_ledger_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    study(tmp_path)
    shutil.copy(tmp_path / "ledger.sqlite", tmp_path / "before.sqlite")
    (tmp_path / "saved").mkdir()
    (tmp_path / "saved" / "1.json").write_text('{"worker": "WLEAVES"}')
    assert cli.main(["forget", str(tmp_path), "WLEAVES"]) == 0
    said = capsys.readouterr().out
    assert "before.sqlite still names" in said and "1.json still names" in said
    assert "ledger.sqlite still names" not in said.replace("before.sqlite", "")


def test_unjudged_work_of_the_forgotten_keeps_no_hit(tmp_path: Path) -> None:
    with published(tmp_path, study=1, pages=1) as made:
        mine = made.work("p0001", "AFORGOTTEN")
        made.work("p0001", "ASTAYS")
        assert made.fetch().new == 2
        folder = made.small.folder
        assert cli.main(["forget", str(folder), "AFORGOTTEN"]) == 0
        with open_account(folder) as account:
            before = totals(account.ledger, account.now()).committed_usd
            expire(account)
            assert "not judged" in delete(account).left["p0001.1"]
            for row in list(account.ledger.submissions()):
                account.recruiter.approve(row.assignment)
            ended = delete(account)
            assert not ended.left and ended.approved == 1
            assert ended_lines(ended)[1].startswith("1 submission of forgotten workers approved")
            after = totals(account.ledger, account.now())
        assert made.states()[mine] == "Approved"
        assert after.paid_usd == after.committed_usd == before * 2 / 5


def test_a_mistyped_folder_is_called_what_it_is(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"it is no batch folder: there is no batch.toml"):
        forget(tmp_path / "mistyped", "A1")
