"""Conversations of several turns that a system answered: the turns before its last answer."""

from __future__ import annotations

from collections.abc import Sequence

from ftcompare.core.messages import Message


def turns_before(earlier: Sequence[str], later_turns: Sequence[str]) -> tuple[Message, ...]:
    """What stands between a prompt and the last answer to it: answers, and the turns that followed them.

    Args:
        earlier: the answers to all turns but the last.
        later_turns: the user's turns after the first that was answered; one for each of ``earlier``.
    """
    pairs = zip(earlier, later_turns, strict=False)
    return tuple(
        message for answer, turn in pairs for message in (Message("assistant", answer), Message("user", turn))
    )


_SPEAKERS = {"assistant": "Answer", "user": "User"}


def turns_text(earlier: Sequence[str], later_turns: Sequence[str]) -> str:
    """`turns_before` as one text, each turn after who speaks; empty for a single turn."""
    turns = turns_before(earlier, later_turns)
    return "\n\n".join(f"{_SPEAKERS[one.role]}: {one.content}" for one in turns)


def whole_conversation(
    messages: Sequence[Message], later_turns: Sequence[str], answers: Sequence[str]
) -> tuple[Message, ...]:
    """All turns: the prompt's, the answers, and the user's between them; ``answers`` one for each turn."""
    last = tuple(Message("assistant", answer) for answer in answers[-1:])
    return (*messages, *turns_before(answers[:-1], later_turns), *last)
