"""The same pure tasks on a Dask cluster: workers that see the batch's folder and have the same libraries."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit
from uuid import uuid4

from hitgen import __version__
from hitgen.batch.sources import LadderSource
from hitgen.config.images import AnyImageSet
from hitgen.errors import InputError, OutsideError, at_option
from hitgen.lib.shipped import install_line
from hitgen.stimuli.codecs import library_versions, prepare

CONNECT_TIMEOUT_S = 8
FIELD = "--scheduler"
Made = TypeVar("Made")


def on_cluster(
    address: str, make: Callable[[LadderSource, Path], Made], tasks: Sequence[tuple[int, LadderSource]], folder: Path
) -> Iterator[tuple[int, Made]]:
    """The results of `make` for every task, by number, as workers of the scheduler finish them.

    InputError where the `cluster` extra is missing here, or workers cannot see the folder or would encode with other
    versions; OutsideError where no scheduler answers or workers are lost.
    """
    client = _client(address)
    with client:
        _same_everywhere(client, [source.images for _, source in tasks], folder)
        from distributed import as_completed
        from distributed.client import FutureCancelledError
        from distributed.scheduler import KilledWorker

        where = folder.resolve()
        futures = {client.submit(make, _absolute(source), where, pure=False): number for number, source in tasks}
        try:
            for future in as_completed(futures, loop=client.loop):  # type: ignore[no-untyped-call]
                yield futures[future], future.result()
                future.release()
        except (KilledWorker, FutureCancelledError, OSError) as error:
            problem = f"the cluster at {address} lost its work ({type(error).__name__})"
            raise OutsideError(f"{problem}; run it again: what is done is kept") from None


def _client(address: str) -> Any:
    try:
        from distributed import Client
    except ImportError:
        raise InputError(at_option(FIELD, "Dask is not installed", install_line("cluster"))) from None
    parts = urlsplit(address)
    try:
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if parts.scheme not in ("tcp", "tls") or not host or not port:
        raise InputError(at_option(FIELD, f"{address!r} is no scheduler's address", "tcp://HOST:8786"))
    try:
        socket.create_connection((host, port), CONNECT_TIMEOUT_S).close()  # Dask itself goes on trying for long
        return Client(address, timeout=CONNECT_TIMEOUT_S, set_as_default=False)  # type: ignore[no-untyped-call]
    except OSError:
        raise OutsideError(f"no Dask scheduler answers at {address}; start one with `dask scheduler`") from None


def _absolute(source: LadderSource) -> LadderSource:
    return replace(source, path=source.path.resolve(), folder=source.folder.resolve())


def _same_everywhere(client: Any, sets: Sequence[AnyImageSet], folder: Path) -> None:
    """Frames must not depend on who makes them."""
    distinct = list({images.name: images for images in sets}.values())
    token = folder / f".{uuid4().hex}.token"
    token.write_bytes(b"")
    try:
        seen: dict[str, tuple[str, bool]] = client.run(_look, distinct, token.resolve())
    finally:
        token.unlink()
    if not seen:
        raise OutsideError("the cluster has no workers; start some with `dask worker ADDRESS`")
    here = _versions(distinct)
    for worker, (there, found) in seen.items():
        if not found:
            problem = f"worker {worker} does not see {folder.resolve()}"
            raise InputError(at_option(FIELD, problem, "a folder that all workers share under one path"))
        if there != here:
            problem = f"worker {worker} would encode with {there}, this machine with {here}"
            raise InputError(at_option(FIELD, problem, "the same versions on all of them"))


def _look(sets: Sequence[AnyImageSet], token: Path) -> tuple[str, bool]:
    return _versions(sets), token.is_file()


def _versions(sets: Sequence[AnyImageSet]) -> str:
    """hitgen's version and those of the libraries that encode some image sets, as text."""
    found: dict[str, str] = {"hitgen": __version__}
    for images in sets:
        prepare(images)
        found |= library_versions(images)
    return json.dumps(found, sort_keys=True)
