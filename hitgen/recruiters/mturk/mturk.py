"""Amazon Mechanical Turk, and whatever speaks its protocol, behind the recruiter interface."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, cast
from xml.sax.saxutils import escape, unescape

from hitgen.errors import OutsideError
from hitgen.ledger.notebook import Notebook
from hitgen.ledger.rows import Binding, Bonus, HitProgress, Judgement, Order, Received
from hitgen.recruiters.base import Recruiter, RefusedError, beside
from hitgen.recruiters.mturk.client import MTurkClient, turk_code
from hitgen.recruiters.mturk.config import MTurkRecruiter
from hitgen.recruiters.mturk.qualifications import Qualifications

SCHEMA = "http://mechanicalturk.amazonaws.com/AWSMechanicalTurkDataSchemas/2006-07-14/ExternalQuestion.xsd"
NAMES_A_HIT = re.compile(r"\b[A-Z0-9]{16,64}\b")
ONE_BY_ONE = 20
"""Up to this many HITs are asked for singly; more are read from the listing of all, 100 a call."""


def external_question(url: str) -> str:
    """The question XML that shows `url` in the worker's frame, as high as it needs to be."""
    return (
        f'<ExternalQuestion xmlns="{SCHEMA}"><ExternalURL>{escape(url)}</ExternalURL>'
        "<FrameHeight>0</FrameHeight></ExternalQuestion>"
    )


def utc(moment: datetime) -> datetime:
    """The same moment in UTC."""
    return moment.astimezone(UTC)


def as_progress(hit: dict[str, Any]) -> HitProgress:
    """A HIT of the service in our words."""
    found = re.search(r"<ExternalURL>(.*?)</ExternalURL>", hit.get("Question", ""), re.S)
    return HitProgress(
        hit_id=hit["HITId"],
        annotation=hit.get("RequesterAnnotation", ""),
        url=unescape(found[1].strip()) if found else "",
        reward_usd=Decimal(hit.get("Reward", "0")),
        assignments=hit.get("MaxAssignments", 1),
        available=hit.get("NumberOfAssignmentsAvailable", 0),
        pending=hit.get("NumberOfAssignmentsPending", 0),
        created_at=utc(hit["CreationTime"]),
        expires_at=utc(hit["Expiration"]),
        gone=hit.get("HITStatus") == "Disposed",
    )


def as_submission(row: dict[str, Any]) -> Received:
    """An assignment of the service in our words."""
    approves = row.get("AutoApprovalTime")
    return Received(
        assignment=row["AssignmentId"],
        hit_id=row["HITId"],
        worker=row["WorkerId"],
        status=row["AssignmentStatus"],
        accepted_at=utc(row["AcceptTime"]),
        submitted_at=utc(row["SubmitTime"]),
        auto_approval_at=utc(approves) if approves else None,
        answer=row.get("Answer", ""),
    )


