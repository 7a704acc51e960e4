"""Compiles the kernel of made frames: `python -m tests.kernel` writes assets/codecs/jpeg.wasm.json anew (make kernel)."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from hitgen.lib.shipped import shipped

SOURCE = shipped("assets") / "codecs" / "jpeg.c"
COMPILED = SOURCE.with_suffix(".wasm.json")
COMMAND = (
    *(sys.executable, "-m", "ziglang", "cc", "-target", "wasm32-freestanding", "-mcpu=generic+simd128+bulk_memory"),
    *("-O2", "-nostdlib", "-ffreestanding", "-Wall", "-Werror", "-Wno-psabi", "-Wl,--no-entry", "-Wl,--strip-all"),
)


def compiled(source: str) -> bytes:
    """The WebAssembly of a C source, by the one version of the compiler that pyproject.toml names: the same bytes everywhere."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "jpeg.c").write_text(source, encoding="utf-8")
        done = subprocess.run(
            [*COMMAND, "-o", "jpeg.wasm", "jpeg.c"], cwd=folder, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(done.stderr)
        return (folder / "jpeg.wasm").read_bytes()


def packed(wasm: bytes) -> str:
    """As the page's linker takes it."""
    return json.dumps({"base64": base64.b64encode(wasm).decode()}) + "\n"


if __name__ == "__main__":
    COMPILED.write_text(packed(compiled(SOURCE.read_text(encoding="utf-8"))), encoding="utf-8")
