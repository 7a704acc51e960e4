"""Hosts by their kind in batch.toml."""

from __future__ import annotations

from pathlib import Path

from hitgen.config.hosts import AnyHost, S3Host
from hitgen.hosts.base import Host


def open_host(config: AnyHost, batch_folder: Path, batch: str) -> Host:
    """The host that `[host]` describes; its libraries are loaded only now."""
    if isinstance(config, S3Host):
        from hitgen.hosts.s3 import S3

        return S3(config, batch)
    from hitgen.hosts.folder import Folder

    return Folder(config, batch_folder, batch)
