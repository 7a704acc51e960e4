"""Copying a shipped template, style or script into a batch, where it wins."""

from __future__ import annotations

import shutil
from pathlib import Path

from hitgen.config.loading import nearest
from hitgen.errors import Fault, InputError
from hitgen.resources import KINDS, names, shipped


def ejectable() -> list[str]:
    """Everything that can be copied, as `templates/...` and `assets/...`."""
    return [f"{kind}/{name}" for kind in KINDS for name in names(kind)]


def eject(batch_folder: Path, name: str) -> Path:
    """The copy made in the batch folder; InputError for an unknown name and where the batch has that file already."""
    known = ejectable()
    if not (batch_folder / "batch.toml").is_file():
        raise InputError(
            Fault(str(batch_folder), "", "it is no batch folder", f"`hitgen init {batch_folder} --images FOLDER`")
        )
    matches = [candidate for candidate in known if candidate in (name, f"templates/{name}", f"assets/{name}")]
    if not matches:
        raise InputError(Fault(name, "", "there is no such template, style or script", nearest(name, known)))
    kind, _, rest = matches[0].partition("/")
    target = batch_folder / matches[0]
    if target.exists():
        raise InputError(Fault(str(target), "", "the batch has its own already", "editing that, or removing it first"))
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(shipped(kind) / rest, target)
    return target
