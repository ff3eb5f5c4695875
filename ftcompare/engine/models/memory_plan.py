"""The memory that a group of systems needs, estimated from their folders before anything is loaded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ftcompare.engine.models.model_folder import AdapterFolder, ModelFolder

QUANTISED_BYTES = {"8bit": 1.0, "4bit": 0.5 + 4 / 64}
"""Bytes per quantised weight; 4 bits with one float32 per 64 weights (Dettmers et al. 2023, QLoRA, 3)."""

NARROW, WIDE = 2.0, 4.0  # bytes of a number in bfloat16 or float16, and in float32

SMALL_MODEL = 50_000_000
"""Number of parameters; a smaller model runs in float32: the dtype measurement does not apply to it."""

OVERHEAD = 1.2
"""Memory of a loaded model as a multiple of its weights: buffers, and copies made while loading."""


@dataclass(frozen=True, slots=True)
class MemoryPlan:
    """Estimated memory of one group of systems, in bytes."""

    weights: int  # of the base or model, as it will be loaded
    adapters: int  # of all its adapters together
    # keys and values of the rows that are generated at the same time; None where the model does not give
    # their size
    cache: int | None
    rows: int  # number of rows assumed

    @property
    def total(self) -> int:
        """Total with a safety margin."""
        return round((self.weights + self.adapters) * OVERHEAD) + (self.cache or 0)

    def fits(self, free: int) -> bool:
        return self.total <= free


def memory_plan(
    model: ModelFolder,
    adapters: Sequence[AdapterFolder] = (),
    *,
    quantisation: str = "",
    wide: bool = False,
    rows: int,
    tokens: int,
) -> MemoryPlan:
    """Estimate the memory of a model with its adapters.

    Weights that are quantised on disk stay so. Other weights are loaded in ``8bit`` or ``4bit`` or, where
    ``quantisation`` is empty, in float32 if ``wide``, else in a 16-bit type. ``rows`` is the number of rows
    generated at the same time, over all systems; ``tokens`` is the length of the longest, prompt and
    response.
    """
    number = WIDE if wide else NARROW
    weight = QUANTISED_BYTES.get(quantisation, number)
    cached = model.cached_per_token
    return MemoryPlan(
        weights=model.size_bytes if model.quantised else round(model.parameters * weight),
        adapters=round(sum(adapter.parameters for adapter in adapters) * number),
        cache=round(rows * tokens * cached * number) if cached else None,
        rows=rows,
    )
