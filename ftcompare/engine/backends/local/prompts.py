"""Converts an item's messages to token ids; equal for all systems that are asked in the same way.

A system may have its own messages (its recipe), its own chat template (its adapter's), and options for the
template. A model without a chat template gets a plain format for one exchange; items with more turns fail.

All systems use the base's tokenizer and template, unless the owner selects an adapter's own template. An
adapter that was trained with another template is otherwise asked in a form that it was not trained on; the
owner gets a note with the difference. The tokenizer is always the base's: an own template is accepted only if
the base's tokenizer has each special token that the template writes, with the same id.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple, TypeAlias

from jinja2 import TemplateError
from transformers import PreTrainedTokenizerBase

from ftcompare.core.errors import UserError
from ftcompare.core.reasoning import Markers
from ftcompare.core.recipe import TemplateOption
from ftcompare.core.study import Message
from ftcompare.engine.backends import opens_reasoning, plain_prompt, unfit
from ftcompare.engine.backends.local.loading import Base, chat_template
from ftcompare.engine.backends.local.template_renderer import RENDERER
from ftcompare.engine.backends.local.typed_transformers import embedding_weights, load_tokenizer
from ftcompare.engine.models.adapter_chat_template import (
    TEMPLATE_FILE,
    TOKENIZER_CONFIG,
    AdapterTemplate,
    no_template,
    read_adapter_template,
    refusal,
    require_fitting,
    template_text,
)
from ftcompare.engine.models.config_safety import file_settings
from ftcompare.engine.models.model_folder import AdapterFolder
from ftcompare.engine.protocol import Item, ItemFailed, SystemRequest

TEMPLATE_ERRORS = (
    TemplateError, ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError,
)  # fmt: skip
"""Exceptions that a template, a program by the model's author, may raise."""


@dataclass(frozen=True, slots=True)
class PromptForm:
    template: AdapterTemplate | None = None  # used instead of the tokenizer's, with its named tokens
    options: tuple[tuple[str, TemplateOption], ...] = ()  # arguments for the template, by name
    markers: tuple[Markers, ...] = ()  # markers of reasoning in addition to the known ones


AS_IT_IS = PromptForm()  # the form that uses the tokenizer's template
Forms: TypeAlias = Mapping[str, PromptForm]  # the form of every system that is asked, by system key
NO_FORMS: Forms = MappingProxyType({})  # a single unnamed system with the tokenizer's template


@dataclass(frozen=True, slots=True)
class Encoded:
    key: str
    ids: tuple[int, ...]  # prompt ids for the first system and all systems with the same prompt
    limit: int  # maximum number of new tokens, equal for every system
    samples: tuple[int, ...] = (0,)  # indexes of the samples to generate
    own: Mapping[str, tuple[int, ...]] = field(default_factory=dict, hash=False)  # ids by system key
    opened: frozenset[str] = frozenset()  # keys of the systems whose prompt ends inside reasoning

    def ids_for(self, system: str) -> tuple[int, ...]:
        return self.own.get(system, self.ids)

    def is_opened(self, system: str) -> bool:
        return system in self.opened or "" in self.opened

    @property
    def forms(self) -> tuple[tuple[int, ...], ...]:
        return tuple(dict.fromkeys((self.ids, *self.own.values())))

    @property
    def longest(self) -> int:
        return max(map(len, self.forms))


def encode_item(item: Item, base: Base, max_new_tokens: int, forms: Forms = NO_FORMS) -> Encoded | ItemFailed:
    """Return an item's token ids within the context of all systems, or why it cannot be answered."""
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
            return ItemFailed(item.key, f"{whose} chat template rejects the prompt: {error}")
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
    made = {system: one.ids for system, one in encoded.items()}
    rows = embedding_weights(base.model).shape[0]
    if any(not ids or max(ids) >= rows for ids in made.values()):
        return ItemFailed(
            item.key, "The tokenizer turns the prompt into tokens that the model does not have."
        )
    longest = max(map(len, made.values()))
    left = base.context - longest if base.context else max_new_tokens
    if left < 1:
        reason = f"The prompt has {longest} tokens, and the model's context has {base.context}."
        return ItemFailed(item.key, reason)
    first = next(iter(made.values()))
    own = {system: ids for system, ids in made.items() if ids != first}
    opened = frozenset(system for system, one in encoded.items() if one.opened)
    return Encoded(item.key, first, min(max_new_tokens, left), item.samples, own, opened)


