"""What is wrong with a template: its name, its line, and what to do about it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from jinja2 import FileSystemLoader, TemplateError, TemplateNotFound, TemplateSyntaxError, UndefinedError

from hitgen.batch import resources
from hitgen.config.read import nearest
from hitgen.errors import Fault, InputError

START = "the shipped one as a start"


class Loader(FileSystemLoader):
    """Templates from folders; InputError where one is no text."""

    def get_source(self, environment: Any, template: str) -> tuple[str, str, Any]:
        try:
            return super().get_source(environment, template)
        except UnicodeDecodeError:
            raise InputError(Fault(f"templates/{template}", "", "it is not UTF-8 text", "saving it as UTF-8")) from None


@contextmanager
def plainly(name: str) -> Iterator[None]:
    """What goes wrong in a template and those that it includes as an InputError with template and line.

    TemplateNotFound goes on where `name` itself is not there.
    """
    try:
        yield
    except TemplateNotFound as error:
        missing = str(error.name)
        if missing == name:
            raise
        problem = f"it includes {missing!r}, which is not there"
        raise refusal(name, 1, problem, nearest(missing, resources.names("templates"))) from None
    except TemplateSyntaxError as error:
        raise refusal(error.name or name, error.lineno, str(error.message), "mending that line") from None
    except UndefinedError as error:
        problem = re.sub(r"'(?:[\w.]*\.)?(\w+) object'", r"\1", str(error.message))  # no address of a class
        raise refusal(*_line(error, name), problem, "a name of docs/templates.md") from None
    except TemplateError as error:
        raise refusal(*_line(error, name), str(error.message), START) from None
    except RecursionError:
        raise refusal(name, 1, "templates include each other without end", START) from None
    except (ArithmeticError, LookupError, MemoryError, TypeError, ValueError) as error:
        where, line = _line(error, "")
        if not where:
            raise
        raise refusal(where, line, f"what it computes fails: {error or type(error).__name__}", START) from None


def refusal(name: str, line: int, problem: str, remedy: str) -> InputError:
    """The error for a line of a template."""
    return InputError(Fault(f"templates/{name}", f"line {line}", problem, remedy))


def name_of(path: str) -> str:
    """A template's path from the folder of templates it lies in."""
    return path.replace(os.sep, "/").rpartition("/templates/")[2]


def _line(error: Exception, default: str) -> tuple[str, int]:
    """Template and line of the innermost frame of a traceback that lies in a template."""
    line, trace = (default, 1), error.__traceback__
    while trace:
        filename = trace.tb_frame.f_code.co_filename
        if filename.endswith(".html"):
            line = (name_of(filename), trace.tb_lineno)
        trace = trace.tb_next
    return line
