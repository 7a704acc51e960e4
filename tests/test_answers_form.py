"""The form that pages post answers with ends with the credentials that signed it: it is renewed before, or when they changed."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from hitgen.collector.bucket import BucketWay
from hitgen.collector.bucket_way import BucketPlan
from hitgen.config.hosts import S3Host

NOW = datetime.now(UTC)


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    for name, value in {
        "AWS_ACCESS_KEY_ID": "FIRST", "AWS_SECRET_ACCESS_KEY": "testing", "AWS_CONFIG_FILE": "/nonexistent",
        "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent", "AWS_EC2_METADATA_DISABLED": "true",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    url = f"http://{host}:{port}"
    client = boto3.client("s3", endpoint_url=url, region_name="us-east-1")
    client.create_bucket(Bucket="forms")
    client.close()
    yield url
    server.stop()


def way(endpoint: str) -> BucketWay:
    host = S3Host(kind="s3", bucket="forms", endpoint_url=endpoint)
    base = f"{endpoint}/forms/"
    return BucketWay(host, "demo", BucketPlan(host, "demo/answers.json", f"{base}demo/answers.json", base, "private/"))


def renewed(endpoint: str, after: timedelta = timedelta(0)) -> dict[str, Any]:
    used = way(endpoint)
    form = used._renew(NOW + after)
    assert used.until == datetime.fromisoformat(form["expires_at"])
    used._s3.client.close()
    return form


def test_a_form_stays_for_a_day_and_is_valid_for_a_week(endpoint: str) -> None:
    first = renewed(endpoint)
    assert datetime.fromisoformat(first["expires_at"]) == NOW + timedelta(days=7)
    assert renewed(endpoint, timedelta(hours=23)) == first
    assert renewed(endpoint, timedelta(hours=25)) != first


@pytest.mark.parametrize("changed", [{"AWS_ACCESS_KEY_ID": "SECOND"}, {"AWS_SESSION_TOKEN": "another"}])
def test_another_key_or_session_makes_a_new_form_at_once(
    endpoint: str, monkeypatch: pytest.MonkeyPatch, changed: dict[str, str]
) -> None:
    first = renewed(endpoint)
    for name, value in changed.items():
        monkeypatch.setenv(name, value)
    second = renewed(endpoint)
    assert second != first and renewed(endpoint) == second
    signed = second["fields"]
    assert signed["x-amz-credential"].startswith(changed.get("AWS_ACCESS_KEY_ID", "FIRST") + "/")
    assert signed.get("x-amz-security-token") == changed.get("AWS_SESSION_TOKEN")


def test_a_session_whose_end_nobody_tells_is_not_counted_on_for_a_week(
    endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SESSION_TOKEN", "for some hours")
    form = renewed(endpoint)
    assert datetime.fromisoformat(form["expires_at"]) == NOW + timedelta(hours=1)
    policy = json.loads(base64.b64decode(form["fields"]["policy"]))
    ends_at = datetime.fromisoformat(policy["expiration"])
    assert timedelta(days=6) < ends_at - NOW < timedelta(days=8)  # where the session lasts, so does the form
    assert renewed(endpoint, timedelta(minutes=50)) == form
    assert renewed(endpoint, timedelta(hours=2)) != form


def test_a_form_ends_with_credentials_whose_end_is_known(endpoint: str) -> None:
    ends_at = NOW + timedelta(hours=2)
    used = way(endpoint)
    # Another test's form may lie there, signed by the same credentials.
    used._s3.client.delete_object(Bucket=used._bucket, Key=used._plan.policy_key)
    used._s3.credentials._expiry_time = ends_at
    form = used._renew(NOW)
    assert used.until == datetime.fromisoformat(form["expires_at"]) == ends_at
    assert used._renew(NOW + timedelta(hours=1)) == form
    used._s3.credentials._expiry_time = NOW + timedelta(days=3)
    assert used._renew(NOW + timedelta(hours=1)) != form and used.until == NOW + timedelta(days=3)
    used._s3.client.close()
