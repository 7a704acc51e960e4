"""Where the templates and assets lie that come with hitgen."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]


def shipped(kind: str) -> Path:
    """The folder of shipped `templates` or `assets`: in the checkout this package lies in, else inside the package.

    The checkout comes first: an editable install may leave stale copies beside other packages, never beside its own source.
    """
    checkout = _PACKAGE.parent / kind
    if (_PACKAGE.parent / "pyproject.toml").is_file() and checkout.is_dir():
        return checkout
    return _PACKAGE / kind
