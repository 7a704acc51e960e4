"""What the publishing verbs tell people, as lines of text; nothing here prints."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hitgen.publishing.end import Ended
from hitgen.publishing.publish import PublicationPlan, Published
from hitgen.publishing.status import Status
from hitgen.results.forget import Forgotten

if TYPE_CHECKING:
    # Needs boto3, which `forget` and a folder host do without.
    from hitgen.hosts.bucket import Change


MOST_OF_A_FOLDER = 3


NO_END = 9999
"""The year in which HITs end that have no end by themselves."""


def as_json(data: Any) -> str:
    """Any of the verbs' results as JSON; money and times are strings."""
    return json.dumps(asdict(data), default=str, indent=1)


def plan_lines(plan: PublicationPlan) -> list[str]:
    """What `publish` is about to do and what it costs."""
    account, quote = plan.account, plan.quote
    lines = [
        f"{account.environment}: {account.endpoint}, account {account.account}",
        f"{len(plan.now)} HITs now"
        + (f", {len(plan.later)} when those with the same study ladders are full" if plan.later else ""),
        f"{quote.assignments} assignments: ${quote.rewards_usd} to workers and ${quote.fees_usd} in fees",
    ]
    if plan.doubtful:
        lines.append(f"{len(plan.doubtful)} HITs whose making was cut off are settled first")
    if plan.committed_usd:
        lines.append(
            f"${plan.committed_usd} committed before, of which ${plan.paid_usd} paid; ${plan.total_usd} in all"
        )
    cap = f"${plan.cap_usd:.2f}" if plan.cap_usd is not None else "none"
    balance = f"${plan.balance_usd:.2f}" if plan.balance_usd is not None else "not drawn on"
    return [*lines, f"cap: {cap}; balance: {balance}", f"Total: ${quote.total_usd}"]


def published_lines(done: Published) -> list[str]:
    """What `publish` has done."""
    lines = [f"{len(done.made)} HITs made, {done.uploaded} files sent"]
    if done.settled:
        lines.append(f"{len(done.settled)} HITs of a run that was cut off are settled")
    if done.later:
        lines.append(f"{done.later} HITs follow: run `hitgen publish` again when those before them are full")
    return [*lines, *done.told]


def status_lines(found: Status) -> list[str]:
    """The state of a published batch."""
    hits = ", ".join(f"{count} {state}" for state, count in sorted(found.hits.items()))
    lines = [
        f"{found.account.environment}: {found.account.endpoint}" + (" (closed)" if found.closed else ""),
        f"HITs: {hits or 'none'}",
        f"assignments: {found.out} open, {found.at_work} at work, {found.submitted} to be judged, "
        f"{found.approved} approved, {found.rejected} rejected",
        f"${found.committed_usd} committed, of which ${found.paid_usd} paid",
    ]
    if found.ends_at and found.ends_at.year < NO_END:
        lines.append(f"the last HIT ends at {found.ends_at:%Y-%m-%d %H:%M} UTC")
    return lines


def ended_lines(ended: Ended) -> list[str]:
    """What `delete` or `close` has done, and why something remains."""
    lines = [f"{len(ended.done)} HITs deleted"]
    lines += [f"{hit} stays: {why}" for hit, why in ended.left.items()]
    if ended.closed:
        lines.append(f"{ended.files_removed} files removed from the host; the batch is closed")
    return lines


def _shortened(paths: Sequence[Path]) -> list[str]:
    """The paths, or their folder and number where a folder has many."""
    counts = Counter(path.parent for path in paths)
    single = [str(path) for path in paths if counts[path.parent] <= MOST_OF_A_FOLDER]
    return single + [f"{folder} ({n} files)" for folder, n in counts.items() if n > MOST_OF_A_FOLDER]


def forgotten_lines(told: Forgotten) -> list[str]:
    """What `forget` has erased and what else names the worker."""
    return [
        f"{told.rows} rows erased",
        *(f"{path} was written again" for path in _shortened(told.erased.rewritten)),
        *(f"{path} was removed: make it again without this worker" for path in _shortened(told.erased.removed)),
        *(f"{path} still names this worker: delete or change it" for path in told.still_named_in),
    ]


def change_lines(changes: Sequence[Change]) -> list[str]:
    """What `--configure-bucket` would change."""
    if not changes:
        return ["the bucket is set up as it should be"]
    return [f"{change.call}: {change.why}\n{json.dumps(change.setting, indent=1)}" for change in changes]
