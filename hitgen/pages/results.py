"""Where a page's answers go, as baked into the page: never an address that merely stands in the page's own."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from hitgen.collector.bucket_way import bucket_plan
from hitgen.config.batch import BatchConfig
from hitgen.config.recruiting import CollectorResults, LinkRecruiter, ProlificRecruiter, TurkleRecruiter

PROLIFIC_DONE = "https://app.prolific.com/submissions/complete?cc="


def origin(address: str) -> str:
    """The scheme, host and port of an address, as browsers write an origin."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}".lower()


def results_of(config: BatchConfig) -> dict[str, Any]:
    """`results` of the page's data, and `completion_url` where the recruiter wants people back."""
    recruiter = config.recruiter
    if isinstance(recruiter, TurkleRecruiter):
        return {"results": {"kind": "frame", "origins": [origin(recruiter.url)]}}
    if not isinstance(recruiter, LinkRecruiter | ProlificRecruiter):
        return {"results": {"kind": "form"}}
    back: dict[str, Any] = {}
    if isinstance(recruiter, ProlificRecruiter):
        back = {"completion_url": PROLIFIC_DONE + recruiter.completion_code}
    if isinstance(recruiter.results, CollectorResults):
        return {"results": {"kind": "collector", "url": recruiter.results.url.rstrip("/")}, **back}
    plan = bucket_plan(config)
    answers = {"policy_url": plan.policy_url, "post_url": plan.post_url, "prefix": plan.prefix}
    return {"results": {"kind": "s3", **answers}, **back}


def result_sources(config: BatchConfig) -> tuple[str, ...]:
    """What the page's policy must let its script reach, for its answers."""
    results = results_of(config)["results"]
    names = [results[name] for name in ("url", "policy_url", "post_url") if name in results]
    return tuple(dict.fromkeys(origin(name) for name in names))
