"""Bring files to a host, many at once in bounded memory, and see them as the world does."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from typing import TypeVar

from hitgen.errors import Fault, InputError
from hitgen.hosts.base import Host, HostedFile
from hitgen.lib.progress import OnProgress, silent
from hitgen.lib.web import opened

Item = TypeVar("Item")
MAX_FAULTS = 5


def in_parallel(act: Callable[[Item], None], items: Iterable[Item], workers: int) -> Iterator[Item]:
    """Yield each item when `act` is done with it; never more than twice `workers` are taken up at once."""
    with ThreadPoolExecutor(workers) as pool:
        running: dict[Future[None], Item] = {}
        source = iter(items)
        try:
            while True:
                for item in source:
                    running[pool.submit(act, item)] = item
                    if len(running) >= 2 * workers:
                        break
                if not running:
                    return
                done, _ = wait(running, return_when=FIRST_COMPLETED)
                for future in done:
                    future.result()
                    yield running.pop(future)
        finally:
            pool.shutdown(cancel_futures=True)


def upload(host: Host, files: list[HostedFile], workers: int = 8, progress: OnProgress = silent) -> int:
    """Send what the host does not have yet; returns how many files were sent."""
    there = host.existing()
    missing = [file for file in files if file.key not in there]
    for count, _ in enumerate(in_parallel(host.put, missing, workers), start=1):
        progress("uploading", count, len(missing))
    return len(missing)


def verify(
    host: Host,
    files: list[HostedFile],
    cross_origin: bool = False,
    workers: int = 8,
    progress: OnProgress = silent,
    verified: Callable[[str], None] | None = None,
) -> None:
    """Fetch every file without credentials and compare status, type and content.

    `cross_origin` also asks whether a page without an origin of its own may read the file, as packs
    are read in a recruiter's sandboxed frame. `verified` is told each key that is right. Raises
    InputError with what is wrong and what to do.
    """
    faults: dict[str, Fault] = {}

    def look(file: HostedFile) -> None:
        if fault := _difference(host.url(file.key), file, cross_origin):
            faults[file.key] = fault

    for count, file in enumerate(in_parallel(look, files, workers), start=1):
        if verified and file.key not in faults:
            verified(file.key)
        progress("verifying", count, len(files))
        if len(faults) >= MAX_FAULTS:
            break
    if faults:
        raise InputError(list(faults.values())[:MAX_FAULTS])


def _difference(url: str, file: HostedFile, cross_origin: bool) -> Fault | None:
    with opened(url, headers={"Origin": "null", "Accept-Encoding": "gzip"}) as (answer, chunks):
        if not answer.is_ok:
            return Fault(url, "", f"the world gets {answer.status} {answer.reason}", _remedy(answer.status))
        wanted, found = file.content_type.split(";")[0], answer.headers.get_content_type()
        # Packs are read as bytes, so any type will do for them; a page must be a page.
        if file.gzipped and found != wanted:
            return Fault(url, "", f"is served as {found}", f"having the server send it as {wanted}")
        if cross_origin and answer.headers.get("Access-Control-Allow-Origin") not in ("*", "null"):
            remedy = "sending Access-Control-Allow-Origin: * (S3: `hitgen publish --configure-bucket`)"
            return Fault(url, "", "pages in a recruiter's frame may not read it", remedy)
        digest = hashlib.sha256()
        for chunk in chunks:
            digest.update(chunk)
    if digest.hexdigest() != file.sha256:
        return Fault(url, "", "what is served is not what was built", "emptying any cache in front of the host")
    return None


def _remedy(status: int) -> str:
    if status in (401, 403):
        return "making it public: for S3 `hitgen publish --configure-bucket` (see docs/aws.md), for a folder rights to read it"
    return "setting host.base_url to the address at which the files are seen"
