"""The columns that `threshold` adds to the dataset: what was shown, and the answer."""

from __future__ import annotations

from hitgen.methods.columns import LEVEL_MAX, Column

ANSWER = (
    Column("asked", str, "compare, or catch: nothing flickered", lambda r: r.attempt.known.asked),
    Column("level", int, "the level that the page chose", lambda r: r.attempt.row.level),
    LEVEL_MAX,
    Column("other", int, "the lower one at the other side; 0: the source", lambda r: r.attempt.row.other),
    Column("side", str, "where the level flickered: left, right or none; here: of several pictures this one did", lambda r: r.attempt.row.side),
    Column("response", str,
           "where the worker saw flicker: left, right, none or both; here: this one of several pictures", lambda r: r.attempt.row.response),
    Column("found", bool, "whether the side of the level was named", lambda r: r.attempt.row.found),
    Column("position", int, "the picture's position among several, 1 up; 0: it was a pair", lambda r: r.attempt.row.position),
    Column("group", int,
           "the same number in the ratings of one page whose pictures were shown at once; empty: alone", lambda r: r.attempt.known.group),
    Column("guess", float, "how often who sees nothing is taken to find it", lambda r: r.attempt.known.guess),
    Column("lapse", float, "how often it is taken to be missed", lambda r: r.attempt.known.lapse),
)  # fmt: skip
