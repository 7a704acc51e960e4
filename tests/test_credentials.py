"""Credentials that are not to be had, or no longer: said with the remedy wherever they are needed, and no bare error of boto3."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from hitgen.config.hosts import S3Host
from hitgen.errors import HitgenError
from hitgen.hosts.s3 import S3
from hitgen.lib.aws import credentials_fault, who_signs
from hitgen.recruiters.mturk.client import MTurkClient
from hitgen.recruiters.mturk.config import MTurkRecruiter
from tests.support.servers import free_port

PROFILES = """[profile none-given]
credential_process = false
[profile given-too-old]
credential_process = {folder}/process
[profile signed-out]
sso_start_url = https://study.awsapps.com/start
sso_region = us-east-1
sso_account_id = 123456789012
sso_role_name = study
[profile signed-out-session]
sso_session = study
sso_account_id = 123456789012
sso_role_name = study
[sso-session study]
sso_start_url = https://study.awsapps.com/start
sso_region = us-east-1
[profile no-source]
role_arn = arn:aws:iam::123456789012:role/study
source_profile = nobody
"""
TOLD = {
    "none-given": "no credentials were given .*; try `aws sts get-caller-identity`",
    "given-too-old": "have expired already; try setting this computer's clock",
    "signed-out": "there is no session, or it has expired .*; try `aws sso login`",
    "signed-out-session": "there is no session, or it has expired .*; try `aws sso login`",
    "no-source": 'source_profile "nobody"',
}


@pytest.fixture
def profiles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    config = tmp_path / "config"
    config.write_text(PROFILES.format(folder=tmp_path))
    for name, value in {
        "HOME": tmp_path, "AWS_CONFIG_FILE": config, "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent", "AWS_EC2_METADATA_DISABLED": "true",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, str(value))
    ended = (datetime.now(UTC) - timedelta(hours=1)).isoformat()
    keys = {"Version": 1, "AccessKeyId": "A", "SecretAccessKey": "B", "SessionToken": "C", "Expiration": ended}
    process = tmp_path / "process"
    process.write_text(f"#!/bin/sh\necho '{json.dumps(keys)}'\n")
    process.chmod(0o700)


@pytest.mark.usefixtures("profiles")
@pytest.mark.parametrize("profile", TOLD)
def test_a_bucket_whose_credentials_are_not_to_be_had(profile: str) -> None:
    def bucket() -> S3:
        return S3(
            S3Host(kind="s3", bucket="forms", endpoint_url=f"http://127.0.0.1:{free_port()}", profile=profile), "demo"
        )

    for act in (lambda: bucket().faults(), lambda: bucket().existing(), lambda: who_signs(bucket().credentials)):
        with pytest.raises(HitgenError, match=TOLD[profile]):
            act()


@pytest.mark.usefixtures("profiles")
@pytest.mark.parametrize("profile", TOLD)
def test_a_marketplace_whose_credentials_are_not_to_be_had(profile: str) -> None:
    address = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(HitgenError, match=TOLD[profile]):
        MTurkClient(MTurkRecruiter(kind="mturk", endpoint_url=address, profile=profile)).account()
    with pytest.raises(HitgenError, match=TOLD[profile]):
        MTurkClient(MTurkRecruiter(kind="mturk", endpoint_url=address, profile=profile)).call("get_account_balance")


@pytest.mark.parametrize(
    ("code", "words", "told"),
    [
        ("SignatureDoesNotMatch", "Signature expired: 19700101T000000Z is now earlier than 20261126T094500Z", "clock"),
        ("SignatureDoesNotMatch", "Signature not yet current: 20361126T100000Z is still later than ...", "clock"),
        ("InvalidSignatureException", "Signature expired: 19700101T000000Z is now earlier than ...", "clock"),
        ("RequestExpired", "Request has expired. Timestamp date is 1970-01-01T00:00:00Z.", "clock"),
        ("RequestTimeTooSkewed", "The difference between the request time and the current time is too large.", "clock"),
        ("SignatureDoesNotMatch", "The request signature we calculated does not match.", "`aws configure`"),
        ("ExpiredToken", "The security token included in the request is expired", "`aws sso login`"),
    ],
)
def test_a_signature_by_a_wrong_clock_is_told_from_a_wrong_key(code: str, words: str, told: str) -> None:
    fault = credentials_fault(ClientError({"Error": {"Code": code, "Message": words}}, "GetCallerIdentity"))
    assert words in str(fault) or told == "`aws sso login`"
    assert told in str(fault).partition("; try ")[2]
    assert ("`aws configure`" in str(fault)) == (told == "`aws configure`")


@contextmanager
def refusing(status: int, code: str) -> Iterator[str]:
    """A bucket that refuses everything: its answer to HEAD has no words, as with Amazon's."""

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self._refuse(b"")

        def do_GET(self) -> None:
            self._refuse(f"<Error><Code>{code}</Code><Message>refused</Message></Error>".encode())

        def _refuse(self, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize(
    ("status", "code", "told"),
    [
        (400, "ExpiredToken", "have expired; try `aws sso login`"),
        (400, "InvalidToken", "does not accept these credentials"),
        (403, "InvalidAccessKeyId", "does not accept these credentials"),
        (403, "SignatureDoesNotMatch", "does not accept these credentials"),
        (403, "RequestTimeTooSkewed", "setting this computer's clock"),
        (403, "AccessDenied", "or it is somebody else's"),
        (400, "AuthorizationHeaderMalformed", "is not in the region us-east-1"),
    ],
)
def test_what_is_against_a_bucket_is_told_though_head_has_no_words(
    status: int, code: str, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "A")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "B")
    with refusing(status, code) as address:
        host = S3(S3Host(kind="s3", bucket="forms", endpoint_url=address), "demo")
        try:
            said = str(host.faults()[0])
        except HitgenError as error:
            said = str(error)
        host.client.close()
    assert told in said
