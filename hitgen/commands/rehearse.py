"""`hitgen rehearse`: publish on this machine, let people or robots work, and say what came back."""

from __future__ import annotations

import argparse
import itertools
import time
from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING

from hitgen.check import check
from hitgen.commands import options
from hitgen.config.kinds import RECRUITERS
from hitgen.console import Console
from hitgen.errors import InputError, at_option
from hitgen.lib.text import count
from hitgen.recruiters import kind_of

if TYPE_CHECKING:
    from hitgen.rehearsal import Rehearsal

LOOK_EVERY_S = 2.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    options.batch_dir(parser)
    parser.add_argument("--robots", type=options.positive, metavar="N", help="N simulated workers for each HIT")
    parser.add_argument("--recruiter", choices=RECRUITERS.names(), help="default: the batch's own")
    options.as_json(parser)


def run(given: argparse.Namespace, console: Console) -> None:
    import playwright  # noqa: F401 - whose extra brings what the rest needs

    from hitgen.robots.browser import check_browser

    if given.robots:
        check_browser()  # better known before the long work
    from hitgen.rehearsal import open_rehearsal

    console.warn(check(given.folder, progress=console.on_progress, trial=True).warnings)
    stuck: Counter[str] = Counter()
    with open_rehearsal(given.folder, given.recruiter or "", progress=console.on_progress) as rehearsal:
        made = rehearsal.publish(console.on_progress)
        unit = kind_of(rehearsal.publication.config).unit
        console.say(f"{count(len(made.made), unit)} {rehearsal.double.where}")
        if given.robots:
            stuck = _by_robots(given.robots, console, rehearsal)
        else:
            console.say(*rehearsal.by_hand())
            _by_people(console, rehearsal)
        _tell(console, rehearsal)
        if rehearsal.handed_in():
            console.say(options.then("report", given.folder, "--rehearsal"))
    if stuck:
        told = ", ".join(f"{count} at the screen {screen!r}" for screen, count in sorted(stuck.items()))
        raise InputError(at_option("--robots", f"some robots were stuck: {told}", "working the page by hand"))


def _by_robots(robots: int, console: Console, rehearsal: Rehearsal) -> Counter[str]:
    """Let robots work all there is; how many got stuck where."""
    count = itertools.count(1)
    places = sum(min(robots, page.assignments) for page in rehearsal.publication.built.pages)
    ended = rehearsal.by_robots(robots, lambda: console.on_progress("robots", next(count), places))
    del ended["done"]
    return ended


def _by_people(console: Console, rehearsal: Rehearsal) -> None:
    """Wait for people until Ctrl+C."""
    console.say("Open it in a browser and work; Ctrl+C ends and shows what came back.")
    try:
        while True:
            time.sleep(LOOK_EVERY_S)
            if new := rehearsal.go_on():
                console.say(f"{new} handed in")
    except KeyboardInterrupt:
        rehearsal.go_on()


def _tell(console: Console, rehearsal: Rehearsal) -> None:
    rows = rehearsal.handed_in()
    left_usd = rehearsal.publication.recruiter.balance_usd()
    money = f"; ${left_usd} left" if left_usd is not None else ""
    told = f"{count(len(rows), 'submission')} of {count(len({row.worker for row in rows}), 'worker')}{money}"
    console.outcome([asdict(row) for row in rows], [*(row.line for row in rows), told])
