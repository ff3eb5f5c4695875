"""Python's garbage collector, kept from holding the window up."""

from __future__ import annotations

import gc
import importlib
import sys


def load_for_good(module: str) -> None:
    """Load a module with all that it loads, and spare them the collector's rounds from then on.

    Modules live as long as the program. A full round over those of scipy and matplotlib stops every
    thread, the window's too, for a tenth of a second or two, and a long computation on the study's
    thread asks for dozens of rounds.
    """
    if module not in sys.modules:
        importlib.import_module(module)
        spare_what_is_loaded()


def spare_what_is_loaded() -> None:
    """Exempt all that there is from the collector's rounds. What is let go of is freed all the same."""
    gc.collect(1)
    gc.freeze()
