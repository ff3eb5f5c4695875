"""Libraries that a user may have installed, loaded when an operation needs them."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from types import ModuleType

from ftcompare.core.errors import EnvironmentFault


def optional_module(name: str, what: str, how: str, code: str) -> ModuleType:
    """Import a library that is no requirement of FTCompare. If it is missing, raise the fault described."""
    if find_spec(name.partition(".")[0]) is None:
        raise EnvironmentFault(what, how=how, code=code)
    return import_module(name)
