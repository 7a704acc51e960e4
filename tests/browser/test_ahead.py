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
from hitgen.stimuli.packs import MAGIC, Frame, MadeFrame, make_pack, pack_bytes, read_pack
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


def with_index(**values: object) -> bytes:
    """A pack of a source and a made frame whose index says something else."""
    content = pack_bytes(make_pack(8, 8, [SOURCE, MADE]))
    length = int.from_bytes(content[8:12], "little")
    index = json.loads(content[12 : 12 + length])
    index["frames"][0] |= {key: values.pop(key) for key in ("offset", "length") if key in values}
    index["frames"][1] |= {key: values.pop(key) for key in ("quality",) if key in values}
    text = json.dumps(index | values).encode()
    return MAGIC + len(text).to_bytes(4, "little") + text + content[12 + length :]


IMPOSSIBLE: list[dict[str, object]] = [
    {"length": 2**40}, {"length": -1}, {"length": 0}, {"length": 10.5}, {"length": "nine"}, {"offset": -1}, {"offset": 0.5},
    {"offset": 2**31}, {"width": 0}, {"width": -8}, {"height": 1.5}, {"height": None}, {"levels": []}, {"levels": [0, 2]},
    {"levels": [0, -1]}, {"levels": [0, 0.5]}, {"levels": [1, 0]}, {"levels": 7}, {"quality": 0}, {"quality": 101},
    {"quality": 1.5},
]  # fmt: skip


def test_numbers_that_cannot_be_are_refused_before_anything_is_made_of_them() -> None:
    contents = [with_index(**dict(values)) for values in IMPOSSIBLE]
    for content in contents:
        with pytest.raises(ValueError):
            read_pack(content)
    texts = json.dumps([base64.b64encode(content).decode() for content in contents])
    read = f"""const found = [];
    for (const text of {texts}) {{
      const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
      for (const read of [module.readPack, (bytes) => module.findSource(bytes, 1e6)]) {{
        try {{ found.push(read(bytes)); }} catch (error) {{ found.push(error.message); }}
      }}
    }}
    return found;"""
    found = nodes.run("instrument/pack.js", read)
    cannot, cut = "a pack's index has numbers that cannot be", "pack cut short"
    for number, values in enumerate(IMPOSSIBLE):
        whole, ahead = found[2 * number : 2 * number + 2]
        if values == {"levels": [1, 0]}:  # what is not carried is told by whoever makes frames
            assert ahead is False
        elif values in ({"length": 2**40}, {"offset": 2**31}):
            assert whole == cut and (ahead is False or ahead["length"] == len(SOURCE.content))
        else:
            assert (whole, ahead) == (cannot, cannot) or whole.endswith("is not a function"), (values, whole)


def test_a_source_or_an_index_of_a_size_that_none_has_is_not_waited_for() -> None:
    text = base64.b64encode(with_index(length=2**31)).decode()
    assert nodes.run("runtime/ahead.js", GIVEN % json.dumps([text, 250, False])) == []
    endless = base64.b64encode(MAGIC + b"\xff" * 400).decode()
    thrown = "try { return module.findSource(bytes, 1e6); } catch (error) { return String(error); }"
    decode = f"const bytes = Uint8Array.from(atob({endless!r}), (letter) => letter.charCodeAt(0));"
    assert nodes.run("instrument/pack.js", decode + thrown) == "Error: no pack"
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


LONG = """
const [small, pad] = %s;
const bytes = new Uint8Array(small.length + pad);
bytes.set(Uint8Array.from(small));
for (let at = small.length; at < bytes.length; at += 1) bytes[at] = (at * 7) & 255;
const { frames } = module.readPack(bytes);
const first = await module.bytesOf(frames[0].bytes);
const cut = bytes.slice(0, bytes.length - 1);
let said = "";
try { module.readPack(cut); } catch (error) { said = error.message; }
return [frames[0].bytes instanceof Blob, first.length, Array.from(first.slice(-3)), Array.from(await module.bytesOf(frames[1].bytes)), said];
"""


@pytest.mark.parametrize("long", (False, True))
def test_what_a_long_pack_carries_is_the_browsers_to_keep(long: bool) -> None:
    last = Frame(b"last", "image/jpeg")
    length = 9 * 2**20 if long else 1000
    content = pack_bytes(make_pack(8, 8, [Frame(bytes(length), "image/webp"), last]))
    head = content[: content.index(bytes(1000))]
    text = LONG % json.dumps([list(head), len(content) - len(head)])
    is_kept, read, end, other, said = nodes.run("instrument/pack.js", text)
    kinds = [(at * 7) & 255 for at in range(len(content))]
    assert (is_kept, read, said) == (long, length, "pack cut short")
    assert end == kinds[len(head) + length - 3 : len(head) + length]
    assert other == kinds[-len(last.content) :]
