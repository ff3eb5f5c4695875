"""From an item's messages to token ids, the same for every system; and back to text.

A model without a chat template gets the plain form: the system turn if there is one, an empty line,
the user turn, an end of line. It has no way to say more than one exchange, so such items fail.
"""

from __future__ import annotations

from dataclasses import dataclass

from jinja2 import TemplateError
from transformers import PreTrainedTokenizerBase

from ftcompare.core.study import Message
from ftcompare.engine.backends.local_library import embedding_weights
from ftcompare.engine.backends.local_loading import Base
from ftcompare.engine.protocol import Item, ItemFailed

ROLES = ("system", "user", "assistant")
TEMPLATE_ERRORS = (
    TemplateError, ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError,
)  # fmt: skip
"""What a template, which is a program of the model's maker, may raise."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """An item as the model takes it. ``limit``: new tokens it may get."""

    key: str
    ids: tuple[int, ...]
    limit: int


def encode_item(item: Item, base: Base, max_new_tokens: int) -> Encoded | ItemFailed:
    """Token ids, or why the item cannot be answered.

    A prompt that leaves less room in the model's context than ``max_new_tokens`` gets what is left.
    """
    if reason := _unfit(item.messages):
        return ItemFailed(item.key, reason)
    try:
        ids = _token_ids(item.messages, base.tokenizer)
    except TEMPLATE_ERRORS as error:
        return ItemFailed(item.key, f"The model's chat template refuses the prompt: {error}")
    rows = embedding_weights(base.model).shape[0]
    if not ids or max(ids) >= rows:
        return ItemFailed(item.key, "The tokenizer makes of the prompt what the model does not know.")
    left = base.context - len(ids) if base.context else max_new_tokens
    if left < 1:
        reason = f"The prompt has {len(ids)} tokens and the model's context holds {base.context}."
        return ItemFailed(item.key, reason)
    return Encoded(item.key, ids, min(max_new_tokens, left))


def _unfit(messages: tuple[Message, ...]) -> str:
    roles = [message.role for message in messages]
    unknown = next((role for role in roles if role not in ROLES), None)
    if unknown is not None:
        return f"The role {unknown!r} is not known."
    if "user" not in roles:
        return "The prompt has no user turn."
    if roles[-1] != "user":
        return "The prompt's last turn is not the user's."
    return ""


def _token_ids(messages: tuple[Message, ...], tokenizer: PreTrainedTokenizerBase) -> tuple[int, ...]:
    if tokenizer.chat_template:
        turns = [{"role": message.role, "content": message.content} for message in messages]
        text = tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)
        return tuple(tokenizer(str(text), add_special_tokens=False)["input_ids"])
    return tuple(tokenizer(plain_prompt(messages))["input_ids"])


def plain_prompt(messages: tuple[Message, ...]) -> str:
    """The prompt of a model without a chat template.

    Raises:
        ValueError: there is more than a system turn and a user turn.
    """
    if [message.role for message in messages] not in (["user"], ["system", "user"]):
        raise ValueError("it has none, and the prompt has several turns")
    return "\n\n".join(message.content for message in messages) + "\n"


def clean_text(ids: list[int], tokenizer: PreTrainedTokenizerBase) -> str:
    """The text of new tokens: special tokens left out, white space at the end cut, no more."""
    text = tokenizer.decode(ids, skip_special_tokens=True, clean_up_tokenization_spaces=False)
    return str(text).rstrip()
