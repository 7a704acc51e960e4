"""`hitgen preview`: a page in the browser, offline."""

from __future__ import annotations

import argparse

from hitgen.build import build
from hitgen.commands import options
from hitgen.console import Console
from hitgen.preview import folder_state, open_in_browser, page_address, watch


def add_arguments(parser: argparse.ArgumentParser) -> None:
    options.batch_dir(parser)
    parser.add_argument("--page", help="default: the first")
    parser.add_argument("--watch", action="store_true", help="rebuild on change until Ctrl+C")


def run(given: argparse.Namespace, console: Console) -> None:
    seen = folder_state(given.folder)
    build(given.folder, progress=console.on_progress)
    address = page_address(given.folder, given.page)
    console.say(address if open_in_browser(address) else f"No browser took it; open {address}")
    console.say(options.then("rehearse", given.folder))
    if given.watch or address.startswith("http:"):
        console.say("Watching for changes; Ctrl+C ends.")
        watch(given.folder, seen, console.say)
