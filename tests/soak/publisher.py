"""A publisher that can be killed: reads orders as JSON lines, forks a process for each, tells how it ended.

An order: {"folder", "offset_s", "marks", "task", "kill_at", "kill_after_s"}. The process writes each step it comes to
into the file `marks`, so that the last line tells where it died. It is killed by SIGKILL: by itself when it comes to
the step `kill_at` = [name, how many times], or by its parent `kill_after_s` after the first step. Imports are done
before the fork, so that a run takes no longer than its work.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from hitgen.errors import HitgenError, InputError
from hitgen.hosts import upload
from hitgen.hosts.folder import Folder
from hitgen.ledger.acts import Act
from hitgen.ledger.ledger import Ledger
from hitgen.ledger.notebook import Notebook
from hitgen.publishing import collect
from hitgen.publishing.bonuses import bonus_act
from hitgen.publishing.once import once
from hitgen.publishing.publication import open_account, open_publication
from hitgen.publishing.publish import plan_publication, publish
from hitgen.recruiters.mturk import client as mturk_client
from hitgen.recruiters.mturk.pacer import Pacer

BONUS_USD = Decimal("0.25")
DONE, LOCKED, OUTSIDE = 0, 1, 3
LEDGER_STEPS = ("bind", "intend", "created", "refused", "seen", "note_verified", "add_submission", "intend_act", "done")


class Marks:
    """Writes down each step, and dies at the one that was asked for."""

    def __init__(self, path: str, kill_at: tuple[str, int] | None) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        self._kill_at = kill_at
        self._met: Counter[str] = Counter()

    def come_to(self, step: str) -> None:
        os.write(self._file, f"{step}\n".encode())
        self._met[step] += 1
        if self._kill_at == (step, self._met[step]):
            os.kill(os.getpid(), signal.SIGKILL)

    def wrap(self, owner: Any, name: str, step: Callable[..., str]) -> None:
        """Let a method come to `before` and `after` itself."""
        real = getattr(owner, name)

        def marked(*values: Any, **named: Any) -> Any:
            at = step(*values)
            self.come_to(f"before {at}")
            answer = real(*values, **named)
            self.come_to(f"after {at}")
            return answer

        setattr(owner, name, marked)


def mark_steps(marks: Marks) -> None:
    """Mark every step of the ledger, every call and every file."""
    for name in LEDGER_STEPS:
        marks.wrap(Ledger, name, lambda *_, name=name: f"ledger {name}")
    for name in ("note", "first_note"):
        marks.wrap(Notebook, name, lambda _, topic, name, value: f"keep {topic}{'' if value else ' intent'}")
    marks.wrap(Folder, "put", lambda *_: "put")
    marks.wrap(upload, "_difference", lambda *_: "fetch")
    marks.wrap(mturk_client.MTurkClient, "call", lambda _, operation, *__: f"call {operation}")


def work(order: dict[str, Any]) -> int:
    """Publish, or judge and pay, to the end."""
    offset = timedelta(seconds=order["offset_s"])
    mturk_client.time = SimpleNamespace(time=lambda: time.time() + order["offset_s"])  # type: ignore[attr-defined]
    mturk_client.Pacer = lambda _: Pacer(rate_per_s=100.0)  # type: ignore[misc,assignment]
    kill_at = order.get("kill_at")
    mark_steps(Marks(order["marks"], (kill_at[0], kill_at[1]) if kill_at else None))
    folder = Path(order["folder"])

    def now() -> datetime:
        return datetime.now(UTC) + offset

    try:
        if order["task"] == "publish":
            with open_publication(folder, now=now) as publication:
                publish(publication, plan_publication(publication), workers=2)
        else:
            with open_account(folder, now=now) as account:
                collect.collect(account)
                for row in list(account.ledger.submissions()):
                    once(account, Act("approve", row.worker, row.assignment))
                    once(account, bonus_act(account, "storm", row.worker, row.assignment, BONUS_USD, "well done", 1))
    except InputError as error:
        if "another hitgen is at work" in str(error):
            return LOCKED
        raise
    except HitgenError as error:
        print(f"{error}", file=sys.stderr)
        return OUTSIDE
    return DONE


def has_ended(process: int) -> bool:
    """Whether a child is dead, which stays to be waited for."""
    return os.waitid(os.P_PID, process, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def run(order: dict[str, Any]) -> int:
    """Fork for an order; its exit code, negative for the signal that ended it."""
    process = os.fork()
    if process == 0:
        code = 70
        try:
            code = work(order)
        except BaseException as error:
            print(f"{type(error).__name__}: {error}", file=sys.stderr)
        finally:
            sys.stderr.flush()
            os._exit(code)
    if order.get("kill_after_s") is not None:
        marks = Path(order["marks"])
        while not has_ended(process) and not (marks.exists() and marks.stat().st_size):
            time.sleep(0.002)
        time.sleep(order["kill_after_s"])
        os.kill(process, signal.SIGKILL)
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


if __name__ == "__main__":
    for line in sys.stdin:
        print(json.dumps(run(json.loads(line))), flush=True)
