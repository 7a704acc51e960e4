"""Processes that a command begins: work shared among them, interrupts that one alone speaks of, and ends that are told."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import forkserver, resource_tracker
from typing import TypeVar

from hitgen.errors import OutsideError

Task = TypeVar("Task")
Result = TypeVar("Result")
IN_FLIGHT_PER_WORKER = 4
ENDS = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
"""What ends a process from outside, and can be put off."""
KEPT_BYTES = 31 * 2**20
"""glibc keeps for the next picture what the last one left, up to the largest block that was ever given back, 32 MB at most."""


def shared(work: Callable[[Task], Result], tasks: Sequence[Task], workers: int | None) -> Iterator[tuple[int, Result]]:
    """What `work` makes of each task, with its number, as they are done: in this process, or on `workers` (None: all cores).

    OutsideError where a process was ended from outside, as happens where memory runs out.
    """
    many = min(workers or os.cpu_count() or 1, len(tasks))
    if many <= 1:
        yield from ((number, work(task)) for number, task in enumerate(tasks))
        return
    try:
        with _pool(many) as pool:
            yield from _bounded(pool, work, tasks, many * IN_FLIGHT_PER_WORKER)
    except BrokenProcessPool as error:
        raise OutsideError(
            "a process that was at work was ended from outside, as happens where memory runs out; run this again, with "
            "--workers 1 if that does not help"
        ) from error


@contextmanager
def _pool(workers: int) -> Iterator[ProcessPoolExecutor]:
    context = multiprocessing.get_context(
        "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
    )
    if hasattr(context, "set_forkserver_preload"):
        context.set_forkserver_preload(["hitgen.lib.orphans", "hitgen.stimuli.make", "hitgen.stimuli.estimate"])
        _track_quietly()  # which would let interrupts through again
    with uninterrupted():
        if hasattr(context, "set_forkserver_preload"):
            forkserver.ensure_running()
        executor = ProcessPoolExecutor(workers, mp_context=context, initializer=_begin)
    try:
        yield executor
    except BaseException:
        for process in multiprocessing.active_children():
            process.kill()  # one that is just beginning would complain that its parent is gone
        raise
    finally:
        with uninterrupted():  # locks that are given back would swallow an interrupt and show it
            executor.shutdown(cancel_futures=True)


def _track_quietly() -> None:
    """Python's tracker takes away what an ended process leaves; that it had to is nothing to its user."""
    sys.warnoptions.append("ignore:resource_tracker:UserWarning")
    try:
        resource_tracker.ensure_running()
    finally:
        sys.warnoptions.pop()


def _bounded(
    pool: ProcessPoolExecutor, work: Callable[[Task], Result], tasks: Sequence[Task], most: int
) -> Iterator[tuple[int, Result]]:
    queue = iter(enumerate(tasks))
    running: dict[Future[Result], int] = {}
    while True:
        for number, task in queue:
            with uninterrupted():
                running[pool.submit(work, task)] = number
            if len(running) >= most:
                break
        if not running:
            return
        for future in wait(running, return_when=FIRST_COMPLETED).done:
            yield running.pop(future), future.result()


def _begin() -> None:
    _end_with_parent()
    bytes(KEPT_BYTES)  # asked for and given back, never written to: to fetch a page anew costs more than to fill it


def _end_with_parent() -> None:
    """A worker whose parent was killed would wait for work forever: watch for that."""
    parent = multiprocessing.parent_process()
    if parent:

        def watch() -> None:
            parent.join()
            os._exit(1)

        threading.Thread(target=watch, daemon=True).start()


@contextmanager
def uninterrupted() -> Iterator[None]:
    """What would end this process waits until the end of this block; processes that begin inside never hear an interrupt."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    handlers = {number: signal.getsignal(number) for number in ENDS}
    held = {number: handler for number, handler in handlers.items() if handler not in (None, signal.SIG_IGN)}
    came: list[int] = []
    # The mask is inherited by processes; here it holds back nothing, since libraries' threads take the signal.
    for number in held:
        signal.signal(number, lambda number, _: came.append(number))
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT}) if hasattr(signal, "pthread_sigmask") else None
    try:
        yield
    finally:
        if mask is not None:
            signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        for number, handler in reversed(held.items()):  # what raises was held first, and is heard last
            signal.signal(number, handler)
        for number in sorted(came, reverse=True):  # an end before an interrupt, which may go no further
            signal.raise_signal(number)
