"""The rehearsal's marketplace is as strict as the service: seen through an unmodified boto3 client."""

from __future__ import annotations

import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError

from hitgen.doubles.mturk.faults import Fault
from hitgen.doubles.mturk.marketplace import Marketplace
from hitgen.doubles.mturk.refusals import RefusalError
from tests.support.marketplace import HIT, hand_in, open_marketplace

Opened = tuple[Marketplace, Any]
HOUR = 3600


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Opened]:
    with open_marketplace(tmp_path / "m.sqlite", funds_usd=Decimal("100.00")) as both:
        yield both


def refused(act: Any, **parameters: Any) -> tuple[str, str]:
    """The service's code and message for a call that must fail."""
    with pytest.raises(ClientError) as caught:
        act(**parameters)
    answer = caught.value.response
    code = answer.get("TurkErrorCode", answer["Error"]["Code"])
    return code.removeprefix("AWS.MechanicalTurk."), answer["Error"]["Message"]


def balance(client: Any) -> str:
    return str(client.get_account_balance()["AvailableBalance"])


LIMITS = [
    ("Title", "x" * 129, "'Title'"),
    ("Title", "\N{GRINNING FACE}" * 65, "'Title'"),
    ("Title", "a\x08b", "XML"),
    ("Description", "é" * 2001, "'Description'"),
    ("Keywords", "k" * 1001, "'Keywords'"),
    ("Reward", "1.234", "pattern"),
    ("Reward", "1.00\n", "pattern"),
    ("Reward", "-1", "pattern"),
    ("AssignmentDurationInSeconds", 29, "30"),
    ("LifetimeInSeconds", 31_536_001, "31536000"),
    ("AutoApprovalDelayInSeconds", 2_592_001, "2592000"),
    ("MaxAssignments", 0, "greater than or equal to 1"),
    ("UniqueRequestToken", "t" * 65, "64"),
    ("RequesterAnnotation", "ü", "ASCII"),
    ("RequesterAnnotation", "x" * 256, "255"),
    ("Question", HIT["Question"] + " " * 65_535, "65535"),
    ("Question", "<ExternalQuestion>", "xml"),
    ("Question", str(HIT["Question"]).replace("https", "http"), "https"),
    ("Question", str(HIT["Question"]).replace("<FrameHeight>0</FrameHeight>", ""), "FrameHeight"),
    ("QualificationRequirements", [{"QualificationTypeId": "00000000000000000060", "Comparator": "Is"}], "enum"),
    ("QualificationRequirements", [{"QualificationTypeId": "X1", "Comparator": "Exists"}], "QualificationType X1"),
    ("QualificationRequirements", [{"QualificationTypeId": "0" * 20, "Comparator": "Exists"}] * 11, "10 items"),
]


@pytest.mark.parametrize(("field", "value", "told"), LIMITS)
def test_what_botocore_lets_through_is_refused(opened: Opened, field: str, value: Any, told: str) -> None:
    market, client = opened
    code, message = refused(client.create_hit, **{**HIT, field: value})
    assert code in ("InvalidParameterValue", "QualificationTypeDoesNotExist")
    assert told in message
    assert market.state.rows("SELECT * FROM hits") == []


def test_at_the_limits_all_is_taken_and_read_back(opened: Opened) -> None:
    _, client = opened
    values = {**HIT, "Title": "\N{GRINNING FACE}" * 64, "Description": "字" * 2000, "Keywords": "ع" * 1000}
    made = client.create_hit(**values, UniqueRequestToken="t" * 64)["HIT"]
    kept = client.get_hit(HITId=made["HITId"])["HIT"]
    assert {key: kept[key] for key in ("Title", "Description", "Keywords", "Question", "Reward")} == {
        key: values[key] for key in ("Title", "Description", "Keywords", "Question", "Reward")
    }
    assert (kept["HITStatus"], kept["NumberOfAssignmentsAvailable"], kept["MaxAssignments"]) == ("Assignable", 2, 2)
    assert abs(kept["CreationTime"].timestamp() - time.time()) < 60


def test_a_token_makes_one_hit_for_24_hours_and_can_make_another_after(opened: Opened) -> None:
    market, client = opened
    made = client.create_hit(**HIT, UniqueRequestToken="once")["HIT"]["HITId"]
    market.clock.move(23 * HOUR)
    code, message = refused(client.create_hit, **HIT, UniqueRequestToken="once")
    assert code == "HitAlreadyExists"
    assert made in message
    market.clock.move(HOUR + 1)
    assert client.create_hit(**HIT, UniqueRequestToken="once")["HIT"]["HITId"] != made


def test_equal_types_are_one_and_every_hit_of_it_carries_its_values(opened: Opened) -> None:
    _, client = opened
    keys = ("Title", "Description", "Reward", "AssignmentDurationInSeconds", "AutoApprovalDelayInSeconds")
    values = {key: HIT[key] for key in keys}
    named = client.create_hit_type(**values)["HITTypeId"]
    assert client.create_hit_type(**values)["HITTypeId"] == named
    assert client.create_hit_type(**{**values, "Reward": "2.00"})["HITTypeId"] != named
    made = client.create_hit_with_hit_type(HITTypeId=named, LifetimeInSeconds=60, Question=HIT["Question"])["HIT"]
    assert (made["Title"], made["HITTypeId"], made["MaxAssignments"]) == ("Flicker", named, 1)
    assert refused(client.create_hit_with_hit_type, HITTypeId="NONE", LifetimeInSeconds=60, Question="")[0] == (
        "HITTypeDoesNotExist"
    )


