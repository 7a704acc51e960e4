"""`hitgen rehearse`: publish on this machine, let people or robots work, and say what came back."""

from __future__ import annotations

import argparse
import itertools
import time
from collections import Counter
from dataclasses import asdict

from hitgen.build import build
from hitgen.check import check
from hitgen.commands import options
from hitgen.config.loading import read_config
from hitgen.console import Console
from hitgen.errors import CONFIG_NAME, InputError, at_option
from hitgen.methods.base import method_of
from hitgen.rehearse import Rehearsal, Rehearsed, open_rehearsal
from hitgen.rehearse_people import open_people_rehearsal
from hitgen.robots.browser import check_browser, open_browser
from hitgen.robots.crew import work

LOOK_EVERY_S = 2.0
KINDS = ("mturk", "link", "turkle", "prolific")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    options.batch_dir(parser)
    parser.add_argument("--robots", type=options.positive, metavar="N", help="N simulated workers for each HIT")
    parser.add_argument("--recruiter", choices=KINDS, help="default: the batch's own")
    options.as_json(parser)


def run(given: argparse.Namespace, console: Console) -> None:
    if given.robots:
        check_browser()  # better known before the long work
    console.warn(check(given.folder, progress=console.on_progress).warnings)
    kind = given.recruiter or read_config(given.folder / CONFIG_NAME).recruiter.kind
    stuck = _among_people(given, console, kind) if kind != "mturk" else _at_a_marketplace(given, console)
    if stuck:
        told = ", ".join(f"{count} at the screen {screen!r}" for screen, count in sorted(stuck.items()))
        raise InputError(at_option("--robots", f"some robots were stuck: {told}", "working the page by hand"))


def _at_a_marketplace(given: argparse.Namespace, console: Console) -> Counter[str]:
    """Rehearse with a marketplace; the screens at which robots got stuck."""
    build(given.folder, progress=console.on_progress)
    with open_rehearsal(given.folder) as rehearsal:
        made = rehearsal.publish(console.on_progress)
        console.say(f"{len(made.made)} HITs at {rehearsal.marketplace.worker_url}")
        stuck = _by_robots(given.robots, console, rehearsal) if given.robots else _by_people(console, rehearsal)
        _tell(console, rehearsal)
    return stuck


def _among_people(given: argparse.Namespace, console: Console, kind: str) -> Counter[str]:
    """Rehearse without a marketplace: own participants, Turkle or Prolific."""
    stuck: Counter[str] = Counter()
    with open_people_rehearsal(given.folder, kind) as rehearsal:
        made = rehearsal.publish(console.on_progress)
        console.say(f"{len(made.made)} HITs with {kind}")
        if given.robots:
            with open_browser() as browser:
                stuck = rehearsal.by_robots(browser, given.robots)
        else:
            console.say(*rehearsal.by_hand())
            _by_people(console, rehearsal)
        _tell(console, rehearsal)
    return Counter({screen: count for screen, count in stuck.items() if screen != "done"})


def _by_robots(robots: int, console: Console, rehearsal: Rehearsal) -> Counter[str]:
    """Let robots work all there is; how many got stuck where."""
    publication, count = rehearsal.publication, itertools.count(1)
    places = sum(min(robots, page.assignments) for page in publication.built.pages)
    done = work(
        rehearsal.marketplace,
        method_of(publication.config).robot(publication.config),
        workers=robots,
        between=rehearsal.go_on,
        worked=lambda _: console.on_progress("robots", next(count), places),
    )
    return Counter(row.ended for row in done if row.ended != "done")


def _by_people(console: Console, rehearsal: Rehearsed) -> Counter[str]:
    """Wait for people until Ctrl+C; nobody gets stuck."""
    console.say("Open it in a browser and work; Ctrl+C ends and shows what came back.")
    try:
        while True:
            time.sleep(LOOK_EVERY_S)
            if new := rehearsal.go_on():
                console.say(f"{new} handed in")
    except KeyboardInterrupt:
        rehearsal.go_on()
        return Counter()


def _tell(console: Console, rehearsal: Rehearsed) -> None:
    rows = rehearsal.handed_in()
    left_usd = rehearsal.publication.recruiter.balance_usd()
    money = f"; ${left_usd} left" if left_usd is not None else ""
    told = f"{len(rows)} submissions of {len({row.worker for row in rows})} workers{money}"
    console.outcome([asdict(row) for row in rows], [*(row.line for row in rows), told])
