"""What the terminal shows while long work runs; silent where nobody watches."""

from __future__ import annotations

import argparse
import sys
import time

WIDTH = 30
EVERY_S = 0.1


class ProgressBar:
    """A bar on standard error, drawn at most ten times a second; silent when that is no terminal."""

    def __init__(self, label: str) -> None:
        self._label = label
        self._live = sys.stderr.isatty()
        self._drawn = 0.0
        self._open = False

    def __call__(self, done: int, total: int) -> None:
        now = time.monotonic()
        if not self._live or not total or (done < total and now - self._drawn < EVERY_S):
            return
        self._drawn = now
        filled = WIDTH * done // total
        sys.stderr.write(f"\r{self._label} [{'#' * filled}{'.' * (WIDTH - filled)}] {done}/{total}")
        self._open = done < total
        if not self._open:
            sys.stderr.write("\n")
        sys.stderr.flush()

    def close(self) -> None:
        if self._open:
            sys.stderr.write("\n")


def size(count: float) -> str:
    """Bytes in words people read: 2.3 MB."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if count < 1000 or unit == "GB":
            return f"{count:.0f} {unit}" if unit == "bytes" else f"{count:.1f} {unit}"
        count /= 1000
    raise AssertionError


def positive(text: str) -> int:
    """An option's number, at least 1."""
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number
