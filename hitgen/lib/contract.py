"""What Python and the page's script both know: `assets/contract.json`, read once."""

from __future__ import annotations

import functools
import json
import re
from dataclasses import dataclass
from typing import Any

from hitgen.lib.shipped import shipped

FILE = "contract.json"


def read_contract(folder: str = "") -> dict[str, Any]:
    """A contract file as it is: the frame's, or that of the method in `folder`; nothing where a method has none."""
    path = shipped("assets") / folder / FILE
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return found


_CONTRACT = read_contract()
TIE_FRAMES: float = _CONTRACT["tie_frames"]
"""A due time this close to the middle of two frames is a tie, in shares of a frame."""
SUBMISSION_LIMIT_BYTES: int = _CONTRACT["submission_limit_bytes"]
SUBMISSION_FIELD: str = _CONTRACT["submission_field"]
"""The one field of a form that carries a submission."""
LOOPBACK_HOSTS: tuple[str, ...] = tuple(_CONTRACT["loopback_hosts"])
"""This machine, as addresses write it."""
COMPLETION_CODE: dict[str, Any] = _CONTRACT["completion_code"]
FORMULA_STARTS: str = f"[{re.escape(_CONTRACT['csv_formula_starts'])}]"
"""A pattern of what a spreadsheet takes for a formula, at the beginning of a cell."""


@dataclass(frozen=True)
class Markup:
    """What a layout must hold, name by name with a sentence each."""

    slots: dict[str, str]
    parts: dict[str, str]


@functools.cache
def markup(method: str, *, form: str = "", physical: bool, survey: bool, checks: tuple[str, ...] = ()) -> Markup:
    """The slots and parts of a page: the frame's, the method's and its form's, and those of the screens that the page has."""
    own = read_contract(f"methods/{method}")
    files = [_CONTRACT, own, *([own["forms"][form]] if form else [])]
    files += [found for kind, found in (read_contract("checks") if checks else {}).items() if kind in checks]
    files += [_CONTRACT[name] for name, there in (("physical", physical), ("survey", survey)) if there]

    def joined(key: str) -> dict[str, str]:
        return {name: sentence for file in files for name, sentence in file.get(key, {}).items()}

    return Markup(joined("slots"), joined("parts"))
