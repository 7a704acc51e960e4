"""An attempt by `pjnd` to be seen again: the slider's way over the picture, then the marks."""

from __future__ import annotations

import json

from hitgen.manifest import Ladder
from hitgen.methods.pjnd.config import planted_view
from hitgen.methods.pjnd.manifest import Catch, Manifest, Question
from hitgen.methods.pjnd.row import Row
from hitgen.methods.replay import Curve, Pane, Picture, Replay
from hitgen.methods.work import Attempt
from hitgen.stimuli.views import View, source_alone

Known = Question | Catch | None


def replay_of(attempt: Attempt[Row], manifest: Manifest) -> Replay:
    """The pictures that the slider chose, the level and the marks; of a known answer, its window and places too."""
    row, ladder = attempt.row, attempt.ladder
    known: Known = manifest.by_question.get(attempt.known.question or "")  # type: ignore[assignment]
    view = _view(known, ladder)
    moves = _moves(row, ladder.level_max)
    steps = tuple((ms, _shown(ladder, level, view)) for ms, level in moves)
    pane = Pane(
        "picture",
        ladder.width,
        ladder.height,
        steps,
        row.points,
        tuple((x, y, known.radius_px) for x, y in known.points) if isinstance(known, Question) else (),
        moves[-1][0],
    )
    curve = Curve("level", tuple((float(ms), float(level)) for ms, level in moves), float(ladder.level_max))
    return Replay(_answer(row), (pane,), curve, tuple(_facts(row, ladder, known)))


def _view(known: Known, ladder: Ladder) -> View | None:
    if isinstance(known, Catch):
        return source_alone(ladder.level_max)
    if known is None or known.planted is None:
        return None
    return planted_view(known.level, known.points, known.radius_px, known.planted, ladder.level_max)


def _moves(row: Row, level_max: int) -> list[tuple[int, int]]:
    """When the slider came to which level; of a trace that had to go, the level at which it ended."""
    end = level_max if row.level is None else row.level
    pairs = json.loads(row.written.text) or [[0, end]]
    return [(int(ms), min(int(level), level_max)) for ms, level in pairs]


def _shown(ladder: Ladder, level: int, view: View | None) -> tuple[Picture, ...]:
    source = Picture(ladder.pack, 0)
    return (source, Picture(ladder.pack, level, view)) if level else (source,)


def _answer(row: Row) -> str:
    places = f", {len(row.points)} places" if row.points else ""
    return "none seen" if row.none_seen else f"level {row.level}{places}"


def _facts(row: Row, ladder: Ladder, known: Known) -> list[tuple[str, str]]:
    facts = [("level", "none seen" if row.level is None else f"{row.level} of {ladder.level_max}")]
    if row.level and (value := ladder.levels[min(row.level, ladder.level_max)].parameter) is not None:
        facts.append(("codec's parameter there", str(value)))
    if isinstance(known, Question):
        facts.append(("right levels", f"{known.level[0]} to {known.level[1]}"))
    if isinstance(known, Catch):
        facts.append(("right answer", "none seen: there is nothing to be seen"))
    facts.append(("moves of the slider", "not known" if row.moves is None else str(row.moves)))
    facts += [(f"mark {number}", f"{x:.0f}, {y:.0f}") for number, (x, y) in enumerate(row.points, start=1)]
    return facts
