"""How many bits a channel an image file has, and whether it moves, where its decoder does not tell."""

from __future__ import annotations

from PIL import Image

from hitgen.lib.containers import boxes, item_properties, jxl_header, png_chunks, primary_properties, webp_chunks


def bits(image: Image.Image, content: bytes) -> int:
    """Bits a channel of the most precise channel; ValueError where the file is not built as its kind is."""
    if image.mode.startswith(("I", "F")):
        return 16
    if image.format == "PNG":
        return content[24]
    if image.format == "TIFF":
        return _of_tiff(image)
    if image.format in ("AVIF", "HEIF"):
        return max([_of_property(part.kind, part.payload) for part in item_properties(content)], default=8)
    if image.format == "JPEG2000":
        return _of_jpeg2000(content)
    if image.format == "PPM":
        return _of_ppm(image)
    if image.format == "JXL":
        return jxl_header(content)[0]
    return 8


def is_animated(image: Image.Image, content: bytes) -> bool:
    """Whether the file says that it moves, even with one frame: browsers then show that frame, not the still."""
    if image.format == "PNG":
        return any(part.kind == b"acTL" for part in png_chunks(content))
    if image.format == "WEBP":
        return any(part.kind in (b"ANIM", b"ANMF") for part in webp_chunks(content))
    if image.format in ("AVIF", "HEIF"):
        primary_properties(content)
        return any(part.kind == b"moov" for part in boxes(content))
    return image.format == "JXL" and jxl_header(content)[1]


def _of_tiff(image: Image.Image) -> int:
    tags = getattr(image, "tag_v2", {})
    formats, depths = tags.get(339, (1,)), tags.get(258, (1,))
    if any(kind not in (1, 4) for kind in (formats if isinstance(formats, tuple) else (formats,))):
        return 32
    return max(depths) if isinstance(depths, tuple) else int(depths)


def _of_property(kind: bytes, payload: bytes) -> int:
    if kind == b"av1C":
        return 12 if payload[2] & 0x20 else 10 if payload[2] & 0x40 else 8
    if kind == b"hvcC":
        return 8 + max(payload[17] & 7, payload[18] & 7)
    if kind == b"pixi":
        return max(payload[5 : 5 + payload[4]], default=8)
    return 8


def _of_jpeg2000(content: bytes) -> int:
    start = content.index(b"\xff\x4f\xff\x51") + 4
    count = int.from_bytes(content[start + 36 : start + 38], "big")
    return max((content[start + 38 + 3 * number] & 0x7F) + 1 for number in range(count))


def _of_ppm(image: Image.Image) -> int:
    """By the largest value that the head names; where Pillow keeps none it is 255, or 1 in a bitmap."""
    told = getattr(image, "tile")[0].args  # noqa: B009
    return int(told[1]).bit_length() if isinstance(told, tuple) else 8
