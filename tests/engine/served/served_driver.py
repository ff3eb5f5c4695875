"""Drives the served backend in this process, without waiting for its pauses."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from ftcompare.core.study import Message
from ftcompare.engine.backends.served.backend import ServedBackend
from ftcompare.engine.backends.served.http_client import RetryPolicy
from ftcompare.engine.protocol import (
    Event,
    GenerationSettings,
    Item,
    ItemFailed,
    Load,
    Loaded,
    Note,
    Pair,
    SystemRequest,
    Verified,
    Written,
)

TODAY = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
QUESTIONS = ("What is the heart?", "Hypertension?", "Stroke: signs", "The vessels of the body are what?")


def item(key: str, *contents: str, samples: tuple[int, ...] = (0,)) -> Item:
    return Item(key, tuple(Message("user", text) for text in contents), samples)


ITEMS = tuple(item(f"p{number}", text) for number, text in enumerate(QUESTIONS))
SETTINGS = GenerationSettings(max_new_tokens=8)


@dataclass
class Driver:
    """A backend with what it said; ``pauses`` are the seconds that it would have slept.

    Args:
        slept: seconds that every pause takes all the same.
    """

    environment: Mapping[str, str] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)
    pauses: list[float] = field(default_factory=list)
    attempts: int = 4
    slept: float = 0.0
    is_cancelled: Callable[[], bool] = lambda: False

    def __post_init__(self) -> None:
        retry = RetryPolicy(attempts=self.attempts, jitter=lambda: 0.5, sleep=self._sleep, now=lambda: TODAY)
        self.backend = ServedBackend(self.environment, retry=retry)
        self.backend.emit, self.backend.is_cancelled = self.events.append, lambda: self.is_cancelled()

    async def _sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        await asyncio.sleep(self.slept)

    def load(self, url: str, *adapters: str, base: str = "base", **options: Any) -> Loaded:
        """The base as "b" and each adapter under its served name."""
        more = [SystemRequest(name, base, name, url) for name in adapters]
        command = Load((SystemRequest("b", base, "", url), *more), backend="served", **options)
        return self.backend.load(command)

    def verify(self, items: Sequence[Item] = ITEMS) -> Verified:
        return self.backend.verify(items)

    def write(
        self, items: Sequence[Item] = ITEMS, settings: GenerationSettings = SETTINGS
    ) -> dict[str, dict[str, Written]]:
        """By item and system, what was written in this call as the last sample."""
        self.events.clear()
        self.backend.generate(items, settings)
        return {pair.item: {one.system: one for one in pair.responses} for pair in self.pairs}

    @property
    def pairs(self) -> list[Pair]:
        return [event for event in self.events if isinstance(event, Pair)]

    @property
    def failures(self) -> dict[str, str]:
        return {event.item: event.reason for event in self.events if isinstance(event, ItemFailed)}

    @property
    def notes(self) -> list[str]:
        return [event.text for event in self.events if isinstance(event, Note)]


@contextmanager
def driving(**options: Any) -> Iterator[Driver]:
    driver = Driver(**options)
    try:
        yield driver
    finally:
        driver.backend.close()


@contextmanager
def ready(url: str, *adapters: str, **options: Any) -> Iterator[Driver]:
    with driving(**options) as driver:
        driver.load(url, *adapters)
        assert all(verification.ok for verification in driver.verify(ITEMS[:2]).systems)
        yield driver


def until(holds: Callable[[], bool]) -> None:
    """Waits for another thread; the test's own time limit ends it if it never comes."""
    pause = threading.Event()
    while not holds():
        pause.wait(0.01)
