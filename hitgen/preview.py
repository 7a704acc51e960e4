"""A page in the browser, offline; rebuilt on change if wanted."""

from __future__ import annotations

import functools
import http.server
import threading
import time
import webbrowser
from collections.abc import Callable, Iterator
from pathlib import Path

from hitgen.batch import plan_salt, resources
from hitgen.build import build
from hitgen.errors import CONFIG_NAME, Fault, HitgenError, InputError
from hitgen.lib.server import LocalServer
from hitgen.manifest import BuildFolder, read_manifest

POLL_S = 0.5
FolderState = dict[Path, tuple[int, int]]


def page_address(folder: Path, page: str | None) -> str:
    """The address of a built page (default: the first): a file where packs are inline, loopback where they are linked."""
    pages = {page.page: page.file for page in read_manifest(folder).pages}
    chosen = page or next(iter(pages))
    if chosen not in pages:
        known = f"{next(iter(pages))} to {list(pages)[-1]}"
        raise InputError(Fault(str(folder), "", f"there is no page {chosen!r}", known))
    from hitgen.config.read import read_config

    if read_config(folder / CONFIG_NAME).hit.packs == "linked":
        return f"{_serve(BuildFolder(folder).root)}/{pages[chosen]}"
    return (BuildFolder(folder).root / pages[chosen]).resolve().as_uri()


def open_in_browser(address: str) -> bool:
    """Whether a browser took the address."""
    return webbrowser.open(address)


def _serve(root: Path) -> str:
    """Pages that fetch their packs cannot do so from a file: serve the build on loopback while the preview lasts."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, format: str, *values: object) -> None:  # noqa: A002
            pass

    server = LocalServer(functools.partial(Quiet, directory=str(root)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}"


def watch(folder: Path, seen: FolderState, tell: Callable[[str], None], rounds: Iterator[int] | None = None) -> None:
    """Rebuild whenever the batch, a template or an asset is other than as `seen`, until interrupted; faults are told and survived."""
    for _ in rounds if rounds is not None else iter(int, 1):
        time.sleep(POLL_S)
        now = folder_state(folder)
        if now == seen:
            continue
        seen = now
        try:
            made = build(folder)
            tell(f"rebuilt: {made.pages_written} of {made.pages} pages are new; reload the browser")
        except (HitgenError, OSError) as error:
            tell(str(error))


def folder_state(folder: Path) -> FolderState:
    """Time and size of each file that pages are built from; to be taken before a build, so that no change during it is missed."""
    own = [
        path
        for path in folder.rglob("*")
        if not {"build", "cache", plan_salt.FILE} & set(path.relative_to(folder).parts[:1])
    ]
    state = {}
    for path in [*own, *resources.all_files(folder)]:
        try:
            status = path.stat()
        except OSError:
            continue
        state[path] = (status.st_mtime_ns, status.st_size)
    return state
