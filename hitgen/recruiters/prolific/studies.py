"""Studies on Prolific: drafts with one address a page, their way to participants, and who took part."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from hitgen.errors import InputError, OutsideError
from hitgen.ledger.notebook import Notebook
from hitgen.ledger.rows import Order
from hitgen.lib.money import FREE, quote_by_percent
from hitgen.recruiters.base import RefusedError
from hitgen.recruiters.drafts import DEARER, draft_word, is_for, is_stale, refuse_half
from hitgen.recruiters.prolific.config import ProlificRecruiter
from hitgen.recruiters.prolific.currency import Currency
from hitgen.recruiters.rest import Rest
from hitgen.recruiters.shapes import Shape, moment, number

PAGE_SIZE = 100
LISTING = {"_links?": {"next?": {"href?": str}}, "meta?": {"count?": int}}
PERSON = {"id": str, "status": str, "participant_id": str, "started_at?": moment, "bonus_payments?": [number]}
STUDY_SHAPE = {
    "status": str,
    "reward": number,
    "date_created": moment,
    "access_details?": [{"external_url": str, "total_allocation": int}],
    "completion_codes?": [{"actions?": [{"slots?": int, "fixed_screen_out_reward?": number}]}],
}
"""What is read of Prolific's answers."""
WORDS = {"workerId": "{{%PROLIFIC_PID%}}", "assignmentId": "{{%SESSION_ID%}}"}
"""What Prolific fills into addresses."""
STUDY, KIND = "prolific:study", "prolific:kind"
GROUP = "prolific:group"
AGREED = "prolific:agreed"
TEST = "prolific:test"
LEAST_MINUTES_MORE = 10
NOT_PUBLISHED = "UNPUBLISHED"
LEFT = {
    "screened-out": ("INCOMPATIBLE_DEVICE", "Your screen or device does not serve for this study."),
    "declined": ("NO_CONSENT", "You left the study."),
    "failed": ("FAILED_ATTENTION_CHECK", "The practice was wrong as often as it may be."),
}
"""Who goes back without answers and unpaid: the code's type, and why they are asked to return."""
OPEN = ("ACTIVE", "PAUSED", "SCHEDULED", "PUBLISHING")


