"""Regular expressions of task files (filters, `regex_replace`, what metrics ignore), searched within a time.

The harness searches by `re`, which cannot be interrupted. Its modules that do are given this in the place of
`re`: the same calls, searched by `regex`, whose version 0 is made to find what `re` finds.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from ftcompare.core.bounded_pattern import bounded_pattern
from ftcompare.core.errors import UserError

SECONDS = 5.0
"""Of one search in one text; honest expressions take a thousandth of one."""

_SHOWN = 60
"""Characters of an expression that an error shows."""

_regex: Any = importlib.import_module("regex")
_SEARCHES = frozenset(("findall", "fullmatch", "match", "search", "split", "sub", "subn"))


class _TimedPattern:
    """A compiled expression whose searches end."""

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
    """Stands in the place of the module `re`."""

    def compile(self, pattern: str, flags: int = 0) -> _TimedPattern:
        """The expression.

        Raises:
            UserError: ``task-broken``, where it is none, or very large.
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
    """Within it these modules search within a time: `UserError` ``task-broken`` where it is over."""
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
