"""docs/config.md has every table of batch.toml; the rows of the tables are made from the models."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import BaseModel

from hitgen.config.read import models_of
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
