"""The linker takes named imports and exports, and refuses the rest with file and line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from hitgen.errors import InputError
from hitgen.pages.script import link

GOOD = {
    "main.js": 'import { twice } from "./twice.js";\nimport { ONE } from "./one.js";\nexport const four = () => twice(twice(ONE)); // import("x")\n',
    "twice.js": 'import { ONE } from "./one.js";\nexport function twice(number) {\n  return number * 2 * ONE;\n}\n',
    "one.js": 'export const ONE = 1;\nconst text = "export default";\nexport const pattern = /[/]"/;\n',
}
REFUSED = {
    "a missing module": ('import { a } from "./nowhere.js";\n', "main.js: line 1"),
    "a missing export": ('import { three } from "./one.js";\n', "three"),
    "a default export": (
        "const a = 1;\nexport default a;\n",
        "main.js: line 2: a default export, which the linker does not take",
    ),
    "a dynamic import": ('export const a = 1;\nimport("./one.js");\n', "main.js: line 2: a dynamic import, which"),
    "a default import": ('import one from "./one.js";\n', "main.js: line 1"),
    "a star import": ('import * as one from "./one.js";\n', "main.js: line 1"),
    "a bare import": ('import { join } from "lodash";\n', "main.js: line 1"),
    "an export list": ("const a = 1;\nexport { a };\n", "main.js: line 2"),
    "a changing export": ("export let a = 1;\n", "main.js: line 1"),
    "a JSON file by name": ('import { a } from "./data.json" with { type: "json" };\n', "main.js: line 1"),
    "a key that the JSON file lacks": (
        'import data from "./data.json" with { type: "json" };\nexport const a = data.three;\n',
        "main.js: line 1: ./data.json has no 'three'",
    ),
    "a circle": ('import { twice } from "./circle.js";\nexport const a = twice;\n', "circle"),
}


DATA = '{"one": {"a": 1}, "two": [2], "sentence": "not for the page"}'


def linked(folder: Path, files: dict[str, str]) -> str:
    for name, text in {"data.json": DATA, **files}.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    return link("main.js", lambda name: folder / name if (folder / name).is_file() else None, "hit")


def ran(script: str) -> str:
    node = str(Path(sys.executable).with_name("node"))
    return subprocess.run([node, "-e", script], capture_output=True, text=True, check=True).stdout.strip()


def test_modules_become_one_script_that_runs(tmp_path: Path) -> None:
    script = linked(tmp_path, GOOD)
    assert script == linked(tmp_path, GOOD)
    assert ran(f"{script}\nconsole.log(hit.four())") == "4"


def test_a_json_file_is_carried_as_far_as_it_is_used(tmp_path: Path) -> None:
    deeper = 'import data from "../data.json" with { type: "json" };\nexport const two = () => `${data.two[0]}`;\n'
    main = 'import data from "./data.json" with { type: "json" };\nimport { two } from "./deeper/two.js";\nexport const both = () => data.one.a + two();\n'
    script = linked(tmp_path, {"main.js": main, "deeper/two.js": deeper})
    assert ran(f"{script}\nconsole.log(hit.both())") == "12"
    assert "not for the page" not in script


def test_comments_stay_behind_and_what_looks_like_one_comes_along(tmp_path: Path) -> None:
    main = (
        "// a word\n/** and\n * more */\nexport const address = () => `http://${1 + 1 /* inner */}//x`; // said\n"
        "export const pattern = /\\/\\/[/*]/; /* said */\nexport const text = '/* kept */';\n"
    )
    script = linked(tmp_path, {"main.js": main})
    assert (
        ran(f"{script}\nconsole.log(hit.address() + hit.text + hit.pattern.test('///'))") == "http://2//x/* kept */true"
    )
    assert "word" not in script and "said" not in script and "more" not in script


@pytest.mark.parametrize("name", REFUSED)
def test_what_it_cannot_do_is_refused(name: str, tmp_path: Path) -> None:
    text, told = REFUSED[name]
    circle = {"circle.js": 'import { a } from "./main.js";\nexport const twice = () => a;\n'}
    with pytest.raises(InputError, match=told):
        linked(tmp_path, {**GOOD, **circle, "main.js": text})
