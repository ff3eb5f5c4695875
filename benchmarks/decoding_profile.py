"""Where the time of a decoding step goes: `benchmarks/decoding.py --profile`."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from statistics import median
from typing import Any
from unittest.mock import patch

import torch

from ftcompare.engine.backends.local.stacked_lora import joined_layers as joined_module
from ftcompare.engine.backends.local.stacked_lora import sliced_layers as layers_module
from ftcompare.engine.backends.local.stacked_lora.forward import Forward
from ftcompare.engine.backends.local.stacked_lora.joined_layers import Block
from ftcompare.engine.backends.local.stacked_lora.prepared_model import stacked_layers
from ftcompare.engine.backends.local.stacked_lora.sliced_layers import RowPlan, RowSlice
from ftcompare.engine.backends.local.systems import LoadedSystems, no_gradients

STEPS = 41
TOKENS = 80

PARTS = {
    "base products": (layers_module._Plain, "_product"),
    "A: rows to float32, product": (layers_module, "_downwards"),
    "A, B to float32": (Block, "widen"),
    "B: product, sum": (layers_module, "_add_upwards"),
    "joined layers: base products": (joined_module.JoinedGroup, "_products"),
    "joined layers: A, B, sum": (joined_module, "_add"),
    "attention": (torch.nn.functional, "scaled_dot_product_attention"),
}


def profile(systems: LoadedSystems, alone: LoadedSystems, at_a_time: int) -> None:
    """Print the parts of a step of base and adapter rows, half of each, and of base rows only."""
    rows = 2 * at_a_time
    name, _ = systems.attached["tuned"]
    stacks = [
        _Step(alone, RowPlan((), rows)),
        _Step(systems, RowPlan([RowSlice(at_a_time, rows, name)], rows)),
    ]
    whole: list[list[float]] = [[], []]
    inside: list[dict[str, list[float]]] = [defaultdict(list), defaultdict(list)]
    for _ in range(STEPS):
        for at, step in enumerate(stacks):
            whole[at].append(step.run())
            with _watched() as spent:
                step.run()
            for part in PARTS:
                inside[at][part].append(spent[part])
    base, prepared = (median(one[1:]) for one in whole)
    print(f" A step of {rows} rows, ms of processor time: base only {base:.2f}, half with the adapter"
          f" {prepared:.2f} = {median(p / b for b, p in zip(*whole, strict=True)):.3f}")  # fmt: skip
    print("  of which (with the meter's own time, about 1 µs a call):")
    for part in PARTS:
        print(f"  {part:30} {median(inside[0][part]):8.2f} {median(inside[1][part]):8.2f}")


class _Step:
    """One step of rows of `TOKENS` tokens, again and again."""

    def __init__(self, systems: LoadedSystems, plan: RowPlan) -> None:
        self._layers, _ = stacked_layers(systems)
        self._forward = Forward(systems.base, self._layers, lambda: None)
        self._rows = plan.rows
        prompts = [[(7 * row + at) % 1000 + 1 for at in range(TOKENS)] for row in range(plan.rows)]
        with self._layers.at_work(), no_gradients():
            self._forward.start(prompts, plan)
        self._plan = plan

    def run(self) -> float:
        """Milliseconds of processor time."""
        self._forward.settle([TOKENS] * self._rows, self._plan)
        with self._layers.at_work(), no_gradients():
            begin = time.process_time()
            self._forward.step([5] * self._rows)
            taken = time.process_time() - begin
        self._forward.cache.end -= 1
        return taken * 1e3


@contextmanager
def _watched() -> Iterator[dict[str, float]]:
    """By part the milliseconds spent in it; what is called within another part counts for itself only."""
    spent: dict[str, float] = defaultdict(float)
    running: list[str] = []

    def watched(part: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def inner(*args: Any, **kwargs: Any) -> Any:
            begin = time.thread_time()
            running.append(part)
            found = call(*args, **kwargs)
            running.pop()
            taken = (time.thread_time() - begin) * 1e3
            spent[part] += taken
            if running:
                spent[running[-1]] -= taken
            return found

        return inner

    with ExitStack() as stack:
        for part, (place, name) in PARTS.items():
            stack.enter_context(patch.object(place, name, watched(part, getattr(place, name))))
        yield spent
