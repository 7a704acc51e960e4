"""The codecs' scripts in a real browser: any number of versions of them in one page, asked for digests of what they make."""

from __future__ import annotations

import base64
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, Page

from hitgen.lib.shipped import shipped
from hitgen.pages.script import link
from tests.support.engines import Window

CODECS = shipped("assets") / "codecs"
ADDRESS = "https://codecs.example/"
"""A secure one, so that the page may compute digests; answered by the test itself."""
TOOLS = """
var codecs = {};
var fromBase64 = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
var sha256 = async (bytes) => [...new Uint8Array(await crypto.subtle.digest("SHA-256", bytes))].map((b) => b.toString(16).padStart(2, "0")).join("");
var joined = (strips) => {
  const parts = Array.from(strips, (strip) => strip.slice());
  const whole = new Uint8ClampedArray(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
};
var opaque = (rgb) => Uint8ClampedArray.from({ length: (rgb.length / 3) * 4 }, (_, at) => (at % 4 === 3 ? 255 : rgb[(at >> 2) * 3 + (at % 4)]));
"""
FRAMES = """
async ([name, text, width, height, sampling, qualities]) => {
  const codec = codecs[name];
  const pixels = codec.loadKernel ? opaque(fromBase64(text)) : fromBase64(text);
  const prepare = codec.loadKernel ? (await codec.loadKernel()).prepare : codec.prepare;
  const prepared = await prepare(pixels, width, height, sampling);
  const digests = [];
  for (const quality of qualities) digests.push(await sha256(codec.frame ? codec.frame(prepared, quality) : joined(prepared(quality))));
  return digests;
}
"""
DECODED = """
async ([name, files, parts]) => {
  const results = [];
  const inParts = (file) => {
    const read = codecs[name].createReading();
    let picture = null;
    for (let part = 1; part <= parts; part += 1) picture = read(file.subarray(0, Math.ceil((file.length * part) / parts)), part === parts);
    return picture;
  };
  for (const text of files) {
    try {
      const { width, height, pixels } = inParts(fromBase64(text));
      results.push([width, height, await sha256(pixels)]);
    } catch (error) {
      results.push([0, 0, String(error)]);
    }
  }
  return results;
}
"""


def page_of(modules: Mapping[str, str]) -> str:
    """A page with the tools and each module under its name, for browsers that Playwright does not drive."""
    added = "".join(f"{{ {script(module)} codecs[{name!r}] = codec; }}\n" for name, module in modules.items())
    return f"<!doctype html><title>codecs</title><script>{TOOLS}{added}</script>"


def open_codecs(browser: Browser, policy: str = "") -> Page:
    """An empty page, under a policy if given, to which versions of codecs can be added."""
    page = browser.new_page()
    body = f'<!doctype html><title>codecs</title><meta http-equiv="Content-Security-Policy" content="{policy}">'
    page.route("**/*", lambda route: route.fulfill(body=body, content_type="text/html"))
    page.goto(ADDRESS)
    page.add_script_tag(content=TOOLS)
    return page


def add(page: Page, name: str, module: str, changes: Iterable[tuple[str, str]] = ()) -> None:
    """Put a codec's module into the page under a name, with changes to its text, each of which must apply exactly once."""
    page.evaluate(f"() => {{ {script(module, changes)} codecs[{name!r}] = codec; }}")


def frames(page: Page | Window, name: str, picture: Image.Image, sampling: str, qualities: Iterable[int]) -> list[str]:
    """The digests of what the script makes of a picture at these qualities."""
    text = base64.b64encode(picture.tobytes()).decode()
    result: list[Any] = page.evaluate(FRAMES, [name, text, *picture.size, sampling, list(qualities)])
    return [str(each) for each in result]


def decoded(page: Page, name: str, files: Iterable[bytes], parts: int = 1) -> list[tuple[int, int, str]]:
    """Width, height and digest of what the script reads from each WebP file as its parts come; 0, 0 and the error where it refuses."""
    texts = [base64.b64encode(content).decode() for content in files]
    return [(width, height, text) for width, height, text in page.evaluate(DECODED, [name, texts, parts])]


def script(module: str, changes: Iterable[tuple[str, str]] = ()) -> str:
    """A module with what it imports as one classic script that defines `codec`; each change must apply exactly once, in it or beside it."""
    texts = {path.name: path.read_text(encoding="utf-8") for path in CODECS.glob("*.js")}
    for old, new in changes:
        name = next((name for name in (module, *texts) if old in texts[name]), module)
        assert texts[name].count(old) == 1, f"{name} no longer has {old!r} once"
        texts[name] = texts[name].replace(old, new)
    with tempfile.TemporaryDirectory() as folder:
        for name, text in texts.items():
            (Path(folder) / name).write_text(text, encoding="utf-8")
        return link(module, lambda name: (Path(folder) if name in texts else CODECS) / name, "codec")
