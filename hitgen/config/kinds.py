"""What batch.toml chooses by a word: recruiters, methods and checks, each a row that names where its class is."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, GetCoreSchemaHandler, GetJsonSchemaHandler, ValidationError
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, InitErrorDetails, PydanticKnownError, core_schema

from hitgen.config.recruiter import Recruiting
from hitgen.lib.registry import Registry

RECRUITERS: Registry[Any] = Registry(
    {
        "mturk": "hitgen.recruiters.mturk.kind:MTurkKind",
        "link": "hitgen.recruiters.link.kind:LinkKind",
        "panel": "hitgen.recruiters.panel.kind:PanelKind",
        "connect": "hitgen.recruiters.connect.kind:ConnectKind",
        "turkle": "hitgen.recruiters.turkle.kind:TurkleKind",
        "prolific": "hitgen.recruiters.prolific.kind:ProlificKind",
    },
    group="hitgen.recruiters",
)
"""Subclasses of `hitgen.recruiters.base.Kind`; a package of its own announces one as an entry point of this group."""

METHODS: Registry[Any] = Registry(
    {
        "pjnd": "hitgen.methods.pjnd:PJND",
        "compare": "hitgen.methods.compare:COMPARE",
        "threshold": "hitgen.methods.threshold:THRESHOLD",
    },
    group="hitgen.methods",
)
"""Instances of subclasses of `hitgen.methods.base.Method`; a package of its own announces one as an entry point of this group."""
DEFAULT_METHOD = "pjnd"

CHECKS: Registry[Any] = Registry(
    {
        "screen": "hitgen.checks.screen:SCREEN",
        "colour": "hitgen.checks.colour:COLOUR",
        "brightness": "hitgen.checks.brightness:BRIGHTNESS",
        "distance": "hitgen.checks.distance:DISTANCE",
        "acuity": "hitgen.checks.acuity:ACUITY",
    },
    group="hitgen.checks",
)
"""Instances of subclasses of `hitgen.checks.base.Checkup`; a package of its own announces one as an entry point of this group."""


class ByKind:
    """Marks a field whose table is of the model that a registry's class has for its `kind`."""

    def __init__(self, registry: Registry[Any], base: type[BaseModel]) -> None:
        self._registry = registry
        self._base = base

    def models(self) -> dict[str, type[BaseModel]]:
        """The models there are, by kind."""
        return {name: self._registry.get(name).model for name in self._registry.names()}

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self._validated)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        choices = {name: model.__pydantic_core_schema__ for name, model in self.models().items()}
        return handler(core_schema.tagged_union_schema(choices, discriminator="kind"))

    def _validated(self, value: Any) -> BaseModel:
        if isinstance(value, self._base):
            return value
        if not isinstance(value, dict):
            raise PydanticKnownError("dict_type")
        name = value.get("kind")
        if name is None:
            raise PydanticKnownError("union_tag_not_found", {"discriminator": "'kind'"})
        if name not in self._registry.names():
            expected = ", ".join(map(repr, self._registry.names()))
            context = {"discriminator": "'kind'", "tag": str(name), "expected_tags": expected}
            raise PydanticKnownError("union_tag_invalid", context)
        try:
            found: BaseModel = self._registry.get(name).model.model_validate(value)
        except ValidationError as error:
            raise _under(name, error) from None
        return found


def _under(name: str, error: ValidationError) -> ValidationError:
    """The same errors as a union would report them: beneath the kind's name."""
    rows = [
        InitErrorDetails(type=row["type"], loc=(name, *row["loc"]), input=row["input"], ctx=row.get("ctx", {}))
        for row in error.errors()
    ]
    return ValidationError.from_exception_data(error.title, rows)


def default_recruiter() -> Recruiting:
    """What a batch.toml without [recruiter] has always meant."""
    found: Recruiting = RECRUITERS.get("mturk").model(kind="mturk")
    return found
