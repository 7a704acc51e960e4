"""Imports run one way: from the command line down to config and errors, without a circle."""

from __future__ import annotations

import ast
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent / "hitgen"
LAYERS = (
    {"errors", "lib", "__init__"},
    {"config"},
    {"batch", "manifest"},
    {"ledger"},
    {"plan", "pages", "stimuli", "methods", "hosts", "collector", "recruiters"},
    {"build"},
    {"publishing", "check"},
    {"serve", "results", "analysis", "simulation", "rehearsal", "preview"},
    {"console", "commands"},
    {"cli"},
    {"__main__"},
)  # fmt: skip
ALONE = {"doubles": {"doubles", "errors", "lib"}, "robots": {"robots", "doubles", "errors", "lib"}}
"""Packages that may import nothing but these, so that they cannot share a mistake with what they imitate."""


def name_of(path: Path) -> str:
    return ".".join(("hitgen", *path.relative_to(ROOT).with_suffix("").parts)).removesuffix(".__init__")


MODULES = {name_of(path): path for path in ROOT.rglob("*.py")}


def imported(path: Path) -> set[str]:
    """The modules of hitgen that a module imports, wherever in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {
                f"{node.module}.{alias.name}" if f"{node.module}.{alias.name}" in MODULES else node.module
                for alias in node.names
            }
    return {name for name in found if name.split(".")[0] == "hitgen"}


def part(module: str) -> str:
    names = module.split(".")
    return names[1] if len(names) > 1 else "__init__"


def layer(module: str) -> int:
    return next(number for number, parts in enumerate(LAYERS) if part(module) in parts)


def test_there_is_no_circle() -> None:
    order = TopologicalSorter({name: imported(path) & set(MODULES) - {name} for name, path in MODULES.items()})
    assert len(list(order.static_order())) >= len(MODULES)


@pytest.mark.parametrize("module", sorted(name for name in MODULES if part(name) not in ALONE))
def test_a_module_imports_nothing_above_it(module: str) -> None:
    above = {name for name in imported(MODULES[module]) if part(name) not in ALONE and layer(name) > layer(module)}
    assert above == set()


@pytest.mark.parametrize("module", sorted(name for name in MODULES if part(name) in ALONE))
def test_what_imitates_a_service_stands_alone(module: str) -> None:
    assert {part(name) for name in imported(MODULES[module])} <= ALONE[part(module)]


@pytest.mark.parametrize("module", sorted(name for name in MODULES if part(name) in ("results", "analysis")))
def test_what_judges_and_analyses_never_sees_the_simulated_truth(module: str) -> None:
    assert "simulation" not in {part(name) for name in imported(MODULES[module])}
