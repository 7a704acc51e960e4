"""The exception tree; cli.py is the one place that turns it into messages and exit codes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from hitgen.lib.text import plain

CONFIG_NAME = "batch.toml"


class HitgenError(Exception):
    """Everything hitgen raises on purpose; `exit_code` is what the command line ends with."""

    exit_code = 1


@dataclass(frozen=True)
class Fault:
    """One thing wrong with the user's input: where it is, what it is and what to do about it."""

    where: str
    field: str
    problem: str
    remedy: str = ""

    def __str__(self) -> str:
        at = f"{self.where}: {self.field}" if self.field else self.where
        return plain(f"{at}: {self.problem}" + (f"; try {self.remedy}" if self.remedy else ""))


def in_config(field: str, problem: str, remedy: str = "") -> Fault:
    """A fault of a field of batch.toml."""
    return Fault(CONFIG_NAME, field, problem, remedy)


def at_option(name: str, problem: str, remedy: str = "") -> Fault:
    """A fault of an option of the command line."""
    return Fault(name, "", problem, remedy)


class InputError(HitgenError):
    """The user's input or state is wrong; carries every fault found, never just the first."""

    def __init__(self, faults: Iterable[Fault] | Fault) -> None:
        self.faults = (faults,) if isinstance(faults, Fault) else tuple(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))


def raise_faults(faults: Iterable[Fault]) -> None:
    """Raise InputError with all of these, if there are any."""
    if found := tuple(faults):
        raise InputError(found)


class OutsideError(HitgenError):
    """The outside world failed (network, service, disk); the same command can be run again."""

    exit_code = 3
