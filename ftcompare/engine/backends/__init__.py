"""The backends of the worker, and the prompt format of a model without a chat template."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import TypeAlias, TypeVar

from ftcompare.core.errors import UserError
from ftcompare.core.reasoning import KNOWN_MARKERS, Markers
from ftcompare.core.study import Message
from ftcompare.engine import protocol

Emit: TypeAlias = Callable[[protocol.Event], None]
IsCancelled: TypeAlias = Callable[[], bool]
Value = TypeVar("Value")


class Cancelled(Exception):
    """Raised when the user cancels the work."""


def stop_if_cancelled(is_cancelled: IsCancelled) -> None:
    if is_cancelled():
        raise Cancelled


def in_turn(systems: Sequence[Value], turn: int) -> tuple[Value, ...]:
    """Return the systems, rotated by one place each turn."""
    first = turn % len(systems) if systems else 0
    return (*systems[first:], *systems[:first])


class EngineBackend(ABC):
    """Base class; raises only `FTCompareError`s. The worker sets ``emit`` and ``is_cancelled``."""

    def __init__(self) -> None:
        self.emit: Emit = lambda _: None
        self.is_cancelled: IsCancelled = lambda: False

    @abstractmethod
    def load(self, command: protocol.Load) -> protocol.Loaded:
        """Load the systems, or the reward model, and release what was loaded before."""


class Backend(EngineBackend):
    """Loads systems and generates with them."""

    @abstractmethod
    def verify(self, items: Sequence[protocol.Item]) -> protocol.Verified:
        """Verify on these prompts that the base is unmodified and that every adapter has an effect."""

    @abstractmethod
    def generate(self, items: Sequence[protocol.Item], settings: protocol.GenerationSettings) -> None:
        """Emit a `Pair` for each sample of each item, or an `ItemFailed` for the item, and `Progress`."""

    @abstractmethod
    def score(self, texts: Sequence[protocol.TextToScore]) -> None: ...

    @abstractmethod
    def benchmark(
        self, items: Sequence[protocol.Item], settings: protocol.GenerationSettings, repeats: int = 1
    ) -> protocol.Benchmarked:
        """Measure speed and memory of each system alone; systems take turns, item by item."""

    @abstractmethod
    def evaluate(self, command: protocol.Evaluate) -> None:
        """Emit an `EvaluatedItem` for each item and system, and an `EvaluatedTask` for each system."""


class RewardBackend(EngineBackend):
    """Loads one reward model and scores texts."""

    @abstractmethod
    def reward(self, texts: Sequence[protocol.TextToScore]) -> None:
        """Emit a `Rewarded` or an `ItemFailed` for each text, and `Progress`."""


def not_verified() -> UserError:
    what = "Nothing was generated, because the systems were not verified."
    how = "Verify the systems first. If the verification failed, see the result for each system."
    return UserError(what, how=how, code="proof-failed")


def spread(values: Sequence[Value], count: int) -> list[Value]:
    """Return at most ``count`` of the values, evenly spaced."""
    step = max(1, -(-len(values) // count))
    return list(values[::step])


def known_sum(counts: Sequence[int | None]) -> int | None:
    known = [count for count in counts if count is not None]
    return sum(known) if len(known) == len(counts) else None


def unfit(messages: tuple[Message, ...]) -> str:
    """Return why no model can answer a prompt; "" if one can. The chat template may still refuse it."""
    roles = [message.role for message in messages]
    if "user" not in roles:
        return "The prompt has no user turn."
    if roles[-1] in ("system", "developer", "assistant"):
        return "The prompt's last turn is not from the user."
    return ""


def plain_prompt(messages: tuple[Message, ...]) -> str:
    """Join system turn, user turn and a line end. Raises `ValueError` for any other turns."""
    if [message.role for message in messages] not in (["user"], ["system", "user"]):
        raise ValueError("it has no chat template, and the prompt has several turns")
    return "\n\n".join(message.content for message in messages) + "\n"


def closing_of(text: str, own: Sequence[Markers] = ()) -> str:
    """Return the closing marker of the reasoning that a text opens at its end."""
    end = text.rstrip()
    return next(closing for opening, closing in (*own, *KNOWN_MARKERS) if end.endswith(opening))


def opens_reasoning(text: str, last: str, own: Sequence[Markers] = ()) -> bool:
    """Return whether a template's text opens reasoning after the ``last`` turn."""
    end = text.rstrip()
    openings = tuple(opening for opening, _ in (*own, *KNOWN_MARKERS))
    return end.endswith(openings) and not end.endswith(last.rstrip())
