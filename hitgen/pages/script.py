"""A small strict linker: the page's ES modules as one classic script.

Module files do not load from file://, and users of hitgen have no Node. It takes named relative imports and top-level
named exports, and refuses anything else with file and line. Each module becomes a function of its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from hitgen.errors import Fault, InputError

_IMPORT = re.compile(r'^import \{([^}]*)\} from "\./([\w-]+\.js)";$', re.MULTILINE)
_EXPORT = re.compile(r"^export ((?:async )?function\*?|const|class) (\w+)", re.MULTILINE)
_LITERAL = re.compile(
    r"""(?P<comment>//[^\n]*|/\*.*?\*/)
      | (?P<string>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`)
      | (?P<regex>(?<=[=(,:\[!&|?{};])\s*/(?![/*])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n\[])+/[a-z]*)""",
    re.VERBOSE | re.DOTALL,
)
_REFUSED = (
    (re.compile(r"\bimport\s*\("), "a dynamic import"),
    (re.compile(r"\bimport\.meta\b"), "import.meta"),
    (re.compile(r"^export default\b", re.MULTILINE), "a default export"),
    (re.compile(r"^export \*", re.MULTILINE), "export *"),
    (re.compile(r"^export \{", re.MULTILINE), "an export list"),
    (re.compile(r"^export (?:let|var)\b", re.MULTILINE), "an export that can change"),
    (re.compile(r"^(?:(?:export )?(?:const|let|var) [^=\n]+= )?await\b", re.MULTILINE), "a top-level await"),
)

Find = Callable[[str], Path | None]
"""Gives the file of a module by name, or None."""


def link(entry: str, find: Find, name: str) -> str:
    """One classic script that defines `name` as the exports of the entry module; the same modules give the same text.

    InputError names file and line of what a linker this small cannot do.
    """
    order: list[str] = []
    parts: dict[str, str] = {}
    _visit(entry, find, [], order, parts)
    body = "\n".join(parts[module] for module in order)
    script = f'"use strict";\n{body}\nconst {name} = {_variable(entry)};\n'
    return script.replace("</script", "<\\/script").replace("<!--", "<\\!--")


def _visit(module: str, find: Find, trail: list[str], order: list[str], parts: dict[str, str]) -> None:
    if module in trail:
        raise _refusal(
            module, 1, f"imports run in a circle: {' -> '.join([*trail, module])}", "a third module for what both need"
        )
    if module in parts:
        return
    path = find(module)
    if path is None:
        raise _refusal(trail[-1] if trail else module, 1, f"it imports {module!r}, which is not there", "its name")
    text = path.read_text(encoding="utf-8")
    masked = _masked(text, strings=True)
    _refuse(module, masked)
    imports = list(_IMPORT.finditer(_masked(text, strings=False)))
    known = {match.start() for match in imports} | {match.start() for match in _EXPORT.finditer(masked)}
    for statement in re.finditer(r"^[ \t]*(import|export)\b(?!\s*[.(])", masked, re.MULTILINE):
        if statement.start() not in known:
            raise _refusal(
                module,
                _line(text, statement.start()),
                f"an {statement.group(1)} of a form the linker does not take",
                'import { name } from "./module.js"; or export const, function or class at the line\'s start',
            )
    for match in imports:
        _visit(match.group(2), find, [*trail, module], order, parts)
        for imported in _names(match.group(1)):
            exported = _EXPORT.findall(
                _masked((find(match.group(2)) or path).read_text(encoding="utf-8"), strings=True)
            )
            if imported.split(":")[0] not in {export for _, export in exported}:
                raise _refusal(
                    module,
                    _line(text, match.start()),
                    f"{match.group(2)} does not export {imported!r}",
                    "the exported name",
                )
    parts[module] = _wrapped(module, text, masked, imports)
    order.append(module)


def _wrapped(module: str, text: str, masked: str, imports: list[re.Match[str]]) -> str:
    edits = [
        (m.start(), m.end(), f"const {{ {', '.join(_names(m.group(1)))} }} = {_variable(m.group(2))};") for m in imports
    ]
    exports = list(_EXPORT.finditer(masked))
    edits += [(m.start(), m.start() + len("export "), "") for m in exports]
    for start, end, new in sorted(edits, reverse=True):
        text = text[:start] + new + text[end:]
    returned = ", ".join(match.group(2) for match in exports)
    return f"const {_variable(module)} = (() => {{\n{text.strip()}\nreturn {{ {returned} }};\n}})();"


def _names(group: str) -> list[str]:
    """Imported names as destructuring patterns: `a as b` becomes `a: b`."""
    return [re.sub(r"\s+as\s+", ": ", name.strip()) for name in group.split(",") if name.strip()]


def _variable(module: str) -> str:
    return "module_" + re.sub(r"\W", "_", module.removesuffix(".js"))


def _masked(text: str, *, strings: bool) -> str:
    """The text with comments, and strings too if wanted, blanked at the same length, so that places stay."""

    def blank(match: re.Match[str]) -> str:
        if match.lastgroup != "comment" and not strings:
            return match.group()
        return (
            re.sub(r"[^\n]", " ", match.group())
            if match.lastgroup == "comment"
            else re.sub(r"[^\n]", "_", match.group())
        )

    return _LITERAL.sub(blank, text)


def _refuse(module: str, masked: str) -> None:
    for pattern, what in _REFUSED:
        found = pattern.search(masked)
        if found:
            raise _refusal(
                module,
                _line(masked, found.start()),
                f"{what}, which the linker does not take",
                "a named import or export",
            )


def _line(text: str, place: int) -> int:
    return text.count("\n", 0, place) + 1


def _refusal(module: str, line: int, problem: str, remedy: str) -> InputError:
    return InputError(Fault(f"assets/runtime/{module}", f"line {line}", problem, remedy))
