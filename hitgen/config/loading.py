"""From the text of batch.toml to a BatchConfig, or to all of its faults in plain words."""

from __future__ import annotations

import difflib
import typing
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from hitgen.config.batch import BatchConfig
from hitgen.config.kinds import DEFAULT_METHOD, METHODS, ByKind
from hitgen.errors import Fault, InputError
from hitgen.lib.toml import read_toml

CONFIG_NAME = "batch.toml"


def read_config(path: Path) -> BatchConfig:
    """The config in a batch.toml; InputError with every fault in it."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        folder = path.parent
        problem = "the folder has no batch.toml" if folder.is_dir() else "there is no such folder"
        raise InputError(Fault(str(folder), "", problem, f"`hitgen init {folder} --images FOLDER`")) from None
    except IsADirectoryError:
        raise InputError(Fault(str(path), "", "it is a folder", "a text file of that name")) from None
    except NotADirectoryError:
        raise InputError(Fault(str(path.parent), "", "it is a file", "the batch folder it lies in")) from None
    table = read_toml(content, CONFIG_NAME)
    model = config_model(table)
    try:
        return model.model_validate(table)
    except ValidationError as error:
        raise InputError(validation_faults(error, model, CONFIG_NAME)) from None


def config_model(table: dict[str, Any]) -> type[BatchConfig]:
    """The model of what a batch.toml says, by its method; InputError where that is not known."""
    method = table.get("method")
    kind = method.get("kind", DEFAULT_METHOD) if isinstance(method, dict) else DEFAULT_METHOD
    if kind not in METHODS.names():
        raise InputError(
            Fault(CONFIG_NAME, "method.kind", f"{kind!r} is not known", nearest(str(kind), METHODS.names()))
        )
    model: type[BatchConfig] = METHODS.get(kind).config
    return model


def nearest(word: str, known: Iterable[str]) -> str:
    """A remedy: the known word most like this one, or all that are known."""
    names = list(known)
    close = difflib.get_close_matches(word, names, n=1, cutoff=0.5)
    if close:
        return f'"{close[0]}"'
    return "one of " + ", ".join(names) if names else ""


def validation_faults(error: ValidationError, model: type[BaseModel], file: str, prefix: str = "") -> list[Fault]:
    """One fault for each thing pydantic found, as `file: field.path: problem; try ...`."""
    details = error.errors()
    # pydantic also counts a list as too short when its only entries are faulty in themselves
    return [
        _fault(detail, model, file, prefix)
        for detail in details
        if detail["type"] != "too_short"
        or not any(other["loc"][: len(detail["loc"])] == detail["loc"] for other in details if other is not detail)
    ]


def _fault(detail: Any, model: type[BaseModel], file: str, prefix: str) -> Fault:
    place, holder, info = _walk(model, detail["loc"])
    field = ".".join(part for part in (prefix, place) if part)
    kind, context, value = detail["type"], detail.get("ctx", {}), detail.get("input")
    if kind == "extra_forbidden":
        key = str(detail["loc"][-1])
        return Fault(file, field, f"there is no key {key!r} here", nearest(key, holder.model_fields if holder else ()))
    if kind == "missing" and isinstance(detail["loc"][-1], int):
        return Fault(
            file, field.rpartition("[")[0], f"it has {detail['loc'][-1]} numbers only", "two numbers: [low, high]"
        )
    if kind == "missing":
        return Fault(file, field, "it is missing", _example(info, str(detail["loc"][-1])))
    if kind in ("union_tag_invalid", "union_tag_not_found"):
        known = _tags(info)
        tag = str(context.get("discriminator", "'kind'")).strip("'")
        if kind == "union_tag_not_found":
            return Fault(file, f"{field}.{tag}", "it is missing", nearest("", known))
        return Fault(file, f"{field}.{tag}", f"{context['tag']!r} is not known", nearest(str(context["tag"]), known))
    if kind == "value_error":
        message, _, remedy = str(context["error"]).partition("; ")
        return Fault(file, field, message, remedy)
    problem, remedy = _plain(kind, context, value)
    return Fault(file, field, problem, remedy)


def _plain(kind: str, context: dict[str, Any], value: Any) -> tuple[str, str]:
    shown = repr(value) if len(repr(value)) <= 60 else repr(value)[:57] + "..."
    bounds = {
        "greater_than": ("gt", "more than"),
        "greater_than_equal": ("ge", "at least"),
        "less_than": ("lt", "less than"),
        "less_than_equal": ("le", "at most"),
    }
    if kind in bounds:
        key, words = bounds[kind]
        return f"{shown} is out of range", f"a number of {words} {context[key]}"
    if kind == "literal_error":
        return f"{shown} is not known", str(context["expected"]).replace("'", '"')
    if kind.startswith(("int", "float", "decimal", "finite")):
        whole = "a whole number" if kind.startswith("int") else "a number"
        return f"{shown} is not {whole} of the wanted form", whole if value != "" else f"{whole}, without quotes"
    if kind.startswith("string_pattern"):
        return f"{shown} has characters that are not allowed here", f"something of the form {context['pattern']}"
    if kind == "string_too_short":
        return "it is empty", "some text"
    if kind.startswith("string"):
        return f"{shown} is not text of the wanted form", "text in quotes"
    if kind in ("too_short", "too_long"):
        bound = context.get("min_length", context.get("max_length"))
        return (
            f"it has {context['actual_length']} entries",
            f"{'at least' if kind == 'too_short' else 'at most'} {bound}",
        )
    if kind.startswith("bool"):
        return f"{shown} is neither true nor false", "true or false, without quotes"
    if kind.startswith(("model", "dict", "tuple", "list")):
        return f"{shown} stands where a table or list belongs", "the form shown in docs/config.md"
    return f"{shown} is not accepted ({kind.replace('_', ' ')})", "the form shown in docs/config.md"


def _walk(model: type[BaseModel], loc: tuple[int | str, ...]) -> tuple[str, type[BaseModel] | None, FieldInfo | None]:
    """The place in words, the model that holds it and its field, for a pydantic error location.

    Union members appear in locations as tags or class names; they are followed but not shown.
    """
    place = ""
    holder: type[BaseModel] | None = model
    info: FieldInfo | None = None
    choices: dict[str, type[BaseModel]] = {}
    for part in loc:
        if isinstance(part, int):
            place += f"[{part}]"
        elif part in choices:
            holder = choices[part]
        elif holder and part in holder.model_fields:
            place += f".{part}" if place else part
            info = holder.model_fields[part]
            models = list(models_of(info))
            choices = {name: member for member in models for name in _names(member)}
            holder = models[0] if len(models) == 1 else holder
        elif part not in _TYPE_WORDS and not part.startswith(("constrained-", "function-", "tuple[", "list[", "json-")):
            place += f".{part}" if place else part
    return place, holder, info


_TYPE_WORDS = {"int", "float", "str", "bool", "decimal", "dict", "tuple", "none"}


def models_of(annotation: Any) -> Iterable[type[BaseModel]]:
    """The models that a field or annotation may hold."""
    if isinstance(annotation, FieldInfo):
        chosen = [mark for mark in annotation.metadata if isinstance(mark, ByKind)]
        if chosen:
            yield from chosen[0].models().values()
            return
        annotation = annotation.annotation
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
        return
    for argument in typing.get_args(annotation):
        yield from models_of(argument)


def _names(model: type[BaseModel]) -> Iterable[str]:
    yield model.__name__
    for tag in ("codec", "kind"):
        if tag in model.model_fields:
            yield from typing.get_args(model.model_fields[tag].annotation)


def _tags(info: FieldInfo | None) -> list[str]:
    return [name for member in models_of(info) for name in _names(member) if name != member.__name__] if info else []


_EXAMPLES = {
    "name": 'name = "study"',
    "seed": "seed = 7",
    "sources": 'sources = "images/*.png"',
    "title": 'title = "Visibility of compression in photographs"',
    "contact": 'contact = "Jane Doe, jane.doe@example.org"',
    "retention": 'retention = "Answers are kept for ten years without names."',
    "withdrawal": 'withdrawal = "You may stop at any time; nothing is sent then."',
    "levels": "levels = [{level = 1, parameter = 10}, {level = 2, parameter = 20}]",
    "level": "level = [48, 55]",
    "points": "points = [[22, 47], [591, 303], [188, 323]]",
    "radius_px": "radius_px = 70",
    "batch": "a table [batch] with name and seed",
    "images": "a table [[images]] with name, sources and codec",
    "consent": "a table [consent] with title, contact, approval or exemption, retention and withdrawal",
}


def _example(info: FieldInfo | None, key: str) -> str:
    return _EXAMPLES.get(key, f"a line {key} = ...")
