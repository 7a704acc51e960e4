"""Where the templates and assets lie that come with hitgen."""

from __future__ import annotations

import shlex
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]


def shipped(kind: str) -> Path:
    """The folder of shipped `templates` or `assets`: in the checkout this package lies in, else inside the package.

    The checkout comes first: an editable install may leave stale copies beside other packages, never beside its own source.
    """
    checkout = _PACKAGE.parent / kind
    if _is_checkout() and checkout.is_dir():
        return checkout
    return _PACKAGE / kind


def install_line(extra: str) -> str:
    """The command that installs an extra, of the checkout that runs or of the package."""
    return shlex.join(
        ["pip", "install", "-e", f"{_PACKAGE.parent}[{extra}]"]
        if _is_checkout()
        else ["pip", "install", f"hitgen[{extra}]"]
    )


def _is_checkout() -> bool:
    return (_PACKAGE.parent / "pyproject.toml").is_file()
