"""The columns of the public files of JPEG AIC-3's studies, in and out: one row an answer, one file an arm.

`codec_*` 0 is the source, other codecs are numbers or names; `dlevel_*` 0 is the source, 1 the least level;
`is_same`, `is_cross`, `is_trap`, `is_bias` say what was asked; `toggle_count` stands in plain files alone.
"""

from __future__ import annotations

import difflib
import functools
import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from statistics import median

from hitgen.errors import Fault, InputError, raise_faults
from hitgen.lib.files import csv_text, guarded, is_grouped, number, read_csv, unguarded, unpacked, whole_number
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
FLAGS = {"": False, "0": False, "0.0": False, "false": False, "1": True, "1.0": True, "true": True}
Spelled = dict[tuple[str, str], tuple[str, str]]
"""How each source and codec is written, and where first."""
TIME = "response_time_ms"
LEAST_MS = 100
"""Nobody looks and answers within so little: half of a file's answers never do."""
MOST_LEVELS, MOST_COUNT, MOST_MS = 1000, 1_000_000, 86_400_000


def read_public(paths: Sequence[Path]) -> list[Answer]:
    """The answers in public files; InputError names every line that cannot be read, and two files of one arm."""
    answers: list[Answer] = []
    arms: dict[Arm, Path] = {}
    spelled: Spelled = {}
    for path in paths:
        arm, read = _read(path, spelled)
        if arm in arms:
            problem = f"it holds {arm} answers, as {arms[arm].name} does"
            raise InputError(Fault(path.name, "", problem, "one file of boosted and one of plain answers"))
        arms[arm] = path
        answers += read
    return answers


def _read(path: Path, spelled: Spelled) -> tuple[Arm, list[Answer]]:
    rows = [
        (line, {name.casefold(): cell for name, cell in row.items()})
        for line, row in read_csv(unpacked(path), str(path), NEEDED)
    ]
    if not rows:
        raise InputError(Fault(str(path), "", "it has no answers", "a file with one row an answer"))
    _check_columns(path, rows[0][1])
    arm: Arm = "plain" if TOGGLES in rows[0][1] else "boosted"
    answers: list[Answer] = []
    faults: dict[str, list[tuple[int, CellError]]] = defaultdict(list)
    met: dict[tuple[str, ...], int] = {}
    workers: dict[str, str] = {}
    for line, row in rows:
        try:
            answers.append(_answer(arm, row))
            _check_once(row, line, met, workers)
            _check_spelling(row, f"line {line} of {path.name}", spelled)
        except CellError as error:
            faults[error.column].append((line, error))
    if TIME not in faults:
        faults |= _time_faults(rows)
    if faults:
        raise InputError([_fault(path, told) for told in faults.values()])
    return arm, answers


def _check_columns(path: Path, header: Iterable[str]) -> None:
    """Refuse a column that is called nearly like one that is read and not there: it would be passed over."""
    known, there = {*COLUMNS, TOGGLES}, set(header)
    near = [(name, difflib.get_close_matches(name, known - there, 1, 0.72)) for name in sorted(there - known)]
    faults = [
        Fault(path.name, name, f"there is no such column, and none called {like[0]}", f"{like[0]}, or another name")
        for name, like in near
        if like
    ]
    raise_faults(faults)


def _time_faults(rows: Sequence[tuple[int, dict[str, str]]]) -> dict[str, list[tuple[int, CellError]]]:
    """What is wrong with the times of a file as a whole: a point that may part thousands, or another unit."""
    cells = [(line, text) for line, row in rows if (text := row.get(TIME, ""))]
    grouped = [(line, text) for line, text in cells if is_grouped(text)]
    if grouped and all(is_grouped(text) for _, text in cells if "." in text):
        words = "which is 2515 ms to some, and to others two and a half ms, or seconds"
        remedy = "whole milliseconds without a point, such as 2515"
        return {TIME: [(line, CellError(TIME, f"is {text!r}, as 2.515 is, {words}", remedy)) for line, text in grouped]}
    if cells and (middle := median(number(text) for _, text in cells)) < LEAST_MS:
        problem = f"is less than {middle:g} in half of the rows, and nobody answers within {LEAST_MS} ms: these may be seconds"
        return {TIME: [(cells[0][0], CellError(TIME, problem, "milliseconds, as the column's name says"))]}
    return {}


def _fault(path: Path, told: Sequence[tuple[int, CellError]]) -> Fault:
    """One fault a column, for what is wrong with a column is often wrong in all of its rows."""
    (line, error), *others = told
    more = f" (further lines like it: {len(others):,})" if others else ""
    return Fault(path.name, f"line {line}", f"{error}{more}", error.remedy)


class CellError(ValueError):
    """What is wrong with the cell of a column."""

    def __init__(self, column: str, problem: str, remedy: str = "a row as in the public files") -> None:
        super().__init__(f"{column} {problem}")
        self.column, self.remedy = column, remedy


