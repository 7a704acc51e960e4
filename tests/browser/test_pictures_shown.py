"""Every kind of image file is read as Chromium's canvas shows it, or refused in words."""

from __future__ import annotations

import base64
import io
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page

from hitgen.errors import InputError
from hitgen.stimuli.files import carried_frame
from hitgen.stimuli.sources import decode_rgb
from tests.support import picture_files as made
from tests.support.picture_files import (
    GREY,
    PICTURE,
    SRGB,
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

pytestmark = pytest.mark.browser
SHOW = """async address => {
  const image = new Image();
  image.src = address;
  await image.decode();
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
  canvas.getContext("2d", { colorSpace: "srgb" }).drawImage(image, 0, 0);
  return canvas.toDataURL("image/png");
}"""
GAMMA_TABLE = made.curv(*(round(65535 * (step / 255) ** 1.8) for step in range(256)))
ODD = PICTURE.crop((0, 0, 41, 37))
SAME: dict[str, bytes] = {
    "png": png(PICTURE),
    "png palette": png(PICTURE.quantize(64)),
    "png 2 bits": saved(PICTURE.quantize(4), "PNG", bits=2),
    "png grey": png(GREY),
    "png 1 bit": png(GREY.convert("1")),
    "png says sRGB": png(PICTURE, SRGB),
    "png sRGB before gamma": png(PICTURE, SRGB, gama(1), chrm("adobe")),
    "png chromaticities alone": png(PICTURE, chrm("adobe")),
    "png gamma of sRGB": png(PICTURE, gama(0.45455)),
    "png gamma near sRGB's": png(PICTURE, gama(0.45)),
    "png gamma at the end of near": png(PICTURE, gama(0.43182)),
    "png colours told too late": png(PICTURE, late=gama(1) + iccp(icc(made.curv(256)))),
    "png turned by ImageMagick's text": png(WIDE, made.raw_profile(6)),
    "png for HDR displays": png(PICTURE, made.chunk(b"mDCV", bytes(24)), made.chunk(b"cLLI", bytes(8))),
    "jpeg turned in its thumbnail alone": jpeg(WIDE, exif=jpeg_exif(made.exif_of_thumbnail(6))),
    "bmp 32": made.bmp(32),
    "bmp upside down": made.bmp(24, height=-32),
    "png gamma 0": png(PICTURE, gama(0)),
    "png coded sRGB before all": png(PICTURE, cicp(1, 13, 0, 1), gama(1), iccp(icc(primaries="p3"))),
    "png bytes after its end": png(PICTURE, after=b"more" * 100),
    "png turned by XMP alone": png(WIDE, made.chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + made.xmp(6))),
    "jpeg": jpeg(),
    "jpeg odd 4:2:0": jpeg(ODD, subsampling="4:2:0"),
    "jpeg 4:2:2": jpeg(ODD, subsampling="4:2:2"),
    "jpeg grey": jpeg(GREY),
    "jpeg progressive": jpeg(progressive=True),
    "jpeg restarts": made.with_restarts(),
    "jpeg rgb": jpeg(keep_rgb=True),
    "jpeg sRGB profile": jpeg(icc_profile=made.srgb_profile()),
    "jpeg bytes after its end": jpeg() + b"more" * 100,
    "jpeg turned by XMP alone": jpeg(WIDE, xmp=made.xmp(6)),
    "jpeg turned by a long": jpeg(WIDE, exif=jpeg_exif(made.exif(6, kind=4))),
    "jpeg turned by 9": jpeg(WIDE, exif=jpeg_exif(made.exif(9))),
    "webp": saved(ODD, "WEBP", quality=80),
    "webp lossless": saved(PICTURE, "WEBP", lossless=True),
    "webp profile without its flag": made.unflagged(
        saved(PICTURE, "WEBP", lossless=True, icc_profile=icc(primaries="p3"))
    ),
    "webp bytes after its end": saved(PICTURE, "WEBP") + b"more" * 100,
    "webp turned by XMP alone": saved(WIDE, "WEBP", xmp=made.xmp(6)),
    "avif": avif(),
    "avif odd 4:2:0": saved(ODD, "AVIF", quality=80),
    "avif limited": saved(PICTURE, "AVIF", range="limited"),
    "avif grey": saved(GREY, "AVIF"),
    "avif unspecified": avif(2, 2, 2),
    "avif 709": avif(1, 1, 1),
    "avif 601": avif(1, 6, 6),
    "avif identity": avif(1, 13, 0),
    "avif 8 bits by another writer": (made.DATA / "avif8.avif").read_bytes(),
    "avif turned by XMP alone": saved(WIDE, "AVIF", xmp=made.xmp(6)),
    "gif": saved(PICTURE.quantize(64), "GIF"),
    "gif interlaced grey": saved(GREY, "GIF", interlace=1),
    "bmp": saved(ODD, "BMP"),
    "bmp palette": saved(PICTURE.quantize(16), "BMP"),
    "bmp 1 bit": saved(GREY.convert("1"), "BMP"),
    "png with much text": png(
        PICTURE, made.chunk(b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(b"ab" * 1_000_000))
    ),
    "jpeg profile after its scan": made.before_end(jpeg(), b"\xe2", made.icc_segment(icc(primaries="p3"))),
    "bmp calibrated by its head": made.bmp_with_profile(b"").replace(b"DEBM", bytes(4)),
}
"""What is shown as its numbers are."""
TURNED: dict[str, bytes] = {
    **{f"jpeg {turn}": jpeg(WIDE, exif=jpeg_exif(made.exif(turn))) for turn in range(1, 9)},
    **{f"png {turn}": png(WIDE, made.chunk(b"eXIf", made.exif(turn, order="<"))) for turn in range(1, 9)},
    **{f"avif {turn}": saved(WIDE, "AVIF", exif=jpeg_exif(made.exif(turn))) for turn in range(1, 9)},
    "avif by another writer": (made.DATA / "avif_irot.avif").read_bytes(),
    "jpeg with EXIF before its scan": made.before_scan(jpeg(WIDE), b"\xe1", jpeg_exif(made.exif(6))),
    "jpeg with EXIF after its scan": made.before_end(jpeg(WIDE), b"\xe1", jpeg_exif(made.exif(6))),
    "jpeg turned by 6, then 3": jpeg(WIDE, exif=jpeg_exif(made.exif_of(6, 3))),
    "jpeg turned by 9, then 3": jpeg(WIDE, exif=jpeg_exif(made.exif_of(9, 3))),
    "jpeg with EXIF without a second directory": jpeg(WIDE, exif=jpeg_exif(made.exif_of(6, cut=4))),
    "jpeg with EXIF cut in its entry": jpeg(WIDE, exif=jpeg_exif(made.exif_of(6, cut=6))),
    "png turned by 9, then 3": png(WIDE, made.chunk(b"eXIf", made.exif_of(9, 3))),
    "jpeg with broken EXIF": jpeg(WIDE, exif=jpeg_exif(made.broken_exif(6))),
    "jpeg with two EXIFs": made.with_segments(jpeg(WIDE), jpeg_exif(made.exif(6)), jpeg_exif(made.exif(3))),
    "jpeg with EXIF after XMP": made.with_segments(
        jpeg(WIDE), b"http://ns.adobe.com/xap/1.0/\0" + made.xmp(3), jpeg_exif(made.exif(6))
    ),
    "jpeg with a torn EXIF mark": made.with_segments(jpeg(WIDE), b"Exif\0\1" + made.exif(6)),
    "jpeg told twice": jpeg(WIDE, exif=jpeg_exif(made.exif(6)), xmp=made.xmp(3)),
    "jpeg grey with profile": jpeg(
        GREY.crop((0, 0, 64, 40)), exif=jpeg_exif(made.exif(8)), icc_profile=icc(made.curv(256), space=b"GRAY")
    ),
}
COLOURED: dict[str, bytes] = {
    "png gamma 1": png(PICTURE, gama(1)),
    "png gamma 0.5": png(PICTURE, gama(0.5)),
    "png gamma at the end of far": png(PICTURE, gama(0.43181)),
    "png sRGB told too late": png(PICTURE, gama(1), late=SRGB),
    "png two gammas": png(PICTURE, gama(1), gama(0.5)),
    "png interlaced gamma": png(PICTURE, gama(0.6)),
    "png grey with colour profile": png(GREY, iccp(icc(made.curv(256)))),
    "jpeg coarse table": jpeg(icc_profile=icc(made.curv(*(round(65535 * (step / 15) ** 2.2) for step in range(16))))),
    "jpeg fine table": jpeg(icc_profile=icc(made.curv(*(round(65535 * (step / 4095) ** 1.5) for step in range(4096))))),
    "jpeg inverted": jpeg(icc_profile=icc(made.curv(65535, 0))),
    "jpeg raised black": jpeg(
        icc_profile=icc(made.curv(*(round(3000 + 62535 * (step / 255) ** 2) for step in range(256))))
    ),
    "jpeg profile with its points": jpeg(
        icc_profile=icc(primaries="p3", more={b"cicp": b"cicp\0\0\0\0" + bytes([12, 13, 0, 1])})
    ),
    "jpeg profile and more bytes": jpeg(icc_profile=icc(primaries="p3") + bytes(7)),
    "png gamma 0.9": png(PICTURE, gama(0.9)),
    "png gamma and sRGB's primaries": png(PICTURE, gama(0.45455), chrm("srgb")),
    "png gamma and Adobe's": png(PICTURE, gama(0.4547), chrm("adobe")),
    "png gamma 1 and P3's": png(PICTURE, gama(1), chrm("p3")),
    "png grey gamma": png(GREY, gama(1)),
    "png grey gamma and primaries": png(GREY, gama(0.6), chrm("adobe")),
    "png palette gamma": png(PICTURE.quantize(64), gama(1)),
    "png palette profile": png(PICTURE.quantize(64), iccp(icc(primaries="p3"))),
    "png 1 bit gamma": png(GREY.convert("1"), gama(0.3)),
    "png profile before gamma": png(PICTURE, iccp(icc(primaries="adobe")), gama(1)),
    "png coded before profile": png(PICTURE, cicp(12, 13, 0, 1), iccp(icc(made.curv(256)))),
    "png coded P3": png(PICTURE, cicp(12, 13, 0, 1)),
    "png coded 709": png(PICTURE, cicp(1, 1, 0, 1)),
    "png coded 2020": png(PICTURE, cicp(9, 14, 0, 1)),
    "png coded 2.2": png(PICTURE, cicp(1, 4, 0, 1)),
    "png coded 2.8": png(PICTURE, cicp(5, 5, 0, 1)),
    "png coded linear": png(PICTURE, cicp(1, 8, 0, 1)),
    "png coded 601": png(PICTURE, cicp(6, 6, 0, 1)),
    "png palette gamma before it": made.in_palette(gama(1)),
    "png profile and a name for sRGB": png(PICTURE, SRGB, iccp(icc(primaries="p3"))),
    "jpeg profile before its scan": made.before_scan(jpeg(), b"\xe2", made.icc_segment(icc(primaries="p3"))),
    "jpeg profile in parts out of order": made.in_segments(jpeg(), icc(primaries="p3"), (2, 0, 1)),
    "bmp profile": made.bmp_with_profile(icc(primaries="p3")),
    "bmp profile of a curve": made.bmp_with_profile(icc(made.curv(256))),
    "png profile": png(PICTURE, iccp(icc(primaries="adobe", curve=made.curv(563)))),
    "png grey profile": png(GREY, iccp(icc(GAMMA_TABLE, space=b"GRAY"))),
    "jpeg P3": jpeg(icc_profile=icc(primaries="p3")),
    "jpeg v2 gamma": jpeg(icc_profile=icc(made.curv(563), "adobe", version=2)),
    "jpeg table": jpeg(icc_profile=icc(GAMMA_TABLE)),
    "jpeg identity curve": jpeg(icc_profile=icc(made.curv())),
    "jpeg para 0": jpeg(icc_profile=icc(made.para(0, 1.8))),
    "jpeg para 1": jpeg(icc_profile=icc(made.para(1, 2.2, 1.1, -0.1))),
    "jpeg para 2": jpeg(icc_profile=icc(made.para(2, 2.2, 1.0, -0.1, 0.1))),
    "jpeg para 4": jpeg(icc_profile=icc(made.para(4, 2.4, 0.9, 0.05, 0.08, 0.04, 0.02, 0.01))),
    "jpeg grey profile": jpeg(GREY, icc_profile=icc(made.curv(256), space=b"GRAY")),
    "jpeg grey with colour profile": jpeg(GREY, icc_profile=icc(made.para(0, 1.8), "p3")),
    "jpeg profile of scanner": jpeg(icc_profile=icc(made.para(0, 1.8), "p3", kind=b"scnr")),
    "webp profile": saved(PICTURE, "WEBP", lossless=True, icc_profile=icc(primaries="p3")),
    "avif profile": saved(PICTURE, "AVIF", icc_profile=icc(primaries="p3")),
    "avif coded P3": avif(12),
    "avif coded 2020": avif(9, 14, 9),
    "avif coded 2.2": avif(1, 4),
    "avif coded 2.8": avif(1, 5),
    "avif coded linear": avif(1, 8),
    "avif coded 601": avif(6, 13),
    "avif coded 470": avif(5, 13),
}
"""What is shown in other numbers than its own, to half a step of rounding."""


