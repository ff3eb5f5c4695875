"""Reasoning of served systems: given apart by the server, or between markers in the text."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ftcompare.engine.backends.served.generation import SHARED, TOGETHER
from ftcompare.engine.protocol import GenerationSettings, Load, SystemRequest, Written
from tests.engine.chain_models import THINKING, build_chain
from tests.engine.served.openai_front import Front, serving_model
from tests.engine.served.openai_model import FrontModel
from tests.engine.served.served_driver import ITEMS, Driver
from tests.engine.tiny_models import END

ANSWER = ("</think>", "A", "B", "C", END)


@pytest.fixture(scope="module")
def writing(tmp_path_factory: pytest.TempPathFactory) -> FrontModel:
    """Opens its reasoning itself."""
    chain = ("<|assistant|>", "<think>", "H", "m", *ANSWER)
    return FrontModel(build_chain(tmp_path_factory.mktemp("w") / "m", chain), {})


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> FrontModel:
    """Its template opens the reasoning."""
    folder: Path = tmp_path_factory.mktemp("o") / "m"
    return FrontModel(build_chain(folder, ("\n", "H", "m", *ANSWER), template=THINKING), {})


def ready(driver: Driver, front: Front, **options: Any) -> Driver:
    system = SystemRequest("b", "base", "", front.url, **options)
    driver.backend.load(Load((system,), backend="served"))
    assert all(one.ok for one in driver.verify(ITEMS[:2]).systems)
    return driver


def written(driver: Driver, **changes: Any) -> Written:
    settings = GenerationSettings(**{"max_new_tokens": 20, **changes})
    return driver.write(ITEMS[:1], settings)["p0"]["b"]


def parts(one: Written) -> tuple[str, str, str, int, int | None]:
    return one.reasoning, one.text, one.finish_reason, one.tokens, one.reasoning_tokens


@pytest.mark.parametrize("flavour", ["vllm", "llama.cpp"])
def test_markers_in_the_text_are_read(writing: FrontModel, driver: Driver, flavour: str) -> None:
    """The tokens of reasoning are counted by its text."""
    with serving_model(writing, ("base",), flavour=flavour) as front:
        ready(driver, front)
        whole = written(driver)
        assert (whole.reasoning, whole.text, whole.finish_reason) == ("Hm", "ABC", "end")
        assert (whole.reasoning_tokens, (whole.prompt_tokens or 0) > 5) == (2, True)
        assert parts(written(driver, max_new_tokens=3)) == ("Hm", "", "no_answer", 0, 3)
        assert parts(written(driver, max_new_tokens=5))[:3] == ("Hm", "A", "length")


@pytest.mark.parametrize("flavour", ["vllm", "llama.cpp"])
def test_what_the_template_opens_is_known(opened: FrontModel, driver: Driver, flavour: str) -> None:
    with serving_model(opened, ("base",), flavour=flavour) as front:
        ready(driver, front)
        assert parts(written(driver))[:3] == ("Hm", "ABC", "end")
        assert parts(written(driver, max_new_tokens=2)) == ("Hm", "", "no_answer", 0, 2)
        assert parts(written(driver, stop=("m",)))[:3] == ("Hm", "ABC", "end")
        assert "stop" not in front.requests[-1][1]


def test_a_server_that_spells_no_tokens_is_read_by_what_closes(opened: FrontModel, driver: Driver) -> None:
    with serving_model(opened, ("base",), detokenizes=False) as front:
        ready(driver, front)
        assert parts(written(driver))[:3] == ("Hm", "ABC", "end")


@pytest.mark.parametrize("name", ["reasoning_content", "reasoning"])
def test_a_server_may_give_it_apart(writing: FrontModel, driver: Driver, name: str) -> None:
    with serving_model(writing, ("base",), flavour="chat", reasoning_field=name) as front:
        ready(driver, front)
        found = written(driver)
        assert parts(found)[:3] == ("Hm", "ABC", "end")
        assert (found.reasoning_tokens, driver.notes) == (None, [TOGETHER])
        assert parts(written(driver, max_new_tokens=3))[:3] == ("Hm", "", "no_answer")
        front.conduct.counts_reasoning = True
        counted = written(driver)
        assert (counted.reasoning_tokens, counted.tokens, driver.notes) == (3, found.tokens - 3, [])
        measured = driver.backend.benchmark(ITEMS[:1], GenerationSettings(max_new_tokens=20))
    assert measured.systems[0].tokens == 7


def test_stop_texts_are_looked_for_in_the_answer_only(writing: FrontModel, driver: Driver) -> None:
    with serving_model(writing, ("base",)) as front:
        ready(driver, front)
        assert parts(written(driver, stop=("m",)))[:3] == ("Hm", "ABC", "end")
        assert parts(written(driver, stop=("B",)))[:3] == ("Hm", "A", "end")
        pairs = driver.write(ITEMS[:2], GenerationSettings(max_new_tokens=20, stop=("C",)))
    assert {pair["b"].text for pair in pairs.values()} == {"AB"}


def test_an_answer_without_reasoning_stops_at_the_server(front_model: FrontModel, driver: Driver) -> None:
    with serving_model(front_model, ("base",)) as front:
        ready(driver, front)
        assert written(driver, stop=("e",)).reasoning_tokens == 0
        assert front.asked("stop")[-1] == ["e"]


def test_markers_that_the_owner_names_count(tmp_path: Path, driver: Driver) -> None:
    chain = ("<|assistant|>", "<plan>", "H", "</plan>", "A", END)
    model = FrontModel(build_chain(tmp_path / "m", chain, added=("<plan>", "</plan>")), {})
    with serving_model(model, ("base",)) as front:
        ready(driver, front, reasoning_markers=(("<plan>", "</plan>"),))
        assert parts(written(driver))[:3] == ("H", "A", "end")


def test_a_limit_of_reasoning_is_shared_and_told(writing: FrontModel, driver: Driver) -> None:
    with serving_model(writing, ("base",)) as front:
        ready(driver, front)
        assert parts(written(driver, max_new_tokens=3, max_reasoning_tokens=2))[:3] == ("Hm", "A", "length")
        assert driver.notes == [SHARED.format(tokens=5)]
        assert front.asked("max_tokens")[-1] == 5
