"""The command line: verbs, exit codes and the one error boundary; nothing else prints or exits."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from hitgen import __version__
from hitgen.commands.analysing import AnalysingVerbs
from hitgen.commands.people import PeopleVerbs
from hitgen.commands.publishing import PublishingVerbs
from hitgen.commands.rehearsing import RehearsingVerbs
from hitgen.commands.results import ResultsVerbs
from hitgen.console import ProgressBar, positive, size
from hitgen.errors import HitgenError

Verb = Callable[[argparse.Namespace], None]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command: 0 done, 1 the input or state is wrong, 2 usage, 3 the outside world failed."""
    options = _parser().parse_args(arguments)
    try:
        verb: Verb = options.verb
        verb(options)
    except HitgenError as error:
        print(f"hitgen: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("hitgen: interrupted; the same command goes on from here", file=sys.stderr)
        return 130
    except BrokenPipeError:
        return 0
    except OSError as error:
        print(
            f"hitgen: {error.filename or 'the system'}: {error.strerror}; try again once that is mended",
            file=sys.stderr,
        )
        return 3
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="hitgen", description="Flicker-test studies from a folder of images.")
    parser.add_argument("--version", action="version", version=f"hitgen {__version__}")
    verbs = parser.add_subparsers(title="verbs", required=True, metavar="VERB")

    def add(name: str, verb: Verb, about: str, *, working: bool = False) -> argparse.ArgumentParser:
        added = verbs.add_parser(name, help=about, description=about[0].upper() + about[1:] + ".")
        added.add_argument("folder", type=Path, metavar="BATCH_DIR")
        added.set_defaults(verb=verb)
        if working:
            added.add_argument("--workers", type=positive, help="processes (default: all cores)")
            added.add_argument("--json", action="store_true", help="print JSON")
        return added

    add("init", _init, "make a new batch folder with a commented batch.toml").add_argument(
        "--images", type=Path, required=True, metavar="FOLDER", help="the pristine images"
    )
    gold = add("gold", _gold, "make a gold or training ladder with a known answer")
    gold.add_argument(
        "--source", type=Path, required=True, metavar="IMAGE", help="a photograph that is not in the study"
    )
    gold.add_argument("--role", choices=("gold", "training"), default="gold")
    gold.add_argument("--onset", type=positive, default=30, metavar="LEVEL", help="where flicker begins (default 30)")
    gold.add_argument("--name", default="", help="default: ROLE-IMAGE")
    gold.add_argument("--seed", type=int, default=1)
    gold.add_argument("--yes", action="store_true", help="do not ask before adding it")
    add("check", _check, "validate everything and print the plan", working=True)
    add("build", _build, "write pages, packs and the manifest under build/", working=True).add_argument(
        "--scheduler", metavar="ADDRESS", help="make the ladders on a Dask cluster, for example tcp://HOST:8786"
    )
    preview = add("preview", _preview, "open a page in the browser, offline")
    preview.add_argument("--page", help="default: the first")
    preview.add_argument("--watch", action="store_true", help="rebuild on change until Ctrl+C")
    eject = add("eject", _eject, "copy a template, style or script into the batch to edit it")
    eject.add_argument("name", nargs="?", help="for example layouts/flicker.html; without it, what there is")
    PublishingVerbs(print, _ask).register(add)
    ResultsVerbs(print, _ask).register(add)
    PeopleVerbs(print).register(add)
    AnalysingVerbs(print).register(add)
    RehearsingVerbs(print).register(add)
    return parser


def _ask(question: str) -> str:
    return input(question) if sys.stdin.isatty() else ""


def _init(options: argparse.Namespace) -> None:
    from hitgen.batch.new import init

    begun = init(options.folder, options.images)
    for left_out in begun.left_out:
        print(f"left out: {left_out}")
    print(
        f"{options.folder}: {begun.images} images and a batch.toml. Fill in [consent] there, then run: hitgen build {options.folder}"
    )


def _gold(options: argparse.Namespace) -> None:
    from hitgen.config.loading import read_config
    from hitgen.methods.base import method_of

    method = method_of(read_config(options.folder / "batch.toml"))
    plan = method.plan_gold(
        options.folder,
        options.source,
        options.role,
        options.onset,
        options.name,
        options.seed,
        ProgressBar("study ladders"),
    )
    print("\n".join(plan.told))
    if not options.yes:
        if not sys.stdin.isatty():
            print("Nothing was added; run it again with --yes to add it.")
            return
        if input(f"Add it to {options.folder / 'batch.toml'}? [y/N] ").strip().lower() not in ("y", "yes"):
            print("Nothing was added.")
            return
    method.add_gold(options.folder, plan)
    print(f"Added to batch.toml; let [hit] {options.role} count it.")


def _check(options: argparse.Namespace) -> None:
    from hitgen.check import check

    found = check(options.folder, options.workers, ProgressBar("ladders"))
    if options.json:
        print(json.dumps(found.record(), indent=1))
        return
    rows = (
        ("pages", f"{found.pages}, {found.assignments} assignments"),
        ("trials", f"{found.trials} on all pages"),
        ("ratings", f"{found.ratings_per_image} for each study image"),
        ("cost", f"{found.reward_usd} USD to workers, {found.fees_usd} USD in fees"),
        *([("pay", f"{found.hourly_usd} USD an hour")] if found.hourly_usd is not None else []),
        *(
            [("waves", f"HITs of at most 9 assignments, one after the other, save {found.waves_save_usd} USD")]
            if found.waves_save_usd
            else []
        ),
        ("inline", f"{size(found.inline_bytes)} of packs in pages"),
        ("linked", f"{size(found.linked_bytes)} of packs" + (": worth it" if found.linked_worth_it else "")),
        ("flash area", f"{found.largest_flash_sr:.4f} sr at most; the limit of WCAG 2.3.1 is 0.006"),
    )
    for name, value in rows:
        print(f"{name:11} {value}")
    for warning in found.warnings:
        print(f"warning     {warning}")


def _build(options: argparse.Namespace) -> None:
    from hitgen.build import build

    made = build(options.folder, options.workers, ProgressBar("ladders"), options.scheduler)
    first = made.folder.pages / "p0001.html"
    if options.json:
        record = {
            "pages": made.pages, "pages_written": made.pages_written, "ladders": made.ladders,
            "ladders_encoded": made.ladders_encoded, "bytes": made.bytes, "first": str(first),
        }  # fmt: skip
        print(json.dumps(record))
        return
    print(
        f"{made.ladders} ladders ({made.ladders_encoded} encoded), {made.pages} pages ({made.pages_written} written), {size(made.bytes)}"
    )
    print(f"Open {first}")


def _preview(options: argparse.Namespace) -> None:
    from hitgen.build import build
    from hitgen.preview import open_in_browser, page_address, watch

    build(options.folder, progress=ProgressBar("ladders"))
    address = page_address(options.folder, options.page)
    opened = open_in_browser(address)
    print(address if opened else f"No browser took it; open {address}")
    if options.watch or address.startswith("http:"):
        print("Watching for changes; Ctrl+C ends.")
        watch(options.folder, print)


def _eject(options: argparse.Namespace) -> None:
    from hitgen.batch.new import eject, ejectable

    if not options.name:
        print("\n".join(ejectable()))
        return
    print(f"{eject(options.folder, options.name)} is yours now: it wins over the shipped one.")
