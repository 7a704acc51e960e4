"""`hitgen serve`: the collector that pages send their answers to."""

from __future__ import annotations

import argparse
from urllib.parse import urlsplit

from hitgen.commands import options
from hitgen.config.read import read_config
from hitgen.config.recruiter import CollectorResults
from hitgen.console import Console
from hitgen.errors import CONFIG_NAME
from hitgen.lib.addresses import is_loopback
from hitgen.lib.web import LOOPBACK
from hitgen.recruiters import kind_of
from hitgen.serve import open_collector

PORT = 8470
OPEN = (
    "{}: whoever reaches this machine reaches the collector, by plain http: answers can be read and changed on the way, and "
    "browsers block them from https pages; leave --host out, and let your web server pass on what comes by https"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    options.batch_dir(parser)
    parser.add_argument("--host", default=LOOPBACK[0], help="default: this machine only, behind your web server")
    parser.add_argument("--port", type=options.number(0, 65_535), default=PORT, help=f"default {PORT}; 0: any free one")
    parser.add_argument("--hand-out", action="store_true", help="give a place to everyone who opens the address /go")


def run(given: argparse.Namespace, console: Console) -> None:
    from hitgen.collector.server import Server

    with open_collector(given.folder, given.hand_out) as (collector, inbox):
        server = Server(collector, given.host, given.port)
        if not is_loopback(given.host):
            console.warn([OPEN.format(given.host)])
        console.say(f"Collecting at {server.address}; Ctrl+C ends. Answers go to {inbox.path}")
        console.say(*_to_hand_out(given))
        server.run()


def _to_hand_out(given: argparse.Namespace) -> list[str]:
    """What people are given, as the world sees it, and whether the world can."""
    kind = kind_of(read_config(given.folder / CONFIG_NAME))
    results, handed_out = kind.results, given.hand_out or kind.hands_out
    base = results.url.rstrip("/") if isinstance(results, CollectorResults) else ""
    name = kind.addresses
    listed = given.folder / name
    lines = [f"A place for everyone who opens it: {kind.entrance(base)}"] if handed_out else []
    if name and listed.exists():
        lines.append(f"Personal addresses, one a row: {listed}")
    elif not handed_out:
        lines.append(f"Nothing is published yet: {options.command('publish', given.folder)}")
    if is_loopback(urlsplit(base).hostname or ""):
        lines.append(f"{base} opens on this machine only; set [host] base_url and [recruiter] results for others")
    return [*lines, f"in another terminal, {options.then('status', given.folder)}"]
