"""What image files say of themselves: what browsers would show otherwise is refused in words, what they cannot is decoded by definition."""

from __future__ import annotations

import io
import struct
import tracemalloc
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageFile

from hitgen.errors import InputError
from hitgen.lib.containers import png_chunks, png_lacks
from hitgen.lib.pictures import load_plugin, upright_size
from hitgen.stimuli.files import carried_frame
from hitgen.stimuli.sources import decode_rgb
from tests.support import picture_files as made
from tests.support.picture_files import (
    GREY,
    PICTURE,
    WIDE,
    avif,
    chrm,
    cicp,
    gama,
    icc,
    iccp,
    jpeg,
    jpeg_exif,
    png,
    saved,
)

BITS = "it has more than 8 bits a channel; try"
DAMAGED = "it is truncated or damaged"
LUT = icc(more={b"A2B0": b"mft2" + bytes(60)})
DEEP = Image.fromarray(np.arange(64 * 64, dtype=np.uint16).reshape(64, 64) * 15)
RGB16 = np.frombuffer(np.random.default_rng(1).integers(0, 65535, 64 * 64 * 3, dtype=np.uint16).tobytes(), np.uint16)


def tiff(bits: int, kind: int, samples: bytes, **more: int) -> bytes:
    """An uncompressed 64x64 RGB TIFF of so many bits a channel and a sample format."""
    entries = {256: (4, 64), 257: (4, 64), 259: (3, 1), 262: (3, 2), 273: (4, 8), 277: (3, 3), 278: (4, 64)}
    entries |= {279: (4, len(samples))} | {int(tag[1:]): (4, value) for tag, value in more.items()}
    end = 8 + len(samples)
    table = []
    for tag in sorted([*entries, 258, 339]):
        if tag in (258, 339):
            table.append(struct.pack("<HHII", tag, 3, 3, end + (6 if tag == 339 else 0)))
        else:
            table.append(struct.pack("<HHII", tag, entries[tag][0], 1, entries[tag][1]))
    return (
        b"II" + struct.pack("<HI", 42, end + 12) + samples + struct.pack("<6H", *[bits] * 3, *[kind] * 3)
        + struct.pack("<H", len(table)) + b"".join(table) + bytes(4)
    )  # fmt: skip


def moving(form: str) -> bytes:
    frames = [WIDE, WIDE.transpose(Image.Transpose.FLIP_LEFT_RIGHT)]
    return saved(frames[0], form, save_all=True, append_images=frames[1:])


def single_frame_png() -> bytes:
    return png(PICTURE, made.chunk(b"acTL", struct.pack(">II", 1, 0)))


def short_gif() -> bytes:
    content = bytearray(saved(PICTURE.quantize(16), "GIF"))
    content[6:10] = struct.pack("<HH", 80, 80)
    return bytes(content)


def idat_changed() -> bytes:
    content = bytearray(png(PICTURE))
    content[content.index(b"IDAT") + 40] ^= 1
    return bytes(content)


