"""An answer by `compare` to be seen again: the two sides with the source between them, and which one was taken."""

from __future__ import annotations

from typing import cast

from hitgen.methods.compare.answers import worse_of
from hitgen.methods.compare.manifest import Ladder, Manifest, Trial
from hitgen.methods.compare.row import SOURCE, Row, Version
from hitgen.methods.replay import Pane, Picture, Replay
from hitgen.methods.work import Attempt

ANSWERS = {"notsure": "not sure", "skip": "not answered in time"}


def replay_of(attempt: Attempt[Row], manifest: Manifest) -> Replay:
    """The question as it stood there, each side alternating with the source, and the answer."""
    row, trial, ladder = attempt.row, cast(Trial, attempt.known), cast(Ladder, attempt.ladder)
    source = Picture(ladder.pictures[0], 0)
    sides = {side: _picture(version, trial, source, manifest) for side, version in _versions(trial).items()}

    def pane(name: str, *pictures: Picture) -> Pane:
        shown = tuple(dict.fromkeys((source, *pictures)))
        return Pane(name, ladder.width, ladder.height, ((0, shown),), chosen=name == row.response)

    panes = pane("left", sides["left"]), pane("source"), pane("right", sides["right"])
    return Replay(ANSWERS.get(row.response, row.response), panes, facts=tuple(_facts(row, trial)))


def _versions(trial: Trial) -> dict[str, Version]:
    return {"left": trial.left, "right": trial.right}


def _picture(version: Version, trial: Trial, source: Picture, manifest: Manifest) -> Picture:
    """The pack of a version's picture alone."""
    if version == SOURCE or not version.level:
        return source
    ladder = cast(Ladder, manifest.by_key[f"{version.codec}.{trial.arm}/{trial.source}"])
    return Picture(ladder.pictures[version.level], 0)


def _facts(row: Row, trial: Trial) -> list[tuple[str, str]]:
    sides = [
        (side, f"{version.codec} at level {version.level}" if version.level else "the source itself")
        for side, version in _versions(trial).items()
    ]
    worse = worse_of((trial.left.codec, trial.left.level), (trial.right.codec, trial.right.level))
    known = [("differs more by its level", worse)] if worse else []
    toggles = [] if row.toggles is None else [("swaps by hand", str(row.toggles))]
    begun = [("begun", f"{row.begun} times")] if row.begun > 1 else []
    time = ("answered after", f"{row.response_time_ms / 1000:.1f} s")
    return [("arm", trial.arm), ("asked", trial.asked), *sides, *known, time, *toggles, *begun]
