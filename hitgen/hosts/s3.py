"""An S3 bucket: written once under content-addressed keys, read by anyone."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import Any

from botocore.config import Config
from botocore.exceptions import ClientError

from hitgen.config.hosts import S3Host
from hitgen.errors import Fault, HitgenError, InputError, OutsideError, in_config
from hitgen.hosts.addresses import object_url
from hitgen.hosts.base import IMMUTABLE, HostedFile
from hitgen.lib.aws import AWS_ERRORS, FORBIDDEN, code_of, credentials_fault, open_session, status_of

RACES = 5
"""How often a write is tried again after 409, which says that another writer was at the same key."""


class S3:
    """A bucket, by boto3; the same for any endpoint that speaks S3."""

    kind = "s3"

    def __init__(self, config: S3Host, batch: str) -> None:
        if not config.bucket:
            remedy = 'bucket = "NAME" under [host], a bucket of your own; docs/aws.md shows how to make one'
            raise InputError(in_config("host.bucket", "no bucket is named", remedy))
        self.config = config
        self.prefix = f"{config.prefix}{batch}/"
        session = open_session(config.profile, config.region, "host.profile")
        self.credentials: Any = session.get_credentials()
        # A server of one's own rarely has a host name for each bucket.
        self.client: Any = session.client(
            "s3",
            region_name=config.region,
            endpoint_url=config.endpoint_url or None,
            config=Config(
                signature_version="s3v4",
                retries={"total_max_attempts": 8, "mode": "standard"},
                max_pool_connections=32,
                s3={"addressing_style": "path" if config.endpoint_url else "virtual"},
            ),
        )

    def url(self, key: str) -> str:
        """The address of a key for anyone."""
        return object_url(self.config, key)

    def faults(self) -> list[Fault]:
        """What keeps this bucket from being written and read."""
        try:
            self.client.head_bucket(Bucket=self.config.bucket)
        except ClientError as error:
            status = status_of(error)
            headers = error.response["ResponseMetadata"].get("HTTPHeaders", {})
            region = headers.get("x-amz-bucket-region", "")
            if status in (400, 403) and (told := self._refused_credentials()):
                raise told from error
            return [self._bucket_fault(status, region, error)]
        except (*AWS_ERRORS, HitgenError) as error:
            raise self._plain(error) from error
        return []

    def _refused_credentials(self) -> InputError | None:
        """What S3 has against these credentials: a refusal of HEAD is the same number for all reasons, and has no words."""
        try:
            self.client.list_objects_v2(Bucket=self.config.bucket, Prefix=self.prefix, MaxKeys=1)
        except ClientError as error:
            return None if code_of(error) in FORBIDDEN else credentials_fault(error)
        return None

    def _bucket_fault(self, status: int, region: str, error: ClientError) -> Fault:
        name = self.config.bucket
        if region and region != self.config.region:
            problem = f"bucket {name!r} is in the region {region}, not {self.config.region}"
            return in_config("host.region", problem, f'region = "{region}"')
        if status == 404:
            remedy = f"`aws s3 mb s3://{name} --region {self.config.region}`, or the right name"
            return in_config("host.bucket", f"there is no bucket {name!r}", remedy)
        if status in (301, 400):
            problem = f"bucket {name!r} is not in the region {self.config.region}"
            return in_config("host.region", problem, f"`aws s3api get-bucket-location --bucket {name}`")
        problem = f"these credentials may not use bucket {name!r}, or it is somebody else's ({error})"
        return in_config("host.bucket", problem, "the policy in docs/aws.md, or another bucket")

    def existing(self) -> set[str]:
        """The keys of this batch that are there."""
        cut = len(self.config.prefix)
        try:
            pages = self.client.get_paginator("list_objects_v2").paginate(Bucket=self.config.bucket, Prefix=self.prefix)
            return {row["Key"][cut:] for page in pages for row in page.get("Contents", [])}
        except AWS_ERRORS as error:
            raise self._plain(error) from error

    def put(self, file: HostedFile) -> None:
        """Write one file unless its key is there; what is there has the same content by its name."""
        headers = {"ContentEncoding": "gzip"} if file.gzipped else {}
        for _ in range(RACES):
            # Read anew for each try: a stream that was sent once is at its end.
            body = file.read() if file.gzipped else file.open()
            try:
                self.client.put_object(
                    Bucket=self.config.bucket,
                    Key=self.config.prefix + file.key,
                    Body=body,
                    ContentType=file.content_type,
                    CacheControl=IMMUTABLE,
                    IfNoneMatch="*",
                    **headers,
                )
                return
            except ClientError as error:
                status = status_of(error)
                if status == 412:
                    return
                if status != 409:
                    raise self._plain(error) from error
            except AWS_ERRORS as error:
                raise self._plain(error) from error
            finally:
                if not isinstance(body, bytes):
                    body.close()
        raise OutsideError(f"{file.key}: another writer holds this key; run it again")

    def remove(self, keys: Iterable[str]) -> None:
        """Delete these keys, 1000 a call."""
        source = iter(keys)
        while some := list(itertools.islice(source, 1000)):
            rows = [{"Key": self.config.prefix + key} for key in some]
            try:
                answer = self.client.delete_objects(Bucket=self.config.bucket, Delete={"Objects": rows, "Quiet": True})
            except AWS_ERRORS as error:
                raise self._plain(error) from error
            if errors := answer.get("Errors"):
                raise OutsideError(f"{errors[0]['Key']} was not deleted: {errors[0]['Message']}")

    def _plain(self, error: Exception) -> HitgenError:
        """The same error as a message that says what to do."""
        name = self.config.bucket
        if told := credentials_fault(error):
            return told
        if isinstance(error, ClientError) and code_of(error) == "NoSuchBucket":
            remedy = f"`aws s3 mb s3://{name} --region {self.config.region}`"
            return InputError(in_config("host.bucket", f"there is no bucket {name!r}", remedy))
        return OutsideError(f"S3 bucket {name!r}: {error}")
