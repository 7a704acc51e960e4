"""How submissions are screened, what is paid beyond the reward, and what workers are told."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from hitgen.config.base import Strict, Text
from hitgen.config.hit import Money
from hitgen.config.publishing import at_most, carried, one_line

Rule = Literal["gold", "speed", "straight", "slider", "display", "flicker", "repeat", "copy"]
"""A rule of screening; what each one asks is in docs/results.md."""

Share = Annotated[float, Field(ge=0, le=1)]
Notice = Annotated[str, AfterValidator(carried), AfterValidator(at_most(4096))]


class Screening(Strict):
    """The rules that decide which ratings are used; the defaults are the method's values.

    Whoever breaks a rule is left out of the analysis. Work is rejected, and workers are shut out, by the rules named
    for that alone.
    """

    gold_rate: Share = Field(default=0.7, description="least share of gold checks (level and place) to be passed")
    gold_answers_min: int = Field(default=10, ge=0, description="gold answers before a worker can be judged by them")
    trial_s_min: float = Field(default=5, ge=0, description="quickest believable median study trial, in seconds")
    same_level_share: Share = Field(default=0.8, description="share of study answers at one level that is too much")
    same_level_min: int = Field(default=6, ge=2, description="study answers before that share counts")
    swap_error_share: Share = Field(default=0.1, description="how far the mean swap may be off its time")
    swap_sd_share: Share = Field(default=0.2, description="standard deviation of swaps against their time")
    outlier_z: float = Field(default=3, gt=0, description="standard deviations from a ladder's mean; flagged")
    outlier_iqr: float = Field(default=1.5, gt=0, description="interquartile ranges beyond the quartiles; flagged")
    remove_outliers: Literal["none", "z", "iqr", "either"] = Field(
        default="none", description="removing them cuts the tail of the distribution that SUR describes"
    )
    off: tuple[Rule, ...] = Field(default=(), description="rules that are not applied")
    reject: tuple[Rule, ...] = Field(default=(), description="rules whose breach rejects the work, unpaid")
    shut_out: tuple[Rule, ...] = Field(default=(), description="rules whose breach shuts a worker out of all batches")


class BonusTable(Strict):
    """What is paid beyond the reward, each once a worker."""

    training_usd: Money = Field(default=Decimal("0.00"), description="with the first study page that is paid")
    completion_usd: Money = Field(default=Decimal("0.00"), description="with the page that completes completion_pages")
    completion_pages: int = Field(default=10, ge=1, description="paid study pages that make a completion")


class Notices(Strict):
    """Mails to workers; an empty text sends none."""

    subject: Annotated[Text, AfterValidator(one_line), AfterValidator(at_most(200))] = (
        "About your work on our picture study"
    )
    admitted: Notice = Field(default="", description="to whom the qualification page admitted")
    shut_out: Notice = Field(default="", description="to whom review shuts out")
