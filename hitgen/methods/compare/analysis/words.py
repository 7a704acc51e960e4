"""How the figures of this method were found, in the words of a paper."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hitgen.methods.compare.analysis.detect import ANSWERS_MIN, SURE, THRESHOLD
from hitgen.methods.compare.analysis.scale import Scale
from hitgen.methods.compare.choices import ScaleTable


def analysis_told(scale: Scale, detections: Any, choices: ScaleTable) -> Iterator[str]:
    """Sentences on the model, its unit and its intervals."""
    if scale.sources:
        yield (
            "Answers were made into a scale by Thurstone's case V [@thurstone1927]: of two versions at distances a and b from their source the first "
            "is said to differ more with the probability Φ(a − b); the source lies at 0, and distances rise with the levels of a codec."
        )
        if scale.unit == "jnd":
            yield (
                "One just noticeable difference (JND) is Φ⁻¹(0.75) = 0.6745, the distance that three in four plain answers tell. Boosted answers have a "
                "scale h(d) = g1 d + g2 d² of their own for each source and codec; plain and boosted answers were fitted together by maximum "
                "likelihood [@testolina2025; @jenadeleh2025]."
            )
        else:
            yield "Only boosted answers are in use, so that the unit is what three in four tell apart boosted; it is no JND."
        ties = "counts half to either side" if choices.ties == "half" else "has a threshold of its own in each arm"
        yield (
            f"“Not sure” {ties}, each arm has a small share of lapses, and a weak prior on the logarithms of steps, boosts and lapses gives unanimous "
            "answers a finite distance; traps, questions with the same picture twice and skips do not count."
        )
        leans = ", ".join(f"{lean.spread:.2f} in the {arm} arm" for arm, lean in scale.leans.items())
        if choices.sides == "model":
            yield (
                f"Each person may lean to a side; the standard deviation of leanings was found by maximum likelihood ({leans}), and distances are larger by "
                "the factor √(1 + s²) that pooling people takes from them."
            )
        halves = (
            "; upper ends reach as far as distances would be if “not sure” had not counted half"
            if choices.ties == "half"
            else ""
        )
        yield (
            f"Intervals are 95%: percentiles over {choices.resamples} resamples of workers within the arms they worked, and of the prior's middle, as wide as "
            f"Student's t asks for{halves}."
        )
    if detections:
        yield (
            f"Detection is the share of correct answers against the source, “not sure” counting half, with the exact 95% interval [@clopper1934], against "
            f"{THRESHOLD:g} [@aic2]. A level is called visually lossless, or not, where the probability that the true share is at most {THRESHOLD:g}, or above, "
            f"is at least {SURE:g} given {ANSWERS_MIN} answers or more and the weak prior Beta(2, 2) [@agresti1998]."
        )
