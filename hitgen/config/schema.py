"""The JSON Schema of batch.toml, for editors."""

from __future__ import annotations

from typing import Any

from hitgen.config.read import config_model

SCHEMA_NAME = "batch.schema.json"


def batch_schema() -> dict[str, Any]:
    """The schema of what people write for the method that a new batch has, with every key described where it is not plain."""
    return config_model({}).model_json_schema(mode="validation")
