"""Speed and memory of each system alone, one prompt at a time.

Generation of pairs shares the base's work between systems, so its time cannot be divided fairly among them.
Here each system generates alone on the reference path. Systems take turns, prompt by prompt, so that a slow
spell of the machine affects all of them.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from ftcompare.engine.backends import in_turn
from ftcompare.engine.backends.local.devices import MemoryMeter
from ftcompare.engine.backends.local.generation import ProgressMonitor, PromptSample, ReferenceDecoder
from ftcompare.engine.backends.local.prompts import Encoded
from ftcompare.engine.backends.local.systems import LoadedSystems
from ftcompare.engine.protocol import AnswerTime, GenerationSettings, Stage, SystemSpeed, Written

WARM_UP_TOKENS = 2  # the first pass allocates and compiles what later ones reuse


class Timings:
    """Token times of one system's answers, in seconds of the monotonic ``clock``."""

    def __init__(self, clock: Callable[[], float] = time.perf_counter) -> None:
        self._clock = clock
        self._asked: list[tuple[str, int]] = []
        self._answers: list[list[float]] = []  # for each answer, the time of the request and of each token

    def begin(self, item: str = "", repeat: int = 0) -> None:
        self._asked.append((item, repeat))
        self._answers.append([self._clock()])

    def token(self) -> None:
        self._answers[-1].append(self._clock())

    def answers(self) -> Iterator[AnswerTime]:
        for request, times in zip(self._asked, self._answers, strict=True):
            first = times[1] - times[0] if len(times) > 1 else None
            seconds = times[-1] - times[1] if len(times) > 1 else 0
            yield AnswerTime(*request, first, (len(times) - 2) / seconds if seconds > 0 else None)

    def first_token_seconds(self) -> float | None:
        seconds = [times[1] - times[0] for times in self._answers if len(times) > 1]
        return statistics.median(seconds) if seconds else None

    def tokens_per_second(self) -> float | None:
        answers = [times[1:] for times in self._answers if len(times) > 1]
        seconds = sum(times[-1] - times[0] for times in answers)
        return sum(len(times) - 1 for times in answers) / seconds if seconds > 0 else None


class _SystemMeter:
    def __init__(
        self, systems: LoadedSystems, key: str, settings: GenerationSettings, monitor: ProgressMonitor
    ) -> None:
        self._systems, self._key, self._monitor = systems, key, monitor
        self._writer = ReferenceDecoder(systems, [key], settings, monitor)
        self._timings, self._meter = Timings(), MemoryMeter(systems.base.device)
        self._answers: list[Written] = []
        self._grown = 0

    def warm_up(self, prompt: Encoded) -> None:
        short = replace(prompt, limit=min(prompt.limit, WARM_UP_TOKENS))
        self._monitor.at_token = lambda: None
        self._writer.respond(self._key, [PromptSample(short, 0)])

    def answer(self, prompt: Encoded, repeat: int) -> None:
        self._monitor.at_token = self._look
        self._meter.start()
        self._timings.begin(prompt.key, repeat)
        found = self._writer.respond(self._key, [PromptSample(prompt, 0)])
        self._grown = max(self._grown, self._meter.grown)
        self._answers += [] if repeat else found

    def _look(self) -> None:
        self._timings.token()
        self._meter.look()

    def speed(self, prompts: Sequence[Encoded]) -> SystemSpeed:
        read = sum(len(prompt.ids_for(self._key)) for prompt in prompts)
        memory = self._systems.weight_bytes(self._key) + self._grown
        return speed(self._key, self._answers, read, self._timings, memory)


def measure_speeds(
    systems: LoadedSystems,
    keys: Sequence[str],
    prompts: Sequence[Encoded],
    settings: GenerationSettings,
    monitor: ProgressMonitor,
    repeats: int = 1,
) -> tuple[SystemSpeed, ...]:
    """Measure verified systems, each answering each prompt ``repeats`` times. Raises `Cancelled`."""
    monitor.emit(Stage("Measuring the speed of each system separately"))
    meters = [_SystemMeter(systems, key, settings, monitor) for key in keys]
    for prompt in prompts[:1]:
        for meter in meters:
            meter.warm_up(prompt)
    for repeat in range(repeats):
        for place, prompt in enumerate(prompts):
            for meter in in_turn(meters, place + repeat):
                monitor.check()
                meter.answer(prompt, repeat)
                monitor.finish()
    return tuple(meter.speed(prompts) for meter in meters)


def speed(
    key: str, answers: Sequence[Written], prompt_tokens: int, timings: Timings, memory: int
) -> SystemSpeed:
    """Summarize one system; ``memory`` is the maximum in bytes, including the weights."""
    return SystemSpeed(
        key,
        prompts=len(answers),
        prompt_tokens=prompt_tokens,
        tokens=sum(answer.all_tokens for answer in answers),
        first_token_seconds=timings.first_token_seconds(),
        tokens_per_second=timings.tokens_per_second(),
        memory_bytes=memory,
        ended=sum(answer.finish_reason == "end" for answer in answers),
        answers=tuple(timings.answers()),
    )
