"""A small strict linker: the page's ES modules as one classic script.

Module files do not load from file://, and users of hitgen have no Node. It takes named relative imports, JSON files by
their default, and top-level named exports, and refuses anything else with file and line. Each module becomes a function
of its own; of a JSON file only the keys that some module names go into the page.
"""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Callable
from pathlib import Path

from hitgen.batch import resources
from hitgen.errors import Fault, InputError
from hitgen.lib.files import text_of

_IMPORT = re.compile(r'^import \{([^}]*)\} from "(\.\.?/[\w./-]+\.js)";$', re.MULTILINE)
_JSON = re.compile(r'^import (\w+) from "(\.\.?/[\w./-]+\.json)" with \{ type: "json" \};$', re.MULTILINE)
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
"""Gives the file of a module or JSON file by its path from the folder of assets, or None."""


def link(entry: str, find: Find, name: str) -> str:
    """One classic script that defines `name` as the exports of the entry module; the same modules give the same text.

    InputError names file and line of what a linker this small cannot do.
    """
    linker = _Linker(find)
    linker.visit(entry, [])
    return linker.script(f"const {name} = {_variable(entry)};")


def link_page(method: str, find: Find, *, makes: bool, checks: tuple[str, ...] = (), speaks: bool = False) -> str:
    """The script of a page: the frame, started with the one method that the page's data name, and with the checks that it has.

    Where it `makes` frames it holds what makes them, and is the script of its own worker too, which has no document. Where it
    `speaks` several languages it holds what changes its words.
    """
    frame, entry, maker = "runtime/main.js", f"methods/{method}/method.js", "codecs/maker.js"
    run, kinds, languages = "checks/run.js", {kind: f"checks/{kind}.js" for kind in checks}, "runtime/languages.js"
    further = [
        *([maker] if makes else []),
        *([run, *kinds.values()] if checks else []),
        *([languages] if speaks else []),
    ]
    linker = _Linker(find)
    for module in (frame, entry, *further):
        linker.visit(module, [])
    methods = f"{{ {json.dumps(method)}: {_variable(entry)}.method }}"
    each = ", ".join(f"{json.dumps(kind)}: {_variable(module)}.check" for kind, module in kinds.items())
    checking = f"{{ ...{_variable(run)}, kinds: {{ {each} }} }}" if checks else "null"
    given = [methods, _variable(maker) if makes else "null", checking, _variable(languages) if speaks else "null"]
    while given[-1] == "null":
        given.pop()
    start = f"{_variable(frame)}.start({', '.join(given)})"
    if not makes:
        return linker.script(f"const hit = {start};")
    return linker.script(f'const hit = typeof document === "undefined" ? {_variable(maker)}.serve(self) : {start};')


def link_asking(find: Find) -> str:
    """The short script in the head of a page of linked packs; in a block, as its names are those of the page's script too."""
    return f"{{\n{link('runtime/ask.js', find, 'ask')}}}"


class _Linker:
    """Modules in the order they are needed, each once."""

    def __init__(self, find: Find) -> None:
        self._find = find
        self._modules: dict[str, str] = {}
        self._used: dict[str, set[str]] = {}
        """Of each JSON file, the keys that modules name."""

    def script(self, last: str) -> str:
        parts = [*(self._data(file, keys) for file, keys in sorted(self._used.items())), *self._modules.values()]
        script = "\n".join(['"use strict";', *parts, last, ""])
        return script.replace("</script", "<\\/script").replace("<!--", "<\\!--")

    def _data(self, file: str, keys: set[str]) -> str:
        values = json.loads(text_of(self._file(file, file, 1)))
        chosen = {key: value for key, value in values.items() if key in keys}
        return f"const {_variable(file)} = {json.dumps(chosen, separators=(',', ':'))};"

    def _file(self, name: str, importer: str, line: int) -> Path:
        path = self._find(name)
        if path is None:
            self._refuse_misfit(importer, f"line {line} imports {name!r}, which is not there")
            raise _refusal(importer, line, f"it imports {name!r}, which is not there", "its name")
        return path

    def _refuse_misfit(self, name: str, problem: str) -> None:
        """Say of a batch's own copy of a shipped script that the others do not go with it."""
        path = self._find(name)
        if path and resources.is_own(path, name):
            raise InputError(resources.misfit(path, name, problem))

    def visit(self, module: str, trail: list[str], line: int = 1) -> None:
        if module in trail:
            circle = " -> ".join([*trail, module])
            raise _refusal(module, 1, f"imports run in a circle: {circle}", "a third module for what both need")
        if module in self._modules:
            return
        text = text_of(self._file(module, trail[-1] if trail else module, line))
        masked = _masked(text, strings=True)
        _refuse(module, masked)
        code = _masked(text, strings=False)
        imports, data = list(_IMPORT.finditer(code)), list(_JSON.finditer(code))
        _refuse_forms(module, masked, {match.start() for match in (*imports, *data, *_EXPORT.finditer(masked))})
        for match in imports:
            self._take(module, match, [*trail, module], _line(text, match.start()))
        for match in data:
            self._take_data(module, match, code, _line(text, match.start()))
        self._modules[module] = _wrapped(module, text, masked, imports, data)

    def _take(self, module: str, match: re.Match[str], trail: list[str], line: int) -> None:
        imported = _beside(module, match.group(2))
        self.visit(imported, trail, line)
        exported = {
            name for _, name in _EXPORT.findall(_masked(text_of(self._file(imported, module, line)), strings=True))
        }
        for name in _names(match.group(1)):
            if (wanted := name.split(":")[0]) not in exported:
                self._refuse_misfit(imported, f"it does not export {wanted!r}, which assets/{module} imports")
                self._refuse_misfit(module, f"line {line} imports {wanted!r}, which assets/{imported} does not export")
                raise _refusal(module, line, f"{match.group(2)} does not export {name!r}", "the exported name")

    def _take_data(self, module: str, match: re.Match[str], code: str, line: int) -> None:
        file = _beside(module, match.group(2))
        there = json.loads(text_of(self._file(file, module, line)))
        keys = set(re.findall(rf"\b{match.group(1)}\.(\w+)", code[match.end() :]))
        for key in sorted(keys - set(there)):
            self._refuse_misfit(module, f"line {line} names {key!r}, which assets/{file} does not have")
            raise _refusal(module, line, f"{match.group(2)} has no {key!r}", "one of its keys")
        self._used[file] = self._used.get(file, set()) | keys


