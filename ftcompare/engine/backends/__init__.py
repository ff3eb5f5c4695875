"""The backends of the worker, and the prompt format of a model without a chat template."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeAlias, TypeVar, runtime_checkable

from ftcompare.core.errors import UserError
from ftcompare.core.reasoning import KNOWN_MARKERS, Markers
from ftcompare.core.study import Message
from ftcompare.engine.protocol import (
    Benchmarked,
    Evaluate,
    Event,
    GenerationSettings,
    Item,
    Load,
    Loaded,
    TextToScore,
    Verified,
)

Emit: TypeAlias = Callable[[Event], None]
IsCancelled: TypeAlias = Callable[[], bool]
Value = TypeVar("Value")


class Cancelled(Exception):
    """The user cancelled the work."""


def stop_if_cancelled(is_cancelled: IsCancelled) -> None:
    """Raise `Cancelled` if the user has cancelled."""
    if is_cancelled():
        raise Cancelled


def in_turn(systems: Sequence[Value], turn: int) -> tuple[Value, ...]:
    """Return the systems, beginning with another one at each turn."""
    first = turn % len(systems) if systems else 0
    return (*systems[first:], *systems[:first])


@runtime_checkable
class Backend(Protocol):
    """Loads systems and generates with them. Raises `FTCompareError`s; other exceptions are bugs."""

    def load(self, command: Load, emit: Emit, is_cancelled: IsCancelled) -> Loaded:
        """Load the systems; systems loaded before are released."""
        ...

    def verify(self, items: Sequence[Item], emit: Emit, is_cancelled: IsCancelled) -> Verified:
        """Verify on these prompts that the base is unmodified and that every adapter has an effect."""
        ...

    def generate(
        self, items: Sequence[Item], settings: GenerationSettings, emit: Emit, is_cancelled: IsCancelled
    ) -> None:
        """Emit a `Pair` for each sample of each item, or an `ItemFailed` for the item, and `Progress`."""
        ...

    def score(self, texts: Sequence[TextToScore], emit: Emit, is_cancelled: IsCancelled) -> None:
        """Emit a `Scored` or an `ItemFailed` for each text, and `Progress`."""
        ...

    def benchmark(
        self,
        items: Sequence[Item],
        settings: GenerationSettings,
        emit: Emit,
        is_cancelled: IsCancelled,
        repeats: int = 1,
    ) -> Benchmarked:
        """Let each system alone answer the items, one at a time, and measure speed and memory.

        Systems take turns, item by item; each answers each item ``repeats`` times.
        """
        ...

    def evaluate(self, command: Evaluate, emit: Emit, is_cancelled: IsCancelled) -> None:
        """Emit an `EvaluatedItem` for each item and system, and an `EvaluatedTask` for each system."""
        ...


@runtime_checkable
class RewardBackend(Protocol):
    """Loads one reward model and scores texts. Raises `FTCompareError`s; other exceptions are bugs."""

    def load(self, command: Load, emit: Emit, is_cancelled: IsCancelled) -> Loaded:
        """Load the model of the single system in the command; a model loaded before is released."""
        ...

    def reward(self, texts: Sequence[TextToScore], emit: Emit, is_cancelled: IsCancelled) -> None:
        """Emit a `Rewarded` or an `ItemFailed` for each text, and `Progress`."""
        ...


def not_verified() -> UserError:
    """The error for work requested before the systems are verified."""
    what = "Nothing is written, because it is not proved that these are the systems asked for."
    how = "Run the proof first; if it failed, see what it says of each system."
    return UserError(what, how=how, code="proof-failed")


def spread(values: Sequence[Value], count: int) -> list[Value]:
    """At most ``count`` of the values, evenly spaced."""
    step = max(1, -(-len(values) // count))
    return list(values[::step])


def unfit(messages: tuple[Message, ...]) -> str:
    """Why a prompt cannot be answered by any model, in one sentence; "" if it can.

    Roles other than the usual three are accepted here; the chat template accepts or refuses them.
    """
    roles = [message.role for message in messages]
    if "user" not in roles:
        return "The prompt has no user turn."
    if roles[-1] in ("system", "developer", "assistant"):
        return "The prompt's last turn is not the user's."
    return ""


def plain_prompt(messages: tuple[Message, ...]) -> str:
    """The system turn if there is one, an empty line, the user turn, and a line end.

    Raises:
        ValueError: there are other turns than one system turn and one user turn.
    """
    if [message.role for message in messages] not in (["user"], ["system", "user"]):
        raise ValueError("it has none, and the prompt has several turns")
    return "\n\n".join(message.content for message in messages) + "\n"


def closing_of(text: str, own: Sequence[Markers] = ()) -> str:
    """The closing marker of the reasoning that a text opens at its end; "" where it opens none."""
    end = text.rstrip()
    return next(closing for opening, closing in (*own, *KNOWN_MARKERS) if end.endswith(opening))


def opens_reasoning(text: str, last: str, own: Sequence[Markers] = ()) -> bool:
    """Whether a template's text opens reasoning at its end, after the ``last`` turn."""
    end = text.rstrip()
    openings = tuple(opening for opening, _ in (*own, *KNOWN_MARKERS))
    return end.endswith(openings) and not end.endswith(last.rstrip())
