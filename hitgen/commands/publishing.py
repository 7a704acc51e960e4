"""The verbs around publishing: options, questions to the user and what is said; cli.py gives the voice."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from hitgen.console import ProgressBar

Say = Callable[[str], None]
Ask = Callable[[str], str]
"""Puts a question to the user; the empty text where nobody is there to answer."""


class Add(Protocol):
    """cli.py's way of adding a verb with its batch folder."""

    def __call__(
        self, name: str, verb: Callable[[argparse.Namespace], None], about: str
    ) -> argparse.ArgumentParser: ...


@dataclass(frozen=True)
class PublishingVerbs:
    """The verbs, with a voice and an ear."""

    say: Say
    ask: Ask

    def register(self, add: Add) -> None:
        """Add all verbs to the command line."""
        publish = add("publish", self.publish, "upload, verify and create HITs; sandbox unless --production")
        publish.add_argument("--production", action="store_true", help="spend real money; asks for the total")
        publish.add_argument("--total", default="", metavar="USD", help="the total, typed beforehand")
        publish.add_argument("--dry-run", action="store_true", help="show the plan and stop")
        publish.add_argument("--configure-bucket", action="store_true", help="show and set the narrowest public policy")
        status = add("status", self.status, "what is out, in, judged and paid")
        status.add_argument("--offline", action="store_true", help="as last seen, without asking the recruiter")
        for parser in (publish, status):
            parser.add_argument("--json", action="store_true", help="print JSON")
        extend = add("extend", self.extend, "keep HITs with places left open for longer")
        extend.add_argument("--hours", type=float, required=True, metavar="H", help="from now")
        add("expire", self.expire, "take no new workers from now on")
        add("delete", self.delete, "remove HITs that are over and judged")
        close = add("close", self.close, "expire and delete HITs, then clean recruiter and host")
        for parser in (publish, close):
            parser.add_argument("--yes", action="store_true", help="do not ask (never replaces the total)")
        forget = add("forget", self.forget, "erase what this machine keeps of one worker")
        forget.add_argument("worker", metavar="WORKER")

    def publish(self, options: argparse.Namespace) -> None:
        """Show the plan, ask for the total where money is spent, and carry it out."""
        from hitgen import showing
        from hitgen.build import build
        from hitgen.check import check
        from hitgen.publishing.publication import LEDGER, open_publication
        from hitgen.publishing.publish import plan_publication, publish

        if options.configure_bucket and not self._configure(options):
            return
        if not (options.folder / LEDGER).exists():
            # Later the build is the one that was published, and must stay as it is.
            check(options.folder, progress=ProgressBar("ladders"))
            build(options.folder, progress=ProgressBar("ladders"))
        with open_publication(options.folder, options.production) as publication:
            plan = plan_publication(publication)
            if options.dry_run:
                self.say(showing.as_json(plan) if options.json else "\n".join(showing.plan_lines(plan)))
                return
            if not options.json:
                self.say("\n".join(showing.plan_lines(plan)))
            total = options.total
            if plan.account.environment == "production" and not total and (plan.now or plan.later):
                total = self.ask("Type the total to spend it: ")
            done = publish(publication, plan, total, progress=bars())
            self.say(showing.as_json(done) if options.json else "\n".join(showing.published_lines(done)))

    def _configure(self, options: argparse.Namespace) -> bool:
        """Show the bucket's changes and make them if the user agrees; False where they were not agreed to."""
        from hitgen import showing
        from hitgen.config.loading import read_config
        from hitgen.config.publishing import S3Host
        from hitgen.errors import Fault, InputError, OutsideError

        config = read_config(options.folder / "batch.toml")
        if not isinstance(config.host, S3Host):
            problem = "--configure-bucket is for S3 buckets"
            raise InputError(Fault("batch.toml", "host.kind", problem, 'kind = "s3", or leave the option out'))
        from botocore.exceptions import BotoCoreError, ClientError

        from hitgen.hosts.bucket import configure_bucket, needed_changes
        from hitgen.hosts.s3 import S3
        from hitgen.recruiters import kind_of

        host = S3(config.host, config.batch.name)
        if faults := host.faults():
            raise InputError(faults)
        try:
            results = kind_of(config).results
            to_bucket = results is not None and results.kind == "s3"
            changes = needed_changes(host, config.hit.packs == "linked", to_bucket)
        except (BotoCoreError, ClientError) as error:
            raise OutsideError(f"the bucket's settings cannot be read: {error}; see docs/aws.md") from error
        self.say("\n".join(showing.change_lines(changes)))
        if changes and not self._agreed(options, f"Change bucket {config.host.bucket}?"):
            return False
        configure_bucket(host, changes)
        return True

    def _agreed(self, options: argparse.Namespace, question: str) -> bool:
        if options.yes or self.ask(f"{question} [y/N] ").strip().lower() in ("y", "yes"):
            return True
        self.say("Nothing was changed; --yes agrees beforehand.")
        return False

    def status(self, options: argparse.Namespace) -> None:
        """Show where the batch stands."""
        from hitgen import showing
        from hitgen.publishing.publication import open_account
        from hitgen.publishing.status import status

        with open_account(options.folder) as account:
            found = status(account, refresh=not options.offline)
        self.say(showing.as_json(found) if options.json else "\n".join(showing.status_lines(found)))

    def extend(self, options: argparse.Namespace) -> None:
        """Give HITs more time."""
        from hitgen.publishing.end import extend
        from hitgen.publishing.publication import open_account

        with open_account(options.folder) as account:
            changed = extend(account, timedelta(hours=options.hours))
        self.say(f"{len(changed)} HITs are open for {options.hours:g} hours from now")

    def expire(self, options: argparse.Namespace) -> None:
        """End all HITs."""
        from hitgen.publishing.end import expire
        from hitgen.publishing.publication import open_account

        with open_account(options.folder) as account:
            self.say(f"{len(expire(account))} HITs take no new workers")

    def delete(self, options: argparse.Namespace) -> None:
        """Remove what is over and judged."""
        from hitgen import showing
        from hitgen.publishing.end import delete
        from hitgen.publishing.publication import open_account

        with open_account(options.folder) as account:
            self.say("\n".join(showing.ended_lines(delete(account))))

    def close(self, options: argparse.Namespace) -> None:
        """Show where the batch stands, and end it if the user agrees."""
        from hitgen import showing
        from hitgen.publishing.end import close
        from hitgen.publishing.publication import open_account
        from hitgen.publishing.status import status

        with open_account(options.folder) as account:
            self.say("\n".join(showing.status_lines(status(account))))
            if self._agreed(options, "End and delete these HITs and remove their pages?"):
                self.say("\n".join(showing.ended_lines(close(account))))

    def forget(self, options: argparse.Namespace) -> None:
        """Erase one worker."""
        from hitgen import showing
        from hitgen.results.forget import forget

        self.say("\n".join(showing.forgotten_lines(forget(options.folder, options.worker))))


def bars() -> Callable[[str, int, int], None]:
    """One bar for each step of publishing."""
    bars: dict[str, ProgressBar] = {}

    def progress(step: str, done: int, total: int) -> None:
        bars.setdefault(step, ProgressBar(step))(done, total)

    return progress
