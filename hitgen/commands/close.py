"""`hitgen close`: HITs end and are deleted, recruiter and host are cleaned."""

from __future__ import annotations

import argparse

from hitgen.commands import options
from hitgen.commands.delete import ended_lines
from hitgen.commands.status import status_lines
from hitgen.console import Console
from hitgen.publishing.end import close
from hitgen.publishing.publication import open_account
from hitgen.publishing.status import status


def add_arguments(parser: argparse.ArgumentParser) -> None:
    options.batch_dir(parser)
    options.agreed(parser)


def run(given: argparse.Namespace, console: Console) -> None:
    with open_account(given.folder, progress=console.on_progress, ending=True) as account:
        unit = account.kind.unit
        console.say(*status_lines(status(account)))
        if console.agree(f"End and delete each {unit} and remove the files of the pages?", given.yes):
            ended = close(account)
            after = options.then("export" if ended.closed else "review", given.folder)
            console.say(*ended_lines(ended, unit), after)
