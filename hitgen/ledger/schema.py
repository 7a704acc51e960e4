"""The tables of the ledger, and how a ledger of an older hitgen comes to have them."""

from __future__ import annotations

import json
import secrets
import sqlite3
from datetime import UTC, datetime

from hitgen.ledger.notebook import SEATS, from_kept_orders
from hitgen.lib.sqlite import transaction

SCHEMA = 3

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
CREATE TABLE actions (
  action TEXT PRIMARY KEY, worker TEXT NOT NULL, token TEXT NOT NULL UNIQUE, detail TEXT NOT NULL,
  intended_at TEXT NOT NULL, done_at TEXT, outcome TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE TABLE forgotten (worker_digest TEXT PRIMARY KEY) STRICT;
"""

NAMELESS = (
    "CREATE TABLE nameless (digest TEXT PRIMARY KEY, hit TEXT NOT NULL REFERENCES hits, status TEXT NOT NULL) STRICT"
)
"""Submissions of forgotten workers: a place that was taken stays taken, and paid."""


def prepare(database: sqlite3.Connection) -> None:
    """Make the tables of a new ledger, or bring those of an older one up to date: all or nothing."""
    version = database.execute("PRAGMA user_version").fetchone()[0]
    if version == SCHEMA:
        return
    with transaction(database):
        # Another process may have done it in between.
        version = database.execute("PRAGMA user_version").fetchone()[0]
        if version == 0:
            for statement in [*TABLES.split(";"), NAMELESS, SEATS]:
                database.execute(statement)
            database.execute("INSERT INTO facts VALUES ('ledger', ?)", (secrets.token_hex(8),))
        if version == 1:
            _from_first(database)
        if version in (1, 2):
            from_kept_orders(database)
        database.execute(f"PRAGMA user_version = {SCHEMA}")


def _from_first(database: sqlite3.Connection) -> None:
    """From schema 1, which kept of forgotten workers how many places they took, and one sum of their bonuses.

    Whether a place was paid is seen at the next look at its HIT; until then it counts as paid, as the bonuses do.
    """
    database.execute(NAMELESS)
    for hit, count in database.execute("SELECT hit, forgotten FROM hits WHERE forgotten > 0").fetchall():
        rows = [(f"unknown {hit} {number}", hit, "Approved") for number in range(count)]
        database.executemany("INSERT INTO nameless VALUES (?, ?, ?)", rows)
    bonuses = database.execute("DELETE FROM facts WHERE name = 'forgotten_bonuses_usd' RETURNING value").fetchone()
    if bonuses:
        now = datetime.now(UTC).isoformat()
        sql = "INSERT INTO actions VALUES ('bonus:forgotten:schema 1', '', ?, ?, ?, ?, '')"
        database.execute(sql, (secrets.token_hex(16), json.dumps({"cost_usd": bonuses[0]}), now, now))
