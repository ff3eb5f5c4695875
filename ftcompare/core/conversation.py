"""Conversations in which a system answered several turns: the turns before the last answer."""

from __future__ import annotations

from collections.abc import Sequence

from ftcompare.core.messages import Message
from ftcompare.core.rating_design import ConversationJudged

ANSWER = "Answer"  # the speaker name of a system's answer; never the name of a system


def turns_before(earlier: Sequence[str], later_turns: Sequence[str]) -> tuple[Message, ...]:
    """The messages between a prompt and the last answer to it: earlier answers, each with the next user turn.

    Args:
        earlier: the answers to all turns but the last.
        later_turns: the user's turns after the first answered turn; one for each of ``earlier``.
    """
    pairs = zip(earlier, later_turns, strict=False)
    return tuple(
        message for answer, turn in pairs for message in (Message("assistant", answer), Message("user", turn))
    )


_SPEAKERS = {"assistant": ANSWER, "user": "User"}


def turns_text(earlier: Sequence[str], later_turns: Sequence[str]) -> str:
    """`turns_before` as one text, each turn after its speaker; empty for a single turn."""
    turns = turns_before(earlier, later_turns)
    return "\n\n".join(f"{_SPEAKERS[one.role]}: {one.content}" for one in turns)


def whole_conversation(
    messages: Sequence[Message], later_turns: Sequence[str], answers: Sequence[str]
) -> tuple[Message, ...]:
    """All turns: the prompt's, then answers and later user turns in order; ``answers`` has one per turn."""
    last = tuple(Message("assistant", answer) for answer in answers[-1:])
    return (*messages, *turns_before(answers[:-1], later_turns), *last)


def last_answer_name(turns: int) -> str:
    """The display name of the answer to the last of ``turns`` turns."""
    return f"{ANSWER} to turn {turns}, the last one"


def judged_words(turns: int, judged: ConversationJudged) -> str:
    """A sentence saying which part of a conversation of ``turns`` turns is judged."""
    if judged is ConversationJudged.LAST:
        return f"Judge the answer to turn {turns}, the last one: what stands before it led there."
    return f"A conversation of {turns} turns: judge all answers of a side together."
