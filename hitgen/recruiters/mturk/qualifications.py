"""Qualifications by name: the service's own, the requester's, and those that hitgen makes and keeps."""

from __future__ import annotations

from typing import Any

from hitgen.errors import InputError, in_config
from hitgen.ledger.notebook import Notebook
from hitgen.ledger.rows import Order
from hitgen.recruiters.base import RefusedError
from hitgen.recruiters.mturk.client import MTurkClient, turk_code
from hitgen.recruiters.mturk.config import MTurkRecruiter, Requirement

BUILT_IN = {
    "approved_hits": "00000000000000000040",
    "adult": "00000000000000000060",
    "locale": "00000000000000000071",
    "approval_percent": "000000000000000000L0",
}
MASTERS = {"production": "2F1QJWKUDD8XADTFD2Q0G6UTO95ALH", "sandbox": "2ARFPLSP75KLA8M8DH1HTEQVJT3SY6"}
MAX_NAMES = 20
NOTES = "qualification"
HIDDEN = "DiscoverPreviewAndAccept"
"""Workers who cannot take a HIT do not see it either."""


def condition(requirement: Requirement) -> dict[str, Any]:
    """Comparator and values of a requirement, in the service's words."""
    for name, comparator in (
        ("at_least", "GreaterThanOrEqualTo"),
        ("at_most", "LessThanOrEqualTo"),
        ("equals", "EqualTo"),
    ):
        if (value := getattr(requirement, name)) is not None:
            return {"Comparator": comparator, "IntegerValues": [value]}
    if requirement.granted is not None:
        return {"Comparator": "Exists" if requirement.granted else "DoesNotExist"}
    named = [locale.split("-") for locale in requirement.among or requirement.not_among]
    locales = [{"Country": locale[0], **({"Subdivision": locale[1]} if locale[1:] else {})} for locale in named]
    return {"Comparator": "In" if requirement.among else "NotIn", "LocaleValues": locales}


class Qualifications:
    """The qualification types of one batch; ids are kept, and found again by name where they were lost."""

    def __init__(self, client: MTurkClient, config: MTurkRecruiter, batch: str, book: Notebook) -> None:
        self._client = client
        self._config = config
        self._batch = batch
        self._book = book

    def excluded(self) -> str:
        """Shuts a worker out of every batch that names it."""
        return self._own(self._config.excluded, "Not invited to further studies of this requester.")

    def admitted(self) -> str:
        """Lets a worker into this batch's study pages."""
        return self._own(f"hitgen-admitted-{self._batch}", "Passed the qualification of this study.")

    def taken_part(self) -> str:
        """Held by everyone who handed in a page of this batch."""
        return self._own(f"hitgen-done-{self._batch}", "Took part in this study.")

    def unseen(self, group: str) -> str:
        """Held by everyone who met this group of trials."""
        return self._own(f"{self._seen_prefix}{group}", "Has already seen these pictures.")

    @property
    def _seen_prefix(self) -> str:
        return f"hitgen-seen-{self._batch}-"

    def requirements(self, order: Order) -> list[dict[str, Any]]:
        """What an order demands of workers, as the service's requirements; at most 10."""
        rows: list[dict[str, Any]] = [
            {
                "QualificationTypeId": self._named(row.qualification),
                **condition(row),
                "ActionsGuarded": "Accept",
            }
            for row in self._config.require
        ]
        if self._config.masters:
            masters = MASTERS["production" if self._client.environment == "production" else "sandbox"]
            rows.append({"QualificationTypeId": masters, "Comparator": "Exists", "ActionsGuarded": "Accept"})
        if order.needs_admission:
            admitted = {"QualificationTypeId": self.admitted(), "Comparator": "Exists"}
            rows.append({**admitted, "ActionsGuarded": HIDDEN})
        for named in (self.excluded(), *(self.unseen(group) for group in order.unseen)):
            rows.append({"QualificationTypeId": named, "Comparator": "DoesNotExist", "ActionsGuarded": HIDDEN})
        return rows

    def grant(self, qualification: str, worker: str) -> None:
        """Give a worker a qualification with value 1, without a mail; giving it twice changes nothing."""
        self._client.call(
            "associate_qualification_with_worker",
            QualificationTypeId=qualification,
            WorkerId=worker,
            IntegerValue=1,
            SendNotification=False,
        )

    def clear(self) -> None:
        """Delete the types that keep workers from repeating trials of this batch."""
        for name, known in self._book.notes(NOTES).items():
            if not name.startswith(self._seen_prefix):
                continue
            if named := known or self._find(name):
                self._delete(named)
            self._book.drop(NOTES, name)

    def _delete(self, named: str) -> None:
        """Delete a type; gone already, perhaps by a call whose answer was lost, is as good."""
        try:
            self._client.call("delete_qualification_type", QualificationTypeId=named)
        except RefusedError as error:
            if turk_code(error) != "qualificationtypedoesnotexist":
                raise

    def _named(self, name: str) -> str:
        """The id of a built-in or existing qualification."""
        if name in BUILT_IN:
            return BUILT_IN[name]
        found = self._book.noted(NOTES, name) or None
        if found is None:
            found = self._find(name)
            if found is None:
                problem = f"this account has no qualification named {name!r}"
                known = ", ".join(BUILT_IN)
                raise InputError(in_config("recruiter.require", problem, f"one of {known}, or one of your own"))
            self._book.note(NOTES, name, found)
        return found

    def _own(self, name: str, description: str) -> str:
        """The id of a type that hitgen owns, made at the first use."""
        if known := self._book.noted(NOTES, name):
            return known
        self._book.note(NOTES, name, "")
        made = self._make(name, description)
        self._book.note(NOTES, name, made)
        return made

    def _make(self, name: str, description: str) -> str:
        """The id of the type of this name, made now or before.

        The name is the token: whoever comes second is told so, and finds the type by its name. A deleted type is not
        found, yet keeps its name for up to 48 hours, so that another publication of the batch takes the next one.
        """
        for number in range(1, MAX_NAMES + 1):
            free = name if number == 1 else f"{name}-{number}"
            try:
                made = self._client.call(
                    "create_qualification_type", Name=free, Description=description, QualificationTypeStatus="Active"
                )
                return str(made["QualificationType"]["QualificationTypeId"])
            except RefusedError as error:
                if turk_code(error) != "qualificationtypealreadyexists":
                    raise
                if found := self._find(free):
                    return found
        problem = f"the account has had {MAX_NAMES} qualifications named {name!r} in two days"
        raise InputError(in_config("batch.name", problem, "another name, or again after two days"))

    def _find(self, name: str) -> str | None:
        rows = self._client.pages(
            "list_qualification_types",
            "QualificationTypes",
            Query=name,
            MustBeRequestable=False,
            MustBeOwnedByCaller=True,
        )
        return next((row["QualificationTypeId"] for row in rows if row["Name"] == name), None)
