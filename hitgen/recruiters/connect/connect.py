"""Connect behind the recruiter interface: it sends people to `/go` and pays them; answers come to the collector."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from hitgen.collector.turns import Turn
from hitgen.errors import InputError, OutsideError
from hitgen.ledger.rows import Binding, Bonus, Environment, HitProgress, Judgement, Order, Received
from hitgen.lib.clock import utc_now
from hitgen.lib.money import CENT, FREE
from hitgen.recruiters.base import Kind, Opening, RefusedError
from hitgen.recruiters.by_inbox import ByInbox
from hitgen.recruiters.connect.config import ConnectRecruiter
from hitgen.recruiters.connect.projects import OVER, TOKEN_LIVES, Projects, token_of
from hitgen.recruiters.drafts import DEARER
from hitgen.recruiters.panel.handout import SHUT_OUT
from hitgen.recruiters.panel.places import ByTurns
from hitgen.recruiters.rest import Rest, token_from
from hitgen.recruiters.shapes import number

API = "https://connect-api.cloudresearch.com/api/v1"
JUDGEMENTS: dict[str, Judgement] = {"Pending": "Submitted", "Approved": "Approved", "Rejected": "Rejected"}
NEVER = timedelta(days=3_650)
BONUS = "connect:bonus"
NOT_LISTED = "Connect does not list this assignment"


class Connect(ByInbox):
    """Projects whose people get a page each; only whom the service lists counts."""

    token_valid = timedelta(hours=23)

    def __init__(self, kind: Kind[ConnectRecruiter], opening: Opening) -> None:
        super().__init__(kind, opening)
        config = kind.own
        self._production = opening.production
        self._rest = Rest(
            config.endpoint_url or API,
            token_from(config.key_env, opening.environment, "recruiter.key_env"),
            "Connect",
            header=("X-API-KEY", "{}"),
            key="recruiter.key_env",
        )
        self._places = ByTurns(opening.book, self._inbox, self._way, timedelta(seconds=config.hold_s))
        self._projects = Projects(self._rest, config, self._batch, opening.book)
        self._people: dict[str, dict[str, dict[str, Any]]] = {}

    @property
    def skew_s(self) -> float:
        """How far this machine's clock is ahead of the service's, as last seen."""
        return self._rest.skew_s

    @property
    def _environment(self) -> Environment:
        return self._rest.environment(self._production)

    def account(self) -> Binding:
        """The account that the key is of, whose name the service does not tell; without --production projects stay unpublished."""
        return Binding(self._rest.base_url, "the key's account", self._environment)

    def balance_usd(self) -> Decimal | None:
        """The account's money; None where nothing will be spent."""
        balance = Decimal(str(self._rest.get("/account", {"accountBalance": number})["accountBalance"]))
        return None if self._environment == "sandbox" else balance

    def prepare(self, orders: Sequence[Order]) -> None:
        """Put the orders into a project that nobody sees yet; costs nothing."""
        self._told = self._places.prepare(bool(orders))
        self._projects.renew(orders)
        self._projects.draft(orders, list(self._book.notes(SHUT_OUT)))

    def create(self, order: Order, token: str) -> HitProgress:
        """Places of this order, in its project."""
        self._projects.draft([order], list(self._book.notes(SHUT_OUT)))
        return self._of_project(self._places.open(order, utc_now() + NEVER))

    def start(self) -> list[str]:
        """Let people in to every project; without --production they stay unpublished."""
        told = list(self._told)
        for project in self._projects.ids():
            if self._was_ended(project):  # one that nobody saw before it was ended is for nobody
                continue
            if self._environment == "sandbox":
                told.append(
                    f"project {project} is not published: look at it on Connect's own site, then publish --production"
                )
            elif not self._projects.status(project):
                told.append(
                    f"project {project} is not listed yet, and not live: `hitgen publish` again in some minutes"
                )
            elif self._projects.status(project) == "Unpublished":
                self._refuse_dearer(project)
                self._projects.move(project, "Live")
                told.append(f"project {project} is live")
        return told

    def elsewhere(self, running: bool = False) -> list[str]:
        """Projects of another copy of this ledger: who has which of their pages is in that copy alone."""
        return [
            f"project {project} ({status}, ${cost_usd:.2f})"
            for project, status, cost_usd in self._projects.others()
            if not (running and status in OVER)
        ]

    def _refuse_dearer(self, project: str) -> None:
        agreed, asked = self._projects.agreed_usd(project), self._projects.cost_usd(project)
        if asked > agreed:
            raise OutsideError(
                f"Connect asks for ${asked:.2f} for project {project}, more than the ${agreed} that were shown; it stays "
                f"unpublished. {DEARER}"
            )

    def _of_project(self, hit: HitProgress) -> HitProgress:
        """A HIT whose project has ended takes nobody any more."""
        project = self._projects.of(hit.annotation)
        over = project is not None and self._projects.status(project) in OVER
        return replace(hit, expires_at=min(hit.expires_at, hit.created_at)) if over else hit

    def everything(self) -> Iterator[HitProgress]:
        """Every HIT of this ledger; the service's projects do not say which pages are in them."""
        return map(self._of_project, self._places.everything())

    def progress(self, hit_ids: Sequence[str]) -> Iterator[HitProgress]:
        """The state of these HITs."""
        self._people.clear()
        return map(self._of_project, self._places.progress(hit_ids))

    def _listed(self, turn: Turn) -> tuple[str, dict[str, Any]] | None:
        """The project and the assignment that the service lists for a turn; None where it lists none."""
        project, name = turn.carried.get("projectId", ""), turn.carried.get("assignmentId", "")
        if project not in self._projects.ids():
            return None
        if project not in self._people:
            self._people[project] = {str(row["assignmentId"]): row for row in self._projects.people(project)}
        row = self._people[project].get(name)
        return (project, row) if row and row.get("participantId") == turn.person else None

    def submissions(self, hit_id: str) -> Iterator[Received]:
        """Everything handed in by people whom the service lists; neither answers nor a listing alone is enough."""
        for row, turn in self._places.arrived(hit_id):
            if turn and (listed := self._listed(turn)):
                yield self._handed_in(row, hit_id, turn.person, _judgement(listed[1]))

    def _found(self, assignment: str) -> tuple[str, dict[str, Any]]:
        self._people.clear()
        turn = self._places.turns.named(assignment)
        listed = self._listed(turn) if turn else None
        if listed is None:
            raise RefusedError("404", NOT_LISTED)
        return listed

    def approve(self, assignment: str, feedback: str = "") -> Judgement:
        """Approve a submission, which pays it; the answer is what it is now."""
        return self._judge("approve", assignment, feedback)

    def reject(self, assignment: str, reason: str) -> Judgement:
        """Reject a submission, which gives its money back; the answer is what it is now."""
        return self._judge("reject", assignment, reason)

    def _judge(self, verb: str, assignment: str, message: str) -> Judgement:
        project, row = self._found(assignment)
        if row["status"] == "Pending":
            try:
                self._projects.judge(project, verb, str(row["assignmentId"]), message)
            except RefusedError:
                if self._found(assignment)[1]["status"] == "Pending":
                    raise
        return _judgement(self._found(assignment)[1])

    def bonus(self, bonus: Bonus, token: str) -> None:
        """Pay a bonus once, whatever happens on the way; OutsideError while that is in doubt."""
        project, row = self._found(bonus.assignment)
        paid = Decimal(str(row["bonus"]))
        kept = json.loads(self._book.noted(BONUS, token) or "{}")
        if kept:
            if bonus in self.bonuses(bonus.assignment):
                return
            if utc_now() - datetime.fromisoformat(kept["at"]) < TOKEN_LIVES:
                raise OutsideError(
                    f"the bonus for {bonus.assignment} may have been paid; Connect does not show it yet. Run this again in a day"
                )
        elif paid - sum(self._asked(bonus.assignment)) >= bonus.amount_usd:
            paid -= bonus.amount_usd  # another copy of this ledger has paid it
            self._note(bonus, token, paid)
            return
        self._note(bonus, token, paid)
        try:
            self._projects.pay(
                project, str(row["assignmentId"]), bonus.amount_usd, bonus.reason, token_of(token, str(paid))
            )
        except (RefusedError, InputError):  # also where the key is no longer valid, nothing was done
            self._book.drop(BONUS, token)
            raise

    def paid_elsewhere(
        self, hit_id: str, mine: Mapping[str, Sequence[Bonus]], thorough: bool = False
    ) -> dict[str, list[Bonus]]:
        """What Connect shows as paid for these assignments beside this, of each one sum: it shows no more."""
        found: dict[str, list[Bonus]] = {}
        for assignment, own in mine.items():
            turn = self._places.turns.named(assignment)
            if turn and (listed := self._listed(turn)):
                rest = Decimal(str(listed[1]["bonus"]))
                for bonus in own:
                    rest -= bonus.amount_usd if rest >= bonus.amount_usd else 0
                found[assignment] = [Bonus(assignment, turn.person, rest.quantize(CENT), "")] if rest > 0 else []
        return found

    def unasked_usd(self, bonus: Bonus) -> Decimal:
        """What Connect shows as paid that was not asked for here, where it is less than this bonus."""
        rest = Decimal(str(self._found(bonus.assignment)[1]["bonus"])) - sum(self._asked(bonus.assignment))
        return rest if 0 < rest < bonus.amount_usd else FREE

    def _note(self, bonus: Bonus, token: str, before: Decimal) -> None:
        row = {"assignment": bonus.assignment, "worker": bonus.worker, "amount_usd": str(bonus.amount_usd)}
        row |= {"reason": bonus.reason, "before_usd": str(before), "at": utc_now().isoformat()}
        self._book.note(BONUS, token, json.dumps(row))

    def _rows(self, assignment: str) -> list[dict[str, str]]:
        rows = (json.loads(text) for text in self._book.notes(BONUS).values())
        return [row for row in rows if row["assignment"] == assignment]

    def _asked(self, assignment: str) -> list[Decimal]:
        return [Decimal(row["amount_usd"]) for row in self._rows(assignment)]

    def bonuses(self, assignment: str) -> list[Bonus]:
        """The bonuses that we asked for and the service shows as paid; it shows their sum alone."""
        mine = self._rows(assignment)
        paid = Decimal(str(self._found(assignment)[1]["bonus"])) if mine else Decimal(0)
        return [
            Bonus(assignment, row["worker"], Decimal(row["amount_usd"]), row["reason"])
            for row in mine
            if paid >= Decimal(row["before_usd"]) + Decimal(row["amount_usd"])
        ]

    def exclude(self, worker: str, group: str | None = None) -> None:
        """Shut a person out of this batch; one page a person is seen to by its projects."""
        if group is None:
            self._book.note(SHUT_OUT, worker, "yes")

    def expire(self, hit_id: str, now: datetime) -> None:
        """Let nobody in any more; a project ends as a whole."""
        project = self._project_of(hit_id)
        status = self._projects.status(project) if project else ""
        if project and status in ("Live", "Paused"):
            self._projects.move(project, *(("Paused", "Closed") if status == "Live" else ("Closed",)))
        self._places.offers.end(hit_id, now)  # not before: what is noted as ended is not ended again

    def delete(self, hit_id: str) -> None:
        """Take a HIT out of all lists, and put a project that was never published away; others stay on the service's record."""
        project = self._project_of(hit_id)
        if project and self._projects.status(project) == "Unpublished":
            self._projects.move(project, "Archived")
        self._places.offers.delete(hit_id)

    def _project_of(self, hit_id: str) -> str | None:
        offer = self._places.offers.get(hit_id)
        return self._projects.of(offer.order.annotation) if offer else None

    def _was_ended(self, project: str) -> bool:
        """Whether HITs of a project were ended, which has no end by itself."""
        offers = [self._places.offers.get(order.hit) for order in self._projects.orders(project)]
        return any(offer is not None and offer.expires_at <= utc_now() for offer in offers)


def _judgement(row: dict[str, Any]) -> Judgement:
    """What an assignment has come to; one that is over in any other way than by a judgement was taken back, or given up."""
    return JUDGEMENTS.get(row["status"], "Returned")
