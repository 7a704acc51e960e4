"""Where templates and assets lie: a batch's own first, then the ones that come with hitgen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from hitgen.errors import Fault
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


def unused_scripts(batch_folder: Path, used: Iterable[str]) -> list[Fault]:
    """A fault for each script of the batch's own that no page uses, nor another method: it was ejected from an earlier hitgen."""
    folder, shipped_names = batch_folder / "assets", names("assets")
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*.js")}
    faults = []
    for name in sorted(there - set(used) - set(shipped_names)):
        homes = [other for other in shipped_names if other.split("/")[-1] == name.split("/")[-1]]
        into = f"moving what you changed into assets/{homes[0]} (hitgen eject)" if homes else "removing it"
        faults.append(Fault(f"assets/{name}", "", "no page uses this script", into))
    return faults


def all_files(batch_folder: Path | None) -> Iterator[Path]:
    """Every template and asset file a page may depend on, in a fixed order."""
    for kind in KINDS:
        for folder in search_path(kind, batch_folder):
            yield from sorted(path for path in folder.rglob("*") if path.is_file())
