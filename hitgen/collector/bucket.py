"""Answers in a private part of the pages' bucket, posted there by a presigned form that anyone may read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

from hitgen.collector.bucket_way import BucketPlan
from hitgen.collector.inbox import LIMIT_BYTES, Inbox
from hitgen.config.hosts import S3Host
from hitgen.errors import InputError, OutsideError, in_config
from hitgen.hosts.s3 import S3
from hitgen.lib.aws import AWS_ERRORS, credentials_fault, who_signs
from hitgen.lib.nested import read_json
from hitgen.lib.web import Response, fetch, form_with_file

TYPE = "application/json"
VALID = timedelta(days=7)
"""The longest a presigned form may be valid; it ends with the credentials that signed it."""
UNKNOWN = timedelta(hours=1)
"""So long a session lasts at least whose end nobody tells; what it signed may be valid for longer, but is not counted on."""
RENEW = timedelta(days=1)
"""By this much longer a new form has to be valid, to be worth making."""
THREADS = 8


class BucketWay:
    """Presigned forms for pages to post with, and what they posted."""

    def __init__(self, host: S3Host, batch: str, plan: BucketPlan) -> None:
        self._s3 = S3(host, batch)
        self._bucket = host.bucket
        self._plan = plan
        self.until: datetime | None = None

    @property
    def address(self) -> str:
        """Where pages send answers."""
        return f"{self._plan.post_url}{self._plan.prefix}"

    def prepare(self, now: datetime, inbox: Inbox, name: str, new: bool) -> list[str]:
        """Renew the form where it is due, and see that a page could post with it."""
        form = self._renew(now)
        self._probe(form)
        return []

    def _renew(self, now: datetime) -> dict[str, Any]:
        """The form that is public now: the one there is while these credentials sign none that is valid for longer."""
        key, token, ends_at = who_signs(self._s3.credentials)
        valid = now + VALID if ends_at is None else min(now + VALID, ends_at)
        until = now + UNKNOWN if token and ends_at is None else valid
        if (found := self._published()) and _is_signed_by(found["fields"], key, token):
            self.until = datetime.fromisoformat(found["expires_at"])
            if self.until > now and until - self.until < RENEW:
                return found
        made = self._call(
            "generate_presigned_post",
            Bucket=self._bucket,
            Key=self._plan.prefix + "${filename}",
            Fields={"Content-Type": TYPE},
            Conditions=[{"Content-Type": TYPE}, ["content-length-range", 2, LIMIT_BYTES]],
            ExpiresIn=max(1, int((valid - now).total_seconds())),
        )
        form = {"schema": 1, "fields": made["fields"], "expires_at": until.isoformat()}
        self._call(
            "put_object",
            Bucket=self._bucket,
            Key=self._plan.policy_key,
            Body=json.dumps(form, indent=1).encode(),
            ContentType=TYPE,
            CacheControl="no-store",
        )
        self.until = until
        return form

    def _published(self) -> dict[str, Any] | None:
        try:
            body = self._s3.client.get_object(Bucket=self._bucket, Key=self._plan.policy_key)["Body"].read()
            found = read_json(body.decode("utf-8"))
            return found if isinstance(found, dict) and "expires_at" in found and "fields" in found else None
        except (*AWS_ERRORS, ValueError):
            return None

    def _probe(self, form: dict[str, Any]) -> None:
        """Post as a page does, and take it away again; InputError where the bucket does not let pages do so."""
        key = f"{self._plan.prefix}probe.json"
        answer = _post(self._plan.post_url, {**form["fields"], "key": key}, b"{}")
        bases = {self._plan.post_url, self._plan.policy_url.removesuffix(self._plan.policy_key)}
        public = [base for base in sorted(bases) if answer.is_ok and fetch(base + key).is_ok]
        self._call("delete_object", Bucket=self._bucket, Key=key)
        if not answer.is_ok:
            problem = f"the bucket does not take what pages post to it (status {answer.status})"
            remedy = "s3:PutObject on results.private/* for your credentials; see docs/aws.md"
            raise InputError(in_config("recruiter.results", problem, remedy))
        if public:
            problem = f"anyone could read the answers at {public[0]}{self._plan.prefix}"
            remedy = "a bucket policy (or CloudFront's access to the bucket) without results.private/; see docs/aws.md"
            raise InputError(in_config("host.bucket", problem, remedy))
        if answer.headers.get("Access-Control-Allow-Origin") not in ("*", "null"):
            remedy = "`hitgen publish --configure-bucket`, which shows the change first"
            raise InputError(in_config("host.bucket", "pages may not post to the bucket (CORS)", remedy))

    def take_in(self, inbox: Inbox, now: datetime) -> None:
        """Look into every object that is new, once; junk is counted by the inbox."""
        self._renew(now)
        rows = [row for row in self._objects() if not inbox.was_taken(f"{row['Key']} {row['ETag']}")]
        with ThreadPoolExecutor(THREADS) as pool:
            for row, body in zip(rows, pool.map(self._read, rows), strict=True):
                if body is None:
                    inbox.refuse("too-large", row["Size"])
                else:
                    inbox.add(body, "s3", row["LastModified"])
                inbox.take(f"{row['Key']} {row['ETag']}")

    def _objects(self) -> Iterator[dict[str, Any]]:
        """All that was posted, oldest first, so that the first submission of a place is the one that counts."""
        try:
            pages = self._s3.client.get_paginator("list_objects_v2").paginate(
                Bucket=self._bucket, Prefix=self._plan.prefix
            )
            rows = [row for page in pages for row in page.get("Contents", [])]
        except AWS_ERRORS as error:
            problem = f"the answers in {self._bucket!r} cannot be listed: {error}"
            raise credentials_fault(error) or OutsideError(problem) from error
        yield from sorted(rows, key=lambda row: (row["LastModified"], row["Key"]))

    def _read(self, row: dict[str, Any]) -> bytes | None:
        if row["Size"] > LIMIT_BYTES:
            return None
        body: bytes = self._call("get_object", Bucket=self._bucket, Key=row["Key"])["Body"].read()
        return body

    def clear(self) -> None:
        """Take the form away; what was posted stays until you delete it."""
        self._call("delete_object", Bucket=self._bucket, Key=self._plan.policy_key)

    def _call(self, name: str, **values: Any) -> Any:
        try:
            return getattr(self._s3.client, name)(**values)
        except AWS_ERRORS as error:
            problem = f"S3 refused {name} on {self._bucket!r}: {error}; see docs/aws.md"
            raise credentials_fault(error) or OutsideError(problem) from error


def _is_signed_by(fields: dict[str, str], key: str, token: str | None) -> bool:
    """Whether a form was signed with this access key in this session: another one's may be shut any moment, or is."""
    signed = str(fields.get("x-amz-credential", "")).partition("/")[0]
    return signed == key and fields.get("x-amz-security-token") == token


def _post(url: str, fields: dict[str, str], body: bytes) -> Response:
    """What the bucket says to a form with a file, posted as a page in a sandboxed frame does."""
    form, form_type = form_with_file(fields, body, TYPE)
    return fetch(url, "POST", form, {"Content-Type": form_type, "Origin": "null"})
