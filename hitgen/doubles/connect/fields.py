"""What Connect's API takes in requests, as the types of a public client have it; anything else is refused.

Source: the unofficial client tlo9/cloudresearch-connect-api of 2024, whose comments repeat the service's reference.
"""

from __future__ import annotations

import re
from typing import Any

from hitgen.doubles.service import Check, checked

DEVICES = {"Desktop", "Tablet", "Mobile"}
COMPLETIONS = {"RedirectUrl", "CompletionCode", "Template"}
STATUSES = {"Unpublished", "Paused", "Live", "Closed", "Completed", "Archived"}
MOVES = {"Unpublished": {"Live", "Archived"}, "Live": {"Paused"}, "Paused": {"Live", "Closed"}}


def text(most: int, least: int = 1) -> Check:
    """A text of so many characters."""
    return lambda value: isinstance(value, str) and least <= len(value) <= most


def whole(least: int) -> Check:
    """A whole number; true and false are none."""
    return lambda value: isinstance(value, int) and not isinstance(value, bool) and value >= least


def money(value: Any) -> bool:
    """Dollars, in cents at the finest."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and value > 0 and round(value, 2) == value


def address(value: Any) -> bool:
    """A web address; without encryption only on this machine."""
    return isinstance(value, str) and re.match(r"https://\S+$|http://127\.0\.0\.1[:/]\S*$", value) is not None


def among(words: set[str]) -> Check:
    """One of some words."""
    return lambda value: isinstance(value, str) and value in words


def some(check: Check, least: int = 0) -> Check:
    """A list of what `check` takes."""
    return lambda value: isinstance(value, list) and len(value) >= least and all(map(check, value))


def shape(required: dict[str, Check], optional: dict[str, Check] | None = None) -> Check:
    """An object with these fields and no others."""
    known = {**required, **(optional or {})}
    return lambda value: (
        isinstance(value, dict)
        and set(required) <= set(value) <= set(known)
        and all(known[name](each) for name, each in value.items())
    )


PERSON = shape({"id": text(100)}, {"message": text(5_000, 0)})
REQUESTS: dict[str, tuple[dict[str, Check], dict[str, Check]]] = {
    "project": (
        {
            "name": text(500),
            "payment": money,
            "estimatedTimeInMinutes": whole(2),
            "participants": whole(1),
            "projectUrl": address,
            "completionSettings": shape({"projectCompletionType": among(COMPLETIONS)}, {"value": text(500)}),
        },
        {
            "internalName": text(500),
            "summary": text(5_000, 0),
            "maxTimeInMinutes": whole(3),
            "deviceRequirements": some(among(DEVICES)),
            "platformTargeting": shape(
                {},
                {
                    "participants": shape(
                        {}, {"excludedParticipants": some(text(100)), "includedParticipants": some(text(100))}
                    ),
                    "projects": shape({}, {"excludedProjects": some(text(100)), "includedProjects": some(text(100))}),
                },
            ),
        },
    ),
    "status": ({"status": among(STATUSES)}, {}),
    "approve": ({"participants": some(PERSON, 1)}, {}),
    "reject": ({"participants": some(shape({"id": text(100), "message": text(5_000)}), 1)}, {}),
    "bonus": ({"bonusPayment": some(shape({"id": text(100), "amount": money}, {"message": text(5_000, 0)}), 1)}, {}),
}


def check(name: str, body: Any) -> dict[str, Any]:
    """The body of a request of this kind; RefusalError where a field is unknown, missing or not what it should be."""
    return checked(*REQUESTS[name], body)
