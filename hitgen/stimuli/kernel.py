"""The page's own kernel of made frames, as bytes."""

from __future__ import annotations

import base64
import json

from hitgen.lib.files import file_sha256
from hitgen.lib.shipped import shipped

PATH = ("codecs", "jpeg.wasm.json")


def kernel_wasm() -> bytes:
    """The WebAssembly that pages run."""
    path = shipped("assets").joinpath(*PATH)
    return base64.b64decode(json.loads(path.read_text(encoding="utf-8"))["base64"])


def kernel_digest() -> str:
    """What the kernel is, so that a proof holds for it alone."""
    return file_sha256(shipped("assets").joinpath(*PATH))
