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
    "a circle": ('import { twice } from "./circle.js";\nexport const a = twice;\n', "circle"),
}


def linked(folder: Path, files: dict[str, str]) -> str:
    for name, text in files.items():
        (folder / name).write_text(text)
    return link("main.js", lambda name: folder / name if (folder / name).is_file() else None, "hit")


def test_modules_become_one_script_that_runs(tmp_path: Path) -> None:
    script = linked(tmp_path, GOOD)
    assert script == linked(tmp_path, GOOD)
    ran = subprocess.run(
        [str(Path(sys.executable).with_name("node")), "-e", f"{script}\nconsole.log(hit.four())"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert ran.stdout.strip() == "4"


@pytest.mark.parametrize("name", REFUSED)
def test_what_it_cannot_do_is_refused(name: str, tmp_path: Path) -> None:
    text, told = REFUSED[name]
    circle = {"circle.js": 'import { a } from "./main.js";\nexport const twice = () => a;\n'}
    with pytest.raises(InputError, match=told):
        linked(tmp_path, {**GOOD, **circle, "main.js": text})
