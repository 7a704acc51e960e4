"""The command line: the table of verbs, exit codes and the one error boundary."""

from __future__ import annotations

import argparse
import importlib
import os
import signal
import sys
from collections.abc import Sequence
from typing import Any

from hitgen import __version__
from hitgen.console import Console
from hitgen.errors import HitgenError

VERBS = {
    "init": ("init", "make a new batch folder with a commented batch.toml"),
    "gold": ("gold", "make a gold or training ladder with a known answer"),
    "check": ("check", "validate everything and print the plan"),
    "build": ("build", "write pages, packs and the manifest under build/"),
    "preview": ("preview", "open a page in the browser, offline"),
    "eject": ("eject", "copy a template, style or script into the batch to edit it"),
    "rehearse": ("rehearse", "publish to a marketplace on this machine and work the HITs"),
    "publish": ("publish", "upload, verify and create HITs; sandbox unless --production"),
    "status": ("status", "what is out, in, judged and paid"),
    "extend": ("extend", "keep HITs with places left open for longer"),
    "expire": ("expire", "take no new workers from now on"),
    "delete": ("delete", "remove HITs that are over and judged"),
    "close": ("close", "expire and delete HITs, then clean recruiter and host"),
    "forget": ("forget", "erase what this machine keeps of one worker"),
    "fetch": ("fetch", "collect submissions"),
    "review": ("review", "grade, screen and judge submissions; a table to edit, and to apply"),
    "topup": ("topup", "publish just the usable ratings still missing"),
    "export": ("export", "write the dataset, worker ids pseudonymised"),
    "report": ("report", "one self-contained HTML report of a batch, or of a KonJND-1k-shaped CSV"),
    "simulate": ("simulate", "answer a built batch by simulated observers, without publishing"),
    "serve": ("serve", "run the collector that pages send their answers to"),
    "import": ("take_in", "take in submissions that people saved as files"),
}
"""Each verb with its module under commands/, loaded when it is called for, and what it does."""

EXTRAS = {
    **dict.fromkeys(("matplotlib", "polars", "pyarrow", "scipy"), "analysis"),
    **dict.fromkeys(("moto", "playwright"), "rehearse"),
    "turkle": "turkle",
    "waitress": "serve",
}
"""The extra of hitgen that installs a package which not everybody needs."""


class VerbParser(argparse.ArgumentParser):
    """The parser of one verb, which loads the verb's module when it is the one to parse."""

    verb = ""

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        if self.verb:
            module = importlib.import_module(f"hitgen.commands.{VERBS[self.verb][0]}")
            self.verb = ""
            module.add_arguments(self)
            self.set_defaults(run=module.run)
        return super().parse_known_args(args, namespace)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command: 0 done, 1 the input or state is wrong, 2 usage, 3 the outside world failed."""
    console = None
    try:
        options = _parser().parse_args(arguments)
        console = Console(json=getattr(options, "json", False))
        if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:
            signal.signal(signal.SIGINT, signal.default_int_handler)
        options.run(options, console)
        sys.stdout.flush()
    except HitgenError as error:
        return _end(console, str(error), error.exit_code)
    except ModuleNotFoundError as error:
        if (extra := _extra_of(error)) is None:
            raise
        return _end(console, f'this needs the extra `{extra}`; try pip install "hitgen[{extra}]"', 1)
    except KeyboardInterrupt:
        return _end(console, "interrupted; the same command goes on from here", 130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # nor is anything flushed there at the end
        return 0
    except OSError as error:
        where = error.filename or "the system"
        return _end(console, f"{where}: {error.strerror or error}; try again once that is mended", 3)
    finally:
        if console:
            console.close()
    return 0


def _end(console: Console | None, message: str, code: int) -> int:
    (console or Console()).fail(f"hitgen: {message}")
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="hitgen", description="Flicker-test studies from a folder of images.")
    parser.add_argument("--version", action="version", version=f"hitgen {__version__}")
    verbs = parser.add_subparsers(title="verbs", required=True, metavar="VERB", parser_class=VerbParser)
    for name, (_, about) in VERBS.items():
        verbs.add_parser(name, help=about, description=about[0].upper() + about[1:] + ".").verb = name
    return parser


def _extra_of(error: ModuleNotFoundError) -> str | None:
    """The extra that would install what is missing."""
    return EXTRAS.get((error.name or "").partition(".")[0])
