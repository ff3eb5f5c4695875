"""Builds the messages sent to a system: a prompt's turns and context, arranged by the system's recipe."""

from __future__ import annotations

from ftcompare.core.context import context_text
from ftcompare.core.messages import Message
from ftcompare.core.recipe import CONTEXT, QUESTION, Recipe
from ftcompare.core.study import PromptSpec

_OF_SYSTEM = ("system", "developer")
"""Roles of a first turn that a recipe's system prompt replaces; models use one name or the other."""


def asked_messages(prompt: PromptSpec, recipe: Recipe) -> tuple[Message, ...]:
    """Messages of the first request to a system with this recipe.

    A prompt with several turns is asked turn by turn: these messages end at the first turn to be answered.
    """
    own_system = _own_system(prompt)
    system = (Message("system", recipe.system_prompt),) if recipe.system_prompt else own_system
    turns = prompt.messages[len(own_system) :]
    # A prompt may end with the result of a tool call, so the last user turn need not be the last turn.
    asking = max((n for n, turn in enumerate(turns) if turn.role == "user"), default=len(turns) - 1)
    question = _with_context(prompt, turns[asking], recipe)
    return (*system, *recipe.examples, *turns[:asking], question, *turns[asking + 1 :])


def replaces_system_turn(prompt: PromptSpec, recipe: Recipe) -> bool:
    """Whether the recipe's system prompt replaces the prompt's own system turn."""
    return bool(recipe.system_prompt and _own_system(prompt))


def _own_system(prompt: PromptSpec) -> tuple[Message, ...]:
    return tuple(message for message in prompt.messages[:1] if message.role in _OF_SYSTEM)


def _with_context(prompt: PromptSpec, question: Message, recipe: Recipe) -> Message:
    if not prompt.context:
        return question
    # The template is split before filling it: a passage or a question may itself contain a placeholder.
    before, _, rest = recipe.context_template.partition(CONTEXT)
    told = context_text(prompt.context) if CONTEXT in recipe.context_template else ""
    parts = (before.replace(QUESTION, question.content), told, rest.replace(QUESTION, question.content))
    return Message(question.role, "".join(parts))
