"""`hitgen expire`: no new workers from now on."""

from __future__ import annotations

import argparse

from hitgen.commands import options
from hitgen.console import Console
from hitgen.lib.text import count
from hitgen.publishing.end import expire
from hitgen.publishing.publication import open_account


def add_arguments(parser: argparse.ArgumentParser) -> None:
    options.batch_dir(parser)


def run(given: argparse.Namespace, console: Console) -> None:
    with (
        open_account(given.folder, progress=console.on_progress, ending=True) as account,
        options.noting(account, console),
    ):
        number, unit = len(expire(account)), account.kind.unit
    told = "takes" if number == 1 else "take"
    console.say(f"{count(number, unit)} {told} no new workers", options.then("fetch", given.folder))
