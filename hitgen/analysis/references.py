"""References: entries of BibTeX files that lie beside what cites them, and texts that cite them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from hitgen import __version__, checks

SHARED = Path(__file__).with_name("references.bib")
CHECKS = Path(checks.__file__).with_name("references.bib")
CITED = re.compile(r"\[@[\w:-]+(?:; @[\w:-]+)*\]")
WHERE = ("journal", "booktitle", "howpublished")


@dataclass(frozen=True)
class Reference:
    """One entry, as it stands in its file, and its fields."""

    key: str
    bibtex: str
    fields: Mapping[str, str]

    @property
    def text(self) -> str:
        """It in words: who, when, what, where."""
        of = {name: re.sub(r"[{}]|\\(?=&)", "", value).replace("--", "–") for name, value in self.fields.items()}
        who = [_person(name) for name in of["author"].split(" and ")]
        told = ", ".join(who[:-1]) + (f" and {who[-1]}" if len(who) > 1 else who[0])
        when = f" ({of['year']})" if "year" in of else ""
        where = next((of[name] for name in WHERE if name in of), "")
        volume = f" {of['volume']}" + (f"({of['number']})" if "number" in of else "") if "volume" in of else ""
        parts = [f"{where}{volume}" if where else "", of.get("pages", ""), of.get("note", "")]
        link = f" https://doi.org/{of['doi']}" if "doi" in of else f" arXiv:{of['eprint']}" if "eprint" in of else ""
        return f"{told}{when}. {of['title']}. {', '.join(part for part in parts if part)}.{link}"


def _person(name: str) -> str:
    last, _, first = name.partition(", ")
    initials = " ".join(f"{part[0]}." for part in first.split())
    return "others" if name == "others" else f"{last}, {initials}" if initials else last


def read_references(paths: Iterable[Path]) -> dict[str, Reference]:
    """The entries of BibTeX files by their keys; each ends with a brace on a line of its own."""
    found = {}
    for path in paths:
        text = path.read_text("utf-8").replace("VERSION", __version__)
        for entry, key in re.findall(r"^(@\w+\{([\w:-]+),\n.*?^\})", text, re.M | re.S):
            found[key] = Reference(key, entry, dict(re.findall(r"^  (\w+) = \{(.*)\},$", entry, re.M)))
    return found


def cited(texts: Iterable[str], known: Mapping[str, Reference]) -> list[Reference]:
    """What texts cite, in the order in which they do it first."""
    keys = [key for text in texts for citation in CITED.findall(text) for key in re.findall(r"@([\w:-]+)", citation)]
    return [known[key] for key in dict.fromkeys(keys) if key in known]


def numbered(text: str, references: Iterable[Reference]) -> str:
    """A text with numbers in the place of keys, as in [2, 5]."""
    number = {reference.key: count for count, reference in enumerate(references, start=1)}

    def numbers(found: re.Match[str]) -> str:
        keys = re.findall(r"@([\w:-]+)", found[0])
        return f"[{', '.join(str(number[key]) for key in keys)}]" if all(key in number for key in keys) else found[0]

    return CITED.sub(numbers, text)
