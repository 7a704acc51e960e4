"""`hitgen topup`: just the usable ratings still missing are published."""

from __future__ import annotations

import argparse

from hitgen.commands import options
from hitgen.commands.publish import plan_lines, published_lines
from hitgen.console import Console
from hitgen.lib.text import count
from hitgen.publishing.publication import open_publication
from hitgen.publishing.publish import publish
from hitgen.results.topup import TopupPlan, plan_topup, refuse_unpublished


def add_arguments(parser: argparse.ArgumentParser) -> None:
    options.batch_dir(parser)
    parser.add_argument("--with-undecided", action="store_true", help="count ratings without enough evidence")
    options.production(parser)
    options.spending(parser)
    options.anew(parser)
    options.as_json(parser)


def run(given: argparse.Namespace, console: Console) -> None:
    refuse_unpublished(given.folder)
    with open_publication(given.folder, given.production, progress=console.on_progress) as publication:
        with options.noting(publication, console):
            plan = plan_topup(publication, given.with_undecided)
        unit = options.unit(given.folder)
        if given.dry_run:
            console.outcome(plan, [*topup_lines(plan, unit), options.then("topup", given.folder)])
            return
        console.say(*topup_lines(plan, unit))
        new = plan.publication
        if not (new.now or new.doubtful):
            # A run that was cut off may have made some and let nobody in to them.
            told = publication.recruiter.start() if publication.ledger.fact("closed") is None else []
            console.outcome(plan, [*told, options.then("status" if new.later else "report", given.folder)])
            return
        if not options.agrees_reward(console, new.new_rewards, given.new_reward):
            return
        total = given.total
        if new.account.environment == "production":
            total = console.typed_total(total)
        elif not console.agree("Publish these?", given.yes, "Nothing was done"):
            return
        anew = {"new_reward": True, "new_answers": given.new_answers}
        done = publish(publication, new, total, progress=console.on_progress, **anew)
    console.outcome(done, [*published_lines(done, unit), options.then("status", given.folder)])


def topup_lines(plan: TopupPlan, unit: str = "HIT") -> list[str]:
    """What is missing, and what the HITs that would bring it cost."""
    shorts = plan.shortfalls.values()
    wanted, usable = sum(short.wanted for short in shorts), sum(short.usable for short in shorts)
    undecided, coming = sum(short.undecided for short in shorts), sum(short.coming for short in shorts)
    lines = [f"{wanted} ratings wanted: {usable} usable, {undecided} without enough evidence, {coming} to come"]
    if not plan.pages:
        lines.append("No ratings need to be asked for")
    else:
        lines.append(f"asked for: {count(sum(plan.pages.values()), 'assignment')} of {count(len(plan.pages), 'page')}")
    if undecided:
        lines.append("--with-undecided counts those without enough evidence as usable")
    if plan.held_back:
        lines.append(f"{plan.held_back} more with the next `topup`: waves keep a HIT below 10 assignments")
    lines += plan_lines(plan.publication, unit)
    if plan.publication.later:
        lines.append("Open ones with the same pictures come first: run `hitgen topup` again when they are full")
    return lines
