"""All that speaks to people: lines, tables, JSON, questions, and bars while long work runs."""

from __future__ import annotations

import json
import shutil
import sys
import textwrap
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, is_dataclass
from typing import TYPE_CHECKING, Any

from hitgen.lib.text import plain

if TYPE_CHECKING:
    # Drawing bars costs 50 ms of start-up, which only long work on a terminal is worth.
    from rich.progress import Progress, TaskID

EVERY_S = 0.1
"""How often bars are drawn, at most."""


class Console:
    """The voice and ear of a verb; with `json` only outcomes are told, for scripts."""

    def __init__(self, *, json: bool = False) -> None:
        self._json = json
        self._bars: Progress | None = None
        self._tasks: dict[str, TaskID] = {}
        self._drawn_s = 0.0

    def say(self, *lines: str) -> None:
        """Tell people; nothing where a script listens."""
        if lines and not self._json:
            self._print("\n".join(lines))

    def warn(self, warnings: Iterable[str]) -> None:
        """Tell what to mind; scripts find it on standard error."""
        for warning in warnings:
            lines = [f"warning: {warning}"] if self._json else folded("warning: ", warning)
            self._print("\n".join(lines), sys.stderr if self._json else sys.stdout)

    def outcome(self, data: Any, lines: Iterable[str]) -> None:
        """What came of a verb: `data` as one line of JSON for scripts (money, times and paths are text), else `lines`."""
        if self._json:
            record = asdict(data) if is_dataclass(data) and not isinstance(data, type) else data
            self._print(json.dumps(record, default=str))
        else:
            self.say(*lines)

    def ask(self, question: str) -> str:
        """What the user types; the empty text where nobody is there to answer."""
        if sys.stdin is None or sys.stderr is None or not sys.stdin.isatty():
            return ""
        self._close_bars()
        try:
            sys.stderr.write(question)
            sys.stderr.flush()
            return input()
        except (EOFError, UnicodeDecodeError):
            return ""

    def agree(
        self,
        question: str,
        beforehand: bool,
        otherwise: str = "Nothing was changed",
        option: str = "--yes",
    ) -> bool:
        """Whether the user agrees now, or has by `option`; where not, says what was not done."""
        if beforehand or self.ask(f"{question} [y/N] ").strip().lower() in ("y", "yes"):
            return True
        self._print(f"{otherwise}; {option} agrees beforehand.", sys.stderr if self._json else sys.stdout)
        return False

    def typed_total(self, beforehand: str) -> str:
        """The total that the user typed, now or by --total; whether it is the right one is for the act to say."""
        return beforehand or self.ask("Type the total to spend it: ")

    def on_progress(self, step: str, done: int, total: int) -> None:
        """Draw how far a step is and how long the rest will take; silent where standard error is no terminal."""
        now_s = time.monotonic()
        if (
            not total
            or sys.stderr is None
            or not sys.stderr.isatty()
            or (done < total and now_s - self._drawn_s < EVERY_S)
        ):
            return
        self._drawn_s = now_s
        if self._bars is None:
            self._bars = _bars()
            self._bars.start()
        if step not in self._tasks:
            self._tasks[step] = self._bars.add_task(step, total=total)
        self._bars.update(self._tasks[step], completed=done, total=total, refresh=True)
        if done >= total:
            self._close_bars()

    def fail(self, message: str) -> None:
        """Tell why a command ends before it is done."""
        self._print(message, sys.stderr)

    def _close_bars(self) -> None:
        if self._bars is not None:
            self._bars.stop()
            self._bars, self._tasks = None, {}

    def close(self) -> None:
        """Leave the terminal as it was."""
        self._close_bars()

    def _print(self, text: str, stream: Any = None) -> None:
        self._close_bars()
        stream = stream or sys.stdout
        if stream is None:  # closed before the program began
            return
        encoding = stream.encoding or "utf-8"
        lines = "\n".join(map(plain, text.split("\n")))
        print(lines.encode(encoding, "backslashreplace").decode(encoding), file=stream, flush=True)


def _bars() -> Progress:
    import rich.console
    import rich.progress as bar

    columns = (
        bar.TextColumn("{task.description}"),
        bar.BarColumn(),
        bar.MofNCompleteColumn(),
        bar.TimeRemainingColumn(),
    )
    # Drawn by hand: a thread that draws would be there when ladders are made by forked processes.
    return bar.Progress(
        *columns, console=rich.console.Console(stderr=True), auto_refresh=False, speed_estimate_period=600
    )


def columns(rows: Sequence[Sequence[str]], right: Iterable[int] = ()) -> list[str]:
    """Rows as lines whose cells stand under each other; the columns numbered in `right` end under each other."""
    widths = [max(map(len, cells)) for cells in zip(*rows, strict=True)]
    pads = [str.rjust if number in set(right) else str.ljust for number in range(len(widths))]
    return [
        " ".join(pad(cell, width) for pad, cell, width in zip(pads, row, widths, strict=True)).rstrip() for row in rows
    ]


def folded(head: str, text: str) -> list[str]:
    """A text after its head, in one line; on a terminal that is too narrow for it, in several under each other."""
    if sys.stdout is None or not sys.stdout.isatty():
        return [head + text]
    width, indent = shutil.get_terminal_size().columns, " " * len(head)
    fold = textwrap.TextWrapper(max(width, 2 * len(head)), initial_indent=head, subsequent_indent=indent)
    fold.break_long_words = fold.break_on_hyphens = False  # so that addresses and commands can be copied
    return fold.wrap(text) or [head]


def size(count: float) -> str:
    """Bytes in words people read: 2.3 MB."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if count < 1000 or unit == "GB":
            return f"{count:.0f} {unit}" if unit == "bytes" else f"{count:.1f} {unit}"
        count /= 1000
    raise AssertionError
