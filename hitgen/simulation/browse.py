"""Simulated observers as robots: they work the real page in a real browser and hand over the file it offers."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from hitgen.checks.made import seeing
from hitgen.config.batch import BatchConfig
from hitgen.config.read import read_config
from hitgen.errors import CONFIG_NAME, OutsideError
from hitgen.manifest import Manifest, Page, read_manifest
from hitgen.methods.base import method_of
from hitgen.preview import page_address
from hitgen.robots.browser import one_tab, open_browser
from hitgen.simulation.answers import SimulatedWorker
from hitgen.simulation.simulate import Work


@contextmanager
def robots(folder: Path) -> Iterator[Work]:
    """A way to work the pages of a built batch in a headless browser; InputError where there is none."""
    addresses: dict[str, str] = {}
    config, manifest = read_config(folder / CONFIG_NAME), read_manifest(folder)
    with open_browser() as browser:

        def work(
            worker: SimulatedWorker,
            page: Page,
            truths: Mapping[str, Any],
            assignment: str,
            at: datetime,
        ) -> dict[str, Any]:
            if page.page not in addresses:
                addresses[page.page] = page_address(folder, page.page)

            def answer(shown: Any) -> Any:
                return worker.answer_to(shown, page.by_trial[shown.trial], truths)

            with one_tab(browser) as tab:
                record = _worked(tab, addresses[page.page], config, manifest, worker, answer)
            record |= {"assignment": assignment, "worker": worker.person.worker, "opened_at": at.isoformat()}
            return record

        yield work


def _worked(
    page: Any, address: str, config: BatchConfig, manifest: Manifest, worker: SimulatedWorker, answer: Any
) -> dict[str, Any]:
    page.goto(address)
    method = method_of(config)
    robot = method.robot(config, answer)(page, worker.person.worker)
    robot.sees = seeing(config, manifest)
    done = robot.work()
    if robot.screen() != "submit":
        raise OutsideError(f"a robot got no further than screen {robot.screen()} of {address}")
    with page.expect_download() as offered:
        robot.hit("download-json").click()
    record: dict[str, Any] = json.loads(Path(offered.value.path()).read_text("utf-8"))
    if faults := method.robot_faults(done, record):
        raise OutsideError(f"{address} did not record what was done there: {faults[0]}")
    return record
