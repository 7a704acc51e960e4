"""The S3 host against moto's server: unmodified boto3, real HTTP, real anonymous fetches."""

from __future__ import annotations

import gzip
import hashlib
import json
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto.server import ThreadedMotoServer

from hitgen.config.hosts import S3Host
from hitgen.errors import InputError, OutsideError
from hitgen.hosts import open_host
from hitgen.hosts.base import HostedFile, pack_file, page_file
from hitgen.hosts.bucket import bucket_faults, configure_bucket, needed_changes
from hitgen.hosts.s3 import S3
from hitgen.hosts.upload import in_parallel, upload, verify


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    server = ThreadedMotoServer("127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")


@pytest.fixture
def bucket(endpoint: str, credentials: None, request: pytest.FixtureRequest) -> Iterator[Any]:
    name = "b" + hashlib.sha256(request.node.name.encode()).hexdigest()[:20]
    client = boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1")
    client.create_bucket(Bucket=name)
    config = S3Host(kind="s3", bucket=name, prefix="studies/", endpoint_url=endpoint)
    host = open_host(config, Path(), "demo")
    assert isinstance(host, S3)
    yield host
    host.client.close()
    client.close()


@pytest.fixture
def public(bucket: S3) -> S3:
    configure_bucket(bucket, needed_changes(bucket, linked=True))
    return bucket


def files(folder: Path, count: int = 3) -> list[HostedFile]:
    found = []
    for number in range(count):
        page = folder / f"{number}.html"
        page.write_text(f"<!doctype html>{number} " * 50)
        found.append(page_file("demo", page, hashlib.sha256(page.read_bytes()).hexdigest()))
    pack = folder / "a.pack"
    pack.write_bytes(b"HITPACK1" + bytes(range(256)) * 40)
    return [*found, pack_file("demo", pack, hashlib.sha256(pack.read_bytes()).hexdigest())]


def test_files_are_stored_gzipped_where_html_and_cached_for_good(public: S3, tmp_path: Path) -> None:
    mine = files(tmp_path)
    assert upload(public, mine) == 4
    verify(public, mine)
    request = urllib.request.Request(public.url(mine[0].key), headers={"Accept-Encoding": "gzip"})
    with urllib.request.urlopen(request) as answer:
        assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
        assert answer.headers["Content-Encoding"] == "gzip"
        assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert gzip.decompress(answer.read()) == mine[0].path.read_bytes()
    found = public.client.head_object(Bucket=public.config.bucket, Key=f"studies/{mine[3].key}")
    assert found["ContentType"] == "application/octet-stream"
    assert "ContentEncoding" not in found
    assert found["ContentLength"] == mine[3].path.stat().st_size


def test_unchanged_objects_are_not_sent_again(bucket: S3, tmp_path: Path) -> None:
    mine = files(tmp_path)
    sent: list[str] = []
    bucket.client.meta.events.register("before-send.s3.PutObject", lambda request, **_: sent.append(request.url))
    assert (upload(bucket, mine), upload(bucket, mine)) == (4, 0)
    assert len(sent) == 4
    bucket.remove([mine[1].key])
    assert upload(bucket, mine) == 1


def test_a_key_that_appears_meanwhile_is_left_as_it_is(bucket: S3, tmp_path: Path) -> None:
    mine = files(tmp_path)[0]
    key = f"studies/{mine.key}"
    bucket.client.put_object(Bucket=bucket.config.bucket, Key=key, Body=b"first")
    bucket.put(mine)
    assert bucket.client.get_object(Bucket=bucket.config.bucket, Key=key)["Body"].read() == b"first"


def test_another_writer_is_waited_for_and_then_named(public: S3, tmp_path: Path) -> None:
    mine = files(tmp_path)[3]
    answers = [409, 409]
    real = public.client.put_object

    def conflicting(**parameters: Any) -> Any:
        if answers:
            answers.pop()
            error = {
                "Error": {"Code": "ConditionalRequestConflict"},
                "ResponseMetadata": {"HTTPStatusCode": 409},
            }
            parameters["Body"].read()
            raise public.client.exceptions.ClientError(error, "PutObject")
        return real(**parameters)

    public.client.put_object = conflicting
    public.put(mine)
    verify(public, [mine])
    answers.extend([409] * 5)
    with pytest.raises(OutsideError, match="another writer"):
        public.put(mine)


def test_what_the_world_sees_is_compared(public: S3, tmp_path: Path) -> None:
    mine = files(tmp_path)
    upload(public, mine)
    name = public.config.bucket
    public.client.put_object(Bucket=name, Key=f"studies/{mine[0].key}", Body=b"<p>", ContentType="text/html")
    public.client.put_object(Bucket=name, Key=f"studies/{mine[1].key}", Body=b"x", ContentType="text/plain")
    public.remove([mine[2].key])
    right: list[str] = []
    with pytest.raises(InputError) as told:
        verify(public, mine, verified=right.append)
    words = " ".join(str(fault) for fault in told.value.faults)
    assert "not what was built" in words
    assert "served as text/plain" in words
    assert "the world gets 404" in words
    assert right == [mine[3].key]


