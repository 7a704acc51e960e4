"""Options that several verbs have, each in one place."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Sequence
from pathlib import Path

from hitgen.console import Console
from hitgen.errors import CONFIG_NAME, Fault, InputError
from hitgen.manifest import BuildFolder


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


def then(verb: str, folder: Path, *words: str) -> str:
    """The command to run next, as it can be pasted."""
    return f"next: {command(verb, folder, *words)}"


def command(verb: str, folder: Path, *words: str) -> str:
    """A command on a batch folder, as it can be pasted."""
    return shlex.join(["hitgen", verb, str(folder), *words])


def as_json(parser: argparse.ArgumentParser) -> None:
    """Whether a script listens."""
    parser.add_argument("--json", action="store_true", help="print JSON")


def workers(parser: argparse.ArgumentParser) -> None:
    """How many processes make ladders."""
    parser.add_argument("--workers", type=positive, help="processes (default: all cores)")


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


def positive(text: str) -> int:
    """An option's number, at least 1."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number
