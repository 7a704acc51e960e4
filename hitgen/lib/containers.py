"""What image files are made of, byte by byte: segments, chunks and boxes, read without decoding a pixel.

Every walker raises ValueError where the file is not built as its format says.
"""

from __future__ import annotations

import itertools
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

PNG_HEAD = b"\x89PNG\r\n\x1a\n"
JXL_BOXED = b"\x00\x00\x00\x0cJXL \r\n\x87\n"
SOS, EOI, SOF = 0xDA, 0xD9, {0xC0, 0xC1, 0xC2, 0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF}
STANDALONE = {0x01, *range(0xD0, 0xD8)}


@dataclass(frozen=True)
class Piece:
    """A segment, chunk or box: its kind, its payload, and its whole bytes."""

    kind: bytes
    payload: bytes
    whole: bytes


def jpeg_segments(content: bytes) -> list[Piece]:
    """All segments after SOI up to EOI; `kind` is the marker's one byte, a scan's `whole` has its coded data."""
    parts: list[Piece] = []
    position = 2
    while True:
        start = position
        if content[position : position + 1] != b"\xff":
            raise ValueError("a marker is missing")
        while content[position : position + 1] == b"\xff":
            position += 1
        marker = content[position : position + 1]
        position += 1
        if not marker:
            raise ValueError("it ends before its end marker")
        if marker[0] == EOI:
            return parts
        if marker[0] in STANDALONE:
            continue
        length = int.from_bytes(content[position : position + 2], "big")
        if length < 2 or position + length > len(content):
            raise ValueError("a segment is cut short")
        payload = content[position + 2 : position + length]
        position += length
        if marker[0] == SOS:
            position = _end_of_scan(content, position)
        parts.append(Piece(marker, payload, b"\xff" + content[start:position].lstrip(b"\xff")))


def jpeg_head(content: bytes) -> list[Piece]:
    """The segments before the first scan: what a JPEG says of its picture later is heeded by nobody."""
    return list(itertools.takewhile(lambda part: part.kind[0] != SOS, jpeg_segments(content)))


def _end_of_scan(content: bytes, position: int) -> int:
    """Where the marker after a scan's coded data stands: stuffed bytes and restarts belong to the data."""
    while True:
        position = content.find(b"\xff", position)
        if position < 0 or position + 1 >= len(content):
            raise ValueError("it ends before its end marker")
        after = content[position + 1]
        if after == 0xFF:
            position += 1
        elif after == 0 or 0xD0 <= after <= 0xD7:
            position += 2
        else:
            return position


def jpeg_lacks(parts: list[Piece]) -> str:
    """What scans a JPEG lacks, in words, empty if none: a progressive file may be cut where a scan ends."""
    precision: dict[tuple[int, int], int] = {}
    components: list[int] = []
    for part in parts:
        if part.kind[0] in SOF:
            components = [part.payload[6 + 3 * number] for number in range(part.payload[5])]
        if part.kind[0] == SOS:
            count = part.payload[0]
            first, last, shift = part.payload[1 + 2 * count : 4 + 2 * count]
            for number in range(count):
                for coefficient in range(first, min(last, 63) + 1):
                    precision[part.payload[1 + 2 * number], coefficient] = shift & 15
    whole = all(precision.get((name, number)) == 0 for name in components for number in range(64))
    return "" if components and whole else "scans are missing at its end"


def png_chunks(content: bytes) -> list[Piece]:
    """The chunks up to and with IEND; ValueError also where a checksum is wrong."""
    parts, position = [], len(PNG_HEAD)
    while True:
        length = int.from_bytes(content[position : position + 4], "big")
        end = position + 12 + length
        if position + 12 > len(content) or end > len(content):
            raise ValueError("it ends in the middle of a chunk")
        kind, payload = content[position + 4 : position + 8], content[position + 8 : end - 4]
        if zlib.crc32(kind + payload) != int.from_bytes(content[end - 4 : end], "big"):
            raise ValueError(f"the checksum of a chunk {kind.decode('latin-1')!r} is wrong")
        parts.append(Piece(kind, payload, content[position:end]))
        if kind == b"IEND":
            return parts
        position = end


_CRITICAL = {b"IHDR", b"PLTE", b"IDAT", b"IEND"}
_COLOUR_BYTES = {b"gAMA": 4, b"cHRM": 32, b"sRGB": 1, b"cICP": 4}


def png_oddity(parts: list[Piece]) -> str:
    """What decoders take in different ways about a PNG's chunks, in words, empty if nothing."""
    kinds = [part.kind for part in parts]
    told = parts[: kinds.index(b"IDAT")] if b"IDAT" in kinds else parts
    if kinds[0] != b"IHDR" or kinds.count(b"IHDR") > 1:
        return "it has no head, or several"
    if unknown := [kind for kind in kinds if not kind[0] & 0x20 and kind not in _CRITICAL]:
        return f"a chunk {unknown[0].decode('latin-1')!r} is needed to read it, and known to nobody"
    before = [part.kind for part in told]
    for part in told:
        name = part.kind.decode("latin-1")
        if len(part.payload) != _COLOUR_BYTES.get(part.kind, len(part.payload)):
            return f"its chunk {name!r} has {len(part.payload)} bytes"
        if part.kind in (b"iCCP", b"cICP") and before.count(part.kind) > 1:
            return f"it has several chunks {name!r}"
    if b"cICP" in before and b"PLTE" in before[: before.index(b"cICP")]:
        return "its chunk 'cICP' is behind its palette"
    if any(part.kind == b"sRGB" and part.payload[0] > 3 for part in told):
        return "its chunk 'sRGB' names no intent"
    if any(part.kind == b"iCCP" and not 0 < part.payload.find(b"\0") < 80 for part in told):
        return "its ICC profile has no name"
    return ""


_ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))


def png_lacks(parts: list[Piece]) -> str:
    """What is wrong with a PNG's pixel data, in words, empty if nothing."""
    head = parts[0].payload
    width, height = int.from_bytes(head[:4], "big"), int.from_bytes(head[4:8], "big")
    bits = head[8] * {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}.get(head[9], 1)
    passes = _ADAM7 if head[12] else ((0, 0, 1, 1),)
    wanted = 0
    for left, top, across, down in passes:
        columns, rows = -(-(width - left) // across), -(-(height - top) // down)
        wanted += rows * (1 + -(-columns * bits // 8)) if columns > 0 and rows > 0 else 0
    inflate, found = zlib.decompressobj(), 0
    for part in parts:
        if part.kind == b"IDAT" and found <= wanted:  # what follows the last row may be of any size
            found += len(inflate.decompress(inflate.unconsumed_tail + part.payload, wanted - found + 1))
    return "its last rows are missing" if found < wanted else ""


def webp_chunks(content: bytes) -> list[Piece]:
    """The chunks of a WebP file, as far as its head says that it goes."""
    parts, position = [], 12
    end_of_file = 8 + int.from_bytes(content[4:8], "little")
    if end_of_file > len(content) + 1:
        raise ValueError("it is shorter than its head says")
    while position + 8 <= end_of_file:
        length = int.from_bytes(content[position + 4 : position + 8], "little")
        end = position + 8 + length
        if end > len(content):
            raise ValueError("a chunk is cut short")
        whole = content[position : end + (length & 1)]
        parts.append(Piece(content[position : position + 4], content[position + 8 : end], whole))
        position = end + (length & 1)
    return parts


def boxes(content: bytes) -> Iterator[Piece]:
    """The boxes of an ISO file (AVIF, HEIC, JP2, JXL) or of a box's payload."""
    position = 0
    while position < len(content):
        length, kind, start = (
            int.from_bytes(content[position : position + 4], "big"),
            content[position + 4 : position + 8],
            8,
        )
        if length == 1:
            length, start = int.from_bytes(content[position + 8 : position + 16], "big"), 16
        elif length == 0:
            length = len(content) - position
        if length < start or position + length > len(content):
            raise ValueError(f"a box {kind.decode('latin-1')!r} is cut short")
        yield Piece(kind, content[position + start : position + length], content[position : position + length])
        position += length


def _inside(content: bytes, *path: bytes) -> bytes:
    for kind in path:
        content = next((part.payload for part in boxes(content) if part.kind == kind), b"")
        if kind == b"meta":
            content = content[4:]
    return content


def item_properties(content: bytes) -> list[Piece]:
    """The properties of all items of an AVIF or HEIC file: `colr`, `irot`, `pixi`, ..."""
    return list(boxes(_inside(content, b"meta", b"iprp", b"ipco")))


def item_types(content: bytes) -> set[bytes]:
    """The types of all items of an AVIF or HEIC file: `av01`, `Exif`, ..."""
    info = _inside(content, b"meta", b"iinf")
    start = 6 if info[:1] == b"\0" else 8
    found = set()
    for entry in boxes(info[start:]):
        version = entry.payload[0]
        if version >= 2:
            at = 8 if version == 2 else 10
            found.add(entry.payload[at : at + 4])
    return found


def primary_properties(content: bytes) -> list[Piece]:
    """The properties of the item that is shown, in the order in which they apply."""
    meta = _inside(content, b"meta")
    pitm = _inside(meta, b"pitm")
    wide = pitm[:1] != b"\0"
    primary = int.from_bytes(pitm[4 : 8 if wide else 6], "big")
    properties = item_properties(content)
    ipma = _inside(meta, b"iprp", b"ipma")
    if len(ipma) < 8:
        raise ValueError("it does not say which properties its picture has")
    version, big = ipma[0], ipma[3] & 1
    position = 8
    for _ in range(int.from_bytes(ipma[4:8], "big")):
        item = int.from_bytes(ipma[position : position + (4 if version else 2)], "big")
        position += 4 if version else 2
        count, position = ipma[position], position + 1
        step = 2 if big else 1
        numbers = [
            int.from_bytes(ipma[at : at + step], "big") & (0x7FFF if big else 0x7F)
            for at in range(position, position + count * step, step)
        ]
        position += count * step
        if item == primary:
            return [properties[number - 1] for number in numbers if 0 < number <= len(properties)]
    raise ValueError("it does not say which properties its picture has")


def jxl_header(content: bytes) -> tuple[int, bool]:
    """Bits a channel (32 for floats) and whether it is animated, of a JPEG XL file."""
    if content.startswith(JXL_BOXED):
        parts = [part for part in boxes(content) if part.kind in (b"jxlc", b"jxlp")]
        if not parts:
            raise ValueError("it has no picture")
        content = b"".join(part.payload[4:] if part.kind == b"jxlp" else part.payload for part in parts)
    bits = int.from_bytes(content[2:64], "little")

    def take(count: int) -> int:
        nonlocal bits
        value, bits = bits & ((1 << count) - 1), bits >> count
        return value

    def skip_size() -> None:
        small = take(1)
        for side in range(2):
            if side and take(3):
                return  # a ratio stands for the width
            take(5 if small else (9, 13, 18, 30)[take(2)])

    skip_size()
    if take(1):
        return 8, False
    if take(1):
        take(3)
        if take(1):
            skip_size()
        if take(1):
            raise ValueError("it has a preview, which is not read")
        if take(1):
            return 8, True
    if take(1):
        return 32, False
    chosen = take(2)
    return (8, 10, 12)[chosen] if chosen < 3 else 1 + take(6), False
