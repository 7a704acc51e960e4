"""Which cases of a test belong to every run, and which to the soak alone."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

import pytest


def soaked_but(kept: Collection[Any], cases: Iterable[Any]) -> list[Any]:
    """All cases, those that are not kept for every run marked as soak; tuples are cases of several arguments."""
    return [case if case in kept else _soaked(case) for case in cases]


def _soaked(case: Any) -> Any:
    return pytest.param(*(case if isinstance(case, tuple) else (case,)), marks=pytest.mark.soak)
