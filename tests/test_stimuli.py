"""Sources, codecs, packs and making, on real files and real codecs."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageCms

from hitgen.batch.sources import LadderSource
from hitgen.config.images import AvifSet, CommandSet, FilesSet, HeicSet, Jpeg2000Set, JpegSet, JxlSet, WebpSet
from hitgen.errors import InputError
from hitgen.stimuli.codecs import encode_frame, lossless, prepare
from hitgen.stimuli.make import make_ladders
from hitgen.stimuli.packs import Frame, make_pack, pack_bytes, pack_path, read_pack
from hitgen.stimuli.sources import decode_rgb, open_source
from tests.bench.build import ladder_sources, photographs

pytestmark = pytest.mark.long

ROWS = ({"level": 1, "quality": 80}, {"level": 2, "quality": 30})


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return photographs(tmp_path_factory.mktemp("photos"), 6)


def pixels(frame: Frame) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(frame.content)).convert("RGB"))


def test_orientation_and_profile_are_applied_and_metadata_dropped(tmp_path: Path, photos: list[Path]) -> None:
    image = Image.open(photos[0])
    exif = Image.Exif()
    exif[0x0112] = 6
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    image.save(tmp_path / "a.png", exif=exif, icc_profile=profile)
    opened = open_source(tmp_path / "a.png")
    assert (opened.width, opened.height) == (480, 640)
    assert np.array_equal(np.asarray(opened.pixels), np.rot90(np.asarray(image), 3))
    assert not opened.pixels.info and not opened.pixels.getexif()


def test_lossless_frames_are_exact(photos: list[Path]) -> None:
    image = open_source(photos[1]).pixels
    assert np.array_equal(pixels(lossless(image)), np.asarray(image))


@pytest.mark.parametrize("kind", [JpegSet, WebpSet, AvifSet, HeicSet, JxlSet])
def test_codecs_grow_worse_and_repeat_exactly(kind: type, photos: list[Path]) -> None:
    images = kind(name="a", sources="*", levels=ROWS, codec=kind.model_fields["codec"].annotation.__args__[0])
    prepare(images)
    source = open_source(photos[2]).pixels.crop((0, 0, 160, 120))
    frames = [encode_frame(source, images, parameter) for parameter in images.parameters]
    assert frames == [encode_frame(source, images, parameter) for parameter in images.parameters]
    errors = [np.mean((pixels(frame).astype(int) - np.asarray(source)) ** 2) for frame in frames]
    assert 0 < errors[0] < errors[1]
    assert all(frame.type in ("image/jpeg", "image/webp", "image/avif") for frame in frames)


def test_jpeg2000_by_ratio_is_carried_lossless(photos: list[Path]) -> None:
    images = Jpeg2000Set(name="a", sources="*", codec="jpeg2000", levels=5)
    source = open_source(photos[2]).pixels.crop((0, 0, 160, 120))
    frames = [encode_frame(source, images, ratio) for ratio in images.parameters]
    errors = [np.mean((pixels(frame).astype(int) - np.asarray(source)) ** 2) for frame in frames]
    assert errors == sorted(errors) and frames[0].type == "image/webp"


def test_jpeg_level_d_has_quality_101_minus_d(photos: list[Path]) -> None:
    images = JpegSet(name="a", sources="*", codec="jpeg", subsampling="4:4:4")
    source = open_source(photos[0]).pixels
    expected = io.BytesIO()
    source.save(expected, "JPEG", quality=58, subsampling="4:4:4")
    assert encode_frame(source, images, images.parameters[42]).content == expected.getvalue()


def test_an_external_codec_by_argument_lists(tmp_path: Path, photos: list[Path]) -> None:
    script = tmp_path / "codec.py"
    script.write_text(
        "import sys; from PIL import Image\n"
        "mode, source, target, *q = sys.argv[1:]\n"
        "Image.open(source).save(target, **({'quality': int(q[0])} if mode == 'e' else {}))\n"
    )
    program = (sys.executable, str(script))
    images = CommandSet(
        name="x",
        sources="*",
        codec="command",
        suffix=".jpg",
        encode=(*program, "e", "{input}", "{output}", "{parameter}"),
        decode=(*program, "d", "{input}", "{output}"),
        levels=({"level": 1, "parameter": 90},),
    )
    source = open_source(photos[0]).pixels.crop((0, 0, 64, 64))
    expected = io.BytesIO()
    source.save(expected, "JPEG", quality=90)
    assert np.array_equal(pixels(encode_frame(source, images, 90)), np.asarray(Image.open(expected)))
    failing = images.model_copy(update={"encode": ("no-such-program; touch x", "{input}", "{output}", "{parameter}")})
    with pytest.raises(InputError, match="cannot be started"):
        encode_frame(source, failing, 90)


def test_packs_keep_identical_frames_once(photos: list[Path]) -> None:
    a, b = Frame(b"a" * 10, "image/jpeg"), Frame(b"b" * 7, "image/png")
    pack = make_pack(4, 3, [a, b, b, a])
    assert pack.levels == (0, 1, 1, 0) and len(pack.frames) == 2
    assert read_pack(pack_bytes(pack)) == pack
    with pytest.raises(ValueError):
        read_pack(pack_bytes(pack)[:-1])


def test_files_are_carried_without_metadata_and_without_a_second_loss(tmp_path: Path, photos: list[Path]) -> None:
    image = Image.open(photos[0])
    image.save(tmp_path / "s.png")
    exif = Image.Exif()
    exif[0x010E] = "secret words"
    for level in (1, 2):
        image.save(tmp_path / f"s_{level:03d}.jpg", quality=90 - level, exif=exif, comment=b"secret words")
    images = FilesSet(name="f", sources="s.png", codec="files", frames="{source}_{index:03d}.jpg", levels=2)
    source = LadderSource(images, "s", tmp_path / "s.png", tmp_path)
    ladder = make_ladders([source], tmp_path / "p", tmp_path / "c").ladders[0]
    content = pack_path(tmp_path / "p", ladder.pack).read_bytes()
    assert b"secret" not in content
    pack = read_pack(content)
    for level in (1, 2):
        assert np.array_equal(pixels(pack.frame(level)), np.asarray(Image.open(tmp_path / f"s_{level:03d}.jpg")))


def test_all_cores_give_the_bytes_of_a_serial_run_and_a_second_run_makes_nothing(
    tmp_path: Path, photos: list[Path]
) -> None:
    sources = ladder_sources(photos)
    serial = make_ladders(sources, tmp_path / "s", tmp_path / "sc", workers=1)
    parallel = make_ladders(sources, tmp_path / "p", tmp_path / "pc", workers=2)
    assert serial.ladders == parallel.ladders and parallel.encoded == len(photos)
    for ladder in serial.ladders:
        assert (
            pack_path(tmp_path / "s", ladder.pack).read_bytes() == pack_path(tmp_path / "p", ladder.pack).read_bytes()
        )
    assert make_ladders(sources, tmp_path / "p", tmp_path / "pc").encoded == 0
    image = np.asarray(Image.open(photos[0])).copy()
    image[0, 0] ^= 255
    (tmp_path / "photos").mkdir()
    changed = tmp_path / "photos" / photos[0].name
    Image.fromarray(image).save(changed)
    again = [LadderSource(sources[0].images, changed.stem, changed, changed.parent), *sources[1:]]
    assert make_ladders(again, tmp_path / "p", tmp_path / "pc").encoded == 1


def test_a_killed_run_leaves_no_wrong_pack(tmp_path: Path, photos: list[Path]) -> None:
    code = (
        "import sys; from pathlib import Path; from tests.bench.build import ladder_sources\n"
        "from hitgen.stimuli.make import make_ladders\n"
        "if __name__ == '__main__':\n"
        "    out = Path(sys.argv[1]); make_ladders(ladder_sources([Path(p) for p in sys.argv[2:]]), out / 'p', out / 'c', 2)\n"
    )
    script = tmp_path / "run.py"
    script.write_text(code)
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    for delay_s in (0.4, 0.7, 0.9, 1.1):
        run = subprocess.Popen([sys.executable, str(script), str(tmp_path), *map(str, photos)], env=environment)
        time.sleep(delay_s)
        run.send_signal(signal.SIGKILL)
        run.wait()
    final = make_ladders(ladder_sources(photos), tmp_path / "p", tmp_path / "c")
    clean = make_ladders(ladder_sources(photos), tmp_path / "clean", tmp_path / "cc", workers=1)
    assert final.ladders == clean.ladders
    for ladder in final.ladders:
        assert (
            pack_path(tmp_path / "p", ladder.pack).read_bytes()
            == pack_path(tmp_path / "clean", ladder.pack).read_bytes()
        )


def test_a_cut_off_image_is_named() -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (64, 64), (9, 9, 9)).save(buffer, "PNG")
    with pytest.raises(InputError, match=r"x\.png: it is truncated or damaged"):
        decode_rgb(buffer.getvalue()[:-40], "x.png")