def rows_missing() -> bytes:
    """A PNG whose checksums are right and whose pixels are half."""
    rows = zlib.compress(bytes(64 * 3 + 1) * 32)
    head = struct.pack(">IIBBBBB", 64, 64, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + made.chunk(b"IHDR", head) + made.chunk(b"IDAT", rows) + made.chunk(b"IEND", b"")


REFUSED: dict[str, tuple[bytes, str]] = {
    "png 16": (saved(DEEP, "PNG"), BITS),
    "tiff 16 grey": (saved(DEEP, "TIFF"), BITS),
    "tiff 16 rgb": (tiff(16, 1, RGB16.tobytes()), BITS),
    "tiff float": (tiff(32, 3, RGB16.astype(np.float32).tobytes()), ""),
    "tiff float grey": (saved(Image.fromarray(RGB16[:4096].reshape(64, 64).astype(np.float32)), "TIFF"), BITS),
    "ppm 16": (b"P6 64 64 65535\n" + RGB16.byteswap().tobytes(), BITS),
    "ppm 12 with a comment": (b"P6\n# by hand\n64 64\n# most\n4095\n" + (RGB16 // 16).byteswap().tobytes(), BITS),
    "pgm 16": (b"P5 64 64 65535\n" + RGB16[:4096].byteswap().tobytes(), BITS),
    "ppm text 10": (b"P3 32 32 1023\n" + b"1000 " * 3072, BITS),
    "pfm": (b"Pf\n64 64\n-1.0\n" + bytes(4 * 4096), BITS),
    "jpeg 2000 16": (saved(DEEP, "JPEG2000"), BITS),
    "jpeg 2000 12": ((made.DATA / "jpeg2000_12.jp2").read_bytes(), BITS),
    "avif 10": ((made.DATA / "avif10.avif").read_bytes(), BITS),
    "avif 12": ((made.DATA / "avif12.avif").read_bytes(), BITS),
    "heic 10": ((made.DATA / "heic10.heic").read_bytes(), BITS),
    "jxl 16": ((made.DATA / "jxl16.jxl").read_bytes(), BITS),
    "gif animation": (moving("GIF"), "it has 2 frames"),
    "png animation": (moving("PNG"), "it has 2 frames"),
    "png animation of one": (single_frame_png(), "saving one frame alone"),
    "webp animation": (moving("WEBP"), "it has 2 frames"),
    "webp animation of one": (made.webp_animation(PICTURE, 64, 64), "it is an animation"),
    "webp animation of one, smaller": (made.webp_animation(WIDE, 64, 64), ""),
    "avif animation": (moving("AVIF"), "it has 2 frames"),
    "tiff pages": (moving("TIFF"), "it has 2 frames"),
    "mpo": (moving("MPO"), "it has 2 frames"),
    "jxl animation": ((made.DATA / "jxl_animated.jxl").read_bytes(), ""),
    "gif that leaves a border": (short_gif(), "its frame does not fill it"),
    "tiff preview": (tiff(8, 1, bytes(64 * 64 * 3), t254=1), "a camera's raw file or a preview"),
    "png cut": (made.cut(png(PICTURE), 0.7), DAMAGED),
    "png without its end": (png(PICTURE)[:-12], DAMAGED),
    "png checksum": (idat_changed(), DAMAGED),
    "png rows missing": (rows_missing(), DAMAGED),
    "jpeg cut": (made.cut(jpeg(), 0.6), DAMAGED),
    "jpeg cut with end": (made.cut(jpeg(), 0.6, b"\xff\xd9"), DAMAGED),
    "jpeg without end": (made.without_eoi(jpeg()), DAMAGED),
    "jpeg zero filled": (made.zeroed(made.without_eoi(jpeg()), 0.6, 1) + b"\xff\xd9", DAMAGED),
    "jpeg zeroes within": (made.zeroed(jpeg(), 0.6, 0.7), DAMAGED),
    "jpeg progressive cut": (made.cut(jpeg(progressive=True), 0.8, b"\xff\xd9"), DAMAGED),
    "jpeg progressive, a scan missing": (made.last_scan_lost(), "scans are missing"),
    "jpeg restart lost": (made.second_restart_lost(), DAMAGED),
    "jpeg grey cut": (made.cut(jpeg(GREY), 0.6, b"\xff\xd9"), DAMAGED),
    "jpeg zeroes between restarts": (made.zeroed_interval(), DAMAGED),
    "webp cut": (made.cut(saved(PICTURE, "WEBP"), 0.7), ""),
    "webp cut, its head mended": (made.mended_webp(made.cut(saved(PICTURE, "WEBP", quality=95), 0.7)), ""),
    "avif cut": (made.cut(avif(), 0.8), DAMAGED),
    "gif cut": (made.cut(saved(PICTURE.quantize(64), "GIF"), 0.7), DAMAGED),
    "bmp cut": (made.cut(saved(PICTURE, "BMP"), 0.7), DAMAGED),
    "tiff cut": (tiff(8, 1, bytes(64 * 64 * 3))[:6000], ""),
    "tiff strips beyond its end": (made.strips_beyond(saved(PICTURE, "TIFF", compression="tiff_lzw")), DAMAGED),
    "ppm cut": (b"P6 64 64 255\n" + bytes(5000), DAMAGED),
    "jpeg 2000 cut": (made.cut(saved(PICTURE, "JPEG2000"), 0.6), ""),
    "png coded PQ": (png(PICTURE, cicp(9, 16, 0, 1)), "coded transfer 16 is for HDR"),
    "png coded HLG": (png(PICTURE, cicp(9, 18, 0, 1)), "coded transfer 18 is for HDR"),
    "png coded unknown": (png(PICTURE, cicp(22, 13, 0, 1)), "coded primaries 22"),
    "png coded limited": (png(PICTURE, cicp(1, 13, 0, 0)), "does not say full range RGB"),
    "png no chromaticities": (png(PICTURE, gama(0.5), made.chunk(b"cHRM", bytes(32))), "no colours"),
    "png broken profile": (png(PICTURE, iccp(icc()[:200])), "ICC profile"),
    "avif PQ": (avif(9, 16, 9), "coded transfer 16 is for HDR"),
    "profile with tables": (jpeg(icc_profile=LUT), "its ICC profile has lookup tables"),
    "profile for HDR": (jpeg(icc_profile=icc(more={b"cicp": b"cicp" + bytes(4) + bytes([9, 16, 0, 1])})), "HDR"),
    "profile that tells two colours": (
        jpeg(icc_profile=icc(primaries="p3", more={b"cicp": b"cicp" + bytes(4) + bytes([9, 8, 0, 1])})),
        "tells two different colours",
    ),
    "profile of a later version": (jpeg(icc_profile=icc(version=5)), "its ICC profile is broken"),
    "profile of gamma 0": (jpeg(icc_profile=icc(made.curv(0))), "a curve is none"),
    "profile with tables backwards": (jpeg(icc_profile=icc(more={b"B2A0": b"mft2" + bytes(60)})), "lookup tables"),
    "png torn profile": (png(PICTURE, made.chunk(b"iCCP", b"x\0\0" + made.iccp(icc())[12:40])), "ICC profile"),
    "png told to turn twice": (
        png(WIDE, made.chunk(b"eXIf", made.exif(6)), made.chunk(b"eXIf", made.exif(3))),
        "a turn that browsers do not make",
    ),
    "bmp 565": (made.bmp(16, masks=(0xF800, 0x7E0, 0x1F)), "it has 16 bits a pixel"),
    "bmp 555": (made.bmp(16), "it has 16 bits a pixel"),
    "profile cut": (jpeg(icc_profile=icc()[:-40]), "its ICC profile is broken"),
    "profile of nothing": (jpeg(icc_profile=b"x" * 300), "its ICC profile is broken"),
    "profile without a curve": (jpeg(icc_profile=icc(without=(b"gTRC",))), "neither curves nor a matrix"),
    "profile of named colours": (jpeg(icc_profile=icc(kind=b"nmcl")), "describes no picture"),
    "profile of a link": (jpeg(icc_profile=icc(kind=b"link")), "describes no picture"),
    "profile for CMYK": (jpeg(icc_profile=icc(space=b"CMYK")), "its ICC profile is for CMYK"),
    "grey profile in colour": (jpeg(icc_profile=icc(space=b"GRAY")), "its ICC profile is for GRAY"),
    "profile with no curve at all": (jpeg(icc_profile=icc(made.para(1, 2.2, 0.9, 0.1))), "a curve is none"),
    "Adobe RGB by name": (jpeg(exif=jpeg_exif(made.adobe_by_name())), "its EXIF names Adobe RGB"),
    "png coded colours behind its palette": (made.in_palette(extra_after=cicp(12, 13, 0, 1)), DAMAGED),
    "png two profiles": (png(PICTURE, iccp(icc(primaries="p3")), iccp(icc(primaries="adobe"))), DAMAGED),
    "png two coded colours": (png(PICTURE, cicp(12, 13, 0, 1), cicp(1, 8, 0, 1)), DAMAGED),
    "png coded colours of 5 bytes": (png(PICTURE, cicp(12, 13, 0, 1, 0)), DAMAGED),
    "png coded colours of 3 bytes": (png(PICTURE, cicp(12, 13, 0)), DAMAGED),
    "png gamma of 5 bytes": (png(PICTURE, made.chunk(b"gAMA", b"\0\1\x86\xa0\0")), DAMAGED),
    "png sRGB of 2 bytes": (png(PICTURE, made.chunk(b"sRGB", b"\0\0"), gama(1)), DAMAGED),
    "png sRGB of no intent": (png(PICTURE, made.chunk(b"sRGB", b"\x09"), gama(1)), DAMAGED),
    "png profile without a name": (png(PICTURE, made.chunk(b"iCCP", made.iccp(icc())[9:-4])), DAMAGED),
    "png profile packed otherwise": (png(PICTURE, made.chunk(b"iCCP", b"x\0\1" + zlib.compress(icc()))), "damaged"),
    "png text with a wrong checksum": (png(PICTURE, made.chunk(b"tEXt", b"a\0b")[:-1] + b"x"), "damaged"),
    "png unknown and critical": (png(PICTURE, made.chunk(b"ABCD", b"a")), DAMAGED),
    "png two heads": (png(PICTURE, png(PICTURE)[8:33]), DAMAGED),
    "png colours beyond its palette": (made.in_palette(colours=30), DAMAGED),
    "png no palette": (made.in_palette(colours=0), DAMAGED),
    "bmp that steps over pixels": (made.run_length_bmp(), "run-length coded"),
    "bmp broken profile": (made.bmp_with_profile(b"x" * 300), "ICC profile"),
    "bmp profile outside": (made.bmp_with_profile(icc())[:-200], "ICC profile"),
    "avif of another matrix": (avif(12, 13, 12), "coded matrix 12"),
    "ppm 16 by a number in two": (b"P6 64 64 65#c\n535\n" + RGB16.byteswap().tobytes(), BITS),
    "ppm 16 under a long comment": (b"P6\n#" + b"x" * 9000 + b"\n64 64\n65535\n" + RGB16.byteswap().tobytes(), BITS),
    "ppm 16 under a comment of a Mac": (b"P6\n# a\r64 64\n65535\n" + RGB16.byteswap().tobytes(), BITS),
    "cmyk": (jpeg(PICTURE.convert("CMYK")), "its colour mode is CMYK"),
    "tiff chromaticities": (tiff(8, 1, bytes(64 * 64 * 3), t319=1), ""),
    "webp turned": (saved(WIDE, "WEBP", exif=jpeg_exif(made.exif(6))), "a turn that browsers do not make"),
    "png turned late": (png(WIDE, late=made.chunk(b"eXIf", made.exif(6))), "a turn that browsers do not make"),
    "postscript": (saved(PICTURE, "EPS"), "not an image that can be read"),
    "icon": (saved(PICTURE, "ICO"), "not an image that can be read"),
    "alpha": (saved(PICTURE.convert("RGBA"), "PNG"), "an alpha channel"),
    "palette with alpha": (saved(PICTURE.quantize(16), "PNG", transparency=3), "an alpha channel"),
    "gif with alpha": (saved(PICTURE.quantize(16), "GIF", transparency=3), "an alpha channel"),
    "one transparent colour": (saved(PICTURE, "PNG", transparency=(1, 2, 3)), "an alpha channel"),
    "webp with alpha": (saved(PICTURE.convert("RGBA"), "WEBP", exact=True, lossless=True), ""),
}


@pytest.mark.parametrize("name", [name for name in REFUSED if name != "webp with alpha"])
def test_what_would_be_shown_otherwise_is_refused_by_name(name: str) -> None:
    content, words = REFUSED[name]
    with pytest.raises(InputError) as caught:
        decode_rgb(content, "photo.x")
    (fault,) = caught.value.faults
    assert fault.where == "photo.x" and words in str(fault) and fault.remedy


def test_damage_is_told_whatever_others_set_in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
    for name in ("png cut", "jpeg cut", "gif cut", "bmp cut", "ppm cut", "webp cut", "avif cut"):
        with pytest.raises(InputError):
            decode_rgb(REFUSED[name][0], name)


DECODED: dict[str, bytes] = {
    "tiff": saved(WIDE, "TIFF"),
    "tiff lzw": saved(WIDE, "TIFF", compression="tiff_lzw"),
    "tiff deflate": saved(WIDE, "TIFF", compression="tiff_adobe_deflate"),
    "tiff turned": saved(WIDE.transpose(Image.Transpose.ROTATE_90), "TIFF", tiffinfo={274: 6}),
    "tiff turned and compressed": saved(
        WIDE.transpose(Image.Transpose.ROTATE_90), "TIFF", tiffinfo={274: 6}, compression="tiff_lzw"
    ),
    "ppm": saved(WIDE, "PPM"),
    "ppm with a long comment": b"P6\n#" + b"x" * 9000 + b"\n64 40\n255\n" + WIDE.tobytes(),
    "ppm with a comment of a Mac": b"P6\r# a b c\r64 40\r255\r" + WIDE.tobytes(),
    "ppm with a comment": b"P6 # 65535\n64 40 # wide\n255\n" + WIDE.tobytes(),
    "jpeg 2000": saved(WIDE, "JPEG2000"),
    "jpeg 2000 bare": saved(WIDE, "JPEG2000", no_jp2=True),
    "bmp": saved(WIDE, "BMP"),
}
"""What no browser shows, or all as its numbers are: by definition the very picture that was written."""


@pytest.mark.parametrize("name", DECODED)
def test_what_browsers_do_not_show_is_decoded_by_its_definition(name: str) -> None:
    assert np.array_equal(np.asarray(decode_rgb(DECODED[name], name)), np.asarray(WIDE))


def test_profiles_mean_the_same_in_kinds_that_browsers_do_not_show() -> None:
    profile = icc(primaries="p3")
    wanted = np.asarray(decode_rgb(png(PICTURE, iccp(profile)), "p3.png")).astype(int)
    load_plugin("HEIF")
    files = {
        "tiff": (saved(PICTURE, "TIFF", icc_profile=profile), 0),
        "heic": (saved(PICTURE, "HEIF", quality=100, chroma=444, icc_profile=profile), 12),
    }
    for name, (content, most) in files.items():
        assert np.abs(np.asarray(decode_rgb(content, name)) - wanted).max() <= most, name
    small = decode_rgb(png(PICTURE.resize((40, 36)), iccp(profile)), "small")
    assert np.array_equal(small, decode_rgb((made.DATA / "jxl_p3.jxl").read_bytes(), "jxl"))
    palette = PICTURE.quantize(64)
    tiff_palette = decode_rgb(saved(palette, "TIFF", icc_profile=profile), "palette")
    assert np.array_equal(tiff_palette, decode_rgb(png(palette, iccp(profile)), "palette"))
    grey = saved(GREY, "TIFF", icc_profile=icc(made.curv(256), space=b"GRAY"))
    assert np.array_equal(decode_rgb(grey, "grey"), decode_rgb(png(GREY, gama(1)), "grey"))


def test_pixels_beyond_the_last_row_are_not_unpacked() -> None:
    rows = zlib.compress(bytes(40 * 3 + 1) * 40 + bytes(300_000_000))
    head = struct.pack(">IIBBBBB", 40, 40, 8, 2, 0, 0, 0)
    parts = [made.chunk(b"IHDR", head), made.chunk(b"IDAT", rows), made.chunk(b"IEND", b"")]
    tracemalloc.start()
    assert png_lacks(png_chunks(b"\x89PNG\r\n\x1a\n" + b"".join(parts))) == ""
    assert tracemalloc.get_traced_memory()[1] < 10_000_000
    tracemalloc.stop()


def test_heic_and_jpeg_xl_are_turned_once_and_read_without_a_codec_being_loaded_first() -> None:
    from pillow_heif import register_heif_opener

    register_heif_opener()
    exif = Image.Exif()
    exif[0x0112] = 6
    files = [saved(WIDE, "HEIF", quality=95, exif=exif.tobytes())]
    files += [(made.DATA / f"{name}.jxl").read_bytes() for name in ("jxl_turned", "jxl_of_jpeg_turned")]
    wanted = [picture.transpose(Image.Transpose.ROTATE_270) for picture in (WIDE, *[PICTURE.resize((48, 36))] * 2)]
    for content, picture in zip(files, wanted, strict=True):
        read = decode_rgb(content, "x")
        assert read.size == picture.size
        assert np.abs(np.asarray(read).astype(int) - np.asarray(picture)).mean() < 4


def test_a_kind_whose_reader_is_missing_is_named_with_what_brings_it(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "pillow_jxl", None)
    with pytest.raises(InputError, match=r"a JXL file, whose reader is not installed; try pip install -e "):
        decode_rgb((made.DATA / "jxl8.jxl").read_bytes(), "x.jxl")


@pytest.mark.parametrize("turn", range(1, 9))
def test_the_upright_size_is_known_from_the_header(tmp_path: Path, turn: int) -> None:
    path = tmp_path / "x"
    for content in (jpeg(WIDE, exif=jpeg_exif(made.exif(turn))), saved(WIDE, "AVIF", exif=jpeg_exif(made.exif(turn)))):
        path.write_bytes(content)
        assert upright_size(path) == decode_rgb(content, "x").size


def carried(tmp_path: Path, content: bytes, name: str = "f") -> tuple[bytes, str, np.ndarray]:
    path = tmp_path / name
    path.write_bytes(content)
    frame = carried_frame(path, name, decode_rgb(content, name).size)
    return frame.content, frame.type, np.asarray(Image.open(io.BytesIO(frame.content)).convert("RGB"))


SECRET = b"secret words" * 20
CARRIED = {
    "jpeg": (jpeg(exif=jpeg_exif(made.exif(1)) + SECRET, comment=SECRET) + SECRET, "image/jpeg"),
    "jpeg progressive": (jpeg(progressive=True, comment=SECRET) + SECRET, "image/jpeg"),
    "png": (png(PICTURE, made.chunk(b"tEXt", b"a\0" + SECRET), after=SECRET), "image/png"),
    "png with more pixels after its end": (png(PICTURE, after=made.chunk(b"IDAT", SECRET)), "image/png"),
    "webp": (saved(PICTURE, "WEBP", quality=80, exif=SECRET, xmp=SECRET) + SECRET, "image/webp"),
    "avif": (avif(), "image/avif"),
    "avif with EXIF": (saved(PICTURE, "AVIF", exif=made.told_exif("secret words")), "image/webp"),
    "avif with XMP": (saved(PICTURE, "AVIF", xmp=SECRET), "image/webp"),
    "avif with more after its end": (avif() + b"\0\0\0\xf8free" + SECRET, "image/webp"),
    "jpeg turned": (jpeg(WIDE, exif=jpeg_exif(made.exif(6))), "image/webp"),
    "jpeg P3": (jpeg(icc_profile=icc(primaries="p3")), "image/webp"),
    "png gamma": (png(PICTURE, gama(1)), "image/webp"),
    "png palette gamma": (png(PICTURE.quantize(32), gama(1), chrm("p3")), "image/webp"),
    "avif P3": (avif(12), "image/webp"),
    "gif": (saved(PICTURE.quantize(64), "GIF"), "image/webp"),
}


@pytest.mark.parametrize("name", CARRIED)
def test_a_frame_from_a_file_says_nothing_but_its_picture_and_shows_what_is_measured(tmp_path: Path, name: str) -> None:
    content, kind = CARRIED[name]
    bare, found, pixels = carried(tmp_path, content)
    assert found == kind and b"secret" not in bare
    assert np.array_equal(pixels, np.asarray(decode_rgb(content, name)))
