"""What is built holds the schemas of the docs, the schemas refuse what is wrong, and the docs are those of the code."""

from __future__ import annotations

import copy
import json
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from hitgen.build import build
from hitgen.manifest import read_manifest
from tests import generated
from tests.support.batches import write_batch

EXTRA = '[display]\nscaling = "physical"\n[[survey]]\nname = "s"\nkind = "text"\nlabel = "What?"\n'


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = write_batch(tmp_path_factory.mktemp("batch"), EXTRA)
    place = build(folder, workers=1).folder
    html = (place.pages / "p0001.html").read_text(encoding="utf-8")
    pack = next(place.packs.glob("*.pack")).read_bytes()
    (length,) = struct.unpack("<I", pack[8:12])
    return {
        "manifest": json.loads(place.manifest.read_bytes()),
        "page": json.loads(html.split('id="hit-page">')[1].split("</script>")[0]),
        "pack": json.loads(pack[12 : 12 + length]),
    }


def schema(name: str) -> dict[str, Any]:
    """The schema of the docs, with every key of an object named: what is built has no others."""
    loaded: dict[str, Any] = json.loads(
        (generated.DOCS / "schemas" / f"{name}.schema.json").read_text(encoding="utf-8")
    )
    for part in (loaded, *loaded.get("$defs", {}).values()):
        if "properties" in part:
            part["additionalProperties"] = False
    return loaded


def with_role(page: dict[str, Any]) -> None:
    page["study"][0]["role"] = "gold"


WRONG: dict[str, tuple[str, Callable[[dict[str, Any]], object]]] = {
    "a role in the page": ("page", with_role),
    "a page without its trials": ("manifest", lambda manifest: manifest["pages"][0].pop("trials")),
    "a ladder without a source": ("manifest", lambda manifest: manifest["ladders"][0]["levels"].clear()),
    "a frame without a length": ("pack", lambda index: index["frames"][0].pop("length")),
}


@pytest.mark.parametrize("name", ["manifest", "page", "pack"])
def test_what_is_built_holds_its_schema(name: str, built: dict[str, Any]) -> None:
    jsonschema.Draft202012Validator.check_schema(schema(name))
    jsonschema.validate(built[name], schema(name))


@pytest.mark.parametrize("wrong", WRONG)
def test_a_schema_refuses_what_is_wrong(wrong: str, built: dict[str, Any]) -> None:
    name, change = WRONG[wrong]
    data = copy.deepcopy(built[name])
    change(data)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(data, schema(name))


def test_a_manifest_is_read_as_it_was_written(tmp_path: Path, built: dict[str, Any]) -> None:
    (tmp_path / "build").mkdir()
    text = json.dumps(built["manifest"], indent=1, ensure_ascii=False)
    (tmp_path / "build" / "manifest.json").write_text(text, encoding="utf-8")
    assert read_manifest(tmp_path).json(indent=1) == text


@pytest.mark.parametrize("path", generated.made(), ids=lambda path: path.name)
def test_the_docs_are_those_of_the_code(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == generated.made()[path], "run `make docs`"
