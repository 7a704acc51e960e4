"""`hitgen extend`: more time for HITs with places left."""

from __future__ import annotations

import argparse
from datetime import timedelta

from hitgen.commands import options
from hitgen.console import Console
from hitgen.publishing.end import extend
from hitgen.publishing.publication import open_account


def add_arguments(parser: argparse.ArgumentParser) -> None:
    options.batch_dir(parser)
    parser.add_argument("--hours", type=float, required=True, metavar="H", help="from now")


def run(given: argparse.Namespace, console: Console) -> None:
    with open_account(given.folder, progress=console.on_progress) as account:
        changed = extend(account, timedelta(hours=given.hours))
    console.say(f"{len(changed)} HITs are open for {given.hours:g} hours from now")
