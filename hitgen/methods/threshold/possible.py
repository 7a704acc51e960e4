"""What no page can have recorded of a comparison: levels, sides and positions that it does not have, an answer before anything was seen."""

from __future__ import annotations

from collections.abc import Iterator

from hitgen.manifest import Page
from hitgen.methods.submission import Submission
from hitgen.methods.threshold.manifest import Manifest, Trial
from hitgen.methods.threshold.row import Row


def impossible(row: Row, trial: Trial, manifest: Manifest) -> Iterator[str]:
    """Why a row cannot be what a page recorded of this trial."""
    level_max = manifest.by_key[trial.key].level_max
    if row.level > level_max:
        yield f"trial {row.trial} has level {row.level}; its levels are 1 to {level_max}"
    if row.other >= row.level or (row.other and manifest.flickering != "both"):
        yield f"trial {row.trial} has level {row.other} at the other side"
    if row.response == "both" and not row.other:
        yield f"trial {row.trial} says that both flickered"
    several = trial.group is not None
    sides = ("none",) if trial.asked == "catch" else ("here",) if several else ("left", "right")
    if row.side not in sides:
        yield f"trial {row.trial} says that it flickered at {row.side}"
    if row.response != "none" and (row.response == "here") != several:
        yield f"trial {row.trial} has response {row.response}"
    if bool(row.position) != several or row.position > manifest.pictures:
        yield f"trial {row.trial} stood at position {row.position}"
    if row.timing.swaps == 0:
        yield f"trial {row.trial} was answered before its level was shown"
    if row.flickers_too_long:
        yield f"trial {row.trial} flickered for longer than it lasted"


def strange_groups(submission: Submission[Row], page: Page) -> Iterator[str]:
    """The first pictures that were shown at once and answered at different times, or that stood at one position."""
    together: dict[str, list[Row]] = {}
    for row in submission.trials:
        if row.position:
            together.setdefault(page.by_trial[row.trial].at_once, []).append(row)
    for name, rows in together.items():
        if len({(row.started_ms, row.ended_ms) for row in rows}) > 1:
            yield f"{name} was shown at once, and answered at different times"
            return
        if sorted(row.position for row in rows) != [*range(1, len(rows) + 1)]:
            yield f"{name} has pictures at positions {', '.join(str(row.position) for row in rows)}"
            return
