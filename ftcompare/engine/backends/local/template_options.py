"""Options that are passed to a chat template by name, such as ``enable_thinking``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from transformers import PreTrainedTokenizerBase

from ftcompare.core.errors import UserError
from ftcompare.core.recipe import TemplateOption
from ftcompare.core.study import Message
from ftcompare.engine.backends.local.prompts import TEMPLATE_ERRORS, PromptForm, prompt_text

TAKEN = frozenset(
    {
        "add_generation_prompt",
        "chat_template",
        "continue_final_message",
        "conversations",
        "documents",
        "messages",
        "return_assistant_tokens_mask",
        "tools",
    }
)
"""Names that the rendering of a template already uses."""

_TURNS = (Message("user", "a"), Message("assistant", "b"), Message("user", "c"))
_PROBES = (_TURNS, (Message("system", "d"), *_TURNS), _TURNS[:1])


def require_options(options: Iterable[tuple[str, TemplateOption]]) -> None:
    """Refuse option names that have another meaning.

    Raises:
        UserError: ``template-option``.
    """
    for name, _ in options:
        if name in TAKEN:
            what = f"The chat template cannot be given an option {name!r}: the name is taken."
            how = "Take it out of the system's recipe."
            raise UserError(what, where=name, how=how, code="template-option")


def idle_option_notes(form: PromptForm, tokenizer: PreTrainedTokenizerBase) -> Iterator[str]:
    """A sentence for each option without which the prompts would be the same."""
    whole = _rendered(form, tokenizer) if form.options else ()
    for name, value in form.options:
        others = tuple(one for one in form.options if one[0] != name)
        if _rendered(replace(form, options=others), tokenizer) == whole:
            yield f"The chat template's option {name} = {value} changes nothing in a prompt."


def _rendered(form: PromptForm, tokenizer: PreTrainedTokenizerBase) -> tuple[str | None, ...]:
    """The rendered sample prompts; None for a prompt that the template refuses."""
    return tuple(_text(messages, form, tokenizer) for messages in _PROBES)


def _text(messages: tuple[Message, ...], form: PromptForm, tokenizer: PreTrainedTokenizerBase) -> str | None:
    try:
        return prompt_text(messages, tokenizer, form)[0]
    except TEMPLATE_ERRORS:
        return None
