"""Convert prompts to engine items, with the messages of each system where recipes differ."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from ftcompare.app.study.recipes_told import recipe_words
from ftcompare.core.conversation import asked_messages, replaces_system_turn, turns_before
from ftcompare.core.messages import Message
from ftcompare.core.plurals import counted
from ftcompare.core.study import PromptSpec, System, SystemId
from ftcompare.engine import protocol


def item_of(
    prompt: PromptSpec, systems: Iterable[System], key: str, samples: tuple[int, ...] = (0,)
) -> protocol.Item:
    """An engine item for a prompt, as these systems (at least one) receive it."""
    first, own = _messages(prompt, systems)
    return protocol.Item(key, first, samples, own, prompt.later_turns)


def text_to_score(
    prompt: PromptSpec,
    systems: Iterable[System],
    key: str,
    text: str,
    earlier: tuple[str, ...] | Mapping[SystemId, tuple[str, ...]] = (),
) -> protocol.TextToScore:
    """An engine item for a text after a prompt, as these systems (at least one) receive it.

    ``earlier`` are the answers to the turns before the text: the same for all systems, or by system.
    """
    first, own = _messages(prompt, systems, earlier)
    return protocol.TextToScore(key, first, text, own)


def _messages(
    prompt: PromptSpec,
    systems: Iterable[System],
    earlier: tuple[str, ...] | Mapping[SystemId, tuple[str, ...]] = (),
) -> tuple[tuple[Message, ...], dict[str, tuple[Message, ...]]]:
    """The messages for the first system, and by key those of systems with different messages."""

    def turns(system: SystemId) -> tuple[Message, ...]:
        answers = earlier if isinstance(earlier, tuple) else earlier[system]
        return turns_before(answers, prompt.later_turns)

    messages_by_system = {
        str(one.id): asked_messages(prompt, one.spec.recipe) + turns(one.id) for one in systems
    }
    first = next(iter(messages_by_system.values()))
    return first, {key: messages for key, messages in messages_by_system.items() if messages != first}


def recipe_notes(systems: Iterable[System], prompts: Sequence[PromptSpec] = ()) -> Iterator[str]:
    """How systems with a recipe are prompted, and what it replaces in prompts, with the owner's names."""
    for system in systems:
        recipe = system.spec.recipe
        if recipe:
            yield f"{system.name} is asked by a recipe of its own: {recipe_words(recipe)}."
        if replaced := sum(replaces_system_turn(prompt, recipe) for prompt in prompts):
            many = counted(replaced, "prompt")
            yield f"The system prompt of {system.name}'s recipe takes the place of the system turn of {many}."
