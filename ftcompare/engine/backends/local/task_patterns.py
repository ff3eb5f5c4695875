"""Regular expressions of task files (filters, `regex_replace`, ignored parts in metrics) with a time limit.

The harness uses `re`, which cannot be interrupted. Its modules that use it get this replacement for `re`: the
same calls, implemented with `regex`, whose version 0 behaviour is set to match `re`.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from ftcompare.core.bounded_pattern import bounded_pattern
from ftcompare.core.errors import UserError

SECONDS = 5.0
"""Time limit of one search in one text; usual expressions take milliseconds."""

_SHOWN = 60
"""Number of characters of an expression shown in an error."""

_regex: Any = importlib.import_module("regex")
_SEARCHES = frozenset(("findall", "fullmatch", "match", "search", "split", "sub", "subn"))


class _TimedPattern:
    """A compiled expression whose searches have a time limit."""

    def __init__(self, pattern: str, flags: int) -> None:
        try:
            self._compiled = bounded_pattern(_regex, pattern, flags)
        except (ValueError, _regex.error, RecursionError, OverflowError) as error:
            raise _refused(f"cannot be used: {error}", pattern) from error
        self.pattern = pattern

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._compiled, name)
        if name not in _SEARCHES:
            return found

        def search(*args: Any, **options: Any) -> Any:
            try:
                return found(*args, timeout=SECONDS, **options)
            except TimeoutError as error:
                raise _refused(f"takes longer than {SECONDS:g} s for one text", self.pattern) from error

        return search


class TimedPatterns:
    """A replacement for the module `re`."""

    def compile(self, pattern: str, flags: int = 0) -> _TimedPattern:
        """Compile an expression.

        Raises:
            UserError: ``task-broken``, where it is invalid or very large.
        """
        return _TimedPattern(pattern, flags)

    def __getattr__(self, name: str) -> Any:
        if name not in _SEARCHES:
            return getattr(_regex, name)

        def search(pattern: str, *args: Any, flags: int = 0, **options: Any) -> Any:
            return getattr(self.compile(pattern, flags), name)(*args, **options)

        return search


@contextmanager
def patterns_in_time(modules: Iterable[str]) -> Iterator[None]:
    """Context manager in which these modules search with a time limit: `UserError` ``task-broken``."""
    found: list[Any] = [importlib.import_module(name) for name in modules]
    before = [module.re for module in found]
    for module in found:
        module.re = TimedPatterns()
    try:
        yield
    finally:
        for module, own in zip(found, before, strict=True):
            module.re = own


def _refused(why: str, pattern: str) -> UserError:
    named = repr(pattern if len(pattern) <= _SHOWN else f"{pattern[:_SHOWN]}…")
    what = f"A regular expression of the task {why}: {named}."
    return UserError(what, how="Correct the task's file.", code="task-broken")
