"""`hitgen forget`: what this machine keeps of one worker is erased."""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from hitgen.commands import options
from hitgen.console import Console
from hitgen.lib.text import count
from hitgen.results.forget import Forgotten, forget

MOST_OF_A_FOLDER = 3


def add_arguments(parser: argparse.ArgumentParser) -> None:
    options.batch_dir(parser)
    parser.add_argument("worker", type=options.text, metavar="WORKER")


def run(given: argparse.Namespace, console: Console) -> None:
    done = forget(given.folder, given.worker)
    again = [options.then("report", given.folder)] if done.erased.removed else []
    console.say(*forgotten_lines(done), *again)


def forgotten_lines(done: Forgotten) -> list[str]:
    """What was erased and what else names the worker."""
    return [
        f"{count(done.rows, 'row')} erased" + (f": {done.unknown}" if done.unknown else ""),
        *(f"{path} was written again" for path in _shortened(done.erased.rewritten)),
        *(f"{path} was removed: make it again without this worker" for path in _shortened(done.erased.removed)),
        *(f"{path} still names this worker: delete or change it" for path in done.still_named_in),
        *(
            f"{path} cannot be looked into, and may name this worker: see for yourself"
            for path in _shortened(done.not_looked_into)
        ),
    ]


def _shortened(paths: Sequence[Path]) -> list[str]:
    """The paths, or their folder and number where a folder has many."""
    counts = Counter(path.parent for path in paths)
    single = [str(path) for path in paths if counts[path.parent] <= MOST_OF_A_FOLDER]
    return single + [f"{folder} ({n} files)" for folder, n in counts.items() if n > MOST_OF_A_FOLDER]
