"""Where the `hitgen` command begins: an interrupt ends it in words or silently, never with a traceback."""

from __future__ import annotations

import _thread
import os
import signal
import sys
import time
import warnings
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sys import UnraisableHookArgs

AGAIN_S = 0.01

# A job in the background may not heed it. Elsewhere, until a verb runs, an interrupt just ends the process: nothing is
# done by then, and libraries that are being loaded would swallow a KeyboardInterrupt or show it.
if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def main() -> int:
    """Run the command line as a program; its exit code."""
    from hitgen.cli import main as command_line

    if not sys.warnoptions:
        warnings.simplefilter("ignore")  # of libraries to their programmers; what users must know verbs tell in words
    sys.unraisablehook = _come_again
    try:
        try:
            return command_line()
        finally:
            _just_end()
    except KeyboardInterrupt:  # a last one, when all was done or said
        _just_end()
        return 130


def _just_end() -> None:
    """Let an interrupt end the process, as before a verb ran."""
    if callable(signal.getsignal(signal.SIGINT)):
        signal.signal(signal.SIGINT, signal.SIG_DFL)


def _come_again(lost: UnraisableHookArgs) -> None:
    """An interrupt that met what Python tidies up, out of which it raises nothing, comes again a moment later."""
    if lost.exc_type is KeyboardInterrupt:
        if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # whoever heeds one alone has not met it
            signal.signal(signal.SIGINT, signal.default_int_handler)
        _thread.start_new_thread(_interrupt, ())  # without the locks of `threading`, which may be held just now
    else:
        sys.__unraisablehook__(lost)


def _interrupt() -> None:
    time.sleep(AGAIN_S)
    if callable(signal.getsignal(signal.SIGINT)):
        os.kill(os.getpid(), signal.SIGINT)


if __name__ == "__main__":
    sys.exit(main())
