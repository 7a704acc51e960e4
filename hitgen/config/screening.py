"""How submissions are screened, what is paid beyond the reward, and what workers are told."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from hitgen.config.base import Strict, Text
from hitgen.config.hit import Money
from hitgen.config.hosts import at_most, carried, one_line

Rule = Literal["gold", "speed", "display", "flicker", "repeat", "copy"]
"""A rule of screening that fits every method; what each one asks is in docs/results.md."""

Share = Annotated[float, Field(ge=0, le=1)]
Notice = Annotated[str, AfterValidator(carried), AfterValidator(at_most(4096))]


class Screening(Strict):
    """The rules that decide which ratings are used.

    Whoever breaks a rule is left out of the analysis. Work is rejected, and workers are shut out, by the rules named
    for that alone.
    """

    gold_rate: Share = Field(default=0.7, description="least share of gold checks to be passed")
    gold_answers_min: int = Field(
        default=10,
        ge=0,
        le=10_000,
        description="gold answers before a worker can be judged by them; below it: not enough evidence",
    )
    trial_s_min: float = Field(
        default=5, ge=0, le=3600, description="quickest believable median study trial, in seconds"
    )
    swap_error_share: Share = Field(default=0.1, description="how far the mean swap may be off its time")
    swap_sd_share: Share = Field(default=0.2, description="standard deviation of swaps against their time")
    off: tuple[str, ...] = Field(default=(), description="rules that are not applied")
    reject: tuple[str, ...] = Field(default=(), description="rules whose breach rejects the work, unpaid")
    shut_out: tuple[str, ...] = Field(default=(), description="rules whose breach shuts a worker out of all batches")


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
