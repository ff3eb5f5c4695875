"""The figures of a study, computed once a session for the same votes: many tests open copies of one study."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from functools import wraps
from typing import Any

import pytest

from ftcompare.app.release import checkpoints, gate_conditions
from ftcompare.app.results import study_results
from ftcompare.stats.agreement import agreement
from ftcompare.stats.summary import compare, summarise
from tests.builders import key_of


@pytest.fixture(scope="session", autouse=True)
def results_once() -> Iterator[None]:
    """Has the functions of `ftcompare.stats` that results are made of look at the same votes once."""
    with pytest.MonkeyPatch.context() as patched:
        for function in (summarise, compare, agreement):
            once = _once(function)
            for module in (study_results, gate_conditions, checkpoints):
                if hasattr(module, function.__name__):
                    patched.setattr(module, function.__name__, once)
        yield


def _once(function: Callable[..., Any]) -> Callable[..., Any]:
    """The same function, which follows from its arguments alone and gives what nobody changes."""
    found: dict[Hashable, Any] = {}

    @wraps(function)
    def remembered(*arguments: Any, **named: Any) -> Any:
        given = tuple(list(value) if isinstance(value, Iterator) else value for value in arguments)
        key = key_of((given, named))
        if key not in found:
            found[key] = function(*given, **named)
        return found[key]

    return remembered
