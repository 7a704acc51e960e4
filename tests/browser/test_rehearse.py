"""`hitgen rehearse`: real pages in a real Chromium through the worker's pages, and nothing but loopback."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from hitgen.doubles.mturk.refusals import RefusalError
from hitgen.doubles.mturk.worker_pages import SANDBOX
from hitgen.manifest import read_manifest
from tests.support.batches import write_batch
from tests.support.marketplace import HIT, QUESTION, open_marketplace
from tests.support.servers import serving

ROOT = Path(__file__).parents[2]
BATCH = """ratings = 2
[screening]
gold_answers_min = 10
[display]
width_cm = 9
accept_flash_hazard = "I accept flashes beyond WCAG 2.3.1"
[[survey]]
name = "age"
kind = "number"
label = "How old are you?"
required = true
min = 18
[[survey]]
name = "ease"
kind = "choice"
label = "Was it easy?"
options = ["yes", "no"]
required = true
[host]
kind = "folder"
[recruiter]
kind = "mturk"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_batch(tmp_path / "small", BATCH, study=1)


def unshared() -> list[str]:
    """The command that gives a process a network of its own, or a skip where the system does not allow that."""
    for command in (["unshare", "--net"], ["unshare", "--net", "--map-root-user"]):
        try:
            if (
                subprocess.run(
                    [*command, "ip", "link", "add", "out", "type", "veth", "peer", "name", "far"],
                    capture_output=True,
                    check=False,
                ).returncode
                == 0
            ):
                return command
        except FileNotFoundError:
            break
    pytest.skip("this system gives no network namespace, in which alone loopback traffic can be proved")


@pytest.mark.browser
def test_robots_work_all_hits_and_nothing_leaves_this_machine(folder: Path) -> None:
    command = [
        *unshared(),
        sys.executable,
        "-m",
        "tests.support.alone",
        "rehearse",
        str(folder),
        "--robots",
        "2",
        "--json",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=200, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    traffic = json.loads(done.stderr.splitlines()[-1])
    assert traffic == {"control": ["192.0.2.1", "2001:db8::1"], "elsewhere": [], "dropped": 0}
    rows = json.loads(done.stdout)
    assert sorted(row["worker"] for row in rows) == ["AROBOT0001", "AROBOT0002"]
    (page,) = read_manifest(folder).pages
    for row in rows:
        assert row["answer"]["survey"] == {"age": 18, "ease": "yes"}
        assert row["answer"]["assignment"] == row["assignment"]
        assert row["answer"]["worker"] == row["worker"]
        assert {trial["trial"] for trial in row["answer"]["trials"]} == set(page.by_trial)
    assert not (folder / "ledger.sqlite").exists()


def test_people_work_until_ctrl_c(folder: Path) -> None:
    command = [sys.executable, "-u", "-m", "hitgen", "rehearse", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline().startswith("warning: batch.toml: screening.gold_answers_min: ")
        assert process.stdout.readline().startswith("warning: batch.toml: recruiter.kind: Mechanical Turk closed on ")
        found = re.search(r"1 HIT at (http://127\.0\.0\.1:\d+)/worker", process.stdout.readline())
        assert found

        def post(path: str, **fields: str) -> str:
            with urllib.request.urlopen(found[1] + path, urllib.parse.urlencode(fields).encode()) as answer:
                return str(answer.url) + answer.read().decode()

        with urllib.request.urlopen(f"{found[1]}/worker?workerId=ABC") as answer:
            hit = re.search(r'data-hit-id="(\w+)"', answer.read().decode())
        assert hit
        accepted = post("/worker/accept", hitId=hit[1], workerId="ABC")
        assert f'sandbox="{SANDBOX}"' in accepted
        assignment = re.search(r"assignmentId=(\w+)", accepted)
        assert assignment
        assert "Handed in" in post("/mturk/externalSubmit", assignmentId=assignment[1], submission='{"trials": []}')
        process.stdout.readline()
        assert process.stdout.readline() == "1 handed in\n"
        process.send_signal(signal.SIGINT)
        rest = process.stdout.read()
        assert process.wait() == 0
    told = "p0001 by ABC: 0 trials, 0 attempts\n1 submission of 1 worker; $9997.12 left\n"
    assert rest == f"{told}next: hitgen report {folder} --rehearsal\n"


@pytest.mark.browser
def test_the_frame_is_sandboxed_and_the_page_is_told_what_the_service_tells(browser: Browser, tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(
        "<!doctype html><p id=search></p><p id=place></p><script>search.textContent = location.search;"
        "place.textContent = self.origin; try { localStorage.a = 1 } catch { place.textContent += ' no storage' }</script>"
    )
    with serving(tmp_path) as site, open_marketplace(tmp_path / "m.sqlite") as (market, client):
        question = QUESTION.replace("https://pages.example.org/p.html", f"{site}/page.html")
        hit_id = client.create_hit(**{**HIT, "Question": question})["HIT"]["HITId"]
        page = browser.new_page()
        page.goto(f"{market.worker_url}?workerId=ABC")
        page.get_by_role("link", name="Preview").click()
        frame = page.frame_locator("#frame")
        assert frame.locator("#search").text_content() == (
            f"?a=1&b=2&assignmentId=ASSIGNMENT_ID_NOT_AVAILABLE&hitId={hit_id}"
        )
        assert frame.locator("#place").text_content() == "null no storage"
        page.get_by_role("button", name="Accept").click()
        (task,) = market.workers.tasks("ABC")
        told: dict[str, Any] = dict(urllib.parse.parse_qsl(str(frame.locator("#search").text_content())[1:]))
        assert told == {
            **{"a": "1", "b": "2", "assignmentId": task.assignment, "hitId": hit_id, "workerId": "ABC"},
            "turkSubmitTo": market.endpoint_url,
        }
        page.get_by_role("button", name="Return").click()
        page.locator("#hits").wait_for()
        with pytest.raises(RefusalError, match="it is returned"):
            market.workers.hand_in(task.assignment, [("a", "b")])
        page.close()


def test_what_is_missing_is_named(folder: Path, tmp_path: Path) -> None:
    code = "import sys; sys.modules['moto'] = None; from hitgen.cli import main; sys.exit(main(sys.argv[1:]))"
    run: dict[str, Any] = {"capture_output": True, "text": True, "check": False}
    done = subprocess.run([sys.executable, "-c", code, "rehearse", str(folder)], **run)
    assert (done.returncode, "[rehearse]'" in done.stderr) == (1, True)
    nowhere = {**os.environ, "PATH": str(tmp_path), "PLAYWRIGHT_BROWSERS_PATH": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-m", "hitgen", "rehearse", str(folder), "--robots", "1"], env=nowhere, **run
    )
    assert (done.returncode, "apt-get install chromium" in done.stderr) == (1, True)
