"""Question and answer as trainers' rows hold them: with the prompt's context, and all its turns.

A context is added to the question as for a system without a recipe, so that a model learns to answer from its
prompt.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b

from ftcompare.core.conversation import asked_messages, turns_before
from ftcompare.core.hashing import Json
from ftcompare.core.recipe import NO_RECIPE, Message
from ftcompare.core.study import PromptSpec, Response
from ftcompare.formats.record_fields import digest_of_prompt, messages_json

DIGEST_BYTES = 16


def text_digest(text: str) -> bytes:
    return blake2b(text.encode(), digest_size=DIGEST_BYTES).digest()


LATER = "later"  # the role under which later turns are part of a question's digest


def asked(prompt: PromptSpec) -> tuple[Message, ...]:
    return asked_messages(prompt, NO_RECIPE)


def question_digest(prompt: PromptSpec) -> bytes:
    """Return a digest that is equal for prompts with the same question."""
    return digest_of_prompt((*asked(prompt), *(Message(LATER, turn) for turn in prompt.later_turns)))


def answer_digest(text: str, earlier: Sequence[str] = ()) -> bytes:
    """Return a digest of the answers to all turns; for one turn it is the text's."""
    return text_digest("\0".join((*earlier, text)))


def digest_of(response: Response) -> bytes:
    return answer_digest(response.text, response.earlier)


def completion(prompt: PromptSpec, text: str, earlier: Sequence[str] = ()) -> list[Json]:
    """Return all that follows the prompt as chat turns: answers, and the user's later turns between them."""
    return messages_json((*turns_before(earlier, prompt.later_turns), Message("assistant", text)))
