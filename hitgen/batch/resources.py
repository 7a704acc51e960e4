"""Where templates and assets lie: a batch's own first, then the ones that come with hitgen."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from hitgen.lib.shipped import shipped

KINDS = ("templates", "assets")


def search_path(kind: str, batch_folder: Path | None, method: str | None = None) -> list[Path]:
    """Folders to look in for a template or asset, the batch's own first; in each, what a method brings before the rest.

    Last come bare stand-ins, for what a method does not bring.
    """
    folders = [*([batch_folder / kind] if batch_folder else []), shipped(kind)]
    if method:
        folders = [folder / name for folder in folders for name in (f"methods/{method}", "")] + [shipped(kind) / "bare"]
    return [folder for folder in folders if folder.is_dir()]


def find(kind: str, name: str, batch_folder: Path | None) -> Path | None:
    """The file of a template or asset, or None."""
    for folder in search_path(kind, batch_folder):
        if (folder / name).is_file():
            return folder / name
    return None


def names(kind: str) -> list[str]:
    """All shipped templates or assets, as paths from their folder."""
    folder = shipped(kind)
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def all_files(batch_folder: Path | None) -> Iterator[Path]:
    """Every template and asset file a page may depend on, in a fixed order."""
    for kind in KINDS:
        for folder in search_path(kind, batch_folder):
            yield from sorted(path for path in folder.rglob("*") if path.is_file())
