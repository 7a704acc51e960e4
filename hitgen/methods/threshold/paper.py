"""This method in the words of a paper: what was asked, how levels were chosen, and how answers became levels of the SUR."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from hitgen.lib.text import count
from hitgen.methods.threshold import quest
from hitgen.methods.threshold.config import Config
from hitgen.methods.threshold.manifest import Manifest
from hitgen.methods.threshold.screening import STRAIGHT_MIN
from hitgen.methods.told import Told, alternation, of_a_page

REFERENCES = Path(__file__).with_name("references.bib")


def told(config: Config, manifest: Manifest) -> Told:
    """The study's own numbers in sentences."""
    words = {"straight": f"all of a worker's {STRAIGHT_MIN} or more trials had one response"}
    return Told((), tuple(_procedure(config, manifest)), words)


def _procedure(config: Config, manifest: Manifest) -> Iterator[str]:
    each = manifest.flickering == "each"
    yield _asked(config, manifest)
    prior = (
        "from the posteriors of an earlier study"
        if config.method.start_from
        else f"from a prior after published PJND studies (mean {quest.PRIOR_MEAN:g} ± {quest.PRIOR_MEAN_SD:g} and standard deviation "
        f"{quest.PRIOR_SD:g}, in shares of the ladder)"
    )
    chosen = {"both": "The pair of levels", "one": "The level", "each": "The level of each picture"}[
        manifest.flickering
    ]
    finds = "selects a picture without seeing anything" if each else "finds the side without seeing"
    yield (
        f"{chosen} was the one whose answer was expected to say most by QUEST+ [@watson2017], {prior} and the worker's own answers to the same "
        f"ladder, for an observer who {finds} in {manifest.grid.guess:.0%} of comparisons and misses it in "
        f"{manifest.grid.lapse:.0%} whatever is seen."
    )
    noun = "picture" if each else "comparison"
    catch = of_a_page(manifest, "gold", noun, "catch")
    page = of_a_page(manifest, "study", noun)
    yield (
        f"A page had {page}, {count(config.hit.comparisons, noun)} of a ladder at most by one worker"
        f"{f', and {catch} in which nothing flickered (catch trials)' if catch else ''}."
    )


def _asked(config: Config, manifest: Manifest) -> str:
    """What was shown and asked."""
    alternating = alternation(config.display)
    if manifest.flickering == "each":
        return (
            f"In each trial {manifest.pictures} pictures of different ladders stood together, each the source alternating in place with a level of "
            f"its own at {alternating}; participants selected every picture that flickered, or none."
        )
    both = manifest.flickering == "both"
    stood = (
        "both the source alternating in place with one of its levels, two different ones, at "
        if both
        else "the source, and the source alternating in place with one of its levels at "
    )
    return (
        f"In each comparison two pictures stood side by side: {stood}{alternating}; participants said which side flickered, "
        f"{'or that both or neither did' if both else 'or that neither did'}."
    )


def analysis_told(comparisons: int, people: int) -> tuple[str, ...]:
    """Sentences on the estimator, on how many comparisons of how many people it rests, and its intervals."""
    return (
        "A person's own level for a ladder was taken to be the ladder's mean plus the person's bias plus noise of the ladder's own spread, all of them "
        "normal; means, spreads and biases were shrunk towards what is usual in the study, and several answers of one person to one ladder were "
        "taken to be about one level. A person is honest or answers without looking; responses and catch trials are evidence of it. "
        f"{count(comparisons, 'comparison')} of {people} people went into it: all but those that broke a rule other than gold and straight or that a "
        "person left out. Posteriors were "
        "computed on grids by loopy belief propagation [@kschischang2001], and the levels at which 75% and 50% of people see no flicker yet are "
        "reported with the middle 95% of them.",
    )
