"""What is built holds its shipped JSON Schemas, and the schemas refuse what is wrong."""

from __future__ import annotations

import copy
import json
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from hitgen.build import build, read_manifest
from tests.browser.conftest import write_batch

SCHEMAS = Path(__file__).parent.parent / "hitgen" / "schemas"
EXTRA = '[display]\nscaling = "physical"\n[[survey]]\nname = "s"\nkind = "text"\nlabel = "What?"\n'


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = write_batch(tmp_path_factory.mktemp("batch"), EXTRA)
    place = build(folder, workers=1).folder
    html = (place.pages / "p0001.html").read_text(encoding="utf-8")
    pack = next(place.packs.glob("*.pack")).read_bytes()
    (length,) = struct.unpack("<I", pack[8:12])
    return {
        "manifest": read_manifest(folder),
        "page": json.loads(html.split('id="hit-page">')[1].split("</script>")[0]),
        "pack": json.loads(pack[12 : 12 + length]),
    }


def schema(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((SCHEMAS / f"{name}.schema.json").read_text(encoding="utf-8"))
    return loaded


def with_role(page: dict[str, Any]) -> None:
    page["study"][0]["role"] = "gold"


WRONG: dict[str, tuple[str, Callable[[dict[str, Any]], object]]] = {
    "a role in the page": ("page", with_role),
    "a page without its trials": ("manifest", lambda manifest: manifest["pages"][0].pop("trials")),
    "a ladder without a source": ("manifest", lambda manifest: manifest["ladders"][0]["levels"].clear()),
    "a frame of another type": ("pack", lambda index: index["frames"][0].update(type="image/gif")),
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
