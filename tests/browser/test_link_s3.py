"""Own participants with a bucket alone: the form pages post with, its renewal, and what strangers can do with it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import boto3
import pytest
from moto.server import ThreadedMotoServer
from playwright.sync_api import Browser

from hitgen.build import build
from hitgen.cli import main
from hitgen.collector import bucket as collector_bucket
from hitgen.collector.inbox import LIMIT_BYTES, Inbox
from hitgen.publishing.publication import open_account
from hitgen.publishing.status import status
from tests.support.batches import SMALL, places, write_batch
from tests.support.strict_s3 import Gate, gate
from tests.support.visitors import screen_is, visit, work

# Together on one worker: what they share takes longer than they do.
pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def s3() -> Iterator[Gate]:
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    with gate(f"http://{host}:{port}") as made, pytest.MonkeyPatch.context() as patch:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, "testing")
        yield made
    server.stop()


@pytest.fixture(scope="module")
def study(s3: Gate, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A published batch in a bucket."""
    folder = tmp_path_factory.mktemp("s3") / "batch"
    client = boto3.client("s3", endpoint_url=s3.url, region_name="us-east-1")
    client.create_bucket(Bucket="study-bucket")
    host = f'[host]\nkind = "s3"\nbucket = "study-bucket"\nendpoint_url = "{s3.url}"\n'
    write_batch(folder, f'{SMALL}{host}[recruiter]\nkind = "link"\nresults = {{kind = "s3"}}\n', study=1)
    build(folder, workers=1)
    assert main(["publish", str(folder), "--configure-bucket", "--yes"]) == 0
    client.close()
    return folder


def objects(s3: Gate, start: str) -> dict[str, bytes]:
    client = boto3.client("s3", endpoint_url=s3.url, region_name="us-east-1")
    rows = client.list_objects_v2(Bucket="study-bucket", Prefix=start).get("Contents", [])
    found = {row["Key"]: client.get_object(Bucket="study-bucket", Key=row["Key"])["Body"].read() for row in rows}
    client.close()
    return found


def form(s3: Gate) -> dict:
    return json.loads(objects(s3, "small/answers.json")["small/answers.json"])


def post(s3: Gate, body: bytes, **fields: str) -> int:
    key = "results.private/small/stranger.json"
    return collector_bucket._post(f"{s3.url}/study-bucket/", {**form(s3)["fields"], "key": key, **fields}, body).status


def assignments(folder: Path) -> set[str]:
    with open_account(folder) as account:
        status(account)
        return {row.assignment for row in account.ledger.submissions()}


def test_answers_arrive_from_a_bucket_alone(study: Path, s3: Gate, browser: Browser) -> None:
    place = places(study)[0]
    context, page = visit(browser, place["url"])
    work(page).hit("submit").click()
    screen_is(page, "done")
    page.get_by_text(place["code"]).wait_for()
    context.close()
    assert s3.said == []
    names = list(objects(s3, "results.private/small/"))
    assert any(len(name) == len("results.private/small/.json") + 32 for name in names)
    assert place["url"].split("=")[1] in assignments(study)
    assert assignments(study) == assignments(study)


def test_a_form_that_ran_out_is_read_anew(study: Path, s3: Gate, browser: Browser) -> None:
    """The page waits while nobody renews the form, and goes on by itself once somebody did."""
    place = places(study)[1]
    context, page = visit(browser, place["url"])
    robot = work(page)
    s3.now = datetime.now(UTC) + timedelta(days=8)
    robot.hit("submit").click()
    page.get_by_text("keeps trying by itself").wait_for()
    assert "AccessDenied: policy expired" in s3.said
    before = form(s3)["expires_at"]
    with pytest.MonkeyPatch.context() as patch:
        later = s3.now
        patch.setattr("hitgen.recruiters.link.link.utc_now", lambda: later)
        assert place["url"].split("=")[1] not in assignments(study)
    assert form(s3)["expires_at"] > before
    s3.now = None
    screen_is(page, "done")
    context.close()
    assert place["url"].split("=")[1] in assignments(study)


def test_what_strangers_post_changes_nothing(study: Path, s3: Gate) -> None:
    mine = {"schema": 1, "batch": "small", "page": "p0001", "trials": []}
    name = places(study)[2]["url"].split("=")[1]
    assert post(s3, json.dumps({**mine, "assignment": name}).encode()) < 300
    before = assignments(study)
    assert name in before
    for body in (b"junk", b"{}", json.dumps({**mine, "assignment": "p0001.1-1-" + "a" * 26}).encode()):
        assert post(s3, body, key=f"results.private/small/{len(body)}.json") < 300
    assert post(s3, b"x" * (LIMIT_BYTES + 1)) == 400
    assert post(s3, b"{}", key="small/pages/evil.html") == 403
    assert post(s3, b"{}", **{"Content-Type": "text/html"}) == 403
    assert post(s3, b"{}", acl="public-read") == 403
    assert assignments(study) == before == assignments(study)
    with Inbox(study / "collected.sqlite", "small") as inbox:
        counts = inbox.counts()
    assert counts == {"not-json": 1, "not-ours": 1, "unknown-place": 1}


def test_a_bucket_whose_answers_are_public_is_refused(
    study: Path, s3: Gate, capsys: pytest.CaptureFixture[str]
) -> None:
    client = boto3.client("s3", endpoint_url=s3.url, region_name="us-east-1")
    kept = client.get_bucket_policy(Bucket="study-bucket")["Policy"]
    everything = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": "arn:aws:s3:::study-bucket/*",
    }
    client.put_bucket_policy(
        Bucket="study-bucket", Policy=json.dumps({"Version": "2012-10-17", "Statement": [everything]})
    )
    assert main(["publish", str(study)]) == 1
    assert "anyone could read the answers" in capsys.readouterr().err
    client.put_bucket_policy(Bucket="study-bucket", Policy=kept)
    assert main(["publish", str(study)]) == 0
    client.close()
