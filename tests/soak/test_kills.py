"""Publishers that are killed at any moment, meet lost replies, throttling and 5xx, and come back a day later."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.soak.storm import Storm, play_credentials
from tests.support.figures import write_figures


def test_a_short_storm(tmp_path: Path) -> None:
    storm = Storm(tmp_path, seed=3, hits=6)
    with play_credentials():
        storm.blow(kills=12)
    assert storm.figures()["kills"] >= 12
    assert storm.faults["lost"] + storm.faults["failed_late"] > 0


@pytest.mark.parametrize(
    ("task", "step"),
    [
        ("publish", "after call create_hit_with_hit_type"),
        ("publish", "after ledger intend"),
        ("pay", "after call send_bonus"),
        ("pay", "after ledger intend_act"),
    ],
)
def test_killed_and_back_a_day_later(tmp_path: Path, task: str, step: str) -> None:
    with play_credentials():
        Storm(tmp_path, seed=1, hits=6).a_day_later(task, step)


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_two_hundred_kills(tmp_path: Path) -> None:
    storm = Storm(tmp_path, seed=11, hits=50)
    with play_credentials():
        storm.blow(kills=200, most=300)  # which steps are met is chance
    figures = storm.figures()
    write_figures("kills", figures)
    assert figures["kills"] >= 200
    assert figures["steps_never_killed_at"] == []
    assert storm.counts["clock moved"] >= 5
    assert storm.counts["two at once"] >= 5
