"""Where answers lie in the bucket of the pages, as pages and hitgen name it; pure."""

from __future__ import annotations

from dataclasses import dataclass

from hitgen.config.batch import BatchConfig
from hitgen.config.hosts import S3Host
from hitgen.errors import InputError, in_config
from hitgen.hosts.addresses import bucket_url, object_url


@dataclass(frozen=True)
class BucketPlan:
    """`policy_url` is read by pages, who post to `post_url` under keys that begin with `prefix`."""

    host: S3Host
    policy_key: str
    policy_url: str
    post_url: str
    prefix: str


def bucket_plan(config: BatchConfig) -> BucketPlan:
    """Where this batch's answers go; raises InputError where pages are not in a bucket."""
    host, name = config.host, config.batch.name
    if not isinstance(host, S3Host):
        remedy = '[host] kind = "s3", or recruiter.results = {kind = "collector", url = "https://..."}'
        problem = "answers go to the bucket of the pages, but the pages are not in one"
        raise InputError(in_config("recruiter.results", problem, remedy))
    # The dot keeps it apart from every batch's public prefix: names of batches have none.
    prefix = f"{host.prefix}results.private/{name}/"
    key = f"{name}/answers.json"
    return BucketPlan(host, f"{host.prefix}{key}", object_url(host, key), f"{bucket_url(host)}/", prefix)
