"""Systems that are asked differently: each its own messages, one copy of the weights, one pass."""

from __future__ import annotations

from pathlib import Path

import pytest

from ftcompare.core.errors import UserError
from ftcompare.core.recipe import TemplateOption
from ftcompare.core.study import Message
from ftcompare.engine.backends.local.backend import LocalBackend
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
    assert driver.failures == {"p0": "The prompt's last turn is not the user's."}
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
    with pytest.raises(UserError, match="'messages': the name is taken") as caught:
        load(Driver(), tiny, ("messages", "x"))
    assert caught.value.code == "template-option"


def test_an_option_of_a_template_that_refuses_all_is_idle(tiny: Path, tmp_path: Path) -> None:
    from tests.engine.tiny_models import build_model

    base = build_model(tmp_path / "base")
    (base / "chat_template.jinja").write_text("{{ raise_exception('no') }}", "utf-8")
    system = SystemRequest("base", str(base), template_options=(("brief", True),))
    loaded = Driver().backend.load(Load((system,), device="cpu"))
    assert any("brief = True changes nothing" in note for note in loaded.systems[0].notes)