def test_money_is_held_spent_given_back_and_runs_out(opened: Opened) -> None:
    market, client = opened
    hit_id = client.create_hit(**HIT)["HIT"]["HITId"]
    assert balance(client) == "97.60"
    first, second = hand_in(market, hit_id, "A1"), hand_in(market, hit_id, "A2")
    client.approve_assignment(AssignmentId=first)
    client.reject_assignment(AssignmentId=second, RequesterFeedback="no")
    assert balance(client) == "98.80"
    assert market.state.cents("spent") == 120
    client.send_bonus(WorkerId="A1", AssignmentId=first, BonusAmount="0.50", Reason="b", UniqueRequestToken="b1")
    assert refused(
        client.send_bonus, WorkerId="A1", AssignmentId=first, BonusAmount="0.50", Reason="b", UniqueRequestToken="b1"
    )[0] == ("DuplicateRequest")
    assert (balance(client), len(client.list_bonus_payments(AssignmentId=first)["BonusPayments"])) == ("98.20", 1)
    assert refused(client.create_hit, **{**HIT, "MaxAssignments": 82})[0] == "InsufficientFunds"
    large = client.create_hit(**{**HIT, "MaxAssignments": 10})["HIT"]["HITId"]
    assert balance(client) == "84.20"
    client.update_expiration_for_hit(HITId=large, ExpireAt=datetime(2020, 1, 1, tzinfo=UTC))
    assert balance(client) == "98.20"


def test_states_of_hits_and_assignments(opened: Opened) -> None:
    market, client = opened
    hit_id = client.create_hit(**HIT)["HIT"]["HITId"]

    def status() -> str:
        return str(client.get_hit(HITId=hit_id)["HIT"]["HITStatus"])

    first = market.workers.accept(hit_id, "A1")
    assert status() == "Assignable"
    second = market.workers.accept(hit_id, "A2")
    assert status() == "Unassignable"
    with pytest.raises(RefusalError, match="no places left"):
        market.workers.accept(hit_id, "A3")
    assert refused(client.approve_assignment, AssignmentId=first)[0] == "AssignmentDoesNotExist"
    market.workers.give_back(second)
    assert status() == "Assignable"
    market.workers.hand_in(first, [("submission", "<&>")])
    with pytest.raises(RefusalError, match="accepted this HIT before"):
        market.workers.accept(hit_id, "A1")
    assert refused(client.delete_hit, HITId=hit_id)[0] == "InvalidHITState"
    client.update_expiration_for_hit(HITId=hit_id, ExpireAt=datetime(2020, 1, 1, tzinfo=UTC))
    assert status() == "Reviewable"
    assert refused(client.delete_hit, HITId=hit_id)[0] == "InvalidHITState"
    client.approve_assignment(AssignmentId=first)
    assert refused(client.reject_assignment, AssignmentId=first, RequesterFeedback="x")[0] == "InvalidAssignmentState"
    client.delete_hit(HITId=hit_id)
    assert status() == "Disposed"
    assert client.list_hits()["HITs"] == []
    assert refused(client.get_hit, HITId="NONE")[0] == "HITDoesNotExist"


def test_time_abandons_approves_expires_and_disposes(opened: Opened) -> None:
    market, client = opened
    hit_id = client.create_hit(**HIT)["HIT"]["HITId"]
    late = market.workers.accept(hit_id, "A1")
    done = hand_in(market, hit_id, "A2", submission="x")
    market.clock.move(601)
    with pytest.raises(RefusalError, match="out of time"):
        market.workers.hand_in(late, [("a", "b")])
    assert client.get_hit(HITId=hit_id)["HIT"]["NumberOfAssignmentsAvailable"] == 1
    market.clock.move(HOUR)
    assert client.get_hit(HITId=hit_id)["HIT"]["HITStatus"] == "Reviewable"
    assert market.workers.offers("A3") == []
    market.clock.move(HOUR)
    assert client.get_assignment(AssignmentId=done)["Assignment"]["AssignmentStatus"] == "Approved"
    assert balance(client) == "98.80"
    client.update_expiration_for_hit(HITId=hit_id, ExpireAt=datetime.now(UTC) + timedelta(days=9))
    assert [offer.hit_id for offer in market.workers.offers("A3")] == [hit_id]
    market.clock.move(130 * 24 * HOUR)
    assert client.get_hit(HITId=hit_id)["HIT"]["HITStatus"] == "Disposed"


