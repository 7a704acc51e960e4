"""This method in the words of a paper: what was asked, and what breaks its rules of screening."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from hitgen.lib.text import count
from hitgen.methods.pjnd.config import Config
from hitgen.methods.pjnd.manifest import Catch, Manifest
from hitgen.methods.told import Told, alternation, listed, of_a_page

REFERENCES = Path(__file__).with_name("references.bib")
OUTLIERS = {
    "z": "more than {z:g} standard deviations from its ladder's mean",
    "iqr": "more than {iqr:g} interquartile ranges outside its ladder's quartiles",
    "either": "more than {z:g} standard deviations from its ladder's mean or {iqr:g} interquartile ranges outside its quartiles",
}


def told(config: Config, manifest: Manifest) -> Told:
    """The study's own numbers in sentences."""
    rules, display = config.screening, config.display
    words = {
        "straight": f"at least {rules.same_level_share:.0%} of a worker's {rules.same_level_min} or more study answers named the same level",
        "slider": "the slider was never moved",
    }
    if rules.remove_outliers != "none":
        words["outlier"] = "it lay " + OUTLIERS[rules.remove_outliers].format(z=rules.outlier_z, iqr=rules.outlier_iqr)
    return Told((), tuple(_procedure(config, manifest, display.slider_start == "random")), words)


def _procedure(config: Config, manifest: Manifest, anywhere: bool) -> Iterator[str]:
    yield (
        f"In each trial a source and one level of it alternated in place with {alternation(config.display)} (a flicker test "
        "[@lin2022; @chen2023])."
    )
    begins = "at a random level" if anywhere else "at the source"
    shown = "with" if config.display.show_level else "without"
    yield (
        f"By a slider that began {begins}, {shown} a display of the level's number, participants went to the least level at which they "
        "saw flicker, or said that they saw none at any level."
    )
    apart = f", at least {manifest.places_apart:.0%} of the picture's width apart" if manifest.places_apart else ""
    yield f"Then they marked {count(manifest.locations, 'place')} where they saw it{apart}."
    after = of_a_page(manifest, "training", "training trial")
    gold = of_a_page(manifest, "gold", "control trial")
    page = listed([of_a_page(manifest, "study", "study trial"), f"{gold} with a known answer" if gold else ""])
    yield f"A page had {page}{', in random order' if gold else ''}{f', after {after} with feedback' if after else ''}."
    if config.hit.repeats:
        shown = (
            "One of a page's study trials was"
            if config.hit.repeats == 1
            else f"{config.hit.repeats} of a page's study trials were"
        )
        yield f"{shown} shown twice on it, for test and retest."
    asked = [
        question
        for question in manifest.questions
        if any(trial.question == question.question for page in manifest.pages for trial in page.trials if trial.role == "gold")
    ]  # fmt: skip
    catch = sum(isinstance(question, Catch) for question in asked)
    planted = sum(not isinstance(question, Catch) and question.planted is not None for question in asked)
    kinds = {
        "without any flicker": catch,
        "with planted distortions": planted,
        "with a given window of levels and given places": len(asked) - catch - planted,
    }
    told = [f"{count(many, 'picture')} {kind}" for kind, many in kinds.items() if many]
    if told:
        yield f"Known answers were those of {listed(told)}."
