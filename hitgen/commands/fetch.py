"""`hitgen fetch`: submissions are taken in, and the faulty ones named."""

from __future__ import annotations

import argparse

from hitgen.commands import options
from hitgen.console import Console
from hitgen.lib.text import count
from hitgen.publishing.publication import open_account
from hitgen.results.fetch import Fetched, fetch
from hitgen.results.study import read_study

MOST_NAMED = 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    options.batch_dir(parser)
    options.rehearsal(parser)
    parser.add_argument("--all", action="store_true", help="look into every HIT, not only those that changed")
    options.as_json(parser)


def run(given: argparse.Namespace, console: Console) -> None:
    if given.rehearsal:
        # It took in all there was before its service ended.
        study = read_study(options.study_folder(given))
        found = Fetched(0, len(study.received()), study.faulty, 0, study.pseudonym)
    else:
        with (
            open_account(given.folder, progress=console.on_progress, ending=True) as account,
            options.noting(account, console),
        ):
            found = fetch(account, given.all)
    faulty = [
        {"assignment": found.pseudonym(bad.received.assignment), "hit": bad.received.hit, "fault": bad.fault}
        for bad in found.faulty
    ]
    counts = {"new": found.new, "total": found.total, "doubtful": found.doubtful}
    following = options.then("status", given.folder)
    if found.new or given.rehearsal:
        following = options.then("review", given.folder, *(("--rehearsal",) if given.rehearsal else ()))
    console.outcome({**counts, "faulty": faulty}, [*fetched_lines(found), following])


def fetched_lines(found: Fetched) -> list[str]:
    """What was taken in; each faulty submission by name, up to a screenful."""
    lines = [f"{count(found.new, 'new submission')}, {found.total} in all, {len(found.faulty)} of them faulty"]
    lines += [
        f"faulty: {found.pseudonym(bad.received.assignment)} for {bad.received.hit}: {bad.fault}"
        for bad in found.faulty[:MOST_NAMED]
    ]
    if len(found.faulty) > MOST_NAMED:
        lines.append(f"... and {len(found.faulty) - MOST_NAMED} more")
    if found.faulty:
        lines.append("those are pseudonyms, as in the export; `hitgen review` lists them all by the recruiter's ids")
    if found.doubtful:
        lines.append(f"`publish` was cut off while {found.doubtful} were being made; run it again to see theirs")
    return lines
