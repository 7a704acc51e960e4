"""The parts of docs/ that are made from the code: `python -m tests.docs` writes them, tests/test_docs_made.py holds them.

In a page, `<!-- made: NAME -->` and `<!-- end -->` enclose what is made. A JSON Schema is a file of its own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from hitgen.manifest import Manifest
from hitgen.pages.data import PageData
from hitgen.results.submission import Submission
from hitgen.stimuli.packs import PackIndex

DOCS = Path(__file__).parent.parent / "docs"
SCHEMAS: dict[str, type] = {"manifest": Manifest, "page": PageData, "pack": PackIndex, "submission": Submission}
BLOCK = re.compile(r"(<!-- made: ([\w ]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def schema(model: type) -> dict[str, Any]:
    """The JSON Schema of a model."""
    made = TypeAdapter(model).json_schema(by_alias=True, mode="validation")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **made}


def format_tables(model: type) -> str:
    """A table of keys for a model and for each model within it."""
    whole = schema(model)
    parts = [(None, whole), *((name, part) for name, part in whole.get("$defs", {}).items() if "properties" in part)]
    return "\n".join(line for name, part in parts for line in _table(name, part)) + "\n"


def _table(name: str | None, part: dict[str, Any]) -> Iterator[str]:
    if name:
        yield f"\n**{name}**: {' '.join(str(part.get('description', '')).split())}"
    yield "\n| key | type | is |\n|---|---|---|"
    for key, value in part["properties"].items():
        yield f"| `{key}` | {type_words(value)} | {value.get('description', '')} |"


def type_words(value: dict[str, Any]) -> str:
    """A JSON Schema's type in words."""
    if "$ref" in value:
        return str(value["$ref"]).rpartition("/")[2]
    if "const" in value:
        return json.dumps(value["const"])
    if "enum" in value:
        return ", ".join(map(str, value["enum"]))
    if "anyOf" in value:
        return " or ".join(dict.fromkeys(type_words(each) for each in value["anyOf"]))
    if value.get("type") == "array":
        if "prefixItems" in value:
            return f"[{', '.join(type_words(each) for each in value['prefixItems'])}]"
        return f"list of {type_words(value['items'])}"
    return str(value.get("type", "anything"))


BLOCKS: dict[str, Callable[[], str]] = {
    f"format {name}": lambda model=model: format_tables(model) for name, model in SCHEMAS.items()
}  # type: ignore[misc]


def made() -> dict[Path, str]:
    """Every file of docs/ that is made in whole or in part, as it should be."""
    files = {
        DOCS / "schemas" / f"{name}.schema.json": json.dumps(schema(model), indent=1) + "\n"
        for name, model in SCHEMAS.items()
    }
    for page in sorted(DOCS.glob("*.md")):
        text = page.read_text(encoding="utf-8")
        if BLOCK.search(text):
            files[page] = BLOCK.sub(lambda found: f"{found[1]}{BLOCKS[found[2]]()}{found[3]}", text)
    return files


def write() -> None:
    """Bring docs/ up to date."""
    for path, text in made().items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write()
