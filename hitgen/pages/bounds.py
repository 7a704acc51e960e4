"""Bounds on what a user's template may compute for one page, so that every rendering ends: steps, sizes and text."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Iterator, Sized
from typing import Any, cast

from jinja2 import TemplateRuntimeError, nodes, pass_context, pass_eval_context
from jinja2.nodes import EvalContext
from jinja2.runtime import Context, markup_join, str_join
from jinja2.sandbox import SandboxedEnvironment
from jinja2.utils import generate_lorem_ipsum
from jinja2.visitor import NodeTransformer

MOST_STEPS = 100_000
"""So many steps all the ranges of a page's templates may have, and so many all of its loops and calls."""
MOST_SIZE = 1_000_000
"""So many characters, entries or bits may have what a template makes by an operator."""
MOST_TEXT = 50_000_000
"""So many characters all that a page's templates print, join and make may have."""
WIDENING = ("batch", "center", "indent", "slice", "tojson")
"""Filters that make as much as a number says; and the methods of text that do."""
WIDENING_METHODS = ("center", "expandtabs", "ljust", "rjust", "zfill")


class Bounded(SandboxedEnvironment):
    """Jinja2 whose templates raise TemplateRuntimeError where they would go on without end; nothing is kept from them."""

    intercepted_binops = frozenset({"**", "*", "+", "%"})

    def __init__(self, **options: Any) -> None:
        self.begin()
        super().__init__(finalize=self._counted_text, **options)
        self.concat = self._concat  # type: ignore[method-assign]
        self.globals["range"] = self._range
        self.globals["lipsum"] = _narrow(generate_lorem_ipsum)
        self.filters["counted"] = self._counted
        self.filters |= {name: _narrow(self.filters[name]) for name in WIDENING}
        self.filters = {name: self._measured(name, made) for name, made in self.filters.items()}
        self.filters["joined"] = self._joined

    def begin(self) -> None:
        """Count anew, for a new page."""
        self._range_left = self._steps_left = MOST_STEPS
        self._text_left = MOST_TEXT

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """True: a researcher's own templates see all that they are given."""
        return True

    def is_safe_callable(self, obj: Any) -> bool:
        """True, for the same reason."""
        return True

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = cast(nodes.Template, _Joining().visit(super()._parse(source, name, filename)))
        for loop in tree.find_all(nodes.For):
            if not loop.recursive:  # those are counted as they call themselves
                loop.iter = nodes.Filter(loop.iter, "counted", [], [], None, None, lineno=loop.lineno)
        return tree

    def call(__self, __context: Context, __obj: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: N805
        """What a template calls, a step each."""
        __self._step()
        if getattr(__obj, "__name__", "") in WIDENING_METHODS:
            __obj = _narrow(__obj)
        method = getattr(__obj, "__wrapped__", __obj)
        if isinstance(mine := getattr(method, "__self__", None), str | list):
            __self._spend(_most(method.__name__, mine, args, kwargs))
        return __self._counted_text(super().call(__context, __obj, *args, **kwargs))

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """The value of a power, a product, a sum or a text that is filled in, where it is not too large to be written."""
        if operator == "%" and isinstance(left, str):
            self._spend(_most("%", left, right if isinstance(right, tuple) else (right,), {}))
        elif _size(operator, left, right) > MOST_SIZE:
            raise TemplateRuntimeError(f"what it makes by {operator} is too large")
        return self._counted_text(super().call_binop(context, operator, left, right))

    def _spend(self, count: int) -> None:
        self._text_left -= count
        if self._text_left < 0:
            raise TemplateRuntimeError(f"the text that it makes comes to more than {MOST_TEXT:,} characters a page")

    def _counted_text(self, made: Any) -> Any:
        """What was made, where all that has been is not too much."""
        if isinstance(made, str):
            self._spend(len(made))
        elif isinstance(made, list | tuple) and len(made) > MOST_SIZE:
            raise TemplateRuntimeError(f"it makes a list of more than {MOST_SIZE:,} entries")
        return made

    def _concat(self, parts: Iterable[str]) -> str:
        """The text of a block, a macro or the page. What was printed in it is counted already, the template's own words are not."""
        kept, left = [], MOST_TEXT
        for part in parts:
            kept.append(part)
            left -= len(part)
            if left < 0:
                raise TemplateRuntimeError(f"it comes to more than {MOST_TEXT:,} characters")
        return "".join(kept)

    @pass_eval_context
    def _joined(self, context: EvalContext, parts: list[Any]) -> str:
        """What `~` makes."""
        self._spend(sum(len(part) for part in parts if isinstance(part, str)))
        return markup_join(parts) if context.autoescape else str_join(parts)

    def _measured(self, name: str, made: Callable[..., Any]) -> Callable[..., Any]:
        """A filter whose results are counted; where its input decides how much it makes, the most that it can make is counted first."""
        passed = int(hasattr(made, "jinja_pass_arg"))

        @functools.wraps(made)
        def measured(*args: Any, **kwargs: Any) -> Any:
            value, *given = args[passed:]
            if name == "join":
                value = [*value]
                self._spend(_most(name, next(iter(given), kwargs.get("d", "")), (value,), {}))
            elif name in ("replace", "format"):
                self._spend(_most("%" if name == "format" else name, value, given, kwargs))
            return self._counted_text(made(*args[:passed], value, *given, **kwargs))

        return measured

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


class _Joining(NodeTransformer):
    """Puts the filter that counts where `~` stands."""

    def visit_Concat(self, node: nodes.Concat) -> nodes.Filter:  # noqa: N802
        parts = nodes.List(cast(nodes.Concat, self.generic_visit(node)).nodes, lineno=node.lineno)
        return nodes.Filter(parts, "joined", [], [], None, None, lineno=node.lineno)


def _most(name: str, text: Any, given: Iterable[Any], named: dict[str, Any]) -> int:
    """The most characters that a method of text, or `%`, can make of what it is given; 0 for a method that adds none."""
    values = [*given, *named.values()]
    values += [each for value in values if isinstance(value, dict) for each in value.values()]
    longest = max((len(value) for value in values if isinstance(value, str)), default=0)
    if name == "extend" and values and isinstance(values[0], Sized):
        _refuse_wide("a list", [len(text) + len(values[0])], MOST_SIZE)
    if not isinstance(text, str):
        return 0
    if name in ("format", "format_map", "%"):
        spec = SPEC["%" if name == "%" else "{"]
        found = spec.findall(text)
        widths = [int(digits) for part in found for digits in re.findall(r"\d+", part)]
        if any("*" in part or "{" in part[1:] for part in found):
            widths += [value for value in values if isinstance(value, int)]
        _refuse_wide(name, widths, MOST_STEPS)
        return len(text) + sum(widths) + len(found) * longest
    if name == "join" and values and isinstance(values[0], list | tuple):
        return sum(len(part) for part in values[0] if isinstance(part, str)) + len(text) * len(values[0])
    if name == "replace" and len(values) > 1:
        return len(text) + text.count(str(values[0])) * len(str(values[1]))
    return len(text) * longest if name == "translate" else 0


SPEC = {"%": re.compile(r"%(?:\([^)]*\))?[^A-Za-z%]*"), "{": re.compile(r"\{[^}]*")}
"""Where something is filled into a text, and how wide."""


def _refuse_wide(name: str, numbers: Iterable[int], most: int) -> None:
    if any(number > most for number in numbers):
        raise TemplateRuntimeError(f"{name} is given a number of more than {most:,}")


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
