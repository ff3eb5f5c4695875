"""Templates of tasks are filled in as by Jinja, and come to an end."""

from __future__ import annotations

import pytest
from jinja2 import Environment
from jinja2.exceptions import SecurityError, UndefinedError

from ftcompare.core.errors import UserError
from ftcompare.engine.backends.local import typed_harness
from ftcompare.engine.backends.local.typed_harness import TaskSandbox

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
