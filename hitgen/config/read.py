"""From the text of batch.toml to a BatchConfig, or to all of its faults in plain words."""

from __future__ import annotations

import difflib
import json
import shlex
import typing
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from hitgen.config.batch import BatchConfig
from hitgen.config.kinds import DEFAULT_METHOD, METHODS, ByKind
from hitgen.errors import CONFIG_NAME, Fault, InputError, in_config
from hitgen.lib.toml import read_toml


def read_config(path: Path) -> BatchConfig:
    """The config in a batch.toml; InputError with every fault in it."""
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise InputError(Fault(str(path), "", "it is neither a file nor a folder", "a text file of that name"))
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        folder = path.parent
        problem = "the folder has no batch.toml" if folder.is_dir() else "there is no such folder"
        remedy = f"`hitgen init {shlex.quote(str(folder))} --images FOLDER`"
        if any(folder.glob("ledger*.sqlite")):
            remedy = "putting it back as it was, or one with at least its [batch], [method], [recruiter] and [host]: a ledger here hangs on them"
        raise InputError(Fault(str(folder), "", problem, remedy)) from None
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
        raise InputError(in_config("method.kind", f"{kind!r} is not known", nearest(str(kind), METHODS.names())))
    model: type[BatchConfig] = METHODS.get(kind).config
    return model


def batch_schema() -> dict[str, Any]:
    """The JSON Schema, for editors, of what people write for the method that a new batch has."""
    return config_model({}).model_json_schema(mode="validation")


MOST_NAMED = 30
"""More words than these help nobody who has to choose one."""


def nearest(word: str, known: Iterable[str]) -> str:
    """A remedy: the known word most like this one, or those that have it in them, or all that are known."""
    names = list(known)
    folded = {name.casefold(): name for name in names}
    close = difflib.get_close_matches(word.casefold(), folded, n=1, cutoff=0.5)
    if close:
        return f'"{folded[close[0]]}"'
    names = [name for name in names if word and word.casefold() in name.casefold()] or names
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return "one of " + ", ".join(names[:MOST_NAMED]) + more if names else ""


def validation_faults(error: ValidationError, model: type[BaseModel], file: str, prefix: str = "") -> list[Fault]:
    """One fault for each thing pydantic found, as `file: field.path: problem; try ...`."""
    details = error.errors()
    found: dict[str, list[tuple[Any, Fault]]] = {}
    for detail in details:
        # pydantic also counts a list as too short when its only entries are faulty in themselves
        within = (other["loc"][: len(detail["loc"])] == detail["loc"] for other in details if other is not detail)
        if detail["type"] != "too_short" or not any(within):
            fault = _fault(detail, model, file, prefix)
            found.setdefault(f"{fault.field} {detail.get('input')!r}", []).append((detail, fault))
    return [fault for told in found.values() for fault in _once(told)]


def _once(told: Sequence[tuple[Any, Fault]]) -> Iterable[Fault]:
    """The faults of one value. Where it may have several forms and has none of them, only the nearest form's fault, whose remedy names the others."""
    if len({detail["loc"] for detail, _ in told}) < len(told) or len(told) == 1:
        return [fault for _, fault in told]  # not of several forms
    kinds = [(detail["type"], fault) for detail, fault in told]
    near = [fault for kind, fault in kinds if not kind.endswith(("_type", "_parsing")) and kind != "literal_error"]
    words = [fault for kind, fault in kinds if kind == "literal_error"]
    kept = [*near, *words] if near else [fault for _, fault in told]
    return [replace(kept[0], remedy=", or ".join(dict.fromkeys(fault.remedy for fault in kept)))]


def _fault(detail: Any, model: type[BaseModel], file: str, prefix: str) -> Fault:
    path, holder, info = _walk(model, detail["loc"])
    field = ".".join(part for part in (prefix, path) if part)
    kind, context, value = detail["type"], detail.get("ctx", {}), detail.get("input")
    if kind == "extra_forbidden":
        key = str(detail["loc"][-1])
        if whose := _other_methods(model, detail["loc"]):
            return Fault(
                file, field, f"{key!r} is a key of {' and '.join(whose)}, not of this method", "leaving it out"
            )
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
    if info is not None and any(getattr(mark, "ge", None) == context.get("le", "") for mark in info.metadata):
        # there is but one value, which the method is without
        remedy = f"leaving it out{str(info.description).removeprefix('none')}"
    return Fault(file, field, problem, remedy)


def _other_methods(model: type[BaseModel], loc: tuple[int | str, ...]) -> list[str]:
    """The methods that have a key in this place, where a batch.toml of another one does not know it."""
    if not issubclass(model, BatchConfig):
        return []
    holders = {name: _walk(METHODS.get(name).config, loc)[1] for name in METHODS.names()}
    return [name for name, holder in holders.items() if holder and str(loc[-1]) in holder.model_fields]


