"""`hitgen status`: what is out, in, judged and paid."""

from __future__ import annotations

import argparse
from pathlib import Path

from hitgen.commands import options
from hitgen.console import Console
from hitgen.lib.clock import NEVER, utc_now
from hitgen.lib.text import count
from hitgen.publishing.publication import open_account
from hitgen.publishing.status import Status, status, status_offline


def add_arguments(parser: argparse.ArgumentParser) -> None:
    options.batch_dir(parser)
    parser.add_argument("--offline", action="store_true", help="as last seen, without asking the recruiter")
    options.as_json(parser)


def run(given: argparse.Namespace, console: Console) -> None:
    if given.offline:
        found = status_offline(given.folder, utc_now())
    else:
        with open_account(given.folder, progress=console.on_progress, ending=True) as account:
            found = status(account)
    console.outcome(found, told(found, given.folder))


def told(found: Status, folder: Path, *words: str) -> list[str]:
    """All that is said of the state of a batch, with the command to run next, which ends in `words`."""
    return [*status_lines(found), options.then(_after(found), folder, *words)]


def _after(found: Status) -> str:
    if found.closed:
        return "report"
    if found.submitted:
        return "review"
    return "fetch" if found.out or found.at_work else "topup"


def status_lines(found: Status) -> list[str]:
    """The state of a published batch."""
    hits = ", ".join(f"{number} {state}" for state, number in sorted(found.hits.items()))
    lines = [
        f"{found.account.environment}: {found.account.endpoint}" + (" (closed)" if found.closed else ""),
        f"{count(2, found.unit)[2:]}: {hits or 'none'}",
        f"assignments: {found.out} open, {found.at_work} at work, {found.submitted} to be judged, "
        f"{found.approved} approved, {found.rejected} rejected"
        + (f", {found.returned} returned" * bool(found.returned)),
        f"${found.committed_usd} committed, of which ${found.paid_usd} paid",
    ]
    if found.answers_until:
        lines.append(
            f"answers can arrive until {found.answers_until:%Y-%m-%d %H:%M} UTC; `hitgen status` or `fetch` renews"
        )
    if found.ends_at and found.ends_at < NEVER:
        lines.append(f"the last {found.unit} ends at {found.ends_at:%Y-%m-%d %H:%M} UTC")
    return [*lines, *found.edited]
