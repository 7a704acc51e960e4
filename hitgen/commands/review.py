"""`hitgen review`: verdicts as a table to edit, and to apply."""

from __future__ import annotations

import argparse
import textwrap
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, replace
from typing import Any

from hitgen.commands import options
from hitgen.console import Console, columns, folded
from hitgen.errors import InputError, OutsideError, at_option
from hitgen.ledger.acts import Verb
from hitgen.lib.text import count, plain
from hitgen.publishing.collect import collect
from hitgen.publishing.publication import open_account
from hitgen.results.apply import Applied, apply_review
from hitgen.results.flow import Flow, flow_of
from hitgen.results.review import propose
from hitgen.results.review_plan import ReviewPlan, plan_review
from hitgen.results.reviewfile import ReviewRow, review_path, write_review
from hitgen.results.study import Study, read_study

MOST_NAMED = 20
MOST_ROWS = 40
WIDTH = 80
"""Of a terminal, which the table fits whatever the ids of its recruiter."""
REASON_LINES = 3
INDENT = "    "


def add_arguments(parser: argparse.ArgumentParser) -> None:
    options.batch_dir(parser)
    options.rehearsal(parser)
    parser.add_argument("--apply", action="store_true", help="approve, reject, pay bonuses, admit, shut out, tell")
    options.spending(parser)
    options.as_json(parser)


def run(given: argparse.Namespace, console: Console) -> None:
    if given.apply:
        if given.rehearsal:
            raise InputError(at_option("--apply", "a rehearsal's service has ended", "leaving one of the two out"))
        _apply(given, console)
        return
    folder = options.study_folder(given)
    study = read_study(folder)
    rows = propose(study)
    try:
        path = write_review(folder, rows)
        apply = options.command("review", study.folder, "--apply")
        alone = given.rehearsal or options.is_simulated(given.folder)  # nobody is there to be approved
        last = f"Written to {path}" if alone else f"Edit {path}, then `{apply}`"
    except OSError as error:
        last = f"{review_path(folder)}: {error.strerror}; the table is not kept in a file"
    lines = [*review_lines(study, rows), last, options.then("report", given.folder, *options.rehearsed(given))]
    console.outcome([asdict(row) for row in rows], lines)


def _apply(given: argparse.Namespace, console: Console) -> None:
    with open_account(given.folder, progress=console.on_progress) as account:
        now = account.now()  # what is paid and owed is as of the look
        with options.noting(account, console):
            collect(account)
        plan = plan_review(account, read_study(given.folder, account.ledger), now)
        if given.dry_run:
            lines = [*review_plan_lines(plan), options.then("review", given.folder, "--apply")]
            console.outcome(review_plan_record(plan), lines)
            return
        console.say(*review_plan_lines(plan))
        if not plan.acts:
            console.outcome(Applied(), [options.then("report", given.folder)])
            return
        total = given.total
        if plan.environment == "production" and plan.total_usd:
            total = console.typed_total(total)
        elif not console.agree("Carry this out?", given.yes, "Nothing was done"):
            return
        done = apply_review(account, plan, total, console.on_progress)
    console.outcome(done, [*applied_lines(done), options.then("report", given.folder)])
    if done.failed:
        raise OutsideError(f"the recruiter refused {len(done.failed)} of these acts; the others are done")


def review_lines(study: Study, rows: Sequence[ReviewRow]) -> list[str]:
    """The table, those that need a look first, with what the whole comes to."""
    ranks = {"undecided": 0, "reject": 1, "pay": 2}
    sorted_rows = sorted(rows, key=lambda row: (ranks[row.pay], row.use == "use"))
    told = sorted_rows[:MOST_ROWS]
    head, *table = columns(
        [("participant", "page", "minutes", "gold", "rate", "pay", "use"), *map(_cells, told)], right=(2, 3, 4)
    )
    lines = [head]
    for row, line in zip(told, table, strict=True):
        lines += [line, *_why(row)]
    if len(rows) > MOST_ROWS:
        lines.append(f"... and {len(rows) - MOST_ROWS} more in the file")
    rules = study.config.screening
    if any(row.use == "not-enough-evidence" for row in rows):
        few = f"the worker has fewer than gold_answers_min = {rules.gold_answers_min} gold answers"
        open_ = f"by gold alone the worker is honest with a probability below use_above = {rules.use_above:g}"
        lines += folded("not-enough-evidence: ", few if rules.judged_by == "thresholds" else open_)
    times = [row.auto_approval_at for row in study.received() if row.status == "Submitted" and row.auto_approval_at]
    if times:
        lines.append(f"the first that is not judged approves itself at {min(times):%Y-%m-%d %H:%M} UTC")
    strangers = count(len(study.strangers), "row")
    left_out = [f"{strangers} of assignments that nobody handed in left out of the file"] * bool(study.strangers)
    return [
        *lines,
        *study.edited,
        *left_out,
        f"{count(len(rows), 'assignment')}: {_counts(row.pay for row in rows)}; {_counts(row.use for row in rows)}",
        *flow_lines(flow_of(study)),
    ]


