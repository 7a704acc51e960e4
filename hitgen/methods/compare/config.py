"""What batch.toml can say of `compare`: arms and boosts, what is compared with what, crops, levels and a page's questions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, ValidationError, model_validator
from pydantic_core import InitErrorDetails

from hitgen.config import batch, hit
from hitgen.config.base import Strict, Text
from hitgen.config.images import AnyImageSet, Jpeg2000Set, QualitySet
from hitgen.methods.compare.choices import ScaleTable, Screening
from hitgen.methods.compare.row import SOURCE, Arm

Boost = Literal["amplify", "zoom", "flicker"]
Compared = Literal["same", "cross", "source"]
LEVELS, MOST_LEVELS = 10, 30
Side = Annotated[int, Field(ge=32, le=8192)]
Step = Annotated[float, Field(gt=0, le=1000)]


class ArmTable(Strict):
    """How much is asked in one arm."""

    answers: int | None = Field(
        default=None, ge=1, le=10_000, description="answers to each question; default: `hit.ratings`"
    )
    distance: int | None = Field(
        default=None, ge=1, le=1000, description="how many levels apart the two of one codec may be; default: any"
    )
    cross: int = Field(
        default=2, ge=0, le=100, description="questions across each two codecs of a source, spread over the levels"
    )


class MethodTable(batch.MethodTable):
    """The `[method]` table."""

    kind: Literal["compare"] = Field(
        default="compare", description="which of two versions differs more from the source"
    )
    arms: tuple[Arm, ...] = Field(
        default=("boosted", "plain"),
        min_length=1,
        description="boosted answers bring precision, plain ones the unit JND",
    )
    boost: tuple[Boost, ...] = Field(
        default=("amplify", "zoom", "flicker"), min_length=1, description="what the boosted arm does to the pictures"
    )
    compare: tuple[Compared, ...] = Field(
        default=("same", "cross"),
        min_length=1,
        description="levels of one codec, codecs with each other, the source with each level (detection)",
    )
    boosted: ArmTable = ArmTable()
    plain: ArmTable = ArmTable()
    crop: tuple[Side, Side] = Field(
        default=(620, 800), description="width and height in pixels of what is shown, from the middle of each picture"
    )
    whole: bool = Field(default=False, description="show all of each picture instead")
    crops: str = Field(default="", description="or: a CSV of source,x,y,width,height")
    spread: Literal["error", "size", "parameter"] = Field(
        default="error",
        description="what a bare count of levels steps evenly through: PSNR in dB, bits per pixel (by factors), the parameter",
    )
    error_db: tuple[Step, Step] = Field(default=(46, 34), description="PSNR of the first and the last level")
    size_bpp: tuple[Step, Step] = Field(
        default=(2.5, 0.2), description="bits per pixel of the first and the last level"
    )
    shown_s: float = Field(default=8, gt=0, le=60, description="seconds that a boosted question is shown")
    blank_s: float = Field(default=3, ge=0, le=60, description="seconds after that in which it can still be answered")
    limit_s: float = Field(default=30, gt=0, le=600, description="seconds for a plain question")
    toggles_per_second: float = Field(default=2, gt=0, le=3, description="swaps a second at most in the plain arm")

    @model_validator(mode="after")
    def _possible(self) -> MethodTable:
        for name in ("arms", "boost", "compare"):
            given = getattr(self, name)
            if len(set(given)) < len(given):
                raise ValueError(f"{name} names one twice; each once")
        if self.error_db[0] <= self.error_db[1]:
            raise ValueError(f"error_db is {list(self.error_db)}; the first level has the higher PSNR")
        if self.size_bpp[0] <= self.size_bpp[1]:
            raise ValueError(f"size_bpp is {list(self.size_bpp)}; the first level has more bits per pixel")
        if "same" not in self.compare and "source" not in self.compare:
            raise ValueError(
                'compare has only questions across codecs, which leave the source out: the graph does not hang together; "same" or "source" too'
            )
        if not self.whole and "zoom" in self.boost and (self.crop[0] % 2 or self.crop[1] % 2):
            raise ValueError(f"crop is {list(self.crop)}; zoom takes half of each side, so both must be even")
        return self

    @property
    def middle(self) -> tuple[int, int] | None:
        """The size of what is shown where no table says it; None: the whole picture."""
        return None if self.whole else self.crop

    def table(self, arm: Arm) -> ArmTable:
        """What is asked in an arm."""
        return self.boosted if arm == "boosted" else self.plain

    def boosts(self, arm: Arm) -> tuple[Boost, ...]:
        """What an arm does to the pictures."""
        return self.boost if arm == "boosted" else ()

    @property
    def bounds(self) -> tuple[float, float]:
        """What a bare count of levels runs from and to, in the unit of `spread`."""
        return self.error_db if self.spread == "error" else self.size_bpp


class HitTable(hit.HitTable):
    """The composition of a study page; training, traps and bias questions are made of the study's own pictures."""

    training: int = Field(default=4, ge=0, le=20, description="obvious questions with feedback, before the others")
    study: int = Field(
        default=120, ge=1, le=140, description="study questions a page, at most; the standard's have 60 to 140"
    )
    gold: int = Field(default=10, ge=0, le=20, description="traps a page: the source against the worst level")
    bias: int = Field(default=4, ge=0, le=20, description="questions a page with the same picture twice")
    frames: Literal["made", "carried"] = Field(default="carried", description="`carried`: pictures are made at build")
    pause: bool = Field(default=True, description="offer a break half way")


