"""`hitgen serve`: the collector of one batch, with what it has to know of the ledger."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, TypeVar

from hitgen.collector.app import Collector
from hitgen.collector.door import HandOut
from hitgen.collector.inbox import FILE, LIMIT_BYTES, Inbox
from hitgen.config.batch import BatchConfig
from hitgen.config.hosts import FolderHost
from hitgen.config.read import read_config
from hitgen.errors import CONFIG_NAME, InputError, OutsideError, in_config
from hitgen.ledger.ledger import LEDGER, Ledger
from hitgen.ledger.notebook import Notebook
from hitgen.lib.clock import Clock, utc_now
from hitgen.lib.sqlite import open_database
from hitgen.pages.texts import voices
from hitgen.recruiters import kind_of
from hitgen.recruiters.base import Kind

Found = TypeVar("Found")
WAIT_S = 5.0
"""How long an answer may wait for another process that writes; then the page tries again."""
LEAST_FREE_BYTES = 16 * LIMIT_BYTES


class LedgerView:
    """What a collector reads of the ledger while other processes write it."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / LEDGER

    def __call__(self, look: Callable[[Notebook], Found]) -> Found | None:
        """What `look` finds in the ledger's notebook; None where there is no ledger."""
        if not self._path.exists():
            return None
        with closing(open_database(self._path, read_only=True)) as database:
            return look(Notebook(database))


@contextmanager
def open_collector(
    folder: Path, hand_out: bool | None = False, now: Clock = utc_now, config: BatchConfig | None = None
) -> Iterator[tuple[Collector, Inbox]]:
    """The collector of a batch and the inbox it fills, `config` in place of the folder's.

    With `hand_out` it gives places to whoever asks; None: where the recruiter can. Raises InputError where the batch
    needs no collector.
    """
    config = config or read_config(folder / CONFIG_NAME)
    kind = kind_of(config)
    if kind.results is None or kind.results.kind != "collector":
        problem = "the answers of this batch do not come to a collector"
        remedy = '[recruiter] kind = "link" with results = {kind = "collector", url = "https://..."}'
        raise InputError(in_config("recruiter.results", problem, remedy))
    if (folder / LEDGER).exists():
        # One of an earlier hitgen is brought up to date; from then on it is only read.
        Ledger(folder / LEDGER).close()
    view = LedgerView(folder)
    with Inbox(folder / FILE, config.batch.name, kind.knows(view), kind.vouches(view), WAIT_S) as inbox:
        inbox.try_writing()
        _refuse_full(folder)
        offered = kind.hand_out(view, inbox, now)
        wanted = hand_out is not False or kind.hands_out
        handing = _handing(kind, offered) if hand_out else offered if wanted else None
        said = voices(config, folder)
        yield Collector(inbox, lambda: kind.is_ready(view), handing, _pages(config, folder), now, voices=said), inbox


def _refuse_full(folder: Path) -> None:
    free_bytes = shutil.disk_usage(folder).free
    if free_bytes < LEAST_FREE_BYTES:
        raise OutsideError(
            f"{folder}: only {free_bytes} bytes are free on the disk, too little for answers; make room first"
        )


def _handing(kind: Kind[Any], handing: HandOut | None) -> HandOut:
    if handing is None:
        problem = f"{kind.own.kind!r} sends people by itself"
        raise InputError(in_config("recruiter.kind", problem, "no --hand-out"))
    return handing


def _pages(config: BatchConfig, folder: Path) -> Path | None:
    return folder / config.host.folder if isinstance(config.host, FolderHost) else None
