"""A decoding step with every input at a fixed address, so that it can be recorded as a CUDA graph.

A step is a function of a tensor with the tokens and their column, of the column in which each row begins, and
of the adapter of each row. Positions and masks are computed from these on the device; computing a step twice,
as recording does, changes nothing. Keys and values are those of `kv_cache.KVCache`: all existing columns take
part, and columns that a row must not see are masked.

Steps are computed for a few fixed numbers of slots, so that few graphs are recorded. A slot without a row
sees only the column being written, and its result is not used.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TypeAlias

import torch
from torch import Tensor

from ftcompare.core.errors import BugError
from ftcompare.engine.backends.local.stacked_lora.attention_masks import Windows, column_mask
from ftcompare.engine.backends.local.stacked_lora.cuda_graphs import CudaRecorder, GraphRunner
from ftcompare.engine.backends.local.stacked_lora.kv_cache import BLOCK, KVCache
from ftcompare.engine.backends.local.stacked_lora.masked_layers import Layout, MaskedLayers
from ftcompare.engine.backends.local.stacked_lora.sliced_layers import RowPlan

RUNNERS: dict[str, Callable[[torch.device], GraphRunner]] = {
    "cuda": lambda device: GraphRunner(CudaRecorder(device))
}
"""Kinds of devices on which steps are static, and what computes them there."""

NOWHERE = 1 << 40  # a slot without a row begins here, which is behind all columns

Run: TypeAlias = Callable[[Tensor, Tensor, object, object], Tensor]
"""The model: logits (rows, vocabulary) of tokens, positions, masks and a cache."""


def slots_bucket(rows: int, held: int) -> int:
    """For how many slots a step of so many rows is computed: the next power of two, at most all."""
    return min(1 << (rows - 1).bit_length(), held)


def columns_bucket(columns: int) -> int:
    """So many columns or more: `BLOCK` times 1, 2, 3, 4, 6, 8, 12, 16 and so on."""
    blocks = -(-columns // BLOCK)
    power = 1 << (blocks - 1).bit_length()
    return BLOCK * (power * 3 // 4 if power >= 4 and power * 3 // 4 >= blocks else power)


class _AllColumns:
    """A cache for the model's attention, of the first slots: it writes one column and gives all.

    ``column`` is the number of that column, one element.
    """

    def __init__(self, cache: KVCache, slots: int, column: Tensor) -> None:
        self._cache = cache
        self._slots = slots
        self._column = column

    def update(
        self, keys: Tensor, values: Tensor, layer: int, *_: object, **__: object
    ) -> tuple[Tensor, Tensor]:
        """Called by the model's attention, in every layer."""
        old_keys, old_values = (tensor[: self._slots] for tensor in self._cache.layers[layer])
        old_keys.index_copy_(2, self._column, keys)
        old_values.index_copy_(2, self._column, values)
        return old_keys, old_values

    def get_seq_length(self, _: int = 0) -> int:
        """Columns, as transformers asks for them."""
        return self._cache.columns


class _Inputs:
    """Tensors at fixed addresses, for a cache as it is until it gets others itself."""

    def __init__(self, cache: KVCache, layers: MaskedLayers, like: Tensor) -> None:
        held, device = cache.held, like.device
        self.renewals = cache.renewals
        self.tokens = torch.zeros(1 + held, dtype=torch.long, device=device)  # first the column
        self.begins = torch.full((held, 1), NOWHERE, dtype=torch.long, device=device)
        self.columns = torch.arange(cache.columns, device=device)
        self.inactive: dict[Layout, Tensor] = layers.inactive(held)


class StaticStep:
    """Computes steps. ``like`` gives dtype and device."""

    def __init__(self, layers: MaskedLayers, widths: Windows, runner: GraphRunner, like: Tensor) -> None:
        self._layers = layers
        self._widths = widths
        self._runner = runner
        self._like = like
        self._inputs: _Inputs | None = None

    @property
    def held(self) -> int:
        """Bytes of the device that recorded steps hold."""
        return self._runner.held

    def settle(self, cache: KVCache, positions: Tensor, plan: RowPlan) -> None:
        """The rows of the steps that follow, and the positions (rows, 1) of their next tokens.

        Their cache gets no other tensors, and no row moves, before this is called again.
        """
        inputs = self._inputs
        if inputs is None or inputs.renewals != cache.renewals:
            self.free()
            inputs = self._inputs = _Inputs(cache, self._layers, self._like)
        inputs.begins.fill_(NOWHERE)
        inputs.begins[: plan.rows] = cache.end - positions
        self._layers.follow(inputs.inactive, plan)

    def step(self, tokens: Sequence[int], cache: KVCache, run: Run) -> Tensor:
        """Logits (rows, vocabulary) after one token more in each row, which are in the cache then.

        It is the cache settled with; its end is the column that they go in.

        Raises:
            CannotCapture: it is to be computed otherwise; the rows are as before.
            BugError: ``not-settled``.
        """
        if self._inputs is None:
            raise BugError("A step was asked for before its rows were settled.", code="not-settled")
        # From memory that is not pinned: it is copied before this returns, so it may be gone then.
        given = torch.tensor([cache.end, *tokens])
        self._inputs.tokens[: len(given)].copy_(given, non_blocking=True)
        slots = slots_bucket(len(tokens), cache.held)
        logits = self._runner.run(slots, partial(self._logits, self._inputs, slots, cache, run))
        return logits[: len(tokens)].clone()

    def _logits(self, inputs: _Inputs, slots: int, cache: KVCache, run: Run) -> Tensor:
        """What is recorded: no number of it comes from Python but shapes."""
        column, begins = inputs.tokens[:1], inputs.begins[:slots]
        positions = (column - begins).clamp(min=0)
        mask = column_mask(self._widths, begins, column, inputs.columns, self._like)
        with self._layers.at_work(inputs.inactive):
            return run(inputs.tokens[1 : 1 + slots, None], positions, mask, _AllColumns(cache, slots, column))

    def free(self) -> None:
        self._inputs = None
        self._runner.free()
