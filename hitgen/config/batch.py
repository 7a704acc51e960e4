"""The whole of batch.toml, and what must agree between its parts."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, ClassVar, Self

from pydantic import Field, model_validator

from hitgen.config.base import Slug, Strict
from hitgen.config.checks import CheckTable
from hitgen.config.consent import AnySurveyQuestion, Consent
from hitgen.config.hit import Display, HitTable, Qualification
from hitgen.config.hosts import AnyHost, FolderHost
from hitgen.config.images import AnyImageSet
from hitgen.config.kinds import CHECKS, DEFAULT_METHOD, RECRUITERS, ByKind, default_recruiter
from hitgen.config.questions import Question, QuestionFile
from hitgen.config.recruiter import Recruiting
from hitgen.config.screening import BonusTable, Notices, Screening
from hitgen.config.translations import Language, Translation


class BatchTable(Strict):
    """The `[batch]` table."""

    name: Slug = Field(examples=["study"], description="the batch's name: letters, digits, - and _")
    seed: int = Field(ge=0, le=2**53 - 1, examples=[7], description="same seed and `plan.secret`, same plan")
    language: Language = Field(
        default="en", description="language tag of the texts: `en`, or one of those shipped (docs/languages.md)"
    )
    languages: tuple[Language, ...] = Field(
        default=(),
        examples=[["en", "de"]],
        description="instead: all languages that participants may choose from, the first where nothing is chosen",
    )
    texts: str = Field(
        default="", description="a TOML file with texts of the screens, over those shipped in that (first) language"
    )

    @property
    def spoken(self) -> tuple[str, ...]:
        """Every language of the pages, the first being the one where nothing is chosen."""
        return self.languages or (self.language,)

    @model_validator(mode="after")
    def _one_first_language(self) -> Self:
        if self.languages and "language" in self.model_fields_set and self.language != self.languages[0]:
            raise ValueError(
                f"language is {self.language!r} and languages begins with {self.languages[0]!r}; languages alone"
            )
        if len({each.lower() for each in self.languages}) < len(self.languages):
            raise ValueError("languages names one twice; each of them once")
        return self


class MethodTable(Strict):
    """The `[method]` table; a method's subclass has its own keys."""

    kind: str = Field(default=DEFAULT_METHOD, description="what a trial asks")


class BatchConfig(Strict):
    """batch.toml, valid in itself; files and cross-references are checked by `load_batch`.

    What a method adds to it stands in the method's subclass.
    """

    question: ClassVar[type[Question]] = Question
    """The model of a known answer."""
    deals_ladders: ClassVar[bool] = True
    """Whether each training and gold trial is a ladder of its own, made with that role."""
    offer: ClassVar[Mapping[str, str]] = {
        "title": "Judge pictures",
        "description": "Look at pictures and answer what is asked of each.",
        "keywords": "image, quality, research",
    }
    """What a recruiter tells people of the work where batch.toml says nothing else."""

    @property
    def offered(self) -> Mapping[str, str]:
        """The offer of this study."""
        return self.offer

    batch: BatchTable
    method: MethodTable = MethodTable()
    images: tuple[AnyImageSet, ...] = Field(min_length=1)
    questions: tuple[Question | QuestionFile, ...] = ()
    hit: HitTable = HitTable()
    qualification: Qualification | None = None
    display: Display = Display()
    consent: Consent
    check: tuple[Annotated[CheckTable, ByKind(CHECKS, CheckTable)], ...] = Field(default=(), max_length=20)
    survey: tuple[AnySurveyQuestion, ...] = ()
    texts: dict[str, str] = Field(default={}, description="single texts of the screens, over the language's")
    translations: dict[Language, Translation] = Field(
        default={}, description="what is the study's own, in each of its further languages"
    )
    screening: Screening = Screening()
    bonus: BonusTable = BonusTable()
    notices: Notices = Notices()
    host: AnyHost = FolderHost(kind="folder")
    recruiter: Annotated[Recruiting, ByKind(RECRUITERS, Recruiting)] = Field(default_factory=default_recruiter)

    def reward_usd(self, kind: str) -> Decimal:
        """What a page of this kind ("study" or "qualification") pays, in dollars."""
        stage = self.qualification if kind == "qualification" else None
        return stage.reward_usd if stage else self.hit.reward_usd
