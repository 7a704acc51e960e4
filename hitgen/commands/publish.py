"""`hitgen publish`: show the plan, ask for the total where money is spent, and carry it out."""

from __future__ import annotations

import argparse
import json
import socket
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from urllib.parse import urlsplit

from hitgen.build import build
from hitgen.check import check
from hitgen.commands import options
from hitgen.config.hosts import S3Host
from hitgen.config.read import read_config
from hitgen.console import Console
from hitgen.errors import CONFIG_NAME, InputError, in_config, raise_faults
from hitgen.hosts.bucket import BucketChange, configure_bucket, needed_changes
from hitgen.hosts.s3 import S3
from hitgen.lib.addresses import is_loopback
from hitgen.lib.text import count
from hitgen.publishing.publication import is_out, open_publication
from hitgen.publishing.publish import PublicationPlan, Published, plan_publication, publish
from hitgen.recruiters import kind_of
from hitgen.serve import open_collector


def add_arguments(parser: argparse.ArgumentParser) -> None:
    options.batch_dir(parser)
    options.production(parser)
    options.spending(parser)
    options.anew(parser)
    parser.add_argument("--adopt", action="store_true", help="take in HITs of this batch that another ledger made")
    parser.add_argument("--configure-bucket", action="store_true", help="show and set the narrowest public policy")
    options.as_json(parser)


def run(given: argparse.Namespace, console: Console) -> None:
    if given.production:
        _refuse_loopback(given)
    if given.configure_bucket and not _configure(given, console):
        return
    unit = options.unit(given.folder)
    if not is_out(given.folder):
        # Later the build is the one that was published, and must stay as it is.
        console.warn(check(given.folder, progress=console.on_progress).warnings)
        build(given.folder, progress=console.on_progress)
    with (
        _served(given, console),
        open_publication(given.folder, given.production, progress=console.on_progress) as publication,
    ):
        with options.noting(publication, console):
            plan = plan_publication(publication, others=given.adopt)
        if given.dry_run:
            console.outcome(plan, [*plan_lines(plan, unit), _really(given)])
            return
        console.say(*plan_lines(plan, unit))
        if not options.agrees_reward(console, plan.new_rewards, given.new_reward):
            return
        total = given.total
        if plan.account.environment == "production" and (plan.now or plan.later):
            total = console.typed_total(total)
        anew = {"new_reward": True, "new_answers": given.new_answers}
        done = publish(publication, plan, total, progress=console.on_progress, **anew)
        aside = publication.put_aside
    told = [f"the ledger of what was simulated, or closed, before this is put aside: {aside}"] if aside else []
    console.outcome(done, [*published_lines(done, unit), *told, *_after(given)])


def _refuse_loopback(given: argparse.Namespace) -> None:
    """People elsewhere cannot open an address of this machine."""
    config = read_config(given.folder / CONFIG_NAME)
    results = kind_of(config).results
    urls = {"host.base_url": getattr(config.host, "base_url", ""), "recruiter.results": getattr(results, "url", "")}
    raise_faults(
        [
            in_config(field, f"{url} opens on this machine only", "the https address at which the world sees it")
            for field, url in urls.items()
            if is_loopback(urlsplit(url).hostname or "")
        ]
    )


@contextmanager
def _served(given: argparse.Namespace, console: Console) -> Iterator[None]:
    """The pages at an address of this machine while they are verified, where nothing answers there yet."""
    config = read_config(given.folder / CONFIG_NAME)
    results = kind_of(config).results
    parts = urlsplit(getattr(config.host, "base_url", ""))
    mine = results is not None and results.kind == "collector" and is_loopback(parts.hostname or "")
    if not mine or parts.scheme != "http" or not parts.port or _answers(parts.hostname or "", parts.port):
        yield
        return
    # The extra `serve`, which nobody needs who publishes elsewhere.
    from hitgen.collector.server import Server

    with open_collector(given.folder) as (collector, _), Server(collector, parts.hostname or "", parts.port):
        console.say(f"Nothing answers at {parts.geturl()}: served from here while the pages are verified")
        yield


