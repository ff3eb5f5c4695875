"""From an item's messages to token ids: the same for all systems but those with a template of their own.

A model without a chat template gets the plain form, which has no way to say more than one exchange:
such items fail.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from jinja2 import TemplateError
from transformers import PreTrainedTokenizerBase

from ftcompare.core.study import Message
from ftcompare.engine.backends import plain_prompt, unfit
from ftcompare.engine.backends.local.loading import Base
from ftcompare.engine.backends.local.template_renderer import RENDERER
from ftcompare.engine.backends.local.typed_transformers import embedding_weights
from ftcompare.engine.models.adapter_chat_template import AdapterTemplate
from ftcompare.engine.protocol import Item, ItemFailed

TEMPLATE_ERRORS = (
    TemplateError, ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError,
)  # fmt: skip
"""What a template, which is a program of the model's maker, may raise."""


@dataclass(frozen=True, slots=True)
class Encoded:
    """An item as the model takes it."""

    key: str
    ids: tuple[int, ...]  # of the prompt's tokens, as the base's template makes them
    limit: int  # new tokens that it may get, the same for every system
    samples: tuple[int, ...] = (0,)  # which are to be written
    # by system key, the ids of those that are asked with a template of their own
    own: Mapping[str, tuple[int, ...]] = field(default_factory=dict, hash=False)

    def ids_for(self, system: str) -> tuple[int, ...]:
        """What one system is asked."""
        return self.own.get(system, self.ids)


NO_TEMPLATES: Mapping[str, AdapterTemplate] = MappingProxyType({})


def encode_item(
    item: Item, base: Base, max_new_tokens: int, own: Mapping[str, AdapterTemplate] = NO_TEMPLATES
) -> Encoded | ItemFailed:
    """Token ids, or why the item cannot be answered.

    A prompt that leaves less room in the model's context than ``max_new_tokens`` gets what is left, which is
    the same for all systems. ``own`` has, by system key, the template of each that has its own.
    """
    if reason := unfit(item.messages):
        return ItemFailed(item.key, reason)
    made: dict[str, tuple[int, ...]] = {}
    for system, template in {"": None, **own}.items():
        try:
            made[system] = token_ids(item.messages, base.tokenizer, template)
        except TEMPLATE_ERRORS as error:
            whose = "An adapter's own" if template else "The model's"
            return ItemFailed(item.key, f"{whose} chat template refuses the prompt: {error}")
    return _fitting(item, base, max_new_tokens, made)


def _fitting(
    item: Item, base: Base, max_new_tokens: int, made: dict[str, tuple[int, ...]]
) -> Encoded | ItemFailed:
    """What was made of an item, where the model takes all of it; "" is the key of the base's template."""
    rows = embedding_weights(base.model).shape[0]
    if any(not ids or max(ids) >= rows for ids in made.values()):
        return ItemFailed(item.key, "The tokenizer makes of the prompt what the model does not know.")
    longest = max(len(ids) for ids in made.values())
    left = base.context - longest if base.context else max_new_tokens
    if left < 1:
        reason = f"The prompt has {longest} tokens and the model's context holds {base.context}."
        return ItemFailed(item.key, reason)
    return Encoded(item.key, made.pop(""), min(max_new_tokens, left), item.samples, made)


def prompt_text(
    messages: tuple[Message, ...], tokenizer: PreTrainedTokenizerBase, own: AdapterTemplate | None = None
) -> tuple[str, bool]:
    """The text that a prompt becomes, and whether the base's tokenizer is to add its special tokens to it.

    ``own`` is a template to take in place of the tokenizer's, with the special tokens that it calls by name.

    Raises:
        ValueError: there is no chat template, and several turns; and any of `TEMPLATE_ERRORS`.
        UserError: ``template-too-slow``, ``template-too-large``.
    """
    if own is None and not tokenizer.chat_template:
        return plain_prompt(messages), True
    variables = dict(tokenizer.special_tokens_map)
    if own is not None:
        return RENDERER.text(own.alone, messages, {**variables, **(own.named or {})}, where=own.folder), False
    template = str(tokenizer.get_chat_template())
    return RENDERER.text(template, messages, variables, where=str(tokenizer.name_or_path)), False


def token_ids(
    messages: tuple[Message, ...], tokenizer: PreTrainedTokenizerBase, own: AdapterTemplate | None = None
) -> tuple[int, ...]:
    """Of a prompt; arguments and errors as those of `prompt_text`."""
    text, special = prompt_text(messages, tokenizer, own)
    return tuple(tokenizer(text, add_special_tokens=special)["input_ids"])
