"""Templates of tasks are filled in as by Jinja, and come to an end.

Regular expressions of tasks find what Python's find, and come to an end.
"""

from __future__ import annotations

import importlib
import re
from typing import Any

import pytest
from jinja2 import Environment
from jinja2.exceptions import SecurityError, UndefinedError

from ftcompare.core.errors import UserError
from ftcompare.engine.backends.local import typed_harness
from ftcompare.engine.backends.local.typed_harness import TaskSandbox, TimeoutRegex, patterns_in_time

ITEM = {"q": "Why?", "choices": ["a", "b", "c"], "tree": [{"n": 1, "below": [{"n": 2, "below": []}]}]}


def filled(template: str) -> str:
    return TaskSandbox().from_string(template).render(**ITEM)


@pytest.mark.parametrize(
    "template",
    [
        "{{q}}\n",
        "{% for one in choices %}{{loop.index}}/{{loop.length}} {{one}}{{',' if not loop.last}}{% endfor %}",
        "{% for one in choices if one != 'b' %}{{loop.index}}{{one}}{% else %}none{% endfor %}",
        "{% for one in [] %}{{one}}{% else %}none{% endfor %}",
        "{% for n, v in {'a': 1}.items() %}{{n}}{{v}}{% endfor %}",
        "{% for one in tree recursive %}{{one.n}}{{loop(one.below)}}{% endfor %}",
        "{% for a in range(2) %}{% for b in range(a + 1) %}{{a}}{{b}} {% endfor %}{% endfor %}",
        "{% macro m(x) %}<{{x}}>{% endmacro %}{{m(q)}}{{m(1)}}",
        "{{choices|join(', ')|upper}} {{choices|map('upper')|list}} {{choices|select('eq', 'a')|first}}",
        "{{[3, 1, 2]|sort|last}} {{q|default('x')}} {{'b' is in choices}} {{choices|length is even}}",
        "{% if q is defined and nothing is not defined %}{{q|replace('?', '!')|e}}{% endif %}",
        "{{'ab' * 3}} {{3 * [1]}} {{2 ** 10}} {{7 * 6}} {{1.5 * 2}} {{2 ** -1}} {{2 ** 0.5}}",
    ],
)
def test_honest_templates_become_what_jinja_makes_of_them(template: str) -> None:
    plain = Environment(keep_trailing_newline=True).from_string(template)
    assert filled(template) == plain.render(**ITEM)


@pytest.mark.parametrize(
    "template",
    [
        "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}",
        "{% macro m(n) %}{{m(n - 1) ~ m(n - 1) if n}}{% endmacro %}{{m(60)}}",
    ],
)
def test_what_would_not_end_is_given_up(monkeypatch: pytest.MonkeyPatch, template: str) -> None:
    monkeypatch.setattr(typed_harness, "TEXT_SECONDS", 0.02)
    with pytest.raises(UserError, match=r"takes longer than 0\.02 s for one item") as caught:
        filled(template)
    assert caught.value.code == "task-broken"


@pytest.mark.parametrize(
    ("template", "where"),
    [
        ("{{ (1000 * [range(9999)])|map('sum')|list }}", "the filter sum"),
        ("{{ (1000 * [range(9999)])|map('list')|map('sum')|sum }}", "the filter"),
        ("{{ (1000000 * [q])|select('in', range(99999)|list)|list }}", "the test in"),
        ("{{ q|slow }}", "the filter slow"),
    ],
)
def test_a_slow_filter_or_test_is_given_up_and_named(
    monkeypatch: pytest.MonkeyPatch, template: str, where: str
) -> None:
    monkeypatch.setattr(typed_harness, "TEXT_SECONDS", 0.02)
    sandbox = TaskSandbox()
    sandbox.add_filter("slow", lambda text: "".join(text for _ in range(2_000_000)))
    with pytest.raises(UserError, match=rf"takes longer than 0\.02 s for one item, in {where}"):
        sandbox.from_string(template).render(**ITEM)


@pytest.mark.parametrize(
    "template", ["{{'a' * 10000000000}}", "{{10000000 * [1]}}", "{{9 ** (9 ** 9)}}", "{{2 ** -9999999}}"]
)
def test_what_would_take_all_memory_is_not_made(template: str) -> None:
    with pytest.raises(UserError, match="millions of parts"):
        filled(template)


def test_nothing_of_python_is_reached_and_nothing_that_lacks_is_empty() -> None:
    with pytest.raises(SecurityError):
        filled("{{q.__class__.__mro__}}")
    with pytest.raises(UndefinedError):
        filled("{{absent}}")


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
