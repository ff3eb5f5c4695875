"""Answers of servers as they spell them, sound and broken, with their reasoning."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ftcompare.core.run_record import Position
from ftcompare.core.trace import TraceStep, steps
from ftcompare.engine.backends.served.generation import SHARED, TOGETHER
from ftcompare.engine.backends.served.http_client import (
    Json,
    Refused,
    Retriable,
    RetryPolicy,
    ServerFailed,
    is_other_model,
    message_in,
    read_object,
    shortened,
)
from ftcompare.engine.backends.served.replies import NoResponse, Reply, piece
from ftcompare.engine.backends.served.replies import read_reply as reply_read
from ftcompare.engine.backends.served.scoring import token_starts
from ftcompare.engine.protocol import GenerationSettings, Load, SystemRequest, Written
from tests import traced_answers
from tests.engine.chain_models import THINKING, build_chain
from tests.engine.served.openai_front import Front, serving_model
from tests.engine.served.openai_model import FrontModel
from tests.engine.served.served_driver import ITEMS, Driver
from tests.engine.tiny_models import END

ASKED_FOR = 100


def read_reply(said: Json) -> Reply:
    return reply_read(said, ASKED_FOR)


def answer(**choice: Any) -> Json:
    return {
        "choices": [{"text": "Hello", "finish_reason": "stop", **choice}],
        "usage": {"completion_tokens": 3},
    }


def test_text_is_found_where_each_interface_has_it_and_half_a_character_is_replaced() -> None:
    assert read_reply(answer(text="Hello \n")).text == "Hello"
    chat: Json = {"choices": [{"message": {"content": "Hi"}, "finish_reason": "length"}]}
    reply = read_reply(chat)
    assert (reply.text, reply.finish_reason, reply.tokens, reply.prompt_tokens) == (
        "Hi",
        "length",
        None,
        None,
    )
    parts = [{"type": "text", "text": "Hi "}, {"type": "output_text", "text": "there"}]
    assert read_reply(answer(text=parts)).text == "Hi there"
    for message, finish in (({"content": None}, "length"), ({"content": None, "reasoning": "Hm"}, "stop")):
        reply = read_reply({"choices": [{"message": message, "finish_reason": finish}]})
        assert (reply.content, reply.finish_reason) == ("", "no_answer")
    assert piece({"delta": {"role": "assistant"}}) == ""
    assert read_reply(answer(text="a\ud83d b \ud83d\ude00")).text == "a\ufffd b 😀"


@pytest.mark.parametrize(
    ("choice", "text"),
    [
        ({"text": "", "message": {"content": "Hello"}}, "Hello"),
        ({"text": [], "message": {"text": "", "content": "Hello"}}, "Hello"),
        ({"message": {"content": "Hello", "refusal": "", "tool_calls": []}}, "Hello"),
        ({"message": {"content": "Hello", "refusal": None, "function_call": None}}, "Hello"),
        ({"message": {"content": "", "reasoning_content": "", "reasoning": "Hm"}}, "Hm\n"),
        ({"text": "", "message": {"content": None}}, ""),
    ],
)
def test_the_first_value_that_is_not_empty_counts(choice: Json, text: str) -> None:
    reply = read_reply({"choices": [{"finish_reason": "stop", **choice}]})
    assert (reply.text, reply.finish_reason) == (text, "end")


def test_the_end_token_is_taken_off_where_the_server_says_that_it_was_one() -> None:
    assert read_reply(answer()).tokens == 3
    assert read_reply(answer(stop_reason=None)).tokens == 2
    assert read_reply(answer(stop_reason="###")).tokens == 3
    assert read_reply(answer(stop_reason=None, finish_reason="length")).tokens == 3


@pytest.mark.parametrize("count", [-1, 1.5, True, "7", None, 10**30, ASKED_FOR + 2])
def test_a_count_that_cannot_be_is_none(count: object) -> None:
    details = {"reasoning_tokens": count}
    usage = {"completion_tokens": count, "completion_tokens_details": details}
    reply = read_reply({**answer(), "usage": usage})
    assert (reply.tokens, reply.reasoning_tokens) == (None, None)


def test_as_many_tokens_as_asked_for_are_counted_and_prompts_may_be_longer() -> None:
    usage = {"completion_tokens": ASKED_FOR + 1, "prompt_tokens": 10**6}
    reply = read_reply({**answer(stop_reason=None), "usage": usage})
    assert (reply.tokens, reply.prompt_tokens) == (ASKED_FOR, 10**6)
    assert read_reply({**answer(), "usage": {"prompt_tokens": 10**30}}).prompt_tokens is None


@pytest.mark.parametrize(
    "broken",
    [
        {},
        {"choices": []},
        {"choices": "x"},
        {"choices": [3]},
        answer(finish_reason=None),
        answer(finish_reason=[]),
        answer(finish_reason="abort"),
    ],
)
def test_what_has_not_the_shape_of_an_answer_is_a_failure(broken: Json) -> None:
    with pytest.raises(ServerFailed):
        read_reply(broken)


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (None, "null"),
        (7, "a number"),
        (True, "true or false"),
        ({"text": "Hello"}, "an object"),
        ([["Hello"]], "a list"),
        ([None], "null"),
        ([{"type": "text", "text": 3}], "“text”"),
    ],
)
def test_content_that_is_no_text_is_refused_by_its_type(content: object, named: str) -> None:
    for choice in ({"text": content}, {"message": {"content": content}}):
        with pytest.raises(NoResponse, match=f"contains .*{named}"):
            read_reply({"choices": [{"finish_reason": "stop", **choice}], "usage": {"completion_tokens": 3}})


@pytest.mark.parametrize(
    ("requested", "reported", "other"),
    [
        ("gpt-4o", "gpt-4o", False),
        ("gpt-4o", "gpt-4o-2024-08-06", False),
        ("claude-sonnet-4", "claude-sonnet-4-20250514", False),
        ("gpt-4o", "", False),
        ("gpt-4o", "gpt-4o-mini", True),
        ("gpt-4o", "gpt-4o-mini-2024-07-18", True),
        ("cardiology", "cardiology-1000", True),
        ("cardiology-20250101", "cardiology-20250202", True),
    ],
)
def test_a_dated_version_of_the_name_is_the_same_model(requested: str, reported: str, other: bool) -> None:
    assert is_other_model(requested, reported) is other


CALLED = "The model called a tool instead of answering."
NO = [{"type": "refusal", "refusal": "No"}]


@pytest.mark.parametrize(
    ("message", "finish", "reason"),
    [
        ({"content": "Hello"}, "content_filter", "The server's filter withheld the response."),
        ({"content": "Hello"}, "tool_calls", CALLED),
        ({"content": "", "tool_calls": [{"id": "1"}]}, "stop", CALLED),
        ({"content": None, "tool_calls": [{"id": "1"}]}, "length", CALLED),
        ({"content": None, "tool_calls": "f()"}, "tool_calls", CALLED),
        ({"content": "", "refusal": "No"}, "stop", "The model refused to answer: “No”"),
        ({"content": None, "refusal": "No"}, "stop", "The model refused to answer: “No”"),
        ({"content": None, "refusal": "No", "reasoning": "Hm"}, "stop", "The model refused to answer: “No”"),
        ({"content": NO}, "stop", "The model refused to answer: “No”"),
        ({"content": [{"type": "text", "text": "Hello"}, *NO]}, "stop", "The model refused to answer: “No”"),
        ({"content": [{"type": "refusal", "text": "No"}]}, "stop", "The model refused to answer: “No”"),
        ({"content": "", "refusal": "x" * 101}, "stop", f"The model refused to answer: “{'x' * 100}…”"),
    ],
)
def test_a_withheld_response_says_why(message: Json, finish: str, reason: str) -> None:
    with pytest.raises(NoResponse) as caught:
        read_reply({"choices": [{"message": message, "finish_reason": finish}]})
    assert caught.value.reason == reason


@pytest.mark.parametrize(
    ("message", "finish", "end", "shown"),
    [
        (traced_answers.call("f", n=1), "tool_calls", "end", (TraceStep("f", '{"n": 1}'),)),
        (traced_answers.call("f", n=1), "length", "length", (TraceStep("f", '{"n": 1}'),)),
        (
            {**traced_answers.call("f"), "content": "Let me see.", "reasoning": "Hm"},
            "tool_calls",
            "end",
            (TraceStep(result="Let me see."), TraceStep("f", "{}")),
        ),
        ({"content": "", "function_call": {"name": "x"}}, "stop", "end", (TraceStep("x"),)),
    ],
)
def test_calls_of_tools_are_steps_of_the_answer(
    message: Json, finish: str, end: str, shown: tuple[TraceStep, ...]
) -> None:
    reply = read_reply({"choices": [{"message": message, "finish_reason": finish}]})
    assert (reply.content, reply.finish_reason, steps(reply.steps)) == ("", end, shown)


def test_log_probabilities_are_read_in_both_shapes() -> None:
    older = {
        "tokens": ["a", "b"],
        "token_logprobs": [-0.5, -1],
        "top_logprobs": [{"a": -0.5, "c": -2.0}, None],
    }
    assert read_reply(answer(logprobs=older)).positions == (
        Position("a", {"a": -0.5, "c": -2.0}),
        Position("b", {"b": -1.0}),
    )
    top = [{"token": "c", "logprob": -2.0}, {"token": "d", "logprob": None}]
    newer = {
        "content": [{"token": "a", "logprob": -0.5, "top_logprobs": top}, {"token": "b", "logprob": True}]
    }
    assert read_reply(answer(logprobs=newer)).positions == (
        Position("a", {"c": -2.0, "a": -0.5}),
        Position("b", {}),
    )


@pytest.mark.parametrize("found", [None, [], {}, {"tokens": ["a"]}, {"tokens": "a", "top_logprobs": "b"}])
def test_without_log_probabilities_there_are_none(found: object) -> None:
    assert read_reply(answer(logprobs=found)).positions == ()


def test_log_probabilities_without_those_of_the_tokens_written() -> None:
    found = {"tokens": ["a"], "top_logprobs": [{"a": -0.5}], "token_logprobs": None}
    assert read_reply(answer(logprobs=found)).positions == (Position("a", {"a": -0.5}),)


def test_tokens_start_where_the_text_has_them() -> None:
    assert token_starts(["The", " heart", "."], "The heart.") == (0, 3, 9)
    # A character of several tokens: they start where the last one that can be spelled ended.
    assert token_starts(["a", "\ufffd", "\ufffd", " b"], "a\U0001f642 b") == (0, 1, 1, 2)
    assert token_starts(["x", "y"], "") == (0, 0)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"error": {"message": "too long", "code": 400}}, "too long"),
        ({"object": "error", "message": "too long"}, "too long"),
        ({"detail": [{"loc": ["body", "top_k"]}]}, '[{"loc": ["body", "top_k"]}]'),
        ({"error": "too long"}, "too long"),
        ({"reason": 7}, '{"reason": 7}'),
        ("too long", "too long"),
    ],
)
def test_the_sentence_of_a_refusal_is_found_where_servers_put_it(body: object, words: str) -> None:
    assert message_in(json.dumps(body).encode()) == words


@pytest.mark.parametrize("data", [b"", b"[1]", b'{"a": NaN}', b"[" * 100_000, b"\xff"])
def test_what_is_no_json_object_is_worth_another_try(data: bytes) -> None:
    with pytest.raises(Retriable):
        read_object(data)


def test_a_pause_is_doubled_up_to_the_longest_and_half_of_it_is_drawn() -> None:
    retry = RetryPolicy(first=1.0, longest=8.0, jitter=lambda: 1.0)
    assert [retry.pause(tried) for tried in (1, 2, 3, 4, 5, 50)] == [1, 2, 4, 8, 8, 8]
    drawn = {RetryPolicy().pause(3) for _ in range(3)} | {round(RetryPolicy().pause(9), 3)}
    assert all(1.0 <= pause <= 2.0 or 15.0 <= pause <= 30.0 for pause in drawn)


def test_a_time_to_come_back_is_read_with_and_without_its_zone() -> None:
    noon = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
    retry = RetryPolicy(now=lambda: noon)
    assert retry.asked("Thu, 01 Jan 2026 13:00:05 +0100") == 5
    assert retry.asked("Thu, 01 Jan 2026 12:00:05 -0000") == 5
    assert retry.asked(None) is None
    assert RetryPolicy().asked("Thu, 01 Jan 1970 00:00:00 GMT") == 0


def test_a_servers_words_are_one_short_line_and_without_them_its_status() -> None:
    assert shortened("a\n\tb\x1b[31m \u202ec") == "a b [31m c"
    assert shortened("x" * 1000) == "x" * 300 + "…"
    assert Refused(418, " ").short == "status 418"


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
