"""No text, however long and however it is made, keeps a regular expression busy: each takes time that grows as the text does."""

from __future__ import annotations

import re
import time

import pytest

from tests.support.patterns import Pattern, hard_texts, patterns

LENGTHS = (300, 3_000, 10_000)
MOST_S = 0.3
"""Linear ones need some milliseconds; at ten times the length a quadratic one needs a hundred times as much."""
FOUND = [each for each in patterns() if not each.where.startswith("hitgen/pages/script.py")]
"""Without those that read scripts: they are hitgen's own or the researcher's."""


def call(pattern: Pattern, use: str, text: str) -> None:
    compiled = re.compile(pattern.text, pattern.flags)
    if use == "sub":
        compiled.sub("", text)
    elif use == "finditer":
        list(compiled.finditer(text))
    else:
        getattr(compiled, use)(text)


def took_s(pattern: Pattern, use: str, text: str) -> float:
    """Once more where the interpreter may have tidied up meanwhile."""
    began = time.process_time()
    call(pattern, use, text)
    return time.process_time() - began


def test_all_of_them_are_found() -> None:
    assert len(FOUND) > 70 and {each.where.partition("/")[0] for each in FOUND} == {"hitgen", "assets"}


@pytest.mark.parametrize("pattern", FOUND, ids=[each.where for each in FOUND])
def test_a_pattern_takes_linear_time(pattern: Pattern) -> None:
    for length in LENGTHS:
        for text in hard_texts(pattern, length):
            for use in pattern.uses:
                assert any(took_s(pattern, use, text) < MOST_S for _ in range(3)), (use, length, text[:30])
