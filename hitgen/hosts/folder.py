"""A folder that a web server of one's own serves."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Iterable
from pathlib import Path

from hitgen.config.hosts import FolderHost
from hitgen.errors import Fault, in_config
from hitgen.hosts.base import HostedFile
from hitgen.lib.files import settle


class Folder:
    """Files are copied under a temporary name and renamed, so that the server never sends half of one."""

    kind = "folder"

    def __init__(self, config: FolderHost, batch_folder: Path, batch: str) -> None:
        self._config = config
        self._root = batch_folder / config.folder
        self._batch = batch

    def faults(self) -> list[Fault]:
        """What keeps this folder from being published."""
        if self._config.base_url:
            return []
        remedy = 'base_url = "https://HOST/PATH", the address at which your web server shows the folder'
        return [in_config("host.base_url", "workers need an address for the pages", remedy)]

    def url(self, key: str) -> str:
        """The address of a key."""
        return f"{self._config.base_url.rstrip('/')}/{key}"

    def existing(self) -> set[str]:
        """The keys that are there."""
        here = self._root / self._batch
        return {
            path.relative_to(self._root).as_posix()
            for path in here.rglob("*")
            if path.is_file() and path.suffix != ".part"
        }

    def put(self, file: HostedFile) -> None:
        """Copy one file; HTML stays uncompressed, since servers compress by themselves."""
        target = self._root / file.key
        self._make(target.parent)
        part = target.with_name(f"{target.name}.{secrets.token_hex(4)}.part")
        try:
            shutil.copyfile(file.path, part)
            with part.open("rb+") as copied:  # HITs are made once it is seen, and outlive this machine's power
                settle(copied)
            part.chmod(0o644)
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)

    def _make(self, folder: Path) -> None:
        """Make a folder that the web server may look into, whatever this user's umask keeps from others."""
        if folder.exists():
            return
        if folder != self._root:
            self._make(folder.parent)
        folder.mkdir(parents=True, exist_ok=True)
        folder.chmod(0o755)

    def remove(self, keys: Iterable[str]) -> None:
        """Delete these keys, what was left of them where copying was cut off, and folders that are empty then."""
        for key in keys:
            target = self._root / key
            for path in (target, *target.parent.glob(f"{target.name}.*.part")):
                path.unlink(missing_ok=True)
            for parent in target.parents:
                if parent == self._root or not parent.is_dir() or any(parent.iterdir()):
                    break
                parent.rmdir()
