"""The verbs around analysis: `report` and `simulate`; options and what is said, cli.py gives the voice."""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path

from hitgen.commands.publishing import Add, Say
from hitgen.console import ProgressBar
from hitgen.errors import Fault, InputError


@dataclass(frozen=True)
class AnalysingVerbs:
    """The verbs, with a voice."""

    say: Say

    def register(self, add: Add) -> None:
        """Add both verbs to the command line."""
        report = add("report", self.report, "one self-contained HTML report of a batch, or of a KonJND-1k-shaped CSV")
        report.add_argument(
            "--out", type=Path, metavar="FILE", help="default: BATCH_DIR/results/report.html, or beside the CSV"
        )
        report.add_argument("--json", action="store_true", help="print JSON")
        simulate = add("simulate", self.simulate, "answer a built batch by simulated observers, without publishing")
        simulate.add_argument("--population", type=Path, metavar="FILE", help="a TOML file; see docs/analysis.md")
        simulate.add_argument("--spammers", type=float, metavar="SHARE", help="of the workers (default 0.2)")
        simulate.add_argument("--people", type=int, metavar="N", help="default: as many as the batch asks for")
        simulate.add_argument("--seed", type=int, default=1)
        simulate.add_argument("--browser", action="store_true", help="robots work the real pages in a real browser")
        simulate.add_argument("--json", action="store_true", help="print JSON")

    def report(self, options: argparse.Namespace) -> None:
        """Report a batch, or the ratings in a CSV file."""
        need_analysis()
        from hitgen.analysis.report import report_batch, report_public

        source: Path = options.folder
        if source.is_file():
            out = options.out or source.with_name(f"{source.stem}-report.html")
            report_public(source, source.stem, out, ProgressBar("ladders"))
        else:
            out = options.out or source / "results" / "report.html"
            report_batch(source, out, ProgressBar("ladders"))
        self.say(json.dumps({"report": str(out), "bytes": out.stat().st_size}) if options.json else f"Open {out}")

    def simulate(self, options: argparse.Namespace) -> None:
        """Answer the batch and say where the truth is."""
        need_analysis()
        from hitgen.config.loading import read_config
        from hitgen.methods.base import method_of
        from hitgen.simulation.population import read_population
        from hitgen.simulation.simulate import simulate

        model = method_of(read_config(options.folder / "batch.toml")).simulation().population
        population = read_population(options.population, model) if options.population else model()
        if options.spammers is not None:
            if not 0 <= options.spammers <= 1:
                raise InputError(Fault("--spammers", "", f"{options.spammers:g} is no share", "a number from 0 to 1"))
            population = population.model_copy(update={"spammers": options.spammers})
        how = (options.folder, population, options.seed, options.people, ProgressBar("answers"))
        if options.browser:
            from hitgen.simulation.browsing import robots

            with robots(options.folder) as work:
                made = simulate(*how, work)
        else:
            made = simulate(*how)
        if options.json:
            self.say(json.dumps({**vars(made), "truth": str(made.truth)}))
            return
        self.say(
            f"{made.submissions} submissions by {made.workers} simulated workers, {made.spammers} of them spammers"
        )
        self.say(f"The truth is in {made.truth}; next: hitgen report {options.folder}")


def need_analysis() -> None:
    """Raise InputError where the extra `analysis` is missing."""
    try:
        import polars  # noqa: F401
        import scipy  # noqa: F401
    except ImportError:
        problem = "this needs the extra `analysis`"
        raise InputError(Fault("hitgen", "", problem, 'pip install "hitgen[analysis]"')) from None
