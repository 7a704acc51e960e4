"""Templates that end: what users wrote may count, repeat and call itself only so much for one page."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Sized
from typing import Any

from jinja2 import TemplateRuntimeError, nodes, pass_context
from jinja2.runtime import Context
from jinja2.sandbox import SandboxedEnvironment
from jinja2.utils import generate_lorem_ipsum

MOST_STEPS = 100_000
"""So many steps all the ranges of a page's templates may have, and so many all of its loops and calls."""
MOST_SIZE = 1_000_000
"""So many characters, entries or bits may have what a template makes by an operator."""
WIDENING = ("batch", "center", "indent", "slice")
"""Filters that make as much as a number says; and the methods of text that do."""
WIDENING_METHODS = ("center", "expandtabs", "ljust", "rjust", "zfill")


class Bounded(SandboxedEnvironment):
    """Jinja2 whose templates raise TemplateRuntimeError where they would go on without end; nothing is kept from them."""

    intercepted_binops = frozenset({"**", "*", "+"})

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.begin()
        self.globals["range"] = self._range
        self.globals["lipsum"] = _narrow(generate_lorem_ipsum)
        self.filters["counted"] = self._counted
        self.filters |= {name: _narrow(self.filters[name]) for name in WIDENING}

    def begin(self) -> None:
        """Count anew, for a new page."""
        self._range_left = self._steps_left = MOST_STEPS

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """True: a researcher's own templates see all that they are given."""
        return True

    def is_safe_callable(self, obj: Any) -> bool:
        """True, for the same reason."""
        return True

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        for loop in tree.find_all(nodes.For):
            if not loop.recursive:  # those are counted as they call themselves
                loop.iter = nodes.Filter(loop.iter, "counted", [], [], None, None, lineno=loop.lineno)
        return tree

    def call(__self, __context: Context, __obj: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: N805
        """What a template calls, a step each."""
        __self._step()
        if getattr(__obj, "__name__", "") in WIDENING_METHODS:
            __obj = _narrow(__obj)
        return super().call(__context, __obj, *args, **kwargs)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """The value of a power, a product or a sum, where it is not too large to be written."""
        if _size(operator, left, right) > MOST_SIZE:
            raise TemplateRuntimeError(f"what it makes by {operator} is too large")
        return super().call_binop(context, operator, left, right)

    def _step(self, count: int = 1) -> None:
        self._steps_left -= count
        if self._steps_left < 0:
            raise TemplateRuntimeError(f"its loops and calls come to more than {MOST_STEPS:,} steps a page")

    @pass_context  # or a loop over a constant would be counted once, as it is read
    def _counted(self, _: Context, found: Iterable[Any]) -> Iterable[Any]:
        if not isinstance(found, Sized):
            return self._each(found)
        self._step(len(found))
        return found

    def _each(self, found: Iterable[Any]) -> Iterator[Any]:
        for item in found:
            self._step()
            yield item

    def _range(self, *bounds: int) -> range:
        found = range(*bounds)
        try:
            self._range_left -= len(found)
        except OverflowError:
            self._range_left = -1
        if self._range_left < 0:
            raise TemplateRuntimeError(f"its ranges come to more than {MOST_STEPS:,} steps a page")
        return found


def _narrow(widening: Callable[..., Any]) -> Callable[..., Any]:
    """A function that refuses numbers of which it would make too much."""

    @functools.wraps(widening)
    def narrow(*args: Any, **kwargs: Any) -> Any:
        if any(isinstance(given, int) and given > MOST_STEPS for given in (*args, *kwargs.values())):
            raise TemplateRuntimeError(f"{widening.__name__} is given a number of more than {MOST_STEPS:,}")
        return widening(*args, **kwargs)

    return narrow


def _size(operator: str, left: Any, right: Any) -> int:
    """How many bits, characters or entries an operator gives at most; 0 where it is none of what grows."""
    if isinstance(left, int) and isinstance(right, int):
        bits = left.bit_length()
        return bits * max(0, right) if operator == "**" else bits + right.bit_length()
    if operator == "+" and isinstance(left, Sized) and isinstance(right, Sized):
        return len(left) + len(right)
    if operator == "*" and isinstance(left, Sized) and isinstance(right, int):
        return len(left) * max(0, right)
    if operator == "*" and isinstance(left, int) and isinstance(right, Sized):
        return len(right) * max(0, left)
    return 0
