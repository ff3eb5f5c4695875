"""Continue the conversation of a live pair: earlier turns of each side, and the next question."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random

from ftcompare.core.blinding import BlindItem
from ftcompare.core.conversation import asked_messages, whole_conversation
from ftcompare.core.messages import Message
from ftcompare.core.rating_design import LiveHistory
from ftcompare.core.study import PromptSpec, ResponseDraft, System, SystemId
from ftcompare.engine import protocol
from ftcompare.store.study.study_file import StudyFile


@dataclass(frozen=True, slots=True)
class LiveConversation:
    """A pair that can be continued.

    Args:
        prompt: the prompt with its later turns.
        answers: by system of the pair: its answers to all turns; the left system first.
        better: the system whose answer was preferred, or the left one where none was.
    """

    prompt: PromptSpec
    answers: Mapping[SystemId, tuple[str, ...]]
    better: SystemId

    @property
    def left(self) -> SystemId:
        """The system on the left."""
        return next(iter(self.answers))


@dataclass(frozen=True, slots=True)
class LiveTurn:
    """The current question.

    Args:
        prompt: the prompt as stored with the answers.
        before: the conversation that each system continues from its own answers; None where all get the same
            input.
    """

    prompt: PromptSpec
    before: LiveConversation | None = None

    def item(self, key: str, systems: Iterable[System]) -> protocol.Item:
        """The engine item for this turn."""
        own = {str(one.id): asked_messages(self._asked_of(one.id), one.spec.recipe) for one in systems}
        first, *_ = own.values()
        return protocol.Item(key, first, own={name: asked for name, asked in own.items() if asked != first})

    @property
    def left(self) -> SystemId | None:
        """The system that stays on the left from an earlier turn; None where sides are drawn."""
        return self.before.left if self.before else None

    def pair_of(self, drafts: Sequence[ResponseDraft], rng: Random) -> list[ResponseDraft]:
        """The two answers to show, with earlier turns: of the continued pair, or drawn at random."""
        if self.before is not None:
            answers = self.before.answers
            return [replace(one, earlier=answers[one.system]) for one in drafts if one.system in answers]
        return [drafts[place] for place in sorted(rng.sample(range(len(drafts)), 2))]

    def _asked_of(self, system: SystemId) -> PromptSpec:
        if self.before is None or system not in self.before.answers:
            return replace(self.prompt, later_turns=())
        told = self.before.prompt
        turns = whole_conversation(told.messages, told.later_turns, self.before.answers[system])
        return PromptSpec("", (*turns, Message("user", self.prompt.later_turns[-1])))


def first_turn(text: str) -> LiveTurn:
    """A prompt without earlier turns."""
    return LiveTurn(PromptSpec("", (Message("user", text),)))


def next_turn(before: LiveConversation, text: str, history: LiveHistory) -> LiveTurn:
    """The user's next turn in a conversation."""
    told = before.prompt
    if history is LiveHistory.OWN:
        return LiveTurn(replace(told, later_turns=(*told.later_turns, text)), before)
    turns = whole_conversation(told.messages, told.later_turns, before.answers[before.better])
    return LiveTurn(PromptSpec("", (*turns, Message("user", text))))


def conversation_of(study: StudyFile, item: BlindItem, *, right: bool) -> LiveConversation:
    """The conversation of a pair of the live page; ``right`` is whether its right answer was preferred."""
    left, other = study.live.systems(item.allocation)
    answers = {left: (*item.left_earlier, item.left), other: (*item.right_earlier, item.right)}
    spec = PromptSpec("", item.messages, later_turns=item.later_turns)
    return LiveConversation(spec, answers, other if right else left)
