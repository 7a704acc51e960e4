"""What a sealed page would block is refused with its place; a file of the batch is carried by one helper; lost words are named."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from hitgen.batch.load import load_batch
from hitgen.build import build, plan_of
from hitgen.check import check
from hitgen.errors import InputError
from hitgen.pages.render import Renderer
from tests.support.batches import write_batch

LAYOUT = """{% extends "layouts/flicker.html" %}
{% block trial %}
{{ super() }}
LOGO
{% endblock %}
"""


def with_layout(folder: Path, line: str) -> Path:
    write_batch(folder, 'layout = "own"\n', size=(64, 48), study=1)
    (folder / "templates" / "layouts").mkdir(parents=True)
    (folder / "templates" / "layouts" / "own.html").write_text(LAYOUT.replace("LOGO", line))
    (folder / "assets" / "styles").mkdir(parents=True)
    return folder


def refused(folder: Path) -> str:
    batch = load_batch(folder)
    with pytest.raises(InputError) as caught:
        Renderer(batch).check(plan_of(batch).pages[0])
    return str(caught.value)


@pytest.mark.parametrize(
    "line",
    [
        '<img src="logo.png">',
        '<img alt="x" src=images/logo.svg>',
        '<script src="own.js"></script>',
        '<link rel="stylesheet" href="own.css">',
        '<video src="a.mp4"></video>',
    ],
)
def test_a_file_beside_the_page_is_refused_with_template_and_line(tmp_path: Path, line: str) -> None:
    told = refused(with_layout(tmp_path / "batch", line))
    assert told.startswith("templates/layouts/own.html: line 4: it has a file beside the page")
    assert "inline(" in told


@pytest.mark.parametrize(
    ("rule", "problem", "sheet"),
    [
        ("@font-face { font-family: own; }", "a font of its own", "styles/own.css"),
        ("@import url(own.css);", "another style", "styles/base.css"),
        ("body { background: url(paper.png); }", "a file beside", "methods/pjnd/method.css"),
    ],
)
def test_a_style_that_would_be_blocked_is_refused(tmp_path: Path, rule: str, problem: str, sheet: str) -> None:
    own = with_layout(tmp_path / "batch", "") / "assets" / sheet
    own.parent.mkdir(parents=True, exist_ok=True)
    own.write_text("p {}\n" + rule)
    assert f"assets/{sheet}: line 2: it has {problem}" in refused(tmp_path / "batch")


def test_a_logo_is_carried_in_one_line(tmp_path: Path) -> None:
    folder = with_layout(tmp_path / "batch", '<img src="{{ inline("logo.svg") }}" alt="">')
    batch = load_batch(folder)
    with pytest.raises(InputError, match=r"assets/logo\.svg: there is no such file"):
        Renderer(batch).check(plan_of(batch).pages[0])
    (folder / "assets" / "logo.svg").write_text("<svg/>")
    page = build(folder, workers=1).folder.pages / "p0001.html"
    assert f"data:image/svg+xml;base64,{base64.b64encode(b'<svg/>').decode()}" in page.read_text()


def test_a_lost_placeholder_and_texts_that_are_english_still_are_named(tmp_path: Path) -> None:
    folder = write_batch(tmp_path / "batch", "ratings = 3\n[display]\nswaps_per_second = 6\n", size=(64, 48), study=1)
    text = (
        (folder / "batch.toml")
        .read_text()
        .replace('name = "small"', 'name = "small"\ntexts = "sv.toml"\nlanguage = "sv"', 1)
    )
    (folder / "batch.toml").write_text(text)
    (folder / "sv.toml").write_text('next = "Vidare"\nprogress = "En bild"\n')
    told = check(folder, workers=1).warnings
    assert told[0] == "sv.toml: progress: it no longer says {count}, {number}"
    assert told[1].startswith("sv.toml: ") and "texts are English still: " in told[1]
