"""Computers whose clock is set wrong, put back or forward, or that slept: nothing is made or paid twice, nothing is lost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import time_machine

from hitgen.errors import OutsideError
from hitgen.ledger.ledger import Ledger
from hitgen.ledger.rows import HitProgress
from hitgen.publishing.end import close, expire
from hitgen.publishing.publication import open_account, open_publication
from hitgen.publishing.publish import Published, plan_publication, publish
from hitgen.publishing.status import status
from hitgen.recruiters.base import UnknownOutcomeError
from hitgen.recruiters.memory import Killed, Memory
from hitgen.recruiters.mturk.client import MTurkClient
from hitgen.recruiters.mturk.config import MTurkRecruiter
from hitgen.recruiters.mturk.pacer import Pacer
from tests.support.batches import make_batch
from tests.support.scripted_mturk import scripted
from tests.support.servers import serving


@dataclass
class Ahead(Memory):
    """A recruiter whose clock is behind this computer's by `ahead_s`, as it tells whoever asks it for something."""

    was_asked: bool = False

    @property
    def skew_s(self) -> float:
        return self.ahead_s if self.was_asked else 0.0

    def progress(self, hit_ids: Sequence[str]) -> Iterator[HitProgress]:
        self.was_asked = self.was_asked or bool(hit_ids)
        return super().progress(hit_ids)

    def everything(self) -> Iterator[HitProgress]:
        self.was_asked = True
        return super().everything()

    def here(self) -> datetime:
        """What this computer's clock says."""
        return self.now + timedelta(seconds=self.ahead_s)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    (tmp_path / "demo" / "published").mkdir(parents=True)
    with serving(tmp_path / "demo" / "published") as site:
        yield make_batch(tmp_path / "demo", [{"study": ["a"]}], f'kind = "folder"\nbase_url = "{site}"')


def run(folder: Path, recruiter: Ahead) -> Published:
    with open_publication(folder, now=recruiter.here, recruiter=recruiter) as publication:
        return publish(publication, plan_publication(publication))


@pytest.mark.parametrize("ahead_s", [240, -240])
def test_a_hit_is_open_as_long_as_it_is_by_the_clock_of_who_ends_it(folder: Path, ahead_s: int) -> None:
    """A clock within what is borne with is minutes off: places that open anew beside those that are still open are paid twice."""
    recruiter = Ahead(ahead_s=ahead_s)
    run(folder, recruiter)
    recruiter.work("p0001.1", "A1")
    ends_at = next(iter(recruiter.hits.values())).expires_at
    recruiter.now, recruiter.was_asked = ends_at - timedelta(seconds=120), False
    with open_account(folder, now=recruiter.here, recruiter=recruiter) as account:
        assert status(account).out == 4
    assert run(folder, recruiter).made == ()
    with open_account(folder, now=recruiter.here, recruiter=recruiter) as account:
        assert expire(account) == ["p0001.1"]
    assert next(iter(recruiter.hits.values())).expires_at < recruiter.now
    recruiter.hits = {name: replace(hit, expires_at=ends_at) for name, hit in recruiter.hits.items()}
    with Ledger(folder / "ledger.sqlite") as ledger:
        ledger.set_state("p0001.1", "created")
    recruiter.now = ends_at + timedelta(seconds=1)
    assert run(folder, recruiter).made == ("p0001.1r2",)


class NotedHere(Ahead):
    """A recruiter whose HITs end when this computer's clock says so."""

    def expire(self, hit_id: str, now: datetime) -> None:
        self.extend(hit_id, now)


@pytest.mark.parametrize("ahead_s", [240, -240])
def test_what_ended_by_a_clock_that_is_off_has_ended(folder: Path, ahead_s: int) -> None:
    recruiter = NotedHere(ahead_s=ahead_s)
    run(folder, recruiter)
    with open_account(folder, now=recruiter.here, recruiter=recruiter) as account:
        assert expire(account) == ["p0001.1"]
        assert (status(account).committed_usd, status(account).out) == (0, 0)
        assert close(account).closed


def test_a_clock_put_forward_does_not_call_a_hit_unmade_that_was_just_made(folder: Path) -> None:
    recruiter = Ahead(faults=["killed"])
    with pytest.raises(Killed):
        run(folder, recruiter)
    recruiter.unlisted = set(recruiter.hits)
    recruiter.was_asked, recruiter.ahead_s = False, 3600.0
    with (
        open_account(folder, now=recruiter.here, recruiter=recruiter) as account,
        pytest.raises(OutsideError, match="clock is 60 minutes ahead"),
    ):
        close(account)
    recruiter.ahead_s, recruiter.unlisted, recruiter.was_asked = 0.0, set(), False
    with open_account(folder, now=recruiter.here, recruiter=recruiter) as account:
        assert close(account).closed
    assert recruiter.deleted == set(recruiter.hits)


@pytest.mark.parametrize("operation", ["create_hit_with_hit_type", "send_bonus"])
@pytest.mark.parametrize("hours", [2, 25, 24 * 7, -1])
def test_a_computer_that_slept_in_a_call_does_not_send_it_again_when_its_token_is_old(
    operation: str, hours: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    values = {
        "create_hit_with_hit_type": {"HITTypeId": "TYPE1", "LifetimeInSeconds": 3600, "UniqueRequestToken": "t"},
        "send_bonus": {
            "WorkerId": "A1",
            "BonusAmount": "1",
            "AssignmentId": "B1",
            "Reason": "r",
            "UniqueRequestToken": "t",
        },
    }[operation]
    name = "".join(word.capitalize() for word in operation.split("_")).replace("Hit", "HIT")
    with scripted() as (address, script), time_machine.travel(datetime.now(UTC), tick=True) as here:
        client = MTurkClient(
            MTurkRecruiter(kind="mturk", endpoint_url=address),
            pacer=Pacer(rate_per_s=100, sleep=lambda _: here.shift(timedelta(hours=hours))),
        )
        script.says(name, status="lost").says(name)
        with pytest.raises(UnknownOutcomeError, match="since then this computer slept, or its clock was set"):
            client.call(operation, **values)
        client.close()
    assert [asked for asked, _ in script.requests] == [name]
