"""Speed and memory of each system alone, one prompt at a time.

Generation of pairs shares the base's work between systems, so its time cannot be divided fairly among them.
Here each system generates alone on the reference path. Systems take turns, prompt by prompt, so that a slow
spell of the machine affects all of them.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

from ftcompare.engine.backends import in_turn
from ftcompare.engine.backends.local.devices import MemoryMeter
from ftcompare.engine.backends.local.generation import ProgressMonitor, PromptSample, ReferenceDecoder
from ftcompare.engine.backends.local.prompts import Encoded
from ftcompare.engine.backends.local.systems import LoadedSystems
from ftcompare.engine.backends.speed import TimedResponse, system_speed
from ftcompare.engine.protocol import GenerationSettings, Stage, SystemSpeed

WARM_UP_TOKENS = 2  # the first pass allocates and compiles what later ones reuse


class _SystemMeter:
    def __init__(
        self, systems: LoadedSystems, key: str, settings: GenerationSettings, monitor: ProgressMonitor
    ) -> None:
        self._systems, self._key, self._monitor = systems, key, monitor
        self._writer = ReferenceDecoder(systems, [key], settings, monitor)
        self._meter, self._grown = MemoryMeter(systems.base.device), 0
        self._times: list[float] = []  # of one answer: the time of the request and of each token
        self._timed: dict[tuple[str, int], TimedResponse] = {}

    def warm_up(self, prompt: Encoded) -> None:
        short = replace(prompt, limit=min(prompt.limit, WARM_UP_TOKENS))
        self._monitor.at_token = lambda: None
        self._writer.respond(self._key, [PromptSample(short, 0)])

    def answer(self, prompt: Encoded, repeat: int) -> None:
        self._monitor.at_token = self._look
        self._meter.start()
        self._times = [time.perf_counter()]
        (response,) = self._writer.respond(self._key, [PromptSample(prompt, 0)])
        self._grown = max(self._grown, self._meter.grown)
        begun, *tokens = self._times
        self._timed[prompt.key, repeat] = TimedResponse(
            prompt_tokens=len(prompt.ids_for(self._key)),
            tokens=response.all_tokens,
            later=max(len(tokens) - 1, 0),
            first=tokens[0] - begun if tokens else None,
            rest=tokens[-1] - tokens[0] if tokens else 0.0,
            ended=response.finish_reason == "end",
        )

    def _look(self) -> None:
        self._times.append(time.perf_counter())
        self._meter.look()

    def speed(self) -> SystemSpeed:
        return system_speed(self._key, self._timed, self._systems.weight_bytes(self._key) + self._grown)


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
    return tuple(meter.speed() for meter in meters)
