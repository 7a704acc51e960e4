"""`hitgen delete`: HITs that are over and judged are removed."""

from __future__ import annotations

import argparse

from hitgen.commands import options
from hitgen.console import Console
from hitgen.lib.text import count
from hitgen.publishing.end import Ended, delete
from hitgen.publishing.publication import open_account


def add_arguments(parser: argparse.ArgumentParser) -> None:
    options.batch_dir(parser)


def run(given: argparse.Namespace, console: Console) -> None:
    with open_account(given.folder, progress=console.on_progress, ending=True) as account:
        with options.noting(account, console):
            ended, unit = delete(account), account.kind.unit
        closed = account.ledger.fact("closed") is not None
    after = "review" if ended.left else "export" if closed else "close"
    console.say(*ended_lines(ended, unit), options.then(after, given.folder))


def ended_lines(ended: Ended, unit: str = "HIT") -> list[str]:
    """What was deleted or closed, and why something remains."""
    lines = [f"{count(len(ended.done), unit)} deleted"]
    if ended.approved:
        told = count(ended.approved, "submission")
        lines.append(f"{told} of forgotten workers approved: nobody can judge them any more")
    lines += [f"{hit} stays: {why}" for hit, why in ended.left.items()]
    if ended.closed:
        lines.append(f"{count(ended.files_removed, 'file')} removed from the host; the batch is closed")
    return lines
