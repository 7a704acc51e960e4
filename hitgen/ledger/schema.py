"""The tables of the ledger, and how a ledger of an older hitgen comes to have them."""

from __future__ import annotations

import json
import secrets
import sqlite3
from datetime import UTC, datetime

from hitgen.ledger.notebook import SEATS, from_kept_orders
from hitgen.lib.sqlite import transaction

SCHEMA = 2

TABLES = """
CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE kept (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
CREATE TABLE objects (key TEXT PRIMARY KEY, verified_at TEXT NOT NULL) STRICT;
CREATE TABLE hits (
  hit TEXT PRIMARY KEY, page TEXT NOT NULL, page_sha256 TEXT NOT NULL, replaces TEXT UNIQUE REFERENCES hits,
  attempt INTEGER NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('intended', 'refused', 'created', 'ended', 'deleted')),
  "order" TEXT NOT NULL, annotation TEXT NOT NULL UNIQUE, token TEXT NOT NULL UNIQUE,
  assignments INTEGER NOT NULL, reward_usd TEXT NOT NULL, cost_usd TEXT NOT NULL,
  intended_at TEXT NOT NULL, outcome TEXT NOT NULL DEFAULT '',
  hit_id TEXT UNIQUE, created_at TEXT, expires_at TEXT,
  available INTEGER, pending INTEGER
) STRICT;
CREATE TABLE submissions (
  assignment TEXT PRIMARY KEY, hit TEXT NOT NULL REFERENCES hits, page TEXT NOT NULL, worker TEXT NOT NULL,
  status TEXT NOT NULL, accepted_at TEXT NOT NULL, submitted_at TEXT NOT NULL, auto_approval_at TEXT,
  answer TEXT NOT NULL, fetched_at TEXT NOT NULL
) STRICT;
CREATE INDEX submissions_by_hit ON submissions (hit);
CREATE TABLE forgotten (worker_digest TEXT PRIMARY KEY) STRICT;
"""

SECOND = """
CREATE TABLE acts (
  verb TEXT NOT NULL, worker TEXT NOT NULL, subject TEXT NOT NULL, purpose TEXT NOT NULL,
  amount_usd TEXT NOT NULL, cost_usd TEXT NOT NULL, words TEXT NOT NULL, token TEXT NOT NULL UNIQUE,
  intended_at TEXT NOT NULL, done_at TEXT, outcome TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (verb, worker, subject, purpose)
) STRICT;
CREATE TABLE nameless (digest TEXT PRIMARY KEY, hit TEXT NOT NULL REFERENCES hits, status TEXT NOT NULL) STRICT;
"""
"""What schema 2 added, beside seats. `nameless` are the submissions of forgotten workers: a place that was taken stays taken, and
paid."""


def prepare(database: sqlite3.Connection) -> None:
    """Make the tables of a new ledger, or bring those of an older one up to date: all or nothing."""
    version = database.execute("PRAGMA user_version").fetchone()[0]
    if version == SCHEMA:
        return
    with transaction(database):
        # Another process may have done it in between.
        version = database.execute("PRAGMA user_version").fetchone()[0]
        if version == 0:
            _make(database, TABLES + SECOND + SEATS)
            database.execute("INSERT INTO facts VALUES ('ledger', ?)", (secrets.token_hex(8),))
        elif version == 1:
            _make(database, SECOND)
            _from_first(database)
            from_kept_orders(database)
        database.execute(f"PRAGMA user_version = {SCHEMA}")


def _make(database: sqlite3.Connection, tables: str) -> None:
    for statement in tables.split(";"):
        database.execute(statement)


def _from_first(database: sqlite3.Connection) -> None:
    """From schema 1, whose acts had one name and a JSON text, and which kept of forgotten workers how many places
    they took and one sum of their bonuses.

    Whether such a place was paid is seen at the next look at its HIT; until then it counts as paid, as the bonuses do.
    """
    for row in database.execute("SELECT * FROM actions ORDER BY rowid").fetchall():
        _add_act(database, {**row, **_named(row["action"], row["worker"], json.loads(row["detail"]))})
    database.execute("DROP TABLE actions")
    for hit, count in database.execute("SELECT hit, forgotten FROM hits WHERE forgotten > 0").fetchall():
        rows = [(f"unknown {hit} {number}", hit, "Approved") for number in range(count)]
        database.executemany("INSERT INTO nameless VALUES (?, ?, ?)", rows)
    bonuses = database.execute("DELETE FROM facts WHERE name = 'forgotten_bonuses_usd' RETURNING value").fetchone()
    if bonuses:
        now = datetime.now(UTC).isoformat()
        times = {"token": secrets.token_hex(16), "intended_at": now, "done_at": now, "outcome": "paid"}
        named = _named("bonus:forgotten:schema 1", "", {"amount_usd": bonuses[0], "cost_usd": bonuses[0]})
        _add_act(database, {**times, **named})


def _named(action: str, worker: str, detail: dict[str, str]) -> dict[str, str]:
    """The columns of an act that schema 1 called VERB:SUBJECT, bonus:PURPOSE:ASSIGNMENT or notify:PURPOSE:WORKER."""
    verb, _, rest = action.partition(":")
    subject, purpose = rest, ""
    if verb == "bonus":
        purpose, _, subject = rest.partition(":")
    elif verb == "notify":
        subject, purpose = "", rest.removesuffix(f":{worker}")
    elif verb == "seen":
        subject = rest.removesuffix(f":{worker}")
    elif verb in ("admit", "exclude", "done"):
        subject = ""
    return {
        "verb": verb,
        "worker": worker,
        "subject": subject,
        "purpose": purpose,
        "amount_usd": detail.get("amount_usd", "0.00"),
        "cost_usd": detail.get("cost_usd", "0.00"),
        "words": detail.get("words") or detail.get("reason", ""),
    }


def _add_act(database: sqlite3.Connection, row: dict[str, str | None]) -> None:
    database.execute(
        "INSERT INTO acts VALUES (:verb, :worker, :subject, :purpose, :amount_usd, :cost_usd, :words, :token,"
        " :intended_at, :done_at, :outcome)",
        row,
    )
