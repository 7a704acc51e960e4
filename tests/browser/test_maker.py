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
QUALITIES = (90, 40, 3)
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
    closed: new Set(),
    reply(number) { worker.onmessage({ data: [number, { close() { worker.closed.add(number); }, number }] }); },
    terminate() { worker.ended = true; },
  };
  return workers[workers.push(worker) - 1];
};
const recipe = (size) => ({ source: fromBase64(source), ...size });
const frame = (quality) => (quality ? { codec: "jpeg", subsampling: "4:2:0", quality } : null);
const qualities = () => workers[0].asked.map(([, , frame]) => frame?.quality ?? 0);
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
          const pack = frames.open(recipe(small));
          const bitmaps = await Promise.all([0, 90, 40, 3].map((quality) => pack.make(frame(quality), null)));
          return [await Promise.all(bitmaps.map((bitmap) => sha256(pixelsOf(bitmap)))), frames.inWorker()];
        }}"""
    )
    assert made == [digest(picture), *(shown(picture, "4:2:0", quality) for quality in QUALITIES)]
    assert worked is in_worker


def test_a_picture_that_comes_in_strips_is_gathered(browser: Browser) -> None:
    picture = photograph("coffee.png", (1031, 1023))
    page = opened(browser, picture)
    made = page.evaluate(
        """async () => {
          const pack = maker.createMaker({ createWorker: real }).open(recipe({ width: 1031, height: 1023 }));
          const digests = [];
          for (const quality of [40, 0, 90, 0]) digests.push(await sha256(pixelsOf(await pack.make(frame(quality), null))));
          return digests;
        }"""
    )
    source = digest(picture)
    assert made == [shown(picture, "4:2:0", 40), source, shown(picture, "4:2:0", 90), source]
    page.close()


def test_without_a_canvas_of_its_own_a_worker_makes_the_same(browser: Browser, picture: Image.Image) -> None:
    page = opened(browser, picture, [("typeof OffscreenCanvas", "typeof NoSuchCanvas")])
    made = page.evaluate(
        """async () => {
          const pack = maker.createMaker({ createWorker: real }).open(recipe(small));
          return [await sha256(pixelsOf(await pack.make(null, null))), await sha256(pixelsOf(await pack.make(frame(40), null)))];
        }"""
    )
    assert made == [digest(picture), shown(picture, "4:2:0", 40)]
    page.close()


def test_a_resampled_frame_is_what_the_jpeg_gives_resampled(page: Page, picture: Image.Image) -> None:
    jpeg = base64.b64encode(encoded(picture, "4:2:0", 40)).decode()
    made, carried = page.evaluate(
        """async (jpeg) => {
          const pack = maker.createMaker({ createWorker: real }).open(recipe(small));
          const made = await pack.make(frame(40), { width: 97, height: 71 });
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
          const pack = maker.createMaker({ createWorker: scripted }).open(recipe(small));
          const asked = [3, 90, 40].map((quality) => pack.make(frame(quality), null));
          workers[0].onerror({});
          workers[0].onerror({});
          return [workers[0].ended, ...await Promise.all((await Promise.all(asked)).map((bitmap) => sha256(pixelsOf(bitmap))))];
        }"""
    )
    assert made == [True, *(shown(picture, "4:2:0", quality) for quality in (3, 90, 40))]


@pytest.mark.parametrize(("kind", "in_worker"), (("scripted", False), ("real", True)))
def test_a_worker_that_says_nothing_is_replaced(kind: str, in_worker: bool, page: Page, picture: Image.Image) -> None:
    """One that works is heard long before it has made anything."""
    made, worked = page.evaluate(
        f"""async () => {{
          const worker = {kind}();
          const isReal = worker instanceof Worker;
          if (isReal) await new Promise((heard) => worker.addEventListener("message", ({{ data }}) => heard(workers.push(data)), {{ once: true }}));
          const frames = maker.createMaker({{ createWorker: () => worker, silentMs: isReal ? 30_000 : 50 }});
          const bitmap = await frames.open(recipe(small)).make(frame(40), null);
          return [await sha256(pixelsOf(bitmap)), frames.inWorker()];
        }}"""
    )
    assert (made, worked) == (shown(picture, "4:2:0", 40), in_worker)


def test_two_small_ones_are_in_hand_and_the_others_wait_in_order(page: Page) -> None:
    order = page.evaluate(
        """() => {
          const pack = maker.createMaker({ createWorker: scripted }).open(recipe(small));
          for (const quality of [90, 40, 3, 0, 90]) pack.make(frame(quality), null);
          const before = qualities();
          for (const [number] of [...workers[0].asked]) workers[0].reply(number);
          return [before, qualities()];
        }"""
    )
    assert order == [[90, 40], [90, 40, 3, 0]]


def test_of_large_pictures_one_is_in_hand(page: Page) -> None:
    asked = page.evaluate(
        """() => {
          const pack = maker.createMaker({ createWorker: scripted }).open(recipe({ width: 3840, height: 2160 }));
          for (const quality of [90, 40, 3]) pack.make(frame(quality), null);
          return workers[0].asked.length;
        }"""
    )
    assert asked == 1


def test_what_is_no_longer_wanted_is_not_made(page: Page) -> None:
    asked, ends = page.evaluate(
        """async () => {
          const pack = maker.createMaker({ createWorker: scripted }).open(recipe(small));
          const stop = new AbortController();
          const asked = [90, 40, 3, 0].map((quality) => said(pack.make(frame(quality), null, stop.signal)));
          stop.abort();
          const late = said(pack.make(frame(90), null, stop.signal));
          for (const [number] of [...workers[0].asked]) workers[0].reply(number);
          return [qualities(), await Promise.all([...asked, late])];
        }"""
    )
    aborted = "AbortError: signal is aborted without reason"
    assert asked == [90, 40]
    assert ends == ["made", "made", aborted, aborted, aborted]


def test_a_closed_pack_is_answered_for_and_its_bitmaps_do_not_stay(page: Page) -> None:
    ends, closed, after = page.evaluate(
        """async () => {
          const frames = maker.createMaker({ createWorker: scripted });
          const [p, q] = [frames.open(recipe(small)), frames.open(recipe(small))];
          const asked = [[p, 90], [q, 90], [p, 40], [q, 40]].map(([pack, quality]) => said(pack.make(frame(quality), null)));
          const first = workers[0].asked[0][0];
          p.close();
          for (const [number] of [...workers[0].asked]) workers[0].reply(number);
          for (const [number] of [...workers[0].asked]) workers[0].reply(number);
          return [await Promise.all(asked), workers[0].closed.has(first), await said(p.make(frame(90), null))];
        }"""
    )
    assert ends == ["Error: pack 1 was closed", "made", "Error: pack 1 was closed", "made"]
    assert closed is True
    assert after == "Error: pack 1 is not open"


@pytest.mark.parametrize("kind", ("real", "none"))
def test_a_damaged_source_fails_alone(kind: str, page: Page) -> None:
    ends = page.evaluate(
        f"""async () => {{
          const frames = maker.createMaker({{ createWorker: {kind} }});
          const bad = frames.open({{ ...recipe(small), source: new Uint8Array(40) }});
          const good = frames.open(recipe(small));
          return Promise.all([said(bad.make(frame(90), null)), said(good.make(frame(90), null))]);
        }}"""
    )
    assert ends[0].endswith("no lossless WebP: it has no VP8L chunk")
    assert ends[1] == "made"


COUNTED = [
    ("function begin(file) {", "function begin(file) {\n  globalThis.readings = (globalThis.readings ?? 0) + 1;")
]
AHEAD = """async (what) => {
  const bytes = fromBase64(source);
  const bench = maker.createBench();
  const before = what === "another" ? bytes.map((byte, at) => (at < 300 ? byte : byte ^ 1)) : bytes;
  const parts = what === "less" ? 2 : 3;
  for (let part = 0; part < parts; part += 1) bench.readAhead(before.slice((part * bytes.length) / 3, ((part + 1) * bytes.length) / 3), bytes.length);
  const ahead = globalThis.readings;
  bench.open(1, small);
  const made = [];
  for (const quality of [0, 40]) made.push(await sha256(pixelsOf(await bench.make(1, frame(quality), null, bytes))));
  return [made, globalThis.readings - ahead];
}"""


@pytest.mark.parametrize(("what", "again"), (("all", 0), ("less", 0), ("another", 1)))
def test_a_source_that_is_read_while_it_comes_is_not_read_again(
    what: str, again: int, browser: Browser, picture: Image.Image
) -> None:
    """But another one is, whatever was read before it."""
    page = opened(browser, picture, COUNTED)
    assert page.evaluate(AHEAD, what) == [[digest(picture), shown(picture, "4:2:0", 40)], again]
    page.close()


def test_a_worker_reads_ahead(page: Page, picture: Image.Image) -> None:
    made = page.evaluate(
        """async () => {
          const frames = maker.createMaker({ createWorker: real });
          const bytes = fromBase64(source);
          for (let at = 0; at < bytes.length; at += 500) frames.readAhead(bytes.slice(at, at + 500), bytes.length);
          return sha256(pixelsOf(await frames.open(recipe(small)).make(null, null)));
        }"""
    )
    assert made == digest(picture)


MUTANTS: dict[str, tuple[Callable[[Page], None], str, str]] = {
    "large ones pile up": (test_of_large_pictures_one_is_in_hand, "inHand.size === 1 && width * height <= QUICK_PIXELS", "inHand.size === 1"),
    "the newest comes first": (test_two_small_ones_are_in_hand_and_the_others_wait_in_order, "waiting.push(request);", "waiting.unshift(request);"),
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


@pytest.mark.parametrize("kind", ("real", "none"))
def test_a_source_that_the_browser_keeps_is_read_where_frames_are_made(
    page: Page, picture: Image.Image, kind: str
) -> None:
    made = page.evaluate(
        f"""async () => {{
          const pack = maker.createMaker({{ createWorker: {kind} }}).open({{ ...recipe(small), source: new Blob([fromBase64(source)]) }});
          const found = [];
          for (const asked of [null, frame(40)]) found.push(await sha256(pixelsOf(await pack.make(asked, null))));
          return found;
        }}"""
    )
    assert made == [digest(picture), shown(picture, "4:2:0", 40)]