class MTurk(Recruiter):
    """A recruiter that speaks the MTurk protocol.

    `book` remembers the ids of what is made once (qualifications, HIT types), and survives runs.
    """

    # The service promises 24 hours; the margin covers clocks and a call that takes long.
    token_valid = timedelta(hours=23)

    def __init__(
        self,
        config: MTurkRecruiter,
        batch: str,
        book: Notebook,
        production: bool = False,
        client: MTurkClient | None = None,
    ) -> None:
        self._config = config
        self._client = client or MTurkClient(config, production)
        self._book = book
        self._qualifications = Qualifications(self._client, config, batch, book)

    @property
    def skew_s(self) -> float:
        """Seconds that this machine's clock is ahead of the service's, as last seen."""
        return self._client.skew_s

    def account(self) -> Binding:
        """Endpoint and account that a ledger is bound to."""
        return self._client.account()

    def balance_usd(self) -> Decimal | None:
        """The prepaid dollars; None in the sandbox, whose play money is not drawn on."""
        balance = Decimal(self._client.call("get_account_balance")["AvailableBalance"])
        return None if self._client.environment == "sandbox" else balance

    def prepare(self, orders: Sequence[Order]) -> None:
        """Make what the orders need and does not exist yet: qualifications and HIT types; costs nothing."""
        self._qualifications.excluded()
        for order in orders:
            self._hit_type(order)

    def create(self, order: Order, token: str) -> HitProgress:
        """The HIT of this order: made now, or made by an earlier call with the same token."""
        try:
            answer = self._client.call(
                "create_hit_with_hit_type",
                HITTypeId=self._hit_type(order),
                MaxAssignments=order.assignments,
                LifetimeInSeconds=self._config.lifetime_s,
                Question=external_question(order.url),
                RequesterAnnotation=order.annotation,
                UniqueRequestToken=token,
            )
        except RefusedError as error:
            if turk_code(error) != "hitalreadyexists":
                raise
            return self._made_before(order, str(error))
        return as_progress(answer["HIT"])

    def _made_before(self, order: Order, message: str) -> HitProgress:
        """The HIT that the service says exists: by the id in its message, else by the listing."""
        for hit_id in NAMES_A_HIT.findall(message):
            for hit in self.progress([hit_id]):
                if hit.annotation == order.annotation:
                    return hit
        found = self.find(order.annotation)
        if len(found) != 1:
            raise OutsideError(
                f"{order.hit}: the service says its HIT exists, but {len(found)} HITs carry the annotation "
                f"{order.annotation!r}; look at the requester's page before running this again"
            )
        return found[0]

    def everything(self) -> Iterator[HitProgress]:
        """Every HIT of the account that has not been deleted."""
        return map(as_progress, self._client.pages("list_hits", "HITs"))

    def progress(self, hit_ids: Sequence[str]) -> Iterator[HitProgress]:
        """The state of these HITs; those that no longer exist are left out.

        A listing may lag, and moves while it is read: what it does not show is asked for by name.
        """
        unseen = dict.fromkeys(hit_ids)
        if len(hit_ids) > ONE_BY_ONE:
            for hit in self.everything():
                if hit.hit_id in unseen:
                    del unseen[hit.hit_id]
                    yield hit
        for hit_id in unseen:
            try:
                yield as_progress(self._client.call("get_hit", HITId=hit_id)["HIT"])
            except RefusedError as error:
                if turk_code(error) != "hitdoesnotexist":
                    raise

    def submissions(self, hit_id: str) -> Iterator[Received]:
        """Everything handed in for a HIT, judged or not."""
        return map(as_submission, self._client.pages("list_assignments_for_hit", "Assignments", HITId=hit_id))

    def approve(self, assignment: str, feedback: str = "") -> Judgement:
        """Approve an assignment; the answer is what it is now, whoever judged it first."""
        words = {"RequesterFeedback": feedback} if feedback else {}
        return self._judge(assignment, "Approved", "approve_assignment", words)

    def reject(self, assignment: str, reason: str) -> Judgement:
        """Reject an assignment; the answer is what it is now: automatic approval may have come first."""
        return self._judge(assignment, "Rejected", "reject_assignment", {"RequesterFeedback": reason})

    def _judge(self, assignment: str, wanted: Judgement, operation: str, words: dict[str, Any]) -> Judgement:
        try:
            self._client.call(operation, AssignmentId=assignment, **words)
        except RefusedError as error:
            if turk_code(error) != "invalidassignmentstate":
                raise
            found = self._client.call("get_assignment", AssignmentId=assignment)
            return cast(Judgement, found["Assignment"]["AssignmentStatus"])
        return wanted

    def bonus(self, bonus: Bonus, token: str) -> None:
        """Pay a bonus once: the token guards a day, the listing of payments any time."""
        try:
            self._client.call(
                "send_bonus",
                WorkerId=bonus.worker,
                BonusAmount=str(bonus.amount_usd),
                AssignmentId=bonus.assignment,
                Reason=bonus.reason,
                UniqueRequestToken=token,
            )
        except RefusedError:
            if bonus not in self.bonuses(bonus.assignment):
                raise

    def bonuses(self, assignment: str) -> list[Bonus]:
        """The bonuses paid for an assignment."""
        return list(self._payments(AssignmentId=assignment))

    def paid_elsewhere(
        self, hit_id: str, mine: Mapping[str, Sequence[Bonus]], thorough: bool = False
    ) -> dict[str, list[Bonus]]:
        """What was paid for these assignments beside this: by another copy of the ledger, or by hand."""
        return beside(self._payments(HITId=hit_id), mine)

    def _payments(self, **of: str) -> Iterator[Bonus]:
        for row in self._client.pages("list_bonus_payments", "BonusPayments", **of):
            yield Bonus(row["AssignmentId"], row["WorkerId"], Decimal(row["BonusAmount"]), row["Reason"])

    def exclude(self, worker: str, group: str | None = None) -> None:
        """Shut a worker out of one group of trials of this batch, or of every batch."""
        named = self._qualifications.unseen(group) if group else self._qualifications.excluded()
        self._qualifications.grant(named, worker)

    def admit(self, worker: str) -> None:
        """Let a worker into the study pages."""
        self._qualifications.grant(self._qualifications.admitted(), worker)

    def done(self, worker: str) -> None:
        """Mark a worker as having taken part in this batch, for other batches to see."""
        self._qualifications.grant(self._qualifications.taken_part(), worker)

    def notify(self, workers: Sequence[str], subject: str, text: str) -> None:
        """Mail workers, at most 100; not repeated by itself, since nobody wants a mail twice."""
        answer = self._client.call(
            "notify_workers", repeatable=False, Subject=subject, MessageText=text, WorkerIds=list(workers)
        )
        if failures := answer.get("NotifyWorkersFailureStatuses"):
            names = ", ".join(f"{row['WorkerId']} ({row['NotifyWorkersFailureMessage']})" for row in failures)
            raise RefusedError("NotifyWorkers", f"not delivered to {names}")

    def extend(self, hit_id: str, until: datetime) -> None:
        """Keep a HIT open until a time."""
        self._client.call("update_expiration_for_hit", HITId=hit_id, ExpireAt=until)

    def expire(self, hit_id: str, now: datetime) -> None:
        """Take no new workers for a HIT; those at work may finish."""
        # A day back, so that no difference of clocks makes it the future.
        self._unless_gone(lambda: self.extend(hit_id, now - timedelta(days=1)))

    def delete(self, hit_id: str) -> None:
        """Remove a HIT whose assignments are all judged; gone already is as good."""
        self._unless_gone(lambda: self._client.call("delete_hit", HITId=hit_id))

    @staticmethod
    def _unless_gone(act: Callable[[], object]) -> None:
        """Do something to a HIT; where it is deleted, perhaps by a call whose answer was lost, that is as good."""
        try:
            act()
        except RefusedError as error:
            # A HIT that is deleted has a state of its own for a while, and then is not there.
            if turk_code(error) != "hitdoesnotexist" and "'Disposed'" not in str(error):
                raise

    def clear(self) -> None:
        """Remove the qualifications that only this batch's HITs needed."""
        self._qualifications.clear()

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()

    def _hit_type(self, order: Order) -> str:
        """The HIT type of an order; the service answers equal values with the same type."""
        config = self._config
        values: dict[str, Any] = {
            "Title": config.title,
            "Description": config.description,
            "Keywords": config.keywords,
            "Reward": str(order.reward_usd),
            "AssignmentDurationInSeconds": config.duration_s,
            "AutoApprovalDelayInSeconds": config.auto_approval_s,
            "QualificationRequirements": self._qualifications.requirements(order),
        }
        digest = hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()
        if known := self._book.noted("hit-type", digest):
            return known
        made = str(self._client.call("create_hit_type", **values)["HITTypeId"])
        self._book.note("hit-type", digest, made)
        return made
