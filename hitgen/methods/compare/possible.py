"""What no page can have recorded of a question: an answer before anything was seen or after its time, more swaps than fit in."""

from __future__ import annotations

from collections.abc import Iterator

from hitgen.methods.compare.answers import worse_of
from hitgen.methods.compare.manifest import Manifest, Trial
from hitgen.methods.compare.row import Row
from hitgen.methods.submission import CLOCKS_MS


def impossible(row: Row, trial: Trial, last: int, manifest: Manifest) -> Iterator[str]:
    """Why a row cannot be what a page recorded; `last` is the number of the trial's last attempt."""
    limit_ms = manifest.limit_ms(trial.arm)
    if limit_ms is None:
        return  # an earlier hitgen's build does not say what its pages allowed
    name, answered = f"trial {row.trial}", row.response != "skip"
    if row.response_time_ms > limit_ms + 1:
        yield f"{name} was answered after {row.response_time_ms} ms; it can be answered for {limit_ms:.0f} ms"
    elif row.response_time_ms > row.lasted_ms + CLOCKS_MS:
        yield f"{name} was answered after {row.response_time_ms} ms, and lasted {row.lasted_ms} ms"
    if not answered and row.response_time_ms < limit_ms - 1:
        yield f"{name} was passed over before its time was over"
    if trial.arm == "boosted" and manifest.flickers:
        yield from _flickered(row, answered)
    else:
        yield from _toggled(row, answered, manifest.toggles_per_second or 0)
    known = worse_of((trial.left.codec, trial.left.level), (trial.right.codec, trial.right.level))
    if trial.role == "training" and row.attempt == last and row.response != known:
        yield f"{name} is practice, and ends with an answer that the page does not go on after"


def _flickered(row: Row, answered: bool) -> Iterator[str]:
    if row.toggles is not None:
        yield f"trial {row.trial} counts swaps by hand of pictures that flicker"
    if answered and row.timing.swaps == 0:
        yield f"trial {row.trial} was answered before its pictures were shown"
    if row.flickers_too_long:
        yield f"trial {row.trial} flickered for longer than it lasted"


def _toggled(row: Row, answered: bool, per_second: float) -> Iterator[str]:
    if row.toggles is None:
        yield f"trial {row.trial} does not say how often its pictures were swapped"
    elif answered and not row.toggles:
        yield f"trial {row.trial} was answered before the original was shown"
    elif row.toggles > most_toggles(row.response_time_ms, per_second):
        yield f"trial {row.trial} counts {row.toggles} swaps by hand in {row.response_time_ms} ms; at most {per_second:g} a second are possible"


def most_toggles(ms: float, per_second: float) -> int:
    """How often the original can have been shown in a time: it comes and goes, each a swap."""
    return 1 + int((ms + CLOCKS_MS) * per_second / 2000)
