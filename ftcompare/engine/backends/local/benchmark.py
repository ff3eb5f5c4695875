"""Speed and memory of each system alone, one prompt at a time, for the owner's table of costs.

Generation of pairs shares the base's work between systems, so its time cannot be divided fairly among them.
Here each system generates alone, greedily or with the run's settings, on the reference path.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from ftcompare.engine.backends.local.generation import ProgressMonitor, PromptSample, ReferenceDecoder
from ftcompare.engine.backends.local.memory import MemoryMeter
from ftcompare.engine.backends.local.prompts import Encoded
from ftcompare.engine.backends.local.systems import LoadedSystems
from ftcompare.engine.protocol import GenerationSettings, Stage, SystemSpeed, Written

WARM_UP_TOKENS = 2
"""Tokens generated before the measurement: the first pass allocates and compiles what later ones reuse."""


class Timings:
    """Times of the tokens of one system's answers, in seconds of the monotonic ``clock``."""

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self._answers: list[list[float]] = []  # for each answer, the time of the request and of each token

    def begin(self) -> None:
        """Record the time at which the next answer is requested."""
        self._answers.append([self._clock()])

    def token(self) -> None:
        """Record the time of one token."""
        self._answers[-1].append(self._clock())

    def first_token_seconds(self) -> float | None:
        """Median over all answers with a token; None where there is none."""
        seconds = [times[1] - times[0] for times in self._answers if len(times) > 1]
        return statistics.median(seconds) if seconds else None

    def tokens_per_second(self) -> float | None:
        """Rate after the first token, over all answers together; None where there are no further tokens."""
        answers = [times[1:] for times in self._answers if len(times) > 1]
        seconds = sum(times[-1] - times[0] for times in answers)
        return sum(len(times) - 1 for times in answers) / seconds if seconds > 0 else None


def measure_speed(
    systems: LoadedSystems,
    key: str,
    prompts: Sequence[Encoded],
    settings: GenerationSettings,
    monitor: ProgressMonitor,
) -> SystemSpeed:
    """Measure one verified system answering each prompt once. Raises `Cancelled`."""
    monitor.emit(Stage("Measuring the speed of one system by itself"))
    writer = ReferenceDecoder(systems, [key], settings, monitor)
    for prompt in prompts[:1]:
        writer.respond(key, [PromptSample(replace(prompt, limit=min(prompt.limit, WARM_UP_TOKENS)), 0)])
    timings, meter = Timings(), MemoryMeter(systems.base.device)

    def look() -> None:
        timings.token()
        meter.look()

    monitor.at_token = look
    meter.start()
    answers: list[Written] = []
    for prompt in prompts:
        monitor.check()
        timings.begin()
        answers += writer.respond(key, [PromptSample(prompt, 0)])
        monitor.finish()
    read = sum(len(prompt.ids_for(key)) for prompt in prompts)
    return speed(key, answers, read, timings, systems.weight_bytes(key) + meter.grown)


def speed(
    key: str, answers: Sequence[Written], prompt_tokens: int, timings: Timings, memory: int
) -> SystemSpeed:
    """The figures of one system; ``memory`` is the maximum in bytes: weights and memory for generation."""
    return SystemSpeed(
        key,
        prompts=len(answers),
        prompt_tokens=prompt_tokens,
        tokens=sum(answer.all_tokens for answer in answers),
        first_token_seconds=timings.first_token_seconds(),
        tokens_per_second=timings.tokens_per_second(),
        memory_bytes=memory,
        ended=sum(answer.finish_reason == "end" for answer in answers),
    )
