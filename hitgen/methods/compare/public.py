"""The columns of the public files of JPEG AIC-3's studies, in and out: one row an answer, one file an arm.

`codec_*` 0 is the source, other codecs are numbers or names; `dlevel_*` 0 is the source, 1 the least level;
`is_same`, `is_cross`, `is_trap`, `is_bias` say what was asked; `toggle_count` stands in plain files alone.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from pathlib import Path

from hitgen.errors import Fault, InputError
from hitgen.lib.files import csv_text, guarded, read_csv, unguarded, unpacked, whole_number
from hitgen.methods.compare.answers import Answer, Side
from hitgen.methods.compare.row import SOURCE, Arm, Asked

SIDES = ("codec_left", "codec_right", "dlevel_left", "dlevel_right")
NEEDED = ("assignment", "worker", "img_num", *SIDES, "response")
"""What a file must have to be read; its kind is known by these."""
COLUMNS = (
    "assignment", "worker", "question_id", "img_num", "codec_left", "codec_right", "codec_pivot", "dlevel_left",
    "dlevel_right", "dlevel_pivot", "is_same", "is_cross", "is_bias", "is_trap", "question_order", "response",
    "response_time_ms",
)  # fmt: skip
TOGGLES = "toggle_count"
RESPONSES = {"left": "left", "right": "right", "notsure": "notsure", "not sure": "notsure", "skip": "skip"}
MOST_LEVELS = 1000


def read_public(paths: Sequence[Path]) -> list[Answer]:
    """The answers in public files; InputError names every line that cannot be read, and two files of one arm."""
    answers: list[Answer] = []
    arms: dict[Arm, Path] = {}
    for path in paths:
        arm, read = _read(path)
        if arm in arms:
            problem = f"it holds {arm} answers, as {arms[arm].name} does"
            raise InputError(Fault(path.name, "", problem, "one file of boosted and one of plain answers"))
        arms[arm] = path
        answers += read
    return answers


def _read(path: Path) -> tuple[Arm, list[Answer]]:
    rows = read_csv(unpacked(path), str(path), NEEDED)
    if not rows:
        raise InputError(Fault(str(path), "", "it has no answers", "a file with one row an answer"))
    arm: Arm = "plain" if TOGGLES in rows[0][1] else "boosted"
    answers: list[Answer] = []
    faults: list[Fault] = []
    for line, row in rows:
        try:
            answers.append(_answer(arm, row))
        except ValueError as error:
            faults.append(Fault(path.name, f"line {line}", str(error), "a row as in the public files"))
    if faults:
        raise InputError(faults)
    return arm, answers


def _answer(arm: Arm, row: dict[str, str]) -> Answer:
    response = RESPONSES.get(row["response"].casefold())
    if response is None:
        raise ValueError(f"response is {row['response']!r}, not left, right, notsure or skip")
    for name in ("assignment", "worker", "img_num"):
        if not row[name]:
            raise ValueError(f"{name} is empty")
    left, right = _side(row, "left"), _side(row, "right")
    asked = _asked(row, left, right)
    # Numbers of people are a file's own: 17 of one file is not 17 of the other.
    worker, assignment = f"{arm} {unguarded(row['worker'])}", f"{arm} {unguarded(row['assignment'])}"
    toggles = row.get(TOGGLES, "")
    return Answer(
        arm, worker, assignment, asked, unguarded(row["img_num"]), left, right, response,  # type: ignore[arg-type]
        _time_ms(row.get("response_time_ms", "")), whole_number(toggles) if toggles else None,
        whole_number(row["question_order"]) if row.get("question_order") else 0,
    )  # fmt: skip


def _time_ms(text: str) -> int | None:
    if not text:
        return None
    try:
        told = float(text)
    except ValueError:
        told = -1.0
    if not 0 <= told < math.inf:
        raise ValueError(f"response_time_ms is {text!r}, not a time")
    return round(told)


def _side(row: dict[str, str], side: str) -> Side:
    text = row[f"dlevel_{side}"]
    try:
        level = whole_number(text)
    except ValueError:
        level = -1
    if not 0 <= level <= MOST_LEVELS:
        raise ValueError(f"dlevel_{side} is {text!r}, not a level from 0 to {MOST_LEVELS}")
    codec = unguarded(row[f"codec_{side}"])
    if not codec:
        raise ValueError(f"codec_{side} is empty")
    if level and codec == "0":
        raise ValueError(f"codec_{side} is 0, the source, but dlevel_{side} is {level}")
    return (codec, level) if level else (SOURCE.codec, 0)


def _asked(row: dict[str, str], left: Side, right: Side) -> Asked:
    """What was asked: as the flags say, else as the two sides do."""
    if row.get("is_trap") == "1":
        return "trap"
    if left == right or row.get("is_bias") == "1":
        return "bias"
    if not left[1] or not right[1]:
        return "source"
    return "same" if left[0] == right[0] else "cross"


def public_csv(answers: Iterable[Answer], arm: Arm) -> str:
    """The answers of an arm as such a file."""
    mine = [answer for answer in answers if answer.arm == arm]
    questions: dict[tuple[str, frozenset[Side]], int] = {}
    rows: list[Sequence[object]] = [(*COLUMNS, TOGGLES) if arm == "plain" else COLUMNS]
    for answer in mine:
        number = questions.setdefault((answer.source, frozenset((answer.left, answer.right))), len(questions) + 1)
        same, cross = answer.asked in ("same", "source"), answer.asked == "cross"
        row = (
            guarded(answer.assignment), guarded(answer.worker), number, guarded(answer.source), _codec(answer.left),
            _codec(answer.right), 0, answer.left[1], answer.right[1], 0, int(same), int(cross),
            int(answer.asked == "bias"), int(answer.asked == "trap"), answer.order, answer.response,
            "" if answer.response_time_ms is None else answer.response_time_ms,
        )  # fmt: skip
        rows.append((*row, answer.toggles or 0) if arm == "plain" else row)
    return csv_text(rows)


def _codec(side: Side) -> object:
    return guarded(side[0]) if side[1] else 0
