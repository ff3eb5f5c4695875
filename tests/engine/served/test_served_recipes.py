"""Systems behind a server that are asked differently: own messages, options of the chat template."""

from __future__ import annotations

from pathlib import Path

import pytest

from ftcompare.core.errors import UserError
from ftcompare.core.recipe import TemplateOption
from ftcompare.core.study import Message
from ftcompare.engine.protocol import Item, Load, Loaded, Scored, SystemRequest, TextToScore
from tests.engine.served.openai_front import serving_model
from tests.engine.served.openai_model import FrontModel
from tests.engine.served.served_driver import ITEMS, SETTINGS, Driver
from tests.engine.tiny_models import TEMPLATE, build_model

SHORT = (Message("user", "What is the heart?"),)
LONG = (Message("system", "Answer as a clinic does."), *SHORT)
ASKED = Item("p0", SHORT, own={"prompted": LONG})
FLAVOURS = ("vllm", "llama.cpp", "chat")
OPTIONAL = "{%- if brief is defined and brief -%}<|system|>{{ brief }}<|end|>{%- endif -%}" + TEMPLATE


@pytest.fixture(scope="module")
def optional(tmp_path_factory: pytest.TempPathFactory) -> FrontModel:
    base: Path = build_model(tmp_path_factory.mktemp("optional") / "base")
    (base / "chat_template.jinja").write_text(OPTIONAL, "utf-8")
    return FrontModel(base, {})


def load(driver: Driver, url: str, *options: tuple[str, TemplateOption], recipe: str = "one") -> Loaded:
    plain = SystemRequest("b", "base", "", url)
    prompted = SystemRequest("prompted", "base", "", url, template_options=options, recipe=recipe)
    return driver.backend.load(Load((plain, prompted), backend="served"))


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_one_name_answers_each_of_its_systems(front_model: FrontModel, driver: Driver, flavour: str) -> None:
    with serving_model(front_model, ("base",), flavour=flavour) as front:
        loaded = load(driver, front.url)
        assert [one.recipe_digest for one in loaded.systems] == ["", "one"]
        assert all(one.ok for one in driver.verify((ASKED, *ITEMS[1:])).systems)
        found = driver.write((ASKED, ITEMS[1]))
        both = driver.write((Item("p0", LONG), ITEMS[1]))
    assert found["p0"]["b"].text != found["p0"]["prompted"].text == both["p0"]["prompted"].text
    assert found["p1"]["b"].text == found["p1"]["prompted"].text


def test_a_name_without_a_recipe_of_its_own_is_one_system(front_model: FrontModel, driver: Driver) -> None:
    with (
        serving_model(front_model, ("base",)) as front,
        pytest.raises(UserError, match="they would be one system") as caught,
    ):
        load(driver, front.url, recipe="")
    assert caught.value.code == "served-twice"


def test_a_longer_recipe_leaves_all_the_same_room(front_model: FrontModel, driver: Driver) -> None:
    with serving_model(front_model, ("base",)) as front:
        load(driver, front.url)
        driver.verify((ASKED,))
        words = (Message("system", "heart " * 109), *SHORT)
        driver.write((Item("p0", SHORT, own={"prompted": words}),))
        limits = set(front.asked("max_tokens")[-2:])
        much = (Message("system", "heart " * 130), *SHORT)
        driver.write((Item("p1", SHORT, own={"prompted": much}),))
    assert len(limits) == 1
    assert limits < {*range(1, 8)}
    assert "context has 128" in driver.failures["p1"]


def test_texts_are_scored_after_what_each_is_asked(front_model: FrontModel, driver: Driver) -> None:
    with serving_model(front_model, ("base",)) as front:
        load(driver, front.url)
        driver.verify((ASKED,))
        text = TextToScore("t", SHORT, "The heart.", own={"prompted": LONG})
        driver.backend.score((text,))
        measured = driver.backend.benchmark((ASKED,), SETTINGS)
    (scored,) = (one for one in driver.events if isinstance(one, Scored))
    plain, prompted = scored.scores
    assert plain.logprobs != prompted.logprobs
    assert (measured.systems[0].prompt_tokens or 0) < (measured.systems[1].prompt_tokens or 0)


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_options_go_to_where_the_template_is_filled_in(
    optional: FrontModel, driver: Driver, flavour: str
) -> None:
    with serving_model(optional, ("base",), flavour=flavour) as front:
        loaded = load(driver, front.url, ("brief", "Be short."), ("tone", 3))
        driver.verify((ASKED,))
        found = driver.write((Item("p", SHORT),))["p"]
        told = driver.write((Item("p", (Message("system", "Be short."), *SHORT)),))["p"]
    assert found["prompted"].text == told["b"].text != found["b"].text
    notes = " ".join(note for note in loaded.systems[1].notes if note not in loaded.systems[0].notes)
    if flavour == "chat":
        assert "cannot see whether it applies the options brief = Be short., tone = 3." in notes
    else:
        assert notes == "The chat template's option tone = 3 changes nothing in a prompt."


def test_a_server_that_refuses_options_is_not_used_for_them(optional: FrontModel, driver: Driver) -> None:
    conduct = {"flavour": "chat", "refused": {"chat_template_kwargs"}}
    with serving_model(optional, ("base",), **conduct) as front:
        with pytest.raises(UserError, match=r"does not accept options of the chat template \(brief = x\)"):
            load(driver, front.url, ("brief", "x"))
        assert len(load(driver, front.url).systems) == 2


def test_options_without_a_template_change_nothing(tiny: Path, driver: Driver) -> None:
    with serving_model(FrontModel(tiny / "gpt2" / "base", {}), ("base",)) as front:
        loaded = load(driver, front.url, ("brief", True))
    assert (
        "The model has no chat template: the options brief = True change nothing." in loaded.systems[1].notes
    )
