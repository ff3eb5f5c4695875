"""Python's garbage collector, kept from holding the window up."""

from __future__ import annotations

import gc
import importlib
import sys


def load_for_good(*modules: str) -> None:
    """Load modules with all that they load, and spare them the collector's rounds from then on.

    Modules live as long as the program. A full round over those of scipy and matplotlib stops every
    thread, the window's too, for a tenth of a second or two, and a long computation on the study's
    thread asks for dozens of rounds.
    """
    missing = [module for module in modules if module not in sys.modules]
    for module in missing:
        importlib.import_module(module)
    if missing:
        spare_what_is_loaded()


def spare_what_is_loaded() -> None:
    """Exempt all that there is from the collector's rounds. What is let go of is freed all the same."""
    gc.collect(1)
    gc.freeze()
