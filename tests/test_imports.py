"""Imports run one way: from the command line down to config and errors, without a circle."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Callable, Container
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

ROOT = Path(__file__).parent.parent / "hitgen"
LAYERS = (
    {"errors", "lib", "__init__"},
    {"config"},
    {"batch", "manifest"},
    {"ledger"},
    {"plan", "pages", "stimuli", "methods", "checks", "hosts", "collector", "recruiters"},
    {"build"},
    {"publishing"},
    {"outlook"},
    {"check", "start"},
    {"serve", "results", "analysis", "simulation", "rehearsal", "preview"},
    {"watch"},
    {"console", "commands"},
    {"cli"},
    {"__main__"},
)  # fmt: skip
ALONE = {"doubles": {"doubles", "errors", "lib"}, "robots": {"robots", "doubles", "errors", "lib"}}
"""Packages that may import nothing but these, so that they cannot share a mistake with what they imitate."""


def name_of(path: Path) -> str:
    return ".".join(("hitgen", *path.relative_to(ROOT).with_suffix("").parts)).removesuffix(".__init__")


MODULES = {name_of(path): path for path in ROOT.rglob("*.py")}


@cache
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


EVERY = {part(name) for name in MODULES}


def test_there_is_no_circle() -> None:
    order = TopologicalSorter({name: imported(path) & set(MODULES) - {name} for name, path in MODULES.items()})
    assert len(list(order.static_order())) >= len(MODULES)


def astray(allowed: Callable[[str, str], bool], parts: Container[str] = EVERY) -> dict[str, set[str]]:
    """The modules of these parts that import what is not allowed (importer, imported), with what they import."""
    found = {
        name: {other for other in imported(path) if not allowed(name, other)}
        for name, path in MODULES.items()
        if part(name) in parts
    }
    return {name: others for name, others in found.items() if others}


def test_a_module_imports_nothing_above_it() -> None:
    assert astray(lambda name, other: part(other) in ALONE or layer(other) <= layer(name), EVERY - set(ALONE)) == {}


def test_nobody_outside_imports_from_a_recruiter_s_folder_or_a_method_s() -> None:
    def allowed(name: str, other: str) -> bool:
        house, folder = part(other), [*other.split("."), "", ""][2]
        if (
            house not in ("recruiters", "methods")
            or not (ROOT / house / folder / "__init__.py").is_file()
            or not folder
        ):
            return True
        return f"{name}.".startswith("hitgen.recruiters." if house == "recruiters" else f"hitgen.methods.{folder}.")

    assert not allowed("hitgen.results.study", "hitgen.recruiters.link.link") and allowed(
        "hitgen.check", "hitgen.methods.base"
    )
    assert not allowed("hitgen.methods.base", "hitgen.methods.pjnd") and allowed("hitgen.plan", "hitgen.recruiters")
    assert astray(allowed) == {}


def test_what_imitates_a_service_stands_alone() -> None:
    assert astray(lambda name, other: part(other) in ALONE[part(name)], ALONE) == {}


def test_what_judges_and_analyses_never_sees_the_simulated_truth() -> None:
    assert astray(lambda name, other: part(other) != "simulation", {"results", "analysis"}) == {}


def test_a_build_begins_without_what_only_decoding_needs() -> None:
    heavy = "{'numpy', 'simplejpeg', 'wasmtime', 'boto3', 'polars', 'rich'}"
    command = [sys.executable, "-c", f"import sys, hitgen.build; print({heavy} & set(sys.modules))"]
    assert subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT.parent).stdout == "set()\n"
