"""A finished build as the publisher reads it: its manifest and the files it needs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from hitgen.config.batch import BatchConfig
from hitgen.errors import Fault, InputError
from hitgen.hosts.base import HostedFile, pack_file, page_file
from hitgen.manifest import BuildFolder, Manifest, Page, read_manifest, refuse_other_method


@dataclass(frozen=True)
class Built:
    """The manifest, the file of each page, and every pack that they fetch (none where packs are inline)."""

    manifest: Manifest
    files: dict[str, HostedFile]
    packs: tuple[HostedFile, ...]

    @property
    def pages(self) -> tuple[Page, ...]:
        """The pages in order."""
        return self.manifest.pages


def read_build(folder: Path, config: BatchConfig) -> Built:
    """The build of the batch in `folder`; raises InputError where it is missing, foreign or incomplete."""
    manifest, batch = read_manifest(folder), config.batch.name
    path = str(BuildFolder(folder).manifest)
    if manifest.batch != batch:
        problem = f"was built for {manifest.batch!r}, but the batch is {batch!r}"
        raise InputError(Fault(path, "batch", problem, "`hitgen build` again"))
    refuse_other_method(config, manifest)
    files, packs = files_of(folder, manifest, config.hit.packs == "linked")
    if missing := [file.path for file in (*files.values(), *packs) if not file.path.is_file()]:
        raise InputError(
            [Fault(str(path), "", "is named in the manifest but missing", "`hitgen build`") for path in missing[:5]]
        )
    return Built(manifest, files, packs)


def files_of(folder: Path, manifest: Manifest, linked: bool) -> tuple[dict[str, HostedFile], tuple[HostedFile, ...]]:
    """The file of each page, and the packs that pages fetch, where they lie in a batch folder."""
    build, batch = BuildFolder(folder), manifest.batch
    files = {page.page: page_file(batch, build.root / page.file, page.sha256) for page in manifest.pages}
    names = sorted({pack for ladder in manifest.ladders for pack in ladder.packs}) if linked else []
    return files, tuple(pack_file(batch, build.packs / f"{name}.pack", name) for name in names)
