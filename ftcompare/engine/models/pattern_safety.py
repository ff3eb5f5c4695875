"""Decides which layer patterns of configurations Python's `re` is certain to match quickly.

Patterns come with a folder, and libraries match them against the name of every layer. A pattern with nested
repetitions can take practically unlimited time for a name of forty letters.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterable, Iterator
from typing import Any

_constants: Any = importlib.import_module("re._constants")
_parser: Any = importlib.import_module("re._parser")

LONGEST = 2_000  # maximum number of characters

MOST_REPETITIONS = 3
"""Maximum number of unbounded repetitions in one pattern. Each multiplies the time by the name's length."""

SHORT_REPETITION = 32  # a repetition of at most this many is not counted, unless it is nested in another
PLAIN = re.compile(r"[\w.\-]*", re.ASCII)  # the name of a layer or the end of one

_REPEATS = (_constants.MAX_REPEAT, _constants.MIN_REPEAT, _constants.POSSESSIVE_REPEAT)


def is_quick(pattern: str) -> bool:
    """Whether matching is fast: no nested repetitions, and few repetitions; True for plain names."""
    if PLAIN.fullmatch(pattern):
        return len(pattern) <= LONGEST
    if len(pattern) > LONGEST:
        return False
    try:
        parsed: Any = _parser.parse(pattern)
        bounds = list(_repetitions(parsed, inner=False))
    except (re.error, RecursionError, OverflowError):
        return False
    return (
        None not in bounds and sum(bound > SHORT_REPETITION for bound in bounds if bound) <= MOST_REPETITIONS
    )


def _repetitions(parsed: Iterable[Any], *, inner: bool) -> Iterator[int | None]:
    """The maximum count of each repetition; None for a nested one, and for back-references."""
    for code, argument in parsed:
        if code is _constants.GROUPREF or code is _constants.GROUPREF_EXISTS:
            yield None
        elif code in _REPEATS:
            _, most, body = argument
            if most > 1:
                yield None if inner else int(most)
            yield from _repetitions(body, inner=inner or most > 1)
        else:
            for part in _parts(argument):
                yield from _repetitions(part, inner=inner)


def _parts(argument: object) -> Iterator[Any]:
    """The subpatterns in an argument of the parser's output: groups and branches."""
    if isinstance(argument, _parser.SubPattern):
        yield argument
    elif isinstance(argument, tuple | list):
        for one in argument:
            yield from _parts(one)
