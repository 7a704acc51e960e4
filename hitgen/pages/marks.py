"""What of a page is said otherwise in its other languages: found by rendering it in each, so that any template will do."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = frozenset({"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"})
UNSAID = frozenset({"script", "style"})
IS_DATA = frozenset({"value"})
"""Attributes that are no words: what an option stores is the same in every language."""
MARK = "data-words"


class OtherElementsError(ValueError):
    """A page has other elements in one language than in the first."""


@dataclass
class _Element:
    """An element with its attributes and the texts that stand directly in it; `spot` is where its tag's name ends."""

    tag: str
    spot: int
    attributes: dict[str, str]
    texts: list[str] = field(default_factory=list)

    def said(self) -> dict[str, str]:
        """What is said, by where: the number of a text in it that is not blank, or an attribute's name."""
        attributes = {name: value for name, value in self.attributes.items() if name not in IS_DATA}
        texts = [text.strip() for text in self.texts if text.strip()]
        return attributes | {str(number): text for number, text in enumerate(texts)}


class _Elements(HTMLParser):
    """All elements of a page in order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[_Element] = []
        self._open: list[_Element] = []
        self._in_text = False
        self._lines = [0, *itertools.accumulate(len(line) + 1 for line in html.split("\n"))]
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        line, column = self.getpos()
        element = _Element(
            tag, self._lines[line - 1] + column + 1 + len(tag), {name: value or "" for name, value in attrs}
        )
        self.found.append(element)
        self._in_text = False
        if tag not in VOID:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)  # the stroke means nothing in HTML

    def handle_comment(self, data: str) -> None:
        self._in_text = False

    def handle_endtag(self, tag: str) -> None:
        self._in_text = False
        opened = [number for number, element in enumerate(self._open) if element.tag == tag]
        if opened:
            del self._open[opened[-1] :]

    def handle_data(self, data: str) -> None:
        if not self._open or self._open[-1].tag in UNSAID:
            return
        texts = self._open[-1].texts
        texts.append(texts.pop() + data if self._in_text else data)
        self._in_text = True


def marked(pages: Sequence[str], known: Mapping[tuple[str, ...], str]) -> tuple[str, list[dict[str, str]]]:
    """The first of a page's renderings, with a mark at each element that the others word otherwise, and more texts for each.

    A mark is `PLACE=KEY ...`: the number of a text in the element, or an attribute's name, and the key of what is said there;
    `known` has the keys of what is said so in all languages. Raises OtherElementsError, with the rendering's number.
    """
    first, *others = (_Elements(page).found for page in pages)
    for number, other in enumerate(others, start=1):
        if [_shape(element) for element in other] != [_shape(element) for element in first]:
            raise OtherElementsError(number)
    more: dict[tuple[str, ...], str] = {}
    html, end = "", 0
    for alike in zip(first, *others, strict=True):
        mark = _mark([element.said() for element in alike], known, more)
        if mark:
            spot = alike[0].spot
            html += f'{pages[0][end:spot]} {MARK}="{mark}"'
            end = spot
    return html + pages[0][end:], [{key: said[number] for said, key in more.items()} for number in range(len(pages))]


def _shape(element: _Element) -> tuple[object, ...]:
    return element.tag, tuple(element.attributes), len(element.said())


def _mark(said: list[dict[str, str]], known: Mapping[tuple[str, ...], str], more: dict[tuple[str, ...], str]) -> str:
    entries = []
    for spot in said[0]:
        words = tuple(each[spot] for each in said)
        if len(set(words)) > 1:
            key = known.get(words) or more.setdefault(words, f"own.{len(more)}")
            entries.append(f"{spot}={key}")
    return " ".join(entries)
