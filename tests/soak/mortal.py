"""A hitgen that can be killed at any step: reads orders as JSON lines, forks a process for each, tells how it ended.

An order: {"task", "folder", "kill_at", "later", ...}; a task is a verb with its words, or a name of TASKS. Steps are the moments
before and after each change of a database, each file that takes or leaves its place and each call to a service. At the step
`kill_at` (from 1; 0: never) the process kills itself; the answer is [exit code, steps met, name of the last].
`later` lets nothing be too young to be sure of, as on the next day.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import signal
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from hitgen import cli
from hitgen.collector import by_page
from hitgen.errors import HitgenError
from hitgen.lib import sqlite, web
from hitgen.publishing.publication import open_publication
from hitgen.publishing.publish import plan_publication, publish
from hitgen.recruiters.connect import connect, projects
from hitgen.recruiters.prolific import bonuses
from hitgen.recruiters.rest import Rest
from tests import test_connect

CHANGES = ("INSERT", "UPDATE", "DELETE", "COMMIT", "CREATE")
DONE, OUTSIDE = 0, 3


class Steps:
    """Counts steps, and dies at the one that was asked for."""

    def __init__(self, kill_at: int, told: int) -> None:
        self._kill_at, self._told = kill_at, told
        self.met, self.last = 0, ""

    def come_to(self, name: str) -> None:
        self.met, self.last = self.met + 1, name
        if self.met == self._kill_at:
            os.write(self._told, json.dumps([self.met, name]).encode())
            os.kill(os.getpid(), signal.SIGKILL)

    def around(self, owner: Any, name: str, named: Callable[..., str]) -> None:
        """Let a function come to a step before and after itself, where it has a name."""
        real = getattr(owner, name)

        def marked(*values: Any, **more: Any) -> Any:
            if not (step := named(*values)):
                return real(*values, **more)
            self.come_to(f"before {step}")
            answer = real(*values, **more)
            self.come_to(f"after {step}")
            return answer

        setattr(owner, name, marked)


def mark(steps: Steps) -> None:
    """Mark every change that stays when the process is dead."""

    def change(_: Any, sql: str, *__: Any) -> str:
        words = sql.split()
        return " ".join(words[:3]) if words[0] in CHANGES else ""

    steps.around(sqlite.Database, "execute", change)
    steps.around(sqlite.Database, "executemany", change)
    for name in ("replace", "rename", "unlink"):
        steps.around(
            Path,
            name,
            lambda path, *_, name=name: "" if path.name.endswith(".part") and name == "unlink" else f"{name} file",
        )
    steps.around(
        Rest, "_answer", lambda _, method, path, *__: f"{method} {path.split('?')[0].strip('/').split('/')[0]}"
    )


def published(folder: Path) -> int:
    with open_publication(folder) as publication:
        plan = plan_publication(publication)
        publish(publication, plan, str(plan.quote.total_usd), workers=1)
    return DONE


def delivered(folder: Path, answers: dict[str, Any]) -> int:
    from hitgen.collector.inbox import FILE, Inbox

    with Inbox(folder / FILE, "demo", lambda _: True) as inbox:
        outcome = inbox.add(json.dumps(answers).encode(), "collector", datetime.now(UTC))
    return DONE if outcome in ("stored", "again") else 70


def came(folder: Path, address: str) -> int:
    return DONE if "assignmentId=" in test_connect.go(folder, address) else 70


TASKS: dict[str, Callable[..., int]] = {"publish": published, "deliver": delivered, "go": came}


def work(order: dict[str, Any], told: int) -> int:
    """Carry an order out, to its end or to its death."""
    if order.get("later"):
        bonuses.SURE_AFTER = connect.TOKEN_LIVES = projects.TOKEN_LIVES = timedelta(0)
    steps = Steps(order.get("kill_at", 0), told)
    mark(steps)
    task, folder = order["task"], Path(order["folder"])
    try:
        if isinstance(task, str):
            code = TASKS[task](folder, **order.get("given", {}))
        else:
            code = cli.main([task[0], str(folder), *task[1:]])
    except HitgenError as error:
        print(error, file=sys.stderr)
        code = OUTSIDE
    os.write(told, json.dumps([steps.met, steps.last]).encode())
    return code


def run(order: dict[str, Any]) -> list[Any]:
    """Fork for an order: its exit code, negative for the signal that ended it, the steps met and the last one's name."""
    hear, tell = os.pipe()
    process = os.fork()
    if process == 0:
        code = 70
        try:
            os.dup2(2, 1)  # what verbs say is for whoever looks for a fault
            code = work(order, tell)
        except BaseException as error:
            print(f"{type(error).__name__}: {error}", file=sys.stderr)
        finally:
            sys.stderr.flush()
            os._exit(code)
    os.close(tell)
    with os.fdopen(hear, "rb") as heard:
        text = heard.read()
    code = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    return [code, *(json.loads(text) if text else [0, ""])]


if __name__ == "__main__":
    web.FIRST_WAIT_S = 0.01
    by_page.hindrance = lambda *_: ""  # no browser is started to try the way of answers
    for command in cli.VERBS.values():
        importlib.import_module(f"hitgen.commands.{command[0]}")
    gc.freeze()  # what is shared with every fork stays shared
    for line in sys.stdin:
        print(json.dumps(run(json.loads(line))), flush=True)
