"""The memory that a group of systems takes, computed from their folders before anything is loaded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ftcompare.engine.models.model_folder import AdapterFolder, ModelFolder

QUANTISED_BYTES = {"8bit": 1.0, "4bit": 0.5 + 4 / 64}
"""Of a quantised weight; in 4 bits with one float32 for each 64 (Dettmers et al. 2023, QLoRA, 3)."""

NARROW, WIDE = 2.0, 4.0
"""Bytes of a number in bfloat16 or float16, and in float32."""

SMALL_MODEL = 50_000_000
"""Parameters; a smaller model is computed in float32: measuring says nothing about its own speed."""

OVERHEAD = 1.2
"""What a model takes as a multiple of its weights: buffers, and tensors that are copied while loading."""


@dataclass(frozen=True, slots=True)
class MemoryPlan:
    """What one group of systems takes, in bytes."""

    weights: int  # of the base, or the model, as it will be loaded
    adapters: int  # of all adapters beside it
    # keys and values of the rows that are written at the same time; None where the model does not say how
    # large they are
    cache: int | None
    rows: int  # that were reckoned with

    @property
    def total(self) -> int:
        """All of it, with some room."""
        return round((self.weights + self.adapters) * OVERHEAD) + (self.cache or 0)

    def fits(self, free: int) -> bool:
        """Whether so many bytes are enough."""
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
    """What a model with its adapters takes.

    Weights that are quantised on disk stay so. Others are in ``8bit``, ``4bit``, or, where that is empty, in
    the arithmetic that is computed in: float32 if ``wide``, else a half-wide one. So many rows are written at
    the same time, all systems counted; the longest has so many tokens, prompt and response together.
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
