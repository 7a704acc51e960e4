"""The JSON Schema of batch.toml, for editors."""

from __future__ import annotations

from typing import Any

from hitgen.config.batch import BatchConfig

SCHEMA_NAME = "batch.schema.json"


def batch_schema() -> dict[str, Any]:
    """The schema of what people write, with every key described where it is not plain."""
    return BatchConfig.model_json_schema(mode="validation")