def _wrapped(module: str, text: str, masked: str, imports: list[re.Match[str]], data: list[re.Match[str]]) -> str:
    def taken(match: re.Match[str]) -> str:
        return _variable(_beside(module, match.group(2)))

    edits = [(m.start(), m.end(), f"const {{ {', '.join(_names(m.group(1)))} }} = {taken(m)};") for m in imports]
    edits += [(m.start(), m.end(), f"const {m.group(1)} = {taken(m)};") for m in data]
    exports = list(_EXPORT.finditer(masked))
    edits += [(m.start(), m.start() + len("export "), "") for m in exports]
    for start, end, new in sorted(edits, reverse=True):
        text = text[:start] + new + text[end:]
    returned = ", ".join(match.group(2) for match in exports)
    return f"const {_variable(module)} = (() => {{\n{_bare(text)}\nreturn {{ {returned} }};\n}})();"


def _bare(text: str) -> str:
    """Without comments and empty lines, which would weigh a quarter of the script."""
    code = _LITERAL.sub(lambda match: "\n" * ("\n" in match[0]) if match.lastgroup == "comment" else match[0], text)
    return "\n".join(line.rstrip() for line in code.splitlines() if line.strip())


def _names(group: str) -> list[str]:
    """Imported names as destructuring patterns: `a as b` becomes `a: b`."""
    return [" ".join(name.split()).replace(" as ", ": ") for name in group.split(",") if name.strip()]


def _beside(module: str, address: str) -> str:
    """The path from the folder of assets of what a module imports."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(module), address))


def _variable(module: str) -> str:
    return "module_" + re.sub(r"\W", "_", module.removesuffix(".js"))


def _masked(text: str, *, strings: bool) -> str:
    """The text with comments, and strings too if wanted, blanked at the same length, so that places stay."""

    def blank(match: re.Match[str]) -> str:
        if match.lastgroup == "comment":
            return re.sub(r"[^\n]", " ", match.group())
        return re.sub(r"[^\n]", "_", match.group()) if strings else match.group()

    return _LITERAL.sub(blank, text)


def _refuse_forms(module: str, masked: str, known: set[int]) -> None:
    for statement in re.finditer(r"^[ \t]*(import|export)\b(?!\s*[.(])", masked, re.MULTILINE):
        if statement.start() not in known:
            raise _refusal(
                module,
                _line(masked, statement.start()),
                f"an {statement.group(1)} of a form the linker does not take",
                'import { name } from "./module.js"; or export const, function or class at the line\'s start',
            )


def _refuse(module: str, masked: str) -> None:
    for pattern, what in _REFUSED:
        found = pattern.search(masked)
        if found:
            problem = f"{what}, which the linker does not take"
            raise _refusal(module, _line(masked, found.start()), problem, "a named import or export")


def _line(text: str, position: int) -> int:
    return text.count("\n", 0, position) + 1


def _refusal(module: str, line: int, problem: str, remedy: str) -> InputError:
    return InputError(Fault(f"assets/{module}", f"line {line}", problem, remedy))
