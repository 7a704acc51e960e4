"""The first pack's source is read while the rest of it is on its way, and what is no such source is left alone."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from hitgen.build import build
from hitgen.manifest import read_manifest
from hitgen.stimuli.packs import Frame, MadeFrame, make_pack, pack_bytes, read_pack
from tests.support import nodes
from tests.support.batches import write_batch
from tests.support.servers import serve

SOURCE = Frame(bytes(range(256)) * 4, "image/webp")
MADE = MadeFrame(subsampling="4:2:0", quality=40)
GIVEN = """
const [text, step, damaged] = %s;
const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
if (damaged) bytes[0] ^= 1;
const given = [];
const ahead = module.createAhead((part, size) => given.push([btoa(String.fromCharCode(...part)), size]));
for (let at = 0; at < bytes.length; at += step) ahead.add(bytes.slice(at, at + step));
return given;
"""
LISTEN = """
window.told = [];
const { postMessage } = Worker.prototype;
Worker.prototype.postMessage = function (message, ...more) {
  told.push([message[0], message[0] === 'ahead' ? message[1].length : 0, document.querySelectorAll('script[data-pack]').length]);
  return postMessage.call(this, message, ...more);
};
"""


def given(
    frames: Sequence[Frame | MadeFrame], step: int, size: tuple[int, int] = (8, 8), damaged: bool = False
) -> list[tuple[bytes, int]]:
    """What is handed on of a pack that comes in parts of so many bytes."""
    text = base64.b64encode(pack_bytes(make_pack(*size, frames))).decode()
    found = nodes.run("runtime/ahead.js", GIVEN % json.dumps([text, step, damaged]))
    return [(base64.b64decode(part), size) for part, size in found]


@pytest.mark.parametrize("step", (7, 250, 100_000))
def test_the_source_is_handed_on_as_it_comes(step: int) -> None:
    parts = given([SOURCE, MADE], step)
    assert b"".join(part for part, _ in parts) == SOURCE.content
    assert {size for _, size in parts} == {len(SOURCE.content)}
    assert len(parts) >= len(SOURCE.content) // step


def test_what_is_no_source_of_made_frames_is_left_alone() -> None:
    assert given([SOURCE, Frame(b"carried", "image/jpeg")], 250) == []
    assert given([SOURCE, MADE], 250, size=(4096, 2160)) == []
    assert given([SOURCE, MADE], 250, damaged=True) == []


@pytest.mark.browser
@pytest.mark.parametrize("packs", ("inline", "linked"))
def test_a_page_hands_its_first_pack_s_source_to_the_worker(packs: str, tmp_path: Path, browser: Browser) -> None:
    """Before the worker is asked for any frame, and an inline one before the parser is through with it."""
    build(write_batch(tmp_path, f'packs = "{packs}"\n[display]\nscaling = "pixels"\n', size=(64, 48)), workers=1)
    manifest = read_manifest(tmp_path)
    first = manifest.pages[0].trials[0].ladder
    pack = next(ladder.pack for ladder in manifest.ladders if ladder.ladder == first)
    source = read_pack((tmp_path / "build" / "packs" / f"{pack}.pack").read_bytes()).source
    with serve(tmp_path / "build") as server:
        context = browser.new_context()
        context.add_init_script(LISTEN)
        page = context.new_page()
        page.goto(f"{server.url}/pages/p0001.html?assignmentId=A1&hitId=H1&workerId=W1")
        page.wait_for_function(
            "(size) => told.reduce((sum, [, length]) => sum + length, 0) === size",
            arg=len(source.content),
            timeout=30_000,
        )
        told = page.evaluate("() => told")
        assert {verb for verb, _, _ in told} == {"ahead"}
        assert packs == "linked" or told[0][2] > 0
        context.close()
