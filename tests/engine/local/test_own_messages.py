"""Systems that are asked differently: each its own messages, one copy of the weights, one pass."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import Any

import pytest
from jinja2 import Environment
from jinja2.exceptions import SecurityError, UndefinedError

from ftcompare.core.errors import UserError
from ftcompare.core.recipe import TemplateOption
from ftcompare.core.study import Message
from ftcompare.engine.backends.local import typed_harness
from ftcompare.engine.backends.local.backend import LocalBackend
from ftcompare.engine.backends.local.typed_harness import TaskSandbox, TimeoutRegex, patterns_in_time
from ftcompare.engine.protocol import GenerationSettings, Item, Load, Loaded, SystemRequest, TextToScore
from tests.engine.local.local_driver import Driver, item, reference
from tests.engine.tiny_models import TEMPLATE

SETTINGS = GenerationSettings(max_new_tokens=10)
SHORT = (Message("user", "What is the heart?"),)
LONG = (
    Message("system", "Answer as a clinic does."),
    Message("user", "High blood pressure?"),
    Message("assistant", "Hypertension."),
    *SHORT,
)
ASKED = Item("p0", SHORT, own={"prompted": LONG, "again": LONG})
MORE = (ASKED, item("p1", "Hypertension?"), Item("p2", LONG, own={"base": SHORT}))


@pytest.fixture(params=[True, False], ids=["stacked", "reference"])
def driver(tiny: Path, request: pytest.FixtureRequest) -> Driver:
    """A base, asked in two ways, and an adapter, asked in two ways."""
    made = Driver(LocalBackend(stacked=request.param))
    load(made, tiny)
    assert all(one.ok for one in made.verify(MORE).systems)
    return made


def load(driver: Driver, tiny: Path, *options: tuple[str, TemplateOption]) -> Loaded:
    base, adapter = str(tiny / "llama" / "base"), str(tiny / "llama" / "adapter")
    systems = (
        SystemRequest("base", base),
        SystemRequest("tuned", base, adapter),
        SystemRequest("prompted", base, recipe="one", template_options=options),
        SystemRequest("again", base, adapter, recipe="two"),
    )
    command = Load(systems, device="cpu", dtype="float32")
    return driver.backend.load(command)


def test_each_system_answers_what_it_is_asked(driver: Driver, tiny: Path) -> None:
    base, adapter = tiny / "llama" / "base", tiny / "llama" / "adapter"
    pairs = driver.write(MORE, SETTINGS)
    assert driver.notes == (
        [] if driver.backend._stacked else driver.notes  # the reference path is asked for here
    )
    for one in MORE:
        assert list(pairs[one.key]) == ["base", "tuned", "prompted", "again"]
        for key, found in pairs[one.key].items():
            folder = adapter if key in ("tuned", "again") else None
            asked = Item(one.key, one.messages_for(key))
            assert (found.text, found.tokens) == reference(base, asked, 10, folder), (one.key, key)


def test_strict_mode_answers_the_same(driver: Driver) -> None:
    strict = GenerationSettings(max_new_tokens=10, strict=True)
    texts = {key: found.text for key, found in driver.write(MORE, strict)["p0"].items()}
    assert texts == {key: found.text for key, found in driver.write((ASKED,), strict)["p0"].items()}
    assert len(set(texts.values())) > 1


def test_an_adapter_of_two_systems_is_in_memory_once_and_both_are_proved(driver: Driver) -> None:
    systems = driver.backend._loaded_systems()
    assert systems.adapter("tuned") is systems.adapter("again")
    names = {key: name for key, (name, _) in systems.attached.items()}
    assert names["tuned"] == names["again"]
    first, second = (one for one in driver.verify((ASKED,)).systems if one.key in ("tuned", "again"))
    assert first.ok
    assert second.ok
    assert first.largest_difference != second.largest_difference, "each on its own prompts"
    written = driver.write((ASKED,), SETTINGS)["p0"]
    assert written["tuned"].active == written["again"].active == systems.adapter("tuned").digest
    assert written["base"].active == written["prompted"].active == ""


def test_texts_are_scored_after_what_each_is_asked(driver: Driver) -> None:
    text = "The heart pumps blood."
    found = driver.score(TextToScore("t", SHORT, text, own={"prompted": LONG, "again": LONG}))["t"]
    plain, long = (driver.score(TextToScore("t", messages, text))["t"] for messages in (SHORT, LONG))
    for key, alone in (("base", plain), ("tuned", plain), ("prompted", long), ("again", long)):
        assert found[key].logprobs == pytest.approx(alone[key].logprobs, abs=1e-4), key


def test_prompt_tokens_are_measured_of_each(driver: Driver) -> None:
    found = driver.benchmark((ASKED,), SETTINGS)
    read = {key: one.prompt_tokens or 0 for key, one in found.items()}
    assert read["base"] == read["tuned"] < read["prompted"] == read["again"]


def test_what_one_system_cannot_be_asked_fails_for_all(driver: Driver) -> None:
    answer = (*SHORT, Message("assistant", "No."))
    driver.write((Item("p0", SHORT, own={"prompted": answer}), Item("p1", SHORT)), SETTINGS)
    assert driver.failures == {"p0": "The prompt's last turn is not from the user."}
    assert list(driver.pairs) == ["p1"]


def test_draws_are_coupled_however_a_system_is_asked(tiny: Path) -> None:
    driver = Driver()
    load(driver, tiny)
    driver.verify(MORE)
    drawn = GenerationSettings(max_new_tokens=10, temperature=1.0, seed=3)
    both = driver.write((Item("p0", SHORT, own={"prompted": SHORT}),), drawn)["p0"]
    assert both["base"].text == both["prompted"].text
    assert both["base"].text == driver.write((ASKED,), drawn)["p0"]["base"].text


OPTIONAL = "{%- if brief is defined and brief -%}<|system|>{{ brief }}<|end|>{%- endif -%}" + TEMPLATE


def test_options_reach_the_template_and_idle_ones_are_noted(tiny: Path, tmp_path: Path) -> None:
    from tests.engine.tiny_models import build_model

    base = build_model(tmp_path / "base")
    (base / "chat_template.jinja").write_text(OPTIONAL, "utf-8")
    driver = Driver()
    options: tuple[tuple[str, TemplateOption], ...] = (("brief", "Be short."), ("tone", 3))
    systems = (
        SystemRequest("base", str(base)),
        SystemRequest("told", str(base), template_options=options, recipe="r"),
    )
    command = Load(systems, device="cpu", dtype="float32")
    loaded = driver.backend.load(command)
    (note,) = (note for note in loaded.systems[1].notes if note not in loaded.systems[0].notes)
    assert note == "The chat template's option tone = 3 changes nothing in a prompt."
    assert [one.recipe_digest for one in loaded.systems] == ["", "r"]
    assert all(one.ok for one in driver.verify((Item("p", SHORT),)).systems)
    found = driver.write((Item("p", SHORT),), SETTINGS)["p"]
    briefed = Item("p", (Message("system", "Be short."), *SHORT))
    assert found["told"].text == reference(base, briefed, 10)[0]
    assert found["base"].text == reference(base, Item("p", SHORT), 10)[0]


def test_an_option_cannot_take_the_place_of_the_prompt(tiny: Path) -> None:
    with pytest.raises(UserError, match="'messages': the name is reserved") as caught:
        load(Driver(), tiny, ("messages", "x"))
    assert caught.value.code == "template-option"


def test_an_option_of_a_template_that_refuses_all_is_idle(tiny: Path, tmp_path: Path) -> None:
    from tests.engine.tiny_models import build_model

    base = build_model(tmp_path / "base")
    (base / "chat_template.jinja").write_text("{{ raise_exception('no') }}", "utf-8")
    system = SystemRequest("base", str(base), template_options=(("brief", True),))
    loaded = Driver().backend.load(Load((system,), device="cpu"))
    assert any("brief = True changes nothing" in note for note in loaded.systems[0].notes)


# Templates of tasks are filled in as by Jinja, and come to an end.


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
