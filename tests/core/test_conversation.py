"""Conversations of several turns: their turns in order, and the words that raters read."""

from __future__ import annotations

import json

import pytest

from ftcompare.core.conversation import (
    JUDGED_PART,
    LAST_ANSWER,
    replaces_system_turn,
    spoken,
    tool_turn,
    turns_before,
    turns_text,
    whole_conversation,
)
from ftcompare.core.hashing import Json
from ftcompare.core.language import tr
from ftcompare.core.rating_design import ConversationJudged
from ftcompare.core.recipe import Message, Recipe
from ftcompare.core.study import PromptSpec, TermStatus

ASKED = (Message("system", "Be brief."), Message("user", "What is AF?"))
LATER = ("Is it dangerous?", "What helps?")
ANSWERS = ("A rhythm.", "It can be.", "Medicine.")


def test_turns_before_the_last_answer_as_messages_and_as_text() -> None:
    assert turns_before(ANSWERS[:-1], LATER) == (
        Message("assistant", "A rhythm."),
        Message("user", "Is it dangerous?"),
        Message("assistant", "It can be."),
        Message("user", "What helps?"),
    )
    assert turns_before((), ()) == ()
    assert turns_text(ANSWERS[:1], LATER[:1]) == "Answer: A rhythm.\n\nUser: Is it dangerous?"
    assert turns_text((), ()) == ""


def test_a_whole_conversation_begins_with_the_prompt_and_ends_with_the_last_answer() -> None:
    whole = whole_conversation(ASKED, LATER, ANSWERS)
    assert (whole[:2], whole[-1]) == (ASKED, Message("assistant", "Medicine."))
    assert [one.role for one in whole[2:]] == ["assistant", "user", "assistant", "user", "assistant"]


CALL = {"id": "1", "type": "function", "function": {"name": "dose", "arguments": '{"drug": "aspirin"}'}}


@pytest.mark.parametrize(
    ("message", "role", "text", "kept"),
    [
        ({"role": "assistant", "tool_calls": [CALL]}, "function_call", 'dose({"drug": "aspirin"})', True),
        (
            {"role": "assistant", "content": "I ask.", "tool_calls": [CALL]},
            "assistant",
            'I ask.\n\ndose({"drug": "aspirin"})',
            True,
        ),
        ({"role": "tool", "tool_call_id": "1", "content": "100 mg"}, "tool", "100 mg", True),
        ({"role": "user", "content": "Hello"}, "user", "Hello", False),
    ],
)
def test_a_turn_with_calls_is_text_for_readers_and_keeps_its_message(
    message: dict[str, Json], role: str, text: str, kept: bool
) -> None:
    turn = tool_turn(message)
    assert (turn.role, turn.content, bool(turn.original)) == (role, text, kept)
    assert not kept or json.loads(turn.original) == message


def test_raters_are_told_which_answers_of_a_conversation_they_judge() -> None:
    assert tr(LAST_ANSWER, number=3) == "Answer to turn 3, the last one"
    whole, last = (tr(JUDGED_PART[judged], number=3) for judged in ConversationJudged)
    assert last.startswith("Judge the answer to turn 3")
    assert whole == "A conversation of 3 turns: judge all answers of a side together."


def test_only_a_system_prompt_replaces_a_prompts_own_system_turn() -> None:
    own, bare = (PromptSpec("p1", messages) for messages in (ASKED, ASKED[1:]))
    strict = Recipe(system_prompt="Answer in one word.")
    assert [replaces_system_turn(prompt, strict) for prompt in (own, bare)] == [True, False]
    assert not replaces_system_turn(own, Recipe())


def test_messages_and_term_statuses_have_names_for_readers() -> None:
    assert (
        spoken((*ASKED, Message("critic", "No.")))
        == "Instructions to the model: Be brief.\n\nUser: What is AF?\n\ncritic: No."
    )
    assert [one.words for one in TermStatus] == ["preferred", "acceptable", "deprecated", "outdated"]
