"""A comparison by `threshold` to be seen again: the two sides, and the levels that this worker was shown of the ladder."""

from __future__ import annotations

from typing import Any, cast

from hitgen.manifest import Ladder
from hitgen.methods.replay import Curve, Pane, Picture, Replay
from hitgen.methods.threshold.manifest import Trial
from hitgen.methods.threshold.row import Response, Row
from hitgen.methods.work import AnyWork, Attempt

TOLD: dict[Response, str] = {
    "left": "left", "right": "right", "none": "nowhere", "both": "left and right", "here": "selected",
}  # fmt: skip


def replay_of(work: AnyWork, attempt: Attempt[Row]) -> Replay:
    """Both sides with the one that flickered, which one was answered, and how the level went from trial to trial."""
    row, ladder, trial = attempt.row, attempt.ladder, cast(Trial, attempt.known)
    if row.position:
        return _of_several(work, attempt, trial)
    panes = tuple(_panel(side, ladder, row) for side in ("left", "right"))
    catch = trial.asked == "catch"
    beside = (("other side", f"level {row.other}"),) if row.other else ()
    facts = (
        ("level", f"{row.level} of {ladder.level_max}"),
        (
            "flickered",
            TOLD["both" if row.other and not catch else row.side] + (", as in every catch trial" if catch else ""),
        ),
        *beside,
        ("answered", TOLD[row.response]),
    )
    return Replay(
        f"level {row.level}{f' beside {row.other}' if row.other else ''}, {TOLD[row.response]}: {_came(row, catch)}",
        panes,
        _curve(work, attempt),
        facts,
    )


def _of_several(work: AnyWork, attempt: Attempt[Row], trial: Trial) -> Replay:
    """One of several pictures, whether it was selected, and how the others of its trial were answered."""
    row, ladder, catch = attempt.row, attempt.ladder, trial.asked == "catch"
    answered = TOLD["here"] if row.response == "here" else "not selected"
    name = f"picture {row.position}"
    others = sorted(
        other.row.position for other in work.attempts if _is_beside(other, attempt) and other.row.response == "here"
    )
    facts = (
        ("level", f"{row.level} of {ladder.level_max}"),
        ("flickered", "nowhere, as every catch picture" if catch else name),
        ("answered", answered),
        ("selected beside it", " and ".join(f"picture {position}" for position in others) or "none"),
    )
    source, level = Picture(ladder.pack, 0), Picture(ladder.pack, row.level)
    steps = ((0, (source,) if catch else (source, level)),)
    pane = Pane(name, ladder.width, ladder.height, steps, chosen=row.response == "here")
    return Replay(f"level {row.level}, {answered}: {_came(row, catch)}", (pane,), _curve(work, attempt), facts)


def _came(row: Row, catch: bool) -> str:
    """What an answer comes to."""
    return ("right" if row.found else "false alarm") if catch else "found" if row.found else "missed"


def _is_beside(other: Attempt[Any], attempt: Attempt[Any]) -> bool:
    return other is not attempt and other.known.at_once == attempt.known.at_once


def _panel(side: str, ladder: Ladder, row: Row) -> Pane:
    source = Picture(ladder.pack, 0)
    level = 0 if row.side == "none" else row.level if side == row.side else row.other
    shown = (source, Picture(ladder.pack, level)) if level else (source,)
    return Pane(side, ladder.width, ladder.height, ((0, shown),), chosen=row.response in (side, "both"))


def _curve(work: AnyWork, attempt: Attempt[Any]) -> Curve:
    """The levels of this ladder over the worker's trials."""
    same = [other for other in work.attempts if other.known.key == attempt.known.key]
    points = tuple((float(other.order), float(other.row.level)) for other in same)
    about = "level over this person's trials of the picture"
    return Curve(about, points, float(attempt.ladder.level_max), timed=False, here=float(attempt.order))
