"""The ledger and its lock: what was written is there after a kill, and nothing else gets in."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from hitgen.errors import InputError
from hitgen.ledger.access import locked
from hitgen.ledger.acts import Act
from hitgen.ledger.ledger import Ledger
from hitgen.ledger.rows import SIMULATED, Binding, HitName, HitProgress, Order, Received
from hitgen.ledger.totals import totals
from hitgen.lib import sqlite
from hitgen.recruiters.memory import START

ORDER = Order("p0001.1", "p0001", "study", "https://e.org/a", 5, Decimal("1.20"), "hitgen x demo p0001.1", ("g",), True)
MADE = HitProgress("HIT1", ORDER.annotation, ORDER.url, ORDER.reward_usd, 5, 5, 0, START, START)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("p0001.2", HitName("p0001", 2)),
        ("p0001.t3", HitName("p0001", 3, topup=True)),
        ("p0012.1r2", HitName("p0012", 1, copy=2)),
        ("p0001.t1r10", HitName("p0001", 1, topup=True, copy=10)),
    ],
)
def test_a_name_of_a_hit_reads_as_it_is_written(text: str, name: HitName) -> None:
    assert HitName.of(text) == name and str(name) == text
    assert HitName.of(str(name.again())).copy == name.copy + 1


def test_an_intent_keeps_order_token_and_time_through_reopening(tmp_path: Path) -> None:
    with Ledger(tmp_path / "l.sqlite") as ledger:
        meant = ledger.intend(ORDER, "s" * 64, Decimal("7.20"), START)
    with Ledger(tmp_path / "l.sqlite") as ledger:
        (found,) = ledger.hits()
    assert found == meant
    assert (found.order, found.state, found.intended_at, found.cost_usd) == (
        ORDER,
        "intended",
        START,
        Decimal("7.20"),
    )
    assert len(found.token) == 32


def test_a_new_intent_gets_a_new_token_and_one_that_was_made_is_never_overwritten(tmp_path: Path) -> None:
    with Ledger(tmp_path / "l.sqlite") as ledger:
        first = ledger.intend(ORDER, "s", Decimal(1), START)
        ledger.refused(ORDER.hit, "no money")
        second = ledger.intend(ORDER, "s", Decimal(1), START + timedelta(hours=1))
        assert (second.attempt, second.state) == (2, "intended")
        assert first.token != second.token
        ledger.created(ORDER.hit, MADE)
        third = ledger.intend(ORDER, "s", Decimal(1), START)
        assert (third.state, third.token, third.hit_id) == ("created", second.token, "HIT1")


def test_a_ledger_is_bound_to_endpoint_and_account(tmp_path: Path) -> None:
    mine = Binding("https://a", "111", "sandbox")
    with Ledger(tmp_path / "l.sqlite") as ledger:
        ledger.bind(mine)
        ledger.bind(mine)
        for other in (
            Binding("https://b", "111", "sandbox"),
            Binding("https://a", "222", "sandbox"),
            Binding("https://a", "111", "production"),
        ):
            with pytest.raises(InputError, match="belongs to account 111 at https://a"):
                ledger.bind(other)


def test_a_ledger_of_simulated_answers_says_so_and_what_reads_it(tmp_path: Path) -> None:
    with Ledger(tmp_path / "l.sqlite") as ledger:
        ledger.bind(Binding(SIMULATED, "simulated", "local"))
        with pytest.raises(InputError, match=r"its answers are simulated.*`hitgen review`.*`hitgen publish`"):
            ledger.bind(Binding("https://a", "111", "sandbox"))


def test_every_write_is_synced(tmp_path: Path) -> None:
    with Ledger(tmp_path / "l.sqlite") as ledger:
        assert ledger._database.execute("PRAGMA synchronous").fetchone()[0] == 2
        assert ledger._database.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
        assert ledger._database.isolation_level is None


def test_what_is_no_ledger_or_too_new_is_refused(tmp_path: Path) -> None:
    broken = tmp_path / "broken.sqlite"
    broken.write_bytes(b"not a database at all" * 100)
    with pytest.raises(InputError, match="is damaged"):
        Ledger(broken)
    newer = tmp_path / "newer.sqlite"
    database = sqlite3.connect(newer)
    database.execute("PRAGMA user_version = 99")
    database.close()
    with pytest.raises(InputError, match="newer hitgen"):
        Ledger(newer)


@pytest.mark.parametrize("beside", ["", "-wal"])
def test_a_file_that_cannot_be_read_is_let_go_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, beside: str) -> None:
    opened: list[sqlite.Database] = []

    class Counted(sqlite.Database):
        def __init__(self, *given: Any, **named: Any) -> None:
            super().__init__(*given, **named)
            opened.append(self)

        def close(self) -> None:
            opened.remove(self)
            super().close()

    monkeypatch.setattr(sqlite, "Database", Counted)
    path = tmp_path / "broken.sqlite"
    for name in {"", beside}:
        path.with_name(path.name + name).write_bytes(b"not a database at all" * 100)
    with pytest.raises(InputError, match="is damaged"):
        Ledger(path, copy=True)
    assert opened == []


def test_a_transaction_that_fails_leaves_nothing(tmp_path: Path) -> None:
    with Ledger(tmp_path / "l.sqlite") as ledger:
        with pytest.raises(RuntimeError), ledger.together():
            ledger.set_fact("a", "b")
            raise RuntimeError
        assert ledger.fact("a") is None


def test_the_lock_of_a_killed_process_is_free_at_once(tmp_path: Path) -> None:
    path = tmp_path / "l.sqlite"
    code = (
        "import sys, time; from pathlib import Path; from hitgen.ledger.access import locked\n"
        "with locked(Path(sys.argv[1])): print('held', flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(InputError, match="another hitgen is at work"), locked(path):
            pass
        holder.kill()
        holder.wait()
        started = time.monotonic()
        with locked(path):
            assert time.monotonic() - started < 5


def test_a_kill_in_the_middle_of_writing_loses_nothing_that_was_reported(tmp_path: Path) -> None:
    path = tmp_path / "l.sqlite"
    code = (
        "import sys, itertools; from pathlib import Path; from hitgen.ledger.ledger import Ledger\n"
        "with Ledger(Path(sys.argv[1])) as ledger:\n"
        "    for n in itertools.count(): ledger.set_fact(f'n{n}', 'x'); print(n, flush=True)"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        for _ in range(50):
            writer.stdout.readline()
        writer.kill()
        last = 49 + len(writer.stdout.read().splitlines())
    with Ledger(path) as ledger:
        assert all(ledger.fact(f"n{n}") == "x" for n in range(last + 1))


def test_a_ledger_of_schema_1_keeps_every_act_place_and_dollar(tmp_path: Path) -> None:
    """The file was made by the last hitgen whose ledgers had schema 1: acts of every kind, done and in doubt."""
    path = tmp_path / "l.sqlite"
    with closing(sqlite3.connect(path)) as old:
        old.executescript((Path(__file__).parent / "data" / "ledger-schema-1.sql").read_text())
    for _ in range(2):
        with Ledger(path) as ledger:
            found = {intent.act: (intent.outcome, intent.done_at is not None) for intent in ledger.acts()}
            tokens = {intent.token for intent in ledger.acts()}
            sums = totals(ledger, START)
            hit = ledger.hits()[0]
    usd = Decimal
    assert found == {
        Act("approve", "A0", "ASG0", words="well done: twice"): ("Approved", True),
        Act("reject", "A1", "ASG1", words="too quick"): ("Rejected", True),
        Act("bonus", "A0", "ASG0", "training", usd("0.50"), usd("0.60"), "thanks"): ("paid", True),
        Act("bonus", "A0", "ASG0", "completion", usd("1.00"), usd("1.20"), "thanks"): ("", False),
        Act("seen", "A0", "group1"): ("granted", True),
        Act("done", "A0"): ("", False),
        Act("admit", "A0"): ("granted", True),
        Act("exclude", "A1"): ("granted", True),
        Act("notify", "A1", purpose="shut_out"): ("", False),
        Act("bonus", "", "schema 1", "forgotten", usd("0.30"), usd("0.30")): ("paid", True),
    }
    assert len(tokens) == 10
    # Two places approved (one of them a forgotten worker's), one rejected, one to be judged, one open.
    assert (sums.left["p0001.1"], sums.paid_usd, sums.committed_usd) == (1, usd("3.78"), usd("7.86"))
    with Ledger(path) as ledger:
        # The next look says which place was the forgotten worker's, and that it was not paid.
        row = Received("ASG3", "HIT1", "A3", "Rejected", START, START, None, "<a/>")
        ledger.add_submission(hit, row, START)
        assert totals(ledger, START).paid_usd == usd("2.34")
        assert totals(ledger, START).left["p0001.1"] == 1


def test_no_two_acts_share_a_token_however_they_are_named(tmp_path: Path) -> None:
    with Ledger(tmp_path / "ledger.sqlite") as ledger:
        acts = [Act("bonus", "a\nb", "c", "d"), Act("bonus", "a", "b\nc", "d"), Act("bonus", "a", "b", "c\nd")]
        assert len({ledger.intend_act(act, START).token for act in acts}) == 3
