"""A batch opened for publishing: build, host, recruiter and ledger under one lock."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from hitgen.config.batch import BatchConfig
from hitgen.config.read import read_config
from hitgen.errors import CONFIG_NAME, Fault, InputError, OutsideError
from hitgen.hosts import open_host
from hitgen.hosts.base import Host
from hitgen.ledger.access import locked
from hitgen.ledger.ledger import LEDGER, Ledger
from hitgen.ledger.rows import Binding
from hitgen.lib.clock import Clock, utc_now
from hitgen.lib.files import shut
from hitgen.lib.progress import OnProgress, silent
from hitgen.manifest import Page
from hitgen.publishing.built import Built, read_build
from hitgen.publishing.orders import Orders
from hitgen.publishing.remembered import (
    GOING_BY,
    config_to_end_by,
    keep_first_config,
    published_config,
    refuse_other_study,
)
from hitgen.publishing.restore import restore_build
from hitgen.recruiters import kind_of
from hitgen.recruiters.base import Kind, Opening, Recruiter

MAX_SKEW_S = 300
TOLD_WITHIN_S = 2
"""A service tells its time in whole seconds, which were on their way for a while."""
PUBLISHED_AGAIN = (
    "undoing what was changed in batch.toml and removing build/, which is fetched back as it was published, or `hitgen close` "
    "and another batch name"
)
"""What to do about a build that is not the published one; a later hitgen builds other pages of the very same batch."""
PRIVATE = (
    "ledger*",
    "collected.sqlite*",
    "places.csv",
    "results",
    "results/review.csv",
    "simulation",
    "build/rehearsal",
)
"""What holds ids, secrets or answers; in a folder that is shut all is."""


@dataclass
class Account:
    """A batch's ledger with the recruiter it is bound to."""

    folder: Path
    config: BatchConfig
    ledger: Ledger
    recruiter: Recruiter
    now: Clock
    progress: OnProgress = field(default=silent, kw_only=True)
    notes: tuple[str, ...] = field(default=(), kw_only=True)
    """What of batch.toml was passed over, what could not be looked at, and why."""

    @property
    def kind(self) -> Kind[Any]:
        """What the recruiter is."""
        return kind_of(self.config)

    def by_its_clock(self, moment: datetime) -> datetime:
        """A moment of this machine's clock by the recruiter's, which ends what is open, as far as it has told its time."""
        skew_s = self.recruiter.skew_s
        return moment - timedelta(seconds=skew_s) if abs(skew_s) > TOLD_WITHIN_S else moment

    def check_clock(self) -> None:
        """Stop where this machine's clock is too far off to tell a token's age."""
        skew_s = self.recruiter.skew_s
        if abs(skew_s) > MAX_SKEW_S:
            way = "ahead of" if skew_s > 0 else "behind"
            raise OutsideError(
                f"this computer's clock is {abs(skew_s) / 60:.0f} minutes {way} the recruiter's; set "
                "whichever is wrong and run this again"
            )


@dataclass
class Publication(Account):
    """An account with what there is to publish."""

    host: Host
    built: Built
    orders: Orders
    binding: Binding
    put_aside: Path | None = field(default=None, kw_only=True)
    """Where the ledger is that made way for this one; it comes back where nothing is published."""

    def page(self, name: str) -> Page:
        """A built page by its name; raises InputError for one that was published but is not built."""
        pages = self.built.manifest.by_page
        if name not in pages:
            problem = f"page {name} was published but is not in this build"
            remedy = PUBLISHED_AGAIN
            raise InputError(Fault("build/manifest.json", "pages", problem, remedy))
        return pages[name]

    def url(self, name: str) -> str:
        """The address of a page for workers."""
        return self.host.url(self.built.files[self.page(name).page].key)


def shut_batch(folder: Path) -> None:
    """Take from others what an earlier hitgen let them read: who took part, secrets, answers. What workers see stays."""
    for pattern in PRIVATE:
        for path in folder.glob(pattern):
            shut(path)


def never_published(ledger: Path) -> InputError:
    """That a batch has no ledger, or an empty one."""
    return InputError(Fault(str(ledger), "", "this batch was never published", "`hitgen publish` first"))


