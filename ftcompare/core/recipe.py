"""How a system is asked, in addition to its weights: its recipe.

A recipe is a system prompt, examples of question and answer ("few-shot turns"), the use of a prompt's
context, options of the chat template, and the markers of reasoning. Systems of one model with different
recipes are different systems. The question that raters see is common to all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias, cast

from ftcompare.core.hashing import Json, digest
from ftcompare.core.messages import Message

TemplateOption: TypeAlias = bool | int | float | str | None

LEFT_OUT = "none"
"""The name of the use of context that leaves it out."""

CONTEXT, QUESTION = "{context}", "{question}"
"""What stands in a context template for the passages and for the user's turn."""

CONTEXT_TEMPLATES: Mapping[str, str] = {
    "before": f"{CONTEXT}\n\n{QUESTION}",
    "after": f"{QUESTION}\n\n{CONTEXT}",
    "labelled": f"Context:\n{CONTEXT}\n\nQuestion:\n{QUESTION}",
    "only": f"Answer from this context alone:\n{CONTEXT}\n\nQuestion:\n{QUESTION}",
    LEFT_OUT: QUESTION,
}
"""By name, how a prompt's context is put to its question."""

DEFAULT_CONTEXT = "labelled"


@dataclass(frozen=True, slots=True)
class Recipe:
    """How one system is asked.

    Args:
        system_prompt: takes the place of the prompt's own system turn; empty leaves that as it is.
        examples: turns of user and assistant in turn, before the prompt's own.
        context: a name of `CONTEXT_TEMPLATES`, or a text with `CONTEXT` and `QUESTION`; empty for
            `DEFAULT_CONTEXT`. It says nothing of prompts without context.
        template_options: given to the chat template by name, such as ``enable_thinking``; in the order of
            their names.
        reasoning_markers: pairs of opening and closing marker of reasoning, beside those that are known.
    """

    system_prompt: str = ""
    examples: tuple[Message, ...] = ()
    context: str = ""
    template_options: tuple[tuple[str, TemplateOption], ...] = ()
    reasoning_markers: tuple[tuple[str, str], ...] = ()

    def __bool__(self) -> bool:
        """Whether it says anything."""
        return self != NO_RECIPE

    @property
    def digest(self) -> str:
        """Equal for equal recipes; empty for one that says nothing."""
        return digest("recipe", recipe_json(self)) if self else ""

    @property
    def context_template(self) -> str:
        """The text that context and question are put into."""
        return CONTEXT_TEMPLATES.get(self.context or DEFAULT_CONTEXT, self.context)


NO_RECIPE = Recipe()
"""A prompt's own turns, with its context where it has one."""

RESERVED_OPTIONS = frozenset(
    (
        *("messages", "add_generation_prompt", "continue_final_message", "tools", "documents", "tokenize"),
        *("bos_token", "eos_token", "pad_token", "unk_token", "sep_token", "cls_token", "mask_token"),
    )
)
"""What a chat template is given in any case, so that no option may be called so."""

_ASKED, _ANSWERED = "user", "assistant"


def recipe_problem(recipe: Recipe) -> str:
    """Why no system can be asked so, in a sentence; empty where one can, as far as the recipe itself says."""
    problems = (
        examples_problem(recipe.examples),
        context_problem(recipe.context),
        *(option_problem(name) for name, _ in recipe.template_options),
        *(_markers_problem(*pair) for pair in recipe.reasoning_markers),
    )
    return next(filter(None, problems), "")


def examples_problem(examples: tuple[Message, ...]) -> str:
    """Why these turns are no examples, in a sentence; empty where they are."""
    for number, message in enumerate(examples, start=1):
        wanted = _ASKED if number % 2 else _ANSWERED
        if message.role != wanted:
            return f"Examples, turn {number}: it must be the {wanted}'s, not the {message.role}'s."
        if not message.content.strip():
            return f"Examples, turn {number}: the {wanted}'s text is empty."
    if len(examples) % 2:
        return f"Examples, turn {len(examples)}: the user's turn has no answer after it."
    return ""


def context_problem(context: str) -> str:
    """Why this is no use of context, in a sentence; empty where it is one, and for the usual one."""
    if not context or context in CONTEXT_TEMPLATES:
        return ""
    if missing := [mark for mark in (CONTEXT, QUESTION) if mark not in context]:
        names = ", ".join(CONTEXT_TEMPLATES)
        return f"The context template lacks {' and '.join(missing)}; or name one of {names}."
    if context.count(CONTEXT) > 1:
        return f"The context template has {CONTEXT} more than once."
    return ""


def option_problem(name: str) -> str:
    """Why no option of a chat template may be called so, in a sentence; empty where one may."""
    if name in RESERVED_OPTIONS:
        return f"A chat template gets {name} in any case: it is no option."
    return "" if name.isidentifier() else f"{name!r} is not the name of an option of a chat template."


def _markers_problem(opening: str, closing: str) -> str:
    if opening.strip() and closing.strip():
        return ""
    return "A marker of reasoning is empty: each is a pair of an opening and a closing text."


def recipe_json(recipe: Recipe) -> dict[str, Json]:
    """As a study keeps it: what it says, and nothing else."""
    whole: dict[str, Json] = {
        "system_prompt": recipe.system_prompt,
        "examples": [[message.role, message.content] for message in recipe.examples],
        "context": recipe.context,
        "template_options": dict(recipe.template_options),
        "reasoning_markers": [[*pair] for pair in recipe.reasoning_markers],
    }
    return {name: value for name, value in whole.items() if value}


def recipe_from_json(stored: Mapping[str, Json]) -> Recipe:
    """What `recipe_json` made."""
    examples = cast("list[tuple[str, str]]", stored.get("examples", []))
    options = cast("dict[str, TemplateOption]", stored.get("template_options", {}))
    markers = cast("list[tuple[str, str]]", stored.get("reasoning_markers", []))
    return Recipe(
        system_prompt=str(stored.get("system_prompt", "")),
        examples=tuple(Message(role, content) for role, content in examples),
        context=str(stored.get("context", "")),
        template_options=tuple(sorted(options.items())),
        reasoning_markers=tuple((opening, closing) for opening, closing in markers),
    )
