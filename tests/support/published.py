"""A small study published on the marketplace, worked by workers without a browser, and reviews that are killed."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hitgen.doubles.mturk.marketplace import Marketplace
from hitgen.ledger.ledger import Ledger
from hitgen.publishing.publication import open_account, open_publication
from hitgen.publishing.publish import plan_publication, publish
from hitgen.results.fetch import Fetched, fetch
from hitgen.results.review import propose
from hitgen.results.reviewfile import write_review
from hitgen.results.study import read_study
from tests.support.marketplace import open_marketplace
from tests.support.servers import serving
from tests.support.small_study import SmallStudy

CHILD = """
import sys
import boto3, hitgen.results.apply
from hitgen import cli
print("ready", flush=True)
sys.exit(cli.main(sys.argv[1:]))
"""
CAP = 'cap_usd = "1000"\n'


@dataclass
class Published:
    """A study that is out, and where."""

    small: SmallStudy
    market: Marketplace

    def work(self, page: str, worker: str, **answers: Any) -> str:
        """A worker accepts the newest HIT of a page and hands in; the assignment's id."""
        with self.small.ledger() as ledger:
            hit_id = [hit.hit_id for hit in ledger.hits() if hit.page == page][-1]
        assignment = self.market.workers.accept(str(hit_id), worker)
        answer = self.small.answer(page, assignment, worker, **answers)
        self.market.workers.hand_in(assignment, [("submission", json.dumps(answer))])
        return assignment

    def fetch(self) -> Fetched:
        with open_account(self.small.folder) as account:
            return fetch(account)

    def review(self) -> None:
        write_review(self.small.folder, propose(read_study(self.small.folder)))

    def states(self) -> dict[str, str]:
        return dict(self.market.state.rows("SELECT assignment_id, state FROM assignments"))

    def bonuses(self) -> Counter[tuple[str, int]]:
        return Counter((row[0], row[1]) for row in self.market.state.rows("SELECT worker, cents FROM bonuses"))

    def mails(self) -> Counter[str]:
        return Counter(row[0] for row in self.market.state.rows("SELECT worker FROM mails"))

    def granted(self, name: str) -> set[str]:
        sql = (
            "SELECT q.worker FROM qualifications q JOIN qualification_types t USING (type)"
            " WHERE t.name = ? AND q.status = 'Granted'"
        )
        return {row[0] for row in self.market.state.rows(sql, name)}


@contextmanager
def published(folder: Path, **options: Any) -> Iterator[Published]:
    """A small study on a marketplace of its own, published by the publisher itself."""
    batch, seen = folder / "batch", folder / "batch" / "published"
    seen.mkdir(parents=True)
    recruiter = CAP + options.pop("recruiter", "")
    with (
        open_marketplace(folder / "marketplace.sqlite") as (market, _),
        serving(seen) as address,
    ):
        small = SmallStudy(
            batch,
            host=f'kind = "folder"\nbase_url = "{address}"',
            recruiter=f'endpoint_url = "{market.endpoint_url}"\n{recruiter}',
            **options,
        )
        with open_publication(batch) as publication:
            publish(publication, plan_publication(publication))
        yield Published(small, market)


def killed(arguments: Sequence[str], delay_s: float) -> int | None:
    """Run hitgen as a process of its own and kill it so long after its start; its exit code if it ended."""
    command = [sys.executable, "-c", CHILD, *arguments]
    environment = {**os.environ, "AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as child:
        assert child.stdout is not None and child.stdout.readline() == b"ready\n"
        try:
            return child.wait(timeout=delay_s)
        except subprocess.TimeoutExpired:
            child.send_signal(signal.SIGKILL)
            child.wait()
            return None


def killed_review(folder: Path, delay_s: float) -> int | None:
    """As `killed`, of `hitgen review --apply`."""
    return killed(["review", str(folder), "--apply", "--yes"], delay_s)


def in_doubt(folder: Path) -> list[str]:
    """The kinds of acts that were meant and whose outcome is not known."""
    with Ledger(folder / "ledger.sqlite") as ledger:
        return [intent.act.verb for intent in ledger.acts(done=False)]


def review_until_done(
    folder: Path, kills: int, seed: int, longest_s: float, cut_off: Counter[str] | None = None
) -> dict[str, int]:
    """Kill reviews at random moments, then let one end; how often it was killed and how often it ended before.

    `cut_off` counts the acts that a kill left in doubt.
    """
    rng, counts = random.Random(seed), Counter[str]()
    while counts["killed"] < kills:
        ended = killed_review(folder, rng.uniform(0, longest_s))
        counts["killed" if ended is None else "ended"] += 1
        if cut_off is not None and ended is None:
            cut_off.update(in_doubt(folder))
        if ended == 0:
            break
    for _ in range(20):
        if killed_review(folder, 120) == 0:
            return dict(counts)
        time.sleep(0.2)
    raise AssertionError("the review never came to an end")


def workers(count: int) -> Sequence[str]:
    return [f"AWORKER{number:03d}" for number in range(count)]