def test_a_bucket_that_is_not_public_is_told_with_the_remedy(bucket: S3, tmp_path: Path) -> None:
    mine = files(tmp_path)
    upload(bucket, mine)
    with pytest.raises(InputError, match=r"the world gets 403 .*--configure-bucket"):
        verify(bucket, mine)
    configure_bucket(bucket, needed_changes(bucket, linked=False))
    verify(bucket, mine)


def test_removing_takes_exactly_the_keys_named(bucket: S3, tmp_path: Path) -> None:
    mine = files(tmp_path)
    upload(bucket, mine)
    bucket.remove(file.key for file in mine[:2])
    assert bucket.existing() == {file.key for file in mine[2:]}


def test_configuring_asks_for_the_narrowest_change_and_keeps_what_was_there(bucket: S3) -> None:
    name = bucket.config.bucket
    other = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:DeleteObject",
        "Resource": f"arn:aws:s3:::{name}/*",
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [other]})
    bucket.client.put_bucket_policy(Bucket=name, Policy=policy)
    block = dict.fromkeys(("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True)
    bucket.client.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=block)
    changes = needed_changes(bucket, linked=True)
    assert [change.call for change in changes] == [
        "put_public_access_block",
        "put_bucket_policy",
        "put_bucket_cors",
    ]
    assert len(bucket_faults(bucket, linked=True)) == 3
    configure_bucket(bucket, changes)
    assert needed_changes(bucket, linked=True) == []
    kept = bucket.client.get_public_access_block(Bucket=name)["PublicAccessBlockConfiguration"]
    assert kept == {**block, "BlockPublicPolicy": False, "RestrictPublicBuckets": False}
    statements = json.loads(bucket.client.get_bucket_policy(Bucket=name)["Policy"])["Statement"]
    assert statements[0] == other
    assert statements[1] == {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{name}/studies/demo/*",
    }


def test_a_bucket_behind_another_address_stays_private(bucket: S3) -> None:
    config = bucket.config.model_copy(update={"base_url": "https://d1.cloudfront.net/x/"})
    host = S3(config, "demo")
    assert needed_changes(host, linked=False) == []
    assert host.url("demo/pages/a.html") == "https://d1.cloudfront.net/x/studies/demo/pages/a.html"
    host.client.close()


def test_amazons_own_addresses() -> None:
    host = S3(S3Host(kind="s3", bucket="study", region="eu-west-1"), "demo")
    assert host.url("demo/packs/a.pack") == "https://study.s3.eu-west-1.amazonaws.com/demo/packs/a.pack"
    host.client.close()


def test_mistakes_with_buckets_are_told_in_plain_words(
    endpoint: str, credentials: None, bucket: S3, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(InputError, match=r"host\.bucket: no bucket is named"):
        S3(S3Host(kind="s3"), "demo")
    absent = S3(S3Host(kind="s3", bucket="not-there", endpoint_url=endpoint), "demo")
    assert "there is no bucket 'not-there'; try `aws s3 mb" in str(absent.faults()[0])
    absent.client.close()
    elsewhere = bucket._bucket_fault(301, "eu-west-1", bucket.client.exceptions.ClientError({}, "HeadBucket"))
    assert 'is in the region eu-west-1, not us-east-1; try region = "eu-west-1"' in str(elsewhere)
    with pytest.raises(InputError, match="profile"):
        S3(S3Host(kind="s3", bucket="study", profile="nobody"), "demo")
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    keyless = S3(S3Host(kind="s3", bucket="study", endpoint_url=endpoint), "demo")
    with pytest.raises(InputError, match="no credentials were found"):
        keyless.faults()
    keyless.client.close()


@pytest.mark.parametrize("name", ["my.study", "Study", "ab", "a" * 64])
def test_bucket_names_that_cannot_be_served_are_refused_by_the_config(name: str) -> None:
    with pytest.raises(ValueError, match=r"dot, which breaks https|no bucket name"):
        S3Host(kind="s3", bucket=name)


def test_parallel_work_takes_up_no_more_than_it_can_do() -> None:
    taken = done = most = 0
    lock = threading.Lock()

    def numbers() -> Iterator[int]:
        nonlocal taken
        for number in range(500):
            taken += 1
            yield number

    def act(_: int) -> None:
        nonlocal done, most
        with lock:
            done += 1

    for _ in in_parallel(act, numbers(), workers=4):
        most = max(most, taken - done)
    assert done == 500
    assert most <= 8


def test_the_first_failure_ends_parallel_work() -> None:
    def act(number: int) -> None:
        if number == 3:
            raise OutsideError("no")

    with pytest.raises(OutsideError, match="no"):
        list(in_parallel(act, range(10_000), workers=4))
