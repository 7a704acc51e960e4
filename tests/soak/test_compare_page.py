"""A page of comparisons at length: a thousand questions, and how long anybody waits at 10 Mbit/s."""

from __future__ import annotations

import gzip
import json
import re
import statistics
from pathlib import Path
from typing import Any, cast

import pytest
from PIL import Image
from playwright.sync_api import Browser

from hitgen.build import build
from hitgen.manifest import read_manifest
from hitgen.methods.compare.manifest import Manifest
from hitgen.methods.compare.robot import Robot, differences
from tests.bench.build import photographs
from tests.bench.page import ACCEPTED, LATENCY_MS, MBIT_PER_S, slowed
from tests.browser.test_compare_page import WATCH, at_first_question, check_pictures, handed_in
from tests.support.compare import marked_page
from tests.support.figures import write_figures
from tests.support.servers import gzipped, serve

HURRY = """
const asked = [], shown = [];
let before = null;
const wait = () => {
  const stage = document.querySelector('[data-hit=stage]');
  const left = document.querySelector('[data-hit=left]');
  const screen = document.documentElement.dataset.screen;
  if (['consent', 'instructions', 'distance'].includes(screen)) {
    if (screen === 'consent') document.querySelector('[data-hit=consent]').checked = true;
    [...document.querySelectorAll('[data-hit=next]')].find((button) => button.getClientRects().length)?.click();
  }
  if (screen === 'study' || screen === 'training') {
    if (left.dataset.shown !== 'none' && stage.dataset.trial !== before) {
      before = stage.dataset.trial;
      shown.push(performance.now());
    }
    const go = document.querySelector('[data-hit=go-on]');
    const answer = document.querySelector('[data-hit=answer-left]');
    if (!go.hidden) go.click();
    else if (shown.length > asked.length && performance.now() - shown.at(-1) >= 1000 && !answer.disabled) {
      asked.push(performance.now());
      answer.click();
    }
  }
  window.waited = { shown, asked };
  requestAnimationFrame(wait);
};
requestAnimationFrame(wait);
"""
SIZED = """
[batch]
name = "wide"
seed = 5
[method]
kind = "compare"
arms = ["boosted"]
crop = [620, 800]
error_db = [42, 34]
[method.boosted]
answers = 2
distance = 4
[[images]]
name = "jpeg"
sources = "images/*.png"
codec = "jpeg"
[[images]]
name = "webp"
sources = "images/*.png"
codec = "webp"
[hit]
training = 0
study = 120
packs = "{packs}"
[display]
accept_flash_hazard = "I accept flashes beyond WCAG 2.3.1"
[consent]
title = "t"
contact = "c"
exemption = "e"
retention = "r"
withdrawal = "w"
"""


@pytest.mark.soak
@pytest.mark.browser
def test_a_thousand_questions_are_handed_in_as_they_were_answered(tmp_path: Path, browser: Browser) -> None:
    address = marked_page(tmp_path, "boosted", levels=10, hit="training = 0\nstudy = 140\ngold = 2\nbias = 1")
    manifest = cast(Manifest, read_manifest(tmp_path))
    questions = 0
    for page in manifest.pages:
        for visit in range(5):
            tab = browser.new_context(viewport={"width": 1366, "height": 768}, offline=True).new_page()
            tab.set_default_timeout(60_000)
            tab.goto(address.replace("p0001", page.page))
            robot = Robot(tab, worker=f"{page.page} {visit}")
            at_first_question(tab, robot)
            tab.evaluate(WATCH)
            robot.work()
            record = handed_in(tab, robot)
            assert differences(robot.record, record) == []
            frames = check_pictures(tab.evaluate("() => window.seen"), page.by_trial)
            assert set(frames) == set(page.by_trial)
            assert len(json.dumps(record).encode()) < 64 * 1024
            questions += len(frames)
            tab.context.close()
            if questions >= 1000:
                write_figures("compare-thousand-questions", {"questions": questions, "differences": 0})
                return
    raise AssertionError(questions)


@pytest.mark.soak
@pytest.mark.browser
@pytest.mark.parametrize("packs", ["inline", "linked"])
def test_nobody_waits_for_a_picture(tmp_path: Path, browser: Browser, packs: str) -> None:
    for path in photographs(tmp_path / "images", 4):
        with Image.open(path) as picture:
            picture.transpose(Image.Transpose.ROTATE_90).resize((630, 840), Image.Resampling.LANCZOS).save(path)
    (tmp_path / "batch.toml").write_text(SIZED.format(packs=packs))
    build(tmp_path)
    html = (tmp_path / "build" / "pages" / "p0001.html").read_bytes()
    shell = re.sub(rb'<script type="application/octet-stream;base64"[^>]*>[^<]*</script>', b"", html)
    data: dict[str, Any] = json.loads(re.search(rb'id="hit-page">(.*?)</script>', html, re.S)[1])  # type: ignore[index]
    first = data["study"][0]
    pair = sum(
        (tmp_path / "build" / "packs" / f"{first[name]}.pack").stat().st_size for name in {"pack", "left", "right"}
    )
    sent = gzipped(
        tmp_path / "build" / "pages" / "p0001.html"
    )  # before, as the server would take seconds for it while the page waits
    wire = len(sent) / len(html) * 4 / 3 if packs == "inline" else 1.0
    needed_s = (len(gzip.compress(shell, 6)) + wire * pair) * 8 / (MBIT_PER_S * 1e6)
    needed_s += (1 if packs == "inline" else 3) * LATENCY_MS / 1000
    with serve(tmp_path / "build") as server:
        context = browser.new_context(viewport={"width": 1680, "height": 1050})
        context.add_init_script(HURRY)
        tab = context.new_page()
        tab.set_default_timeout(300_000)
        slowed(tab)
        tab.goto(f"{server.url}/pages/p0001.html{ACCEPTED}", wait_until="commit")
        tab.wait_for_function("() => document.documentElement.dataset.screen === 'submit'")
        times = tab.evaluate("() => window.waited")
        context.close()
    gaps = [after - before for before, after in zip(times["asked"], times["shown"][1:], strict=False)]
    figures = {
        "packs": packs, "questions": len(times["shown"]), "first_s": times["shown"][0] / 1000,
        "transfer_s": needed_s, "ratio": times["shown"][0] / 1000 / needed_s, "gap_median_ms": statistics.median(gaps),
        "gap_max_ms": max(gaps), "page_mb": len(html) / 1e6,
    }  # fmt: skip
    write_figures(f"compare-waits-{packs}", figures)
    assert figures["ratio"] <= 1.3, figures
    assert sorted(gaps)[-2] <= 100, sorted(gaps)[-5:]  # all but the break half way
