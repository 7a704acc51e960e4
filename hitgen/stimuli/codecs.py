"""Codecs: one source and one codec parameter in, one frame out that every browser shows alike.

What browsers cannot show is decoded and carried lossless. No frame carries metadata, so that all of them go through
one decode path in the page.
"""

from __future__ import annotations

import importlib.metadata
import io
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import PIL
from PIL import Image, features

from hitgen.config.images import (
    AnyImageSet,
    AvifSet,
    CommandSet,
    HeicSet,
    Jpeg2000Set,
    JpegSet,
    JxlSet,
    Parameter,
    WebpSet,
)
from hitgen.errors import Fault, InputError, in_config
from hitgen.lib.files import file_sha256
from hitgen.lib.pictures import MissingPluginError, load_plugin
from hitgen.lib.shipped import install_line
from hitgen.stimuli.packs import Frame
from hitgen.stimuli.sources import decode_rgb

T = TypeVar("T")
WEBP_MAX_SIDE_PX = 16383
MAX_SIDES_PX = {"jpeg": 65500, "webp": WEBP_MAX_SIDE_PX, "avif": 32768, "heic": 32768}
"""The longest side that encoder and decoders of a codec take."""
_STARTED = "installing it, making it executable, or its path from the batch folder"
MIME_TYPES = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp", "AVIF": "image/avif"}


def encode_frame(image: Image.Image, images: AnyImageSet, parameter: Parameter, name: str = "source") -> Frame:
    """The frame of one level; InputError, calling the source `name`, where codec and picture or parameter do not go
    together on this machine."""
    if isinstance(images, CommandSet):
        return lossless(_by_command(image, images, parameter)[1])
    return _guarded(image, images, name, lambda: _frame(images, *_encoded(image, images, parameter)))


def code(
    image: Image.Image, images: AnyImageSet, parameter: Parameter, name: str = "source"
) -> tuple[int, Image.Image]:
    """The bytes of one level as coded, and the picture that is decoded from it; InputError as for `encode_frame`."""
    if isinstance(images, CommandSet):
        return _by_command(image, images, parameter)
    content, _ = _guarded(image, images, name, lambda: _encoded(image, images, parameter))
    return len(content), decode_rgb(content, f"{images.codec} frame")


def _guarded(image: Image.Image, images: AnyImageSet, name: str, act: Callable[[], T]) -> T:
    """What encodes, with the faults of its encoder in words."""
    most = MAX_SIDES_PX.get(images.codec, max(image.size))
    if max(image.size) > most:
        raise _untaken(images, image, name, f"at most {most} pixels a side go")
    try:
        return act()
    except InputError:
        raise
    except Exception as error:  # each encoder has errors of its own
        raise _untaken(images, image, name, str(error) or type(error).__name__) from None


def _untaken(images: AnyImageSet, image: Image.Image, name: str, why: str) -> InputError:
    problem = f"it is {image.width}x{image.height}, which the codec {images.codec} does not take ({why})"
    return InputError(Fault(name, f"images {images.name}", problem, "a smaller picture, or another codec"))


def _encoded(image: Image.Image, images: AnyImageSet, parameter: Parameter) -> tuple[bytes, str]:
    """The picture as coded, and its MIME type where browsers show it."""
    if isinstance(images, JpegSet):
        return _saved(image, "JPEG", quality=parameter, subsampling=images.subsampling), "image/jpeg"
    if isinstance(images, WebpSet):
        return _saved(image, "WEBP", quality=parameter, method=images.method), "image/webp"
    if isinstance(images, AvifSet):
        options = {"quality": parameter, "subsampling": images.subsampling, "speed": images.speed}
        return _saved(image, "AVIF", max_threads=1, **options), "image/avif"
    if isinstance(images, Jpeg2000Set):
        layers = {"quality_mode": "rates", "quality_layers": [parameter]}
        return _saved(image, "JPEG2000", **layers, irreversible=True, no_jp2=True), ""
    if isinstance(images, HeicSet):
        return _saved(image, "HEIF", quality=parameter, chroma=int(images.subsampling.replace(":", ""))), ""
    if isinstance(images, JxlSet):
        # 100 is the lossless mode, for which the encoder wants to be asked by name
        options = {"lossless": True} if parameter == 100 else {"quality": parameter}
        return _saved(image, "JXL", effort=images.effort, num_threads=1, **options), ""
    raise TypeError(f"{images.codec} has no encoder")


def _frame(images: AnyImageSet, content: bytes, kind: str) -> Frame:
    return Frame(content, kind) if kind else lossless(decode_rgb(content, f"{images.codec} frame"))


def lossless(image: Image.Image, effort: int = 0) -> Frame:
    """An RGB picture carried exactly: lossless WebP, PNG above its size limit.

    Effort 0 is quick (14 ms for 640x480) and already smaller than PNG; 4 takes five times as long and is smaller by a sixth.
    """
    if max(image.size) > WEBP_MAX_SIDE_PX:
        return Frame(_saved(image, "PNG"), "image/png")
    return Frame(_saved(image, "WEBP", lossless=True, quality=20, method=effort, exact=True), "image/webp")


