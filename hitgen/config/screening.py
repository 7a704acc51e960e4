"""How submissions are screened, what is paid beyond the reward, and what workers are told."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from hitgen.config.base import Strict, Text
from hitgen.config.hit import Money
from hitgen.config.hosts import at_most, carried, one_line

Rule = Literal["gold", "speed", "display", "flicker", "repeat", "copy"]
"""A rule of screening that fits every method; what each one asks is in docs/results.md."""

GoldRule = Literal["evidence", "thresholds"]

Share = Annotated[float, Field(ge=0, le=1)]
Notice = Annotated[str, AfterValidator(carried), AfterValidator(at_most(4096))]


class Screening(Strict):
    """The rules that decide which ratings are used.

    Whoever breaks a rule is left out of the analysis. Work is rejected, and workers are shut out, by the rules named
    for that alone.
    """

    rule: GoldRule | None = Field(
        default=None,
        description="how gold answers judge a worker: evidence, by the probability of being honest, or thresholds, by gold_rate "
        "and gold_answers_min; where it is not said, thresholds if one of these two is, and evidence otherwise",
    )
    honest_share: Annotated[float, Field(gt=0, lt=1)] = Field(
        default=0.8, description="the share of honest workers that is expected before any answer"
    )
    use_above: Share = Field(
        default=0.9,
        description="least probability of being honest with which ratings are used; below it: not enough evidence",
    )
    exclude_below: Share = Field(
        default=0.1, description="probability of being honest below which a worker is left out, by the rule gold"
    )
    gold_rate: Share = Field(default=0.7, description="of thresholds: least share of gold checks to be passed")
    gold_answers_min: int = Field(
        default=10,
        ge=0,
        le=10_000,
        description="of thresholds: gold answers before a worker can be judged by them; below it: not enough evidence",
    )
    trial_s_min: float = Field(
        default=5, ge=0, le=3600, description="quickest believable median study trial, in seconds"
    )
    swap_error_share: Share = Field(default=0.1, description="how far the mean swap may be off its time")
    swap_sd_share: Share = Field(default=0.2, description="standard deviation of swaps against their time")
    off: tuple[str, ...] = Field(default=(), description="rules that are not applied")
    reject: tuple[str, ...] = Field(default=(), description="rules whose breach rejects the work, unpaid")
    shut_out: tuple[str, ...] = Field(default=(), description="rules whose breach shuts a worker out of all batches")

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.exclude_below > self.use_above:
            raise ValueError("exclude_below is larger than use_above; the same probability would do both")
        return self

    @property
    def judged_by(self) -> GoldRule:
        """How gold answers judge a worker."""
        by_thresholds = {"gold_rate", "gold_answers_min"} & self.model_fields_set
        return self.rule or ("thresholds" if by_thresholds else "evidence")


class BonusTable(Strict):
    """What is paid beyond the reward, each once a worker."""

    training_usd: Money = Field(
        default=Decimal("0.00"), description="once a worker, with the first study page that is paid"
    )
    completion_usd: Money = Field(
        default=Decimal("0.00"), description="once a worker, with the page that completes completion_pages"
    )
    completion_pages: int = Field(default=10, ge=1, le=10_000, description="paid study pages that make a completion")


class Notices(Strict):
    """Mails to workers; an empty text sends none."""

    subject: Annotated[Text, AfterValidator(one_line), AfterValidator(at_most(200))] = Field(
        default="About your work on our picture study", description="of the mails below"
    )
    admitted: Notice = Field(default="", description="mail to whom the qualification page admitted; empty: none")
    shut_out: Notice = Field(default="", description="mail to whom review shuts out; empty: none")
