"""Keeps Python's garbage collector from blocking the window."""

from __future__ import annotations

import gc
import importlib
import sys


def load_for_good(*modules: str) -> None:
    """Import modules, and exempt all objects that they create from garbage collection.

    Modules exist until the program ends. A full collection over those of scipy and matplotlib stops every
    thread, including the window's, for 0.1 to 0.2 seconds, and a long computation triggers dozens of
    collections.
    """
    missing = [module for module in modules if module not in sys.modules]
    for module in missing:
        importlib.import_module(module)
    if missing:
        spare_what_is_loaded()


def spare_what_is_loaded() -> None:
    """Exempt all existing objects from garbage collection; reference counting still frees them."""
    gc.collect(1)
    gc.freeze()
