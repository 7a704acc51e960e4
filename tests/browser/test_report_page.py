"""The report of a real build in a real browser: nothing refused, every picture shown, no bar to scroll sideways."""

from __future__ import annotations

from pathlib import Path

import pytest

from hitgen.build import build
from hitgen.cli import main
from tests.browser.test_access import violations
from tests.support.batches import write_batch
from tests.support.browsers import OpenPage

pytestmark = pytest.mark.browser


def test_a_report_opens_from_its_file_on_a_laptop(tmp_path: Path, open_page: OpenPage) -> None:
    extra = "ratings = 8\n[screening]\ngold_answers_min = 1\n"
    folder = write_batch(tmp_path / "batch", extra)
    build(folder, workers=1)
    people = tmp_path / "people.toml"
    people.write_text("spammers = 0.25\n")
    assert main(["simulate", str(folder), "--population", str(people)]) == 0
    assert main(["report", str(folder)]) == 0
    address = (folder / "results" / "report.html").resolve().as_uri()
    page = open_page(address)
    pictures = page.evaluate("[...document.images].map(image => [image.complete, image.naturalWidth])")
    assert len(pictures) >= 6 and all(complete and width > 0 for complete, width in pictures)
    assert page.locator(".card").count() == 2
    assert page.evaluate("document.documentElement.scrollWidth") <= 1366
    card = page.locator(".card img").first
    colours = card.evaluate(
        "image => { const canvas = document.createElement('canvas'); canvas.width = image.naturalWidth;"
        "canvas.height = image.naturalHeight; const context = canvas.getContext('2d'); context.drawImage(image, 0, 0);"
        "return new Set([...context.getImageData(0, 0, canvas.width, canvas.height).data]).size }"
    )
    assert colours > 50, "the source is there, under the map"
    assert violations(open_page(address, bypass_csp=True)) == []
    page.emulate_media(media="print")
    assert page.locator("table", has_text="75% counted").is_visible(), "tables that are folded away are printed"
