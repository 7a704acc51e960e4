"""Packs: one content-addressed file with a ladder's unique frames, or how they are made, and an index.

The ASCII bytes HITPACK1, a 4-byte little-endian length, that many bytes of JSON index, then the frames one after
another. `levels[d]` is the number of the frame shown at level d; offsets count from the end of the index.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from hitgen.config.images import Subsampling
from hitgen.errors import Fault, InputError
from hitgen.lib.files import write_whole
from hitgen.manifest import Frozen

MAGIC = b"HITPACK1"


class PackedFrame(Frozen):
    """Where a frame lies in a pack; offsets count from the end of the index."""

    type: str = Field(description="a MIME type that browsers decode")
    offset: int = Field(ge=0)
    length: int = Field(ge=1)


class MadeFrame(Frozen):
    """A frame that the page makes of the pack's first frame, the source."""

    codec: Literal["jpeg"] = "jpeg"
    subsampling: Subsampling
    quality: int = Field(ge=1, le=100)

    @property
    def content(self) -> bytes:
        """What it is told by."""
        return self.model_dump_json().encode()


class PackIndex(Frozen):
    """The JSON index at the head of a pack."""

    width: int = Field(ge=1, description="of the source in pixels")
    height: int = Field(ge=1, description="of the source in pixels")
    levels: tuple[int, ...] = Field(
        min_length=1, description="levels[d] is the number of the frame shown at level d; level 0 is the source"
    )
    frames: tuple[PackedFrame | MadeFrame, ...] = Field(min_length=1, description="each carried, or made of the first")

    @model_validator(mode="after")
    def _levels_have_frames(self) -> Self:
        if not all(0 <= number < len(self.frames) for number in self.levels):
            raise ValueError("levels names a frame that is not there")
        if isinstance(self.frames[self.levels[0]], MadeFrame):
            raise ValueError("the source is not carried")
        return self


@dataclass(frozen=True)
class Frame:
    """One encoded picture as the page gets it; `type` is a MIME type browsers decode."""

    content: bytes
    type: str


@dataclass(frozen=True)
class Pack:
    """A ladder's frames: `frames[levels[d]]` is shown at level d, level 0 being the source."""

    width: int
    height: int
    levels: tuple[int, ...]
    frames: tuple[Frame | MadeFrame, ...]

    def frame(self, level: int) -> Frame | MadeFrame:
        return self.frames[self.levels[level]]

    @property
    def source(self) -> Frame:
        """The source, which is always carried."""
        frame = self.frame(0)
        assert isinstance(frame, Frame)
        return frame


def make_pack(width: int, height: int, frames: Sequence[Frame | MadeFrame]) -> Pack:
    """A pack of the frames of levels 0..L; byte-identical ones are kept once, in order of first use."""
    numbers: dict[Frame | MadeFrame, int] = {}
    levels = tuple(numbers.setdefault(frame, len(numbers)) for frame in frames)
    return Pack(width, height, levels, tuple(numbers))


def pack_bytes(pack: Pack) -> bytes:
    """The pack as a file; the same pack gives the same bytes."""
    index: list[PackedFrame | MadeFrame] = []
    carried: list[bytes] = []
    offset = 0
    for frame in pack.frames:
        if isinstance(frame, MadeFrame):
            index.append(frame)
            continue
        index.append(PackedFrame(type=frame.type, offset=offset, length=len(frame.content)))
        carried.append(frame.content)
        offset += len(frame.content)
    head = PackIndex(width=pack.width, height=pack.height, levels=pack.levels, frames=tuple(index))
    text = head.model_dump_json().encode()
    return b"".join([MAGIC, len(text).to_bytes(4, "little"), text, *carried])


def read_pack(content: bytes) -> Pack:
    """The pack in a file's bytes; ValueError where they are no whole pack."""
    if not content.startswith(MAGIC):
        raise ValueError("no pack: the first bytes are not HITPACK1")
    start = len(MAGIC) + 4
    length = int.from_bytes(content[len(MAGIC) : start], "little")
    index = PackIndex.model_validate_json(content[start : start + length])
    body = memoryview(content)[start + length :]
    frames: list[Frame | MadeFrame] = []
    for entry in index.frames:
        if isinstance(entry, MadeFrame):
            frames.append(entry)
            continue
        part = bytes(body[entry.offset : entry.offset + entry.length])
        if len(part) != entry.length:
            raise ValueError("the pack is cut short")
        frames.append(Frame(part, entry.type))
    return Pack(index.width, index.height, index.levels, tuple(frames))


def open_pack(path: Path) -> Pack:
    """The pack in a file that is called by its digest; InputError where it is another one."""
    content = path.read_bytes()
    try:
        if hashlib.sha256(content).hexdigest() == path.stem:
            return read_pack(content)
    except ValueError:
        pass
    raise InputError(damaged(path))


def damaged(path: Path) -> Fault:
    """The fault of a pack's file that is not what was written."""
    return Fault(str(path), "", "it is damaged", "removing it, and `hitgen build` again, which makes the same one")


def write_pack(pack: Pack, folder: Path) -> tuple[str, int]:
    """Write `<sha256>.pack` into a folder, whole or not at all; its digest and size in bytes."""
    content = pack_bytes(pack)
    digest = hashlib.sha256(content).hexdigest()
    write_whole(pack_path(folder, digest), content, sha256=digest)
    return digest, len(content)


def pack_path(folder: Path, digest: str) -> Path:
    return folder / f"{digest}.pack"
