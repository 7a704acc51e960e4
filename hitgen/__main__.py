"""Where the `hitgen` command begins: an interrupt ends it in words or silently, never with a traceback."""

from __future__ import annotations

import signal
import sys
import warnings

# A job in the background may not heed it. Elsewhere, until a verb runs, an interrupt just ends the process: nothing is
# done by then, and libraries that are being loaded would swallow a KeyboardInterrupt or show it.
if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def main() -> int:
    """Run the command line as a program; its exit code."""
    from hitgen.cli import main as command_line

    if not sys.warnoptions:
        warnings.simplefilter("ignore")  # of libraries to their programmers; what users must know verbs tell in words
    try:
        return command_line()
    except KeyboardInterrupt:  # a second one, while the first was being said
        return 130
    finally:
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            signal.signal(signal.SIGINT, signal.SIG_DFL)


if __name__ == "__main__":
    sys.exit(main())
