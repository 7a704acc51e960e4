"""`hitgen check`: every fault at once, or the plan in numbers."""

from __future__ import annotations

import argparse

from hitgen.check import PlanSummary, check
from hitgen.commands import options
from hitgen.console import Console, size


def add_arguments(parser: argparse.ArgumentParser) -> None:
    options.batch_dir(parser)
    options.workers(parser)
    options.as_json(parser)


def run(given: argparse.Namespace, console: Console) -> None:
    found = check(given.folder, given.workers, console.on_progress)
    console.outcome(found.record(), check_lines(found))


def check_lines(found: PlanSummary) -> list[str]:
    """The plan in numbers, then what to mind."""
    rows = {
        "pages": f"{found.pages}, {found.assignments} assignments",
        "trials": f"{found.trials} on all pages",
        "ratings": f"{found.ratings_per_image} for each study image",
        "cost": f"{found.reward_usd} USD to workers, {found.fees_usd} USD in fees",
    }
    if found.hourly_usd is not None:
        rows["pay"] = f"{found.hourly_usd} USD an hour"
    if found.waves_save_usd:
        rows["waves"] = f"HITs of at most 9 assignments, one after the other, save {found.waves_save_usd} USD"
    rows["inline"] = f"{size(found.inline_bytes)} of packs in pages"
    rows["linked"] = f"{size(found.linked_bytes)} of packs" + (": worth it" if found.linked_worth_it else "")
    rows["flash area"] = f"{found.largest_flash_sr:.4f} sr at most; the limit of WCAG 2.3.1 is 0.006"
    return [f"{name:11} {text}" for name, text in (*rows.items(), *(("warning", text) for text in found.warnings))]
