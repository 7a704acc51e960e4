"""What a Prolific on this machine knows and allows: studies, groups, submissions, money, and its participants."""

from __future__ import annotations

import random
import re
import secrets
import threading
from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlencode

from hitgen.doubles.prolific.fields import LEAST_REJECTION_WORDS, SCREEN_OUT, check, check_study
from hitgen.doubles.service import RefusalError, Row

FEE_PER_MILLE = 428
LEAST_CENTS_PER_HOUR = 800
TAKEN = {"RESERVED", "ACTIVE", "AWAITING REVIEW", "APPROVED"}
"""Of these statuses a submission holds its place; of all others the place is free again."""


class State:
    """The service's state and rules; its faults are those of `JsonApi`."""

    def __init__(self, token: str = "rehearsal", workspace: str = "a" * 24, balance_cents: int = 1_000_000) -> None:
        self.token = token
        self.workspace = workspace
        self.balance_cents = balance_cents
        self.currency = "USD"
        self.test_mode = True
        self.testers = {"e" * 24}
        self.faults: list[str] = []
        self.studies: dict[str, Row] = {}
        self.groups: dict[str, Row] = {}
        self.submissions: dict[str, Row] = {}
        self.bulks: dict[str, Row] = {}
        self.refusals: list[str] = []
        self.lock = threading.Lock()

    # What participants do

    def offers(self, participant: str) -> list[str]:
        """The studies that this participant may take a place of."""
        with self.lock:
            return [study for study in self.studies if self._may(study, participant)]

    def take(self, study: str, participant: str) -> tuple[str, str]:
        """Take a place: the session and the address to go to."""
        with self.lock:
            if not self._may(study, participant):
                raise RefusalError(403, "this participant may not take part")
            used = self._used(study)
            open_to = self._open_to(study, participant)
            place = min(open_to, key=lambda each: used[each["external_url"]])
            session = secrets.token_hex(12)
            self.submissions[session] = {
                "id": session, "study_id": study, "participant_id": participant, "status": "ACTIVE",
                "started_at": _now(), "completed_at": None, "entered_code": None, "bonus_payments": [],
                "return_requested": None, "address": place["external_url"],
            }  # fmt: skip
            words = {"PROLIFIC_PID": participant, "STUDY_ID": study, "SESSION_ID": session}
            return session, re.sub(r"\{\{%(\w+)%\}\}", lambda found: words[found[1]], place["external_url"])

    def complete(self, session: str, code: str) -> None:
        """Come back from the page with a completion code."""
        with self.lock:
            row = self.submissions[session]
            if row["status"] not in ("RESERVED", "ACTIVE"):
                return  # a code is taken once
            known = {each["code"]: each["actions"] for each in self.studies[row["study_id"]]["completion_codes"]}
            actions = {each["action"]: each for each in known.get(code, [])}
            status = "APPROVED" if "AUTOMATICALLY_APPROVE" in actions else "AWAITING REVIEW"
            if SCREEN_OUT in actions and self._slots_left(row["study_id"], actions[SCREEN_OUT]):
                status = "SCREENED OUT"
                row["screen_out_payment"] = actions[SCREEN_OUT]["fixed_screen_out_reward"]
            if "REQUEST_RETURN" in actions:
                row["return_requested"] = _now()
            row |= {"status": status, "entered_code": code, "completed_at": _now()}
            if SCREEN_OUT in actions and not self._slots_left(row["study_id"], actions[SCREEN_OUT]):
                self.studies[row["study_id"]]["status"] = "PAUSED"

    def _slots_left(self, study: str, action: Row) -> bool:
        paid = sum(each["status"] == "SCREENED OUT" for each in self._of(study))
        return bool(paid < action["slots"])

    def give_back(self, session: str) -> None:
        """Return a submission, unpaid."""
        with self.lock:
            self.submissions[session]["status"] = "RETURNED"

    def _of(self, study: str) -> list[Row]:
        return [row for row in self.submissions.values() if row["study_id"] == study]

    def _may(self, study: str, participant: str) -> bool:
        row = self.studies[study]
        mine = [each["study_id"] for each in self.submissions.values() if each["participant_id"] == participant]
        most = row.get("submissions_config", {}).get("max_submissions_per_participant", 1)
        if row["status"] != "ACTIVE" or row.get("is_test", False) != (participant in self.testers):
            return False
        if mine.count(study) >= most or self._is_at_work(participant):
            return False
        if not self._open_to(study, participant):
            return False
        for rule in row.get("filters", []):
            values = rule.get("selected_values", [])
            member = any(participant in self.groups[each]["members"] for each in values if each in self.groups)
            if rule["filter_id"] == "participant_group_blocklist" and member:
                return False
            if rule["filter_id"] == "participant_group_allowlist" and not member:
                return False
            if rule["filter_id"] == "previous_studies_blocklist" and set(values) & set(mine):
                return False
        return True

    def _used(self, study: str) -> Counter[str]:
        return Counter(each["address"] for each in self._of(study) if each["status"] in TAKEN)

    def _open_to(self, study: str, participant: str) -> list[Row]:
        """The addresses with room that a participant has not been at."""
        used = self._used(study)
        been = {each["address"] for each in self._of(study) if each["participant_id"] == participant}
        return [
            each
            for each in self.studies[study]["access_details"]
            if used[each["external_url"]] < each["total_allocation"] and each["external_url"] not in been
        ]

    def _is_at_work(self, participant: str) -> bool:
        rows = (row for row in self.submissions.values() if row["participant_id"] == participant)
        return any(row["status"] in ("RESERVED", "ACTIVE") for row in rows)

    # What researchers ask

    def _get(self, rows: dict[str, Row], name: str) -> Row:
        if name not in rows:
            raise RefusalError(404, "not found")
        return rows[name]

    def balance(self, query: Row, body: Any, workspace: str) -> tuple[int, Any]:
        if workspace != self.workspace:
            raise RefusalError(404, "not found")
        return 200, {
            "currency_code": self.currency,
            "total_balance": self.balance_cents,
            "available_balance": self.balance_cents,
        }

    def list_studies(self, query: Row, body: Any) -> tuple[int, Any]:
        return 200, self._page("/studies/", list(self.studies.values()), query)

    def make_study(self, query: Row, body: Any) -> tuple[int, Any]:
        study = check_study(body)
        for rule in study.get("filters", []):
            known = {"participant_group_blocklist": self.groups, "participant_group_allowlist": self.groups}
            known["previous_studies_blocklist"] = self.studies
            if missing := set(rule.get("selected_values", [])) - set(
                known.get(rule["filter_id"], rule["selected_values"])
            ):
                raise RefusalError(400, f"{rule['filter_id']}: {sorted(missing)} do not exist")
        name = secrets.token_hex(12)
        self.studies[name] = {**study, "id": name, "status": "UNPUBLISHED", "date_created": _now()}
        return 201, self.studies[name]

    def get_study(self, query: Row, body: Any, name: str) -> tuple[int, Any]:
        return 200, self._get(self.studies, name)

    def drop_study(self, query: Row, body: Any, name: str) -> tuple[int, Any]:
        if self._get(self.studies, name)["status"] != "UNPUBLISHED":
            raise RefusalError(400, "only drafts can be deleted")
        del self.studies[name]
        return 204, None

    def cost_cents(self, study: Row) -> int:
        """What a study costs with fees."""
        hundredths = int(study["reward"]) * int(study["total_available_places"])
        for code in study["completion_codes"]:
            hundredths += sum(
                row["fixed_screen_out_reward"] * row["slots"] for row in code["actions"] if row["action"] == SCREEN_OUT
            )
        return hundredths * (1000 + FEE_PER_MILLE) // 1000

    def cost(self, query: Row, body: Any, name: str) -> tuple[int, Any]:
        return 200, {"total_cost": self.cost_cents(self._get(self.studies, name))}

    def move_study(self, query: Row, body: Any, name: str) -> tuple[int, Any]:
        study, action = self._get(self.studies, name), check("study transition", body)["action"]
        if action == "PUBLISH":
            self._publish(study)
        elif action == "STOP" and study["status"] in ("ACTIVE", "PAUSED"):
            study["status"] = "AWAITING REVIEW"
        elif action == "PAUSE" and study["status"] == "ACTIVE":
            study["status"] = "PAUSED"
        elif action == "START" and study["status"] == "PAUSED":
            study["status"] = "ACTIVE"
        else:
            raise RefusalError(400, f"a study that is {study['status']} cannot {action}")
        return 200, study

    def _publish(self, study: Row) -> None:
        if study["status"] != "UNPUBLISHED":
            raise RefusalError(400, "only drafts can be published")
        if study["reward"] * 60 < LEAST_CENTS_PER_HOUR * study["estimated_completion_time"]:
            raise RefusalError(400, "the reward is below the minimum per hour")
        if (cost := self.cost_cents(study)) > self.balance_cents:
            raise RefusalError(400, "insufficient funds")
        self.balance_cents -= cost
        study["status"] = "ACTIVE"

    def test_study(self, query: Row, body: Any, name: str) -> tuple[int, Any]:
        check("nothing", body)
        if not self.test_mode:
            raise RefusalError(403, "this feature is not enabled for your workspace")
        draft, test = self._get(self.studies, name), secrets.token_hex(12)
        if draft["status"] != "UNPUBLISHED":
            raise RefusalError(400, "only drafts can be tested")
        self.studies[test] = {
            **draft,
            "id": test,
            "status": "ACTIVE",
            "internal_name": f"test of {name}",
            "is_test": True,
        }
        return 200, {"study_id": test, "study_url": f"https://app.prolific.com/studies/{test}"}

    def list_groups(self, query: Row, body: Any) -> tuple[int, Any]:
        if query.get("workspace_id") != self.workspace:
            raise RefusalError(400, "workspace_id: a filter is required")
        return 200, self._page("/participant-groups/", [_shown(row) for row in self.groups.values()], query)

    def make_group(self, query: Row, body: Any) -> tuple[int, Any]:
        values, name = check("group", body), secrets.token_hex(12)
        members = set(values.get("participant_ids", []))
        self.groups[name] = {"id": name, "name": values["name"], "is_deleted": False, "members": members}
        return 201, _shown(self.groups[name])

    def add_members(self, query: Row, body: Any, name: str) -> tuple[int, Any]:
        group = self._get(self.groups, name)
        group["members"].update(check("members", body)["participant_ids"])
        return 200, {"results": [{"participant_id": each} for each in sorted(group["members"])]}

    def list_submissions(self, query: Row, body: Any) -> tuple[int, Any]:
        if "study" not in query:
            raise RefusalError(400, "study: this field is required")
        self._get(self.studies, query["study"])
        rows = [_shown(row) for row in self._of(query["study"])]
        if query.get("ordering") == "started_at":
            rows.sort(key=lambda row: (row["started_at"], row["id"]))
        else:
            random.shuffle(rows)  # pages of a list without an order overlap
        return 200, self._page("/submissions/", rows, query)

    def _page(self, path: str, rows: list[Row], query: Row) -> Row:
        """One page with a link to the next; past the last one there is none, as tried at the service itself."""
        size, number = int(query.get("page_size", 20)), int(query.get("page", 1))
        if not 1 <= size <= 100:
            raise RefusalError(400, "page_size: from 1 to 100")
        last = max(1, -(-len(rows) // size))
        if not 1 <= number <= last:
            raise RefusalError(404, "Invalid page.")
        following = f"https://api.prolific.com/api/v1{path}?{urlencode({**query, 'page': number + 1})}"
        return {
            "results": rows[(number - 1) * size : number * size],
            "_links": {"next": {"href": following if number < last else None, "title": "Next"}},
            "meta": {"count": len(rows)},
        }

    def get_submission(self, query: Row, body: Any, name: str) -> tuple[int, Any]:
        row = _shown(self._get(self.submissions, name))
        return 200, {**row, "participant": row["participant_id"]}

    def move_submission(self, query: Row, body: Any, name: str) -> tuple[int, Any]:
        row, values = self._get(self.submissions, name), check("submission transition", body)
        reject = values["action"] == "REJECT"
        if reject and len(values.get("message", "")) < LEAST_REJECTION_WORDS:
            raise RefusalError(400, f"message: at least {LEAST_REJECTION_WORDS} characters")
        if reject and "rejection_category" not in values:
            raise RefusalError(400, "rejection_category: this field is required")
        wanted = "REJECTED" if reject else "APPROVED"
        if row["status"] not in ("AWAITING REVIEW", wanted):
            raise RefusalError(400, f"a submission that is {row['status']} cannot {values['action']}")
        row["status"] = wanted
        return 200, _shown(row)

    def ask_return(self, query: Row, body: Any, name: str) -> tuple[int, Any]:
        check("return", body)
        row = self._get(self.submissions, name)
        row["return_requested"] = _now()
        return 200, _shown(row)

    def set_up_bonuses(self, query: Row, body: Any) -> tuple[int, Any]:
        values, payments = check("bonus", body), []
        for line in values["csv_bonuses"].strip().split("\n"):
            name, _, amount = line.partition(",")
            if name not in self.submissions or self.submissions[name]["study_id"] != values["study_id"]:
                raise RefusalError(400, f"{name} did not take part in the study")
            payments.append((name, _cents(amount)))
        bulk = secrets.token_hex(12)
        self.bulks[bulk] = {"id": bulk, "study": values["study_id"], "payments": payments}
        return 201, {"id": bulk, "study": values["study_id"], "total_amount": sum(cents for _, cents in payments)}

    def pay_bonuses(self, query: Row, body: Any, name: str) -> tuple[int, Any]:
        """As the reference warns: sent twice, it pays twice."""
        for session, cents in self._get(self.bulks, name)["payments"]:
            self.submissions[session]["bonus_payments"].append(cents)
            self.balance_cents -= cents
        return 202, {"message": "Bonuses are being paid."}


def _now() -> str:
    return datetime.now(UTC).isoformat()


def _shown(row: Row) -> Row:
    return {name: value for name, value in row.items() if name not in ("members", "address")}


def _cents(amount: str) -> int:
    try:
        cents = Decimal(amount) * 100
    except InvalidOperation:
        raise RefusalError(400, f"{amount!r} is no amount") from None
    if cents != int(cents) or cents <= 0:
        raise RefusalError(400, f"{amount!r} is no amount")
    return int(cents)
