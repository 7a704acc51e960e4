"""Parts of the docs that are made from what the code declares: `python -m tests.generated` writes them anew."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, TypeAdapter
from pydantic.fields import FieldInfo

from hitgen.config.kinds import CHECKS, DEFAULT_METHOD, METHODS
from hitgen.config.read import models_of
from hitgen.lib.contract import read_contract
from hitgen.methods.base import AnyMethod
from hitgen.methods.compare import manifest as compared
from hitgen.methods.submission import Submission
from hitgen.stimuli.packs import PackIndex

METHOD: AnyMethod = METHODS.get(DEFAULT_METHOD)
SCHEMAS: dict[str, type] = {
    "manifest": METHOD.manifest, "page": METHOD.page, "pack": PackIndex, "submission": Submission[METHOD.row],  # type: ignore[name-defined]
}  # fmt: skip
DOCS = Path(__file__).parents[1] / "docs"
BEGIN, END = "<!-- generated: {} -->", "<!-- end of what is generated -->"


def own_contract(method: str) -> str:
    """The slots, parts, phases and attributes of a method alone."""
    own = read_contract(f"methods/{method}")
    heads = {"slots": "`data-hit`", "parts": "`data-part`", "phases": "`data-phase`", "attributes": "attribute"}
    return "\n".join(_table(name.capitalize(), head, own[name]) for name, head in heads.items())


def checks_contract() -> str:
    """The parts of the screens of checks, and the attributes within them."""
    own = read_contract("checks")
    parts = {
        name: f"{text} (`{kind}`)"
        for kind in CHECKS.names()
        for name, text in own.get(kind, {}).get("parts", {}).items()
    }
    return "\n".join((_table("Parts", "`data-part`", parts), _table("Attributes", "attribute", own["attributes"])))


def contract_tables(method: str) -> str:
    """Screens, slots, parts, phases and attributes, each with its sentence; the method's marked as such."""
    frame, own = read_contract(), read_contract(f"methods/{method}")

    def joined(key: str) -> dict[str, str]:
        found = dict(frame.get(key, {}))
        for name in ("physical", "survey"):
            note = {"physical": '`scaling = "physical"`', "survey": "a survey"}[name]
            found |= {slot: f"{text} (with {note})" for slot, text in frame[name].get(key, {}).items()}
        found |= {name: f"{text} (`{method}`)" for name, text in own.get(key, {}).items()}
        optional = [(frame, ""), (own, f"`{method}`; ")]
        return found | {
            name: f"{text} ({whose}may be missing)"
            for contract, whose in optional
            for name, text in contract.get("optional", {}).get(key, {}).items()
        }

    sections = [
        ("Screens", "`<html data-screen=\"...\">`", joined("screens")),
        ("Slots", "`data-hit`", joined("slots")),
        ("Parts", "`data-part`", joined("parts")),
        (f"Phases of `{method}`", "`data-phase`", joined("phases")),
        ("Attributes", "attribute", joined("attributes")),
    ]  # fmt: skip
    return "\n".join(_table(*section) for section in sections)


def _table(title: str, head: str, rows: Mapping[str, str]) -> str:
    lines = [
        f"### {title}",
        "",
        f"| {head} | is |",
        "|---|---|",
        *(f"| `{name}` | {text} |" for name, text in rows.items()),
    ]
    return "\n".join([*lines, ""])


def schema(model: type) -> dict[str, Any]:
    """The JSON Schema of a model."""
    made = TypeAdapter(model).json_schema(by_alias=True, mode="validation")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **made}


def format_tables(model: type) -> str:
    """A table of keys for a model and for each model within it."""
    whole = schema(model)
    parts = [(None, whole), *((name, part) for name, part in whole.get("$defs", {}).items() if "properties" in part)]
    return "\n".join(line for name, part in parts for line in _format_table(name, part)).strip() + "\n"


def _format_table(name: str | None, part: dict[str, Any]) -> Iterator[str]:
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


