"""Whether a layout can do its task: every slot of the page contract, and nothing that the seal would block."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from html.parser import HTMLParser

from hitgen.errors import Fault
from hitgen.lib.contract import markup

SCREENS_WITH_NEXT = ("consent", "instructions", "distance", "submit")
Row = tuple[str, str, str]
"""A pattern, in any case of letters, what it finds, and what to do instead."""
_FORBIDDEN: tuple[Row, ...] = (
    (r"<[^<>]*\son[a-z]+\s*=", "an inline handler", "a listener in assets/runtime"),
    (r"<[^<>]*\sstyle\s*=", "a style= attribute", "a class and a rule in assets/styles"),
    (r"<script\b(?![^<>]*\stype\s*=)[^<>]*>\s*(?!</|hit\.take\(\)|\{[{%])\S", "a script of its own", "a module in assets/runtime"),
    (r"<style\b[^<>]*>\s*(?!</|\{[{%])\S", "a style of its own", "a rule in assets/styles"),
    (r"javascript:", "a javascript: address", "a listener in assets/runtime"),
    (r"""<(?:script|img|link|iframe|source)\b[^>]*(?:src|href)\s*=\s*["']?(?:https?:)?//""",
     "something from another address", "carrying it in the page"),
    (r"""<(?:script|img|link|iframe|source|object|embed|video|audio|image)\b[^>]*\s(?:src|srcset|href|data)\s*=\s*["']?"""
     r"""(?!["']|\{\{|\{%|data:|blob:|\#|(?:https?:)?//)[^\s>]""",
     "a file beside the page", "src=\"{{ inline('logo.png') }}\", with the file in the batch's assets/"),
)  # fmt: skip
_FORBIDDEN_IN_STYLES: tuple[Row, ...] = (
    (r"@font-face", "a font of its own", "a font that computers have"),
    (r"@import", "another style", "its rules in this one"),
    (r"""url\(\s*["']?(?!["']|data:|\#)[^\s)]""", "a file beside the page", "a picture in a template, by {{ inline('logo.png') }}"),
)  # fmt: skip


class _Outline(HTMLParser):
    """The slots, parts and ids of a page, and in which screen each slot stands."""

    def __init__(self) -> None:
        super().__init__()
        self.slots: Counter[str] = Counter()
        self.parts: Counter[str] = Counter()
        self.ids: Counter[str] = Counter()
        self.next_on: set[str] = set()
        self._screen = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if "data-screen-part" in values:
            self._screen = values["data-screen-part"]
        if "id" in values:
            self.ids[values["id"]] += 1
        self.parts[values.get("data-part", "")] += 1
        slot = values.get("data-hit", "")
        self.slots[slot] += 1
        if slot == "next":
            self.next_on.add(self._screen)


def source_faults(sources: Mapping[str, str]) -> list[Fault]:
    """Faults of template sources (by name) that the policy would block, each with its line."""
    return [fault for name, source in sources.items() for fault in _blocked(f"templates/{name}", source, _FORBIDDEN)]


def style_faults(styles: Mapping[str, str]) -> list[Fault]:
    """Faults of styles (by name) that the policy would block, each with its line."""
    return [
        fault for name, style in styles.items() for fault in _blocked(f"assets/{name}", style, _FORBIDDEN_IN_STYLES)
    ]


def _blocked(name: str, source: str, forbidden: Iterable[Row]) -> Iterator[Fault]:
    for pattern, what, remedy in forbidden:
        for match in re.finditer(pattern, source, re.IGNORECASE):
            line = source.count("\n", 0, match.end()) + 1
            yield Fault(name, f"line {line}", f"it has {what}, which the page's policy blocks", remedy)


def slot_faults(
    html: str,
    layout: str,
    sources: Mapping[str, str],
    *,
    method: str,
    form: str,
    physical: bool,
    survey: bool,
    checks: tuple[str, ...] = (),
) -> list[Fault]:
    """Faults of a rendered page: slots that are missing or stand twice, parts the script needs, ids used twice."""
    outline = _Outline()
    outline.feed(html)
    name = f"layouts/{layout}.html"
    line = f"line {_trial_line(sources.get(name, ''))}"
    needed = markup(method, form=form, physical=physical, survey=survey, checks=checks)
    slots = [
        (f'{attribute}="{slot}"', f"the slot {slot!r}", counts[slot])
        for attribute, names, counts in (
            ("data-hit", needed.slots, outline.slots),
            ("data-part", needed.parts, outline.parts),
        )
        for slot in names
        if slot != "next"
    ]
    faults = [
        Fault(f"templates/{name}", line, f"{what} is missing", f"an element with {mark}, as in the shipped layout")
        for mark, what, count in slots
        if not count
    ]
    screens = (
        *SCREENS_WITH_NEXT,
        *(("calibration",) if physical else ()),
        *(("survey",) if survey else ()),
        *(f"check-{kind}" for kind in checks),
    )
    for screen in screens:
        if screen not in outline.next_on:
            part = f"checks/{screen[6:]}.html" if screen.startswith("check-") else f"parts/{screen}.html"
            file = next((name for name in sources if name.endswith(part)), part)
            remedy = 'a button with data-hit="next"'
            faults.append(Fault(f"templates/{file}", "line 1", "the slot 'next' is missing", remedy))
    ids = [(f'id="{each}"', f"the id {each!r}", count) for each, count in outline.ids.items()]
    for rows, remedy in ((slots, "leaving one of them"), (ids, "another id")):
        for mark, what, count in rows:
            if count > 1:
                file, at = _where(sources, mark) or (name, 1)
                faults.append(Fault(f"templates/{file}", f"line {at}", f"{what} stands {count} times", remedy))
    return faults


def _trial_line(source: str) -> int:
    match = re.search(r"\{%-?\s*block trial", source)
    return source.count("\n", 0, match.start()) + 1 if match else 1


def _where(sources: Mapping[str, str], needle: str) -> tuple[str, int] | None:
    places: Iterable[tuple[str, int]] = (
        (name, source.count("\n", 0, source.index(needle)) + 1) for name, source in sources.items() if needle in source
    )
    return next(iter(places), None)
