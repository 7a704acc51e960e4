"""Options that several verbs have, each in one place."""

from __future__ import annotations

import argparse
import os
import shlex
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from hitgen.analysis import money
from hitgen.config.read import read_config
from hitgen.console import Console
from hitgen.errors import CONFIG_NAME, Fault, InputError
from hitgen.manifest import BuildFolder
from hitgen.publishing.publication import Account
from hitgen.recruiters import kind_of

MOST_HOURS = 87_600
MOST_WORKERS = 1024


def batch_dir(parser: argparse.ArgumentParser, metavar: str = "BATCH_DIR") -> None:
    """The folder that the verb works on."""
    parser.add_argument("folder", type=Path, metavar=metavar)


def rehearsal(parser: argparse.ArgumentParser) -> None:
    """Whether the last rehearsal is meant in place of the study."""
    parser.add_argument("--rehearsal", action="store_true", help="of the last `hitgen rehearse`, not of the study")


def study_folder(given: argparse.Namespace) -> Path:
    """The folder that the verb works on: the batch's, or that of its last rehearsal; InputError where there was none."""
    folder: Path = given.folder
    if not given.rehearsal:
        return folder
    rehearsed = BuildFolder(folder).rehearsal
    if not (rehearsed / CONFIG_NAME).is_file():
        raise InputError(Fault(str(rehearsed), "", "nothing was rehearsed", f"`{command('rehearse', folder)}` first"))
    return rehearsed


def rehearsed(given: argparse.Namespace) -> tuple[str, ...]:
    """What a command to run next ends in, so that it is of the rehearsal too."""
    return ("--rehearsal",) if given.rehearsal else ()


def then(verb: str, folder: Path, *words: str) -> str:
    """The command to run next, as it can be pasted."""
    return f"next: {command(verb, folder, *words)}"


def command(verb: str, folder: Path, *words: str) -> str:
    """A command on a batch folder, as it can be pasted."""
    return shlex.join(["hitgen", verb, str(folder), *words])


@contextmanager
def noting(account: Account, console: Console) -> Iterator[None]:
    """Say what is noted of an account: what is known at once, and what came of the work inside after it."""
    known = len(account.notes)
    console.warn(account.notes)
    yield
    console.warn(account.notes[known:])


def is_simulated(folder: Path) -> bool:
    """Whether the answers that a batch has are made up, so that nothing can be fetched or applied."""
    found = money.spending(folder)
    return found is not None and found.simulated


def unit(folder: Path) -> str:
    """What one page that people are sent to is called where this batch's people come from."""
    return kind_of(read_config(folder / CONFIG_NAME)).unit


def as_json(parser: argparse.ArgumentParser) -> None:
    """Whether a script listens."""
    parser.add_argument("--json", action="store_true", help="print JSON")


def workers(parser: argparse.ArgumentParser) -> None:
    """How many processes make ladders."""
    parser.add_argument("--workers", type=number(1, MOST_WORKERS), help="processes (default: all cores)")


def agreed(parser: argparse.ArgumentParser) -> None:
    """Whether the user agrees beforehand."""
    parser.add_argument("--yes", action="store_true", help="do not ask (never replaces the total)")


def spending(parser: argparse.ArgumentParser) -> None:
    """What a verb has that may spend money."""
    parser.add_argument("--total", default="", metavar="USD", help="the total in production, typed beforehand")
    parser.add_argument("--dry-run", action="store_true", help="show the plan and stop")
    agreed(parser)


def anew(parser: argparse.ArgumentParser) -> None:
    """What was published otherwise and may change now."""
    parser.add_argument("--new-reward", action="store_true", help="pay another reward than was published")
    parser.add_argument("--new-answers", action="store_true", help="grade by the gold answers as they are now")


def agrees_reward(console: Console, rewards: Sequence[tuple[str, str]], beforehand: bool) -> bool:
    """Whether the user agrees to rewards that are other than the published ones; True where there are none."""
    words = "; ".join(f"{field} {words}" for field, words in rewards)
    return not words or console.agree(f"{words}. Pay that?", beforehand, f"Nothing was done: {words}", "--new-reward")


def production(parser: argparse.ArgumentParser) -> None:
    """Whether real money may be spent."""
    parser.add_argument("--production", action="store_true", help="spend real money; asks for the total")


def number(least: int, most: int) -> Callable[[str], int]:
    """Reads an option's whole number from `least` to `most`."""

    def read(text: str) -> int:
        found = int(text)
        if not least <= found <= most:
            raise argparse.ArgumentTypeError(f"must be from {least} to {most}")
        return found

    read.__name__ = "number"  # as argparse calls what it cannot read
    return read


def text(given: str) -> str:
    """An option's text, whatever the encoding of the command line; what is no UTF-8 names nobody and nothing."""
    try:
        return os.fsencode(given).decode("utf-8")
    except ValueError:
        raise argparse.ArgumentTypeError("is not UTF-8") from None


def hours(text: str) -> float:
    """An option's time, more than none and less than ten years."""
    found = float(text)
    if not 0 < found <= MOST_HOURS:
        raise argparse.ArgumentTypeError(f"must be more than 0 and at most {MOST_HOURS}")
    return found


positive = number(1, 100_000)
seed = number(0, 2**53 - 1)
