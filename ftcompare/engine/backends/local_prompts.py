"""From an item's messages to token ids, the same for every system.

A model without a chat template gets the plain form, which has no way to say more than one exchange:
such items fail.
"""

from __future__ import annotations

from dataclasses import dataclass

from jinja2 import TemplateError
from transformers import PreTrainedTokenizerBase

from ftcompare.core.study import Message
from ftcompare.engine.backends.local_library import embedding_weights
from ftcompare.engine.backends.local_loading import Base
from ftcompare.engine.backends.plain_prompts import plain_prompt, unfit
from ftcompare.engine.protocol import Item, ItemFailed

TEMPLATE_ERRORS = (
    TemplateError, ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError,
)  # fmt: skip
"""What a template, which is a program of the model's maker, may raise."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """An item as the model takes it.

    Args:
        ids: of the prompt's tokens.
        limit: new tokens it may get.
        samples: which are to be written.
    """

    key: str
    ids: tuple[int, ...]
    limit: int
    samples: tuple[int, ...] = (0,)


def encode_item(item: Item, base: Base, max_new_tokens: int) -> Encoded | ItemFailed:
    """Token ids, or why the item cannot be answered.

    A prompt that leaves less room in the model's context than ``max_new_tokens`` gets what is left.
    """
    if reason := unfit(item.messages):
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
    return Encoded(item.key, ids, min(max_new_tokens, left), item.samples)


def prompt_text(messages: tuple[Message, ...], tokenizer: PreTrainedTokenizerBase) -> tuple[str, bool]:
    """The text that a prompt becomes, and whether the tokenizer is to add its special tokens to it.

    Raises:
        ValueError: there is no chat template, and several turns; and any of `TEMPLATE_ERRORS`.
    """
    if not tokenizer.chat_template:
        return plain_prompt(messages), True
    turns = [{"role": message.role, "content": message.content} for message in messages]
    return str(tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True)), False


def _token_ids(messages: tuple[Message, ...], tokenizer: PreTrainedTokenizerBase) -> tuple[int, ...]:
    text, special = prompt_text(messages, tokenizer)
    return tuple(tokenizer(text, add_special_tokens=special)["input_ids"])
