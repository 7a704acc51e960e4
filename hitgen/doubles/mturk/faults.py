"""What goes wrong at the marketplace, on demand or by chance."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

Fault = Literal["throttled", "failed", "failed_late", "lost", "lost_early", "slow"]
"""throttled: refused for coming too soon · failed: 5xx, nothing done · failed_late: done, then 5xx · lost: done,
then the connection breaks · lost_early: it breaks before anything is done · slow: the answer takes `slow_s`."""


@dataclass
class Faults:
    """Faults to come: `once` by operation in order, `rates` by chance for each call, both from any thread.

    `per_s` is the permitted rate of calls, with a burst of at most `burst` calls; None permits any.
    """

    rates: dict[Fault, float] = field(default_factory=dict)
    seed: int = 0
    slow_s: float = 2.0
    per_s: float | None = None
    burst: float = 1.0
    met: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self._once: list[tuple[str, Fault]] = []
        self._random = random.Random(self.seed)
        self._lock = threading.Lock()
        self._room, self._seen_at = self.burst, 0.0

    def once(self, operation: str, fault: Fault) -> None:
        """Let one coming call of this operation (`*`: any) meet this fault."""
        with self._lock:
            self._once.append((operation, fault))

    def due(self, operation: str, clock: Callable[[], float]) -> Fault | None:
        """The fault that this call meets, if any."""
        with self._lock:
            found = self._asked_for(operation) or self._too_soon(clock()) or self._by_chance()
            self.met[found or "none"] += 1
            return found

    def _asked_for(self, operation: str) -> Fault | None:
        for row in self._once:
            if row[0] in (operation, "*"):
                self._once.remove(row)
                return row[1]
        return None

    def _too_soon(self, now: float) -> Fault | None:
        if self.per_s is None:
            return None
        self._room = min(self.burst, self._room + max(0.0, now - self._seen_at) * self.per_s)
        self._seen_at = now
        # Sums of fractions may end a hair below one.
        if self._room < 1 - 1e-9:
            return "throttled"
        self._room -= 1
        return None

    def _by_chance(self) -> Fault | None:
        drawn = self._random.random()
        for fault, rate in self.rates.items():
            drawn -= rate
            if drawn < 0:
                return fault
        return None
