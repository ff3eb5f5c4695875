"""Regular expressions of tasks find what Python's find, and come to an end."""

from __future__ import annotations

import importlib
import re
from typing import Any

import pytest

from ftcompare.core.errors import UserError
from ftcompare.engine.backends.local import typed_harness
from ftcompare.engine.backends.local.typed_harness import TimeoutRegex, patterns_in_time

ENDLESS, TEXT = r"^(a|aa)+$", "a" * 60 + "!"
CALLS: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = [
    ("findall", (r"#### (\-?[0-9\.\,]+)", "so\n#### 1,200 and #### -3."), {}),
    ("findall", (r"(-?[$0-9.,]{2,})|(-?[0-9]+)", "It is $12.50, or 7."), {}),
    ("findall", (r"\('([^']*)', '([^']*)'\)", "[('a', 'N'), ('b', 'V')]"), {}),
    ("sub", (r"\bA\s*:", "B:", "A: so"), {}),
    ("sub", ("a", "b", "aaa"), {"count": 2}),
    ("sub", (r"(\w+) (\w+)", r"\2 \1", "one two"), {}),
    ("split", (r"\s+", "a b\tc"), {}),
    ("search", ("zzz", "abc"), {}),
    ("escape", ("a.b(c)",), {}),
]


@pytest.mark.parametrize(("name", "given", "options"), CALLS)
def test_expressions_find_what_python_finds(
    name: str, given: tuple[Any, ...], options: dict[str, Any]
) -> None:
    assert getattr(TimeoutRegex(), name)(*given, **options) == getattr(re, name)(*given, **options)


def test_a_compiled_expression_is_one_of_python_and_takes_flags() -> None:
    timed = TimeoutRegex()
    found = timed.compile(r"([a-c])x", timed.IGNORECASE)
    assert found.pattern == r"([a-c])x"
    assert found.groups == 1
    assert found.findall("AX bx dx") == ["A", "b"]
    assert found.search("..Cx").group(0) == "Cx"


@pytest.mark.parametrize("work", ["findall", "search"])
def test_what_would_not_end_is_given_up_and_named(monkeypatch: pytest.MonkeyPatch, work: str) -> None:
    monkeypatch.setattr(typed_harness, "SEARCH_SECONDS", 0.02)
    with pytest.raises(UserError, match=r"takes longer than 0\.02 s for one text: '\^\(a\|aa\)\+\$'") as told:
        getattr(TimeoutRegex(), work)(ENDLESS, TEXT)
    assert told.value.code == "task-broken"


@pytest.mark.parametrize("pattern", ["(a", "(?:ab){1000000}", "x" * 100 + "("])
def test_what_is_none_or_enormous_is_refused(pattern: str) -> None:
    with pytest.raises(UserError, match="A regular expression of the task cannot be used"):
        TimeoutRegex().compile(pattern)


def test_filters_of_the_harness_end_within_it_and_are_its_own_after(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    extraction: Any = importlib.import_module("lm_eval.filters.extraction")
    own = extraction.re
    monkeypatch.setattr(typed_harness, "SEARCH_SECONDS", 0.02)
    with patterns_in_time(["lm_eval.filters.extraction"]):
        honest = extraction.RegexFilter(r"(\d+)", fallback="none")
        assert list(honest.apply([["so 12"], ["no"]], [{}, {}])) == [["12"], ["none"]]
        choice = extraction.MultiChoiceRegexFilter(r"(\([A-Z]\))", ignore_case=True)
        assert choice.apply([["it is (B)"], ["the first"]], [{"choices": ["The first", "c"]}] * 2) == [
            ["(B)"],
            ["(A)"],
        ]
        with pytest.raises(UserError, match="takes longer"):
            list(extraction.RegexFilter(ENDLESS).apply([[TEXT]], [{}]))
    assert extraction.re is own
