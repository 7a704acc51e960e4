"""The rules of screening that fit every method, in the words of a paper; a method tells its own rules itself."""

from __future__ import annotations

from hitgen.checks.made import checkup_of
from hitgen.config.batch import BatchConfig
from hitgen.lib.text import count
from hitgen.results.flow import OTHER, UNDECIDED
from hitgen.results.verdicts import BY_HAND


def rule_words(config: BatchConfig) -> dict[str, str]:
    """The words of each rule with its thresholds; they go on after "left out if"."""
    rules, display = config.screening, config.display
    if rules.judged_by == "evidence":
        gold = (
            "the probability that the worker was honest, by Bayes' rule over all answers to control trials from "
            f"{rules.honest_share:g} before any, was below {rules.exclude_below:g}"
        )
        undecided = f"that probability was not yet {rules.use_above:g}"
    else:
        gold = (
            f"less than {rules.gold_rate:.0%} of the checks of the worker's control trials were passed, from "
            f"{count(rules.gold_answers_min, 'such trial')} on"
        )
        undecided = (
            f"the worker had fewer than {count(rules.gold_answers_min, 'control trial')}"
            if rules.gold_answers_min
            else ""
        )
    screen = (
        "the screen was not calibrated or its calibration is of no screen that exists, "
        if display.scaling == "physical"
        else ""
    )
    return {
        "gold": gold,
        "speed": f"the median study trial of a page took less than {rules.trial_s_min:g} s",
        "display": f"{screen}the screen showed too few frames to flicker, or its scale changed on the way",
        "flicker": (
            f"swaps were missing, their mean was more than {rules.swap_error_share:.0%} off their time, or their standard deviation more than "
            f"{rules.swap_sd_share:.0%} of it"
        ),
        "repeat": "the worker had met the same before on another page",
        "copy": "a page's answers and times were those of an earlier one",
        **{table.kind: f"a page did not pass the check of {checkup_of(table).about}" for table in config.check},
        BY_HAND: "a person left them out",
        UNDECIDED: undecided,
        OTHER: "no reason is given",
    }