@contextmanager
def open_account(
    folder: Path,
    now: Clock = utc_now,
    recruiter: Recruiter | None = None,
    progress: OnProgress = silent,
    ending: bool = False,
) -> Iterator[Account]:
    """The account of a batch that was published, locked; raises InputError where there is none.

    Who is `ending` it, or only looks, goes by what was published where batch.toml was broken or made another study since.
    """
    path = folder / LEDGER
    strict = None if ending and path.exists() else read_config(folder / CONFIG_NAME)
    shut_batch(folder)
    if not path.exists():
        raise never_published(path)
    with locked(path), Ledger(path) as ledger:
        bound = ledger.account
        if bound is None:
            raise never_published(path)
        if recruiter is None:
            ledger.refuse_simulated()
        config, notes = (strict, ()) if strict else config_to_end_by(folder, ledger)
        refuse_other_study(config, ledger)
        opening = Opening(folder, ledger.book, bound.environment == "production")
        used = recruiter or kind_of(config).open(opening)
        published = published_config(ledger) if ending and used.account() != bound else None
        if published and published.recruiter != config.recruiter:
            used.close()
            notes = (*notes, f"{CONFIG_NAME}: recruiter: it leads to {used.account().endpoint}; {GOING_BY}")
            config = published
            used = kind_of(config).open(opening)
        with closing(used):
            if used.account() != bound and not ledger.has_hits:
                raise never_published(path)
            ledger.bind(used.account())
            keep_first_config(ledger, config, folder)
            yield Account(folder, config, ledger, used, now, progress=progress, notes=notes)


@contextmanager
def open_publication(
    folder: Path,
    production: bool = False,
    ledger_path: Path | None = None,
    now: Clock = utc_now,
    recruiter: Recruiter | None = None,
    config: BatchConfig | None = None,
    progress: OnProgress = silent,
    environment: Mapping[str, str] | None = None,
) -> Iterator[Publication]:
    """A built batch ready to be published, locked until the block ends; `config` in place of the folder's, `environment` of
    the process's for the recruiter's secrets.

    A ledger of the sandbox that was closed makes way for another environment's; one that still has
    HITs, or is of production, is never left behind: InputError says what to do. Nothing is bound before publishing.
    """
    path = ledger_path or folder / LEDGER
    config = config or read_config(folder / CONFIG_NAME)
    name = config.batch.name
    shut_batch(folder)
    linked, host = config.hit.packs == "linked", open_host(config.host, folder, name)
    with locked(path), _way_made(path, production) as put_aside:
        if not path.exists():
            read_build(folder, config)  # where there is nothing to publish, no ledger is begun
        with Ledger(path) as ledger:
            restore_build(folder, ledger, host, linked)
            built = read_build(folder, config)
            used = recruiter or kind_of(config).open(Opening(folder, ledger.book, production, environment))
            with closing(used):
                binding = used.account()
                if ledger.account not in (None, binding) and not ledger.has_hits:
                    ledger.let_go()
                if ledger.account:
                    ledger.bind(binding)
                orders = Orders(config, built.pages, ledger.name)
                yield Publication(
                    folder,
                    config,
                    ledger,
                    used,
                    now,
                    host,
                    built,
                    orders,
                    binding,
                    progress=progress,
                    put_aside=put_aside,
                )


def is_out(folder: Path) -> bool:
    """Whether anything of a batch was ever published."""
    path = folder / LEDGER
    if not path.exists():
        return False
    with Ledger(path) as ledger:
        return ledger.has_hits


@contextmanager
def _way_made(path: Path, production: bool) -> Iterator[Path | None]:
    """Where a closed ledger of play money was put for the block; it comes back where the block binds none in its place."""
    before = make_way(path, production)
    try:
        yield before
    finally:
        if before and not _is_bound(path):
            for left in path.parent.glob(f"{path.name}*"):
                if left.name.removeprefix(path.name) in ("", "-wal", "-shm"):
                    left.unlink()
            before.rename(path)


def _is_bound(path: Path) -> bool:
    if not path.exists():
        return False
    with Ledger(path) as ledger:
        return ledger.account is not None


def make_way(path: Path, production: bool) -> Path | None:
    """Rename a ledger of play money out of the way, once it was closed; its new path, None where none was.

    Its HITs are gone by then, and the next publication is a new one: another build, or production.
    """
    if not path.exists():
        return None
    with Ledger(path) as ledger:
        bound = ledger.account
        if bound is None or bound.environment == "production" or not ledger.has_hits:
            return None
        closed = ledger.fact("closed") is not None
        if not closed and production and bound.environment != "own":
            problem = f"belongs to the {bound.environment}, and production gets a ledger of its own"
            raise InputError(Fault(str(path), "", problem, "`hitgen close` first, which ends what is out there"))
    return path.rename(_free_name(path, bound.environment)) if closed else None


def _free_name(path: Path, environment: str) -> Path:
    number = 1
    while (name := path.with_name(f"{path.stem}-{environment}-{number}{path.suffix}")).exists():
        number += 1
    return name
