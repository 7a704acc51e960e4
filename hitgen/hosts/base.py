"""The one interface to wherever pages and packs are served from."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from hitgen.errors import Fault

KEY = re.compile(r"[A-Za-z0-9_-]{1,64}/(?:pages/[0-9a-f]{64}\.html|packs/[0-9a-f]{64}\.pack)")
"""What a page or a pack of a batch is called there."""
IMMUTABLE = "public, max-age=31536000, immutable"
"""Keys carry the content's hash, so what they name never changes."""


@dataclass(frozen=True)
class HostedFile:
    """One local file and the key it gets at the host; `sha256` is that of the file as it stands here."""

    key: str
    path: Path
    sha256: str
    content_type: str

    @property
    def gzipped(self) -> bool:
        """Whether it is stored compressed: hosts such as S3 do not negotiate encodings."""
        return self.content_type.startswith("text/html")

    def read(self) -> bytes:
        """The bytes to store; compressing gives the same bytes every time."""
        data = self.path.read_bytes()
        return gzip.compress(data, 6, mtime=0) if self.gzipped else data

    def open(self) -> BinaryIO:
        """The file's bytes as a stream, for what is stored as it is."""
        return self.path.open("rb")


class Host(Protocol):
    """What the publisher needs of a host."""

    kind: str

    def faults(self) -> list[Fault]: ...

    def url(self, key: str) -> str: ...

    def existing(self) -> set[str]: ...

    def put(self, file: HostedFile) -> None: ...

    def remove(self, keys: Iterable[str]) -> None: ...


def page_file(batch: str, path: Path, sha256: str) -> HostedFile:
    """A page under its key; packs lie at ../packs/ from there, as the page expects."""
    return HostedFile(f"{batch}/pages/{sha256}.html", path, sha256, "text/html; charset=utf-8")


def pack_file(batch: str, path: Path, sha256: str) -> HostedFile:
    """A pack under its key."""
    return HostedFile(f"{batch}/packs/{sha256}.pack", path, sha256, "application/octet-stream")
