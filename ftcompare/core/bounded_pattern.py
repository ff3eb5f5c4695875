"""Compiles regular expressions from untrusted sources within bounds of memory and time.

The `regex` library expands repetitions when it compiles: ``(?:ab){1000000000}`` exhausts the memory. Its
parser does not, so the size of the expansion is computed from the parsed expression.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from types import ModuleType
from typing import Any

MOST_PARTS = 20_000  # maximum number of characters, sets and groups after repetitions are expanded


def bounded_pattern(regex: ModuleType, pattern: str, flags: int = 0) -> Any:
    """Compile a regular expression by the module `regex`: core imports only the standard library.

    Raises:
        ValueError: the expression expands to more than `MOST_PARTS` parts; the end of a sentence.
        regex.error, RecursionError, OverflowError: the expression is invalid.
    """
    core: Any = importlib.import_module(f"{regex.__name__}._regex_core")
    if _parts(_parsed(core, pattern, flags), core.RegexBase) > MOST_PARTS:
        raise ValueError(f"its repetitions make more than {MOST_PARTS:,} parts")
    return regex.compile(pattern, flags)


def _parsed(core: Any, pattern: str, flags: int) -> Any:
    """Parse as `regex` does; parsing restarts where the expression sets a global flag."""
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
    """Count the parts after expansion; `kind` is the class of the nodes."""
    within = sum(_parts(one, kind) for one in _below(vars(node).values(), kind))
    return 1 + within * max(1, getattr(node, "min_count", 1))


def _below(values: Any, kind: type) -> Iterator[Any]:
    for value in values:
        if isinstance(value, kind):
            yield value
        elif isinstance(value, list | tuple):
            yield from _below(value, kind)