def _check_once(row: dict[str, str], line: int, met: dict[tuple[str, ...], int], workers: dict[str, str]) -> None:
    """Refuse a row that is there twice and would count twice, and an assignment of two workers.

    Rows are the same where their place in the assignment's order is; without such places, where all they say is, to the millisecond.
    """
    assignment, order = row["assignment"], row.get("question_order")
    if (worker := workers.setdefault(assignment, row["worker"])) != row["worker"]:
        problem = f"{assignment!r} is of worker {worker!r} above, here of {row['worker']!r}"
        raise CellError("assignment", problem, "a number of its own for each page that somebody worked")
    if order and (first := met.setdefault((assignment, order), line)) != line:
        problem = f"{order!r} of assignment {assignment!r} is in line {first} too"
        raise CellError("question_order", problem, "each answer once")
    if not order and row.get(TIME) and (first := met.setdefault(tuple(row.values()), line)) != line:
        raise CellError(TIME, f"and all else of this row is in line {first} too", "each answer once")


def _check_spelling(row: dict[str, str], where: str, spelled: Spelled) -> None:
    """Refuse a name that is written otherwise elsewhere: two spellings would be two sources or codecs."""
    for kind, columns in (("img_num", ("img_num",)), ("codec", ("codec_left", "codec_right"))):
        for column in columns:
            name = _named(row, column)
            first, there = spelled.setdefault((kind, _seen(name)), (name, where))
            if first != name:
                raise CellError(column, f"is {name!r}, which is {first!r} in {there}", "one spelling of each")


@functools.cache
def _seen(name: str) -> str:
    """What a reader takes a name for, however it is written: without case, leading zeros and what is not seen."""
    plain = "".join(char for char in unicodedata.normalize("NFKC", name) if unicodedata.category(char) != "Cf")
    found = plain.casefold().strip().lstrip("'")
    return str(int(found)) if found.isdecimal() else found


def _answer(arm: Arm, row: dict[str, str]) -> Answer:
    response = RESPONSES.get(row["response"].casefold())
    if response is None:
        raise CellError("response", f"is {row['response']!r}, not left, right, notsure or skip")
    for name in ("assignment", "worker", "img_num"):
        if not row[name]:
            raise CellError(name, "is empty")
    if _whole(row, "dlevel_pivot"):
        problem = (
            f"is {row['dlevel_pivot']!r}: the answer says which differs more from that version, not from the source"
        )
        raise CellError("dlevel_pivot", problem, "only answers whose pivot is the source, 0")
    left, right = _side(row, "left"), _side(row, "right")
    asked = _asked(row, left, right)
    # Numbers of people are a file's own: 17 of one file is not 17 of the other.
    worker, assignment = f"{arm} {unguarded(row['worker'])}", f"{arm} {unguarded(row['assignment'])}"
    time_ms = _number(row, TIME, MOST_MS, "a time in ms")
    return Answer(
        arm, worker, assignment, asked, _named(row, "img_num"), left, right, response,  # type: ignore[arg-type]
        None if time_ms is None else round(time_ms), _whole(row, TOGGLES), _whole(row, "question_order") or 0,
    )  # fmt: skip


def _number(
    row: dict[str, str], column: str, most: float, wanted: str, read: Callable[[str], float] = number
) -> float | None:
    """The number in a cell from 0 to `most`; None where there is none."""
    text = row.get(column, "")
    if not text:
        return None
    try:
        found = read(text)
    except ValueError:
        found = -1.0
    if not 0 <= found <= most:
        raise CellError(column, f"is {text!r}, not {wanted}")
    return found


def _whole(row: dict[str, str], column: str, most: int = MOST_COUNT, wanted: str = "a count") -> int | None:
    found = _number(row, column, most, wanted, whole_number)
    return None if found is None else int(found)


def _named(row: dict[str, str], column: str) -> str:
    """A name in a cell; a number that a program wrote as `2.0` is 2, as in another row or file."""
    cell = row[column]
    if re.fullmatch(r"[1-9]\d{0,2}[.,]000", cell):
        raise CellError(column, f"is {cell!r}, which can be read in two ways", f"{cell[:-4]}, or {cell[:-4]}000")
    return unguarded(re.sub(r"^(\d+)[.,]0+$", r"\1", cell))


def _side(row: dict[str, str], side: str) -> Side:
    level = _whole(row, f"dlevel_{side}", MOST_LEVELS, f"a level from 0 to {MOST_LEVELS}")
    if level is None:
        raise CellError(f"dlevel_{side}", "is empty")
    codec = _named(row, f"codec_{side}")
    if not codec:
        raise CellError(f"codec_{side}", "is empty")
    if level and codec == "0":
        raise CellError(f"codec_{side}", f"is 0, the source, but dlevel_{side} is {level}")
    return (codec, level) if level else (SOURCE.codec, 0)


def _asked(row: dict[str, str], left: Side, right: Side) -> Asked:
    """What was asked: as the flags say, else as the two sides do."""
    trap, bias = _flag(row, "is_trap"), _flag(row, "is_bias")
    if trap:
        return "trap"
    if left == right or bias:
        return "bias"
    if not left[1] or not right[1]:
        return "source"
    return "same" if left[0] == right[0] else "cross"


def _flag(row: dict[str, str], column: str) -> bool:
    text = row.get(column, "")
    found = FLAGS.get(text.casefold())
    if found is None:
        raise CellError(column, f"is {text!r}, not 0 or 1")
    return found


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
