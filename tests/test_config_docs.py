"""docs/config.md names every key of batch.toml, and no other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel

from hitgen.config.loading import models_of
from hitgen.methods.pjnd.config import Config

DOC = Path(__file__).parents[1] / "docs" / "config.md"


def keys(model: type[BaseModel] = Config, table: str = "") -> Iterator[tuple[str, str]]:
    for name, info in model.model_fields.items():
        inner = list(models_of(info))
        if inner:
            for each in inner:
                yield from keys(each, f"{table}.{name}".strip("."))
        elif table:
            yield table, name
        else:
            yield name, ""


def test_every_key_is_documented() -> None:
    documented = set()
    table = ""
    for line in DOC.read_text(encoding="utf-8").splitlines():
        if heading := re.match(r"## .*?`\[+([\w.]+)\]+`", line):
            table = heading[1]
            documented.add((table, ""))
        elif row := re.match(r"\| `(\w+)` \|", line):
            documented.add((table, row[1]))
    wanted = set(keys())
    assert {key for key in documented if key[1]} == {key for key in wanted if key[1]}
    assert {key for key in wanted if not key[1]} <= documented
