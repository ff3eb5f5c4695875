"""What each system takes by itself, one prompt at a time: for the owner's table of cost and waiting.

Paired writing shares the base's work between systems, so nothing of it can be divided fairly among
them. Here a system answers alone, greedily or by the run's settings, through the reference path.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from ftcompare.engine.backends import Emit
from ftcompare.engine.backends.local.generation import ProgressMonitor, PromptSample, ReferenceDecoder
from ftcompare.engine.backends.local.memory import MemoryMeter
from ftcompare.engine.backends.local.prompts import Encoded
from ftcompare.engine.backends.local.systems import LoadedSystems
from ftcompare.engine.protocol import GenerationSettings, Stage, SystemSpeed, Written

WARM_UP_TOKENS = 2
"""Written before the clock starts: the first pass makes what later ones find made."""


@dataclass
class Timings:
    """One system's answers, with times in seconds."""

    answers: list[Written] = field(default_factory=list)
    first: list[float] = field(default_factory=list)
    rest_seconds: float = 0.0
    rest_tokens: int = 0
    prompt_tokens: int = 0


class Stopwatch:
    """When tokens came.

    Args:
        clock: monotonic seconds.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self.start()

    def start(self) -> None:
        """Begin anew."""
        self._begun = self._last = self._clock()
        self._first: float | None = None
        self._tokens = 0

    def token(self) -> None:
        """One came."""
        self._last = self._clock()
        self._tokens += 1
        self._first = self._last if self._first is None else self._first

    def add_to(self, taken: Timings) -> None:
        """Count what was timed."""
        if self._first is not None:
            taken.first.append(self._first - self._begun)
            taken.rest_seconds += self._last - self._first
            taken.rest_tokens += self._tokens - 1


class BenchmarkRun:
    """Lets one system after another answer the same prompts.

    Args:
        systems: verified, adapters attached.
        settings: of the run; one sample a prompt is written.
        watch: stops and counts.
        emit: gets a `Stage` for each system.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        systems: LoadedSystems,
        settings: GenerationSettings,
        monitor: ProgressMonitor,
        emit: Emit,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._systems = systems
        self._settings = settings
        self._monitor = monitor
        self._emit = emit
        self._stopwatch = Stopwatch(clock)
        self._meter = MemoryMeter(systems.base.device)

    def run(self, key: str, prompts: Sequence[Encoded]) -> SystemSpeed:
        """What one system takes.

        Raises:
            Cancelled: it was cancelled.
        """
        self._emit(Stage("Measuring the speed of one system by itself"))
        writer = ReferenceDecoder(self._systems, [key], self._settings, self._monitor, self._emit)
        self._monitor.at_token = self._look
        for prompt in prompts[:1]:
            writer.respond(key, [PromptSample(replace(prompt, limit=min(prompt.limit, WARM_UP_TOKENS)), 0)])
        self._meter.start()
        taken = Timings()
        for prompt in prompts:
            self._monitor.check()
            self._stopwatch.start()
            taken.answers += writer.respond(key, [PromptSample(prompt, 0)])
            taken.prompt_tokens += len(prompt.ids_for(key))
            self._stopwatch.add_to(taken)
            self._monitor.done += 1
            self._monitor.tell()
        return speed(key, taken, self._systems.weight_bytes(key) + self._meter.grown)

    def _look(self) -> None:
        self._stopwatch.token()
        self._meter.look()


def speed(key: str, taken: Timings, memory: int) -> SystemSpeed:
    """The figures of one system.

    Args:
        key: the system's.
        taken: its answers and times.
        memory: bytes held at most: its weights, and what it took to write.
    """
    return SystemSpeed(
        key,
        prompts=len(taken.answers),
        prompt_tokens=taken.prompt_tokens,
        tokens=sum(answer.tokens for answer in taken.answers),
        first_token_seconds=statistics.median(taken.first) if taken.first else None,
        tokens_per_second=taken.rest_tokens / taken.rest_seconds if taken.rest_seconds > 0 else None,
        memory_bytes=memory,
        ended=sum(answer.finish_reason == "end" for answer in taken.answers),
    )
