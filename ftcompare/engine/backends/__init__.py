"""What can run inside the worker."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol, TypeAlias

from ftcompare.engine.protocol import Event, GenerationSettings, Item, Load, Loaded, Proved

Emit: TypeAlias = Callable[[Event], None]
IsCancelled: TypeAlias = Callable[[], bool]


class Cancelled(Exception):
    """Work was given up because the user asked for it. Never raised inside a model's forward pass."""


class Backend(Protocol):
    """Loads systems and writes with them. Errors are `FTCompareError`s, or bugs."""

    def load(self, command: Load, emit: Emit, is_cancelled: IsCancelled) -> Loaded:
        """Load the systems; what was loaded before is released."""
        ...

    def prove(self, items: Sequence[Item], emit: Emit, is_cancelled: IsCancelled) -> Proved:
        """Prove on these prompts that the base is the base and that the adapters act."""
        ...

    def generate(
        self, items: Sequence[Item], settings: GenerationSettings, emit: Emit, is_cancelled: IsCancelled
    ) -> None:
        """Emit a `Pair` or an `ItemFailed` for each item, and `Progress`."""
        ...
