"""Columns of the dataset: what each is called, its type, what it means and where it comes from.

The data dictionary, the tables and their files are made from these alone. A method puts the shared ones together with its
own; the order of a table is the order it gives.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

KINDS: dict[type, str] = {str: "text", int: "int", float: "float", bool: "bool"}


@dataclass(frozen=True)
class Column:
    """One column: its type, one line for the reader of the data, and its value in a row."""

    name: str
    type: type
    about: str
    of: Callable[[Any], object]

    @property
    def kind(self) -> str:
        """The type in a word."""
        return KINDS[self.type]


@dataclass(frozen=True)
class Table:
    """One table of the dataset."""

    about: str
    columns: tuple[Column, ...]


# Of a rating: an attempt at a trial with all that is around it (results/dataset.py: Rating).
BATCH = Column("batch", str, "the batch's name", lambda r: r.batch)
PAGE = Column("page", str, "the page, p0001 up", lambda r: r.work.page.page)
ASSIGNMENT = Column("assignment", str, "one worker's work on one HIT: a pseudonym too, since a recruiter's id leads to the person", lambda r: r.assignment)  # fmt: skip
WORKER = Column(
    "worker", str, "a pseudonym (HMAC-SHA256, the key stays in the ledger); the same person in one batch", lambda r: r.worker
)  # fmt: skip
TRIAL = Column("trial", str, "the trial's opaque id on its page", lambda r: r.attempt.known.trial)
ATTEMPT = Column(
    "attempt", int, "1 up; training is tried again after coaching, study and gold trials are not", lambda r: r.attempt.row.attempt
)  # fmt: skip
IMAGES_SET = Column("images", str, "the image set of batch.toml", lambda r: r.attempt.known.images)
SOURCE = Column("source", str, "the pristine image", lambda r: r.attempt.known.source)
CODEC = Column("codec", str, "the codec", lambda r: r.attempt.known.codec)
LADDER = Column("ladder", str, "digest of all frames of one source under one codec", lambda r: r.attempt.known.ladder)
ROLE = Column("role", str, "training, study or gold; results come from study trials alone", lambda r: r.attempt.known.role)  # fmt: skip
PAY = Column("pay", str, "pay, reject or undecided", lambda r: r.verdict.pay)
USE = Column("use", str, "use, exclude or not-enough-evidence; analyse rows with use", lambda r: r.verdict.use)
REASONS = Column("reasons", str, "why it is not used, joined by ;", lambda r: "; ".join(r.verdict.reasons))

WHO = (
    BATCH, PAGE,
    Column("kind", str, "study or qualification page", lambda r: r.work.page.kind),
    Column("hit", str, "hitgen's name of the HIT: PAGE.WAVE, PAGE.tN for a top-up", lambda r: r.work.received.hit),
    ASSIGNMENT, WORKER, TRIAL,
    Column("order", int, "the trial's place in this worker's order on the page, 1 up; of a ladder that is met twice (hit.repeats) the first counts", lambda r: r.attempt.order),
    ATTEMPT, ROLE, IMAGES_SET, SOURCE, CODEC, LADDER,
)  # fmt: skip
LEVEL_MAX = Column("level_max", int, "the ladder's highest level", lambda r: r.attempt.ladder.level_max)
WHEN = (
    Column("started_ms", int, "milliseconds since the page was opened", lambda r: r.attempt.row.started_ms),
    Column("ended_ms", int, "milliseconds since the page was opened", lambda r: r.attempt.row.ended_ms),
    Column("duration_ms", int, "ended_ms - started_ms", lambda r: r.attempt.row.ended_ms - r.attempt.row.started_ms),
)
FLICKER = (
    Column("swaps", int, "alternations shown", lambda r: r.attempt.row.timing.swaps),
    Column("swap_mean_ms", float, "mean time between swaps", lambda r: r.attempt.row.timing.mean_ms),
    Column(
        "swap_sd_ms", float, "its standard deviation (8.3 is the floor for 125 ms at 60 Hz)", lambda r: r.attempt.row.timing.sd_ms
    ),
    Column("swap_max_ms", float, "the longest time between swaps", lambda r: r.attempt.row.timing.max_ms),
    Column("source_mean_ms", float, "mean time the source was shown at a stretch", lambda r: r.attempt.row.timing.source_mean_ms),
    Column(
        "distorted_mean_ms", float, "mean time the distorted picture was shown at a stretch",
        lambda r: r.attempt.row.timing.distorted_mean_ms,
    ),
    Column("dropped", int, "frames of the display that were missed", lambda r: r.attempt.row.timing.dropped),
    Column("hidden_ms", float, "time the page was hidden", lambda r: r.attempt.row.timing.hidden_ms),
    Column("stalled_ms", float, "time without frames though the page was not hidden", lambda r: r.attempt.row.timing.stalled_ms),
)  # fmt: skip
VERDICT = (
    PAY,
    USE,
    REASONS,
    Column("rules", str,
           "names of the broken rules, joined by ; (outlier: removed as one; by hand: a person decided)", lambda r: "; ".join(r.verdict.rules)),
)  # fmt: skip
SCREEN = (
    Column("px_per_cm", float, "CSS pixels per centimetre by the worker's card", lambda r: r.display.css_px_per_cm),
    Column("device_pixel_ratio", float, "device pixels per CSS pixel", lambda r: r.display.device_pixel_ratio),
    Column(
        "device_px_per_source_px", float, "device pixels per source pixel; below 1 artefacts are averaged away",
        lambda r: r.display.device_px_per_source_px,
    ),
    Column("refresh_hz", float, "the display's measured frames a second", lambda r: r.display.refresh_hz),
    Column("browser", str, "name and version, as the browser tells", lambda r: r.display.browser),
    Column("language", str, "of the page that was worked; empty in answers to pages of an earlier hitgen",
        lambda r: r.work.submission.consent.language or None,
    ),
    Column("submitted_at", str, "when the work was handed in, UTC", lambda r: r.work.received.submitted_at.isoformat()),
    Column(
        "display_warnings", str, "what the page noticed of the screen, such as a card's frame left as it stood",
        lambda r: "; ".join(r.display.warnings) or None,
    ),
)  # fmt: skip
