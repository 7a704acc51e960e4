"""The seal of a page: a Content-Security-Policy by hash, and the addresses it may submit to."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence

from hitgen.lib.contract import LOOPBACK_HOSTS

LOOPBACK = tuple(f"http://{host}:*" for host in LOOPBACK_HOSTS if not host.startswith("["))
"""So that a rehearsal works on the very bytes that are published."""
TAKE_PACK = "hit.take()"
"""The one-line script after each inline pack: always this text, so that one hash serves all."""


def policy(
    *,
    script: str,
    further: str,
    style: str,
    linked: bool,
    origins: Sequence[str],
    results: Sequence[str] = (),
    makes: bool = False,
) -> str:
    """The policy of a page: its scripts and style by hash, no other address, forms to known origins alone.

    `further` is the short script that asks for linked packs, or takes up inline ones.

    `results` are the addresses its script may post answers to, or read how from. A page that `makes` frames may compile
    WebAssembly, and run a worker of its own text.
    `default-src` covers neither `form-action` nor `base-uri`: both are set.
    """
    rules = {
        "default-src": ["'none'"],
        "script-src": [_hash(script), _hash(further), *(["'wasm-unsafe-eval'"] if makes else [])],
        **({"worker-src": ["blob:"]} if makes else {}),
        "style-src": [_hash(style)],
        "img-src": ["data:", "blob:"],
        "connect-src": [*(["'self'"] if linked else []), *results] or ["'none'"],
        "form-action": [*origins, *LOOPBACK],
        "base-uri": ["'none'"],
    }  # fmt: skip
    return "; ".join(f"{name} {' '.join(values)}" for name, values in rules.items())


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
