"""10,000 linked pages and their packs go to S3 in parallel and in bounded memory, and only once."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest

from hitgen.config.hosts import S3Host
from hitgen.hosts.base import HostedFile, pack_file, page_file
from hitgen.hosts.bucket import configure_bucket, needed_changes
from hitgen.hosts.s3 import S3
from hitgen.hosts.upload import upload, verify
from tests.support.figures import write_figures

PAGES, PACKS = 10_000, 500
PAGE_BYTES, PACK_BYTES = 150_000, 500_000
MOST_MEMORY_MB = 150


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """moto in a process of its own: what it keeps in memory must not count as the uploader's."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    code = (
        "import sys, time; from moto.server import ThreadedMotoServer\n"
        "server = ThreadedMotoServer('127.0.0.1', port=0, verbose=False); server.start()\n"
        "print(server.get_host_and_port()[1], flush=True); sys.stdin.read()"
    )
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    with subprocess.Popen([sys.executable, "-c", code], text=True, **pipes) as server:  # type: ignore[call-overload]
        yield f"http://127.0.0.1:{server.stdout.readline().strip()}"
        server.stdin.close()


def resident_bytes() -> int:
    """What this process holds in memory, as Linux tells it."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


class Watch:
    """The most memory that this process holds above what it began with, in MB, looked at every 50 ms."""

    def __init__(self) -> None:
        self._first = resident_bytes()
        self.most_mb = 0.0
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look)
        self._thread.start()

    def _look(self) -> None:
        while not self._ended.wait(0.05):
            self.most_mb = max(self.most_mb, (resident_bytes() - self._first) / 1e6)

    def end(self) -> float:
        self._ended.set()
        self._thread.join()
        return self.most_mb


def make_files(folder: Path) -> tuple[list[HostedFile], list[HostedFile]]:
    def write(name: str, data: bytes) -> tuple[Path, str]:
        (folder / name).write_bytes(data)
        return folder / name, hashlib.sha256(data).hexdigest()

    filler = os.urandom(PAGE_BYTES // 4).hex()
    pages = [page_file("demo", *write(f"{n}.html", f"<!doctype html>{n}{filler}".encode())) for n in range(PAGES)]
    noise = os.urandom(PACK_BYTES)
    packs = [pack_file("demo", *write(f"{n}.pack", f"HITPACK1{n}".encode() + noise)) for n in range(PACKS)]
    return pages, packs


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_ten_thousand_pages(endpoint: str, tmp_path: Path) -> None:
    boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1").create_bucket(Bucket="large-study")
    host = S3(S3Host(kind="s3", bucket="large-study", endpoint_url=endpoint), "demo")
    configure_bucket(host, needed_changes(host, linked=True))
    pages, packs = make_files(tmp_path)
    watch, started = Watch(), time.monotonic()
    sent = upload(host, packs) + upload(host, pages)
    uploaded_s = time.monotonic() - started
    verify(host, packs, cross_origin=True)
    verify(host, pages)
    seen_s = time.monotonic() - started
    again = upload(host, packs) + upload(host, pages)
    most_mb = watch.end()
    figures = {
        "files": PAGES + PACKS,
        "bytes": PAGES * PAGE_BYTES // 2 + PACKS * PACK_BYTES,
        "uploaded_s": round(uploaded_s, 1),
        "uploaded_and_verified_s": round(seen_s, 1),
        "most_memory_mb": round(most_mb, 1),
        "sent_again": again,
    }
    write_figures("upload", figures)
    assert (sent, again) == (PAGES + PACKS, 0)
    assert most_mb <= MOST_MEMORY_MB
