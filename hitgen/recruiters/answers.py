"""Answers that come by a way of hitgen's own: what pages must know of it, and its end on this side."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from hitgen.collector.bucket_way import bucket_plan
from hitgen.collector.ways import LocalWay, Way
from hitgen.config.batch import BatchConfig
from hitgen.config.recruiter import AnyResults, CollectorResults


def origin(address: str) -> str:
    """The scheme, host and port of an address, as browsers write an origin."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}".lower()


def answers_to(config: BatchConfig, results: AnyResults) -> dict[str, str]:
    """`results` of the page's data."""
    if isinstance(results, CollectorResults):
        return {"kind": "collector", "url": results.url.rstrip("/")}
    plan = bucket_plan(config)
    return {"kind": "s3", "policy_url": plan.policy_url, "post_url": plan.post_url, "prefix": plan.prefix}


def sources(answers: dict[str, Any]) -> tuple[str, ...]:
    """What a page's policy must let its script reach, for answers as `Kind.answers` gives them."""
    results = answers["results"]
    names = [results[name] for name in ("url", "policy_url", "post_url") if name in results]
    return tuple(dict.fromkeys(origin(name) for name in names))


def open_way(config: BatchConfig, results: AnyResults) -> Way:
    """How answers come in."""
    if isinstance(results, CollectorResults):
        return LocalWay(results.url.rstrip("/"))
    plan = bucket_plan(config)
    from hitgen.collector.bucket import BucketWay  # boto3 takes a while to load, and pages need none of it

    return BucketWay(plan.host, config.batch.name, plan)