_FORM = "the form shown in docs/config.md"
_WORDS = {
    "greater_than_equal": ("{shown} is out of range", "a number of at least {ge}"),
    "greater_than": ("{shown} is out of range", "a number of more than {gt}"),
    "less_than_equal": ("{shown} is out of range", "a number of at most {le}"),
    "less_than": ("{shown} is out of range", "a number of less than {lt}"),
    "literal_error": ("{shown} is not known", "{expected}"),
    "int": ("{shown} is not a whole number of the wanted form", "a whole number, without quotes"),
    "float": ("{shown} is not a number of the wanted form", "a number, without quotes"),
    "decimal_max_places": ("{shown} has too many decimals", "at most {decimal_places}"),
    "decimal": (
        "{shown} is not a number of the wanted form",
        'digits with a point and no sign of money, such as "1.20"',
    ),
    "finite": ("{shown} is not a number of the wanted form", "a number"),
    "string_pattern": ("{shown} has characters that are not allowed here", "something of the form {pattern}"),
    "string_too_short": ("it is empty", "some text"),
    "string": ("{shown} is not text of the wanted form", "text in quotes"),
    "too_short": ("it has {actual_length} entries", "at least {min_length}"),
    "too_long": ("it has {actual_length} entries", "at most {max_length}"),
    "bool": ("{shown} is neither true nor false", "true or false, without quotes"),
    **dict.fromkeys(("model", "dict", "tuple", "list"), ("{shown} stands where a table or list belongs", _FORM)),
    "": ("{shown} is not accepted ({kind})", _FORM),
}
"""What is wrong and what to try, by the beginning of pydantic's error type; the first that fits."""


def _plain(kind: str, context: dict[str, Any], value: Any) -> tuple[str, str]:
    shown = repr(value) if len(repr(value)) <= 60 else repr(value)[:57] + "..."
    words = next(words for start, words in _WORDS.items() if kind.startswith(start))
    values = {**context, "shown": shown, "kind": kind.replace("_", " ")}
    problem, remedy = (text.format_map(values) for text in words)
    return problem, remedy.replace("'", '"') if kind == "literal_error" else remedy


def _walk(model: type[BaseModel], loc: tuple[int | str, ...]) -> tuple[str, type[BaseModel] | None, FieldInfo | None]:
    """The path in words, the model that holds it and its field, for a pydantic error location.

    Union members appear in paths as tags or class names; they are followed but not shown.
    """
    path = ""
    holder: type[BaseModel] | None = model
    info: FieldInfo | None = None
    choices: dict[str, type[BaseModel]] = {}
    for part in loc:
        if isinstance(part, int):
            path += f"[{part}]"
        elif part in choices:
            holder = choices[part]
        elif holder and part in holder.model_fields:
            path += f".{part}" if path else part
            info = holder.model_fields[part]
            models = list(models_of(info))
            choices = {name: member for member in models for name in _names(member)}
            holder = models[0] if len(models) == 1 else holder
        elif part not in _TYPE_WORDS and not part.startswith(
            ("constrained-", "function-", "literal[", "tuple[", "list[", "json-")
        ):
            path += f".{part}" if path else part
    return path, holder, info


_TYPE_WORDS = {"int", "float", "str", "bool", "decimal", "dict", "tuple", "none"}


def models_of(annotation: Any) -> Iterable[type[BaseModel]]:
    """The models that a field or annotation may hold."""
    if isinstance(annotation, FieldInfo):
        chosen = [mark for mark in annotation.metadata if isinstance(mark, ByKind)]
        if chosen:
            yield from chosen[0].models().values()
            return
        annotation = annotation.annotation
    within = [mark for mark in getattr(annotation, "__metadata__", ()) if isinstance(mark, ByKind)]
    if within:
        yield from within[0].models().values()
        return
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


def _example(info: FieldInfo | None, key: str) -> str:
    """How a missing field may look: its own example, or the tables that it asks for."""
    if info is not None and info.examples:
        return f"{key} = {toml_of(info.examples[0])}"
    models = list(models_of(info))
    if not models:
        return f"a line {key} = ..."
    needed = [name for name, field in models[0].model_fields.items() if field.is_required()]
    heading = f"[{key}]" if info is not None and info.annotation in models else f"[[{key}]]"
    return f"a table {heading} with {', '.join(needed)}"


def toml_of(value: Any) -> str:
    """A value as batch.toml has it, on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {toml_of(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(toml_of, value)) + "]"
    return json.dumps(value, ensure_ascii=False, default=str)
