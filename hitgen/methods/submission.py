"""The submission as a page hands it in: its shape and limits; nothing outside them gets further."""

from __future__ import annotations

import re
from typing import Annotated, ClassVar, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field, JsonValue, StringConstraints, ValidationError

from hitgen.errors import HitgenError
from hitgen.lib.contract import SUBMISSION_LIMIT_BYTES
from hitgen.lib.text import plain

MAX_ATTEMPTS = 1000
ESCAPES = re.compile(r"\\u[dD][89abAB]..\\u[dD][c-fC-F]..|(?P<half>\\u[dD][89a-fA-F][0-9a-fA-F]{2})|\\.", re.S)
"""Every escape in a JSON text; `half` is one half of a surrogate pair without the other."""


class FaultyError(HitgenError):
    """An answer that cannot be taken as a submission; says why in words without control characters."""


class Part(BaseModel):
    """Frozen; wrong types, NaN and infinity are refused, unknown keys are passed over."""

    model_config = ConfigDict(extra="ignore", frozen=True, strict=True, allow_inf_nan=False)


CLOCKS_MS, CLOCKS_SHARE = 1000, 1.01
"""How far the clock of frames and the page's own may be apart, in all (a frame that a busy machine draws late bears the time it was due at) and in
proportion; more of it is no measurement."""
Count = Annotated[int, Field(ge=0, le=10**9)]
Ms = Annotated[int, Field(ge=0, le=10**11)]
WallMs = Annotated[int, Field(ge=0, le=10**17)]
"""By a clock that may have said 1970, or any other year, before it was set."""
Number = Annotated[float, Field(ge=-1e9, le=1e9)]
Positive = Annotated[float, Field(gt=0, le=1e6)]
Id = Annotated[str, StringConstraints(max_length=256)]
Words = Annotated[str, StringConstraints(max_length=2000)]


class Timing(Part):
    """Frame statistics of one attempt, in milliseconds on the frame clock; empty where they had to go."""

    swaps: Count | None = None
    mean_ms: Number | None = None
    sd_ms: Number | None = None
    max_ms: Number | None = None
    source_mean_ms: Number | None = None
    distorted_mean_ms: Number | None = None
    worst_error_ms: Number | None = None
    dropped: Count | None = None
    hidden_ms: Number | None = None
    stalled_ms: Number | None = None


class Row(Part):
    """One attempt at one trial; a method's subclass has the answer."""

    trial: Id
    attempt: int = Field(ge=1, le=100_000)
    started_ms: Ms = Field(description="since the page was opened")
    ended_ms: Ms = Field(description="since the page was opened")
    timing: Timing = Timing()

    handed_on: ClassVar[str] = "answers and times"
    """What is the same where a submission was handed on, in words."""

    @property
    def lasted_ms(self) -> int:
        """How long it took."""
        return self.ended_ms - self.started_ms

    @property
    def flickers_too_long(self) -> bool:
        """Whether its swaps take more time than it lasted: its record is made up."""
        timing = self.timing
        return (timing.swaps or 0) * (timing.mean_ms or 0) > CLOCKS_SHARE * self.lasted_ms + CLOCKS_MS

    def answer(self) -> tuple[object, ...]:
        """All that was answered; two workers who give the very same at the very same times are one."""
        return ()

    def is_telling(self) -> bool:
        """Whether the answer is so rich that nobody else gives the same."""
        return True


RowT = TypeVar("RowT", bound=Row)


class DisplayChange(Part):
    """A window that was zoomed, resized or moved to another screen."""

    ms: Ms
    device_pixel_ratio: Positive | None = None


class RefreshChange(Part):
    """A display whose rate became another."""

    ms: Ms
    refresh_hz: Positive


class DisplayRecord(Part):
    """The screen as the page found it."""

    scaling: Words = ""
    css_px_per_cm: Positive | None = None
    device_pixel_ratio: Positive | None = None
    device_px_per_source_px: Positive | None = None
    reference_pixel_ratio: Positive | None = None
    refresh_hz: Positive | None = None
    browser: Words = ""
    user_agent: Words = ""
    warnings: tuple[Words, ...] = Field(default=(), max_length=100)
    changes: tuple[DisplayChange, ...] = Field(default=(), max_length=1000)
    refresh_changes: tuple[RefreshChange, ...] = Field(default=(), max_length=1000)
    away_ms: WallMs = Field(default=0, description="while the page was closed, by the wall clock")

    def refresh_at(self, ms: int) -> float | None:
        """The display's rate at a time since the page was opened."""
        later = [change.refresh_hz for change in self.refresh_changes if change.ms <= ms]
        return later[-1] if later else self.refresh_hz


class Calibration(Part):
    """What the card on the screen told."""

    css_px_per_cm: Positive | None = None
    device_pixel_ratio: Positive | None = None


class ConsentGiven(Part):
    """Which wording was agreed to, in which language (empty from pages of an earlier hitgen), and when."""

    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    language: Id = ""
    at: Id


class Submission(Part, Generic[RowT]):
    """What one worker handed in for one page."""

    schema_: Annotated[int, Field(alias="schema", ge=1, le=1)]
    batch: Id
    page: Id
    assignment: Id
    worker: Id
    hit: Id = ""
    opened_at: Id = ""
    submitted_ms: Ms | None = None
    order: tuple[Id, ...] = Field(max_length=500)
    trials: tuple[RowT, ...] = Field(max_length=MAX_ATTEMPTS)
    display: DisplayRecord
    calibration: Calibration = Calibration()
    consent: ConsentGiven
    survey: dict[Id, Words | float | bool | None] = Field(default={}, max_length=200)
    checks: dict[Id, dict[Id, JsonValue]] = Field(
        default={}, max_length=20, description="what each check of eyes or screens recorded, by kind"
    )


def read_submission(text: str, row: type[RowT]) -> Submission[RowT]:
    """The submission in `text`; FaultyError where it is too long, no JSON, or of another shape."""
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        raise FaultyError("holds characters that no text can have") from None
    if size > SUBMISSION_LIMIT_BYTES:
        raise FaultyError(f"has {size} bytes; a submission has at most {SUBMISSION_LIMIT_BYTES}")
    try:
        return Submission[row].model_validate_json(  # type: ignore[valid-type]
            ESCAPES.sub(_whole, text)
        )
    except ValidationError as error:
        raise FaultyError(_words(error)) from None


def _whole(escape: re.Match[str]) -> str:
    """Half a character, which a length limit may leave of an emoji, becomes the sign for what cannot be shown."""
    return r"\ufffd" if escape["half"] else escape[0]


def _words(error: ValidationError) -> str:
    """The first faults of a shape; the worker's own text is not repeated."""
    details = error.errors(include_url=False, include_context=False, include_input=False)
    shown = [f"{_place(detail['loc'])}{detail['msg'][:160]}" for detail in details[:3]]
    more = f" and {len(details) - 3} more" if len(details) > 3 else ""
    return plain("; ".join(shown) + more)


def _place(loc: tuple[int | str, ...]) -> str:
    at = ".".join(str(part)[:40] for part in loc[:6])
    return f"{at}: " if at else ""
