"""`hitgen serve`: the collector that pages send their answers to."""

from __future__ import annotations

import argparse

from hitgen.collector.server import Server
from hitgen.commands import options
from hitgen.console import Console
from hitgen.errors import OutsideError
from hitgen.lib.web import LOOPBACK, is_loopback
from hitgen.serve import open_collector

PORT = 8470
OPEN = (
    "{}: whoever reaches this machine reaches the collector, by plain http: answers can be read and changed on the way, and "
    "browsers block them from https pages; leave --host out, and let your web server pass on what comes by https"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    options.batch_dir(parser)
    parser.add_argument("--host", default=LOOPBACK[0], help="default: this machine only, behind your web server")
    parser.add_argument("--port", type=int, default=PORT, help=f"default {PORT}; 0: any free one")
    parser.add_argument("--hand-out", action="store_true", help="give a place to everyone who opens the address /go")


def run(given: argparse.Namespace, console: Console) -> None:
    with open_collector(given.folder, given.hand_out) as (collector, inbox):
        try:
            server = Server(collector, inbox, given.host, given.port)
        except (OSError, OverflowError, ValueError) as error:  # waitress says ValueError of a name that nobody knows
            raise OutsideError(f"{given.host}:{given.port} cannot be listened on: {error}") from error
        if not is_loopback(given.host):
            console.warn([OPEN.format(given.host)])
        console.say(f"Collecting at {server.address}; Ctrl+C ends. Answers go to {inbox.path}")
        server.run()