def prepare(images: AnyImageSet) -> None:
    """Load what the codec needs; InputError naming the extra to install where it is missing."""
    plugins = {"heic": "HEIF", "jxl": "JXL"}
    if images.codec in plugins:
        try:
            load_plugin(plugins[images.codec])
        except MissingPluginError:
            raise _missing(images, install_line(images.codec)) from None
    built_in = {"webp": "webp", "avif": "avif", "jpeg2000": "jpg_2000", "jpeg": "jpg"}
    name = built_in.get(images.codec)
    if name and not features.check(name):
        raise _missing(images, "a Pillow built with it, as the wheels are")


def library_versions(images: AnyImageSet) -> dict[str, str]:
    """The versions of everything whose change could change a frame's bytes."""
    versions = {"pillow": PIL.__version__, "webp": str(features.version("webp"))}
    feature = {"jpeg": "libjpeg_turbo", "avif": "avif", "jpeg2000": "jpg_2000"}.get(images.codec)
    if feature:
        versions[feature] = str(features.version(feature))
    package = {"heic": "pillow-heif", "jxl": "pillow-jxl-plugin"}.get(images.codec)
    if package:
        versions[package] = importlib.metadata.version(package)
    return versions | (_programs(images) if isinstance(images, CommandSet) else {})


def _programs(images: CommandSet) -> dict[str, str]:
    """Digests of all files that a command names, its program first of all: a codec at work changes under one name."""
    digests = {}
    for command in (images.encode, images.decode):
        installed = shutil.which(command[0]) if os.sep not in command[0] else None
        for number, word in enumerate(command):
            file = Path(installed) if installed and not number else images.folder / word
            if file.is_file():
                state = file.stat()
                digests[word] = _file_digest(file, state.st_mtime_ns, state.st_size)
    return digests


@cache
def _file_digest(path: Path, mtime_ns: int, size_bytes: int) -> str:
    return f"SHA-256 {file_sha256(path)[:12]}"


def _missing(images: AnyImageSet, remedy: str) -> InputError:
    return InputError(in_config(f"images {images.name}", f"the codec {images.codec} is not installed", remedy))


def _saved(image: Image.Image, form: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    # a copy: one Image object saved from two threads at once writes the wrong quality without a word
    image.copy().save(buffer, form, **options)
    return buffer.getvalue()


def _by_command(image: Image.Image, images: CommandSet, parameter: Parameter) -> tuple[int, Image.Image]:
    """Bytes of the coded file, and the decoded picture."""
    with tempfile.TemporaryDirectory(prefix="hitgen-") as name:
        folder = Path(name)
        source, coded, decoded = folder / "source.png", folder / f"coded{images.suffix}", folder / "decoded.png"
        image.copy().save(source, "PNG")
        words = {"{parameter}": str(parameter)}
        _run(images, "encode", images.encode, {**words, "{input}": str(source), "{output}": str(coded)}, coded)
        _run(images, "decode", images.decode, {**words, "{input}": str(coded), "{output}": str(decoded)}, decoded)
        picture, size_bytes = decode_rgb(decoded.read_bytes(), f"what {images.decode[0]} made"), coded.stat().st_size
    if picture.size != image.size:
        raise InputError(
            in_config(
                f"images {images.name}",
                f"{images.decode[0]} made {picture.size} of {image.size}",
                "a codec that keeps the size",
            )
        )
    return size_bytes, picture


def _run(images: CommandSet, step: str, command: tuple[str, ...], words: dict[str, str], result: Path) -> None:
    arguments = []
    for part in command:
        for word, value in words.items():
            part = part.replace(word, value)
        arguments.append(part)
    field = f"images {images.name}: {step}"
    try:
        done = subprocess.run(
            arguments, capture_output=True, timeout=images.timeout_s, stdin=subprocess.DEVNULL, check=False,
            cwd=images.folder,
        )  # fmt: skip
    except (OSError, ValueError):
        raise InputError(in_config(field, f"the program {command[0]!r} cannot be started", _STARTED)) from None
    except subprocess.TimeoutExpired:
        raise InputError(
            in_config(field, f"{command[0]!r} took longer than {images.timeout_s:g} s", "a larger timeout_s")
        ) from None
    if done.returncode or not result.is_file() or not result.stat().st_size:
        text = (done.stderr or done.stdout).decode(errors="replace")
        said = text.replace(f"{result.parent}{os.sep}", "").strip().splitlines()  # the same words in every run
        why = f"ended with code {done.returncode}" if done.returncode else "wrote no output"
        raise InputError(
            in_config(
                field,
                f"{command[0]!r} {why}" + (f": {said[-1][:200]}" if said else ""),
                "running it by hand on one image",
            )
        )
