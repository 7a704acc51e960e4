"""`hitgen build`: pages, packs and the manifest."""

from __future__ import annotations

import argparse

from hitgen.build import build
from hitgen.commands import options
from hitgen.console import Console, size
from hitgen.lib.text import count


def add_arguments(parser: argparse.ArgumentParser) -> None:
    options.batch_dir(parser)
    options.workers(parser)
    options.as_json(parser)
    parser.add_argument(
        "--scheduler", metavar="ADDRESS", help="make the ladders on a Dask cluster, for example tcp://HOST:8786"
    )


def run(given: argparse.Namespace, console: Console) -> None:
    made = build(given.folder, given.workers, console.on_progress, given.scheduler)
    first = made.folder.pages / "p0001.html"
    counts = {name: getattr(made, name) for name in ("pages", "pages_written", "ladders", "ladders_encoded", "bytes")}
    console.outcome(
        {**counts, "first": first},
        [
            f"{count(made.ladders, 'ladder')} ({made.ladders_encoded} encoded), {count(made.pages, 'page')} ({made.pages_written} written), "
            f"{size(made.bytes)}",
            *([] if made.linked else [f"Open {first}"]),
            options.then("preview", given.folder),
        ],
    )
