"""The page's modules run by Node, through the page's own linker."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from hitgen.batch import resources
from hitgen.pages.script import link


def module(path: str, name: str = "module") -> str:
    """A shipped module by its path below `assets/`, as a script that defines `name`."""
    return link(path, lambda file: resources.find("assets", file, None), name)


def run(path: str, body: str) -> Any:
    """What `body` (the inside of an async function that may use `module`) returns, by way of JSON."""
    script = f"{module(path)}\n(async () => {{ {body} }})().then((found) => console.log(JSON.stringify(found)));"
    node = str(Path(sys.executable).with_name("node"))
    done = subprocess.run([node, "-"], input=script, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
