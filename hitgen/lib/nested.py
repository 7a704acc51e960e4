"""JSON from strangers, refused where it is nested deeper than anything that hitgen or a service writes."""

from __future__ import annotations

import json
import re
from typing import Any

MOST_DEEP = 64
"""Whether Python can read more depends on how deep the reader itself stands, so that what was taken in once might stop another."""
SIGNS = re.compile(r'"(?:[^"\\]|\\.)*"?|[\[{]|[\]}]', re.S)
"""A text without its end goes on to the last sign, so that nothing is looked at twice."""


def read_json(text: str) -> Any:
    """The values of JSON text; ValueError where it is none, or nested too deep."""
    depth = 0
    for sign in SIGNS.finditer(text):
        depth += {"[": 1, "{": 1, "]": -1, "}": -1}.get(sign[0], 0)
        if depth > MOST_DEEP:
            raise ValueError(f"it is nested deeper than {MOST_DEEP} levels")
    return json.loads(text)
