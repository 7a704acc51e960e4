"""How the figures of this method were found, in the words of a paper."""

from __future__ import annotations

from collections.abc import Iterator

from hitgen.methods.pjnd.analysis.analyse import Analysis
from hitgen.methods.pjnd.analysis.crossed_study import RESAMPLES
from hitgen.methods.pjnd.analysis.pjnd import LEAST_TO_RESAMPLE
from hitgen.methods.pjnd.analysis.pjnd import RESAMPLES as MEAN_RESAMPLES
from hitgen.methods.pjnd.analysis.regions import BASE_HEIGHT_PX, SIGMA_PX


def analysis_told(analysis: Analysis, public: bool) -> tuple[str, ...]:
    """Sentences on the estimators and intervals that were used."""
    if not analysis.ladders:
        return ()
    return tuple(_told(analysis, public))


def _told(analysis: Analysis, public: bool) -> Iterator[str]:
    censored = any(result.pjnd.none_seen for result in analysis.ladders)
    if public:
        tops = {result.answers.codec: result.answers.level_max for result in analysis.ladders}
        highest = ", ".join(f"{codec}: {level}" for codec, level in tops.items())
        yield (
            "A rating is the first level at which a difference was seen; the summary has no “none seen”, so that a rating of the highest "
            f"level ({highest}) counts as seen there."
        )
    else:
        yield (
            "A rating, the picture-wise just noticeable difference (PJND), is the least level at which flicker was seen; “none seen” is a "
            f"censored answer above the highest level{', which means count as the highest one (restricted means)' if censored else ''}."
        )
    few = any(result.pjnd.n < LEAST_TO_RESAMPLE for result in analysis.ladders)
    student = f", and after Student where fewer than {LEAST_TO_RESAMPLE} people rated a ladder" if few else ""
    yield (
        f"Intervals are 95%: of means of the used ratings by percentiles of {MEAN_RESAMPLES:,} resamples of workers, as wide as Student's t "
        f"asks for [@hesterberg2015]{student}; of standard deviations after Bonett [@bonett2006], with the kurtosis of all ladders together; of "
        "medians and counted levels by interpolated order statistics [@nyblom1992]."
    )
    yield (
        "The satisfied-user ratio (SUR) of a level is the share of people whose PJND lies above it [@wang2017], and the level for a share p is the "
        "largest one with SUR ≥ p. SUR curves were fitted by interval-censored maximum likelihood of a normal, logistic, Gumbel, mirrored "
        "Gumbel, lognormal or Weibull distribution, whichever had the lowest AIC [@akaike1974], with intervals from the sandwich covariance, "
        "workers being clusters [@liang1986]; where answers as far from the fit came up in less than 20% of samples from it "
        "(Anderson–Darling statistic for discrete distributions [@choulakian1994], parametric bootstrap), levels are those counted."
    )
    if analysis.crossing:
        ratings = sum(result.crossed.n for result in analysis.ladders if result.crossed)
        yield (
            f"Reported means, standard deviations and SUR levels are by a crossed model of {ratings:,} ratings: an answer is its ladder's level "
            "plus its worker's bias plus noise, whose spread is the ladder's times the worker's inconsistency, both shrunk towards the usual ones "
            "as far as the study tells [@smyth2004]; answers at the ends of a ladder are censored, some are blind, and a worker is honest or "
            "answers regardless of the ladder, with the control answers as evidence. Parameters were found by EM [@dempster1977], and intervals are "
            f"percentiles of {RESAMPLES} resamples of workers; standard deviations are those of each ladder's answers, weighed by how probably "
            "they are honest, shrunk towards the usual one, with Bonett's intervals. All ratings went into it but those that broke a rule other than gold and straight or that a person left out."
        )
    elif not public:
        yield "Reported figures are of the used ratings alone, without a model of workers."
    if any(result.clicks for result in analysis.ladders):
        yield (
            f"Critical regions are the marked places blurred by a Gaussian of {SIGMA_PX:g} px at a height of {BASE_HEIGHT_PX} px, scaled to the "
            "source's height, each cut off at the picture's borders and made to sum to 1, so that all marks count alike."
        )
    if analysis.split_half:
        yield (
            "Reliability is the correlation of the ladders' mean PJNDs between random halves of the workers, stepped up by Spearman and Brown "
            "[@spearman1910; @brown1910]."
        )
