"""The verbs for own participants: serve and import."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

from hitgen.commands.publishing import Add, Say

PORT = 8470


@dataclass(frozen=True)
class PeopleVerbs:
    """The verbs, with a voice."""

    say: Say

    def register(self, add: Add) -> None:
        """Add the verbs to the command line."""
        serve = add("serve", self.serve, "run the collector that pages send their answers to")
        serve.add_argument("--host", default="127.0.0.1", help="default: this machine only, behind your web server")
        serve.add_argument("--port", type=int, default=PORT, help=f"default {PORT}; 0: any free one")
        serve.add_argument("--hand-out", action="store_true", help="give a place to everyone who opens the address /go")
        taken = add("import", self.take, "take in submissions that people saved as files")
        taken.add_argument(
            "files",
            nargs="+",
            type=Path,
            metavar="FILE",
            help="JSON files, folders of them, or another collector's collected.sqlite",
        )

    def serve(self, options: argparse.Namespace) -> None:
        """Serve until interrupted."""
        from hitgen.errors import Fault, InputError, OutsideError
        from hitgen.serving import open_collector

        try:
            from hitgen.collector.server import Server
        except ImportError as error:
            problem = "the collector needs a package that is not installed"
            raise InputError(Fault("serve", "", problem, "pip install 'hitgen[serve]'")) from error
        with open_collector(options.folder, options.hand_out) as (collector, inbox):
            try:
                server = Server(collector, inbox, options.host, options.port)
            except OSError as error:
                raise OutsideError(f"{options.host}:{options.port} cannot be listened on: {error}") from error
            self.say(f"Collecting at {server.address}; Ctrl+C ends. Answers go to {inbox.path}")
            server.run()

    def take(self, options: argparse.Namespace) -> None:
        """Import files and say what became of them."""
        from hitgen.importing import import_files, summary
        from hitgen.publishing.publication import open_account

        with open_account(options.folder) as account:
            self.say("\n".join(summary(import_files(account, options.files))))
