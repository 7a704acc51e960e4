"""The regular expressions of hitgen's code and scripts, and texts that are as hard for each as its own shape can make them."""

from __future__ import annotations

import ast
import re
import re._parser as shape
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
USES = ("match", "fullmatch", "search", "sub", "split", "findall", "finditer")
REPEATS = ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT")
MANY = 20
"""What may come more often than this may come without end."""
SIGNS = [chr(code) for code in (*range(97, 123), *range(32, 97), *range(123, 127), 10, 9)]
LITERAL = re.compile(
    r"(?:(?<=[=(,:\[!&|?{};])|\breturn)\s*/((?![/*])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n\[])+)/([a-z]*)"
)


@dataclass(frozen=True)
class Pattern:
    """A regular expression, where it stands, and by which calls texts meet it."""

    where: str
    text: str
    flags: int
    uses: frozenset[str]


def patterns() -> list[Pattern]:
    """All of them; what is put in at run time is taken for a letter."""
    code = "\n".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "hitgen").rglob("*.py")))
    called = set(re.findall(rf"\b(\w+)\.({'|'.join(USES)})\b", code))
    found = [each for path in sorted((ROOT / "hitgen").rglob("*.py")) for each in _of_python(path, called)]
    return found + [each for path in sorted((ROOT / "assets").rglob("*.js")) for each in _of_script(path)]


def _of_python(path: Path, all_called: set[tuple[str, str]]) -> Iterator[Pattern]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = {id(node.value): node.targets[0] for node in ast.walk(tree) if isinstance(node, ast.Assign)}
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        called = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        given = [word.value for word in node.keywords if word.arg == "pattern"]
        uses = {"search"}
        if (
            isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id == "re"
            and called in (*USES, "compile")
        ):
            given, uses = [node.args[0]], {called}
            if called == "compile":
                name = ast.unparse(names[id(node)]).rpartition(".")[2] if id(node) in names else ""
                uses = {use for use in USES if (name, use) in all_called} or set(USES)
        if not given:
            continue
        flags = re.VERBOSE if "re.VERBOSE" in ast.unparse(node) or "re.X" in ast.unparse(node) else 0
        for value in given:
            if isinstance(value, ast.JoinedStr):
                text = "".join(part.value if isinstance(part, ast.Constant) else "x" for part in value.values)  # type: ignore[misc]
            elif isinstance(value, ast.Constant) and isinstance(value.value, str):
                text = value.value
            else:
                continue
            yield Pattern(f"{path.relative_to(ROOT)}:{node.lineno}", text, flags, frozenset(uses))


def _of_script(path: Path) -> Iterator[Pattern]:
    content = path.read_text(encoding="utf-8")
    for found in LITERAL.finditer(content):
        line = content[: found.start()].count("\n") + 1
        text = re.sub(r"\(\?<(?=\w)", "(?P<", found[1]).replace(r"\/", "/")
        yield Pattern(f"{path.relative_to(ROOT)}:{line}", text, re.ASCII, frozenset({"search"}))


def hard_texts(pattern: Pattern, length: int) -> Iterator[str]:
    """Texts that go on and on with what the pattern may repeat, and then end otherwise.

    Where a pattern takes many signs, one of those it begins with is among them, so that a search begins again and again.
    """
    tree = shape.parse(pattern.text, pattern.flags)
    whole = _example(tree, "")
    for wish in dict.fromkeys(["", *_signs(tree[:1])]):
        units = dict.fromkeys(_repeats(tree, "", wish))
        units |= dict.fromkeys([("", sign) for sign in sorted(_signs(tree))] + [("", whole), ("", whole[:-1])])
        for before, unit in units:
            if unit:
                yield before + unit * (length // len(unit))
                yield before + unit * (length // len(unit)) + "\0"


def _repeats(tree: Any, before: str, wish: str) -> Iterator[tuple[str, str]]:
    """What may come without end, each with a text that comes before it."""
    for step in tree:
        for inner in _inside(step):
            yield from _repeats(inner, before, wish)
        if str(step[0]) in REPEATS and step[1][1] > MANY:
            for unit in _ways(step[1][2], wish):
                yield before, unit
                yield "", unit
        before += _example([step], wish)


def _ways(tree: Any, wish: str) -> list[str]:
    """Short texts that are taken, one for each branch."""
    flat = tree[0][1][3] if len(tree) == 1 and str(tree[0][0]) == "SUBPATTERN" else tree
    branches = flat[0][1][1] if len(flat) == 1 and str(flat[0][0]) == "BRANCH" else [tree]
    return [_example(branch, wish) for branch in branches]


def _inside(step: Any) -> list[Any]:
    name, value = str(step[0]), step[1]
    if name in REPEATS:
        return [value[2]]
    if name == "BRANCH":
        return list(value[1])
    return {"SUBPATTERN": lambda: [value[3]], "ATOMIC_GROUP": lambda: [value]}.get(name, list)()


def _example(tree: Any, wish: str = "") -> str:
    """A short text that is taken, of the sign that is wished for where it can be."""
    text = ""
    for step in tree:
        name, inner = str(step[0]), _inside(step)
        if name in REPEATS:
            text += _example(inner[0], wish) * max(step[1][0], 1)
        else:
            text += _example(inner[0], wish) if inner else "".join(_sign(step, wish))
    return text


def _signs(tree: Any) -> set[str]:
    return {
        sign for step in tree for sign in (*_sign(step), *(each for inner in _inside(step) for each in _signs(inner)))
    }


def _sign(step: Any, wish: str = "") -> list[str]:
    """A sign that one step takes, none where it takes none."""
    name, value = str(step[0]), step[1]
    if name == "LITERAL":
        return [chr(value)]
    if name in ("NOT_LITERAL", "ANY"):
        return [next(sign for sign in (wish, "a", "b") if sign and (name == "ANY" or ord(sign) != value))]
    if name != "IN":
        return []
    other = str(value[0][0]) == "NEGATE"
    signs = [wish, *SIGNS] if wish else SIGNS
    return [next((sign for sign in signs if any(_has(item, sign) for item in value) != other), "a")]


def _has(item: Any, sign: str) -> bool:
    name, value = str(item[0]), item[1]
    if name == "CATEGORY":
        kind = str(value)
        of = sign.isdigit() if "DIGIT" in kind else sign.isspace() if "SPACE" in kind else sign.isalnum() or sign == "_"
        return of != ("NOT" in kind)
    if name == "RANGE":
        return bool(value[0] <= ord(sign) <= value[1])
    return name == "LITERAL" and bool(value == ord(sign))
