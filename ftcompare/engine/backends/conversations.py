"""Prompts of several turns, without earlier reasoning; all of a round are one call, to share batches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from ftcompare.core.study import Message
from ftcompare.engine.backends import Emit, known_sum
from ftcompare.engine.protocol import End, Event, Item, ItemFailed, Note, Pair, Progress, Written

TOGETHER = 64  # prompts with several turns in progress at the same time; they are lost if the run is stopped

CALLED = "The model called a tool instead of answering."

Write: TypeAlias = Callable[[Sequence[Item], Emit], None]
"""Function that answers the first turn of items and emits events as `Backend.generate` does."""


@dataclass(frozen=True, slots=True)
class Conversation:
    """One sample of one item in progress: for each answered turn, the responses of all systems."""

    item: Item
    sample: int
    answered: tuple[tuple[Written, ...], ...] = ()

    @property
    def is_whole(self) -> bool:
        return len(self.answered) > len(self.item.later_turns)

    def next_item(self) -> Item:
        """Return the next turn with each system's earlier answers; the item's key also seeds sampling."""
        turn = len(self.answered) + 1
        by_system = {one.system: self._messages(one.system) for one in self.answered[0]}
        first = next(iter(by_system.values()))
        own = {system: messages for system, messages in by_system.items() if messages != first}
        return Item(f"{self.item.key} turn {turn} sample {self.sample}", first, (self.sample,), own)

    def _messages(self, system: str) -> tuple[Message, ...]:
        found = self.item.messages_for(system)
        for responses, turn in zip(self.answered, self.item.later_turns, strict=False):
            answer = next(one.text for one in responses if one.system == system)
            found = (*found, Message("assistant", answer), Message("user", turn))
        return found

    def pair(self) -> Pair:
        by_system = zip(*self.answered, strict=True)
        return Pair(self.item.key, tuple(map(joined, by_system)), self.sample)


def joined(turns: Sequence[Written]) -> Written:
    """Combine a system's turns: the last answer, the earlier answers, and summed counts."""
    last = turns[-1]
    cut = any(one.finish_reason != "end" for one in turns[:-1])
    end: End = "length" if cut and last.finish_reason == "end" else last.finish_reason
    return replace(
        last,
        finish_reason=end,
        tokens=sum(one.tokens for one in turns),
        active=" ".join(dict.fromkeys(name for one in turns for name in one.active.split())),
        reasoning="\n\n".join(one.reasoning for one in turns if one.reasoning),
        prompt_tokens=known_sum([one.prompt_tokens for one in turns]),
        reasoning_tokens=known_sum([one.reasoning_tokens for one in turns]),
        earlier=tuple(one.text for one in turns[:-1]),
    )


def write_conversations(items: Sequence[Item], emit: Emit, write: Write) -> None:
    """Answer all turns; pairs emitted before `Cancelled`, or what ``write`` raises, remain valid."""
    rounds = _Rounds(len(items), emit, write)
    single = [item for item in items if not item.later_turns]
    if single:
        rounds.write_single(single)
    several = [item for item in items if item.later_turns]
    for start in range(0, len(several), TOGETHER):
        rounds.write(several[start : start + TOGETHER])


class _Rounds:
    def __init__(self, total: int, emit: Emit, write: Write) -> None:
        self._total = total
        self._emit = emit
        self._write = write
        self._done = 0
        self._told: set[str] = set()

    def write_single(self, items: Sequence[Item]) -> None:

        def tell(event: Event) -> None:
            self._tell(replace(event, total=self._total) if isinstance(event, Progress) else event)

        self._write(items, tell)
        self._done = len(items)

    def write(self, items: Sequence[Item]) -> None:
        failed: set[str] = set()
        current = {item.key: item for item in (replace(one, later_turns=()) for one in items)}
        begun = {(one.key, n): Conversation(one, n) for one in items for n in one.samples}
        while begun:
            begun = self._round(tuple(current.values()), begun, failed)
            followed = {one.key: (one, talk) for talk in begun.values() for one in [talk.next_item()]}
            current = {key: one for key, (one, _) in followed.items()}
            begun = {(key, talk.sample): talk for key, (_, talk) in followed.items()}

    def _round(
        self, items: Sequence[Item], begun: dict[tuple[str, int], Conversation], failed: set[str]
    ) -> dict[tuple[str, int], Conversation]:
        going: dict[tuple[str, int], Conversation] = {}
        owners = {key: talk for (key, _), talk in begun.items()}

        def tell(event: Event) -> None:
            match event:
                case Pair():
                    talk = begun[event.item, event.sample]
                    if talk.item.later_turns and any(one.earlier for one in event.responses):
                        self._fail(talk, CALLED, failed)
                    elif talk.item.key not in failed:
                        talk = replace(talk, answered=(*talk.answered, event.responses))
                        going[event.item, event.sample] = talk
                        if talk.is_whole:
                            self._emit(talk.pair())
                            self._done += talk.sample == talk.item.samples[-1]
                case ItemFailed():
                    self._fail(owners[event.item], event.reason, failed)
                case Progress():
                    self._tell(replace(event, done=self._done, total=self._total))
                case _:
                    self._tell(event)

        self._write(items, tell)
        return {key: talk for key, talk in going.items() if not talk.is_whole and talk.item.key not in failed}

    def _fail(self, talk: Conversation, reason: str, failed: set[str]) -> None:
        if talk.item.key not in failed:
            failed.add(talk.item.key)
            self._done += 1
            turn = len(talk.answered) + 1
            self._emit(ItemFailed(talk.item.key, f"In turn {turn}: {reason}" if turn > 1 else reason))

    def _tell(self, event: Event) -> None:
        if isinstance(event, Note):
            if event.text in self._told:
                return
            self._told.add(event.text)
        self._emit(event)
