"""Compiling regular expressions of untrusted origin within bounds of memory and time.

`regex` writes out what is repeated: ``(?:ab){1000000000}`` takes all memory before anything is searched. It
parses without doing so, and what it parsed tells how much there would be to write out.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from types import ModuleType
from typing import Any

MOST_PARTS = 20_000
"""Characters, sets and groups of an expression, each as often as it must at least be repeated."""


def bounded_pattern(regex: ModuleType, pattern: str, flags: int = 0) -> Any:
    """A regular expression, compiled.

    Args:
        regex: the module of this name, which those that search have: the core stands on the standard library.
        pattern: for that module.
        flags: of that module.

    Raises:
        ValueError: with the end of a sentence; it would be written out to more than `MOST_PARTS`.
        regex.error, RecursionError, OverflowError: it is none.
    """
    core: Any = importlib.import_module(f"{regex.__name__}._regex_core")
    if _parts(_parsed(core, pattern, flags), core.RegexBase) > MOST_PARTS:
        raise ValueError(f"what it repeats makes more than {MOST_PARTS:,} parts")
    return regex.compile(pattern, flags)


def _parsed(core: Any, pattern: str, flags: int) -> Any:
    """As `regex` parses it, which starts again where the expression itself sets a flag for all of it."""
    parse, flags_are_set = vars(core)["_parse_pattern"], vars(core)["_UnscopedFlagSet"]
    while True:
        source = core.Source(pattern)
        info = core.Info(flags, source.char_type, {})
        info.guess_encoding = core.UNICODE
        source.ignore_space = bool(info.flags & core.VERBOSE)
        try:
            return parse(source, info)
        except flags_are_set:
            flags = info.global_flags


def _parts(node: Any, kind: type) -> int:
    """Of a parsed expression, written out; ``kind`` is that of its nodes."""
    within = sum(_parts(one, kind) for one in _below(vars(node).values(), kind))
    return 1 + within * max(1, getattr(node, "min_count", 1))


def _below(values: Any, kind: type) -> Iterator[Any]:
    for value in values:
        if isinstance(value, kind):
            yield value
        elif isinstance(value, list | tuple):
            yield from _below(value, kind)
