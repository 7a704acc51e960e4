"""TOML files as they are read everywhere."""

from __future__ import annotations

import tomllib
from typing import Any

from hitgen.errors import Fault, InputError


def read_toml(content: bytes, name: str) -> dict[str, Any]:
    """The table in a TOML file; InputError, calling the file `name`, where it is none."""
    try:
        return tomllib.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise InputError(Fault(name, "", f"byte {error.start} is not UTF-8", "saving it as UTF-8")) from None
    except ValueError as error:  # with tomllib's own, numbers of thousands of digits
        raise InputError(Fault(name, "", f"it is not TOML: {error}", "mending that line")) from None
    except RecursionError:
        raise InputError(Fault(name, "", "it is not TOML: its brackets are nested too deep", "fewer")) from None
