"""The ledger of a batch: what was meant, what was done, what came back; survives a kill at any moment."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import cast

from hitgen.errors import Fault, InputError
from hitgen.ledger.acts import ELSEWHERE, Act, Intent, Verb, columns_of, intent_of
from hitgen.ledger.notebook import Notebook
from hitgen.ledger.rows import (
    DELETED,
    Binding,
    Environment,
    Hit,
    HitProgress,
    HitState,
    Order,
    Received,
    moment,
)
from hitgen.ledger.schema import SCHEMA, prepare
from hitgen.lib.sqlite import compact, memory_copy, open_database, transaction

SAME_ACT = "verb = :verb AND worker = :worker AND subject = :subject AND purpose = :purpose"

LEDGER = "ledger.sqlite"
"""Where it lies in a batch folder."""
MANIFEST_FACT = "manifest"
"""Under this name it keeps the manifest of what was published, so that no later build makes answers unreadable."""


class Ledger:
    """An open ledger; every writing method returns only when its change is on the disk.

    A `copy` in memory is for reading what cannot be written: what is changed there is gone when it is closed.
    """

    def __init__(self, path: Path, copy: bool = False) -> None:
        self.path = path
        self._database = memory_copy(path) if copy else open_database(path)
        try:
            self._create()
        except BaseException:
            self._database.close()
            raise
        self.book = Notebook(self._database)
        """What the recruiter sees and keeps."""

    def _create(self) -> None:
        version = self._database.execute("PRAGMA user_version").fetchone()[0]
        if version > SCHEMA:
            problem = f"was written by a newer hitgen (schema {version})"
            raise InputError(Fault(str(self.path), "", problem, "updating hitgen"))
        prepare(self._database)

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # What the ledger is bound to

    @property
    def name(self) -> str:
        """16 hex digits that no other ledger has; part of every annotation."""
        return cast(str, self.fact("ledger"))

    def fact(self, name: str) -> str | None:
        """A fact about the whole batch, or None."""
        row = self._database.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        return cast(str, row[0]) if row else None

    def set_fact(self, name: str, value: str) -> None:
        """Write a fact about the whole batch."""
        self._database.execute("INSERT OR REPLACE INTO facts VALUES (?, ?)", (name, value))

    def first_fact(self, name: str, value: str) -> str:
        """Write a fact unless there is one; the one that stands, whoever wrote it first."""
        if (known := self.fact(name)) is not None:  # nothing is written where nothing need be
            return known
        self._database.execute("INSERT OR IGNORE INTO facts VALUES (?, ?)", (name, value))
        return cast(str, self.fact(name))

    @property
    def account(self) -> Binding | None:
        """Where this ledger's HITs are; None before the first publication."""
        text = self.fact("account")
        if text is None:
            return None
        endpoint, account, environment = json.loads(text)
        return Binding(endpoint, account, cast(Environment, environment))

    def bind(self, account: Binding) -> None:
        """Tie this ledger to an endpoint and account for good; another one is refused."""
        bound = self.account
        if bound is None:
            self.set_fact("account", json.dumps([account.endpoint, account.account, account.environment]))
        elif bound != account:
            raise InputError(Fault(str(self.path), "", *bound.refusal(account)))

    def refuse_simulated(self) -> None:
        """Raise InputError where its answers are simulated, so that there is nobody to ask, to judge or to pay."""
        bound = self.account
        if bound and bound.is_simulated:
            raise InputError(Fault(str(self.path), "", *bound.refusal(bound)))

    @property
    def has_hits(self) -> bool:
        """Whether a HIT was ever made by this ledger, or may have been, or anybody handed in."""
        sql = (
            "SELECT EXISTS (SELECT 1 FROM hits WHERE state != 'refused' OR hit_id IS NOT NULL)"
            " OR EXISTS (SELECT 1 FROM submissions)"
        )
        return bool(self._database.execute(sql).fetchone()[0])

    def let_go(self) -> None:
        """Untie a ledger that has no HITs from its account, with all that was noted there."""
        with self.together():
            self._database.execute("DELETE FROM facts WHERE name IN ('account', 'closed')")
            self._database.execute("DELETE FROM kept")
            self._database.execute("DELETE FROM seats")

    # HITs

    def hits(self) -> list[Hit]:
        """All HITs, in the order in which they were first meant."""
        return [self._hit(row) for row in self._database.execute("SELECT * FROM hits ORDER BY rowid")]

    def _hit(self, row: sqlite3.Row) -> Hit:
        return Hit(
            **{key: row[key] for key in ("hit", "page", "page_sha256", "replaces", "attempt", "state", "token")},
            **{key: row[key] for key in ("hit_id", "available", "pending", "outcome")},
            order=Order.from_json(json.loads(row["order"])),
            cost_usd=Decimal(row["cost_usd"]),
            intended_at=datetime.fromisoformat(row["intended_at"]),
            expires_at=moment(row["expires_at"]),
            **self.book.aside(row["hit"]),
        )

    def hit(self, name: str) -> Hit | None:
        """One HIT by our name for it."""
        row = self._database.execute("SELECT * FROM hits WHERE hit = ?", (name,)).fetchone()
        return self._hit(row) if row else None

    def intend(
        self, order: Order, page_sha256: str, cost_usd: Decimal, now: datetime, replaces: str | None = None
    ) -> Hit:
        """Write down that a HIT is about to be made, with a fresh token; again only if none was made.

        A copy of this ledger that means the same HIT gives it the same token, so that the recruiter makes one.
        """
        before = self.hit(order.hit)
        attempt = before.attempt + 1 if before else 1
        self._database.execute(
            'INSERT INTO hits (hit, page, page_sha256, replaces, attempt, state, "order", annotation, token,'
            " assignments, reward_usd, cost_usd, intended_at) VALUES (:hit, :page, :page_sha256, :replaces, 1,"
            " 'intended', :order, :annotation, :token, :assignments, :reward_usd, :cost_usd, :intended_at)"
            " ON CONFLICT (hit) DO UPDATE SET attempt = attempt + 1, state = 'intended', outcome = '',"
            ' "order" = excluded."order", token = excluded.token, reward_usd = excluded.reward_usd,'
            " page_sha256 = excluded.page_sha256, assignments = excluded.assignments,"
            " cost_usd = excluded.cost_usd, intended_at = excluded.intended_at WHERE hits.hit_id IS NULL",
            {
                "hit": order.hit,
                "page": order.page,
                "page_sha256": page_sha256,
                "replaces": replaces,
                "order": json.dumps(order.as_json()),
                "annotation": order.annotation,
                "token": self._token(order.annotation, str(attempt)),
                "assignments": order.assignments,
                "reward_usd": str(order.reward_usd),
                "cost_usd": str(cost_usd),
                "intended_at": now.isoformat(),
            },
        )
        return cast(Hit, self.hit(order.hit))

    def created(self, name: str, made: HitProgress) -> None:
        """Write down the HIT that came of an intent."""
        self._database.execute(
            "UPDATE hits SET state = 'created', outcome = '', hit_id = :hit_id, created_at = :created_at,"
            " expires_at = :expires_at, available = :available, pending = :pending WHERE hit = :hit",
            {"hit": name, **made.columns},
        )

    def refused(self, name: str, why: str) -> None:
        """Write down that an intent was refused and nothing was made."""
        self._database.execute("UPDATE hits SET state = 'refused', outcome = ? WHERE hit = ?", (why, name))

    def seen(self, found: HitProgress) -> None:
        """Write down how far a HIT is."""
        self._database.execute(
            "UPDATE hits SET expires_at = :expires_at, available = :available, pending = :pending"
            " WHERE hit_id = :hit_id",
            found.columns,
        )

    def set_state(self, name: str, state: HitState) -> None:
        """Write down that a HIT was ended or deleted on purpose, or opened again."""
        outcome = DELETED if state == "deleted" else ""
        self._database.execute("UPDATE hits SET state = ?, outcome = ? WHERE hit = ?", (state, outcome, name))

    def missing(self, name: str) -> None:
        """Write down that the recruiter says that a HIT is not there; it is looked for again."""
        sql = "UPDATE hits SET outcome = state, state = 'deleted' WHERE hit = ? AND state != 'deleted'"
        self._database.execute(sql, (name,))

    def came_back(self, hit: Hit, state: HitState) -> None:
        """Write down that a HIT that was missing is there: as it was, or as `state` says where that is not known."""
        self.set_state(hit.hit, cast(HitState, hit.outcome) or state)

    # Uploads

    def verified(self) -> set[str]:
        """The keys that were once fetched from the host and found right."""
        return {row[0] for row in self._database.execute("SELECT key FROM objects")}

    def note_verified(self, keys: Iterable[str], now: datetime) -> None:
        """Write down that these keys were fetched and found right."""
        with self.together():
            self._database.executemany(
                "INSERT OR REPLACE INTO objects VALUES (?, ?)", ((key, now.isoformat()) for key in keys)
            )

    def drop_objects(self) -> None:
        """Forget what the host had."""
        self._database.execute("DELETE FROM objects")

    # Submissions

    def add_submission(self, hit: Hit, row: Received, now: datetime) -> None:
        """Keep a submission, once by assignment; a later look updates its status only.

        What was returned before it was ever taken in is not kept.
        """
        if self.is_forgotten(row.worker):
            self._add_nameless(hit.hit, row.assignment, row.status)
            return
        if row.status == "Returned":
            self.set_status(row.assignment, row.status)
            return
        self._database.execute(
            "INSERT INTO submissions VALUES (:assignment, :hit, :page, :worker, :status, :accepted_at, :submitted_at,"
            " :auto_approval_at, :answer, :fetched_at)"
            " ON CONFLICT (assignment) DO UPDATE SET status = excluded.status",
            {
                "assignment": row.assignment,
                "hit": hit.hit,
                "page": hit.page,
                "worker": row.worker,
                "status": row.status,
                "accepted_at": row.accepted_at.isoformat(),
                "submitted_at": row.submitted_at.isoformat(),
                "auto_approval_at": row.auto_approval_at.isoformat() if row.auto_approval_at else None,
                # Half a character, as JSON can carry it, is not text that the ledger could keep.
                "answer": row.answer.encode("utf-8", "backslashreplace").decode(),
                "fetched_at": now.isoformat(),
            },
        )

    def submissions(self) -> Iterator[Received]:
        """All submissions, in order of time."""
        sql = "SELECT s.*, hit_id FROM submissions s JOIN hits USING (hit) ORDER BY submitted_at, assignment"
        for row in self._database.execute(sql):
            yield Received(
                **{key: row[key] for key in ("assignment", "hit_id", "worker", "status", "answer", "hit", "page")},
                accepted_at=datetime.fromisoformat(row["accepted_at"]),
                submitted_at=datetime.fromisoformat(row["submitted_at"]),
                auto_approval_at=moment(row["auto_approval_at"]),
            )

    def by_status(self, forgotten: bool = False) -> dict[str, Counter[str]]:
        """How many submissions each HIT has in each status, those of forgotten workers included, or these alone."""
        found: dict[str, Counter[str]] = {row[0]: Counter() for row in self._database.execute("SELECT hit FROM hits")}
        rows = "SELECT hit, status FROM nameless"
        rows += "" if forgotten else " UNION ALL SELECT hit, status FROM submissions"
        for hit, status, count in self._database.execute(f"SELECT hit, status, count(*) FROM ({rows}) GROUP BY 1, 2"):
            found[hit][status] = count
        return found

    def judged(self) -> Counter[str]:
        """How many submissions are in each status, without those of forgotten workers."""
        return Counter(dict(self._database.execute("SELECT status, count(*) FROM submissions GROUP BY 1").fetchall()))

    def forgotten(self, status: str | None = None) -> set[str]:
        """The HITs with submissions of workers whom this hitgen forgot, all or those in a status."""
        sql = "SELECT DISTINCT hit FROM nameless WHERE :status IS NULL OR status = :status"
        return {row[0] for row in self._database.execute(sql, {"status": status})}

    def unjudged(self) -> set[str]:
        """The HITs with submissions that are known, and that nobody has judged as far as is known."""
        rows = self._database.execute("SELECT DISTINCT hit FROM submissions WHERE status = 'Submitted'")
        return {row[0] for row in rows}

    def may_be_paid(self, everything: bool = False) -> dict[str, dict[str, str]]:
        """The workers of assignments that others may have paid a bonus for, by HIT: of those that this ledger did not approve and that are
        approved, or of `everything` that was handed in and not returned."""
        sql = (
            "SELECT hit, assignment, s.worker FROM submissions s JOIN hits USING (hit) WHERE hit_id IS NOT NULL"
            " AND state IN ('created', 'ended') AND (:everything AND s.status != 'Returned' OR s.status = 'Approved'"
            " AND NOT EXISTS (SELECT 1 FROM acts a WHERE verb = 'approve' AND a.worker = s.worker AND subject = assignment"
            " AND done_at IS NOT NULL))"
        )
        found: dict[str, dict[str, str]] = {}
        for hit, assignment, worker in self._database.execute(sql, {"everything": everything}):
            found.setdefault(hit, {})[assignment] = worker
        return found

    def status(self, assignment: str) -> str | None:
        """What an assignment is as far as is known; None for one that is not here."""
        row = self._database.execute("SELECT status FROM submissions WHERE assignment = ?", (assignment,)).fetchone()
        return cast(str, row[0]) if row else None

    def set_status(self, assignment: str, status: str) -> None:
        """Write down what an assignment was judged to be."""
        self._database.execute("UPDATE submissions SET status = ? WHERE assignment = ?", (status, assignment))

    # Acts that must happen once

    def _token(self, *names: str) -> str:
        """What a call is repeated with: the same in every copy of this ledger, and in no other."""
        return hashlib.sha256(json.dumps([self.name, *names]).encode()).hexdigest()[:32]

    def act(self, act: Act) -> Intent | None:
        """What the ledger has of an act, done or only intended."""
        sql = f"SELECT * FROM acts WHERE {SAME_ACT}"
        row = self._database.execute(sql, columns_of(act)).fetchone()
        return intent_of(row) if row else None

    def acts(self, verb: Verb | None = None, worker: str | None = None, done: bool | None = None) -> list[Intent]:
        """The acts in the order in which they were intended, all or those of a verb, of a worker, done or in doubt."""
        sql = (
            "SELECT * FROM acts WHERE (:verb IS NULL OR verb = :verb) AND (:worker IS NULL OR worker = :worker)"
            " AND (:done IS NULL OR (done_at IS NOT NULL) = :done) ORDER BY rowid"
        )
        return [intent_of(row) for row in self._database.execute(sql, {"verb": verb, "worker": worker, "done": done})]

    def intend_act(self, act: Act, now: datetime) -> Intent:
        """Write down that an act is about to happen, with a token; a second time returns the first intent."""
        self._database.execute(
            "INSERT OR IGNORE INTO acts (verb, worker, subject, purpose, amount_usd, cost_usd, words, token, intended_at)"
            " VALUES (:verb, :worker, :subject, :purpose, :amount_usd, :cost_usd, :words, :token, :now)",
            {**columns_of(act), "token": self._token(*act.key), "now": now.isoformat()},
        )
        return cast(Intent, self.act(act))

    def done(self, act: Act, outcome: str, now: datetime) -> None:
        """Write down what came of an act."""
        self._database.execute(
            f"UPDATE acts SET done_at = :now, outcome = :outcome WHERE {SAME_ACT}",
            {**columns_of(act), "now": now.isoformat(), "outcome": outcome},
        )

    def paid_elsewhere(self, assignment: str, acts: Iterable[Act], now: datetime) -> None:
        """Write down the bonuses of an assignment that were paid without this ledger, in place of those of the last look; in a transaction.

        One whose like was only intended here is the one that was meant.
        """
        sql = "DELETE FROM acts WHERE verb = 'bonus' AND subject = ? AND purpose LIKE ?"
        self._database.execute(sql, (assignment, f"{ELSEWHERE} %"))
        for act in acts:
            self.intend_act(act, now)
            self._database.execute(
                "UPDATE acts SET amount_usd = :amount_usd, cost_usd = :cost_usd, words = :words, done_at = :now,"
                f" outcome = 'paid' WHERE {SAME_ACT}",
                {**columns_of(act), "now": now.isoformat()},
            )

    # Forgetting

    def _digest(self, name: str) -> str:
        return hashlib.sha256(f"{self.name}:{name}".encode()).hexdigest()

    def is_forgotten(self, worker: str) -> bool:
        """Whether a worker was forgotten here."""
        sql = "SELECT 1 FROM forgotten WHERE worker_digest = ?"
        return self._database.execute(sql, (self._digest(worker),)).fetchone() is not None

    def _add_nameless(self, hit: str, assignment: str, status: str) -> None:
        """Keep that a place was taken and what became of it, but not by whom."""
        row = {"hit": hit, "digest": self._digest(assignment), "status": status}
        known = self._database.execute("SELECT 1 FROM nameless WHERE digest = :digest", row).fetchone()
        if not known:
            # A ledger of schema 1 has counted this place without knowing which one it was.
            self._database.execute(
                "UPDATE nameless SET digest = :digest WHERE digest ="
                " (SELECT digest FROM nameless WHERE hit = :hit AND digest LIKE 'unknown %' LIMIT 1)",
                row,
            )
        self._database.execute(
            # A judgement stays, also where the only note of it was erased.
            "INSERT INTO nameless VALUES (:digest, :hit, :status)"
            " ON CONFLICT (digest) DO UPDATE SET status = :status WHERE :status != 'Submitted'",
            row,
        )

    def forget(self, worker: str, assignments: Iterable[str] = ()) -> int:
        """Erase all that is kept of a worker, from the file's free pages too; returns the rows erased.

        `assignments` are theirs beside those that were taken in.

        Without a name stay: that places were taken and paid, bonuses, and a digest, so that a later fetch does
        not bring the worker's answers back.
        """
        with self.together():
            self._database.execute("INSERT OR IGNORE INTO forgotten VALUES (?)", (self._digest(worker),))
            for row in [row for row in self.submissions() if row.worker == worker]:
                self._add_nameless(row.hit, row.assignment, row.status)
            for intent in self.acts("bonus", worker):
                act = intent.act
                nameless = replace(act, worker="", subject=self._digest(f"{worker} {act.subject}"), words="")
                self.intend_act(nameless, intent.intended_at)
                if intent.done_at:
                    self.done(nameless, intent.outcome, intent.done_at)
            mine = {row.assignment for row in self.submissions() if row.worker == worker}
            self.book.drop_named({worker, *mine, *assignments})
            tables = ("submissions", "acts")
            erased = [self._database.execute(f"DELETE FROM {table} WHERE worker = ?", (worker,)) for table in tables]
        self.compact()
        return sum(cursor.rowcount for cursor in erased)

    def compact(self) -> None:
        """Leave nothing of what was erased in the file."""
        compact(self._database)

    def together(self) -> AbstractContextManager[None]:
        """Make the writes inside one transaction: all or none, one sync."""
        return transaction(self._database)
