"""Prolific behind the recruiter interface: it sends people to pages; answers come by a way of our own."""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from hitgen.collector.inbox import Arrival
from hitgen.ledger.rows import Binding, Bonus, Environment, HitProgress, Judgement, Order, Received
from hitgen.lib.clock import NEVER, utc_now, utc_of
from hitgen.lib.money import CENT
from hitgen.lib.nested import read_json
from hitgen.recruiters.base import Kind, Opening, RefusedError
from hitgen.recruiters.by_inbox import ByInbox
from hitgen.recruiters.prolific.bonuses import Bonuses
from hitgen.recruiters.prolific.config import LISTED, ProlificRecruiter
from hitgen.recruiters.prolific.currency import Currency
from hitgen.recruiters.prolific.studies import PERSON, Studies
from hitgen.recruiters.rest import Rest, token_from
from hitgen.recruiters.shapes import number

API = "https://api.prolific.com/api/v1"
JUDGEMENTS: dict[str, Judgement] = {
    "AWAITING REVIEW": "Submitted",
    "APPROVED": "Approved",
    "PARTIALLY APPROVED": "Approved",
    "REJECTED": "Rejected",
}
AT_WORK = ("RESERVED", "ACTIVE")
DECIDED = ("APPROVED", "PARTIALLY APPROVED")
HOLDING = ("AWAITING REVIEW", *DECIDED)
"""Of these statuses a turn that is over keeps its place; the place of whoever returned or was rejected is free again."""
SCREENED_OUT = "SCREENED OUT"
OVER = ("AWAITING REVIEW", "COMPLETED")
"""Prolific's studies have no end by themselves."""
ENDED = "prolific:ended"
ASKED = "prolific:asked"
LEAST_WORDS = 100


@dataclass(frozen=True)
class _Seen:
    """A study as Prolific has it, everyone who took a place of it, and the places done by HIT.

    `at_work` places are held by people who are at work or whose answers are missing, `used_up` ones by people who were approved
    without answers, of whom nothing will come.
    """

    study: dict[str, Any]
    people: list[dict[str, Any]]
    done: Counter[str]
    at_work: int
    used_up: int


