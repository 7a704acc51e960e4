"""Frames are made in a worker, the most needed first; where no worker can be had, the page makes them itself, the same to the pixel."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Iterator, Sequence

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page

from tests.support import codecs
from tests.support.pictures import digest, encoded, photograph, shown

pytestmark = pytest.mark.browser
QUALITIES = [None, 90, 40, 3]
TOOLS = """
const pixelsOf = (bitmap) => {
  const surface = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d");
  surface.drawImage(bitmap, 0, 0);
  return surface.getImageData(0, 0, bitmap.width, bitmap.height).data;
};
const workers = [];
const real = () => workers[workers.push(maker.workerOf(workerText)) - 1];
const none = () => { throw new Error("no workers here"); };
const broken = () => maker.workerOf("throw new Error('broken')");
/** A worker that makes nothing until it is told to, and notes what it was asked. */
const scripted = () => {
  const worker = {
    asked: [],
    postMessage([verb, ...given]) { if (verb === "make") worker.asked.push(given); },
    reply(number) { worker.onmessage({ data: [number, { close() { worker.closed = number; }, number }] }); },
    terminate() { worker.ended = true; },
  };
  return workers[workers.push(worker) - 1];
};
const recipe = (size) => ({ source: fromBase64(source), subsampling: "4:2:0", qualities: [null, 90, 40, 3], ...size });
const small = { width: 61, height: 45 };
const said = (promise) => promise.then(() => "made", (error) => `${error.name}: ${error.message}`);
"""


@pytest.fixture(scope="module")
def picture() -> Image.Image:
    return photograph("coffee.png", (61, 45))


def opened(browser: Browser, picture: Image.Image, changes: Sequence[tuple[str, str]] = ()) -> Page:
    """An empty page with the maker, its text for a worker, and a source."""
    page = codecs.open_codecs(browser)
    text = codecs.script("maker.js", changes)
    buffer = io.BytesIO()
    picture.save(buffer, "WEBP", lossless=True, method=2, quality=20)
    source = base64.b64encode(buffer.getvalue()).decode()
    page.evaluate(f"() => {{ {text} globalThis.maker = codec; }}")
    page.evaluate("([text, given]) => { workerText = text; source = given; }", [f"{text} codec.serve(self);", source])
    page.add_script_tag(content=TOOLS)
    return page


@pytest.fixture
def page(browser: Browser, picture: Image.Image) -> Iterator[Page]:
    page = opened(browser, picture)
    yield page
    page.close()


@pytest.mark.parametrize(("kind", "in_worker"), (("real", True), ("none", False), ("broken", False)))
def test_every_level_is_made_whatever_workers_there_are(
    kind: str, in_worker: bool, page: Page, picture: Image.Image
) -> None:
    made, worked = page.evaluate(
        f"""async () => {{
          const frames = maker.createMaker({{ createWorker: {kind} }});
          frames.open("p", recipe(small));
          const bitmaps = await Promise.all([0, 1, 2, 3].map((level) => frames.make("p", level)));
          return [await Promise.all(bitmaps.map((bitmap) => sha256(pixelsOf(bitmap)))), frames.inWorker()];
        }}"""
    )
    assert made == [digest(picture), *(shown(picture, "4:2:0", quality) for quality in QUALITIES if quality)]
    assert worked is in_worker


def test_a_resampled_frame_is_what_the_jpeg_gives_resampled(page: Page, picture: Image.Image) -> None:
    jpeg = base64.b64encode(encoded(picture, "4:2:0", 40)).decode()
    made, carried = page.evaluate(
        """async (jpeg) => {
          const frames = maker.createMaker({ createWorker: real });
          frames.open("p", recipe(small));
          const made = await frames.make("p", 2, { target: { width: 97, height: 71 } });
          const options = { colorSpaceConversion: "none", premultiplyAlpha: "none", resizeWidth: 97, resizeHeight: 71, resizeQuality: "high" };
          const carried = await createImageBitmap(new Blob([fromBase64(jpeg)], { type: "image/jpeg" }), options);
          return [await sha256(pixelsOf(made)), await sha256(pixelsOf(carried))];
        }""",
        jpeg,
    )
    assert made == carried


def test_a_worker_that_ends_in_the_midst_leaves_nothing_unanswered(page: Page, picture: Image.Image) -> None:
    made = page.evaluate(
        """async () => {
          const frames = maker.createMaker({ createWorker: scripted });
          frames.open("p", recipe(small));
          const asked = [3, 1, 2].map((level) => frames.make("p", level));
          workers[0].onerror({});
          workers[0].onerror({});
          return [workers[0].ended, ...await Promise.all((await Promise.all(asked)).map((bitmap) => sha256(pixelsOf(bitmap))))];
        }"""
    )
    assert made == [True, *(shown(picture, "4:2:0", quality) for quality in (3, 90, 40))]


def test_the_most_needed_comes_first_and_two_small_ones_are_in_hand(page: Page) -> None:
    order = page.evaluate(
        """() => {
          const frames = maker.createMaker({ createWorker: scripted });
          frames.open("p", recipe(small));
          for (const [level, need] of [[1, 5], [2, 4], [3, 3], [0, 1], [1, 3]]) frames.make("p", level, { need });
          const before = workers[0].asked.map(([, , level]) => level);
          for (let number = 1; number <= 5; number += 1) workers[0].reply(number);
          return [before, workers[0].asked.map(([, , level]) => level)];
        }"""
    )
    assert order == [[1, 2], [1, 2, 0, 3, 1]]


def test_of_large_pictures_one_is_in_hand(page: Page) -> None:
    asked = page.evaluate(
        """() => {
          const frames = maker.createMaker({ createWorker: scripted });
          frames.open("p", recipe({ width: 3840, height: 2160 }));
          for (const level of [1, 2, 3]) frames.make("p", level);
          return workers[0].asked.length;
        }"""
    )
    assert asked == 1


def test_what_is_no_longer_wanted_is_not_made(page: Page) -> None:
    asked, ends = page.evaluate(
        """async () => {
          const frames = maker.createMaker({ createWorker: scripted });
          frames.open("p", recipe(small));
          const stop = new AbortController();
          const asked = [1, 2, 3, 0].map((level) => said(frames.make("p", level, { signal: stop.signal })));
          stop.abort();
          const late = said(frames.make("p", 1, { signal: stop.signal }));
          for (const number of [1, 2]) workers[0].reply(number);
          return [workers[0].asked.map(([, , level]) => level), await Promise.all([...asked, late])];
        }"""
    )
    aborted = "AbortError: signal is aborted without reason"
    assert asked == [1, 2]
    assert ends == ["made", "made", aborted, aborted, aborted]


def test_a_closed_pack_is_answered_for_and_its_bitmaps_do_not_stay(page: Page) -> None:
    ends, closed, after = page.evaluate(
        """async () => {
          const frames = maker.createMaker({ createWorker: scripted });
          frames.open("p", recipe(small));
          frames.open("q", recipe(small));
          const asked = [["p", 1], ["q", 1], ["p", 2], ["q", 2]].map(([pack, level]) => said(frames.make(pack, level)));
          frames.close("p");
          for (const number of [1, 2, 3]) workers[0].reply(number);
          return [await Promise.all(asked), workers[0].closed, await said(frames.make("p", 1))];
        }"""
    )
    assert ends == ["Error: pack p was closed", "made", "Error: pack p was closed", "made"]
    assert closed == 1
    assert after == "Error: pack p is not open"


@pytest.mark.parametrize("kind", ("real", "none"))
def test_a_damaged_source_fails_alone(kind: str, page: Page) -> None:
    ends = page.evaluate(
        f"""async () => {{
          const frames = maker.createMaker({{ createWorker: {kind} }});
          frames.open("bad", {{ ...recipe(small), source: new Uint8Array(40) }});
          frames.open("p", recipe(small));
          return Promise.all([said(frames.make("bad", 1)), said(frames.make("p", 1))]);
        }}"""
    )
    assert ends[0].endswith("no lossless WebP: it has no VP8L chunk")
    assert ends[1] == "made"


MUTANTS: dict[str, tuple[Callable[[Page], None], str, str]] = {
    "needs do not count": (test_the_most_needed_comes_first_and_two_small_ones_are_in_hand, "waiting.sort((one, other) => one.need - other.need);", ""),
    "large ones pile up": (test_of_large_pictures_one_is_in_hand, "inHand.size === 1 && width * height <= QUICK_PIXELS", "inHand.size === 1"),
    "aborted ones are made": (test_what_is_no_longer_wanted_is_not_made, "waiting.includes(request) && drop(request, signal.reason)", "request.failed(signal.reason)"),
    "bitmaps of closed packs stay": (test_a_closed_pack_is_answered_for_and_its_bitmaps_do_not_stay, "if (!request) bitmap?.close();", "if (!request) count += 0;"),
}  # fmt: skip


@pytest.mark.parametrize("name", MUTANTS)
def test_a_fault_would_be_seen(name: str, browser: Browser, picture: Image.Image) -> None:
    check, *change = MUTANTS[name]
    page = opened(browser, picture, [(change[0], change[1])])
    with pytest.raises(AssertionError):
        check(page)
    page.close()
