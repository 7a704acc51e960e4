"""The columns that `compare` adds to the dataset: what was asked, and the answer."""

from __future__ import annotations

from hitgen.methods.columns import Column

ANSWER = (
    Column("arm", str, "boosted or plain: which of two stimuli was shown", lambda r: r.attempt.known.arm),
    Column(
        "asked", str,
        "same: two levels of one codec; cross: two codecs; source: the source against a level; trap: the source against the worst; bias: twice the same",
        lambda r: r.attempt.known.asked,
    ),
    Column("codec_left", str, "what stood left; source at level 0", lambda r: r.attempt.known.left.codec),
    Column("level_left", int, "its level; 0 is the source", lambda r: r.attempt.known.left.level),
    Column("codec_right", str, "what stood right; source at level 0", lambda r: r.attempt.known.right.codec),
    Column("level_right", int, "its level; 0 is the source", lambda r: r.attempt.known.right.level),
    Column(
        "response", str, "the side that differs more from the source: left, right, notsure; skip: none in time",
        lambda r: r.attempt.row.response,
    ),
    Column(
        "response_time_ms", int, "from the question's first picture to the answer", lambda r: r.attempt.row.response_time_ms
    ),
    Column("toggles", int, "how often the worker swapped; empty where pictures flicker", lambda r: r.attempt.row.toggles),
    Column("begun", int, "how often the question was begun: again after a reload or a hidden tab", lambda r: r.attempt.row.begun),
)  # fmt: skip
