"""docs/config.md has every table of batch.toml; the rows of the tables are made from the models."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import BaseModel

from hitgen.config.kinds import METHODS
from hitgen.config.read import config_model, models_of
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