@pytest.fixture(scope="module")
def canvas(browser: Browser) -> Iterator[Page]:
    page = browser.new_page()
    yield page
    page.close()


def shown(page: Page, content: bytes) -> np.ndarray:
    address = page.evaluate(SHOW, "data:;base64," + base64.b64encode(content).decode())
    picture = Image.open(io.BytesIO(base64.b64decode(address.split(",")[1])))
    return np.asarray(picture.convert("RGB")).astype(int)


@pytest.mark.parametrize("name", SAME)
def test_what_says_nothing_else_is_read_as_shown(canvas: Page, name: str) -> None:
    assert np.array_equal(shown(canvas, SAME[name]), np.asarray(decode_rgb(SAME[name], name)))


@pytest.mark.parametrize("name", TURNED)
def test_what_is_turned_is_read_as_shown(canvas: Page, name: str) -> None:
    difference = shown(canvas, TURNED[name]) - np.asarray(decode_rgb(TURNED[name], name))
    assert np.abs(difference).max() <= ("profile" in name)


@pytest.mark.parametrize("name", COLOURED)
def test_what_has_other_colours_is_read_as_shown(canvas: Page, name: str) -> None:
    seen = shown(canvas, COLOURED[name])
    assert np.abs(seen - np.asarray(decode_rgb(COLOURED[name], name))).max() <= 1
    bare = np.asarray(Image.open(io.BytesIO(COLOURED[name])).convert("RGB")).astype(int)
    assert "1 bit" in name or np.abs(seen - bare).max() > 5  # or nothing was proved