def prompt_text(
    messages: tuple[Message, ...], tokenizer: PreTrainedTokenizerBase, form: PromptForm = AS_IT_IS
) -> tuple[str, bool]:
    """Return the text of a prompt, and whether the tokenizer must add its special tokens.

    Raises one of `TEMPLATE_ERRORS` (`ValueError` for several turns without a chat template), or
    `UserError` ``template-too-slow``, ``template-too-large``.
    """
    own = form.template
    if own is None and not tokenizer.chat_template:
        return plain_prompt(messages), True
    variables = {**tokenizer.special_tokens_map, **((own.named if own else None) or {}), **dict(form.options)}
    template = own.alone if own else str(tokenizer.get_chat_template())
    where = own.folder if own else str(tokenizer.name_or_path)
    return RENDERER.text(template, messages, variables, where=where), False


HOW_TO_CHOOSE = (
    "To use its own template, make the study with --template NAME=own, or choose it in Setup before it "
    "has generated responses."
)

SHOWN = 60  # number of characters shown of each side of a difference

_TURNS = (Message("user", "a"), Message("assistant", "b"), Message("user", "c"))
PROBES = (_TURNS, (Message("system", "d"), *_TURNS), _TURNS[:1])
"""Sample prompts that show what a template writes around the turns."""


TAKEN = frozenset({
    "add_generation_prompt", "chat_template", "continue_final_message", "conversations", "documents",
    "messages", "return_assistant_tokens_mask", "tools",
})  # fmt: skip
"""Names that the rendering of a template already uses; options cannot have them."""


def chosen_template(request: SystemRequest, adapter: AdapterFolder, base: Base) -> AdapterTemplate | None:
    """Return the selected template, or None for the base's. Raises `UserError` ``adapter-template``."""
    if request.template != "own":
        return None
    own = read_adapter_template(adapter.path)
    if own is None:
        raise no_template(adapter.path)
    used = own.used(*filter(None, _rendered(PromptForm(own), base.tokenizer)))
    require_fitting(refusal(used, own.declared, lambda token: _looked_up(token, base)), adapter.path)
    return own


def _rendered(form: PromptForm, tokenizer: PreTrainedTokenizerBase) -> Iterator[str | None]:
    """Yield the sample prompts in a form; None for one that the template refuses."""
    for messages in PROBES:
        try:
            yield prompt_text(messages, tokenizer, form)[0]
        except TEMPLATE_ERRORS:
            yield None


def require_options(options: Iterable[tuple[str, TemplateOption]]) -> None:
    """Raise `UserError` ``template-option`` for an option name that has another meaning."""
    for name, _ in options:
        if name in TAKEN:
            what = f"The chat template cannot take an option {name!r}: the name is reserved."
            how = "Remove it from the system's instructions."
            raise UserError(what, where=name, how=how, code="template-option")


def idle_option_notes(form: PromptForm, tokenizer: PreTrainedTokenizerBase) -> Iterator[str]:
    whole = [*_rendered(form, tokenizer)] if form.options else []
    for name, value in form.options:
        others = tuple(one for one in form.options if one[0] != name)
        if [*_rendered(replace(form, options=others), tokenizer)] == whole:
            yield f"The chat template's option {name} = {value} changes nothing in a prompt."


def _looked_up(token: str, base: Base) -> tuple[bool, int | None]:
    """Return whether the tokenizer encodes a text as one token known to the model, and its id."""
    ids = base.tokenizer(token, add_special_tokens=False)["input_ids"]
    known = len(ids) == 1 and ids[0] < embedding_weights(base.model).shape[0]
    return known, ids[0] if known else None


def end_tokens(base: Base, own: AdapterTemplate) -> tuple[int, ...]:
    """Return the base's end tokens and that of the tokenizer for which a template was made."""
    found = _looked_up(own.end, base)[1] if own.end else None
    return tuple(sorted({*base.end_tokens, *(() if found is None else (found,))}))


