"""The recipe of a system: how it is asked. The same model with two recipes is two systems."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

from ftcompare.core.hashing import Json, digest
from ftcompare.core.trace import message_of
from ftcompare.core.typed_json import STORED, JsonForm, record_json


@dataclass(frozen=True, slots=True)
class Message:
    """One chat turn. ``role`` is ``system``, ``user`` or ``assistant``, or that of a tool."""

    role: str
    content: str
    original: str = ""  # JSON of a turn with calls of tools, or of their result, as it was imported

    @property
    def turn(self) -> dict[str, Json]:
        """The turn as chat templates, servers, and exports get it."""
        return message_of(self.original) if self.original else {"role": self.role, "content": self.content}


AS_TURN = JsonForm(as_list=True, sparse=True, always=("role", "content"), defaults=True)
"""A message as the list of its role and content, and of its original if it has one."""

TemplateOption: TypeAlias = bool | int | float | str | None

LEFT_OUT = "none"  # the name of the context template that leaves the context out

CONTEXT, QUESTION = "{context}", "{question}"  # placeholders for the passages and for the user's turn

CONTEXT_TEMPLATES: Mapping[str, str] = {
    "before": f"{CONTEXT}\n\n{QUESTION}",
    "after": f"{QUESTION}\n\n{CONTEXT}",
    "labelled": f"Context:\n{CONTEXT}\n\nQuestion:\n{QUESTION}",
    "only": f"Answer from this context alone:\n{CONTEXT}\n\nQuestion:\n{QUESTION}",
    LEFT_OUT: QUESTION,
}
"""Templates that combine a prompt's context and question, by name."""

DEFAULT_CONTEXT = "labelled"


@dataclass(frozen=True, slots=True)
class Recipe:
    system_prompt: str = ""  # replaces the prompt's own system turn; empty keeps that turn
    examples: tuple[Message, ...] = ()  # alternating user and assistant turns before the prompt's own
    context: str = ""  # of `CONTEXT_TEMPLATES`, or with `CONTEXT` and `QUESTION`; empty: `DEFAULT_CONTEXT`
    template_options: tuple[tuple[str, TemplateOption], ...] = ()  # such as ``enable_thinking``
    reasoning_markers: tuple[tuple[str, str], ...] = ()  # opening and closing, beside known ones

    def __bool__(self) -> bool:
        return self != NO_RECIPE

    @property
    def digest(self) -> str:
        """Digest that is equal for equal recipes; empty for the empty recipe."""
        return digest("recipe", record_json(self, RECIPE_FORM)) if self else ""

    @property
    def context_template(self) -> str:
        """The text into which context and question are inserted."""
        return CONTEXT_TEMPLATES.get(self.context or DEFAULT_CONTEXT, self.context)


NO_RECIPE = Recipe()  # the empty recipe: a prompt's own turns, with its context in the default template

RESERVED_OPTIONS = frozenset(
    (
        *("messages", "add_generation_prompt", "continue_final_message", "tools", "documents", "tokenize"),
        *("bos_token", "eos_token", "pad_token", "unk_token", "sep_token", "cls_token", "mask_token"),
    )
)
"""Variables that every chat template gets; an option must not have one of these names."""

_ASKED, _ANSWERED = "user", "assistant"


def recipe_problem(recipe: Recipe) -> str:
    """Return a sentence saying why the recipe is invalid, or empty; no model is loaded."""
    problems = (
        examples_problem(recipe.examples),
        context_problem(recipe.context),
        *(option_problem(name) for name, _ in recipe.template_options),
        *(_markers_problem(*pair) for pair in recipe.reasoning_markers),
    )
    return next(filter(None, problems), "")


def examples_problem(examples: tuple[Message, ...]) -> str:
    """Return a sentence saying why these turns are no valid examples, or empty."""
    for number, message in enumerate(examples, start=1):
        wanted = _ASKED if number % 2 else _ANSWERED
        if message.role != wanted:
            return f"Examples, turn {number}: it must be from the {wanted}, not from the {message.role}."
        if not message.content.strip():
            return f"Examples, turn {number}: the {wanted}'s text is empty."
    if len(examples) % 2:
        return f"Examples, turn {len(examples)}: no answer follows the user's turn."
    return ""


def context_problem(context: str) -> str:
    """Return a sentence saying why this context template is invalid, or empty."""
    if not context or context in CONTEXT_TEMPLATES:
        return ""
    if missing := [mark for mark in (CONTEXT, QUESTION) if mark not in context]:
        names = ", ".join(CONTEXT_TEMPLATES)
        return f"The context template lacks {' and '.join(missing)}; or name one of {names}."
    if context.count(CONTEXT) > 1:
        return f"The context template has {CONTEXT} more than once."
    return ""


def option_problem(name: str) -> str:
    """Return a sentence saying why a chat template option cannot have this name, or empty."""
    if name in RESERVED_OPTIONS:
        return f"FTCompare always passes {name} to a chat template, so it cannot be an option."
    return "" if name.isidentifier() else f"{name!r} is not the name of an option of a chat template."


def _markers_problem(opening: str, closing: str) -> str:
    if opening.strip() and closing.strip():
        return ""
    return "A marker of reasoning is empty. Each marker is a pair of an opening and a closing text."


RECIPE_FORM = replace(STORED, objects=("template_options",), parts=((Message, AS_TURN),))
"""How a study stores a recipe: only its non-empty fields."""