def config_table(path: str, method: str = DEFAULT_METHOD) -> str:
    """The keys of a table of batch.toml with their defaults and sentences; what only some kinds have names them."""
    members = list(dict.fromkeys(models_at(path, METHODS.get(method).config)))
    fields = {
        name: [model for model in members if name in model.model_fields]
        for model in members
        for name in model.model_fields
    }
    lines = ["| key | default | what |", "|---|---|---|"]
    for name, having in fields.items():
        info, kinds = having[0].model_fields[name], [kind for model in having for kind in _kinds(model)]
        if any(models_of(info)):
            continue
        what = next(
            (model.model_fields[name].description or "" for model in having if model.model_fields[name].description), ""
        )
        if kinds and name in TAGS and len(members) > 1:
            what = f"{what}: " if what else ""
            what += " ".join(f"`{kind}`" for kind in kinds)
        elif kinds and len(having) < len(members):
            what += f" ({', '.join(kinds)})"
        choices = get_args(info.annotation) if get_origin(info.annotation) is Literal else ()
        if name not in TAGS and len(choices) > 1 and not any(f"`{choice}`" in what for choice in choices):
            what += "; " + " or ".join(f"`{choice}`" for choice in choices)
        lines.append(f"| `{name}` | {_default(info)} | {what} |")
    return "\n".join(lines) + "\n"


TAGS = ("kind", "codec")


def models_at(path: str, model: type[BaseModel] | None = None) -> Iterator[type[BaseModel]]:
    """The models that a table of batch.toml may be of, in order."""
    first, _, rest = path.partition(".")
    found = (inner for inner in models_of((model or METHOD.config).model_fields[first]))
    for inner in found:
        if not rest:
            yield inner
        elif rest.partition(".")[0] in inner.model_fields:
            yield from models_at(rest, inner)


def _kinds(model: type[BaseModel]) -> list[str]:
    return [
        str(kind) for tag in TAGS if tag in model.model_fields for kind in get_args(model.model_fields[tag].annotation)
    ]


def _default(info: FieldInfo) -> str:
    if info.is_required():
        return "—"
    value = info.get_default(call_default_factory=True)
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, tuple):
        value = ", ".join(map(str, value))
    return "" if value in (None, "", {}) else f"`{value}`"


def tables_of(text: str) -> list[str]:
    """The tables that a page of the docs has a place for."""
    return re.findall(BEGIN.format(r"keys of ([\w.]+)"), text)


GENERATED: dict[tuple[str, str], Callable[[], str]] = {
    ("templates.md", "the page contract"): partial(contract_tables, "pjnd"),
    **{
        (file, f"keys of {path}"): partial(config_table, path, method)
        for file, method in (("config.md", DEFAULT_METHOD), ("compare.md", "compare"), ("threshold.md", "threshold"))
        for path in tables_of((DOCS / file).read_text(encoding="utf-8"))
    },
    **{("formats.md", f"format of the {name}"): partial(format_tables, model) for name, model in SCHEMAS.items()},
    ("checks.md", "the page contract"): checks_contract,
    ("compare.md", "the page contract"): partial(own_contract, "compare"),
    ("compare.md", "a trial of the manifest"): partial(format_tables, compared.Trial),
    ("compare.md", "a ladder of the manifest"): partial(format_tables, compared.Ladder),
}


def written(text: str, name: str, made: str) -> str:
    """A document with its generated part made anew."""
    begin = BEGIN.format(name)
    before, there, rest = text.partition(begin)
    _, ends, after = rest.partition(END)
    assert there and ends, f"there is no place for what is generated: {begin}"
    return f"{before}{begin}\n\n{made}\n{END}{after}"


def made() -> dict[Path, str]:
    """Every file of docs/ that is made in whole or in part, as it should be."""
    files = {
        DOCS / "schemas" / f"{name}.schema.json": json.dumps(schema(model), indent=1) + "\n"
        for name, model in SCHEMAS.items()
    }
    for (file, name), make in GENERATED.items():
        path = DOCS / file
        files[path] = written(files.get(path) or path.read_text(encoding="utf-8"), name, make())
    return files


def main() -> None:
    """Write every generated part of the docs."""
    for path, text in made().items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
