"""The command line: the table of verbs, exit codes and the one error boundary."""

from __future__ import annotations

import argparse
import difflib
import errno
import importlib
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from hitgen import __version__
from hitgen.console import Console
from hitgen.errors import HitgenError
from hitgen.lib.shipped import install_line

GROUPS: dict[str, dict[str, tuple[str, str, str]]] = {
    "make a study": {
        "init": ("init", "make a new batch folder with a commented batch.toml", "my-study --images photographs --gold one.jpg"),
        "gold": ("gold", "make a gold or training ladder with a known answer", "my-study --source one.jpg --role training"),
        "check": ("check", "validate everything and print the plan", "my-study"),
        "build": ("build", "write pages, packs and the manifest under build/", "my-study"),
        "preview": ("preview", "open a page in the browser, offline", "my-study --watch"),
        "eject": ("eject", "copy a template, style or script into the batch to edit it", "my-study layouts/flicker.html"),
    },
    "try it": {
        "simulate": ("simulate", "answer a built batch by simulated observers, without publishing", "my-study --people 40"),
        "rehearse": ("rehearse", "publish to a marketplace on this machine and work the HITs", "my-study --robots 2"),
    },
    "with people": {
        "publish": ("publish", "upload, verify and create HITs; sandbox unless --production", "my-study --dry-run"),
        "serve": ("serve", "run the collector that pages send their answers to", "my-study --hand-out"),
        "status": ("status", "what is out, in, judged and paid", "my-study"),
        "watch": ("watch", "a live page on this machine of what comes in; changes nothing", "my-study"),
        "topup": ("topup", "publish just the usable ratings still missing", "my-study"),
        "extend": ("extend", "keep HITs with places left open for longer", "my-study --hours 48"),
        "expire": ("expire", "take no new workers from now on", "my-study"),
    },
    "results": {
        "fetch": ("fetch", "collect submissions", "my-study"),
        "import": ("take_in", "take in submissions that people saved as files", "my-study answers"),
        "review": ("review", "grade, screen and judge submissions; a table to edit, and to apply", "my-study --apply"),
        "report": ("report", "one self-contained HTML report of a batch, or of a KonJND-1k-shaped CSV", "my-study"),
        "export": ("export", "write the dataset, worker ids pseudonymised", "my-study"),
    },
    "at the end": {
        "delete": ("delete", "remove HITs that are over and judged", "my-study"),
        "close": ("close", "expire and delete HITs, then clean recruiter and host", "my-study"),
        "forget": ("forget", "erase what this machine keeps of one worker", "my-study P0001"),
    },
    "besides": {
        "completion": ("completion", "print what lets a shell complete verbs and options", "bash"),
    },
}  # fmt: skip
"""The verbs in the order of work: each with its module under commands/, loaded when it is called for, what it does, and what follows it in an example."""
VERBS = {name: row for rows in GROUPS.values() for name, row in rows.items()}

EXTRAS = {
    **dict.fromkeys(("matplotlib", "polars", "pyarrow", "scipy"), "analysis"),
    **dict.fromkeys(("moto", "playwright"), "rehearse"),
    "turkle": "turkle",
    "waitress": "serve",
}
"""The extra of hitgen that installs a package which not everybody needs."""

INTERRUPTED = "interrupted; the same command goes on from here"


