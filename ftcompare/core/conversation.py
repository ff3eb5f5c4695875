"""Conversations in which a system answered several turns: the turns before the last answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from ftcompare.core import trace
from ftcompare.core.blinding import BlindItem
from ftcompare.core.context import context_text
from ftcompare.core.hashing import Json
from ftcompare.core.language import N_, named_value, tr
from ftcompare.core.rating_design import ConversationJudged
from ftcompare.core.recipe import CONTEXT, QUESTION, Message, Recipe
from ftcompare.core.study import PromptSpec

ANSWER = N_("Answer")  # the speaker name of a system's answer; never the name of a system


def turns_before(earlier: Sequence[str], later_turns: Sequence[str]) -> tuple[Message, ...]:
    """Return the messages between a prompt and the last answer: earlier answers, steps, later user turns.

    Calls are written as text, because not every chat template has a form for them.
    """
    return tuple(map(turn_as_text, _turns(earlier, later_turns)))


def tool_turn(message: Mapping[str, Json]) -> Message:
    """Return a turn that calls tools, or the result of a call, as text and as it was imported."""
    told = trace.steps([trace.stored_step(message)])
    content = "\n\n".join(
        step.call if trace.calls_tools(message) and step.call else step.result for step in told
    )
    role = str(message.get("role"))
    if trace.calls_tools(message) and all(step.call for step in told):
        role = "function_call"
    says_more = message.keys() - {"role", "content"} or message.get("content") != content
    return Message(role, content, trace.message_text(message) if says_more else "")


def turn_as_text(turn: Message) -> Message:
    """Return a turn in a role that every chat template has a form for, with calls as text."""
    return Message("assistant" if turn.role == "function_call" else turn.role, turn.content)


def _turns(earlier: Sequence[str], later_turns: Sequence[str]) -> Iterator[Message]:
    later = iter(later_turns)
    for of_steps, group in groupby(earlier, trace.is_step):
        for step in trace.steps(group) if of_steps else ():
            if step.call:
                yield Message("function_call", step.call)
            if step.result:
                yield Message("tool" if step.call else "assistant", step.result)
        for answer, turn in () if of_steps else zip(group, later, strict=False):
            yield from (Message("assistant", answer), Message("user", turn))


def chat_turns(earlier: Sequence[str], later_turns: Sequence[str], answer: str) -> list[Json]:
    """Return all that follows a prompt as chat messages, with steps as they were imported.

    A trace that ends without an answer ends with its last step.
    """
    found: list[Json] = []
    later = iter(later_turns)
    for text in earlier:
        if trace.is_step(text):
            found.append(trace.message_of(text))
        elif (turn := next(later, None)) is not None:
            found += [{"role": "assistant", "content": text}, {"role": "user", "content": turn}]
    if answer or not (earlier and trace.is_step(earlier[-1])):
        found.append({"role": "assistant", "content": answer})
    return found


def turns_text(earlier: Sequence[str], later_turns: Sequence[str]) -> str:
    """Return the turns and steps before the last answer as one text, each after its speaker."""
    speakers = {**SPEAKERS, "assistant": ANSWER}
    return "\n\n".join(
        named_value(tr(speakers[one.role]), one.content) for one in _turns(earlier, later_turns)
    )


def whole_conversation(
    messages: Sequence[Message], later_turns: Sequence[str], answers: Sequence[str]
) -> tuple[Message, ...]:
    """Return all turns: the prompt's, then answers (one per turn) and later user turns in order."""
    last = tuple(Message("assistant", answer) for answer in answers[-1:])
    return (*messages, *turns_before(answers[:-1], later_turns), *last)


TURN_ANSWER = N_("Answer to turn {number}")
"""Display name of the answer to one of several turns before the last."""

LAST_ANSWER = N_("Answer to turn {number}, the last one")
"""Display name of the answer to the last of several turns."""

JUDGED_PART = {
    ConversationJudged.LAST: N_(
        "Judge the answer to turn {number}, the last one. The turns before it show how the conversation got "
        "there."
    ),
    ConversationJudged.WHOLE: N_("A conversation of {number} turns: judge all answers of a side together."),
}
"""Sentences on the part of a conversation of ``number`` turns that is judged."""

STEPS_JUDGED = {
    ConversationJudged.LAST: N_("Judge the final answer. The steps show how it was reached."),
    ConversationJudged.WHOLE: N_("Judge the steps and the final answer together."),
}
"""Sentences on the part of a trace that is judged."""


def judged_part(item: BlindItem, judged: ConversationJudged) -> str:
    """Return the sentence on what of a pair is judged; empty for answers without other turns and steps."""
    if item.later_turns:
        return JUDGED_PART[judged]
    return STEPS_JUDGED[judged] if any(not pair.of_field for pair in item.steps) else ""


SPEAKERS = {
    "system": N_("Instructions to the model"),
    "developer": N_("Instructions to the model"),
    "user": N_("User"),
    "assistant": N_("Assistant"),
    "thought": N_("Thought"),
    "function_call": N_("Function call"),
    "tool": N_("Tool"),
    "function": N_("Function"),
    "observation": N_("Observation"),
}
"""Display name by the role of a message."""


def spoken(messages: Sequence[Message]) -> str:
    """Return messages as text, each after the name of its speaker."""
    return "\n\n".join(f"{SPEAKERS.get(one.role, one.role)}: {one.content}" for one in messages)


_OF_SYSTEM = ("system", "developer")  # roles of a first turn that a recipe's system prompt replaces


def asked_messages(prompt: PromptSpec, recipe: Recipe) -> tuple[Message, ...]:
    """Return the messages of the first request, which end at the first turn to be answered."""
    own_system = _own_system(prompt)
    system = (Message("system", recipe.system_prompt),) if recipe.system_prompt else own_system
    turns = prompt.messages[len(own_system) :]
    # A prompt may end with the result of a tool call, so the last user turn need not be the last turn.
    asking = max((n for n, turn in enumerate(turns) if turn.role == "user"), default=len(turns) - 1)
    question = _with_context(prompt, turns[asking], recipe)
    return (*system, *recipe.examples, *turns[:asking], question, *turns[asking + 1 :])


def replaces_system_turn(prompt: PromptSpec, recipe: Recipe) -> bool:
    """Return whether the recipe's system prompt replaces the prompt's own system turn."""
    return bool(recipe.system_prompt and _own_system(prompt))


def _own_system(prompt: PromptSpec) -> tuple[Message, ...]:
    return tuple(message for message in prompt.messages[:1] if message.role in _OF_SYSTEM)


def _with_context(prompt: PromptSpec, question: Message, recipe: Recipe) -> Message:
    if not prompt.context:
        return question
    # The template is split before filling it: a passage or a question may itself contain a placeholder.
    before, _, rest = recipe.context_template.partition(CONTEXT)
    context = context_text(prompt.context) if CONTEXT in recipe.context_template else ""
    parts = (before.replace(QUESTION, question.content), context, rest.replace(QUESTION, question.content))
    return Message(question.role, "".join(parts))
