"""Converts an item's messages to token ids; equal for all systems that are asked in the same way.

A system may have its own messages (its recipe), its own chat template (its adapter's), and options for the
template. A model without a chat template gets a plain format that can represent only one exchange; items with
more turns fail.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NamedTuple, TypeAlias

from jinja2 import TemplateError
from transformers import PreTrainedTokenizerBase

from ftcompare.core.reasoning import Markers
from ftcompare.core.recipe import TemplateOption
from ftcompare.core.study import Message
from ftcompare.engine.backends import opens_reasoning, plain_prompt, unfit
from ftcompare.engine.backends.local.loading import Base
from ftcompare.engine.backends.local.template_renderer import RENDERER
from ftcompare.engine.backends.local.typed_transformers import embedding_weights
from ftcompare.engine.models.adapter_chat_template import AdapterTemplate
from ftcompare.engine.protocol import Item, ItemFailed

TEMPLATE_ERRORS = (
    TemplateError, ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError,
)  # fmt: skip
"""Exceptions that a template, which is a program written by the model's author, may raise."""


@dataclass(frozen=True, slots=True)
class PromptForm:
    """How messages are converted to the text for one system."""

    template: AdapterTemplate | None = None  # used instead of the tokenizer's, with its named tokens
    options: tuple[tuple[str, TemplateOption], ...] = ()  # arguments for the template, by name
    markers: tuple[Markers, ...] = ()  # markers of reasoning in addition to the known ones


AS_IT_IS = PromptForm()  # the form that uses the tokenizer's template
Forms: TypeAlias = Mapping[str, PromptForm]  # the form of every system that is asked, by system key
NO_FORMS: Forms = MappingProxyType({})  # a single unnamed system with the tokenizer's template


@dataclass(frozen=True, slots=True)
class Encoded:
    """An item as token ids."""

    key: str
    ids: tuple[int, ...]  # prompt ids for the first system and all systems with the same prompt
    limit: int  # maximum number of new tokens, equal for every system
    samples: tuple[int, ...] = (0,)  # indexes of the samples to generate
    # by system key, the prompt ids of systems with another prompt
    own: Mapping[str, tuple[int, ...]] = field(default_factory=dict, hash=False)
    opened: frozenset[str] = frozenset()  # keys of the systems whose prompt ends inside reasoning

    def ids_for(self, system: str) -> tuple[int, ...]:
        return self.own.get(system, self.ids)

    def is_opened(self, system: str) -> bool:
        return system in self.opened or "" in self.opened

    @property
    def forms(self) -> tuple[tuple[int, ...], ...]:
        """All different prompts, each once."""
        return tuple(dict.fromkeys((self.ids, *self.own.values())))

    @property
    def longest(self) -> int:
        """Length in tokens of the longest prompt over the systems."""
        return max(map(len, self.forms))


def encode_item(item: Item, base: Base, max_new_tokens: int, forms: Forms = NO_FORMS) -> Encoded | ItemFailed:
    """The token ids of an item, or the reason why it cannot be answered.

    A prompt that leaves fewer than ``max_new_tokens`` tokens in the model's context gets what is left, equal
    for all systems.
    """
    if reason := next(filter(None, map(unfit, item.forms)), ""):
        return ItemFailed(item.key, reason)
    made: dict[tuple[object, ...], _EncodedForm] = {}
    encoded: dict[str, _EncodedForm] = {}
    for system, form in (forms or {"": AS_IT_IS}).items():
        messages = item.messages_for(system)
        alike = (messages, id(form.template), form.options, form.markers)
        try:
            encoded[system] = made[alike] = made.get(alike) or _encode_form(messages, base.tokenizer, form)
        except TEMPLATE_ERRORS as error:
            whose = "An adapter's own" if form.template else "The model's"
            return ItemFailed(item.key, f"{whose} chat template refuses the prompt: {error}")
    return _fitting(item, base, max_new_tokens, encoded)


class _EncodedForm(NamedTuple):
    ids: tuple[int, ...]
    opened: bool  # whether they end inside reasoning


def _encode_form(
    messages: tuple[Message, ...], tokenizer: PreTrainedTokenizerBase, form: PromptForm
) -> _EncodedForm:
    text, special = prompt_text(messages, tokenizer, form)
    ids = tuple(tokenizer(text, add_special_tokens=special)["input_ids"])
    return _EncodedForm(ids, not special and opens_reasoning(text, messages[-1].content, form.markers))


def _fitting(
    item: Item, base: Base, max_new_tokens: int, encoded: dict[str, _EncodedForm]
) -> Encoded | ItemFailed:
    """The encoded item, if it fits the model's context for all systems."""
    made = {system: one.ids for system, one in encoded.items()}
    rows = embedding_weights(base.model).shape[0]
    if any(not ids or max(ids) >= rows for ids in made.values()):
        return ItemFailed(item.key, "The tokenizer makes of the prompt what the model does not know.")
    longest = max(map(len, made.values()))
    left = base.context - longest if base.context else max_new_tokens
    if left < 1:
        reason = f"The prompt has {longest} tokens and the model's context holds {base.context}."
        return ItemFailed(item.key, reason)
    first = next(iter(made.values()))
    own = {system: ids for system, ids in made.items() if ids != first}
    opened = frozenset(system for system, one in encoded.items() if one.opened)
    return Encoded(item.key, first, min(max_new_tokens, left), item.samples, own, opened)


def prompt_text(
    messages: tuple[Message, ...], tokenizer: PreTrainedTokenizerBase, form: PromptForm = AS_IT_IS
) -> tuple[str, bool]:
    """The text of a prompt, and whether the base's tokenizer must add its special tokens to it.

    Raises:
        ValueError: there is no chat template, but several turns; also any of `TEMPLATE_ERRORS`.
        UserError: ``template-too-slow``, ``template-too-large``.
    """
    own = form.template
    if own is None and not tokenizer.chat_template:
        return plain_prompt(messages), True
    variables = {**tokenizer.special_tokens_map, **((own.named if own else None) or {}), **dict(form.options)}
    template = own.alone if own else str(tokenizer.get_chat_template())
    where = own.folder if own else str(tokenizer.name_or_path)
    return RENDERER.text(template, messages, variables, where=where), False


def token_ids(
    messages: tuple[Message, ...], tokenizer: PreTrainedTokenizerBase, form: PromptForm = AS_IT_IS
) -> tuple[int, ...]:
    """Token ids of a prompt; arguments and errors as in `prompt_text`."""
    text, special = prompt_text(messages, tokenizer, form)
    return tuple(tokenizer(text, add_special_tokens=special)["input_ids"])