class Prolific(ByInbox):
    """Studies with an address for each page; a person works one page of a batch."""

    _config: ProlificRecruiter

    def __init__(self, kind: Kind[ProlificRecruiter], opening: Opening) -> None:
        super().__init__(kind, opening)
        config = self._config
        self._production = opening.production
        self._rest = Rest(config.endpoint_url or API, token_from(config.token_env, opening.environment), "Prolific")
        self._currency = Currency(config.usd_per_gbp)
        self._studies = Studies(self._rest, config, self._batch, opening.book)
        self._bonuses = Bonuses(self._rest, opening.book, self._currency)
        self._hits: dict[str, str] = {}
        self._seen: dict[str, _Seen] = {}

    @property
    def skew_s(self) -> float:
        """How far this machine's clock is ahead of the service's, as last seen."""
        return self._rest.skew_s

    @property
    def _environment(self) -> Environment:
        return self._rest.environment(self._production)

    def account(self) -> Binding:
        """The workspace whose money is spent; without --production studies stay drafts or tests."""
        return Binding(self._rest.base_url, self._config.workspace, self._environment)

    def balance_usd(self) -> Decimal | None:
        """The workspace's money that no study has claimed; None where nothing will be spent."""
        shape = {"currency_code": str, "available_balance": number}
        found = self._rest.get(f"/workspaces/{self._config.workspace}/balance/", shape)
        self._currency.refuse_other(found["currency_code"])
        return None if self._environment == "sandbox" else self._currency.usd(Decimal(found["available_balance"]))

    def prepare(self, orders: Sequence[Order]) -> None:
        """Put the orders into a draft, with the groups it names; costs nothing."""
        session = secrets.token_hex(12)
        self._book.note(LISTED, session, "")
        try:
            self._told = self._way.prepare(utc_now(), self._inbox, session, bool(orders))
        finally:
            self._book.drop(LISTED, session)
        self._studies.renew(orders)
        self._studies.draft(orders)

    def create(self, order: Order, token: str) -> HitProgress:
        """The order's address in its draft."""
        self._studies.draft([order])
        if found := next(self._progress_of(order.annotation), None):
            return found
        # Somebody deleted the draft that it was in.
        self._studies.let_go(self._studies.study_of(order.annotation) or "")
        self._studies.draft([order])
        return next(self._progress_of(order.annotation))

    def start(self) -> list[str]:
        """Publish every study that is a draft; without --production only to test participants."""
        told = list(self._told)
        for study in self._studies.ids():
            if self._book.noted(ENDED, study):  # a draft that was ended is for nobody
                continue
            if self._environment == "sandbox":
                told.append(self._studies.try_out(study))
            else:
                self._studies.publish(study)
                paused = " is paused and takes nobody: start it there" if self._studies.is_paused(study) else ""
                told.append(f"study {study}{paused}: https://app.prolific.com/researcher/studies/{study}")
            told += self._without_answers(study)
        return told

    def _without_answers(self, study: str) -> list[str]:
        delivered = self._inbox.delivered()
        rows = [row for row in self._studies.submissions(study) if row["status"] == "AWAITING REVIEW"]
        return [
            f"submission {row['id']} of {row['participant_id']} has a code but no answers yet: ask before you decide"
            for row in rows
            if row["id"] not in delivered
        ]

    def _progress_of(self, *annotations: str) -> Iterator[HitProgress]:
        """The state of these orders; people at work are counted where there is room, as Prolific does not say where."""
        wanted: dict[str, set[str]] = {}
        for name in annotations:
            if study := self._studies.study_of(name):
                wanted.setdefault(study, set()).add(name)
        for study, names in wanted.items():
            seen = self._look(study)
            if seen is None:
                continue
            at_work, used_up = seen.at_work, seen.used_up
            # Without anybody at work each order tells for itself; else those before it may have them.
            orders = self._studies.orders(study) if at_work or used_up else filter(None, map(self._book.order, names))
            for order in orders:
                room = max(0, order.assignments - seen.done[order.hit])
                pending, at_work = min(room, at_work), max(0, at_work - room)
                room -= pending
                gone, used_up = min(room, used_up), max(0, used_up - room)
                if order.annotation in names:
                    yield self._progress(order, study, seen.study, room - gone, pending)

    def _look(self, study: str) -> _Seen | None:
        """A study and its people as this run saw them last; None where it was deleted."""
        if study not in self._seen:
            if (found := self._studies.get(study)) is None:
                return None
            try:
                answers, rows = self._answers(), list(self._studies.submissions(study))
            except RefusedError:
                if self._studies.get(study) is None:  # deleted since it was looked at
                    return None
                raise
            done = Counter(answers[row["id"]] for row in rows if row["id"] in answers and row["status"] in HOLDING)
            missing = [row for row in rows if row["id"] not in answers and row["status"] in HOLDING]
            # Whose answers were erased has a place that the ledger alone knows.
            missing = [row for row in missing if not self._inbox.was_erased(row["id"])]
            used_up = sum(row["status"] in DECIDED for row in missing)
            at_work = sum(row["status"] in AT_WORK for row in rows) + len(missing) - used_up
            self._seen[study] = _Seen(found, rows, done, at_work, used_up)
        return self._seen[study]

    def _progress(self, order: Order, study: str, found: dict[str, Any], available: int, pending: int) -> HitProgress:
        created = utc_of(found["date_created"])
        ended = self._book.noted(ENDED, study)
        over = found["status"] in OVER
        return HitProgress(
            hit_id=f"{study} {order.annotation}",
            annotation=order.annotation,
            url=order.url,
            reward_usd=self._reward_usd(found, order),
            assignments=order.assignments,
            available=available,
            pending=pending,
            created_at=created,
            expires_at=datetime.fromisoformat(ended) if ended else created if over else NEVER,
        )

    def _reward_usd(self, study: dict[str, Any], order: Order) -> Decimal:
        """What a study pays, as it was ordered where that is the same in the workspace's currency."""
        if study["reward"] == self._currency.hundredths(order.reward_usd):
            return order.reward_usd
        return self._currency.usd(Decimal(str(study["reward"]))).quantize(CENT)

    def _answers(self) -> dict[str, str]:
        """The HIT that the page of each stored answer names, by session; each is read once."""
        for session in self._inbox.delivered() - set(self._hits):
            if received := self._received(session):
                self._hits[session] = self._hit_of(received.answer)
        return self._hits

    @staticmethod
    def _hit_of(answer: str) -> str:
        """The HIT that answers name; none where an earlier hitgen kept what cannot be read."""
        with suppress(ValueError):
            return str(read_json(answer).get("hit", ""))
        return ""

    def _received(self, session: str) -> Arrival | None:
        return next(self._inbox.received(session), None)

    def _judgement(self, row: dict[str, Any]) -> Judgement:
        """What a turn has come to; one that is over in any other way than by a judgement was taken back, or given up."""
        if row["status"] in AT_WORK:
            return "Submitted"
        asked = row["status"] == "RETURNED" and self._book.noted(ASKED, row["id"])
        return JUDGEMENTS.get(row["status"], "Rejected" if asked else "Returned")

    def find(self, annotation: str) -> list[HitProgress]:
        """The order's address in its study, if it is in one."""
        return list(self._progress_of(annotation))

    def everything(self) -> Iterator[HitProgress]:
        """Every order of this batch that is in a study, also in one that this notebook does not know."""
        yield from self._progress_of(*self._studies.placed())
        for annotation, study in self._studies.found_again():
            place = study["place"]
            yield HitProgress(
                hit_id=f"{study['id']} {annotation}",
                annotation=annotation,
                url=place["external_url"].partition("?")[0],
                reward_usd=self._currency.usd(Decimal(str(study["reward"]))).quantize(CENT),
                assignments=place["total_allocation"],
                available=place["total_allocation"],
                pending=0,
                created_at=utc_of(study["date_created"]),
                expires_at=NEVER,
            )

    def adopted(self, order: Order, hit_id: str) -> None:
        """Note which study an order is in that another copy of the ledger put there."""
        self._studies.take_in([order.annotation], hit_id.partition(" ")[0], order.kind)

    def progress(self, hit_ids: Sequence[str]) -> Iterator[HitProgress]:
        """The state of these orders, once all answers that arrived are taken in."""
        if hit_ids:
            self._way.take_in(self._inbox, utc_now())
        self._seen.clear()
        self._sift()
        yield from self._progress_of(*(name.partition(" ")[2] for name in hit_ids))

    def _sift(self) -> None:
        """Note whose turn Prolific lists, so that a full inbox takes their answers, and drop what others made up."""
        asked_at = utc_now()
        looked = {study: seen for study in self._studies.ids() if (seen := self._look(study))}
        for study, seen in looked.items():
            screened = sum(row["status"] == SCREENED_OUT for row in seen.people)
            self._studies.note_screened_out(study, seen.study, screened)
        people = [seen.people for seen in looked.values()]
        # A clock that was put forward since answers came makes none of them old.
        asked_at -= timedelta(seconds=max(0.0, self._rest.skew_s))
        listed = {str(row["id"]) for rows in people for row in rows}
        known = self._book.notes(LISTED)
        for session in sorted(listed - known.keys()):
            self._book.note(LISTED, session, asked_at.isoformat())
        # What was on a list once is not made up, whatever is on today's.
        self._inbox.vouch(listed | known.keys(), asked_at)

    def submissions(self, hit_id: str) -> Iterator[Received]:
        """Everyone whose turn is over as Prolific lists it and whose answers arrived; neither alone is enough."""
        study, _, annotation = hit_id.partition(" ")
        hit, answers = annotation.rpartition(" ")[2], self._answers()
        seen = self._look(study)
        for row in seen.people if seen else ():
            if row["status"] in AT_WORK or answers.get(row["id"]) != hit:
                continue
            began = row.get("started_at")
            if received := self._received(row["id"]):
                yield Received(
                    assignment=row["id"],
                    hit_id=hit_id,
                    worker=row["participant_id"],
                    status=self._judgement(row),
                    accepted_at=utc_of(began) if began else received.opened_at,
                    submitted_at=received.received_at,
                    auto_approval_at=None,
                    answer=received.answer,
                )

    def approve(self, assignment: str, feedback: str = "") -> Judgement:
        """Approve a submission, which pays it; the answer is what it is now."""
        return self._judge(assignment, {"action": "APPROVE"})

    def reject(self, assignment: str, reason: str) -> Judgement:
        """Ask for a return, which harms nobody's record, or reject where the config says so."""
        if self._config.rejection == "ask-return":
            # Another copy of the ledger may have asked: nobody is written to twice.
            asked = self._rest.get(f"/submissions/{assignment}/", PERSON).get("return_requested")
            if not (asked or self._book.noted(ASKED, assignment)):
                path = f"/submissions/{assignment}/request-return/"
                self._rest.change("POST", path, {"request_return_reasons": [reason]})
            self._book.note(ASKED, assignment, "yes")
            return self._status(assignment)
        words = (
            reason
            if len(reason) >= LEAST_WORDS
            else f"{reason} Please write to us through Prolific if you think that this is a mistake; we look at every message."
        )
        return self._judge(
            assignment, {"action": "REJECT", "message": words.ljust(LEAST_WORDS, "."), "rejection_category": "OTHER"}
        )

    def _judge(self, assignment: str, values: dict[str, str]) -> Judgement:
        try:
            self._rest.change("POST", f"/submissions/{assignment}/transition/", values)
        except RefusedError:
            if self._status(assignment) == "Submitted":
                raise
        return self._status(assignment)

    def _status(self, assignment: str) -> Judgement:
        return self._judgement(self._rest.get(f"/submissions/{assignment}/", PERSON))

    def bonus(self, bonus: Bonus, token: str) -> None:
        """Pay a bonus once, whatever happens on the way."""
        self._bonuses.pay(bonus, token)

    def bonuses(self, assignment: str) -> list[Bonus]:
        """The bonuses that Prolific's record shows as paid since we asked for them."""
        return self._bonuses.paid(assignment)

    def paid_elsewhere(
        self, hit_id: str, mine: Mapping[str, Sequence[Bonus]], thorough: bool = False
    ) -> dict[str, list[Bonus]]:
        """What Prolific shows as paid for these submissions beside this; it does not say what for. Where its lists do not say it, only
        with `thorough`: each submission is asked for by itself then."""
        seen = self._look(hit_id.partition(" ")[0])
        found = {}
        for row in seen.people if seen else ():
            if row["id"] in mine and (thorough or "bonus_payments" in row):
                paid = row["bonus_payments"] or [] if "bonus_payments" in row else None
                found[row["id"]] = self._bonuses.elsewhere(row["id"], row["participant_id"], paid, mine[row["id"]])
        return found

    def unasked_usd(self, bonus: Bonus) -> Decimal:
        """What Prolific shows as paid that was not asked for here, where none of it is this amount."""
        return self._bonuses.unasked_usd(bonus)

    def exclude(self, worker: str, group: str | None = None) -> None:
        """Shut a participant out of every batch; one page a person is seen to by the studies' filters."""
        if group is None:
            self._studies.add_to(self._config.excluded, worker)

    def admit(self, worker: str) -> None:
        """Let a participant into the study pages."""
        self._studies.add_to(f"hitgen-admitted-{self._studies.batch}", worker)

    def expire(self, hit_id: str, now: datetime) -> None:
        """Let nobody in any more; a study ends as a whole."""
        study = hit_id.partition(" ")[0]
        self._studies.stop(study)
        self._book.note(ENDED, study, now.isoformat())  # not before: what is noted as ended is not ended again

    def delete(self, hit_id: str) -> None:
        """Delete a draft; a published study stays on Prolific's record."""
        self._studies.drop(hit_id.partition(" ")[0])
