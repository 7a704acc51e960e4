"""Packs that came damaged, or that a page cannot reach: never shown, fetched again where they can be, told where not."""

from __future__ import annotations

import base64
import hashlib
import random
import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from hitgen.build import build
from hitgen.methods.pjnd.robot import Answer, Robot
from tests.browser.test_linked import ACCEPTED, LINKED, POINTS, packs_of, to_work
from tests.support import nodes
from tests.support.batches import built_page, write_batch
from tests.support.browsers import CHROMIUM, FLAGS, OpenPage
from tests.support.servers import serve

PIXELS = '[display]\nscaling = "pixels"\n'


def damage(content: bytes) -> bytes:
    """One bit in the middle of the frames."""
    middle = len(content) * 2 // 3
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


def with_damaged_packs(html: Path, *numbers: int) -> None:
    """Damage inline packs by their place in the page."""
    parts = re.split(r"(data-pack=\"[0-9a-f]{64}\">)([A-Za-z0-9+/=]+)", html.read_text())
    for number in numbers:
        at = 3 * number + 2
        parts[at] = base64.b64encode(damage(base64.b64decode(parts[at]))).decode()
    html.write_text("".join(parts))


@pytest.mark.browser
def test_a_damaged_inline_pack_is_told_and_never_shown(tmp_path: Path, open_page: OpenPage) -> None:
    address = built_page(write_batch(tmp_path, PIXELS, study=3))
    with_damaged_packs(tmp_path / "build" / "pages" / "p0001.html", 2)
    page = open_page(address)
    robot = Robot(page, lambda _: Answer(5, POINTS))
    to_work(robot)
    for _ in range(40):
        if page.locator("[data-part=waiting]").is_visible():
            break
        robot.step()
    page.locator("[data-hit=reload]").wait_for()
    assert (
        robot.screen() == "study"
        and "did not arrive completely" in page.locator("[data-part=waiting-text]").inner_text()
    )
    assert page.locator("[data-hit=reload]").is_visible() and page.locator("[data-part=at-work]").is_hidden()
    assert len({row.trial for row in robot.record.attempts}) == 4


@pytest.mark.browser
@pytest.mark.parametrize("packs", ["inline", "linked"])
def test_over_plain_http_to_a_host_name_too(tmp_path: Path, browser: Browser, packs: str) -> None:
    build(write_batch(tmp_path, f'packs = "{packs}"\n{PIXELS}', study=1), workers=1)
    with serve(tmp_path / "build") as server:
        port = server.server_address[1]
        if packs == "inline":
            with_damaged_packs(tmp_path / "build" / "pages" / "p0001.html", 0)
        else:
            damaged = tmp_path / "build" / packs_of(server)[0].lstrip("/")
            whole = damaged.read_bytes()
            damaged.write_bytes(damage(whole))
        chromium = browser.browser_type.launch(
            executable_path=CHROMIUM, args=[*FLAGS, "--host-resolver-rules=MAP study.example 127.0.0.1"]
        )
        page = chromium.new_page(viewport={"width": 1366, "height": 768})
        page.goto(f"http://study.example:{port}/pages/p0001.html{ACCEPTED}")
        assert page.evaluate("() => crypto.subtle === undefined")
        robot = Robot(page, lambda _: Answer(5, POINTS))
        to_work(robot)
        page.locator("[data-hit=reload]").wait_for()
        assert page.locator("[data-part=at-work]").is_hidden()
        if packs == "linked":  # it lies in the browser's cache, to be kept for ever
            damaged.write_bytes(whole)
            robot.hit("stage").wait_for()
            assert robot.work().screens[-1] == "submit"
        chromium.close()


@pytest.mark.browser
def test_linked_packs_that_a_file_cannot_reach_are_told_on_the_first_screen(
    tmp_path: Path, open_page: OpenPage
) -> None:
    page = open_page(built_page(write_batch(tmp_path, LINKED, study=1)))
    assert page.evaluate("() => document.documentElement.dataset.screen") == "blocked"
    assert "hitgen preview" in page.locator("[data-part=blocked-text]").inner_text()


def test_our_own_digest_is_sha256() -> None:
    source = random.Random(1)
    given = [
        source.randbytes(length) for length in (0, 1, 55, 56, 63, 64, 65, 119, 120, 1000, 2**20, 2**20 + 64, 2**21 + 3)
    ]
    body = (
        "const found = []; const pause = () => null;"
        f"for (const text of {[base64.b64encode(content).decode() for content in given]!r})"
        " found.push(Buffer.from(await module.sha256(new Uint8Array(Buffer.from(text, 'base64')), pause)).toString('hex'));"
        " return found;"
    )
    assert nodes.run("instrument/sha256.js", body) == [hashlib.sha256(content).hexdigest() for content in given]


def test_a_completion_code_needs_no_secure_context() -> None:
    codes = "[await module.completionCode(crypto, 'b', 'A1'), await module.completionCode({}, 'b', 'A1')]"
    lent, own = nodes.run("runtime/delivery.js", f"return {codes};")
    assert lent == own == hashlib.sha256(b"b:A1").hexdigest()[:8].upper()