def own_parts_notes(adapter: AdapterFolder, base: Base, own: AdapterTemplate | None = None) -> Iterator[str]:
    """Yield sentences on parts that differ from the base's; ``own`` is the selected template, if any."""
    template = template_text(adapter.path)
    theirs = chat_template(base.tokenizer)
    if template is not None and template != theirs:
        more = first_difference(theirs, template) if own or theirs else HOW_TO_CHOOSE
        yield _template_note(more, chosen=own is not None, base_has_none=not theirs)
    if own and len(end_tokens(base, own)) > len(base.end_tokens):
        yield f"Its own end token {own.end} also ends its responses."
    if _differs(adapter.path / "tokenizer.json", base.folder.path / "tokenizer.json"):
        rest = "; only its chat template is used" if own else ""
        yield f"The adapter's folder has its own tokenizer.json; the base's is used for all systems{rest}."


def _template_note(more: str, *, chosen: bool, base_has_none: bool) -> str:
    where = f"{TEMPLATE_FILE} or {TOKENIZER_CONFIG}"
    if chosen:
        return f"An adapter uses its own chat template ({where}), as chosen. {more}"
    if base_has_none:
        return (
            f"The adapter's folder has its own chat template ({where}) and the base has none. Prompts are "
            f"plain text, and the adapter may not have been trained for that. {more}"
        )
    return f"The adapter's folder has its own chat template ({where}); the base's is used for it. {more}"


def first_difference(base: str, adapter: str) -> str:
    pairs = enumerate(zip(base, adapter, strict=False))
    at = next((place for place, (a, b) in pairs if a != b), min(len(base), len(adapter)))
    return f"From character {at + 1} on, the base's has {_shown(base[at:])}, its own {_shown(adapter[at:])}."


def _shown(text: str) -> str:
    if not text:
        return "nothing"
    short = text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
    return f"“{short}”".replace("\n", "⏎")


def changed_prompts(
    adapter: AdapterFolder,
    base: Base,
    prompts: Sequence[tuple[Message, ...]],
    own: AdapterTemplate | None = None,
) -> str:
    """Count the prompts that get other tokens with an adapter's own template or tokenizer, in a sentence.

    ``own`` is the template selected for the adapter; None for the base's. Returns "" if no prompt differs.
    """
    if own:
        form = PromptForm(own)
        changed = sum(_tokens(one, base.tokenizer, form) != _tokens(one, base.tokenizer) for one in prompts)
        return (
            f"It uses its own chat template, which gives {changed} of {len(prompts)} prompts other "
            "tokens than the base's."
        )
    template = template_text(adapter.path)
    own_tokens = _differs(adapter.path / "tokenizer.json", base.folder.path / "tokenizer.json")
    if template in (None, chat_template(base.tokenizer)) and not own_tokens:
        return ""
    try:
        place = adapter.path if own_tokens else base.folder.path
        tokenizer = load_tokenizer(str(place), set_aside=file_settings(place))
    except Exception as error:  # noqa: BLE001  (tokenizers 0.22 raises no class of its own)
        return f"Its folder's own tokenizer cannot be loaded ({type(error).__name__}); the base's is used."
    if template is not None:
        tokenizer.chat_template = template
        tokenizer.name_or_path = str(adapter.path)  # by which errors name it
    elif own_tokens:
        tokenizer.chat_template = base.tokenizer.chat_template
    changed = sum(_tokens(one, tokenizer) != _tokens(one, base.tokenizer) for one in prompts)
    if not changed:
        return ""
    return f"Its folder's own chat template or tokenizer would change {changed} of {len(prompts)} prompts."


def _tokens(
    messages: tuple[Message, ...], tokenizer: PreTrainedTokenizerBase, form: PromptForm = AS_IT_IS
) -> tuple[int, ...] | None:
    try:
        text, special = prompt_text(messages, tokenizer, form)
        return tuple(tokenizer(text, add_special_tokens=special)["input_ids"])
    except TEMPLATE_ERRORS:
        return None


def _differs(mine: Path, other: Path) -> bool:
    return mine.is_file() and not (other.is_file() and mine.read_bytes() == other.read_bytes())
