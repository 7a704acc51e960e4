"""`hitgen watch`: a page of this machine that shows what comes in, live; it changes nothing."""

from __future__ import annotations

import argparse
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

from hitgen.commands import options
from hitgen.commands.status import told
from hitgen.console import Console
from hitgen.lib.web import LOOPBACK
from hitgen.manifest import BuildFolder
from hitgen.preview import open_in_browser
from hitgen.publishing.status import Status

PORT = 8471


def add_arguments(parser: argparse.ArgumentParser) -> None:
    options.batch_dir(parser)
    options.rehearsal(parser)
    parser.add_argument("--port", type=options.number(0, 65_535), default=PORT, help=f"default {PORT}; 0: any free one")
    parser.add_argument("--no-open", action="store_true", help="tell the address, and open no browser")


def run(given: argparse.Namespace, console: Console) -> None:
    with _interrupted_once(), suppress(KeyboardInterrupt):
        _serve(given, console)
    console.say("Ended; nothing was changed.")


@contextmanager
def _interrupted_once() -> Iterator[None]:
    """Heed one Ctrl+C alone, so that what it ends comes to its end."""

    def end(number: int, frame: object) -> None:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _lines(given: argparse.Namespace, found: Status | None) -> list[str]:
    """What `hitgen status` says."""
    folder: Path = given.folder
    return (
        told(found, folder, *options.rehearsed(given))
        if found
        else ["built, not published yet", options.then("publish", folder)]
    )


def _serve(given: argparse.Namespace, console: Console) -> None:
    from hitgen.collector.server import Server
    from hitgen.watch.app import WatchPage
    from hitgen.watch.seen import refuse_nothing
    from hitgen.watch.watcher import Watcher

    folder = options.study_folder(given)
    refuse_nothing(folder)
    watcher = Watcher(folder, partial(_lines, given))
    page = WatchPage(watcher, folder, [BuildFolder(given.folder).packs])
    server = Server(page, LOOPBACK[0], given.port)
    page.port = server.port
    with watcher:
        address = f"{server.address}/"
        if given.no_open or not open_in_browser(address):
            console.say(f"Open {address}")
        console.say(
            f"Watching {given.folder} at {address}; Ctrl+C ends. It only reads: in another terminal, "
            + options.then(
                "review" if options.is_simulated(given.folder) else "fetch", given.folder, *options.rehearsed(given)
            )
        )
        server.run()
