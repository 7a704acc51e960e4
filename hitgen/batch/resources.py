"""Where templates and assets lie: a batch's own first, then the ones that come with hitgen."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator
from pathlib import Path

from hitgen.errors import Fault
from hitgen.lib.shipped import shipped

KINDS = ("templates", "assets")
EJECTED = ".ejected"
"""Where a batch keeps what it ejected as it was: what users changed in their own is told by it."""


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


def is_own(path: Path | None, name: str) -> bool:
    """Whether an asset is a batch's own copy of a shipped one."""
    there = shipped("assets") / name
    return path is not None and path != there and there.is_file()


def misfit(own: Path, name: str, problem: str) -> Fault:
    """The fault of a batch's own copy of a shipped script that no longer fits this hitgen's other scripts, with the commands that help."""
    batch = own.parents[name.count("/") + 1]
    differ, what = _compared(batch, f"assets/{name}", own)
    aside, anew = (
        shlex.join(["mv", str(own), f"{own}.old"]),
        shlex.join(["hitgen", "eject", str(batch), f"assets/{name}"]),
    )
    return Fault(
        f"assets/{name}", "", f"{problem}; the batch's own was copied from another version of hitgen",
        f"`{differ}`, which shows {what}, then `{aside}` and `{anew}`, and changing the new one likewise",
    )  # fmt: skip


def ejected_warnings(batch_folder: Path) -> Iterator[str]:
    """A warning for each of the batch's copies whose shipped original has changed since."""
    for original in sorted(path for path in (batch_folder / EJECTED).rglob("*") if path.is_file()):
        source = original.relative_to(batch_folder / EJECTED).as_posix()
        kind, _, name = source.partition("/")
        present = shipped(kind) / name
        mine = (batch_folder / source, batch_folder / re.sub(r"methods/[^/]+/", "", source))
        own = next((path for path in mine if path.is_file()), None)
        if own and present.is_file() and present.read_bytes() != original.read_bytes():
            differ, what = _compared(batch_folder, source, own)
            yield f"{own.relative_to(batch_folder).as_posix()}: the shipped one has changed since it was copied, and is {present}; `{differ}` shows {what}"


def _compared(batch: Path, source: str, own: Path) -> tuple[str, str]:
    """A command that compares a batch's own file with what it was copied from, and what that shows."""
    kind, _, name = source.partition("/")
    kept = batch / EJECTED / source
    if kept.is_file():
        return shlex.join(["diff", str(kept), str(own)]), "what you changed"
    return shlex.join(["diff", str(shipped(kind) / name), str(own)]), "what you changed, with what hitgen did"


def all_files(batch_folder: Path | None) -> Iterator[Path]:
    """Every template and asset file a page may depend on, in a fixed order."""
    for kind in KINDS:
        for folder in search_path(kind, batch_folder):
            yield from sorted(path for path in folder.rglob("*") if path.is_file())
