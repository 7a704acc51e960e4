"""One word, one meaning: what the glossary of ARCHITECTURE.md promises of names in the code."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent / "hitgen"
SHARED = {"Question"}
"""As it is asked, and as it was built."""
DEEDS = {"screening", "timing"}
"""Nouns of the field that end as what is done does."""


@cache
def trees() -> dict[str, ast.Module]:
    return {
        path.relative_to(ROOT).as_posix(): ast.parse(path.read_text(encoding="utf-8")) for path in ROOT.rglob("*.py")
    }


def variables(tree: ast.AST) -> Iterator[str]:
    """Names that a module gives a value to, parameters among them."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.arg):
            yield node.arg


def test_modules_are_named_by_a_noun_or_a_verb() -> None:
    names = {name: re.split(r"[/.]", name)[-2] for name in trees()}
    assert [name for name, stem in names.items() if stem.endswith("ing") and stem not in DEEDS] == []


def test_a_place_is_a_worker_s_seat_on_a_hit() -> None:
    seats = ("doubles/", "recruiters/", "publishing/", "ledger/", "lib/money.py")
    found = [name for name, tree in trees().items() if "place" in variables(tree) and not name.startswith(seats)]
    assert found == []


def test_what_the_house_once_called_by_one_word_has_names_of_its_own() -> None:
    classes = Counter(
        node.name
        for name, tree in trees().items()
        # a double stands alone, and what a method makes of a table, a row or an observer bears its name
        if not name.startswith(("doubles/", "methods/pjnd/", "methods/compare/", "methods/threshold/"))
        for node in ast.walk(tree)
        if isinstance(node, ast.ClassDef)
    )
    assert [name for name, count in classes.items() if count > 1 and name not in SHARED] == []
    assert not {"Action", "Progress", "Say", "Ask"} & set(classes)