class Studies:
    """The studies of one batch; the notebook remembers which order is in which."""

    def __init__(self, rest: Rest, config: ProlificRecruiter, batch: str, book: Notebook) -> None:
        self._rest = rest
        self._currency = Currency(config.usd_per_gbp)
        self._config = config
        self.batch = batch
        self._book = book
        self._placed = book.notes(STUDY)

    def ids(self) -> list[str]:
        """The ids of all studies of this batch, oldest first."""
        return list(dict.fromkeys(self._placed.values()))

    def study_of(self, annotation: str) -> str | None:
        """The study that an order is in."""
        return self._placed.get(annotation)

    def placed(self) -> list[str]:
        """The annotations of all orders that are in a study."""
        return list(self._placed)

    def orders(self, study: str) -> list[Order]:
        """The orders in a study that were meant, in that order."""
        return [order for order in self._book.orders() if self._placed.get(order.annotation) == study]

    def found_again(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """The annotation of every order in a study of this batch that the notebook does not know, with the study.

        Another copy of the ledger may have made it, or another ledger, of which a study that has ended is left out.
        """
        mine = {order.annotation.split(" ")[1] for order in self._book.orders()}
        for row in list(self._listed("/studies/", {"id": str})):
            words = str(row.get("internal_name", "")).split(" ")
            if len(words) != 5 or words[0] != "hitgen" or words[2] != self.batch:
                continue
            study = self.get(row["id"])
            if study is None or not (study["status"] in (NOT_PUBLISHED, *OPEN) or words[1] in mine):
                continue
            for place in study["access_details"]:
                hit = dict(parse_qsl(urlsplit(place["external_url"]).query)).get("hitId", "")
                annotation = f"hitgen {words[1]} {self.batch} {hit}"
                # Of a study that was taken in by half, the other half; of a draft that was cut off here, what another copy published.
                drafted = study["status"] == NOT_PUBLISHED or self._book.order(annotation)
                if not (annotation in self._placed and drafted):
                    yield annotation, {**study, "place": place}

    def take_in(self, annotations: Sequence[str], study: str, kind: str) -> None:
        """Note that orders are in a study, all of them at once: a study of which one is known is known as a whole."""
        self._book.note(KIND, study, kind)
        self._book.note_all(STUDY, dict.fromkeys(annotations, study))
        self._placed |= dict.fromkeys(annotations, study)

    def renew(self, orders: Sequence[Order]) -> None:
        """Throw away drafts of a run that was cut off that were made for something else than these orders, which are all new ones."""
        new = {order.annotation: order for order in orders}
        drafted = {study for annotation in new if (study := self.study_of(annotation))}
        for study in drafted:
            found = self.get(study)
            if found and found["status"] != NOT_PUBLISHED:
                continue
            others = [order for order in self.orders(study) if order.annotation not in new]
            mine = [order for order in orders if self.study_of(order.annotation) == study]
            if found is None or is_stale(str(found.get("internal_name", "")).rpartition(" ")[2], [*others, *mine]):
                refuse_half(f"study {study}", others)
                self.drop(study)
                self.let_go(study)

    def let_go(self, study: str) -> None:
        """Note that no order is in a draft that is gone."""
        for annotation in [name for name, placed in self._placed.items() if placed == study]:
            self._book.drop(STUDY, annotation)
            del self._placed[annotation]

    def draft(self, orders: Sequence[Order]) -> None:
        """Put orders that are in no study yet into a draft, one for each kind of page; costs nothing.

        A draft that an earlier run made for the same HITs is known by its internal name.
        """
        for kind in ("qualification", "study"):
            mine = [order for order in orders if order.kind == kind and order.annotation not in self._placed]
            if mine:
                self._draft(kind, mine)

    def _draft(self, kind: str, orders: Sequence[Order]) -> None:
        start = f"{orders[0].annotation.rpartition(' ')[0]} {kind}"
        study = self._made_before(start, orders)
        if study is None:
            values = self._payload(kind, f"{start} {draft_word(orders)}", orders)
            study = self._rest.change("POST", "/studies/", values, shape={"id": str})["id"]
        # What was shown by now: another fee_percent, set later, is what nobody has agreed to yet.
        self._book.first_note(AGREED, study, str(self._quoted_usd(orders)))
        self.take_in([order.annotation for order in orders], study, kind)

    def _made_before(self, start: str, orders: Sequence[Order]) -> str | None:
        """The study of these HITs that an earlier run made; a draft of what they were then is thrown away."""
        for row in list(self._listed("/studies/", {"id": str})):
            before, _, word = str(row.get("internal_name", "")).rpartition(" ")
            if before == start and is_for(word, orders):
                if not (is_stale(word, orders) and self._status(row["id"]) == NOT_PUBLISHED):
                    return str(row["id"])
                self.drop(row["id"])
        return None

    def _payload(self, kind: str, name: str, orders: Sequence[Order]) -> dict[str, Any]:
        config, minutes = self._config, self._config.minutes_of(kind)
        rewards = {order.reward_usd for order in orders}
        assert len(rewards) == 1, "pages of one kind pay alike"
        values: dict[str, Any] = {
            "name": config.title,
            "internal_name": name,
            "description": config.description,
            "prolific_id_option": "url_parameters",
            "access_details": [
                {"external_url": self.address(order), "total_allocation": order.assignments} for order in orders
            ],
            "total_available_places": sum(order.assignments for order in orders),
            "estimated_completion_time": minutes,
            "maximum_allowed_time": max(minutes + LEAST_MINUTES_MORE, 3 * minutes),
            "reward": self._currency.hundredths(rewards.pop()),
            "device_compatibility": ["desktop"],
            "completion_codes": self._codes(len(orders)),
            "submissions_config": {
                "max_submissions_per_participant": config.pages_each if kind == "study" else 1,
                "max_concurrent_submissions": 1,
            },
            "filters": self._filters(orders),
        }
        return {**values, "project": config.project} if config.project else values

    def _codes(self, orders: int) -> list[dict[str, Any]]:
        """What participants bring back, by what became of them; who is screened out is paid at once, the others by nobody."""
        config = self._config
        codes = [_code(config.completion_code, "COMPLETED", action="MANUALLY_REVIEW")]
        for why, (code_type, reason) in LEFT.items():
            returned = {"action": "REQUEST_RETURN", "return_reason": reason}
            codes.append(_code(config.code_of(why), code_type, **returned))
        if config.screen_out_usd is not None:
            paid = {
                "fixed_screen_out_reward": self._currency.hundredths(config.screen_out_usd),
                "slots": orders * config.screen_outs,
            }
            name = config.code_of("screened-out")
            codes = [row for row in codes if row["code"] != name]
            codes.append(_code(name, "SCREENED_OUT", action="FIXED_SCREEN_OUT_PAYMENT", **paid))
        return codes

    def note_screened_out(self, study: str, found: dict[str, Any], screened: int) -> None:
        """Note of each HIT what was set aside for who is screened out, and its share of what these people got."""
        actions = [row for code in found.get("completion_codes") or () for row in code.get("actions") or ()]
        paid = [row for row in actions if row.get("slots") and row.get("fixed_screen_out_reward")]
        orders = self.orders(study)
        if not (paid and orders):
            return
        slots = int(paid[0]["slots"])
        each_usd = self._currency.usd(Decimal(str(paid[0]["fixed_screen_out_reward"])))
        aside_usd = quote_by_percent([(0, FREE)], self._config.fee_percent, each_usd * slots / len(orders)).total_usd
        both = aside_usd, aside_usd * min(screened, slots) / slots
        self._book.set_aside({order.hit: both for order in orders})

    def _quoted_usd(self, orders: Iterable[Order]) -> Decimal:
        hits = ((order.assignments, order.reward_usd) for order in orders)
        return quote_by_percent(hits, self._config.fee_percent, self._config.screen_outs_usd).total_usd

    @staticmethod
    def address(order: Order) -> str:
        """A page's address with the words that Prolific fills in."""
        return f"{order.url}?{urlencode({'hitId': order.hit})}&" + "&".join(
            f"{name}={word}" for name, word in WORDS.items()
        )

    def _filters(self, orders: Sequence[Order]) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for given in self._config.filters:
            limits = {name: value for name in ("lower", "upper") if (value := getattr(given, name)) is not None}
            chosen = {"selected_range": limits} if limits else {"selected_values": list(given.selected_values)}
            found.append({"filter_id": given.filter_id, **chosen})
        found.append(
            {"filter_id": "participant_group_blocklist", "selected_values": [self.group(self._config.excluded)]}
        )
        if any(order.needs_admission for order in orders):
            admitted = self.group(f"hitgen-admitted-{self.batch}")
            found.append({"filter_id": "participant_group_allowlist", "selected_values": [admitted]})
        earlier = [study for study in self.ids() if self._book.noted(KIND, study) == orders[0].kind]
        if earlier and self._config.pages_each == 1:
            # One page a person: whoever worked one of this batch is not invited to another.
            found.append({"filter_id": "previous_studies_blocklist", "selected_values": earlier})
        return found

    def group(self, name: str) -> str:
        """The id of a participant group of the workspace by its name; made if it is not there."""
        known = self._book.noted(GROUP, name)
        if not known:
            workspace = self._config.workspace
            rows = self._listed("/participant-groups/", {"id": str, "name": str}, workspace_id=workspace)
            found = [row["id"] for row in rows if row["name"] == name and not row.get("is_deleted")]
            if not found:
                values = {"name": name, "workspace_id": workspace}
                made = self._rest.change("POST", "/participant-groups/", values, shape={"id": str})
                found = [made["id"]]
            known = str(found[0])
            self._book.note(GROUP, name, known)
        return known

    def add_to(self, group: str, worker: str) -> None:
        """Put a participant into a group; again changes nothing."""
        path = f"/participant-groups/{self.group(group)}/participants/"
        self._rest.change("POST", path, {"participant_ids": [worker]})

    def get(self, study: str) -> dict[str, Any] | None:
        """One study as Prolific has it; None where it was deleted."""
        try:
            found: dict[str, Any] = self._rest.get(f"/studies/{study}/", STUDY_SHAPE)
        except RefusedError as error:
            if error.code == "404":
                return None
            raise
        return found

    def is_paused(self, study: str) -> bool:
        """Whether it takes nobody just now: somebody paused it, or it paid for as many screen-outs as it may."""
        return self._status(study) == "PAUSED"

    def _status(self, study: str) -> str:
        found = self.get(study)
        return str(found["status"]) if found else "DELETED"

    def submissions(self, study: str) -> Iterator[dict[str, Any]]:
        """Everyone who took a place of a study, or of its test with test participants, whatever came of it."""
        yield from self._taken(study)
        if tested := self._book.noted(TEST, study):
            yield from self._taken(json.loads(tested)["study_id"])

    def _taken(self, study: str) -> Iterator[dict[str, Any]]:
        # In an order that stays while it is read: without one, pages overlap.
        return self._listed("/submissions/", PERSON, study=study, ordering="started_at")

    def _listed(self, path: str, row: Shape, **query: str) -> Iterator[dict[str, Any]]:
        """Every row of a list, once; OutsideError where what came is less than the list says it has."""
        asked: dict[str, Any] = {**query, "page": 1, "page_size": PAGE_SIZE}
        seen: set[str] = set()
        while True:
            answer = self._rest.get(f"{path}?{urlencode(asked)}", {"results": [row], **LISTING})
            for found in answer["results"]:
                if found["id"] not in seen:
                    seen.add(found["id"])
                    yield found
            # By its link alone: past the last page is a refusal. At our own address, so that the token goes nowhere else.
            following = ((answer.get("_links") or {}).get("next") or {}).get("href")
            before, asked = asked, dict(parse_qsl(urlsplit(following or "").query))
            if not asked or asked == before:
                break
        count = (answer.get("meta") or {}).get("count") or 0
        if len(seen) < count:
            raise OutsideError(
                f"Prolific lists {count} entries at {path} and shows {len(seen)}; run this again in a minute"
            )

    def publish(self, study: str) -> None:
        """Let participants in and commit the money; raises OutsideError where it is more than was agreed to."""
        if self._status(study) != NOT_PUBLISHED:
            return
        agreed = Decimal(self._book.noted(AGREED, study) or self._quoted_usd(self.orders(study)))
        asked = self._currency.usd(
            Decimal(str(self._rest.get(f"/studies/{study}/cost/", {"total_cost": number})["total_cost"]))
        )
        if asked > agreed:
            raise OutsideError(
                f"Prolific asks for ${asked:.2f} for study {study}, more than the ${agreed} that were shown; it stays a "
                f"draft. {DEARER}"
            )
        try:
            self._rest.change("POST", f"/studies/{study}/transition/", {"action": "PUBLISH"})
        except RefusedError:
            # Somebody else may have published or deleted it since it was looked at.
            if self._status(study) == NOT_PUBLISHED:
                raise

    def try_out(self, study: str) -> str:
        """Publish a draft to test participants alone, where the workspace may; what the user should read."""
        draft = f"study {study} is a draft: preview it at https://app.prolific.com/researcher/studies/{study}"
        if tested := self._book.noted(TEST, study):
            return f"study {study} is open to your test participants: {json.loads(tested)['study_url']}"
        try:
            shape = {"study_id": str, "study_url": str}
            made = self._rest.change("POST", f"/studies/{study}/test-study", {}, shape=shape)
        except (RefusedError, InputError) as error:
            return f"{draft} (no test with test participants: {error})"
        self._book.note(TEST, study, json.dumps(made))
        return f"study {study} is open to your test participants: {made['study_url']}"

    def stop(self, study: str) -> None:
        """Let nobody in any more; those at work may finish."""
        if self._status(study) in OPEN:
            try:
                self._rest.change("POST", f"/studies/{study}/transition/", {"action": "STOP"})
            except RefusedError:
                # It may be full, stopped or deleted since it was looked at.
                if self._status(study) in OPEN:
                    raise

    def drop(self, study: str) -> None:
        """Delete a draft; a study that was published stays on record."""
        if self._status(study) == NOT_PUBLISHED:
            try:
                self._rest.change("DELETE", f"/studies/{study}/")
            except RefusedError:
                if self._status(study) == NOT_PUBLISHED:
                    raise


def _code(code: str, code_type: str, **action: Any) -> dict[str, Any]:
    return {"code": code, "code_type": code_type, "actions": [action]}
