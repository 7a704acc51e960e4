"""The MTurk recruiter through an unmodified boto3, against a server that answers from a script."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import NoCredentialsError
from botocore.stub import Stubber

from hitgen.errors import InputError, OutsideError
from hitgen.ledger.rows import Bonus, Order
from hitgen.recruiters.base import RefusedError, UnknownOutcomeError
from hitgen.recruiters.mturk.client import PRODUCTION, SANDBOX, MTurkClient, choose_endpoint
from hitgen.recruiters.mturk.config import MTurkRecruiter, Requirement
from hitgen.recruiters.mturk.mturk import MTurk
from hitgen.recruiters.mturk.pacer import Pacer
from tests.support.notebooks import notebook
from tests.support.scripted_mturk import Script, scripted

ORDER = Order("p0001.1", "p0001", "study", "https://e.org/a.html?x=1&y=2", 9, Decimal("1.20"), "hitgen 1 demo p0001.1")
NOW = 1_780_000_000


def config(**values: Any) -> MTurkRecruiter:
    return MTurkRecruiter.model_validate({"kind": "mturk", **values})


def hit(annotation: str = ORDER.annotation, hit_id: str = "HIT0000000000000001", **values: Any) -> dict[str, Any]:
    question = f"<ExternalQuestion><ExternalURL>{ORDER.url.replace('&', '&amp;')}</ExternalURL></ExternalQuestion>"
    return {
        "HITId": hit_id,
        "HITStatus": "Assignable",
        "RequesterAnnotation": annotation,
        "Question": question,
        "Reward": "1.20",
        "MaxAssignments": 9,
        "NumberOfAssignmentsAvailable": 6,
        "NumberOfAssignmentsPending": 1,
        "NumberOfAssignmentsCompleted": 0,
        "CreationTime": NOW,
        "Expiration": NOW + 604_800,
        **values,
    }


class Bench:
    """A recruiter, the script it talks to and the seconds it would have slept."""

    def __init__(self, address: str, script: Script, **values: Any) -> None:
        self.script, self.book, self.slept = script, notebook(), list[float]()
        self._config = config(endpoint_url=address, **values)
        pacer = Pacer(rate_per_s=100, sleep=self.slept.append)
        self.client = MTurkClient(self._config, pacer=pacer)
        self.recruiter = MTurk(self._config, "demo", self.book, client=self.client)

    def ready(self) -> Bench:
        """With a HIT type and qualifications that were made before."""
        self.script.says("CreateQualificationType", {"QualificationType": {"QualificationTypeId": "QEXCLUDED"}})
        self.script.says("CreateHITType", {"HITTypeId": "TYPE1"})
        self.recruiter.prepare([ORDER])
        self.script.requests.clear()
        return self

    @property
    def operations(self) -> list[str]:
        return [operation for operation, _ in self.script.requests]


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")


@pytest.fixture
def bench(keys: None) -> Iterator[Bench]:
    with scripted() as (address, script):
        made = Bench(address, script)
        yield made
        made.client.close()
        assert script.faults == []
        assert script.answers == []


def test_a_hit_is_created_as_ordered(bench: Bench) -> None:
    bench.ready().script.says("CreateHITWithHITType", {"HIT": hit()})
    made = bench.recruiter.create(ORDER, "token1")
    assert (made.url, made.reward_usd, made.submitted) == (ORDER.url, Decimal("1.20"), 2)
    assert made.created_at == datetime.fromtimestamp(NOW, UTC)
    sent = bench.script.requests[0][1]
    assert sent["Question"] == (
        '<ExternalQuestion xmlns="http://mechanicalturk.amazonaws.com/AWSMechanicalTurkDataSchemas/2006-07-14/'
        'ExternalQuestion.xsd"><ExternalURL>https://e.org/a.html?x=1&amp;y=2</ExternalURL>'
        "<FrameHeight>0</FrameHeight></ExternalQuestion>"
    )
    assert (sent["UniqueRequestToken"], sent["MaxAssignments"], sent["HITTypeId"]) == ("token1", 9, "TYPE1")
    assert sent["RequesterAnnotation"] == ORDER.annotation


def test_a_lost_reply_is_asked_for_again_with_the_same_token(bench: Bench) -> None:
    script = bench.ready().script
    script.says("CreateHITWithHITType", status="lost")
    script.refuses("CreateHITWithHITType", "HitAlreadyExists", 'HIT "HIT0000000000000001" exists already')
    script.says("GetHIT", {"HIT": hit()})
    assert bench.recruiter.create(ORDER, "token1").hit_id == "HIT0000000000000001"
    assert [body["UniqueRequestToken"] for _, body in script.requests[:2]] == ["token1", "token1"]


def test_an_existing_hit_of_another_annotation_is_not_taken_for_ours(bench: Bench) -> None:
    script = bench.ready().script
    script.refuses("CreateHITWithHITType", "HitAlreadyExists", "HIT0000000000000009")
    script.says("GetHIT", {"HIT": hit("somebody else")})
    script.says("ListHITs", {"HITs": [hit("other", "HIT0000000000000008")], "NextToken": "N"})
    script.says("ListHITs", {"HITs": [hit()]})
    assert bench.recruiter.create(ORDER, "token1").hit_id == "HIT0000000000000001"
    script.refuses("CreateHITWithHITType", "HitAlreadyExists", "no id here")
    script.says("ListHITs", {"HITs": []})
    with pytest.raises(OutsideError, match="0 HITs carry the annotation"):
        bench.recruiter.create(ORDER, "token1")


def test_throttling_and_server_faults_are_retried_with_one_token(bench: Bench) -> None:
    script = bench.ready().script
    for _ in range(20):
        script.says("CreateHITWithHITType", {"__type": "ThrottlingException", "message": "Rate exceeded"}, 400)
    script.says("CreateHITWithHITType", {"__type": "ServiceFault", "Message": "oops"}, 500)
    script.says("CreateHITWithHITType", {"Message": "bad gateway"}, 502)
    script.says("CreateHITWithHITType", {"HIT": hit()})
    assert bench.recruiter.create(ORDER, "token1").hit_id == "HIT0000000000000001"
    assert {body["UniqueRequestToken"] for _, body in script.requests} == {"token1"}
    assert len(script.requests) == 23


def test_what_is_throttled_for_ever_comes_to_an_end(bench: Bench) -> None:
    script = bench.ready().script
    for _ in range(59):
        script.says("CreateHITWithHITType", {"__type": "ThrottlingException", "message": "Rate exceeded"}, 400)
    script.says("CreateHITWithHITType", {"HIT": hit()})
    bench.recruiter.create(ORDER, "token1")
    for _ in range(60):
        script.says("CreateHITWithHITType", {"__type": "ThrottlingException", "message": "Rate exceeded"}, 400)
    script.says("CreateHITWithHITType", {"HIT": hit()})
    with pytest.raises(RefusedError, match="still throttled; run it again later") as told:
        bench.recruiter.create(ORDER, "token2")
    assert told.value.in_doubt is False
    bench.recruiter.create(ORDER, "token2")


def test_a_refusal_after_a_lost_reply_is_in_doubt(bench: Bench) -> None:
    script = bench.ready().script
    script.refuses("CreateHITWithHITType", "InsufficientFunds", "no money")
    with pytest.raises(RefusedError, match="no money") as told:
        bench.recruiter.create(ORDER, "token1")
    assert told.value.in_doubt is False
    script.says("CreateHITWithHITType", status="lost")
    script.refuses("CreateHITWithHITType", "InsufficientFunds", "no money")
    with pytest.raises(RefusedError) as told:
        bench.recruiter.create(ORDER, "token1")
    assert told.value.in_doubt is True


def test_no_answer_at_all_ends_as_unknown(bench: Bench) -> None:
    for _ in range(8):
        bench.ready() if not bench.book.notes("qualification") else None
        bench.script.says("CreateHITWithHITType", {"__type": "ServiceFault", "Message": "oops"}, 500)
    with pytest.raises(UnknownOutcomeError, match="oops"):
        bench.recruiter.create(ORDER, "token1")


def test_a_mail_is_not_sent_again_after_a_lost_reply(bench: Bench) -> None:
    bench.script.says("NotifyWorkers", status="lost")
    with pytest.raises(UnknownOutcomeError):
        bench.recruiter.notify(["A1"], "Thanks", "Thank you")
    assert bench.operations == ["NotifyWorkers"]


def test_the_loser_of_a_judgement_reports_what_is_true(bench: Bench) -> None:
    row = {"AssignmentId": "ASG1", "AssignmentStatus": "Approved"}
    bench.script.refuses("RejectAssignment", "InvalidAssignmentState")
    bench.script.says("GetAssignment", {"Assignment": row})
    assert bench.recruiter.reject("ASG1", "no") == "Approved"
    bench.script.says("ApproveAssignment")
    assert bench.recruiter.approve("ASG1") == "Approved"
    assert "RequesterFeedback" not in bench.script.requests[-1][1]


def test_a_bonus_with_a_spent_token_is_found_in_the_list_of_payments(bench: Bench) -> None:
    bonus = Bonus("ASG1", "A1", Decimal("0.50"), "thanks")
    row = {
        "AssignmentId": "ASG1",
        "WorkerId": "A1",
        "BonusAmount": "0.50",
        "Reason": "thanks",
        "GrantTime": NOW,
    }
    bench.script.says("SendBonus")
    bench.recruiter.bonus(bonus, "t1")
    bench.script.refuses("SendBonus", "DuplicateRequest")
    bench.script.says("ListBonusPayments", {"BonusPayments": [row]})
    bench.recruiter.bonus(bonus, "t1")
    bench.script.refuses("SendBonus", "InsufficientFunds", "no money")
    bench.script.says("ListBonusPayments", {"BonusPayments": []})
    with pytest.raises(RefusedError, match="no money"):
        bench.recruiter.bonus(bonus, "t2")


def test_submissions_come_complete_over_all_pages(bench: Bench) -> None:
    def row(number: int) -> dict[str, Any]:
        times = {"AcceptTime": NOW, "SubmitTime": NOW + 60, "AutoApprovalTime": NOW + 600}
        return {
            "AssignmentId": f"ASG{number}",
            "HITId": "HIT1",
            "WorkerId": f"A{number}",
            "AssignmentStatus": "Submitted",
            "Answer": "<QuestionFormAnswers/>",
            **times,
        }

    bench.script.says("ListAssignmentsForHIT", {"Assignments": [row(1), row(2)], "NextToken": "more"})
    bench.script.says("ListAssignmentsForHIT", {"Assignments": [row(3)]})
    found = list(bench.recruiter.submissions("HIT1"))
    assert [submission.worker for submission in found] == ["A1", "A2", "A3"]
    assert found[0].submitted_at - found[0].accepted_at == timedelta(minutes=1)


def test_many_hits_are_read_from_the_listing(bench: Bench) -> None:
    ids = [f"HIT{number:016d}" for number in range(30)]
    bench.script.says("ListHITs", {"HITs": [hit("a", name) for name in [*ids, "OTHER"]]})
    assert [found.hit_id for found in bench.recruiter.progress(ids)] == ids
    bench.script.says("GetHIT", {"HIT": hit()}).refuses("GetHIT", "HITDoesNotExist")
    assert len(list(bench.recruiter.progress(ids[:2]))) == 1


def test_expiring_and_deleting_what_is_gone_is_no_failure(bench: Bench) -> None:
    bench.script.refuses("UpdateExpirationForHIT", "HITDoesNotExist").refuses("DeleteHIT", "HITDoesNotExist")
    bench.recruiter.expire("HIT1", datetime.now(UTC))
    bench.recruiter.delete("HIT1")
    assert bench.script.requests[0][1]["ExpireAt"] < time.time() - 80_000
    bench.script.refuses("DeleteHIT", "InvalidHITState", "not reviewable")
    with pytest.raises(RefusedError, match="not reviewable"):
        bench.recruiter.delete("HIT1")


def test_requirements_by_name_and_own_qualifications_kept(keys: None) -> None:
    require = [
        {"qualification": "approval_percent", "at_least": 98},
        {"qualification": "locale", "among": ["DE", "US-NY"]},
        {"qualification": "pilot", "granted": False},
    ]
    with scripted() as (address, script):
        bench = Bench(address, script, require=require, masters=True)
        listed = [
            {"Name": "pilot study", "QualificationTypeId": "QX"},
            {"Name": "pilot", "QualificationTypeId": "QP"},
        ]
        for made in ("QEXCLUDED",):
            script.says("CreateQualificationType", {"QualificationType": {"QualificationTypeId": made}})
        script.says("ListQualificationTypes", {"QualificationTypes": listed})
        script.says("CreateQualificationType", {"QualificationType": {"QualificationTypeId": "QADMITTED"}})
        script.refuses("CreateQualificationType", "QualificationTypeAlreadyExists")
        seen = {"Name": "hitgen-seen-demo-abc", "QualificationTypeId": "QSEEN"}
        script.says("ListQualificationTypes", {"QualificationTypes": [seen]})
        script.says("CreateHITType", {"HITTypeId": "TYPE1"})
        order = Order(**{**vars(ORDER), "unseen": ("abc",), "needs_admission": True})
        bench.recruiter.prepare([order, order])
        sent = script.requests[-1][1]["QualificationRequirements"]
        assert [(row["QualificationTypeId"], row["Comparator"]) for row in sent] == [
            ("000000000000000000L0", "GreaterThanOrEqualTo"),
            ("00000000000000000071", "In"),
            ("QP", "DoesNotExist"),
            ("2ARFPLSP75KLA8M8DH1HTEQVJT3SY6", "Exists"),
            ("QADMITTED", "Exists"),
            ("QEXCLUDED", "DoesNotExist"),
            ("QSEEN", "DoesNotExist"),
        ]
        assert sent[1]["LocaleValues"] == [{"Country": "DE"}, {"Country": "US", "Subdivision": "NY"}]
        script.says("AssociateQualificationWithWorker")
        bench.recruiter.exclude("A1", "abc")
        assert script.requests[-1][1] == {
            "QualificationTypeId": "QSEEN",
            "WorkerId": "A1",
            "IntegerValue": 1,
            "SendNotification": False,
        }
        script.says("DeleteQualificationType")
        bench.recruiter.clear()
        assert not [name for name in bench.book.notes("qualification") if "seen" in name]
        assert (script.faults, script.answers) == ([], [])
        bench.client.close()


def test_a_qualification_that_does_not_exist_is_named(keys: None) -> None:
    with scripted() as (address, script):
        bench = Bench(address, script, require=[{"qualification": "pilto", "granted": True}])
        script.says("CreateQualificationType", {"QualificationType": {"QualificationTypeId": "Q"}})
        script.says("ListQualificationTypes", {"QualificationTypes": []})
        with pytest.raises(InputError, match="no qualification named 'pilto'; try one of approved_hits"):
            bench.recruiter.prepare([ORDER])
        bench.client.close()


@pytest.mark.parametrize(
    ("body", "status", "told"),
    [
        (
            {"__type": "UnrecognizedClientException", "message": "bad token"},
            400,
            "does not accept these credentials",
        ),
        ({"__type": "ExpiredTokenException", "message": "expired"}, 400, "have expired; try `aws sso login`"),
        ({"__type": "AccessDeniedException", "message": "not allowed"}, 400, "may not do that .*docs/aws.md"),
        (
            {"__type": "RequestError", "Message": "Your AWS account must be linked to your MTurk account"},
            400,
            "not linked .*requester.mturk.com",
        ),
        (
            {"__type": "InvalidSignatureException", "message": "Signature expired"},
            400,
            "this computer's clock",
        ),
    ],
)
def test_mistakes_with_the_account_say_what_to_do(bench: Bench, body: Any, status: int, told: str) -> None:
    bench.script.says("GetAccountBalance", body, status)
    with pytest.raises(InputError, match=told):
        bench.recruiter.balance_usd()


def test_a_closed_service_is_told_plainly(keys: None, bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.script.says("GetAccountBalance", {"message": "Gone"}, 410)
    bench.client.endpoint = PRODUCTION
    with pytest.raises(OutsideError, match="closed Mechanical Turk for good on 30 September 2026"):
        bench.recruiter.balance_usd()
    nowhere = MTurkClient(config(endpoint_url="http://127.0.0.1:9001"), pacer=Pacer(100, sleep=lambda _: None))
    with pytest.raises(OutsideError, match=r"cannot be reached .*Is the marketplace running"):
        nowhere.call("get_account_balance")
    nowhere.close()


def test_no_credentials(bench: Bench, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    keyless = MTurkClient(config(endpoint_url="http://127.0.0.1:9001"))
    for ask in (keyless.account, lambda: keyless.call("get_account_balance")):
        with pytest.raises(InputError, match=r"no credentials were found .*aws configure"):
            ask()
    keyless.close()
    with pytest.raises(InputError, match="list-profiles"):
        MTurkClient(config(profile="nobody"))


def test_the_account_is_asked_for_where_amazon_is_meant(keys: None, monkeypatch: pytest.MonkeyPatch) -> None:
    client = MTurkClient(config())
    sts = client._session.client("sts", region_name="us-east-1")
    monkeypatch.setattr(client._session, "client", lambda *_, **__: sts)
    with Stubber(sts) as stub:
        stub.add_response("get_caller_identity", {"Account": "111122223333", "UserId": "u", "Arn": "a" * 20})
        assert client.account().account == "111122223333"
        assert client.account.__self__.environment == "sandbox"  # type: ignore[attr-defined]
        stub.add_client_error("get_caller_identity", "InvalidClientTokenId")
        with pytest.raises(InputError, match="does not accept"):
            client.account()
    monkeypatch.setattr(sts, "get_caller_identity", lambda: (_ for _ in ()).throw(NoCredentialsError()))
    with pytest.raises(InputError, match="no credentials"):
        client.account()
    sts.close()
    client.close()


def test_the_clocks_difference_is_seen(bench: Bench) -> None:
    bench.script.clock_off_s = -600
    bench.script.says("GetAccountBalance", {"AvailableBalance": "12.34"})
    assert bench.recruiter.balance_usd() == Decimal("12.34")
    assert 595 < bench.recruiter.skew_s < 605


def test_only_sandbox_and_loopback_work_without_the_production_flag() -> None:
    assert choose_endpoint(config(), False) == (SANDBOX, "sandbox")
    assert choose_endpoint(config(), True) == (PRODUCTION, "production")
    assert choose_endpoint(config(endpoint_url="http://localhost:8000"), False)[1] == "local"
    assert choose_endpoint(config(endpoint_url=SANDBOX + "/"), False) == (SANDBOX, "sandbox")
    for url in (PRODUCTION, "https://market.example.org"):
        with pytest.raises(InputError, match="may spend real money"):
            choose_endpoint(config(endpoint_url=url), False)
        assert choose_endpoint(config(endpoint_url=url), True) == (url, "production")
    with pytest.raises(InputError, match="names the sandbox"):
        choose_endpoint(config(endpoint_url=SANDBOX), True)


@pytest.mark.parametrize("field", ["title", "description", "keywords"])
@pytest.mark.parametrize("letter", ["a", "ä", "漢", "ا", "🙂", "e\u0301"])
def test_texts_of_any_script_at_and_over_the_limit(bench: Bench, field: str, letter: str) -> None:
    limit = {"title": 128, "description": 2000, "keywords": 1000}[field]
    units = len(letter.encode("utf-16-le")) // 2
    text = letter * (limit // units)
    with pytest.raises(ValueError, match=f"{field}\n.*at most {limit}"):
        config(**{field: text + "b"})
    bench.script.says("CreateHITType", {"HITTypeId": "TYPE1"})
    book = notebook()
    book.note("qualification", "hitgen-excluded", "Q")
    bench.recruiter = MTurk(config(**{field: text}), "demo", book, client=bench.client)
    bench.recruiter.prepare([ORDER])
    assert bench.script.requests[-1][1][field.capitalize()] == text


@pytest.mark.parametrize("text", ["a\nb", "a\x00b", "a\ud800b", "a\uffffb"])
def test_characters_that_no_service_carries_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"holds the character|surrogates|valid string"):
        config(title=text)


@pytest.mark.parametrize(
    "values",
    [
        {"qualification": "approval_percent"},
        {"qualification": "approval_percent", "at_least": 1, "at_most": 2},
        {"qualification": "locale", "at_least": 1},
        {"qualification": "locale", "among": ["Germany"]},
        {"qualification": "adult", "among": ["DE"]},
    ],
)
def test_requirements_that_mean_nothing_are_refused(values: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"exactly one of|locale"):
        Requirement.model_validate(values)
