"""Every column of the dataset: its type and what it means; the data dictionary is made from this."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Column:
    """One column: `kind` is its type, `about` one line for the reader of the data."""

    name: str
    kind: Literal["text", "int", "float", "bool"]
    about: str


BATCH = Column("batch", "text", "the batch's name")
PAGE = Column("page", "text", "the page, p0001 up")
ASSIGNMENT = Column("assignment", "text", "one worker's work on one HIT, by the recruiter's id")
WORKER = Column(
    "worker", "text", "a pseudonym (HMAC-SHA256, the key stays in the ledger); the same person in one batch"
)
TRIAL = Column("trial", "text", "the trial's opaque id on its page")
ATTEMPT = Column("attempt", "int", "1 up; training is tried again after coaching, study and gold trials are not")
ROLE = Column("role", "text", "training, study or gold; PJND and regions come from study trials alone")
IMAGES_SET = Column("images", "text", "the image set of batch.toml")
SOURCE = Column("source", "text", "the pristine image")
CODEC = Column("codec", "text", "the codec")
LADDER = Column("ladder", "text", "digest of all frames of one source under one codec")
PAY = Column("pay", "text", "pay, reject or undecided")
USE = Column("use", "text", "use, exclude or not-enough-evidence; analyse rows with use")
REASONS = Column("reasons", "text", "why it is not used, joined by ;")

RATINGS = (
    BATCH, PAGE,
    Column("kind", "text", "study or qualification page"),
    Column("hit", "text", "hitgen's name of the HIT: PAGE.WAVE, PAGE.tN for a top-up"),
    ASSIGNMENT, WORKER, TRIAL,
    Column("order", "int", "the trial's place in this worker's order on the page, 1 up"),
    ATTEMPT, ROLE, IMAGES_SET, SOURCE, CODEC, LADDER,
    Column("level", "int", "leftmost level at which flicker was seen, 1 to level_max; empty with none_seen"),
    Column("none_seen", "bool", "no flicker at any level: a censored answer, above level_max"),
    Column("level_max", "int", "the ladder's highest level"),
    Column("parameter", "float", "the codec parameter at that level (a quality, a ratio, a quantiser); empty for names"),
    Column("started_ms", "int", "milliseconds since the page was opened"),
    Column("ended_ms", "int", "milliseconds since the page was opened"),
    Column("duration_ms", "int", "ended_ms - started_ms"),
    Column("slider_start", "int", "the level at which the slider stood at first"),
    Column("slider_moves", "int", "moves of the slider, at least (long traces are thinned); empty where unknown"),
    Column("trace_json", "text", "JSON list of [milliseconds since the attempt began, level]"),
    Column("gold_level_pass", "bool", "the level lies in the accepted window; empty for study trials"),
    Column("gold_place_pass", "bool", "enough points have a mark of their own in reach; empty for study trials"),
    Column("swaps", "int", "alternations shown"),
    Column("swap_mean_ms", "float", "mean time between swaps"),
    Column("swap_sd_ms", "float", "its standard deviation (8.3 is the floor for 125 ms at 60 Hz)"),
    Column("swap_max_ms", "float", "the longest time between swaps"),
    Column("source_mean_ms", "float", "mean time the source was shown at a stretch"),
    Column("distorted_mean_ms", "float", "mean time the distorted picture was shown at a stretch"),
    Column("dropped", "int", "frames of the display that were missed"),
    Column("hidden_ms", "float", "time the page was hidden"),
    PAY, USE, REASONS,
    Column("outlier_z", "bool", "far from its ladder's mean, among used ratings"),
    Column("outlier_iqr", "bool", "outside its ladder's quartiles by far, among used ratings"),
    Column("px_per_cm", "float", "CSS pixels per centimetre by the worker's card"),
    Column("device_pixel_ratio", "float", "device pixels per CSS pixel"),
    Column("device_px_per_source_px", "float", "device pixels per source pixel; below 1 artefacts are averaged away"),
    Column("refresh_hz", "float", "the display's measured frames a second"),
    Column("browser", "text", "name and version, as the browser tells"),
    Column("submitted_at", "text", "when the work was handed in, UTC"),
)  # fmt: skip

CLICKS = (
    BATCH, ASSIGNMENT, WORKER, TRIAL, ATTEMPT, LADDER, IMAGES_SET, SOURCE, CODEC, ROLE,
    Column("click", "int", "1 up, in the order they were set"),
    Column("x", "float", "source pixels from the left edge"),
    Column("y", "float", "source pixels from the top edge"),
    USE,
)  # fmt: skip

IMAGES = (
    BATCH, IMAGES_SET, SOURCE, CODEC, LADDER, ROLE,
    Column("width", "int", "of the source in pixels"),
    Column("height", "int", "of the source in pixels"),
    Column("level_max", "int", "the highest level"),
    Column("parameters", "text", "JSON list of the codec parameters of levels 1 to level_max"),
    Column("pack", "text", "digest of the file with all frames"),
)  # fmt: skip

WORKERS = (
    WORKER,
    Column("assignments", "int", "submissions that could be read"),
    Column("trials", "int", "study trials answered"),
    Column("gold_answers", "int", "gold questions answered on study pages, each counted at its first meeting"),
    Column("gold_level_passes", "int", "of these, with the right level"),
    Column("gold_place_passes", "int", "of these, with the right places"),
    Column("gold_rate", "float", "passed checks / (2 gold_answers)"),
    Column("median_trial_s", "float", "median over pages of the median seconds a study trial"),
    PAY, USE, REASONS,
    Column("used_ratings", "int", "ratings in use"),
)  # fmt: skip

SURVEYS = (
    BATCH, PAGE, ASSIGNMENT, WORKER,
    Column("question", "text", "the question's name in batch.toml"),
    Column("answer", "text", "as given; empty where it was skipped"),
)  # fmt: skip

TABLES = {
    "ratings": (RATINGS, "one row for each attempt at each trial"),
    "clicks": (CLICKS, "one row for each mark"),
    "images": (IMAGES, "one row for each ladder"),
    "workers": (WORKERS, "one row for each worker"),
    "surveys": (SURVEYS, "one row for each survey answer"),
}
