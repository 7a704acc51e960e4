"""What keeps the world from reading a bucket, and the narrowest change that lets it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from hitgen.errors import Fault, HitgenError, InputError, OutsideError, in_config
from hitgen.hosts.s3 import S3
from hitgen.lib.aws import AWS_ERRORS, code_of, credentials_fault

ABSENT = {"NoSuchPublicAccessBlockConfiguration", "NoSuchBucketPolicy", "NoSuchCORSConfiguration"}
ALL_BLOCKED = {
    "BlockPublicAcls": True,
    "IgnorePublicAcls": True,
    "BlockPublicPolicy": True,
    "RestrictPublicBuckets": True,
}


@dataclass(frozen=True)
class BucketChange:
    """One setting of the bucket that has to change; `why` for people, `setting` as it will stand."""

    call: str
    why: str
    setting: dict[str, Any]


def _setting(read: Callable[[], dict[str, Any]]) -> dict[str, Any] | None:
    """A setting of the bucket, or None where it has none."""
    try:
        return read()
    except ClientError as error:
        if code_of(error) in ABSENT:
            return None
        problem = f"the bucket's settings cannot be read: {error}; see docs/aws.md"
        raise credentials_fault(error) or OutsideError(problem) from error
    except AWS_ERRORS as error:
        problem = f"the bucket's settings cannot be read: {error}"
        raise credentials_fault(error) or OutsideError(problem) from error


def needed_changes(host: S3, linked: bool, posting: bool = False) -> list[BucketChange]:
    """What must change so that anyone can read this batch's files, and nothing else; empty if nothing.

    A host with a `base_url` of its own (CloudFront) keeps its bucket private: only CORS is looked at.
    `linked` pages fetch packs, `posting` ones read the form for answers and post them.
    """
    changes = [] if host.config.base_url else [*_block_change(host), *_policy_change(host)]
    methods = ["GET", "POST"] if posting else ["GET"] if linked else []
    return changes + (_cors_change(host, methods) if methods else [])


def _block_change(host: S3) -> list[BucketChange]:
    bucket = host.config.bucket
    found = _setting(lambda: host.client.get_public_access_block(Bucket=bucket))
    # A bucket without the setting may still be shut by the account; that shows when the policy is set.
    if found is None:
        return []
    block: dict[str, Any] = ALL_BLOCKED | dict(found["PublicAccessBlockConfiguration"])
    wanted = {**block, "BlockPublicPolicy": False, "RestrictPublicBuckets": False}
    if block == wanted:
        return []
    why = "the bucket's public access block refuses any public policy; ACLs stay blocked"
    return [BucketChange("put_public_access_block", why, {"PublicAccessBlockConfiguration": wanted})]


def _policy_change(host: S3) -> list[BucketChange]:
    found = _setting(lambda: host.client.get_bucket_policy(Bucket=host.config.bucket))
    policy: dict[str, Any] = json.loads(found["Policy"]) if found else {"Version": "2012-10-17", "Statement": []}
    given = policy["Statement"]
    statements: list[dict[str, Any]] = given if isinstance(given, list) else [given]
    wanted: dict[str, Any] = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{host.config.bucket}/{host.prefix}*",
    }
    if any(wanted.items() <= row.items() for row in statements):
        return []
    policy = {**policy, "Statement": [*statements, wanted]}
    why = f"anyone may read what lies under {host.prefix}, and nothing else"
    return [BucketChange("put_bucket_policy", why, {"Policy": json.dumps(policy, indent=1)})]


def _cors_change(host: S3, methods: list[str]) -> list[BucketChange]:
    found = _setting(lambda: host.client.get_bucket_cors(Bucket=host.config.bucket))
    rules = found["CORSRules"] if found else []
    open_to_all = [rule["AllowedMethods"] for rule in rules if "*" in rule["AllowedOrigins"]]
    if all(any(method in allowed for allowed in open_to_all) for method in methods):
        return []
    wanted = {"AllowedOrigins": ["*"], "AllowedMethods": methods, "MaxAgeSeconds": 86400}
    why = "pages are read in frames without an origin of their own, and " + (
        "post answers here" if "POST" in methods else "fetch packs from here"
    )
    return [BucketChange("put_bucket_cors", why, {"CORSConfiguration": {"CORSRules": [*rules, wanted]}})]


def bucket_faults(host: S3, linked: bool) -> list[Fault]:
    """What keeps workers from reading this bucket, each with its remedy; [] where we may not look."""
    try:
        changes = needed_changes(host, linked)
    except HitgenError:
        # Reading settings needs more rights than publishing; the anonymous fetch tells the truth anyway.
        return []
    remedy = "`hitgen publish --configure-bucket`, which shows the change first; or docs/aws.md (CloudFront)"
    return [
        in_config("host.bucket", f"bucket {host.config.bucket!r} needs a change: {change.why}", remedy)
        for change in changes
    ]


def configure_bucket(host: S3, changes: list[BucketChange]) -> None:
    """Make the changes that `needed_changes` showed."""
    for change in changes:
        try:
            getattr(host.client, change.call)(Bucket=host.config.bucket, **change.setting)
        except ClientError as error:
            problem = f"AWS refused {change.call} ({error})"
            remedy = (
                "asking for the rights in docs/aws.md; where the whole account blocks public access, serve "
                "the bucket through CloudFront and set host.base_url"
            )
            raise InputError(in_config("host.bucket", problem, remedy)) from error
