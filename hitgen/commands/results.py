"""The verbs after publishing: fetch, review, topup, export; cli.py gives the voice."""

from __future__ import annotations

import argparse
from dataclasses import dataclass

from hitgen.commands.analysing import need_analysis
from hitgen.commands.publishing import Add, Ask, Say, bars
from hitgen.console import ProgressBar
from hitgen.errors import OutsideError


@dataclass(frozen=True)
class ResultsVerbs:
    """The verbs, with a voice and an ear."""

    say: Say
    ask: Ask

    def register(self, add: Add) -> None:
        """Add all verbs to the command line."""
        fetch = add("fetch", self.fetch, "collect submissions")
        fetch.add_argument("--all", action="store_true", help="look into every HIT, not only those that changed")
        review = add("review", self.review, "grade, screen and judge submissions; a table to edit, and to apply")
        review.add_argument("--apply", action="store_true", help="approve, reject, pay bonuses, admit, shut out, tell")
        topup = add("topup", self.topup, "publish just the usable ratings still missing")
        topup.add_argument("--with-undecided", action="store_true", help="count ratings without enough evidence")
        topup.add_argument("--production", action="store_true", help="spend real money; asks for the total")
        for parser in (review, topup):
            parser.add_argument("--dry-run", action="store_true", help="show the plan and stop")
            parser.add_argument("--total", default="", metavar="USD", help="the total in production, typed beforehand")
            parser.add_argument("--yes", action="store_true", help="do not ask (never replaces the total)")
        export = add("export", self.export, "write the dataset, worker ids pseudonymised")
        for parser in (fetch, review, topup, export):
            parser.add_argument("--json", action="store_true", help="print JSON")

    def fetch(self, options: argparse.Namespace) -> None:
        """Take submissions in and name the faulty ones."""
        from hitgen.publishing.publication import open_account
        from hitgen.results import telling
        from hitgen.results.fetch import fetch

        with open_account(options.folder) as account:
            found = fetch(account, options.all)
        self.say(telling.fetched_json(found) if options.json else "\n".join(telling.fetched_lines(found)))

    def review(self, options: argparse.Namespace) -> None:
        """Write and show the table, or carry out what it says."""
        from hitgen.results import telling
        from hitgen.results.review import propose
        from hitgen.results.reviewfile import write_review
        from hitgen.results.study import read_study

        if options.apply:
            self._apply(options)
            return
        study = read_study(options.folder)
        rows = propose(study)
        path = write_review(options.folder, rows)
        self.say(telling.review_json(rows) if options.json else "\n".join(telling.review_lines(study, rows, path)))

    def _apply(self, options: argparse.Namespace) -> None:
        from hitgen.publishing.collect import collect
        from hitgen.publishing.publication import open_account
        from hitgen.results import telling
        from hitgen.results.apply import apply_review
        from hitgen.results.review_plan import plan_review
        from hitgen.results.study import read_study

        with open_account(options.folder) as account:
            collect(account)
            plan = plan_review(account, read_study(options.folder, account.ledger))
            if not options.json or options.dry_run:
                self.say(telling.review_plan_json(plan) if options.json else "\n".join(telling.review_plan_lines(plan)))
            if not plan.acts or options.dry_run:
                return
            total = options.total
            if plan.environment == "production" and plan.total_usd:
                total = total or self.ask("Type the total to spend it: ")
            elif not self._agreed(options, "Carry this out?"):
                return
            done = apply_review(account, plan, total, bars())
        self.say(telling.as_json(done) if options.json else "\n".join(telling.applied_lines(done)))
        if done.failed:
            raise OutsideError(f"the recruiter refused {len(done.failed)} of these acts; the others are done")

    def _agreed(self, options: argparse.Namespace, question: str) -> bool:
        if options.yes or self.ask(f"{question} [y/N] ").strip().lower() in ("y", "yes"):
            return True
        self.say("Nothing was done; --yes agrees beforehand.")
        return False

    def topup(self, options: argparse.Namespace) -> None:
        """Show what is missing and what it costs, and publish it."""
        from hitgen import showing
        from hitgen.publishing.publication import open_publication
        from hitgen.publishing.publish import publish
        from hitgen.results import telling
        from hitgen.results.topup import plan_topup, refuse_unpublished

        refuse_unpublished(options.folder)
        with open_publication(options.folder, options.production) as publication:
            plan = plan_topup(publication, options.with_undecided)
            if not options.json or options.dry_run:
                self.say(telling.as_json(plan) if options.json else "\n".join(telling.topup_lines(plan)))
            new = plan.publication
            if options.dry_run or not (new.now or new.doubtful):
                return
            total = options.total
            if new.account.environment == "production":
                total = total or self.ask("Type the total to spend it: ")
            elif not self._agreed(options, "Publish these?"):
                return
            done = publish(publication, new, total, progress=bars())
        self.say(showing.as_json(done) if options.json else "\n".join(showing.published_lines(done)))

    def export(self, options: argparse.Namespace) -> None:
        """Write the dataset."""
        need_analysis()
        from hitgen.analysis.export import write_analysis
        from hitgen.results import telling
        from hitgen.results.export import write_export
        from hitgen.results.study import read_study

        study = read_study(options.folder)
        done = write_export(study)
        analysis = write_analysis(study, ProgressBar("ladders"))
        told = [*telling.exported_lines(done), f"{analysis}: PJND, SUR, workers, a KonJND-shaped summary and maps"]
        self.say(telling.exported_json(done) if options.json else "\n".join(told))
