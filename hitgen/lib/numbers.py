"""Numbers that are taken and the lowest ones that are free: who gets which place."""

from __future__ import annotations

from collections.abc import Sequence


class Numbers:
    """Numbers that are taken; the lowest free one from anywhere on is found in nearly constant time."""

    def __init__(self) -> None:
        self._beyond: dict[int, int] = {}

    def take(self, number: int) -> None:
        """Let a number be free no more."""
        self._beyond.setdefault(number, number + 1)

    def free(self, number: int) -> int:
        """The lowest number from `number` on that is not taken."""
        passed = []
        while number in self._beyond:
            passed.append(number)
            number = self._beyond[number]
        for each in passed:
            self._beyond[each] = number
        return number


def take_lowest(mine: Sequence[Numbers], count: int) -> tuple[int, ...]:
    """The lowest `count` numbers from 1 on that are free in all of these; taken in each of them now."""
    found: list[int] = []
    number = 1
    while len(found) < count:
        free = max((numbers.free(number) for numbers in mine), default=number)
        if free == number:
            found.append(number)
            free += 1
        number = free
    for each in mine:
        for number in found:
            each.take(number)
    return tuple(found)
