"""A build that was lost, fetched back: the ledger has its manifest, the host its pages and packs under their hashes."""

from __future__ import annotations

import hashlib
from pathlib import Path

from hitgen.hosts.base import Host, HostedFile
from hitgen.ledger.ledger import Ledger
from hitgen.lib.files import write_whole
from hitgen.lib.web import fetch
from hitgen.manifest import BuildFolder, read_manifest
from hitgen.publishing.built import files_of
from hitgen.publishing.remembered import published_manifest


def restore_build(folder: Path, ledger: Ledger, host: Host, linked: bool) -> int:
    """Write again what is missing of the build that a ledger published; how many files came back.

    What the host does not serve as it was built stays missing. A build of something else is left alone.
    """
    manifest, path = published_manifest(ledger), BuildFolder(folder).manifest
    if manifest is None:
        return 0
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, f"{manifest.json(indent=1)}\n".encode(), private=True)
    elif read_manifest(folder).model_copy(update={"provenance": manifest.provenance}) != manifest:
        return 0  # what it was made of is no part of what it is: a remark in batch.toml changes no page
    files, packs = files_of(folder, manifest, linked)
    return sum(_came_back(host, file) for file in (*files.values(), *packs) if not file.path.is_file())


def _came_back(host: Host, file: HostedFile) -> bool:
    answer = fetch(host.url(file.key), headers={"Accept-Encoding": "gzip"})
    if not answer.is_ok or hashlib.sha256(answer.body).hexdigest() != file.sha256:
        return False
    file.path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(file.path, answer.body)
    return True
