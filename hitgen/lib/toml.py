"""TOML files as they are read everywhere."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from typing import Any

from hitgen.errors import Fault, InputError

PLAIN = {"Pi": '"', "Pf": '"', "Pd": "-", "Zs": "a plain space", "Cf": "removing it"}
"""What belongs where word processors write something alike, by its category."""
ALIKE = {"\N{DOUBLE LOW-9 QUOTATION MARK}": '"', "\N{SINGLE LOW-9 QUOTATION MARK}": '"', "\N{MINUS SIGN}": "-"}
"""The same of signs whose category holds others too."""


def read_toml(content: bytes, name: str) -> dict[str, Any]:
    """The table in a TOML file; InputError, calling the file `name`, where it is none."""
    text = ""
    try:
        text = content.decode("utf-8-sig")
        return tomllib.loads(text)
    except UnicodeDecodeError as error:
        raise InputError(Fault(name, "", f"byte {error.start} is not UTF-8", "saving it as UTF-8")) from None
    except ValueError as error:  # with tomllib's own, numbers of thousands of digits
        problem, remedy = _typographic(text, str(error)) or ("", _remedy(str(error)))
        raise InputError(Fault(name, "", f"it is not TOML: {error}{problem}", remedy)) from None
    except RecursionError:
        raise InputError(Fault(name, "", "it is not TOML: its brackets are nested too deep", "fewer")) from None


def _remedy(error: str) -> str:
    twice = "overwrite" in error or "twice" in error
    return "leaving it out, or the other line that says it: nothing is said twice" if twice else "mending that line"


def _typographic(text: str, error: str) -> tuple[str, str] | None:
    """What stands where reading failed, and what belongs there, if it is a sign that no keyboard writes and few eyes see."""
    at = re.search(r"at line (\d+), column (\d+)", error)
    line = text.split("\n")[int(at[1]) - 1] if at else ""
    sign = line[int(at[2]) - 1 : int(at[2])] if at else ""
    if not sign or sign.isascii():
        return None
    wide = unicodedata.normalize("NFKC", sign)  # as keyboards for Chinese and Japanese write
    remedy = ALIKE.get(sign) or PLAIN.get(unicodedata.category(sign)) or (wide if wide.isascii() else "")
    return (f": there is {unicodedata.name(sign, repr(sign))}", remedy) if remedy else None
