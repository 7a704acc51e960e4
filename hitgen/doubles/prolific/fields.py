"""What Prolific's API takes in requests, as its published reference words it; anything else is refused.

Source: docs.prolific.com/api-reference (studies, submissions, bonuses, participant groups) and the service's own
command line client. The OpenAPI file itself could not be had, so this was written down by hand.
"""

from __future__ import annotations

import re
from typing import Any

from hitgen.doubles.fields import Check, Fields, address, among, any_of, checked, shape, some, text, whole
from hitgen.doubles.service import RefusalError

ID = re.compile(r"[0-9a-f]{24}")
DEVICES = {"desktop", "tablet", "mobile"}
ID_OPTIONS = {"question", "url_parameters", "not_required"}
CODE_TYPES = {
    *("COMPLETED", "FAILED_ATTENTION_CHECK", "NO_CONSENT", "INCOMPATIBLE_DEVICE", "SCREENED_OUT"),
    *("FOLLOW_UP_STUDY", "GIVE_BONUS", "OTHER"),
}
ACTIONS = {"AUTOMATICALLY_APPROVE", "MANUALLY_REVIEW", "ADD_TO_PARTICIPANT_GROUP"}
SCREEN_OUT = "FIXED_SCREEN_OUT_PAYMENT"
REJECTIONS = {
    *("TOO_QUICKLY", "TOO_SLOWLY", "FAILED_INSTRUCTIONS", "INCOMP_LONGITUDINAL", "FAILED_CHECK", "LOW_EFFORT"),
    *("MALINGERING", "NO_CODE", "BAD_CODE", "NO_DATA", "UNSUPP_DEVICE", "OTHER"),
}
LEAST_REJECTION_WORDS = 100


def identifier(value: Any) -> bool:
    """An id as Prolific makes them."""
    return isinstance(value, str) and ID.fullmatch(value) is not None


def either(*checks: Check) -> Check:
    """What one of these takes."""
    return lambda value: any(check(value) for check in checks)


FILTER = shape(
    {"filter_id": text(200)},
    {"selected_values": some(text(200)), "selected_range": lambda value: isinstance(value, dict)},
)
CODE = shape(
    {
        "code": text(100),
        "code_type": among(CODE_TYPES),
        "actions": some(
            either(
                shape({"action": among(ACTIONS)}, {"participant_group": identifier}),
                shape({"action": among({"REQUEST_RETURN"}), "return_reason": text()}),
                shape({"action": among({SCREEN_OUT}), "fixed_screen_out_reward": whole(1), "slots": whole(1)}),
            )
        ),
    }
)
REQUESTS: dict[str, tuple[Fields, Fields]] = {
    "study": (
        {
            "name": text(120),
            "description": text(),
            "prolific_id_option": among(ID_OPTIONS),
            "completion_codes": some(CODE),
            "total_available_places": whole(1),
            "estimated_completion_time": whole(1),
            "reward": whole(1),
            "device_compatibility": some(among(DEVICES)),
        },
        {
            "internal_name": text(200),
            "access_details": some(shape({"external_url": address, "total_allocation": whole(1)})),
            "external_study_url": address,
            "maximum_allowed_time": whole(2),
            "filters": any_of(FILTER),
            "submissions_config": shape(
                {"max_submissions_per_participant": whole(1)}, {"max_concurrent_submissions": whole(1)}
            ),
            "project": identifier,
        },
    ),
    "study transition": ({"action": among({"PUBLISH", "PAUSE", "START", "STOP"})}, {}),
    "group": ({"name": text(200), "workspace_id": identifier}, {"participant_ids": any_of(identifier)}),
    "members": ({"participant_ids": some(identifier)}, {}),
    "submission transition": (
        {"action": among({"APPROVE", "REJECT"})},
        {"message": text(), "rejection_category": among(REJECTIONS)},
    ),
    "return": ({"request_return_reasons": some(text())}, {}),
    "bonus": ({"study_id": identifier, "csv_bonuses": text(100_000)}, {}),
    "nothing": ({}, {}),
}


def check(name: str, body: Any) -> dict[str, Any]:
    """The body of a request of this kind; RefusalError where a field is unknown, missing or not what it should be."""
    return checked(*REQUESTS[name], body)


def check_study(body: Any) -> dict[str, Any]:
    """A study's fields, with what must agree between them."""
    study = check("study", body)
    details = study.get("access_details")
    if bool(details) == bool(study.get("external_study_url")):
        raise RefusalError(400, "exactly one of access_details and external_study_url must be given")
    if details and sum(row["total_allocation"] for row in details) != study["total_available_places"]:
        raise RefusalError(400, "the sum of all access_details must add to total_available_places")
    codes = [row["code"] for row in study["completion_codes"]]
    if len(set(codes)) != len(codes):
        raise RefusalError(400, "completion codes must be unique within a study")
    for code in study["completion_codes"]:
        actions = {row["action"] for row in code["actions"]}
        if {"AUTOMATICALLY_APPROVE", "MANUALLY_REVIEW"} <= actions:
            raise RefusalError(400, "AUTOMATICALLY_APPROVE and MANUALLY_REVIEW cannot be used together")
    screens = [row for code in study["completion_codes"] for row in code["actions"] if row["action"] == SCREEN_OUT]
    if len(screens) > 1 or any(row["fixed_screen_out_reward"] >= study["reward"] for row in screens):
        raise RefusalError(400, "one code may pay a screen-out, less than the reward")
    if study.get("maximum_allowed_time", 1_000_000) <= study["estimated_completion_time"]:
        raise RefusalError(400, "maximum_allowed_time must be above estimated_completion_time")
    return study
