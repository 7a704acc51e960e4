"""`results/review.csv`: the verdicts as a table that a person may edit, and what was edited in it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, cast

from hitgen.errors import Fault, InputError, raise_faults
from hitgen.ledger.rows import Received
from hitgen.lib.files import (
    content_of,
    csv_text,
    decoded,
    delimiter_of,
    guarded,
    is_grouped,
    private_folder,
    read_csv,
    unguarded,
    write_whole,
)
from hitgen.lib.nested import read_json
from hitgen.results.verdicts import PAY, USE, Decided, Pay, Use

EDITABLE = ("pay", "use", "feedback", "training_bonus_usd", "completion_bonus_usd", "admit", "shut_out")
MONEY = ("training_bonus_usd", "completion_bonus_usd")
CHOICES = {"pay": PAY, "use": USE, "admit": ("yes", "no", ""), "shut_out": ("yes", "no")}
MAX_FEEDBACK = 1024
MAX_BONUS_USD = Decimal(1000)


@dataclass(frozen=True)
class ReviewRow:
    """One assignment; `proposed` is what the rules say of the editable columns, so that edits can be told.

    `own` are the cells of columns that a person has added, by name.
    """

    assignment: str
    worker: str
    page: str
    kind: str
    submitted_at: str
    status: str
    minutes: str
    gold_answers: str
    gold_rate: str
    pay: Pay
    use: Use
    feedback: str
    training_bonus_usd: Decimal
    completion_bonus_usd: Decimal
    admit: str
    shut_out: str
    reasons: str
    proposed: tuple[str, ...] = ()
    own: Mapping[str, str] = field(default_factory=dict)

    def editable(self) -> tuple[str, ...]:
        """The editable columns as text."""
        return tuple(str(getattr(self, name)) for name in EDITABLE)

    def decided(self) -> Decided:
        """What a person changed of the verdicts."""
        pay, use = self.pay, self.use
        return Decided(pay if pay != self.proposed[0] else None, use if use != self.proposed[1] else None)

    @property
    def edits(self) -> dict[str, str]:
        """What a person wrote into editable columns and those of their own, by column."""
        asked = zip(EDITABLE, self.editable(), self.proposed, strict=True)
        return {name: now for name, now, before in asked if now != before} | {k: v for k, v in self.own.items() if v}

    def with_edits(self, old: ReviewRow | None) -> ReviewRow:
        """This proposal with what a person had changed in an older one.

        A changed column keeps what was proposed then: it stays a person's word, even where the rules agree for a while.
        """
        if old is None:
            return replace(self, proposed=self.editable())
        edits = {
            name: (getattr(old, name), before)
            for name, before in zip(EDITABLE, old.proposed, strict=True)
            if str(getattr(old, name)) != before
        }
        proposed = tuple(
            edits[name][1] if name in edits else now for name, now in zip(EDITABLE, self.editable(), strict=True)
        )
        return replace(self, **{name: value for name, (value, _) in edits.items()}, proposed=proposed, own=old.own)


COLUMNS = tuple(each.name for each in fields(ReviewRow) if each.name != "own")


def review_path(folder: Path) -> Path:
    """Where the review file of a batch lies."""
    return folder / "results" / "review.csv"


def write_review(folder: Path, rows: Iterable[ReviewRow]) -> Path:
    """Write the review file; readable by its owner alone, since it names workers."""
    rows = list(rows)
    columns = (*COLUMNS, *dict.fromkeys(name for row in rows for name in row.own))
    values = ({**row.__dict__, **row.own, "proposed": json.dumps(row.proposed)} for row in rows)
    heading = [guarded(name) for name in columns]
    text = csv_text([heading, *([guarded(str(row.get(name, ""))) for name in columns] for row in values)])
    path = review_path(folder)
    private_folder(path.parent)
    # A byte order mark, or Excel reads names in the wrong alphabet.
    write_whole(path, text.encode("utf-8-sig"), private=True)
    return path


def read_review(folder: Path) -> dict[str, ReviewRow]:
    """The review file by assignment, as a person left it; empty where there is none. InputError with all faults."""
    path = review_path(folder)
    needed, remedy = (
        ("assignment", *EDITABLE, "proposed"),
        "putting it back, or deleting the file and `hitgen review` again",
    )
    try:
        content = content_of(path)
    except FileNotFoundError:
        return {}
    table = read_csv(content, str(path), needed, remedy)
    decimal_commas = delimiter_of(decoded(content, str(path))) != ","
    rows: dict[str, ReviewRow] = {}
    faults: list[Fault] = []
    for line, (_, cells) in enumerate(table, start=2):
        values = {name: unguarded(cells.get(name, "")) for name in COLUMNS}
        for name in MONEY if decimal_commas else ():
            values[name] = values[name].replace(",", ".", 1)
        found = list(_faults(values, rows))
        faults += [Fault(f"{path}, row {line}", *fault) for fault in found]
        if not found:
            own = {unguarded(name): unguarded(cell) for name, cell in cells.items() if name and name not in COLUMNS}
            rows[values["assignment"]] = replace(_row(values), own=own)
    raise_faults(faults)
    return rows


def refuse_mixed(folder: Path, review: Mapping[str, ReviewRow], received: Iterable[Received]) -> None:
    """Stop where rows are of one person by their assignment and of another by their worker: a reject would meet the wrong one.

    Cells that a spreadsheet has rewritten, so that they name nobody, are passed over.
    """
    known = {row.assignment: row for row in received}
    whose = {"worker": {row.worker for row in known.values()}, "page": {row.page for row in known.values()}}
    mixed = [
        (name, column, getattr(row, column), getattr(known[name], column))
        for name, row in review.items()
        for column, others in whose.items()
        if name in known and getattr(row, column) in others - {getattr(known[name], column)}
    ]
    if mixed:
        (name, column, told, right), *more = mixed
        further = f" (further rows like it: {len(more)})" if more else ""
        problem = f"is {told!r} for the assignment {name}, which is of {right!r}: rows are mixed up{further}"
        remedy = "undoing what sorted one column without the others, or deleting the file and `hitgen review` again"
        raise InputError(Fault(str(review_path(folder)), column, problem, remedy))


def strangers(folder: Path, review: Mapping[str, ReviewRow], received: Iterable[Received]) -> dict[str, Fault]:
    """A fault for each row of an assignment that nobody handed in, by its name: what it asks for can be done to nobody."""
    known, found = {row.assignment for row in received}, dict[str, Fault]()
    for line, (name, row) in enumerate(review.items(), start=2):
        if name in known:
            continue
        said = ", ".join(f"{column} = {text!r}" for column, text in row.edits.items())
        problem = f"nobody handed in {name!r}" + (
            f", so that what was changed there counts for nothing: {said}" * bool(said)
        )
        where, remedy = f"{review_path(folder)}, row {line}", "its own name again, or deleting that row"
        found[name] = Fault(where, "assignment", problem, remedy)
    return found


def _faults(values: dict[str, str], rows: dict[str, ReviewRow]) -> Iterable[tuple[str, str, str]]:
    for name, known in CHOICES.items():
        values[name] = values[name].lower()
        if values[name] not in known:
            yield name, f"{values[name]!r} is not known", " or ".join(repr(word) for word in known if word)
    for name in MONEY:
        if _money(values[name]) is None:
            yield name, f"{values[name]!r} is no amount of dollars", "for example 0.50, with a point, or 0"
    if values["assignment"] in rows:
        yield "assignment", f"{values['assignment']} is there twice", "keeping one of the rows"
    if len(values["feedback"]) > MAX_FEEDBACK:
        yield "feedback", f"has {len(values['feedback'])} characters", f"at most {MAX_FEEDBACK}"
    if values["pay"] == "reject" and not values["feedback"]:
        yield "feedback", "rejected work needs a reason, which the worker reads", "a sentence saying why"
    if _proposed(values["proposed"]) is None:
        yield "proposed", "this column was changed", "deleting the file and `hitgen review` again"


def _money(text: str) -> Decimal | None:
    try:
        amount = Decimal(text or "0")
    except InvalidOperation:
        return None
    if is_grouped(text) or "_" in text:
        return None
    if not amount.is_finite() or not 0 <= amount <= MAX_BONUS_USD or amount != amount.quantize(Decimal("0.01")):
        return None
    return amount.quantize(Decimal("0.01"))


def _proposed(text: str) -> tuple[str, ...] | None:
    try:
        found = read_json(text)
    except ValueError:
        return None
    right = isinstance(found, list) and len(found) == len(EDITABLE) and all(isinstance(item, str) for item in found)
    return tuple(found) if right else None


def _row(values: dict[str, str]) -> ReviewRow:
    typed: dict[str, Any] = {**values, "proposed": _proposed(values["proposed"])}
    typed |= {name: cast(Decimal, _money(values[name])) for name in MONEY}
    return ReviewRow(**typed)