def flow_lines(flow: Flow) -> list[str]:
    """What was left out on the way to the ratings that are used, step by step."""
    read = flow.steps.index(flow.screened[0])
    before = [f"{step.out.submissions} {step.name}" for step in flow.steps[:read] if step.out.submissions]
    left = [f"{step.out.ratings} {step.name}" for step in flow.screened if step.out.ratings]
    return [
        f"{count(flow.handed_in.submissions, 'submission')}: {', '.join([*before, f'{flow.read.submissions} read'])}",
        f"{count(flow.read.ratings or 0, 'rating')}: {'; '.join([*([', '.join(left)] if left else []), f'{flow.used.ratings} used'])}",
    ]


def _counts(names: Iterable[str]) -> str:
    return ", ".join(f"{count} {name}" for name, count in Counter(names).most_common()) or "none"


def _cells(row: ReviewRow) -> tuple[str, ...]:
    return (plain(row.worker), row.page, row.minutes, row.gold_answers, row.gold_rate, row.pay, row.use)


def _why(row: ReviewRow) -> list[str]:
    """Why a row needs a look, under it, with the assignment by which the file has it."""
    if not row.reasons:
        return []
    text = f"{plain(row.assignment)}: {plain(row.reasons)}"
    lines = textwrap.wrap(text, WIDTH - len(INDENT), max_lines=REASON_LINES, placeholder=" ...")
    return [INDENT + line for line in lines]


def review_plan_record(plan: ReviewPlan) -> dict[str, Any]:
    """The plan for scripts, with the acts under the names of what is done."""
    names: dict[str, Verb] = {"approve": "approve", "reject": "reject", "bonuses": "bonus", "shut_out": "exclude"}
    names |= {"admit": "admit", "notify": "notify"}
    return asdict(replace(plan, acts=())) | {
        name: [asdict(act) for act in plan.of(verb)] for name, verb in names.items()
    }


def review_plan_lines(plan: ReviewPlan) -> list[str]:
    """What applying the review is about to do and what it costs."""
    counts = Counter(act.verb for act in plan.acts)
    lines = [
        f"{plan.environment}: approve {counts['approve']}, reject {counts['reject']}, pay {count(counts['bonus'], 'bonus')}",
        f"admit {counts['admit']}, shut out {counts['exclude']}, mail {count(counts['notify'], 'worker')}",
    ]
    lines += [f"reject {act.subject}: {plain(act.words)}" for act in plan.of("reject")[:MOST_NAMED]]
    lines += [f"left: {plain(text)}" for text in plan.left[:MOST_NAMED]]
    if len(plan.left) > MOST_NAMED:
        lines.append(f"left: {len(plan.left) - MOST_NAMED} more")
    if plan.unlisted:
        lines.append(f"{count(plan.unlisted, 'submission')} missing in the review file: `hitgen review` adds them")
    lines.append(f"${plan.committed_usd} committed, of which ${plan.paid_usd} paid")
    if not plan.acts:
        return [*lines, "Nothing is left to do"]
    return [*lines, f"${plan.rewards_usd} set aside at publishing, ${plan.bonuses_usd} more; Total: ${plan.total_usd}"]


def applied_lines(done: Applied) -> list[str]:
    """What applying the review has done."""
    return [
        f"{done.approved} approved, {done.rejected} rejected, {count(done.bonuses, 'bonus')} paid, {done.admitted} admitted, "
        f"{done.shut_out} shut out, {count(done.notified, 'mail')} sent",
        *(f"refused: {plain(text)}" for text in done.failed),
    ]
