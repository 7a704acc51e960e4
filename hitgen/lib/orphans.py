"""Imported by the server that begins processes: one whose parent was killed before it said what to do ends without a word.

Python would print a traceback into the terminal after the command has ended: nothing more comes to be read, or what the
parent had laid out is taken away. What fails later, at work, is told by the pool.
"""

from __future__ import annotations

import pickle
import sys
from types import TracebackType

ORPHANED = (EOFError, FileNotFoundError, pickle.UnpicklingError)


def _tell(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    if not issubclass(kind, ORPHANED):
        sys.__excepthook__(kind, error, trace)


sys.excepthook = _tell
