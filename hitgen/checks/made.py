"""The checks of a batch: what each page gets of them, and what of batch.toml does not go together."""

from __future__ import annotations

import hashlib
import json
import math
import random
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from hitgen.checks.base import AnyCheckup, Stimuli
from hitgen.config.batch import BatchConfig
from hitgen.config.checks import CheckTable
from hitgen.config.kinds import CHECKS
from hitgen.errors import Fault, in_config
from hitgen.manifest import Manifest, PageKind
from hitgen.robots.robot import Robot

SCREEN = "check-{}"
"""The screen of a check that has one."""


def checkup_of(table: CheckTable) -> AnyCheckup:
    """The kind of a `[[check]]`."""
    found: AnyCheckup = CHECKS.get(table.kind)
    return found


def checks_on(config: BatchConfig, kind: PageKind) -> list[CheckTable]:
    """The checks of a page, in order."""
    return [table for table in config.check if table.pages == "every" or kind == "qualification"]


def check_faults(config: BatchConfig) -> Iterator[Fault]:
    """What of the checks does not go together."""
    seen: set[str] = set()
    for position, table in enumerate(config.check):
        at = f"check[{position}]"
        if table.kind in seen:
            yield in_config(f"{at}.kind", f"there is a check {table.kind!r} already", "leaving one of the two out")
        seen.add(table.kind)
        if table.pages == "qualification" and config.qualification is None:
            yield in_config(
                f"{at}.pages", "there is no qualification page", 'a table [qualification], or pages = "every"'
            )
        for fault in checkup_of(table).faults(table, config):
            yield in_config(f"{at}.{fault.field}", fault.problem, fault.remedy)


def stimuli_of(config: BatchConfig, page: str, kind: PageKind, salt: str) -> list[tuple[CheckTable, Stimuli]]:
    """What a page shows in each of its checks, and the answers; by the batch's secret, without which they cannot be drawn again."""
    return [
        (
            table,
            checkup_of(table).stimuli(
                table, config.display, random.Random(f"{salt}/{config.batch.seed}/{page}/{table.kind}")
            ),
        )
        for table in checks_on(config, kind)
    ]


def page_checks(config: BatchConfig, page: str, kind: PageKind, salt: str) -> list[dict[str, Any]]:
    """The checks as the page's data have them: `id` changes with whatever is shown."""
    found = []
    for table, stimuli in stimuli_of(config, page, kind, salt):
        text = json.dumps([table.kind, stimuli.shown], sort_keys=True)
        screen = {"screen": SCREEN.format(table.kind)} if checkup_of(table).has_screen else {}
        digest = hashlib.sha256(text.encode()).hexdigest()[:12]
        found.append({"kind": table.kind, "id": digest, **screen, **stimuli.shown})
    return found


def check_keys(config: BatchConfig, page: str, kind: PageKind, salt: str) -> dict[str, Mapping[str, Any]]:
    """What the manifest keeps of a page's checks: the right answers, by kind."""
    return {table.kind: stimuli.key for table, stimuli in stimuli_of(config, page, kind, salt)}


def seeing(config: BatchConfig, built: Manifest) -> Callable[[Robot, str], None]:
    """What a robot does on the screen of a check that it is to pass, by what the manifest knows."""
    tables = {table.kind: table for table in config.check}

    def work(robot: Robot, kind: str) -> None:
        checkup_of(tables[kind]).work(robot, built.by_page[robot.page_name()].checks[kind])

    return work


def check_minutes(config: BatchConfig, kind: PageKind) -> int:
    """What a page's checks are reckoned to take, in whole minutes."""
    return math.ceil(sum(checkup_of(table).lasts_s for table in checks_on(config, kind)) / 60)