def test_what_is_not_an_image_file_of_the_web_is_no_image_here() -> None:
    with pytest.raises(InputError, match="not an image that can be read"):
        decode_rgb(saved(PICTURE, "EPS"), "x.eps")


BITMAP = """async ([address, type]) => {
  const bytes = await (await fetch(address)).blob();
  const options = { colorSpaceConversion: "none", premultiplyAlpha: "none" };
  const bitmap = await createImageBitmap(new Blob([bytes], { type }), options);
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [bitmap.width, bitmap.height];
  canvas.getContext("2d", { alpha: false, colorSpace: "srgb" }).drawImage(bitmap, 0, 0);
  return canvas.toDataURL("image/png");
}"""
"""As the page decodes a frame."""
FRAMES = {name: content for group in (SAME, TURNED, COLOURED) for name, content in group.items()}


@pytest.mark.parametrize("name", FRAMES)
def test_a_frame_carried_from_a_file_is_shown_by_the_page_as_the_file_is(
    canvas: Page, tmp_path: Path, name: str
) -> None:
    (tmp_path / "f").write_bytes(FRAMES[name])
    seen = shown(canvas, FRAMES[name])
    frame = carried_frame(tmp_path / "f", name, (seen.shape[1], seen.shape[0]))
    address = canvas.evaluate(BITMAP, ["data:;base64," + base64.b64encode(frame.content).decode(), frame.type])
    picture = Image.open(io.BytesIO(base64.b64decode(address.split(",")[1]))).convert("RGB")
    assert np.abs(np.asarray(picture).astype(int) - seen).max() <= 1
    measured = Image.open(io.BytesIO(frame.content)).convert("RGB")
    assert np.array_equal(np.asarray(measured), np.asarray(picture))
