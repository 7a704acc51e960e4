"""Where the figures of a report come from: what built the study, from what, and what analysed it."""

from __future__ import annotations

import importlib.metadata
import platform
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from hitgen import __version__
from hitgen.errors import CONFIG_NAME
from hitgen.lib.files import file_sha256
from hitgen.manifest import Manifest

LIBRARIES = {
    "pillow": "Pillow", "webp": "libwebp", "libjpeg_turbo": "libjpeg-turbo", "avif": "libavif", "jpg_2000": "OpenJPEG",
    "numpy": "NumPy", "scipy": "SciPy", "polars": "Polars", "matplotlib": "Matplotlib",
}  # fmt: skip
"""What libraries call themselves, by the names under which their versions are known."""
ALWAYS = ("numpy", "polars", "matplotlib")
"""What analyses every study."""
UNKNOWN = "unknown: the files do not tell"


def analysed_by(further: Iterable[str]) -> dict[str, str]:
    """The versions of what analyses here, by name; `further` are packages that a method's analysis uses beside those of all."""
    return {name: importlib.metadata.version(name) for name in (*ALWAYS, *further)}


def named(versions: Mapping[str, str]) -> str:
    """Libraries with their versions, in words."""
    return ", ".join(f"{LIBRARIES.get(name, name)} {version}" for name, version in versions.items())


def provenance(folder: Path, manifest: Manifest, further: Iterable[str]) -> list[tuple[str, str]]:
    """Names and values, for a study of one's own; what an earlier version did not record is said to be unknown."""
    made, now = manifest.provenance, file_sha256(folder / CONFIG_NAME)
    before = f"not recorded by hitgen {manifest.hitgen}"
    rows = [
        ("built by", f"hitgen {manifest.hitgen}"),
        ("seed", str(made.seed) if made else before),
        ("frames encoded by", named(made.libraries) if made else before),
        ("batch.toml as built (SHA-256)", made.config_sha256 if made else before),
    ]
    if made is None or made.config_sha256 != now:
        rows.append(("batch.toml as analysed (SHA-256)", now))
    return [*rows, *_here(further)]


def public_provenance(files: Sequence[Path], further: Iterable[str]) -> list[tuple[str, str]]:
    """The same for a public dataset: its files, and what nobody can tell from them."""
    return [
        *((f"{path.name} (SHA-256)", file_sha256(path)) for path in files),
        *((name, UNKNOWN) for name in ("collected by", "frames encoded by", "screened by")),
        *_here(further),
    ]


def _here(further: Iterable[str]) -> list[tuple[str, str]]:
    return [
        ("analysed by", f"hitgen {__version__}"),
        ("with", f"Python {platform.python_version()}, {named(analysed_by(further))}"),
    ]
