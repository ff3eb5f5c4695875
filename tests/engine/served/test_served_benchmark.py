"""What a served system takes by itself; the clock is the test's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from itertools import accumulate, count, cycle
from typing import Any

import pytest

from ftcompare.core.errors import EnvironmentFault, UserError
from ftcompare.engine.backends.speed import TimedResponse, system_speed
from ftcompare.engine.protocol import AnswerTime, SystemSpeed
from tests.builders import refusal_code
from tests.engine.local.local_driver import item as local_item
from tests.engine.served.openai_front import Front, serving_model
from tests.engine.served.openai_model import Completion, FrontModel
from tests.engine.served.served_driver import ITEMS, SETTINGS, Driver, driving, item

NAMES = ("base", "tuned")
CLOCK = "ftcompare.engine.backends.served.benchmark.monotonic"


@pytest.fixture
def driver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Driver]:
    with driving() as driver:
        ticks = count()
        monkeypatch.setattr(CLOCK, lambda: float(next(ticks)))  # a second passes at each look
        yield driver


def front_of(front_model: FrontModel, **conduct: Any) -> AbstractContextManager[Front]:
    return serving_model(front_model, NAMES, **conduct)


def speeds(driver: Driver, front: Front, items: Any = ITEMS) -> list[SystemSpeed]:
    driver.load(front.url, "tuned")
    measured = driver.backend.benchmark(items, SETTINGS)
    return list(measured.systems)


@pytest.mark.parametrize("flavour", ["vllm", "chat"])
def test_each_system_is_timed_by_itself_from_its_stream(
    driver: Driver, front_model: FrontModel, flavour: str
) -> None:
    with front_of(front_model, flavour=flavour) as front:
        found = speeds(driver, front)
        assert front.most_at_once == 1
    prompts = [
        front_model.ids(front_model.prompt_text([{"role": "user", "content": one.messages[0].content}]))
        for one in ITEMS
    ]
    assert [one.system for one in found] == ["b", "tuned"]
    for one in found:
        assert (one.prompts, one.prompt_tokens, one.tokens) == (4, sum(map(len, prompts)), 32)
        # Each response: begun, first text, end, a second apart.
        assert (one.first_token_seconds, one.tokens_per_second) == (1.0, 28 / 4)
        assert (one.memory_bytes, one.ended) == (None, 0)
        assert [answer.item for answer in one.answers] == [item.key for item in ITEMS]
        assert {(answer.first_token_seconds, answer.tokens_per_second) for answer in one.answers} == {
            (1.0, 7.0)
        }


def test_repeats_are_timed_and_not_counted_as_prompts(driver: Driver, front_model: FrontModel) -> None:
    with front_of(front_model) as front:
        driver.load(front.url, "tuned")
        found = driver.backend.benchmark(ITEMS, SETTINGS, 3)
    for one in found.systems:
        assert (one.prompts, one.tokens, len(one.answers)) == (4, 32, 12)
        assert {answer.repeat for answer in one.answers} == {0, 1, 2}


def test_a_server_that_counts_only_outside_of_streams(driver: Driver, front_model: FrontModel) -> None:
    with front_of(front_model, counts_streams=False) as front:
        found = speeds(driver, front)
    assert all((one.prompt_tokens, one.tokens, one.tokens_per_second) == (None, None, None) for one in found)
    assert all(one.first_token_seconds == 1.0 for one in found)


def test_a_server_that_does_not_stream(driver: Driver, front_model: FrontModel) -> None:
    with front_of(front_model, streams=False) as front:
        found = speeds(driver, front)
    assert all((one.first_token_seconds, one.tokens_per_second) == (None, None) for one in found)
    assert all(one.tokens == 32 for one in found)


def test_a_stream_that_is_held_back_and_sent_at_once_has_no_speed(
    driver: Driver, front_model: FrontModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = accumulate(cycle((1.0, 2.0, 0.001)))  # begun, first text after 2 s, all the rest in a millisecond
    monkeypatch.setattr(CLOCK, lambda: next(looks))
    with front_of(front_model) as front:
        found = speeds(driver, front)
    assert all((one.first_token_seconds, one.tokens_per_second) == (None, None) for one in found)
    assert all(one.tokens == 32 for one in found)
    assert any("sent answers in one piece" in note for note in driver.notes)


def test_a_server_that_takes_the_wish_to_stream_and_ignores_it(
    driver: Driver, front_model: FrontModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    def whole(handler: Any, body: Any, ids: Any) -> None:
        handler._send(200, handler._written({**body, "stream": False}, ids))

    monkeypatch.setattr("tests.engine.served.openai_front.Handler._streamed", whole)
    with front_of(front_model) as front:
        assert all(one.first_token_seconds is None for one in speeds(driver, front))


def test_a_stream_without_end_is_cut(
    driver: Driver, front_model: FrontModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    with front_of(front_model) as front:
        driver.load(front.url)
        monkeypatch.setattr("ftcompare.engine.backends.served.http_client.MAX_ANSWER", 300)
        with pytest.raises(EnvironmentFault, match="an answer of more than") as caught:
            driver.backend.benchmark(ITEMS, SETTINGS)
    assert caught.value.code == "server-failed"


@pytest.mark.parametrize(
    ("event", "words"), [(b"{]", "not a JSON"), (b'{"error": {"message": "out of memory"}}', "out of memory")]
)
def test_a_stream_that_breaks_off_is_a_fault(
    driver: Driver, front_model: FrontModel, monkeypatch: pytest.MonkeyPatch, event: bytes, words: str
) -> None:
    def broken(handler: Any, *_: Any) -> None:
        handler._begin_stream()
        handler.wfile.write(b"data: " + event + b"\n\n")

    monkeypatch.setattr("tests.engine.served.openai_front.Handler._streamed", broken)
    with front_of(front_model) as front, pytest.raises(EnvironmentFault, match=words) as caught:
        speeds(driver, front)
    assert caught.value.code == "server-failed"


def test_responses_that_end_by_themselves_are_counted(
    driver: Driver, front_model: FrontModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(front_model, "write", _at_once)
    with front_of(front_model) as front:
        found = speeds(driver, front)
    assert [one.ended for one in found] == [4, 4]
    # The only token is the end token: it is not counted, and no text ever came.
    assert [(one.tokens, one.first_token_seconds) for one in found] == [(0, None), (0, None)]


def _at_once(*_: Any) -> Any:
    return Completion(finish_reason="stop", counted=1)


def test_prompts_that_are_not_taken_are_left_out_and_told(driver: Driver, front_model: FrontModel) -> None:
    nobody = local_item("nobody", "x", roles=("system",))
    with front_of(front_model, flavour="chat") as front:
        found = speeds(driver, front, (ITEMS[0], nobody, item("long", "heart " * 200)))
        assert [one.prompts for one in found] == [1, 1]
        assert "2 of 3 prompts were not measured" in driver.notes[0]
        assert refusal_code(lambda: speeds(driver, front, (nobody,))) == "no-prompts"
        front.conduct.finish_reason = ""
        with pytest.raises(UserError, match="There are none"):
            speeds(driver, front, ())


def test_responses_that_are_withheld_are_not_measured(driver: Driver, front_model: FrontModel) -> None:
    with front_of(front_model, streams=False) as front:
        driver.load(front.url)
        front.conduct.finish_reason = "content_filter"
        with pytest.raises(UserError, match="filter"):
            driver.backend.benchmark(ITEMS, SETTINGS)


def test_a_name_that_is_served_no_longer_is_a_fault(driver: Driver, front_model: FrontModel) -> None:
    with front_of(front_model) as front:
        driver.load(front.url, "tuned")
        front.names = ("base",)
        with pytest.raises(UserError) as caught:
            driver.backend.benchmark(ITEMS, SETTINGS)
    assert caught.value.code == "served-name-missing"


def test_figures_of_several_responses() -> None:
    one = TimedResponse(prompt_tokens=3, tokens=11, later=10, first=0.5, rest=2.0, ended=True)
    short = replace(one, first=1.5, tokens=1, later=0, rest=0.0)
    cut = replace(one, first=0.7, ended=False)
    timed = {("a", 0): one, ("b", 0): short, ("c", 0): cut, ("a", 1): replace(cut, first=0.9)}
    answers = (
        AnswerTime("a", 0, 0.5, 5.0),
        AnswerTime("b", 0, 1.5, None),
        AnswerTime("c", 0, 0.7, 5.0),
        AnswerTime("a", 1, 0.9, 5.0),
    )
    found = system_speed("s", timed, 100)
    assert found == SystemSpeed("s", 3, 9, 23, 0.8, 30 / 6.0, 100, 2, answers)
    assert system_speed("s", {("a", 0): replace(one, tokens=None, later=None)}).tokens_per_second is None
    assert system_speed("s", {("a", 0): replace(one, rest=0.0)}).tokens_per_second is None
