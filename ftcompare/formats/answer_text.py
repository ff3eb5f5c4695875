"""An answer as a single text, for tools that store one text for each side."""

from __future__ import annotations

from ftcompare.core.conversation import turns_before
from ftcompare.core.messages import Message
from ftcompare.core.study import PromptSpec, Response
from ftcompare.formats.record_fields import whole_prompt


def answer_text(prompt: PromptSpec, response: Response) -> str:
    """The answer; for a conversation, all answers and user turns, each after the speaker's name."""
    if not response.earlier:
        return response.text
    last = Message("assistant", response.text)
    return whole_prompt((*turns_before(response.earlier, prompt.later_turns), last))
