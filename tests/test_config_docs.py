"""docs/config.md has every table of batch.toml; the rows of the tables are made from the models."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from hitgen.config.kinds import METHODS
from hitgen.config.read import config_model, models_of, read_config
from tests.generated import DOCS, METHOD, config_table, tables_of


def tables(model: type[BaseModel], path: str = "") -> Iterator[str]:
    for name, info in model.model_fields.items():
        for inner in models_of(info):
            yield f"{path}.{name}".strip(".")
            yield from tables(inner, f"{path}.{name}".strip("."))


def test_every_table_is_documented() -> None:
    assert set(tables_of((DOCS / "config.md").read_text(encoding="utf-8"))) == set(tables(METHOD.config))


def test_every_key_has_a_sentence() -> None:
    for path in set(tables(METHOD.config)):
        for row in config_table(path).splitlines()[2:]:
            assert row.split("|")[3].strip(), (path, row)


BLOCK = re.compile(r"(?<!-->\n)^```toml\n(.*?)^```|((?:^    \[[^\n]*\n(?:    [^\n]*\n)*)+)", re.MULTILINE | re.DOTALL)
START = {
    "batch": 'name = "t"\nseed = 1\n',
    "[images]": 'name = "study"\nsources = "images/*.png"\ncodec = "jpeg"\nlevels = 5\n',
    "consent": 'title = "t"\ncontact = "c"\nexemption = "e"\nretention = "r"\nwithdrawal = "w"\n',
}


def shown() -> Iterator[tuple[str, str]]:
    for path in sorted(DOCS.glob("*.md")):
        for fenced, indented in BLOCK.findall(path.read_text(encoding="utf-8")):
            yield path.name, fenced or textwrap.dedent(indented)


@pytest.mark.parametrize(("document", "block"), list(shown()))
def test_every_table_that_a_document_shows_is_taken(document: str, block: str, tmp_path: Path) -> None:
    tables = "".join(f"[{name}]\n{text}" for name, text in START.items() if f"[{name}]" not in block)
    if "[[recruiter." in block and "[recruiter]" not in block:
        tables += '[recruiter]\nkind = "mturk"\n'
    if '"qualification"' in block:
        tables += "[qualification]\n"
    (tmp_path / "batch.toml").write_text(f"{tables}\n{block}", encoding="utf-8")
    read_config(tmp_path / "batch.toml")


def boundless(schema: Any, path: str = "") -> Iterator[str]:
    """The numbers of a schema that may be of any size; of money the digits are counted, which no schema tells."""
    if isinstance(schema, dict):
        bounds = {"maximum", "exclusiveMaximum", "const", "enum"}
        if schema.get("type") in ("integer", "number") and not bounds & set(schema) and "_usd" not in path:
            yield path
        for key, inner in schema.items():
            yield from boundless(inner, f"{path}/{key}")
    elif isinstance(schema, list):
        for inner in schema:
            yield from boundless(inner, path)


@pytest.mark.parametrize("method", METHODS.names())
def test_no_number_is_so_large_that_hitgen_would_work_for_ever(method: str) -> None:
    assert not list(boundless(config_model({"method": {"kind": method}}).model_json_schema()))
