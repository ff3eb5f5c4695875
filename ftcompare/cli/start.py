"""The program's first moments: Ctrl-C ends it without a word while the rest is still being loaded."""

from __future__ import annotations

import importlib
import os
import signal

EXIT_INTERRUPTED = 130


def main() -> None:
    """Load the command line and run it."""
    before = signal.getsignal(signal.SIGINT)
    if before is signal.default_int_handler:
        # Not by an exception: libraries take one during their import for a failure of theirs.
        signal.signal(signal.SIGINT, lambda *_: os._exit(EXIT_INTERRUPTED))
    program = importlib.import_module("ftcompare.cli.main")
    signal.signal(signal.SIGINT, before)
    program.main()