def test_a_rejection_can_be_overridden_for_30_days(opened: Opened) -> None:
    market, client = opened
    hit_id = client.create_hit(**{**HIT, "MaxAssignments": 9})["HIT"]["HITId"]
    named = hand_in(market, hit_id, "A1")
    client.reject_assignment(AssignmentId=named, RequesterFeedback="no")
    assert refused(client.approve_assignment, AssignmentId=named)[0] == "InvalidAssignmentState"
    client.approve_assignment(AssignmentId=named, OverrideRejection=True)


def test_listings_come_in_pages(opened: Opened) -> None:
    market, client = opened
    made = [client.create_hit(**{**HIT, "Reward": "0.01"})["HIT"]["HITId"] for _ in range(7)]
    pages = [page["HITs"] for page in client.get_paginator("list_hits").paginate(PaginationConfig={"PageSize": 3})]
    assert [len(page) for page in pages] == [3, 3, 1]
    assert [hit["HITId"] for page in pages for hit in page] == made[::-1]
    assert refused(client.list_hits, NextToken="other")[0] == "InvalidParameterValue"
    assert refused(client.list_hits, MaxResults=101)[0] == "InvalidParameterValue"
    market.requester.listing_lag_s = 600
    assert client.list_hits()["HITs"] == []


def test_qualifications_decide_who_sees_what(opened: Opened) -> None:
    market, client = opened
    made = {"Name": "Seen it", "Description": "d", "QualificationTypeStatus": "Active"}
    named = client.create_qualification_type(**made)["QualificationType"]["QualificationTypeId"]
    assert refused(client.create_qualification_type, **made)[0] == "QualificationTypeAlreadyExists"
    rule = {"QualificationTypeId": named, "Comparator": "DoesNotExist", "ActionsGuarded": "DiscoverPreviewAndAccept"}
    hit_id = client.create_hit(**HIT, QualificationRequirements=[rule])["HIT"]["HITId"]
    client.associate_qualification_with_worker(QualificationTypeId=named, WorkerId="A1", SendNotification=False)
    assert market.state.rows("SELECT * FROM mails") == []
    assert (market.workers.offers("A1"), len(market.workers.offers("A2"))) == ([], 1)
    with pytest.raises(RefusalError, match="do not have the Qualifications"):
        market.workers.accept(hit_id, "A1")
    client.delete_qualification_type(QualificationTypeId=named)
    found = client.list_qualification_types(Query="Seen", MustBeRequestable=False)["QualificationTypes"]
    assert found == []
    assert refused(client.create_qualification_type, **made)[0] == "QualificationTypeAlreadyExists"
    market.clock.move(49 * HOUR)
    client.create_qualification_type(**made)


def test_mails_go_only_to_workers_whose_work_was_judged(opened: Opened) -> None:
    market, client = opened
    hit_id = client.create_hit(**HIT)["HIT"]["HITId"]
    client.approve_assignment(AssignmentId=hand_in(market, hit_id, "A1"))
    answer = client.notify_workers(Subject="s", MessageText="t", WorkerIds=["A1", "A2"])
    assert [row["WorkerId"] for row in answer["NotifyWorkersFailureStatuses"]] == ["A2"]
    assert [row["worker"] for row in market.state.rows("SELECT * FROM mails")] == ["A1"]
    assert refused(client.notify_workers, Subject="s" * 201, MessageText="t", WorkerIds=["A1"])[0] == (
        "InvalidParameterValue"
    )


FAULTS: list[tuple[Fault, type[Exception], int]] = [
    ("throttled", ClientError, 0),
    ("failed", ClientError, 0),
    ("failed_late", ClientError, 1),
    ("lost", ConnectionClosedError, 1),
    ("lost_early", ConnectionClosedError, 0),
]


@pytest.mark.parametrize(("fault", "error", "made"), FAULTS)
def test_faults_on_demand(opened: Opened, fault: Fault, error: type[Exception], made: int) -> None:
    market, client = opened
    market.faults.once("CreateHIT", fault)
    assert client.get_account_balance()
    with pytest.raises(error):
        client.create_hit(**HIT)
    assert len(client.list_hits()["HITs"]) == made


def test_a_slow_answer_comes_and_a_rate_is_held(opened: Opened) -> None:
    market, client = opened
    market.faults.slow_s = 0.4
    market.faults.once("*", "slow")
    began = time.monotonic()
    client.get_account_balance()
    assert time.monotonic() - began >= 0.4
    market.faults.per_s = 0.001
    client.get_account_balance()
    assert refused(client.get_account_balance)[0] == "ThrottlingException"
    market.clock.move(1001)
    client.get_account_balance()


def test_the_state_survives_and_unsigned_calls_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "m.sqlite"
    with open_marketplace(path) as (market, client):
        made = client.create_hit(**HIT)["HIT"]["HITId"]
        request = urllib.request.Request(
            f"{market.endpoint_url}/",
            data=b"{}",
            headers={"X-Amz-Target": "MTurkRequesterServiceV20170117.GetAccountBalance"},
        )
        with pytest.raises(urllib.error.HTTPError, match="403"):
            urllib.request.urlopen(request)
    with open_marketplace(path) as (_, client):
        assert client.get_hit(HITId=made)["HIT"]["HITStatus"] == "Assignable"
        assert balance(client) == "9997.60"
