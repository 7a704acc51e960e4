"""What Connect's API takes in requests, as the types of a public client have it; anything else is refused.

Source: the unofficial client tlo9/cloudresearch-connect-api of 2024, whose comments repeat the service's reference.
"""

from __future__ import annotations

from typing import Any

from hitgen.doubles.fields import Fields, address, among, any_of, checked, shape, some, text, whole

DEVICES = {"Desktop", "Tablet", "Mobile"}
COMPLETIONS = {"RedirectUrl", "CompletionCode", "Template"}
STATUSES = {"Unpublished", "Paused", "Live", "Closed", "Completed", "Archived"}
MOVES = {"Unpublished": {"Live", "Archived"}, "Live": {"Paused"}, "Paused": {"Live", "Closed"}}


def money(value: Any) -> bool:
    """Dollars, in cents at the finest."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and value > 0 and round(value, 2) == value


PERSON = shape({"id": text(100)}, {"message": text(5_000, 0)})
REQUESTS: dict[str, tuple[Fields, Fields]] = {
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
            "deviceRequirements": any_of(among(DEVICES)),
            "platformTargeting": shape(
                {},
                {
                    "participants": shape(
                        {}, {"excludedParticipants": any_of(text(100)), "includedParticipants": any_of(text(100))}
                    ),
                    "projects": shape(
                        {}, {"excludedProjects": any_of(text(100)), "includedProjects": any_of(text(100))}
                    ),
                },
            ),
        },
    ),
    "status": ({"status": among(STATUSES)}, {}),
    "approve": ({"participants": some(PERSON)}, {}),
    "reject": ({"participants": some(shape({"id": text(100), "message": text(5_000)}))}, {}),
    "bonus": ({"bonusPayment": some(shape({"id": text(100), "amount": money}, {"message": text(5_000, 0)}))}, {}),
}


def check(name: str, body: Any) -> dict[str, Any]:
    """The body of a request of this kind; RefusalError where a field is unknown, missing or not what it should be."""
    return checked(*REQUESTS[name], body)
