"""Checks of requests, made from botocore's own model of the service; stricter than botocore's client.

The client checks types, presence and minimum. Here maximum, pattern and enumeration are held too, and the
limits that only the documentation has.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import botocore.session
from botocore.model import ListShape, OperationModel, Shape, StructureShape

from hitgen.doubles.mturk.refusals import RefusalError, invalid

MODEL = botocore.session.get_session().get_service_model("mturk")
LENGTHS = {
    "Title": 128,
    "Description": 2000,
    "Keywords": 1000,
    "RequesterAnnotation": 255,
    "RequesterFeedback": 1024,
    "Reason": 4096,
    "Subject": 200,
    "MessageText": 4096,
    "Name": 200,
}
"""Most characters, counted as UTF-16 units, as the service's own language does."""
BYTES = {"Question": 65_535, "Test": 65_535, "AnswerKey": 65_535}
ITEMS = {"QualificationRequirements": (0, 10), "WorkerIds": (1, 100), "IntegerValues": (0, 15), "LocaleValues": (0, 30)}
RANGES = {
    "AssignmentDurationInSeconds": (30, 31_536_000),
    "LifetimeInSeconds": (30, 31_536_000),
    "AutoApprovalDelayInSeconds": (0, 2_592_000),
    "MaxAssignments": (1, 1_000_000_000),
    "NumberOfAdditionalAssignments": (1, 1_000_000_000),
}
TYPES: dict[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "long": (int,),
    "boolean": (bool,),
    "timestamp": (int, float),
    "structure": (dict,),
    "list": (list,),
}
NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold."""
ASCII_ONLY = {"RequesterAnnotation"}


def operation_model(name: str) -> OperationModel:
    """The service's model of an operation; raises RefusalError for one that it does not have."""
    if name not in MODEL.operation_names:
        raise RefusalError("", f"there is no operation {name}", "UnknownOperationException")
    return MODEL.operation_model(name)


def check(name: str, body: Any) -> None:
    """Raise RefusalError with everything that is wrong with a request."""
    shape = operation_model(name).input_shape
    if shape is None:
        return
    broken = list(_broken(shape, body, ""))
    if broken:
        plural = "errors" if len(broken) > 1 else "error"
        raise invalid(f"{len(broken)} validation {plural} detected: {'; '.join(broken)}")


def _broken(shape: Shape, value: Any, path: str) -> Iterator[str]:
    if not _is_of(TYPES[shape.type_name], value):
        yield f"Value at '{path}' failed to satisfy constraint: Member must be of type {shape.type_name}"
    elif isinstance(shape, StructureShape):
        yield from _structure(shape, value, path)
    elif isinstance(shape, ListShape):
        low, high = ITEMS.get(path.rpartition(".")[2], (0, 1000))
        if not low <= len(value) <= high:
            yield _told(value, path, f"Member must have {low} to {high} items")
        for index, item in enumerate(value, start=1):
            yield from _broken(shape.member, item, f"{path}.{index}")
    else:
        yield from _scalar(shape, value, path)


def _is_of(wanted: tuple[type, ...], value: object) -> bool:
    # A bool is an int to Python, and none on the wire.
    return isinstance(value, wanted) and (bool in wanted or not isinstance(value, bool))


def _structure(shape: StructureShape, value: dict[str, Any], path: str) -> Iterator[str]:
    at = f"{path}." if path else ""
    for name in shape.required_members:
        if value.get(name) is None:
            yield f"Value null at '{at}{name}' failed to satisfy constraint: Member must not be null"
    for name, item in value.items():
        if name not in shape.members:
            yield f"'{at}{name}' is not known"
        elif item is not None:
            yield from _broken(shape.members[name], item, f"{at}{name}")


def _scalar(shape: Shape, value: Any, path: str) -> Iterator[str]:
    name = path.rpartition(".")[2]
    limits = shape.metadata
    text = isinstance(value, str)
    size = len(value.encode("utf-16-le", "surrogatepass")) // 2 if text else value
    low, high = RANGES.get(name, (limits.get("min"), limits.get("max", LENGTHS.get(name))))
    measure = "length" if text else "value"
    if low is not None and size < low:
        yield _told(value, path, f"Member must have {measure} greater than or equal to {low}")
    if high is not None and size > high:
        yield _told(value, path, f"Member must have {measure} less than or equal to {high}")
    if text:
        yield from _text(limits, value, path, name)


def _text(limits: dict[str, Any], value: str, path: str, name: str) -> Iterator[str]:
    if (pattern := limits.get("pattern")) and not re.fullmatch(pattern, value):
        yield _told(value, path, f"Member must satisfy regular expression pattern: {pattern}")
    if (enum := limits.get("enum")) and value not in enum:
        yield _told(value, path, f"Member must satisfy enum value set: [{', '.join(enum)}]")
    if name in BYTES and len(value.encode("utf-8", "surrogatepass")) > BYTES[name]:
        yield _told(value, path, f"Member must have at most {BYTES[name]} bytes")
    if NOT_XML.search(value):
        yield _told(value, path, "Member must hold only characters that XML can carry")
    if name in ASCII_ONLY and not value.isascii():
        yield _told(value, path, "Member must be ASCII")


def _told(value: Any, path: str, constraint: str) -> str:
    shown = str(value)
    return (
        f"Value '{shown[:60]}{'...' if len(shown) > 60 else ''}' at '{path}' failed to satisfy constraint: {constraint}"
    )