class Display(hit.Display):
    """How pictures are shown; one picture pixel for each device pixel, as the standard has it, unless said otherwise."""

    scaling: Literal["physical", "pixels"] = Field(
        default="pixels",
        description="`pixels`: one picture pixel per device pixel; `physical`: width_cm for each picture",
    )
    swaps_per_second: float = Field(
        default=10, ge=1, le=30, description="10 swaps are phases of 100 ms, a flicker of 5 Hz"
    )


class Config(batch.BatchConfig):
    """batch.toml of a study by `compare`."""

    method: MethodTable = MethodTable()
    hit: HitTable = HitTable()
    display: Display = Display()
    screening: Screening = Screening()
    scale: ScaleTable = ScaleTable()

    deals_ladders: ClassVar[bool] = False
    offer: ClassVar[Mapping[str, str]] = {
        "title": "Which picture differs more from the original?",
        "description": "Look at two versions of a picture and say which one differs more from the original.",
        "keywords": "image, quality, comparison, research",
    }

    @model_validator(mode="before")
    @classmethod
    def _few_levels(cls, table: Any) -> Any:
        """A set that says nothing of its levels has ten, as few explicit ones make pairs enough."""
        images = table.get("images") if isinstance(table, dict) else None
        if not isinstance(images, list | tuple):
            return table
        # what levels a program of one's own has, nobody but its author knows
        given = [
            {"levels": LEVELS, **each} if isinstance(each, dict) and each.get("codec") != "command" else each
            for each in images
        ]
        return {**table, "images": given}

    @model_validator(mode="after")
    def _fitting(self) -> Config:
        rows = [
            InitErrorDetails(type="value_error", loc=loc, input=None, ctx={"error": f"{problem}; {remedy}"})
            for loc, problem, remedy in self._problems()
        ]
        if rows:
            raise ValidationError.from_exception_data("batch.toml", rows)
        return self

    def _problems(self) -> Iterator[tuple[tuple[str | int, ...], str, str]]:
        """Place, problem and remedy of what does not go together."""
        for number, images in enumerate(self.images):
            if images.role != "study":
                remedy = 'role = "study": practice and traps are made of the study\'s own pictures'
                yield ("images", number, "role"), f"{images.name!r} has the role {images.role}", remedy
            if images.level_count > MOST_LEVELS:
                problem = f"{images.level_count} levels make {images.level_count * (images.level_count + 1) // 2} pairs"
                yield ("images", number, "levels"), problem, f"few of them, at most {MOST_LEVELS}"
            if images.name == SOURCE.codec:
                yield ("images", number, "name"), f"{images.name!r} is what the pivot is called", "another name"
        if self.questions:
            problem = "compare has no known answers of its own"
            yield ("questions",), problem, "leaving it out: traps are made by `gold` under [hit]"
        if self.qualification:
            problem = "compare screens by traps on its study pages"
            yield ("qualification",), problem, "leaving it out"
        if self.hit.repeats:
            yield ("hit", "repeats"), "nobody is asked a question of compare twice", "leaving it out"
        if self.hit.frames == "made":
            yield ("hit", "frames"), "pictures of compare are made when it is built", 'frames = "carried"'

    def answers(self, arm: Arm) -> int:
        """How many answers each question of an arm gets."""
        return self.method.table(arm).answers or self.hit.ratings

    def is_spread(self, images: AnyImageSet) -> bool:
        """Whether a set's parameters are found by what they do to each source."""
        counted = isinstance(images, QualitySet | Jpeg2000Set) and isinstance(images.levels, int)
        return counted and self.method.spread != "parameter"


class CropRow(Strict):
    """A row of a CSV of crops."""

    source: Text
    x: Annotated[int, Field(ge=0)]
    y: Annotated[int, Field(ge=0)]
    width: Side
    height: Side

    columns: ClassVar[tuple[str, ...]] = ("source", "x", "y", "width", "height")
