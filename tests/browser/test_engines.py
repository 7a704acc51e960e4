"""Chromium, Firefox and WebKit show the same pages the same way: pixels, flicker, keyboard, resuming, handing in and saving."""

from __future__ import annotations

import base64
import io
import json
import statistics
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser

from hitgen.build import build
from hitgen.cli import main
from hitgen.publishing.publication import open_account
from hitgen.publishing.status import status
from tests.support import codecs, keyboard
from tests.support.batches import HEAD, STUDY, grid, link_batch, places
from tests.support.engines import Window, missing, opened
from tests.support.figures import write_figures
from tests.support.pictures import (
    PHOTOS,
    SAMPLINGS,
    digest,
    encoded,
    extremes,
    noise,
    photograph,
    shown,
    small_pictures,
)
from tests.support.runs import soaked_but
from tests.support.servers import collecting, free_port, serve

ENGINES = ("chromium", "firefox", "webkit")
"""What Chromium does here all other tests of pages see in it too: the soak compares it with the others."""
pytestmark = pytest.mark.browser
LEVEL = 5
PILLOWS: dict[tuple[str, str, int], str] = {}
"""What Pillow shows, worked out once for all engines, by picture, sampling and quality."""
CANVAS = """
async () => {
  const canvas = document.querySelector("[data-hit=stage] canvas");
  const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", pixels));
  return [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
"""
"""What the canvas shows while a level is held; the caller waits for it."""
CARRIED = """
async (given) => {
  const found = [];
  for (const [jpeg, expected] of given) {
    const options = { colorSpaceConversion: "none", premultiplyAlpha: "none" };
    const bitmap = await createImageBitmap(new Blob([fromBase64(jpeg)], { type: "image/jpeg" }), options);
    const surface = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d");
    surface.drawImage(bitmap, 0, 0);
    const pixels = surface.getImageData(0, 0, bitmap.width, bitmap.height).data;
    const wanted = opaque(fromBase64(expected));
    const differences = pixels.map((value, at) => Math.abs(value - wanted[at]));
    found.push([differences.reduce((most, each) => Math.max(most, each), 0), differences.filter((each) => each > 0).length / pixels.length]);
  }
  return found;
}
"""
SWAPS = """
async (ms) => {
  const stage = document.querySelector("[data-hit=stage]");
  const seen = [];
  const end = performance.now() + ms;
  await new Promise((resolve) => {
    const look = (t) => {
      const shown = stage.dataset.shown;
      if (!seen.length || seen.at(-1)[1] !== shown) seen.push([t, shown]);
      if (performance.now() < end) requestAnimationFrame(look);
      else resolve();
    };
    requestAnimationFrame(look);
  });
  return seen;
}
"""
CONTROL = """<!doctype html><canvas width="320" height="240" data-hit="stage" data-shown="none"></canvas><script>
const canvas = document.querySelector("canvas"), surface = canvas.getContext("2d", { alpha: false });
const bitmaps = [60, 90].map((grey) => {
  const made = new OffscreenCanvas(320, 240), area = made.getContext("2d");
  area.fillStyle = `rgb(${grey} ${grey} ${grey})`;
  area.fillRect(0, 0, 320, 240);
  return made.transferToImageBitmap();
});
let start = 0;
const look = (t) => {
  start ||= t;
  const odd = Math.round((t - start) / 125) % 2;
  const shown = odd ? "level:5" : "source";
  if (canvas.dataset.shown !== shown) {
    surface.drawImage(bitmaps[odd], 0, 0);
    canvas.dataset.shown = shown;
  }
  requestAnimationFrame(look);
};
requestAnimationFrame(look);
</script>"""
"""A flicker of eight swaps a second that knows nothing of hitgen: what this browser on this machine can do."""


@pytest.fixture(scope="module", params=soaked_but(ENGINES[1:], ENGINES))
def window(
    request: pytest.FixtureRequest, browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Window]:
    if why := missing(request.param):
        pytest.skip(why)
    with opened(request.param, browser, tmp_path_factory.mktemp(request.param)) as window:
        yield window


