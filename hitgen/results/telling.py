"""What the verbs of results tell people, as lines of text or JSON; nothing here prints."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hitgen.ledger.acts import Verb
from hitgen.methods.submission import plain
from hitgen.results.apply import Applied
from hitgen.results.parse import Faulty
from hitgen.results.review_plan import ReviewPlan
from hitgen.results.reviewfile import ReviewRow
from hitgen.results.study import Study
from hitgen.showing import plan_lines

if TYPE_CHECKING:
    # Needs polars, which fetch and review do without.
    from hitgen.results.export import Exported
    from hitgen.results.fetch import Fetched
    from hitgen.results.topup import TopupPlan

MOST_NAMED = 20
MOST_ROWS = 40
LONGEST_REASON = 70


def as_json(data: Any) -> str:
    """A plan or an outcome as JSON; money and times are strings."""
    return json.dumps(asdict(data), default=str, indent=1)


def faulty_lines(faulty: Sequence[Faulty]) -> Iterator[str]:
    """Each faulty submission by name, up to a screenful."""
    for bad in faulty[:MOST_NAMED]:
        yield f"faulty: {plain(bad.received.assignment)} for {bad.received.hit}: {bad.fault}"
    if len(faulty) > MOST_NAMED:
        yield f"... and {len(faulty) - MOST_NAMED} more; `hitgen review` lists them all"


def fetched_lines(found: Fetched) -> list[str]:
    """What `fetch` took in."""
    lines = [f"{found.new} new submissions, {found.total} in all, {len(found.faulty)} of them faulty"]
    lines += faulty_lines(found.faulty)
    if found.doubtful:
        lines.append(f"{found.doubtful} HITs were being made when `publish` was cut off; run it again to see theirs")
    return lines


def fetched_json(found: Fetched) -> str:
    """The same for scripts."""
    faulty = [
        {"assignment": bad.received.assignment, "hit": bad.received.hit, "fault": bad.fault} for bad in found.faulty
    ]
    counts = {"new": found.new, "total": found.total, "doubtful": found.doubtful}
    return json.dumps({**counts, "faulty": faulty}, indent=1)


def review_lines(study: Study, rows: Sequence[ReviewRow], path: Path) -> list[str]:
    """The table, those that need a look first, with what the whole comes to."""
    ratings = [verdict.use for verdict in study.judged.ratings.values()]
    ranks = {"undecided": 0, "reject": 1, "pay": 2}
    sorted_rows = sorted(rows, key=lambda row: (ranks[row.pay], row.use == "use"))
    lines = [f"{'assignment':32} {'page':6} {'min':>5} {'gold':>4} {'rate':>5} {'pay':9} {'use':19} reasons"]
    lines += [_review_line(row) for row in sorted_rows[:MOST_ROWS]]
    if len(rows) > MOST_ROWS:
        lines.append(f"... and {len(rows) - MOST_ROWS} more in the file")
    few = study.config.screening.gold_answers_min
    if any(row.use == "not-enough-evidence" for row in rows):
        lines.append(f"not-enough-evidence: the worker has fewer than gold_answers_min = {few} gold answers")
    times = [row.auto_approval_at for row in study.received() if row.status == "Submitted" and row.auto_approval_at]
    if times:
        lines.append(f"the first that is not judged approves itself at {min(times):%Y-%m-%d %H:%M} UTC")
    return [
        *lines,
        f"{len(rows)} assignments: {_counts(row.pay for row in rows)}; {_counts(row.use for row in rows)}",
        f"{len(ratings)} ratings: {_counts(ratings)}",
        f"Edit {path}, then `hitgen review {study.folder} --apply`",
    ]


def _counts(names: Iterable[str]) -> str:
    return ", ".join(f"{count} {name}" for name, count in Counter(names).most_common()) or "none"


def _review_line(row: ReviewRow) -> str:
    reasons = row.reasons if len(row.reasons) <= LONGEST_REASON else row.reasons[: LONGEST_REASON - 3] + "..."
    return (
        f"{plain(row.assignment):32} {row.page:6} {row.minutes:>5} {row.gold_answers:>4} {row.gold_rate:>5} "
        f"{row.pay:9} {row.use:19} {plain(reasons)}"
    ).rstrip()


def review_json(rows: Sequence[ReviewRow]) -> str:
    """The whole table for scripts."""
    return json.dumps([asdict(row) for row in rows], default=str, indent=1)


def review_plan_json(plan: ReviewPlan) -> str:
    """The same for scripts, with the acts under the names of what is done."""
    names: dict[str, Verb] = {"approve": "approve", "reject": "reject", "bonuses": "bonus", "shut_out": "exclude"}
    names |= {"admit": "admit", "notify": "notify"}
    acts = {name: [asdict(act) for act in plan.of(verb)] for name, verb in names.items()}
    return json.dumps({**asdict(replace(plan, acts=())), **acts}, default=str, indent=1)


def review_plan_lines(plan: ReviewPlan) -> list[str]:
    """What applying the review is about to do and what it costs."""
    counts = Counter(act.verb for act in plan.acts)
    lines = [
        f"{plan.environment}: approve {counts['approve']}, reject {counts['reject']}, pay {counts['bonus']} bonuses",
        f"admit {counts['admit']}, shut out {counts['exclude']}, mail {counts['notify']} workers",
    ]
    lines += [f"reject {act.subject}: {plain(act.words)}" for act in plan.of("reject")[:MOST_NAMED]]
    lines += [f"left: {plain(text)}" for text in plan.left[:MOST_NAMED]]
    if len(plan.left) > MOST_NAMED:
        lines.append(f"left: {len(plan.left) - MOST_NAMED} more")
    if plan.unlisted:
        lines.append(f"{plan.unlisted} submissions are not in the review file: `hitgen review` adds them")
    lines.append(f"${plan.committed_usd} committed, of which ${plan.paid_usd} paid")
    if not plan.acts:
        return [*lines, "Nothing is left to do"]
    return [*lines, f"${plan.rewards_usd} set aside at publishing, ${plan.bonuses_usd} more; Total: ${plan.total_usd}"]


def applied_lines(done: Applied) -> list[str]:
    """What applying the review has done."""
    return [
        f"{done.approved} approved, {done.rejected} rejected, {done.bonuses} bonuses paid, {done.admitted} admitted, "
        f"{done.shut_out} shut out, {done.notified} mails sent",
        *(f"refused: {plain(text)}" for text in done.failed),
    ]


def topup_lines(plan: TopupPlan) -> list[str]:
    """What is missing, and what the HITs that would bring it cost."""
    shorts = plan.shortfalls.values()
    wanted, usable = sum(short.wanted for short in shorts), sum(short.usable for short in shorts)
    undecided, coming = sum(short.undecided for short in shorts), sum(short.coming for short in shorts)
    lines = [f"{wanted} ratings wanted: {usable} usable, {undecided} without enough evidence, {coming} to come"]
    if not plan.pages:
        lines.append("No ratings need to be asked for")
    else:
        lines.append(f"asked for: {sum(plan.pages.values())} assignments of {len(plan.pages)} pages")
    if undecided:
        lines.append("--with-undecided counts those without enough evidence as usable")
    if plan.held_back:
        lines.append(f"{plan.held_back} more with the next `topup`: waves keep a HIT below 10 assignments")
    lines += plan_lines(plan.publication)
    if plan.publication.later:
        lines.append("Open HITs with the same pictures come first: run `hitgen topup` again when they are full")
    return lines


def exported_lines(done: Exported) -> list[str]:
    """What `export` wrote."""
    rows = ", ".join(f"{count} {name}" for name, count in done.rows.items())
    lines = [f"{done.folder}: {rows}, as CSV and Parquet, with data-dictionary.md"]
    if done.faulty:
        lines.append(f"{done.faulty} faulty submissions are not in it; `hitgen review` names them")
    return lines


def exported_json(done: Exported) -> str:
    """The same for scripts."""
    return json.dumps({"folder": str(done.folder), "rows": done.rows, "faulty": done.faulty}, indent=1)
