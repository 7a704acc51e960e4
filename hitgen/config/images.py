"""Image sets: sources x one codec, with the codec parameter of every level spelled out."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, PrivateAttr, model_validator

from hitgen.config.base import Slug, Strict, Text

Role = Literal["training", "study", "gold"]
Parameter = int | float | str
"""The codec parameter of one level: a quality, a compression ratio, a quantiser or a file name."""

MAX_LEVELS = 1000


class ImageSet(Strict):
    """What every image set has, whatever its codec."""

    name: Slug = Field(examples=["study"], description="the set's name")
    sources: Text = Field(
        description="glob relative to the batch folder, or a CSV manifest (columns source,file)",
        examples=["images/*.png"],
    )
    role: Role = Field(default="study", description="`study`, `training` or `gold`")

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """The codec parameter of levels 1..L, in order; empty where it comes from a file."""
        raise NotImplementedError

    @property
    def can_be_made(self) -> bool:
        """Whether pages know how its frames are made."""
        return False

    @property
    def level_count(self) -> int:
        """L, the highest level."""
        return len(self.parameters)


def spelled_out(levels: int | tuple[dict[str, Any], ...], key: str) -> tuple[Parameter, ...] | None:
    """The parameters of a `levels = [{level = 1, KEY = ...}, ...]` list, or None for a count."""
    if isinstance(levels, int):
        return None
    for position, row in enumerate(levels, start=1):
        if set(row) != {"level", key}:
            raise ValueError(f"row {position} has the keys {sorted(row)}; each row is {{level = N, {key} = ...}}")
        if row["level"] != position:
            raise ValueError(f"row {position} says level = {row['level']}; levels run 1, 2, 3 ... without gaps")
    return tuple(row[key] for row in levels)


LEVELS = "a count, or `[{level = 1, quality = 99}, ...]` (ratio for jpeg2000, parameter for command); a bare count means quality 101 - level, or ratios from 2 to 200"
Levels = (
    Annotated[int, Field(ge=1, le=MAX_LEVELS)]
    | Annotated[tuple[dict[str, Any], ...], Field(min_length=1, max_length=MAX_LEVELS)]
)


class QualitySet(ImageSet):
    """A codec steered by a quality from 100 down: level d means quality 101 - d unless spelled out."""

    levels: Levels = Field(default=100, description=LEVELS)

    @model_validator(mode="after")
    def _qualities_in_range(self) -> QualitySet:
        for level, quality in enumerate(self.parameters, start=1):
            if isinstance(quality, bool) or not isinstance(quality, int) or not 0 <= quality <= 100:
                raise ValueError(f"levels: level {level} has quality {quality!r}; qualities are whole numbers 0..100")
        return self

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        if isinstance(self.levels, int):
            return tuple(101 - level for level in range(1, self.levels + 1))
        return spelled_out(self.levels, "quality") or ()


SUBSAMPLING = "`4:2:0`, `4:2:2` or `4:4:4`"
Subsampling = Literal["4:4:4", "4:2:2", "4:2:0"]


class JpegSet(QualitySet):
    codec: Literal["jpeg"]
    subsampling: Subsampling = Field(default="4:2:0", description=SUBSAMPLING)

    @property
    def can_be_made(self) -> bool:
        return True


class WebpSet(QualitySet):
    codec: Literal["webp"]
    method: int = Field(default=4, ge=0, le=6, description="effort 0..6")


class AvifSet(QualitySet):
    codec: Literal["avif"]
    subsampling: Subsampling = Field(default="4:2:0", description=SUBSAMPLING)
    speed: int = Field(default=6, ge=0, le=10, description="0 (slow) to 10")


class HeicSet(QualitySet):
    codec: Literal["heic"]
    subsampling: Subsampling = Field(default="4:2:0", description=SUBSAMPLING)


class JxlSet(QualitySet):
    codec: Literal["jxl"]
    effort: int = Field(default=7, ge=1, le=9, description="1..9")


class Jpeg2000Set(ImageSet):
    """JPEG 2000 by compression ratio; a bare count runs geometrically from 2:1 to 200:1."""

    codec: Literal["jpeg2000"]
    levels: Levels = Field(default=100, description=LEVELS)

    @model_validator(mode="after")
    def _ratios_in_range(self) -> Jpeg2000Set:
        for level, ratio in enumerate(self.parameters, start=1):
            if isinstance(ratio, bool) or not isinstance(ratio, int | float) or not ratio >= 1:
                raise ValueError(
                    f"levels: level {level} has ratio {ratio!r}; compression ratios are numbers of at least 1"
                )
        return self

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        if isinstance(self.levels, int):
            steps = max(self.levels - 1, 1)
            return tuple(round(2.0 * 100.0 ** (step / steps), 4) for step in range(self.levels))
        return spelled_out(self.levels, "ratio") or ()


class CommandSet(ImageSet):
    """Any external encoder and decoder, started as argument lists, never through a shell.

    The words `{input}`, `{output}` and `{parameter}` are replaced; encode reads a PNG and writes
    `{output}`, whose name ends in `suffix`; decode turns that into a PNG. They are started in the batch folder.
    """

    codec: Literal["command"]
    encode: tuple[str, ...] = Field(
        min_length=1,
        description="encoder as an argument list with {input} {output} {parameter}, started in the batch folder",
    )
    decode: tuple[str, ...] = Field(min_length=1, description="decoder as an argument list with {input} {output}")
    suffix: Annotated[str, Field(pattern=r"^\.[A-Za-z0-9]{1,8}$")] = Field(
        default=".bin", description="ending of the coded file"
    )
    timeout_s: float = Field(default=60, gt=0, le=86_400, description="seconds a call may take")
    levels: tuple[dict[str, Any], ...] = Field(
        min_length=1,
        max_length=MAX_LEVELS,
        examples=[[{"level": 1, "parameter": 10}, {"level": 2, "parameter": 20}]],
        description=LEVELS,
    )

    @model_validator(mode="after")
    def _words(self) -> CommandSet:
        for name, command, needed in (
            ("encode", self.encode, ("{input}", "{output}", "{parameter}")),
            ("decode", self.decode, ("{input}", "{output}")),
        ):
            missing = [word for word in needed if not any(word in part for part in command)]
            if missing:
                raise ValueError(f"{name} lacks {' and '.join(missing)}")
        spelled_out(self.levels, "parameter")
        return self

    _folder: Path = PrivateAttr(default=Path())

    def start_in(self, folder: Path) -> None:
        """From now on paths in its commands count from this folder."""
        self._folder = folder.resolve()

    @property
    def folder(self) -> Path:
        """Where its programs are started."""
        return self._folder

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        return spelled_out(self.levels, "parameter") or ()


class FilesSet(ImageSet):
    """A ladder that already exists as files, one a level.

    `index` says how `{index}` in `frames` comes from the level, or names a CSV (columns
    source,level,file; source may be left out where the set has one source).
    """

    codec: Literal["files"]
    frames: str = Field(default="", description="pattern of the files with {source} and {index:03d}")
    index: Text = Field(default="level", description="`level`, `101 - level`, or a CSV of source,level,file")
    levels: int = Field(default=100, ge=1, le=MAX_LEVELS, description=LEVELS)

    @model_validator(mode="after")
    def _forms(self) -> FilesSet:
        if not self.index.endswith(".csv"):
            if self.index not in ("level", "101 - level"):
                raise ValueError(f'index is {self.index!r}; use "101 - level", "level" or a CSV of level,file')
            if not re.search(r"\{index(:0?\d+d)?\}", self.frames):
                raise ValueError('frames lacks {index}; for example "ladder/{source}_{index:03d}.jpg"')
        return self

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        if self.index == "101 - level":
            return tuple(101 - level for level in range(1, self.levels + 1))
        return tuple(range(1, self.levels + 1))


AnyImageSet = Annotated[
    JpegSet | WebpSet | AvifSet | HeicSet | JxlSet | Jpeg2000Set | CommandSet | FilesSet,
    Field(discriminator="codec"),
]
