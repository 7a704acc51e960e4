"""`hitgen eject`: a shipped file copied into the batch, to be edited there."""

from __future__ import annotations

import argparse

from hitgen.batch.new import eject, ejectable
from hitgen.commands import options
from hitgen.console import Console


def add_arguments(parser: argparse.ArgumentParser) -> None:
    options.batch_dir(parser)
    parser.add_argument("name", nargs="?", help="for example layouts/flicker.html; without it, what there is")


def run(given: argparse.Namespace, console: Console) -> None:
    if given.name:
        path = eject(given.folder, given.name)
        then = options.then("preview", given.folder, "--watch")
        console.say(f"{path} is yours now: it wins over the shipped one.", then)
    else:
        console.say(*ejectable(), options.then("eject", given.folder, "NAME"))
