"""`hitgen extend`: more time for HITs with places left."""

from __future__ import annotations

import argparse
from datetime import timedelta

from hitgen.commands import options
from hitgen.console import Console
from hitgen.lib.text import count
from hitgen.publishing.end import ExtensionPlan, extend, plan_extension
from hitgen.publishing.publication import open_account


def add_arguments(parser: argparse.ArgumentParser) -> None:
    options.batch_dir(parser)
    parser.add_argument("--hours", type=options.hours, required=True, metavar="H", help="from now")
    options.spending(parser)
    options.as_json(parser)


def run(given: argparse.Namespace, console: Console) -> None:
    time = timedelta(hours=given.hours)
    with open_account(given.folder, progress=console.on_progress) as account:
        with options.noting(account, console):
            plan = plan_extension(account, time)
        if given.dry_run:
            console.outcome(plan, extension_lines(plan))
            return
        console.say(*extension_lines(plan))
        total = given.total
        if plan.account.environment == "production" and plan.cost_usd:
            total = console.typed_total(total)
        changed = extend(account, time, total, plan)
    be, unit = "is" if len(changed) == 1 else "are", options.unit(given.folder)
    told = f"{count(len(changed), unit)} {be} open for {given.hours:g} hours from now"
    if not changed:
        told = f"no {unit} with places left ends within {given.hours:g} hours from now"
    console.outcome({"hits": changed}, [told, options.then("status", given.folder)])


def extension_lines(plan: ExtensionPlan) -> list[str]:
    """What giving more time does and costs; nothing where no HIT that had ended is opened again."""
    if not plan.reopened:
        return []
    more = f" and {len(plan.reopened) - 5} more" if len(plan.reopened) > 5 else ""
    lines = [f"ended before, to be opened again: {', '.join(plan.reopened[:5])}{more}"]
    if plan.beside_topups:
        lines.append(f"{len(plan.beside_topups)} of them beside top-ups of the same pages: both bring ratings")
    cap = f"${plan.cap_usd:.2f}" if plan.cap_usd is not None else "none"
    return [
        *lines,
        f"${plan.committed_usd} committed before, of which ${plan.paid_usd} paid; ${plan.total_usd} in all; cap: {cap}",
        f"Total: ${plan.cost_usd}",
    ]
