"""Answers that come by a way of hitgen's own: what pages must know of it, and its end on this side."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from hitgen.collector.bucket_way import bucket_plan
from hitgen.collector.proof import Site
from hitgen.collector.ways import LocalWay, Way
from hitgen.config.batch import BatchConfig
from hitgen.config.hosts import AnyHost, S3Host
from hitgen.config.recruiter import AnyResults, CollectorResults
from hitgen.errors import Fault, in_config
from hitgen.hosts.addresses import object_url
from hitgen.lib.addresses import REACHES, address, policy_address, reach


def origin(address: str) -> str:
    """The scheme, host and port of an address, as browsers write an origin."""
    parts = urlsplit(address.lower())
    usual = {"http": ":80", "https": ":443"}.get(parts.scheme, "")
    return f"{parts.scheme}://{parts.netloc.removesuffix(usual) if parts.port else parts.netloc}"


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


def delivery_faults(config: BatchConfig, answers: dict[str, Any]) -> list[Fault]:
    """Why pages could not open or reach the addresses that their answers go to; nothing while pages have no address yet."""
    page, results = _page_address(config.host), answers["results"]
    if not page:
        return []
    faults = _refusals("host", page, address)
    for name in ("url", "policy_url", "post_url"):
        if name in results:
            where = "recruiter.results.url" if name == "url" else "host"
            faults += _refusals(where, results[name], policy_address) or _unreachable(where, page, results[name])
    return faults


def _page_address(host: AnyHost) -> str:
    if isinstance(host, S3Host):
        return object_url(host, "") if host.bucket else ""
    return host.base_url


def _refusals(where: str, url: str, rule: Callable[[str], str]) -> list[Fault]:
    try:
        rule(url)
    except ValueError as error:
        problem, _, remedy = str(error).partition("; ")
        return [in_config(where, f"{url} {problem}", remedy)]
    return []


def _unreachable(where: str, page: str, url: str) -> list[Fault]:
    seen, found = reach(page), reach(url)
    if REACHES.index(found) < REACHES.index(seen):
        problem = f"pages at {page} are open to {seen}, but answers to {url} come from {found} only"
        return [in_config(where, problem, "an address for the answers that opens wherever the pages do")]
    if page.startswith("https:") and url.startswith("http:") and found != "this machine":
        problem = f"no browser lets a page that came by https ({page}) send to {url} by plain http"
        return [in_config(where, problem, f"https{url.removeprefix('http')}, by a web server that speaks https")]
    return []


def open_way(config: BatchConfig, results: AnyResults) -> Way:
    """How answers come in."""
    if isinstance(results, CollectorResults):
        page = _page_address(config.host)
        site = Site(f"{page.rstrip('/')}/{config.batch.name}/pages/proof.html" if page else "", origin(results.url))
        return LocalWay(results.url.rstrip("/"), config.batch.name, site)
    plan = bucket_plan(config)
    from hitgen.collector.bucket import BucketWay  # boto3 takes a while to load, and pages need none of it

    return BucketWay(plan.host, config.batch.name, plan)