class VerbParser(argparse.ArgumentParser):
    """The parser of one verb, which loads the verb's module when it is the one to parse."""

    verb = ""

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        if self.verb:
            module = importlib.import_module(f"hitgen.commands.{VERBS[self.verb][0]}")
            self.verb = ""
            module.add_arguments(self)
            self.set_defaults(run=module.run, verbs=tuple(VERBS))
        return super().parse_known_args(args, namespace)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command: 0 done, 1 the input or state is wrong, 2 usage, 3 the outside world failed."""
    console, interrupts = None, list[int]()

    def interrupt(number: int, _: object) -> None:
        interrupts.append(number)
        raise KeyboardInterrupt

    try:
        options = _parser().parse_args(_asked(arguments))
        console = Console(json=getattr(options, "json", False))
        if signal.getsignal(signal.SIGINT) is signal.SIG_DFL:
            signal.signal(signal.SIGINT, interrupt)
        options.run(options, console)
        if sys.stdout:
            sys.stdout.flush()
    except HitgenError as error:
        return _end(console, str(error), error.exit_code)
    except ModuleNotFoundError as error:
        if (extra := _extra_of(error)) is None:
            raise
        return _end(console, f"this needs the extra `{extra}`; try {install_line(extra)}", 1)
    except KeyboardInterrupt:
        code = 0
        while not code:
            try:
                code = _end(console, INTERRUPTED, 130)
            except KeyboardInterrupt:  # polars tells of each one itself, just before Python does
                continue
        return code
    except MemoryError:
        return _end(console, "there is not enough memory for this; try fewer --workers, or smaller pictures", 3)
    except BrokenPipeError:
        _drop_output()
        return 0
    except OSError as error:
        if error.filename is None and error.errno == errno.ENOSPC:
            _drop_output()
        return _end(console, _of_the_system(error), 3)
    except Exception:
        if not interrupts:  # compiled code may make an error of its own of one
            raise
        return _end(console, INTERRUPTED, 130)
    finally:
        if console:
            console.close()
    return 0


IN_THE_WAY = {
    errno.EISDIR: "it is a folder, and a file is needed there; try moving it elsewhere",
    errno.EEXIST: "it is a file, and a folder is needed there; try moving it elsewhere",
    errno.ENOTDIR: "a file lies where a folder of this path is needed; try moving that elsewhere",
}
"""What stands where something else belongs, which no second try mends."""


def _of_the_system(error: OSError) -> str:
    """What the system says of a file, and what to do."""
    where = error.filename2 or error.filename or "the system"
    words = IN_THE_WAY.get(error.errno or 0, f"{error.strerror or error}; try again once that is mended")
    return f"{where}: {words}"


def _drop_output() -> None:
    """Nothing more is written to standard output, nor flushed there at the end."""
    with suppress(OSError, ValueError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _end(console: Console | None, message: str, code: int) -> int:
    (console or Console()).fail(f"hitgen: {message}")
    return code


def _asked(arguments: Sequence[str] | None) -> list[str]:
    """The command line with `help VERB` as `VERB --help`."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    return [*words[1:2], "--help"] if words[:1] == ["help"] else words


class MainParser(argparse.ArgumentParser):
    """The parser of verbs, which guesses what an unknown one was meant to be."""

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        verb = next((word for word in args or () if not word.startswith("-")), None)
        if list(args or ()).count("--") > 1:  # which argparse would take for no word at all, or for a list of them
            self.error("`--` can be given once: all that follows it are names")
        if verb is not None and verb not in VERBS:
            near = difflib.get_close_matches(verb, VERBS, 1, 0.5)
            self.error(
                f"there is no verb {verb!r}; " + (f"did you mean `hitgen {near[0]}`?" if near else "see `hitgen help`")
            )
        return super().parse_known_args(args, namespace)


def _parser() -> argparse.ArgumentParser:
    raw = argparse.RawDescriptionHelpFormatter
    lines = [
        f"\n{group}:\n" + "\n".join(f"  {name:11} {row[1]}" for name, row in rows.items())
        for group, rows in GROUPS.items()
    ]
    parser = MainParser(
        prog="hitgen", description="Flicker-test studies from a folder of images.", formatter_class=raw,
        epilog="verbs in the order of work" + "\n".join(["", *lines]) + "\n\n`hitgen help VERB` says more of one.",
    )  # fmt: skip
    parser.add_argument("--version", action="version", version=f"hitgen {__version__}")
    verbs = parser.add_subparsers(required=True, metavar="VERB", parser_class=VerbParser)
    for name, (_, about, words) in VERBS.items():
        about = about[0].upper() + about[1:] + "."
        verbs.add_parser(
            name, description=about, epilog=f"example:\n  hitgen {name} {words}", formatter_class=raw
        ).verb = name
    return parser


def _extra_of(error: ModuleNotFoundError) -> str | None:
    """The extra that would install what is missing."""
    return EXTRAS.get((error.name or "").partition(".")[0])
