"""What a method says of a study in the words of a paper, and what such sentences are made of.

Citations stand as `[@key]` or `[@key; @other]`, as Pandoc and Quarto read them; the keys are those of a BibTeX text.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from hitgen.config.hit import Display
from hitgen.config.images import Role
from hitgen.lib.text import count
from hitgen.manifest import Manifest, Trial


@dataclass(frozen=True)
class Told:
    """Sentences on what was shown and on what was asked, and what breaks each of the method's rules of screening.

    A rule's words go on after "left out if".
    """

    stimuli: tuple[str, ...] = ()
    procedure: tuple[str, ...] = ()
    rules: Mapping[str, str] = field(default_factory=dict)


def alternation(display: Display) -> str:
    """How two pictures alternate, with both ways to count it."""
    schedule = (
        "each swap at the display's nearest frame"
        if display.schedule == "nominal"
        else "each phase a whole number of the display's frames"
    )
    return (
        f"{display.swaps_per_second:g} swaps per second (a flicker of {display.swaps_per_second / 2:g} Hz), {schedule}"
    )


def of_a_page(manifest: Manifest, role: Role, noun: str, asked: str | None = None) -> str:
    """How many trials of a role a study page has, as in "1 to 2 study trials"; empty where none has any."""

    def is_meant(trial: Trial) -> bool:
        return trial.role == role and (asked is None or getattr(trial, "asked", None) == asked)

    return spanned((sum(map(is_meant, page.trials)) for page in manifest.pages if page.kind == "study"), noun)


def spanned(numbers: Iterable[int], noun: str) -> str:
    """Numbers with their noun, from the least to the most; empty where all are 0."""
    known = sorted(set(numbers))
    if not known or known == [0]:
        return ""
    return count(known[0], noun) if len(known) == 1 else f"{known[0]} to {count(known[-1], noun)}"


def listed(parts: Iterable[str]) -> str:
    """Parts with commas and a last "and"; empty ones are left out."""
    *head, last = [part for part in parts if part] or [""]
    return f"{', '.join(head)} and {last}" if head else last