def _answers(host: str, port: int) -> bool:
    try:
        with socket.create_connection((host, port), timeout=2):
            return True
    except OSError:
        return False


def _after(given: argparse.Namespace) -> list[str]:
    """What to run next: the collector, where answers come to one."""
    kind = kind_of(read_config(given.folder / CONFIG_NAME))
    if kind.results is None or kind.results.kind != "collector":
        return [options.then("status", given.folder)]
    by_list = f"in place of {kind.addresses}, `{options.command('serve', given.folder, '--hand-out')}` gives a place to whoever comes"
    told = [by_list] if kind.addresses else []
    return ["answers arrive while the collector runs", *told, options.then("serve", given.folder)]


def _configure(given: argparse.Namespace, console: Console) -> bool:
    """Show the bucket's changes and make them if the user agrees; False where they were not agreed to."""
    config = read_config(given.folder / CONFIG_NAME)
    if not isinstance(config.host, S3Host):
        problem = "--configure-bucket is for S3 buckets"
        raise InputError(in_config("host.kind", problem, 'kind = "s3", or leave the option out'))
    host = S3(config.host, config.batch.name)
    raise_faults(host.faults())
    results = kind_of(config).results
    changes = needed_changes(host, config.hit.packs == "linked", results is not None and results.kind == "s3")
    console.say(*change_lines(changes))
    if changes and not console.agree(f"Change bucket {config.host.bucket}?", given.yes):
        return False
    configure_bucket(host, changes)
    return True


def _really(given: argparse.Namespace) -> str:
    words = ("--production",) if given.production else ()
    return options.then("publish", given.folder, *words)


def plan_lines(plan: PublicationPlan, unit: str = "HIT") -> list[str]:
    """What is about to be published and what it costs."""
    account, quote = plan.account, plan.quote
    later = f", {len(plan.later)} when those with the same study ladders are full" if plan.later else ""
    lines = [
        f"{account.environment}: {account.endpoint}, account {account.account}",
        f"{count(len(plan.now), unit)} now{later}",
        f"{count(quote.assignments, 'assignment')}: ${quote.rewards_usd} to workers and ${quote.fees_usd} in fees",
    ]
    if plan.adopted:
        lines.append(f"{count(len(plan.adopted), unit)} made without this ledger's knowing to be taken into it")
    if plan.doubtful:
        lines.append(f"{count(len(plan.doubtful), unit)} whose making was cut off to be settled first")
    if plan.committed_usd:
        lines.append(
            f"${plan.committed_usd} committed before, of which ${plan.paid_usd} paid; ${plan.total_usd} in all"
        )
    cap = f"${plan.cap_usd:.2f}" if plan.cap_usd is not None else "none"
    balance = f"${plan.balance_usd:.2f}" if plan.balance_usd is not None else "not drawn on"
    lines += [f"{field} {words}" for field, words in plan.new_rewards]
    return [*lines, f"cap: {cap}; balance: {balance}", f"Total: ${quote.total_usd}"]


def published_lines(done: Published, unit: str = "HIT") -> list[str]:
    """What was published."""
    lines = [f"{count(len(done.made), unit)} made, {count(done.uploaded, 'file')} sent"]
    if done.settled:
        lines.append(f"{count(len(done.settled), unit)} of a run that was cut off settled")
    if done.later:
        lines.append(f"{count(done.later, unit)} to follow: run `hitgen publish` again when those before them are full")
    return [*lines, *done.told]


def change_lines(changes: Sequence[BucketChange]) -> list[str]:
    """What `--configure-bucket` would change."""
    if not changes:
        return ["the bucket is set up as it should be"]
    return [f"{change.call}: {change.why}\n{json.dumps(change.setting, indent=1)}" for change in changes]
