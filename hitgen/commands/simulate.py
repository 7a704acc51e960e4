"""`hitgen simulate`: a built batch is answered by simulated observers, without publishing."""

from __future__ import annotations

import argparse
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

from hitgen.commands import options
from hitgen.config.read import read_config
from hitgen.console import Console
from hitgen.errors import CONFIG_NAME, InputError, at_option
from hitgen.lib.text import count
from hitgen.methods.base import method_of
from hitgen.methods.population import read_population
from hitgen.simulation.answers import SimulatedWorker
from hitgen.simulation.simulate import Work, simulate


def add_arguments(parser: argparse.ArgumentParser) -> None:
    options.batch_dir(parser)
    parser.add_argument("--population", type=Path, metavar="FILE", help="a TOML file; see docs/analysis.md")
    parser.add_argument("--spammers", type=float, metavar="SHARE", help="of the workers (default 0.2)")
    parser.add_argument("--people", type=options.positive, metavar="N", help="default: as many as the batch asks for")
    parser.add_argument("--seed", type=options.seed, default=1)
    parser.add_argument("--browser", action="store_true", help="robots work the real pages in a real browser")
    options.as_json(parser)


def run(given: argparse.Namespace, console: Console) -> None:
    model = method_of(read_config(given.folder / CONFIG_NAME)).simulation().population
    population = read_population(given.population, model) if given.population else model()
    if given.spammers is not None:
        if not 0 <= given.spammers <= 1:
            raise InputError(at_option("--spammers", f"{given.spammers:g} is no share", "a number from 0 to 1"))
        population = population.model_copy(update={"spammers": given.spammers})
    with _workers(given) as work:
        made = simulate(given.folder, population, given.seed, given.people, console.on_progress, work)
    console.outcome(
        made,
        [
            f"{count(made.submissions, 'submission')} by {count(made.workers, 'simulated worker')}, {made.spammers} of them spammers",
            f"The truth is in {made.truth}",
            options.then("report", given.folder),
        ],
    )


def _workers(given: argparse.Namespace) -> AbstractContextManager[Work]:
    """Who works the pages."""
    if not given.browser:
        return nullcontext(SimulatedWorker.work)
    from hitgen.simulation.browse import robots  # an extra, which simulated observers need not

    return robots(given.folder)
