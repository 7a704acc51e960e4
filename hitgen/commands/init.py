"""`hitgen init`: a new batch folder."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

from hitgen.commands import options
from hitgen.config.kinds import DEFAULT_METHOD, METHODS, RECRUITERS
from hitgen.console import Console
from hitgen.errors import CONFIG_NAME
from hitgen.lib.text import count
from hitgen.start import USUAL_SIZE, start


def add_arguments(parser: argparse.ArgumentParser) -> None:
    options.batch_dir(parser)
    parser.add_argument("--images", type=Path, required=True, metavar="FOLDER", help="the pristine images")
    parser.add_argument("--recruiter", choices=RECRUITERS.names(), default="link", help="who comes (default: link)")
    asked = f"what a trial asks (default: {DEFAULT_METHOD})"
    parser.add_argument("--method", choices=METHODS.names(), default=DEFAULT_METHOD, help=asked)
    for role in ("training", "gold"):
        told = f"a photograph for {role}, which is left out of the study; again for more"
        parser.add_argument(f"--{role}", type=Path, action="append", default=[], metavar="PHOTO", help=told)
    fits = "crop: scale and cut to --size; scale: scale into it; keep (default: keep where all have one size of up to 1 megapixel, else crop)"
    parser.add_argument("--fit", choices=("crop", "scale", "keep"), help=fits)
    usual = f"{USUAL_SIZE[0]}x{USUAL_SIZE[1]}"
    parser.add_argument("--size", type=_size, default=USUAL_SIZE, metavar="WxH", help=f"default {usual}")


def run(given: argparse.Namespace, console: Console) -> None:
    folder: Path = given.folder
    begun = start(
        folder, given.images, given.recruiter, given.training, given.gold, given.fit, given.size, console.on_progress,
        given.method,
    )  # fmt: skip
    console.say(*(f"left out: {left_out}" for left_out in begun.left_out), *begun.told)
    more = "" if given.gold or not begun.gold else " Gold and training: `hitgen gold --help`."
    console.say(
        f"{folder}: {count(begun.images, 'image')} and a {CONFIG_NAME}. Fill in [consent] there.{more}",
        options.then("check", folder),
    )


def _size(text: str) -> tuple[int, int]:
    found = re.fullmatch(r"([1-9][0-9]{1,4})x([1-9][0-9]{1,4})", text)
    if not found:
        raise argparse.ArgumentTypeError("is no size; write it as 640x480")
    return int(found[1]), int(found[2])
