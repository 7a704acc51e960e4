"""`hitgen check`: every fault at once, or the plan in numbers: at once what is known, then what has to be measured."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence

from hitgen.check import Planned, PlanSummary, check
from hitgen.commands import options
from hitgen.console import Console, columns, folded, size
from hitgen.lib.text import count
from hitgen.methods.base import AROUND_S
from hitgen.methods.kept import KeptShares
from hitgen.outlook import Outlook
from hitgen.stimuli.flash import LIMIT_SR, Flash

MOST_FLASHES = 30


def add_arguments(parser: argparse.ArgumentParser) -> None:
    options.batch_dir(parser)
    options.workers(parser)
    options.as_json(parser)


def run(given: argparse.Namespace, console: Console) -> None:
    found = check(
        given.folder, given.workers, console.on_progress,
        lambda planned: console.say(*plan_lines(planned)), lambda flashes: console.say(*flash_lines(flashes)),
    )  # fmt: skip
    console.outcome(found.record(), [*measured_lines(found), options.then("build", given.folder)])


def plan_lines(planned: Planned) -> list[str]:
    """The plan in numbers."""
    view = planned.outlook
    rows = [
        ("people", f"{view.people}, each with up to {view.pages_each} of the pages"),
        (
            "pages",
            f"{planned.pages}, {count(planned.assignments, 'assignment')}, {count(planned.trials, 'trial')} on all pages",
        ),
        (
            "time",
            f"about {view.minutes_a_page} minutes a page ({planned.pace}, {AROUND_S // 60} minutes around them)",
        ),
        *planned.asked,
        ("usable", f"{view.usable} of them, where all work all their pages and pass the screening"),
        *([("screening", _screening(view.gold, view.kept))] if view.gold[1] and view.kept else []),
        *_cost(planned),
        *(("levels", f"{name}: {qualities}") for name, qualities in view.qualities),
        *_sizes(view),
        ("window", f"at least {view.window[0]}x{view.window[1]} CSS pixels, measured as on these screens at 100% zoom"),
    ]
    return _lined(rows)


def _screening(gold: tuple[int, int], kept: KeptShares) -> str:
    """Whom gold answers keep."""
    fewest, most = gold
    answers = "one gold answer" if most == 1 == fewest else f"{most} gold answers"
    if fewest != most:
        answers = f"{fewest} to {most} gold answers"
    shares = f"{kept.honest:.0%} of honest people, {kept.sloppy:.0%} of sloppy ones and {kept.guessing:.1%} of those who guess"
    return f"by {answers} each keeps {shares}"


def _cost(planned: Planned) -> Iterator[tuple[str, str]]:
    if planned.reward_usd or planned.fees_usd:
        yield "cost", f"{planned.reward_usd} USD to workers, {planned.fees_usd} USD in fees"
    else:
        yield "cost", "nothing through hitgen"
    if planned.hourly_usd is not None:
        yield "pay", f"{planned.hourly_usd} USD an hour"
    if planned.waves_save_usd:
        yield "waves", f"HITs of at most 9 assignments, one after the other, save {planned.waves_save_usd} USD"


def _sizes(view: Outlook) -> Iterator[tuple[str, str]]:
    for shown in view.shown:
        pictures = f"{shown.pictures} of {shown.source[0]}x{shown.source[1]}"
        fits = "" if shown.fits else "; the page does not fit there"
        fits += f", and would with width_cm = {shown.fits_cm:g}" if shown.fits_cm else ""
        yield (
            "shown",
            (
                f"{pictures}: {shown.size[0]}x{shown.size[1]} device pixels on a {shown.screen} screen "
                f"({shown.scale:.2f} a source pixel){fits}"
            ),
        )


def _frames(found: PlanSummary) -> str:
    other = f"about {size(found.inline_bytes_otherwise)} in pages"
    if found.made:
        return f"made by pages in {count(found.made, 'ladder')}; carried they would weigh {other}"
    could = found.inline_bytes_otherwise < found.inline_bytes
    return f"carried; made by pages they would weigh {other}" if could else "carried"


def measured_lines(found: PlanSummary) -> list[str]:
    """What was measured, then what to mind."""
    about = "about " if found.estimated else ""
    rows = [
        ("frames", _frames(found)),
        ("inline", f"{about}{size(found.inline_bytes)} of packs in pages"),
        ("linked", f"{about}{size(found.linked_bytes)} of packs" + (": worth it" if found.linked_worth_it else "")),
        ("flash area", f"{found.largest_flash_sr:.4f} sr at most; the limit of WCAG 2.3.1 is {LIMIT_SR}"),
    ]
    if found.estimated:
        told = f"{count(found.estimated, 'ladder')} by block-aligned tiles of their pictures, scaled up; a build makes all whole"
        rows.append(("measured", told))
    return _lined([*rows, *(("warning", text) for text in found.warnings)])


def flash_lines(flashes: Sequence[Flash]) -> list[str]:
    """How all ladders flash, the worst first."""
    worst = sorted(flashes, key=lambda each: -each.most_sr)
    rows = [("flashes beyond WCAG 2.3.1", "at most", "from level on")]
    rows += [
        (each.ladder, f"{each.most_sr:.4f} sr", str(each.first_beyond) if each.first_beyond is not None else "-")
        for each in worst[:MOST_FLASHES]
    ]
    more = [f"... and {len(worst) - MOST_FLASHES} more"] if len(worst) > MOST_FLASHES else []
    return [*columns(rows, right=(1, 2)), *more]


def _lined(rows: Sequence[tuple[str, str]]) -> list[str]:
    return [line for name, text in rows for line in folded(f"{name:11} ", text)]
