"""Taking submissions in from the recruiter, and saying what cannot be read of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from hitgen.publishing.adopt import adopt_ours
from hitgen.publishing.collect import collect
from hitgen.publishing.publication import Account
from hitgen.results.parse import Faulty
from hitgen.results.study import Study, read_study


@dataclass(frozen=True)
class Fetched:
    """How many submissions are new and there in all; `pseudonym` gives what stands for an assignment, `doubtful` HITs were meant by a publish that was cut off."""

    new: int
    total: int
    faulty: tuple[Faulty, ...]
    doubtful: int
    pseudonym: Callable[[str], str]


def fetch(account: Account, everything: bool = False) -> Fetched:
    """Take in what was handed in, complete and once; with `everything` each HIT is looked into, not only changed ones."""
    adopt_ours(account)
    new = collect(account, everything)
    study: Study = read_study(account.folder, account.ledger, account.config)
    doubtful = sum(hit.state == "intended" for hit in account.ledger.hits())
    return Fetched(new, len(study.works) + len(study.faulty), study.faulty, doubtful, study.pseudonym)
