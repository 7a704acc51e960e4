"""Cells of CSV files that people open in spreadsheets: nothing in them is taken for a formula."""

from __future__ import annotations

import re

FORMULA = re.compile(r"^[=+\-@\t\r\n]")
GUARDED = re.compile(r"^'[=+\-@\t\r\n]")


def guarded(text: str) -> str:
    """`text` with an apostrophe before what a spreadsheet would take for a formula; control characters spelled out.

    Source: OWASP, CSV Injection.
    """
    plain = "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)
    return f"'{plain}" if FORMULA.match(plain) or FORMULA.match(text) else plain


def unguarded(cell: str) -> str:
    """The text that `guarded` wrote."""
    return cell[1:] if GUARDED.match(cell) else cell
