"""`hitgen gold`: a gold or training ladder with a known answer."""

from __future__ import annotations

import argparse
from pathlib import Path

from hitgen.commands import options
from hitgen.config.read import read_config
from hitgen.console import Console
from hitgen.errors import CONFIG_NAME
from hitgen.methods.base import method_of


def add_arguments(parser: argparse.ArgumentParser) -> None:
    options.batch_dir(parser)
    parser.add_argument(
        "--source", type=Path, required=True, metavar="IMAGE", help="a photograph that is not in the study"
    )
    parser.add_argument("--role", choices=("gold", "training"), default="gold")
    parser.add_argument(
        "--onset", type=options.positive, default=30, metavar="LEVEL", help="where flicker begins (default 30)"
    )
    parser.add_argument("--name", default="", help="default: ROLE-IMAGE")
    parser.add_argument("--seed", type=options.seed, default=1)
    parser.add_argument("--yes", action="store_true", help="do not ask before adding it")


def run(given: argparse.Namespace, console: Console) -> None:
    folder, role = given.folder, given.role
    method = method_of(read_config(folder / CONFIG_NAME))
    plan = method.plan_gold(folder, given.source, role, given.onset, given.name, given.seed, console.on_progress)
    console.say(*plan.told)
    if console.agree(f"Add it to {folder / CONFIG_NAME}?", given.yes, "Nothing was added"):
        method.add_gold(folder, plan)
        console.say(
            f"Added to {CONFIG_NAME}; [hit] {role} says how many stand on a page.", options.then("check", folder)
        )
