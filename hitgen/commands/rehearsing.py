"""The verb `rehearse`: its options and what is said; cli.py gives the voice."""

from __future__ import annotations

import argparse
import itertools
import json
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from hitgen.commands.publishing import Add, bars
from hitgen.console import ProgressBar, positive
from hitgen.errors import Fault, InputError

if TYPE_CHECKING:
    # Needs what only the extra `rehearse` installs.
    from hitgen.rehearse import Rehearsal, Rehearsed

LOOK_EVERY_S = 2.0
KINDS = ("mturk", "link", "turkle", "prolific")


@dataclass(frozen=True)
class RehearsingVerbs:
    """The verb, with a voice."""

    say: Callable[[str], None]

    def register(self, add: Add) -> None:
        """Add the verb to the command line."""
        rehearse = add("rehearse", self.rehearse, "publish to a marketplace on this machine and work the HITs")
        rehearse.add_argument("--robots", type=positive, metavar="N", help="N simulated workers for each HIT")
        rehearse.add_argument("--recruiter", choices=KINDS, help="default: the batch's own")
        rehearse.add_argument("--json", action="store_true", help="print JSON")

    def rehearse(self, options: argparse.Namespace) -> None:
        """Build, publish on this machine, let people or robots work, and say what came back."""
        from hitgen.build import build
        from hitgen.check import check
        from hitgen.config.loading import read_config

        _check_means(options)
        from hitgen.rehearse import open_rehearsal

        check(options.folder, progress=ProgressBar("ladders"))
        kind = options.recruiter or read_config(options.folder / "batch.toml").recruiter.kind
        if kind != "mturk":
            self._among_people(options, kind)
            return
        build(options.folder, progress=ProgressBar("ladders"))
        with open_rehearsal(options.folder) as rehearsal:
            made = rehearsal.publish(bars())
            if not options.json:
                self.say(f"{len(made.made)} HITs at {rehearsal.marketplace.worker_url}")
            stuck = self._by_robots(options, rehearsal) if options.robots else self._by_people(options, rehearsal)
            self._tell(options, rehearsal)
        self._complain(stuck)

    @staticmethod
    def _complain(stuck: Counter[str]) -> None:
        if stuck:
            told = ", ".join(f"{count} at the screen {screen!r}" for screen, count in sorted(stuck.items()))
            raise InputError(
                Fault("rehearse", "--robots", f"some robots were stuck: {told}", "working the page by hand")
            )

    def _among_people(self, options: argparse.Namespace, kind: str) -> None:
        """Rehearse without a marketplace: own participants, Turkle or Prolific."""
        from hitgen.rehearse_people import open_people_rehearsal
        from hitgen.robots.browser import open_browser

        stuck: Counter[str] = Counter()
        with open_people_rehearsal(options.folder, kind) as rehearsal:
            made = rehearsal.publish(bars())
            if not options.json:
                self.say(f"{len(made.made)} HITs with {kind}")
            if options.robots:
                with open_browser() as browser:
                    stuck = rehearsal.by_robots(browser, options.robots)
            else:
                if not options.json:
                    self.say("\n".join(rehearsal.by_hand()))
                self._by_people(options, rehearsal)
            self._tell(options, rehearsal)
        self._complain(Counter({screen: count for screen, count in stuck.items() if screen != "done"}))

    def _by_robots(self, options: argparse.Namespace, rehearsal: Rehearsal) -> Counter[str]:
        """Let robots work all there is; how many got stuck where."""
        from hitgen.methods.base import method_of
        from hitgen.robots.crew import work

        publication = rehearsal.publication
        places = sum(min(options.robots, page.assignments) for page in publication.built.pages)
        bar, count = ProgressBar("robots"), itertools.count(1)
        done = work(
            rehearsal.marketplace,
            method_of(publication.config).robot(publication.config),
            workers=options.robots,
            between=rehearsal.go_on,
            worked=lambda _: bar(next(count), places),
        )
        bar.close()
        return Counter(row.ended for row in done if row.ended != "done")

    def _by_people(self, options: argparse.Namespace, rehearsal: Rehearsed) -> Counter[str]:
        """Wait for people until Ctrl+C; nobody gets stuck."""
        if not options.json:
            self.say("Open it in a browser and work; Ctrl+C ends and shows what came back.")
        try:
            while True:
                time.sleep(LOOK_EVERY_S)
                new = rehearsal.go_on()
                if new and not options.json:
                    self.say(f"{new} handed in")
        except KeyboardInterrupt:
            rehearsal.go_on()
            return Counter()

    def _tell(self, options: argparse.Namespace, rehearsal: Rehearsed) -> None:
        rows = rehearsal.handed_in()
        if options.json:
            self.say(json.dumps([asdict(row) for row in rows], indent=1))
            return
        for row in rows:
            self.say(row.line)
        left_usd = rehearsal.publication.recruiter.balance_usd()
        money = f"; ${left_usd} left" if left_usd is not None else ""
        self.say(f"{len(rows)} submissions of {len({row.worker for row in rows})} workers{money}")


def _check_means(options: argparse.Namespace) -> None:
    """Raise InputError where packages or a browser are missing; better known before the long work."""
    try:
        import hitgen.rehearse  # noqa: F401
        from hitgen.robots import browser
    except ModuleNotFoundError as error:
        problem = f"a rehearsal needs a package that is not installed: {error.name}"
        raise InputError(Fault("rehearse", "", problem, "pip install 'hitgen[rehearse]'")) from error
    if options.robots:
        browser.check_browser()
