"""What batch.toml can say of `pjnd`: the slider's start, how many places are marked, known answers, rules of screening."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal, Protocol

from pydantic import Discriminator, Field, Tag, model_validator

from hitgen.config import batch, hit, screening
from hitgen.config import questions as asked
from hitgen.config.base import Strict
from hitgen.config.images import MAX_LEVELS
from hitgen.lib.files import number, unguarded, whole_number
from hitgen.stimuli.views import PLACES, View, as_it_is, source_alone

CATCH_UP = 3
"""By so many levels for each one after the window the rest of a planted picture grows, until it is what the ladder has."""
MOST_PX = 100_000
Coordinate = Annotated[float, Field(ge=0, le=MOST_PX)]
Level = Annotated[int, Field(ge=1, le=MAX_LEVELS)]
Ramp = Annotated[tuple[Level, ...], Field(min_length=1, max_length=MAX_LEVELS)]
Ramps = tuple[int, ...] | tuple[tuple[int, ...], ...]
Rule = Literal[screening.Rule, "straight", "slider"]


class MethodTable(batch.MethodTable):
    """The `[method]` table."""

    kind: Literal["pjnd"] = Field(
        default="pjnd",
        description="a slider to the leftmost level at which flicker is seen, then the places where it is",
    )


class HitTable(hit.HitTable):
    """The composition of a study page; a trial asks for places too."""

    locations: int = Field(default=3, ge=1, le=20, description="places a worker marks in each trial")
    places_apart: float = Field(
        default=0.04,
        ge=0,
        le=0.1,
        description="how far a place must lie from the others, as a share of the picture's width; 0: anywhere",
    )


class Display(hit.Display):
    """How stimuli are shown, and where the slider begins."""

    slider_start: Literal[0, "random"] = Field(default=0, description="level at which the slider stands at first")
    show_level: bool = Field(default=False, description="show the worker the level's number")


class Planted(Strict):
    """What is shown of a ladder so that its answer is known: `hitgen gold` writes it."""

    outside: Level = Field(description="the level that is shown at most, up to the window's end, around the places")
    inside: Ramp | tuple[Ramp, ...] = Field(
        min_length=1,
        description="the levels that are shown within the places, from the window's first level on: for each place, or for all",
    )
    reach_px: int | None = Field(
        default=None,
        ge=1,
        le=MOST_PX,
        description="how far from a place they are shown; null: as far as a mark may lie",
    )
    most: Level | None = Field(default=None, description="the level that is shown around them at most, ever")


class PlantedLevels(Protocol):
    """Which levels are shown, as batch.toml says it or as it was built."""

    @property
    def outside(self) -> int: ...
    @property
    def inside(self) -> Ramps: ...
    @property
    def reach_px(self) -> int | None: ...
    @property
    def most(self) -> int | None: ...


def planted_view(
    window: tuple[int, int],
    points: Sequence[tuple[float, float]],
    radius_px: float,
    planted: PlantedLevels,
    level_max: int,
) -> View:
    """What is shown at each level: before the window what is unseen, within it more and more in the places, after it all catches up."""
    first, last = window
    around = [
        min(level, planted.outside + CATCH_UP * max(0, level - last), planted.most or level)
        for level in range(1, level_max + 1)
    ]
    inside = [
        tuple(max(least, ramp[min(level - first, len(ramp) - 1)] if level >= first else 0) for level, least in enumerate(around, 1))
        for ramp in ramps_of(planted.inside, len(points))
    ]  # fmt: skip
    places = tuple((round(x), round(y)) for x, y in points)
    return View(tuple(around), tuple(inside), places, planted.reach_px or round(radius_px))


def ramps_of(inside: Ramps, places: int) -> list[tuple[int, ...]]:
    """The levels of each place, where one row of levels stands for all of them."""
    rows = [each for each in inside if isinstance(each, tuple)]
    return rows or [tuple(each for each in inside if isinstance(each, int))] * places


class Question(asked.Question):
    """The known answer of one ladder: an inclusive level window, and points (x, y) in source pixels."""

    level: tuple[Level, Level] = Field(description="lowest and highest accepted level", examples=[[48, 55]])
    points: tuple[tuple[Coordinate, Coordinate], ...] = Field(
        min_length=1, description="(x, y) in source pixels", examples=[[[22, 47], [591, 303], [188, 323]]]
    )
    radius_px: float = Field(gt=0, le=MOST_PX, description="how far from a point a mark may lie", examples=[70])
    matches: int = Field(default=2, ge=1, le=1000, description="points that must have a mark of their own")
    planted: Planted | None = Field(
        default=None, description="what `hitgen gold --source` shows of it; null where it is natural"
    )
    level_rate: screening.Share | None = Field(
        default=None, description="share of honest people who give such a level, where `hitgen gold --from` found it"
    )
    place_rate: screening.Share | None = Field(default=None, description="share of them who mark such places")

    columns: ClassVar[tuple[str, ...]] = (
        "images",
        "source",
        "level_min",
        "level_max",
        "points",
        "radius_px",
        "matches",
    )
    form: ClassVar[str] = 'numbers, and points written as "22 47; 591 303"'

    @model_validator(mode="after")
    def _possible(self) -> Question:
        if self.level[0] > self.level[1]:
            raise ValueError(f"level is {list(self.level)}; give the lowest accepted level first")
        if self.matches > len(self.points):
            raise ValueError(f"matches is {self.matches} but there are {len(self.points)} points")
        if self.planted and isinstance(self.planted.inside[0], tuple) and len(self.planted.inside) != len(self.points):
            raise ValueError(
                f"planted.inside has {len(self.planted.inside)} rows of levels for {len(self.points)} points"
            )
        if self.planted and len(self.points) > PLACES:
            raise ValueError(f"planted changes {PLACES} places at most, but there are {len(self.points)} points")
        return self

    def view(self, level_max: int) -> View:
        """What is shown at each level."""
        if self.planted is None:
            return as_it_is(level_max)
        return planted_view(self.level, self.points, self.radius_px, self.planted, level_max)

    @classmethod
    def of_row(cls, row: dict[str, str]) -> Question:
        points = [tuple(number(word) for word in pair.split()) for pair in row["points"].split(";") if pair.strip()]
        return cls.model_validate(
            {
                "images": row["images"], "source": unguarded(row["source"]), "points": tuple(points),
                "level": (whole_number(row["level_min"]), whole_number(row["level_max"])),
                "radius_px": number(row["radius_px"]), "matches": whole_number(row["matches"]),
            }
        )  # fmt: skip

    def faults(self, config: Any, level_count: int, size: tuple[int, int] | None) -> Iterator[tuple[str, str, str]]:
        if self.level[1] > level_count:
            problem = f"{list(self.level)} goes beyond the ladder's last level {level_count}"
            yield "level", problem, f"a window within 1..{level_count}"
        levels = [level for ramp in ramps_of(self.planted.inside, 1) for level in ramp] if self.planted else []
        if self.planted and max(self.planted.outside, *levels, self.planted.most or 1) > level_count:
            problem = f"it shows levels beyond the ladder's last level {level_count}"
            yield "planted", problem, "making the question anew by `hitgen gold`"
        wanted = config.hit.locations
        if self.matches > wanted:
            problem = f"{self.matches} matches are asked, but a worker marks {wanted} places"
            yield "matches", problem, f"matches = {wanted} or fewer"
        for x, y in self.points if size else ():
            if size and (x > size[0] or y > size[1]):
                problem = f"({x:g}, {y:g}) lies outside the source, which is {size[0]}x{size[1]}"
                yield "points", problem, "points as (x, y) in source pixels"


class Catch(asked.Question):
    """A catch trial: the source is shown at every level, and "none seen" is right."""

    none_seen: bool = Field(description="true: the source is shown at every level, so that nothing is to be seen")

    def view(self, level_max: int) -> View:
        """The source at each level."""
        return source_alone(level_max)

    def faults(self, config: Any, level_count: int, size: tuple[int, int] | None) -> Iterator[tuple[str, str, str]]:
        if any(images.name == self.images and images.role == "training" for images in config.images):
            yield (
                "none_seen",
                "training shows people what flicker is, and here there is none",
                'role = "gold" for its set',
            )


def entry_kind(entry: Any) -> str:
    """Which of the three an entry of `[[questions]]` is."""
    is_catch = entry.get("none_seen") is True if isinstance(entry, dict) else isinstance(entry, Catch)
    return "Catch" if is_catch else asked.entry_kind(entry)


class Screening(screening.Screening):
    """The rules that decide which ratings are used; the defaults are the method's values.

    Whoever breaks a rule is left out of the analysis. Work is rejected, and workers are shut out, by the rules named
    for that alone.
    """

    gold_rate: screening.Share = Field(
        default=0.7, description="of thresholds: least share of gold checks (level and place) to be passed"
    )
    same_level_share: screening.Share = Field(
        default=0.8, description="share of study answers at one level that is too much"
    )
    same_level_min: int = Field(default=6, ge=2, le=10_000, description="study answers before that share counts")
    outlier_z: float = Field(default=3, gt=0, le=1000, description="standard deviations from a ladder's mean; flagged")
    outlier_iqr: float = Field(
        default=1.5, gt=0, le=1000, description="interquartile ranges beyond the quartiles; flagged"
    )
    remove_outliers: Literal["none", "z", "iqr", "either"] = Field(
        default="none", description="which are left out; removing them cuts the tail that SUR describes"
    )
    off: tuple[Rule, ...] = Field(
        default=(), description="rules that are not applied: gold speed straight slider display flicker repeat copy"
    )
    reject: tuple[Rule, ...] = Field(
        default=(), description="rules whose breach rejects the work, unpaid; none by default"
    )
    shut_out: tuple[Rule, ...] = Field(
        default=(), description="rules whose breach shuts a worker out of all batches; none by default"
    )


class Config(batch.BatchConfig):
    """batch.toml of a study by `pjnd`."""

    method: MethodTable = MethodTable()
    questions: tuple[
        Annotated[
            Annotated[Question, Tag("Question")]
            | Annotated[Catch, Tag("Catch")]
            | Annotated[asked.QuestionFile, Tag("QuestionFile")],
            Discriminator(entry_kind),
        ],
        ...,
    ] = ()
    hit: HitTable = HitTable()
    display: Display = Display()
    screening: Screening = Screening()

    question: ClassVar[type[asked.Question]] = Question
    offer: ClassVar[Mapping[str, str]] = {
        "title": "Find where two pictures start to flicker",
        "description": "Move a slider until a picture starts to flicker, then click where you see it.",
        "keywords": "image, quality, flicker, research",
    }
