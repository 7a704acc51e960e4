"""The secret that trials, their order and the pages of gold hang on: nobody can try it out, as a seed could be."""

from __future__ import annotations

import re
import secrets
from pathlib import Path

from hitgen.errors import Fault, InputError
from hitgen.lib.files import write_whole
from hitgen.manifest import FILE as MANIFEST

FILE = "plan.secret"


def read_salt(folder: Path) -> str:
    """The secret of a batch; empty where none was made, as in one that an earlier hitgen built."""
    path = folder / FILE
    if not path.is_file():
        return ""
    text = path.read_text(encoding="ascii", errors="replace").strip()
    if not re.fullmatch("[0-9a-f]{32}", text):
        raise InputError(Fault(str(path), "", "is not the secret that `hitgen build` made", "putting it back"))
    return text


def make_salt(folder: Path) -> str:
    """The secret of a batch, made where there is neither one nor anything built or published without."""
    old = (folder / MANIFEST).exists() or any(folder.glob("ledger*.sqlite"))
    if not (folder / FILE).exists() and not old:
        write_whole(folder / FILE, f"{secrets.token_hex(16)}\n".encode(), private=True)
    return read_salt(folder)
