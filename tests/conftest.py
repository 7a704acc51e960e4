"""A real Chromium, one for all tests of a process, which Playwright asks for."""

from __future__ import annotations

import hashlib
import os
import signal
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import pytest
from botocore.loaders import JSONFileLoader
from playwright.sync_api import Browser, sync_playwright

from hitgen.batch import plan_salt
from hitgen.collector import by_page
from tests.support.browsers import CHROMIUM, FLAGS

if (
    signal.getsignal(signal.SIGINT) is signal.SIG_IGN
):  # a shell's job in the background hands this down to all it starts
    signal.signal(signal.SIGINT, signal.default_int_handler)


ABREAST = 2
"""How many files without a browser follow each that has one."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mix files that wait for a browser with files that compute, long ones first: processors are busy, and the run ends evenly."""
    files: dict[Path, list[pytest.Item]] = {}
    for item in items:
        files.setdefault(item.path, []).append(item)

    def marked(mark: str, file: list[pytest.Item]) -> bool:
        return any(item.get_closest_marker(mark) for item in file)

    ordered = sorted(files.values(), key=lambda file: not marked("long", file))
    waiting = [file for file in ordered if marked("browser", file)]
    computing = [file for file in ordered if not marked("browser", file)]
    mixed: list[list[pytest.Item]] = []
    for number, file in enumerate(waiting):
        mixed += [file, *computing[ABREAST * number : ABREAST * (number + 1)]]
    mixed += computing[ABREAST * len(waiting) :]
    items[:] = [item for file in mixed for item in file]


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if not Path(CHROMIUM).exists():
        pytest.fail(f"{CHROMIUM} is missing; on Debian: apt-get install chromium")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="session", autouse=True)
def _no_account_of_this_machine_s() -> Iterator[None]:
    """Whoever runs the tests, no credentials are found for AWS but those that a test gives; no metadata service is asked."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
            patch.delenv(name, raising=False)
        patch.setenv("AWS_CONFIG_FILE", os.devnull)
        patch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
        patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        yield


BY_PAGE = by_page.hindrance


@pytest.fixture(scope="session", autouse=True)
def _proved_without_a_browser() -> Iterator[None]:
    """Publishing starts no browser in tests, which would take a second each, but where one asks for `real_proof`."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(by_page, "hindrance", lambda *_: "")
        yield


@pytest.fixture(scope="session", autouse=True)
def _botocore_s_own_files_are_read_once() -> Iterator[None]:
    """Each session of AWS parses a megabyte of them anew, and nearly every test of a marketplace or bucket has its own."""
    with pytest.MonkeyPatch.context() as patch:
        load_file = JSONFileLoader.load_file
        load = cache(lambda path: load_file(JSONFileLoader(), path))
        patch.setattr(JSONFileLoader, "load_file", lambda _, path: load(path))
        yield


@pytest.fixture(scope="session", autouse=True)
def _plans_are_the_same_in_each_run() -> Iterator[None]:
    """A plan hangs on a secret, and on the plan what simulated people answer: each file of tests has a secret of its own, always this."""

    def drawn(size: int) -> str:
        file = os.environ["PYTEST_CURRENT_TEST"].partition("::")[0]
        return hashlib.sha256(file.encode()).hexdigest()[: 2 * size]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plan_salt, "secrets", SimpleNamespace(token_hex=drawn))
        yield


@pytest.fixture
def real_proof(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let publishing send its answer by a page in a browser."""
    monkeypatch.setattr(by_page, "hindrance", BY_PAGE)
