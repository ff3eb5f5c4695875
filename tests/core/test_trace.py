"""The steps of traces: read from messages of several forms, placed side by side, shown without ids."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

import pytest

from ftcompare.core.blinding import BlindItem, ShownAnswer
from ftcompare.core.conversation import (
    JUDGED_PART,
    STEPS_JUDGED,
    chat_turns,
    judged_part,
    turns_before,
    turns_text,
)
from ftcompare.core.hashing import Json
from ftcompare.core.rating_design import ConversationJudged
from ftcompare.core.recipe import Message
from ftcompare.core.study import AllocationId
from ftcompare.core.trace import (
    TraceStep,
    aligned,
    message_of,
    shown_steps,
    step_name,
    step_turns,
    steps,
    steps_title,
    stored_step,
)
from tests.traced_answers import BOOKED, CHECKED, answer, call, result

SEARCH = '{"origin": "Bonn", "to": "Trier"}'


def stored(messages: Sequence[Json]) -> tuple[str, ...]:
    return tuple(stored_step(one) for one in messages if isinstance(one, dict))


def together(*messages: dict[str, Json]) -> dict[str, Json]:
    """Return one message with the calls of all."""
    calls = (one["tool_calls"] for one in messages)
    return {"role": "assistant", "tool_calls": [one for own in calls if isinstance(own, list) for one in own]}


@pytest.mark.parametrize(
    ("messages", "found"),
    [
        ([call("now"), result("noon")], [TraceStep("now", "{}", "noon")]),
        ([call("find", q="a")], [TraceStep("find", '{"q": "a"}')]),
        # results of parallel calls, in another order
        (
            [together(call("a", "1"), call("b", "2")), result("of b", "2"), result("of a", "1")],
            [TraceStep("a", "{}", "of a"), TraceStep("b", "{}", "of b")],
        ),
        # the older form of OpenAI
        (
            [
                {"role": "assistant", "content": None, "function_call": {"name": "f", "arguments": "{no"}},
                {"role": "function", "name": "f", "content": "1"},
            ],
            [TraceStep("f", "{no", "1")],
        ),
        # ShareGPT's roles, and reasoning, which is not shown
        (
            [
                {"role": "thought", "content": "hm"},
                {"role": "function_call", "content": '{"name": "f", "arguments": {"x": 1}}'},
                {"role": "observation", "content": "1"},
            ],
            [TraceStep("f", '{"x": 1}', "1")],
        ),
        # arguments as an object, Inspect's name of the function, a text beside the call
        (
            [{"content": "So:", "tool_calls": [{"function": "f", "arguments": {"b": 1}}]}],
            [TraceStep(result="So:"), TraceStep("f", '{"b": 1}')],
        ),
        ([result("of nothing")], [TraceStep("tool", "", "of nothing")]),
        ([{"role": "tool", "content": [{"type": "text", "text": "a"}, {"no": 1}]}],
         [TraceStep("tool", "", 'a{"no": 1}')]),
        ([{"role": "assistant", "tool_calls": ["odd", {"id": 1}]}], [TraceStep("odd"), TraceStep("?")]),
    ],
)  # fmt: skip
def test_a_call_and_its_result_are_one_step(messages: list[Json], found: list[TraceStep]) -> None:
    assert steps(stored(messages)) == tuple(found)
    assert [message_of(one) for one in stored(messages)] == messages
    shown = shown_steps(stored(messages))
    assert steps(shown) == tuple(found)
    assert shown_steps(shown) == shown


def test_equal_steps_are_side_by_side_and_calls_of_one_tool() -> None:
    left, right = stored(BOOKED[:-1]), stored(CHECKED[:-1])
    pairs = aligned(left, right)
    names = [(pair.left and pair.left.name, pair.right and pair.right.name) for pair in pairs]
    assert names == [("search_trains", "search_trains"), ("", "check_seats"), ("book", "book")]
    assert [pair.same for pair in pairs] == [True, False, False]
    assert [(pair.left, bool(pair.right)) for pair in aligned((), right)] == [(None, True)] * 3


def test_raters_see_no_ids() -> None:
    spelled = "".join(shown_steps(stored([*BOOKED, *CHECKED])))
    assert "RE 12" in spelled
    assert not [word for word in ("vendor", "chatcmpl", "call_", "tool_call") if word in spelled]


def test_arguments_and_results_are_code_whatever_they_contain() -> None:
    (_, arguments), (_, shown) = step_turns(TraceStep("f", SEARCH, "a\n```\n**b**"))
    assert arguments == f"```\n{SEARCH}\n```"
    assert shown == "````\na\n```\n**b**\n````"
    assert step_turns(TraceStep(result="**b**")) == (("assistant", "**b**"),)


def test_steps_stand_between_the_turns_of_a_conversation() -> None:
    earlier = (*stored([call("f"), result("1")]), "First.", *stored([call("g")]))
    assert [one.role for one in turns_before(earlier, ("And?",))] == [
        "assistant", "tool", "assistant", "user", "assistant",
    ]  # fmt: skip
    assert turns_text(earlier, ("And?",)).split("\n\n") == [
        "Function call: f({})", "Tool: 1", "Answer: First.", "User: And?", "Function call: g({})",
    ]  # fmt: skip
    user: Json = {"role": "user", "content": "And?"}
    turns = [call("f"), result("1"), answer("First."), user, call("g")]
    assert chat_turns(earlier, ("And?",), "") == turns
    assert chat_turns(earlier, ("And?",), "Last.") == [*turns, answer("Last.")]


def test_a_text_between_calls_is_a_step_without_a_call() -> None:
    earlier = stored([call("f"), answer("I look it up."), call("g"), result("2")])
    said = "Function call: f({})", "Answer: I look it up.", "Function call: g({})", "Tool: 2"
    assert tuple(turns_text(earlier, ()).split("\n\n")) == said
    assert chat_turns(("Left over.",), (), "Last.") == [answer("Last.")]


def test_the_list_of_steps_names_tools_and_texts_and_says_what_is_judged() -> None:
    item = BlindItem(
        AllocationId(1), (Message("user", "Book."),), "a", "b",
        left_earlier=stored([call("f"), answer("I  look\nit up.")]), right_earlier=stored([call("f")]),
    )  # fmt: skip
    assert [(step_name(pair.left), step_name(pair.right)) for pair in item.steps] == [
        ("f", "f"), ("I look it up.", "–"),
    ]  # fmt: skip
    assert steps_title(item.steps) == "Steps (1 of 2 the same)"
    assert [pair.mark for pair in item.steps] == ["Same", "Different"]
    assert replace(item, ranked=(ShownAnswer("a"), ShownAnswer("b"))).steps == ()
    alone = replace(item, alone=True, right="", right_earlier=())
    assert [(step_name(pair.left), pair.mark) for pair in alone.steps] == [("f", ""), ("I look it up.", "")]
    assert steps_title(alone.steps) == "Steps"
    for judged in ConversationJudged:
        assert judged_part(item, judged) == STEPS_JUDGED[judged]
        assert judged_part(replace(item, left_earlier=(), right_earlier=()), judged) == ""
        assert judged_part(replace(item, later_turns=("And?",)), judged) == JUDGED_PART[judged]


@pytest.mark.parametrize("text", ["\x1e[1]", "\x1e" + "[" * 5000, "\x1e" + json.dumps("x")])
def test_a_damaged_step_is_shown_as_it_is(text: str) -> None:
    assert steps((text,)) == (TraceStep(result=text),)
