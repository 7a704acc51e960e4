"""Looks at a batch again whenever something of it was written, beside whoever is asked for what was seen."""

from __future__ import annotations

import gc
import math
import threading
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from hitgen.errors import HitgenError
from hitgen.lib.clock import Clock, utc_now
from hitgen.watch.seen import Lines, Seen, look, written

EVERY_S = 1.0
"""How often files are asked whether they were written."""
SETTLED_S = 2.0
"""What was written this recently is looked at once more after this time: a disk that is busy shows some writes later than the times of its files."""
SHARE = 2
"""Judging that took long is followed by a pause of so many times its time, so that others can work; what is quick to see goes on."""


class Watcher:
    """What was seen of a batch last, with a number that grows with each look; reads only."""

    def __init__(self, folder: Path, lines: Lines, now: Clock = utc_now) -> None:
        self._folder, self._lines, self._now = folder, lines, now
        self._written: object = None
        self._again_s = math.inf
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._look_on, daemon=True)
        self.last: tuple[int, Seen] = (0, Seen())

    def look(self, judge: bool = True) -> None:
        """Look once, now; of a large study without `judge` only at what is quick. Raises what cannot be read."""
        state, begun_s = written(self._folder), time.time()
        with closing(look(self._folder, self._lines, self._now(), self.last[1])) as looks:
            for seen in looks:
                self.last = self.last[0] + 1, seen
                if not judge or self._ended.is_set():
                    break
        newest_ns = max((part[0] for parts in state for part in parts if part), default=0)
        is_new = abs(begun_s - newest_ns / 1e9) < SETTLED_S
        self._written, self._again_s = state, time.monotonic() + SETTLED_S if is_new else math.inf
        # What was read stays; going through millions of parts for garbage would keep whoever asks waiting for a second.
        gc.freeze()

    def __enter__(self) -> Watcher:
        """Look on in the background until the block ends."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        # A thread that is still in a look when Python ends takes it down with it, and one that is interrupted anywhere loses what it
        # just opened: a look comes to its next step, which of ten thousand submissions takes up to four seconds.
        self._ended.set()
        self._thread.join()

    def _look_on(self) -> None:
        pause_s, judge_from_s = 0.0, 0.0
        while not self._ended.wait(pause_s):
            begun_s = time.monotonic()
            judge = begun_s >= judge_from_s
            if self._is_due() or (judge and self.last[1].head.get("judging")):
                self._look_again(judge)
            took_s = time.monotonic() - begun_s
            if judge:
                judge_from_s = time.monotonic() + SHARE * took_s
            pause_s = max(EVERY_S, 0.0 if judge else SHARE * took_s)

    def _is_due(self) -> bool:
        due = self.last[1].due
        if written(self._folder) != self._written or time.monotonic() >= self._again_s:
            return True
        return due is not None and due <= self._now()

    def _look_again(self, judge: bool) -> None:
        try:
            self.look(judge)
        except (HitgenError, OSError) as error:
            self._tell(str(error))
        except Exception as error:  # a page that looks alive and is not would be worse than any words
            self._tell(f"this cannot be read here: {type(error).__name__}: {error}")

    def _tell(self, problem: str) -> None:
        """Keep what was seen, and say why nothing newer is."""
        number, seen = self.last
        if seen.head.get("problem") != problem:
            self.last = number + 1, replace(seen, head={**seen.head, "problem": problem})
