"""One pace for all calls to a service that throttles without saying at which rate."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

LOWEST_PER_S, HIGHEST_PER_S = 0.05, 100.0


@dataclass
class Pacer:
    """Spaces calls by their start and learns the permitted rate from the answers.

    The rate is held a few percent above what is permitted: each growth of 0.2% a success against a
    cut of 3% a refusal settles at about 6% refusals, so no permitted call is left unused. Refusals in
    a row cut harder; until the first refusal, and after a long calm, it grows ten times faster.
    """

    rate_per_s: float = 2.0
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    _due: float = field(default=0.0, init=False)
    _calm: int = field(default=100, init=False)
    _refused_in_a_row: int = field(default=0, init=False)

    def wait(self) -> None:
        """Return when the next call may start."""
        now = self.clock()
        if self._due > now:
            self.sleep(self._due - now)
        self._due = max(now, self._due) + 1 / self.rate_per_s

    def succeeded(self) -> None:
        """A call was let through."""
        self._calm += 1
        self._refused_in_a_row = 0
        growth = 1.02 if self._calm > 100 else 1.002
        self.rate_per_s = min(HIGHEST_PER_S, self.rate_per_s * growth)

    def throttled(self) -> None:
        """A call was refused for coming too soon."""
        self._calm = 0
        self._refused_in_a_row += 1
        if self._refused_in_a_row == 1:
            # A call a little too early: the next place is free soon, and a whole interval would waste it.
            self._due -= 0.8 / self.rate_per_s
            self.rate_per_s = max(LOWEST_PER_S, self.rate_per_s * 0.97)
        else:
            self.rate_per_s = max(LOWEST_PER_S, self.rate_per_s * 0.8)
