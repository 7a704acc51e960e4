"""A finished build as the publisher reads it: its pages and the files they need."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from hitgen.build import BuildFolder, read_manifest
from hitgen.errors import Fault, InputError
from hitgen.hosts.base import HostedFile, pack_file, page_file

MANIFEST_FACT = "manifest"
"""Under this name the ledger keeps the manifest of what was published, so that no later build makes answers unreadable."""


@dataclass(frozen=True)
class PageContent:
    """What a page holds that must not repeat: study ladders and gold questions."""

    page: str
    kind: str
    assignments: int
    study: frozenset[str]
    gold: frozenset[str]


@dataclass(frozen=True)
class BuiltPage(PageContent):
    """One page of the manifest, with its file."""

    file: HostedFile


@dataclass(frozen=True)
class Built:
    """The pages in order, every pack that they fetch (none where packs are inline), and the manifest's text."""

    pages: tuple[BuiltPage, ...]
    packs: tuple[HostedFile, ...]
    manifest: str = ""


def read_build(folder: Path, batch: str, linked: bool) -> Built:
    """The build of the batch in `folder`; raises InputError where it is missing, foreign or incomplete."""
    manifest = read_manifest(folder)
    build = BuildFolder(folder).root
    path = BuildFolder(folder).manifest
    if manifest["batch"] != batch:
        problem = f"was built for {manifest['batch']!r}, but the batch is {batch!r}"
        raise InputError(Fault(str(path), "batch", problem, "`hitgen build` again"))
    pages = tuple(_page(batch, build, row) for row in manifest["pages"])
    names = sorted({row["pack"] for row in manifest["ladders"]}) if linked else []
    packs = tuple(pack_file(batch, build / "packs" / f"{name}.pack", name) for name in names)
    missing = [file.path for file in (*(page.file for page in pages), *packs) if not file.path.is_file()]
    if missing:
        raise InputError(
            [Fault(str(path), "", "is named in the manifest but missing", "`hitgen build`") for path in missing[:5]]
        )
    return Built(pages, packs, json.dumps(manifest, ensure_ascii=False))


def _page(batch: str, build: Path, row: dict[str, object]) -> BuiltPage:
    trials = row["trials"]
    assert isinstance(trials, list)
    return BuiltPage(
        page=str(row["page"]),
        kind=str(row["kind"]),
        assignments=int(str(row["assignments"])),
        file=page_file(batch, build / str(row["file"]), str(row["sha256"])),
        study=frozenset(trial["ladder"] for trial in trials if trial["role"] == "study"),
        gold=frozenset(trial["question"] for trial in trials if trial["role"] == "gold"),
    )
