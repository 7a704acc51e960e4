"""A small study published to a recruiter in memory, whose workers hand in real answers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hitgen.publishing.collect import collect
from hitgen.publishing.create import create
from hitgen.publishing.publication import Publication, open_publication
from hitgen.publishing.publish import plan_publication
from hitgen.recruiters.memory import Memory
from hitgen.results.apply import Applied, apply_review
from hitgen.results.review import propose
from hitgen.results.review_plan import ReviewPlan, plan_review
from hitgen.results.reviewfile import write_review
from hitgen.results.study import read_study
from tests.support.small_study import SmallStudy, xml


@dataclass
class InMemory:
    """A study that is out: nothing is served, uploaded or sent."""

    small: SmallStudy
    recruiter: Memory = field(default_factory=Memory)

    def __post_init__(self) -> None:
        with self.opened() as publication:
            for hit in plan_publication(publication).now:
                create(publication, hit)

    @property
    def folder(self) -> Path:
        return self.small.folder

    @contextmanager
    def opened(self) -> Iterator[Publication]:
        with open_publication(self.folder, now=self.recruiter.clock, recruiter=self.recruiter) as publication:
            yield publication

    def work(self, page: str, worker: str, **answers: Any) -> str:
        """A worker accepts the first HIT of a page and hands in; the assignment."""
        name = f"{page}{worker}"
        self.recruiter.accept(f"{page}.1")
        answer = xml(self.small.answer(page, name, worker, **answers))
        return self.recruiter.hand_in(f"{page}.1", worker, answer=answer, assignment=name)

    def review(self) -> None:
        """Take in what was handed in and write the review file."""
        with self.opened() as account:
            collect(account)
            write_review(self.folder, propose(read_study(self.folder, account.ledger)))

    @contextmanager
    def planned(self) -> Iterator[tuple[Publication, ReviewPlan]]:
        """What the review file asks for now."""
        with self.opened() as account:
            collect(account)
            yield account, plan_review(account, read_study(self.folder, account.ledger))

    def apply(self) -> Applied:
        """Carry out what the review file asks for."""
        with self.planned() as (account, plan):
            return apply_review(account, plan, str(plan.total_usd))


def in_memory(folder: Path, **options: Any) -> InMemory:
    """A small study published to a recruiter in memory."""
    return InMemory(SmallStudy(folder, host='kind = "folder"\nbase_url = "http://127.0.0.1:9001"', **options))
