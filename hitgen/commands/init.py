"""`hitgen init`: a new batch folder."""

from __future__ import annotations

import argparse
from pathlib import Path

from hitgen.batch.new import init
from hitgen.commands import options
from hitgen.console import Console


def add_arguments(parser: argparse.ArgumentParser) -> None:
    options.batch_dir(parser)
    parser.add_argument("--images", type=Path, required=True, metavar="FOLDER", help="the pristine images")


def run(given: argparse.Namespace, console: Console) -> None:
    folder: Path = given.folder
    begun = init(folder, given.images)
    console.say(*(f"left out: {left_out}" for left_out in begun.left_out))
    console.say(
        f"{folder}: {begun.images} images and a batch.toml. Fill in [consent] there, then run: hitgen build {folder}"
    )