def small_study(folder: Path, packs: str) -> Path:
    """One study picture on a page, without training or gold."""
    (folder / "images").mkdir(parents=True)
    grid(320, 240).save(folder / "images" / "grid.png")
    levels = ", ".join(f"{{level = {level}, quality = {90 - 7 * level}}}" for level in range(1, 13))
    (folder / "batch.toml").write_text(
        f'{HEAD}{STUDY}levels = [{levels}]\n[hit]\ntraining = 0\nstudy = 1\ngold = 0\npacks = "{packs}"\n'
        '[display]\nscaling = "pixels"\n'
    )
    build(folder, workers=1)
    return folder


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return small_study(tmp_path_factory.mktemp("inline"), "inline")


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A published study with a collector that runs."""
    folder, port = tmp_path_factory.mktemp("collected") / "batch", free_port()
    build(link_batch(folder, port), workers=1)
    with collecting(folder, port, hand_out=True):
        assert main(["publish", str(folder)]) == 0
        yield folder


def to_the_study(window: Window, address: str) -> None:
    window.goto(address)
    keyboard.work(window, until="study")
    window.wait("() => document.querySelector('[data-hit=stage]')?.dataset.shown === 'source'")


def canvas_at(window: Window, level: int) -> str:
    """The digest of what is on the canvas at a level."""
    look = CANVAS.replace(
        "async () => {",
        f"""async () => {{
      const stage = document.querySelector("[data-hit=stage]");
      while (stage.dataset.shown !== "{f"level:{level}" if level else "source"}") await new Promise(requestAnimationFrame);""",
    )
    return str(window.evaluate(look))


def expected(level: int) -> str:
    picture = grid(320, 240)
    return shown(picture, "4:2:0", 90 - 7 * level) if level else digest(picture)


def test_made_pixels_are_those_of_pillow(window: Window, tmp_path: Path) -> None:
    (tmp_path / "codecs.html").write_text(codecs.page_of({"script": "jpeg.js", "kernel": "kernel.js"}))
    window.goto((tmp_path / "codecs.html").as_uri())
    assert window.evaluate("async () => (await codecs.kernel.loadKernel()).kind") == "wasm"
    small = small_pictures()
    names = [name for name in small if any(part in name for part in ("photograph", "33x18", "3x3", "24x25", "worst"))]
    assert len(names) >= 9
    for kind, qualities in (("kernel", (1, 25, 60, 92)), ("script", (10, 75))):
        assert differing(window, kind, {name: small[name] for name in names}, qualities) == []


KEPT = """async ([text, source, width, height]) => {
  const createWorker = () => codecs.maker.workerOf(text);
  const pack = codecs.maker.createMaker({ createWorker }).open({ width, height, source: new Blob([fromBase64(source)]) });
  const digests = [];
  for (const frame of [null, { codec: "jpeg", subsampling: "4:2:0", quality: 40 }]) {
    const surface = new OffscreenCanvas(width, height).getContext("2d");
    surface.drawImage(await pack.make(frame, null), 0, 0);
    digests.push(await sha256(surface.getImageData(0, 0, width, height).data));
  }
  return digests;
}"""


def test_frames_are_made_of_a_source_that_the_browser_keeps(window: Window, tmp_path: Path) -> None:
    """As those of long packs are, also in a page that was opened from a file."""
    (tmp_path / "codecs.html").write_text(codecs.page_of({"maker": "maker.js"}))
    window.goto((tmp_path / "codecs.html").as_uri())
    picture = photograph(PHOTOS[0], (61, 45))
    content = io.BytesIO()
    picture.save(content, "WEBP", lossless=True)
    given = [f"{codecs.script('maker.js')} codec.serve(self);", base64.b64encode(content.getvalue()).decode()]
    assert window.evaluate(KEPT, [*given, *picture.size]) == [digest(picture), shown(picture, "4:2:0", 40)]


def differing(window: Window, kind: str, pictures: dict[str, Image.Image], qualities: Sequence[int]) -> list[str]:
    """Which frames are not those that Pillow decodes."""
    wrong = []
    for name, picture in pictures.items():
        for sampling in SAMPLINGS:
            found = codecs.frames(window, kind, picture, sampling, qualities)
            for quality, made in zip(qualities, found, strict=True):
                key = (name, sampling, quality)
                if key not in PILLOWS:
                    PILLOWS[key] = shown(picture, sampling, quality)
                if made != PILLOWS[key]:
                    wrong.append(f"{name} {sampling} {quality}")
    return wrong


def carried(window: Window, pictures: Sequence[Image.Image], qualities: Sequence[int]) -> tuple[float, float]:
    """How far the browser's own decoding is from Pillow's: the largest difference, and the share of values that differ."""
    found: list[list[float]] = []
    for picture in pictures:
        for sampling in SAMPLINGS:  # not all at once: pixels are many
            jpegs = [encoded(picture, sampling, quality) for quality in qualities]
            shown_pixels = [Image.open(io.BytesIO(jpeg)).convert("RGB").tobytes() for jpeg in jpegs]
            pairs = zip(jpegs, shown_pixels, strict=True)
            found += window.evaluate(CARRIED, [[base64.b64encode(each).decode() for each in pair] for pair in pairs])
    largest, shares = np.array(found).T
    return float(largest.max()), float(shares.mean())


def test_carried_frames_are_decoded_as_pillow_does(window: Window, tmp_path: Path) -> None:
    (tmp_path / "codecs.html").write_text(codecs.page_of({}))
    window.goto((tmp_path / "codecs.html").as_uri())
    pictures = (photograph(PHOTOS[0], (121, 91)), noise(33, 18))
    assert carried(window, pictures, (1, 50, 92)) == (0, 0), (
        "this browser decodes JPEG otherwise: docs/performance.md says so"
    )


def test_a_page_of_one_file_is_worked_by_keyboard_and_its_answers_are_saved(window: Window, alone: Path) -> None:
    to_the_study(window, (alone / "build" / "pages" / "p0001.html").as_uri())
    assert canvas_at(window, 0) == expected(0)
    keyboard.adjust(window, LEVEL)
    assert canvas_at(window, LEVEL) == expected(LEVEL)
    keyboard.work(window)
    keyboard.press_on(window, "download-json", "Enter")
    (row,) = json.loads(window.saved().read_text())["trials"]
    assert (row["level"], len(row["points"])) == (LEVEL, 3)
    assert row["timing"]["swaps"] > 4


def test_linked_packs_come_by_http(window: Window, tmp_path: Path) -> None:
    with serve(small_study(tmp_path / "linked", "linked") / "build") as server:
        to_the_study(window, f"{server.url}/pages/p0001.html?assignmentId=A1&hitId=H1&workerId=W1")
        keyboard.adjust(window, LEVEL)
        assert canvas_at(window, LEVEL) == expected(LEVEL)


def test_a_page_is_resumed_where_it_was_and_handed_in(window: Window, collected: Path) -> None:
    place = places(collected)[ENGINES.index(window.name)]
    to_the_study(window, place["url"])
    done = window.evaluate("() => document.querySelector('[data-hit=progress]').textContent")
    window.reload()
    window.wait("() => document.querySelector('[data-hit=stage]')?.dataset.shown === 'source'")
    assert window.evaluate(keyboard.SCREEN) == "study"
    assert window.evaluate("() => document.querySelector('[data-hit=progress]').textContent") == done
    keyboard.work(window)
    keyboard.press_on(window, "submit", "Enter")
    window.wait("() => document.documentElement.dataset.screen === 'done'")
    with open_account(collected) as account:
        status(account)
        answers = {row.assignment: json.loads(row.answer) for row in account.ledger.submissions()}
    trials = answers[place["url"].split("=")[1]]["trials"]
    assert len(trials) >= 3 and all(row["level"] == LEVEL and len(row["points"]) == 3 for row in trials)


def held(window: Window, seconds: float) -> list[float]:
    """The times between swaps in ms, while a level is held."""
    seen = window.evaluate(SWAPS, 1000 * seconds)
    shown_pictures = [entry[1] for entry in seen]
    assert set(shown_pictures) == {"source", f"level:{LEVEL}"}, "something else was shown"
    times = [entry[0] for entry in seen][1:]
    return [after - before for before, after in pairwise(times)]


@pytest.mark.timing
def test_the_flicker_is_held_as_well_as_any_could_be(window: Window, alone: Path, tmp_path: Path) -> None:
    """Against a page that does nothing but swap two grey squares, in the same window."""
    (tmp_path / "control.html").write_text(CONTROL)
    window.goto((tmp_path / "control.html").as_uri())
    control = statistics.mean(held(window, 4)[2:])
    # somebody else than whoever may have worked this page in this window before
    to_the_study(window, f"{(alone / 'build' / 'pages' / 'p0001.html').as_uri()}?workerId=W2")
    keyboard.adjust(window, LEVEL)
    swaps = statistics.mean(held(window, 4)[2:])
    print(f"{window.name}: {swaps:.1f} ms a swap, a plain page {control:.1f} ms")
    assert swaps <= 1.1 * control


@pytest.mark.soak
@pytest.mark.timeout(1800)
def test_three_thousand_frames_in_every_engine(window: Window, tmp_path: Path) -> None:
    (tmp_path / "codecs.html").write_text(codecs.page_of({"script": "jpeg.js", "kernel": "kernel.js"}))
    window.goto((tmp_path / "codecs.html").as_uri())
    pictures = {name: photograph(name) for name in PHOTOS}
    pictures |= {"noise": noise(256, 256), "extremes": extremes(200, 136), **small_pictures()}
    pictures |= {f"{w}x{h}": photograph(PHOTOS[0], (w, h)) for w, h in ((641, 479), (639, 481), (328, 248))}
    every = range(1, 101)
    wrong = {kind: differing(window, kind, pictures, every) for kind in ("kernel", "script")}
    largest, share = carried(window, list(pictures.values()), (1, 10, 25, 50, 75, 90, 100))
    frames = len(pictures) * len(SAMPLINGS) * len(every)
    write_figures(
        f"engines-{window.name}",
        {"frames": frames, "wrong": wrong, "carried_largest_difference": largest, "carried_share_of_values": share},
    )
    assert frames >= 3000 and wrong == {"kernel": [], "script": []}
