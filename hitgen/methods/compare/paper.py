"""This method in the words of a paper: what was shown and asked in each arm, and what breaks its rules of screening."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hitgen.lib.text import count
from hitgen.methods.compare.config import Config
from hitgen.methods.compare.manifest import Manifest
from hitgen.methods.compare.overview import SAID
from hitgen.methods.compare.row import Arm
from hitgen.methods.told import Told, alternation, listed, of_a_page

REFERENCES = Path(__file__).with_name("references.bib")


def told(config: Config, manifest: Manifest) -> Told:
    """The study's own numbers in sentences."""
    return Told(tuple(_stimuli(config, manifest)), tuple(_procedure(config, manifest)), _rules(config))


def _stimuli(config: Config, manifest: Manifest) -> Iterator[str]:
    sizes = sorted({(ladder.width, ladder.height) for ladder in manifest.ladders})
    whole = all(ladder.crop == (0, 0, ladder.source_width, ladder.source_height) for ladder in manifest.ladders)
    if sizes and not whole:
        shown = f"{sizes[0][0]} x {sizes[0][1]} pixels" if len(sizes) == 1 else f"{len(sizes)} sizes"
        where = "given in a table" if config.method.crops else "from its middle"
        yield f"Of each source a crop of {shown} {where} was shown."
    if any(config.is_spread(images) for images in config.images):
        first, last = config.method.bounds
        by = "the PSNR of luma in dB" if config.method.spread == "error" else "bits per pixel (by factors)"
        yield f"Levels were chosen for each source so that they step evenly through {by}, from {first:g} to {last:g}."
    if "boosted" in config.method.arms:
        boosts = [BOOSTS[boost] for boost in config.method.boost]
        yield f"In the boosted arm {listed(boosts)} [@men2021; @aic3]."


BOOSTS = {
    "amplify": "differences from the source were doubled, as far as pixels can show them",
    "zoom": "pictures were enlarged to twice their size by Lanczos' kernel",
    "flicker": "each version alternated with its source",
}


def _procedure(config: Config, manifest: Manifest) -> Iterator[str]:
    method, display = config.method, config.display
    yield (
        "In each question two versions of one source stood side by side, and participants said which of the two differed more from the "
        "source, or that they were not sure (triplet comparisons [@aic3; @testolina2025; @jenadeleh2023])."
    )
    for arm in method.arms:
        flickers = arm == "boosted" and "flicker" in method.boost
        shown = (
            f"both versions alternated with the source at {alternation(display)}; they were shown for {method.shown_s:g} s and could be "
            f"judged for {method.blank_s:g} s more"
            if flickers
            else f"holding a key or a button showed the source in both places, at most {method.toggles_per_second:g} swaps per second, for up to "
            f"{method.limit_s:g} s"
        )
        yield f"In the {arm} arm {shown}."
        yield f"{_questions(config, manifest, arm)}."
    traps, same = of_a_page(manifest, "gold", "trap", "trap"), of_a_page(manifest, "gold", "question", "bias")
    page = listed(
        [
            of_a_page(manifest, "study", "study question"),
            f"{traps} (the source against its worst level)" if traps else "",
            f"{same} with the same picture twice" if same else "",
        ]
    )
    practice = of_a_page(manifest, "training", "practice question")
    yield f"A page had {page}{f', after {practice} with feedback' if practice else ''}."


def _questions(config: Config, manifest: Manifest, arm: Arm) -> str:
    kinds: dict[str, set[str]] = {}
    for page in manifest.pages:
        for trial in page.trials:
            if trial.role == "study" and trial.arm == arm:
                kinds.setdefault(trial.asked, set()).add(trial.subject)
    told = [f"{len(kinds[asked])} {words}" for asked, words in SAID.items() if asked in kinds]
    total = sum(map(len, kinds.values()))
    return f"It had {count(total, 'question')} ({', '.join(told)}), each to be answered {count(config.answers(arm), 'time')}"


def _rules(config: Config) -> dict[str, str]:
    rules: Any = config.screening
    shares = [
        f"below {share:.0%}" if share != "auto" else "below a threshold by Otsu's method [@otsu1979]"
        for share in (rules.traps_boosted, rules.traps_plain)
    ]
    by_arm = dict(zip(("boosted", "plain"), shares, strict=True))
    traps = listed([f"{by_arm[arm]} in the {arm} arm" for arm in config.method.arms])
    few = f"of {rules.answers_min} or more answers"
    return {
        "traps": f"the share of traps passed on the page, “not sure” counting half, was {traps}",
        "guesses": f"{rules.answers_min} or more answers put the levels of a codec in order no better than guesses do with a chance of {rules.guess_p:g}, "
        "and so badly as at most 1 in 50 of those who look would, by how often others tell these levels apart",
        "sides": f"{few} more than {rules.side_share:.0%} named the same side",
        "times": f"the median answer took less than {rules.trial_s_min:g} s",
        "straight": f"{few} more than {rules.same_share:.0%} were the same",
        "toggles": f"pictures of the plain arm were swapped less than {rules.toggles_min:g} times a question on average",
    }
