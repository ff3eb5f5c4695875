"""Cache results computed from a study until the study changes."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar
from weakref import WeakKeyDictionary, ref

from ftcompare.core.language import language
from ftcompare.store.study.study_file import StudyFile


def state_of(study: StudyFile) -> tuple[object, ...]:
    """Return a value that differs for another study, and after a change."""
    return ref(study), study.changes


P = ParamSpec("P")
T = TypeVar("T")

_kept: WeakKeyDictionary[StudyFile, tuple[int, dict[Hashable, Any]]] = WeakKeyDictionary()
"""For each open study: its change count, and the results computed at that count."""


def kept_until_changed(
    find: Callable[Concatenate[StudyFile, P], T],
) -> Callable[Concatenate[StudyFile, P], T]:
    """Decorate a function so that its result is cached until the study changes.

    The key is the language and the arguments, without callables such as progress callbacks. The function must
    depend on the study and its arguments alone, and callers must not modify the result. Nothing is cached
    when it raises.
    """

    @wraps(find)
    def kept(study: StudyFile, /, *args: P.args, **options: P.kwargs) -> T:
        asked = tuple(one for one in args if not callable(one))
        named = tuple(sorted((name, one) for name, one in options.items() if not callable(one)))
        key = (find, asked, named, language())  # results can have texts
        changes, found = _kept.get(study, (-1, {}))
        if changes != study.changes:
            changes, found = _kept[study] = (study.changes, {})
        if key not in found:
            made = find(study, *args, **options)
            if changes != study.changes:
                changes, found = _kept[study] = (study.changes, {})
            found[key] = made
        value: T = found[key]
        return value

    return kept
