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
    wanted = [("data-hit", slot, outline.slots[slot]) for slot in needed.slots if slot != "next"]
    wanted += [("data-part", part, outline.parts[part]) for part in needed.parts]
    faults = []
    for attribute, slot, count in wanted:
        if count == 0:
            remedy = f'an element with {attribute}="{slot}", as in the shipped layout'
            faults.append(Fault(f"templates/{name}", line, f"the slot {slot!r} is missing", remedy))
        elif count > 1:
            where = _where(sources, f'{attribute}="{slot}"') or (name, 1)
            faults.append(
                Fault(
                    f"templates/{where[0]}",
                    f"line {where[1]}",
                    f"the slot {slot!r} stands {count} times",
                    "leaving one of them",
                )
            )
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
            faults.append(
                Fault(f"templates/{file}", "line 1", "the slot 'next' is missing", 'a button with data-hit="next"')
            )
    for identifier, count in outline.ids.items():
        if count > 1:
            where = _where(sources, f'id="{identifier}"') or (name, 1)
            faults.append(
                Fault(
                    f"templates/{where[0]}",
                    f"line {where[1]}",
                    f"the id {identifier!r} stands {count} times",
                    "another id",
                )
            )
    return faults


def _trial_line(source: str) -> int:
    match = re.search(r"\{%-?\s*block trial", source)
    return source.count("\n", 0, match.start()) + 1 if match else 1


def _where(sources: Mapping[str, str], needle: str) -> tuple[str, int] | None:
    places: Iterable[tuple[str, int]] = (
        (name, source.count("\n", 0, source.index(needle)) + 1) for name, source in sources.items() if needle in source
    )
    return next(iter(places), None)
