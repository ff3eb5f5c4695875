"""Passes through the model: over prompts, in pieces, and over one token of every row.

The model, its attention and its arithmetic are those of transformers. This module gives it a cache, positions
and masks; the targeted layers follow a plan of rows (`sliced_layers`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, cast

import torch
from torch import Tensor

from ftcompare.engine.backends.local.loading import Base
from ftcompare.engine.backends.local.stacked_lora.kv_cache import (
    KVCache,
    PromptCache,
    StepMask,
    prompt_mask,
    windows,
)
from ftcompare.engine.backends.local.stacked_lora.sliced_layers import RowPlan, SlicedLayers
from ftcompare.engine.backends.local.stacked_lora.static_step import CannotCapture, StaticStep, columns_bucket

PASS_TOKENS = 1024  # maximum number of tokens of all rows in a pass over prompts
LEAST_PIECE = 16  # minimum number of tokens of a row in such a pass


class Forward:
    """Runs the model over rows.

    ``check`` runs in every layer of every pass, or before a static step, and may raise to cancel.
    ``static`` computes the steps while it can. ``on_give_up`` gets the reason, as the middle of a
    sentence, when static steps are given up.
    """

    def __init__(
        self,
        base: Base,
        layers: SlicedLayers,
        check: Callable[[], None],
        static: StaticStep | None = None,
        on_give_up: Callable[[str], object] = str,
    ) -> None:
        self._static = static
        self._on_give_up = on_give_up
        self._model: Any = base.model
        self._pad = base.pad_token
        self._device = base.device
        self._layers = layers
        self._check = check
        self._widths = windows(base.model.config)
        self._like = torch.empty(0, dtype=base.model.dtype, device=base.device)
        self.renew()

    def renew(self) -> None:
        if self._static is None:
            self.cache = KVCache(0, self._check)
        else:
            self._static.free()
            self.cache = KVCache(0, self._check, columns_bucket)
        self.settle((), RowPlan((), 0))

    @property
    def held(self) -> int:
        return self._static.held if self._static else 0

    def read(self, prompts: Sequence[Sequence[int]], plan: RowPlan) -> tuple[PromptCache, Tensor]:
        """Read prompts of similar length into a cache, ending in one column; return it and logits."""
        lengths = [len(prompt) for prompt in prompts]
        longest = max(lengths)
        ids = torch.tensor([[self._pad] * (longest - len(p)) + list(p) for p in prompts], device=self._device)
        begins = torch.tensor([[longest - length] for length in lengths], device=self._device)
        positions = (torch.arange(longest, device=self._device) - begins).clamp(min=0)
        cache = PromptCache(self._check)
        piece = max(PASS_TOKENS // len(prompts), LEAST_PIECE)
        logits = self._like
        for first in range(0, longest, piece):
            last = min(first + piece, longest)
            self._layers.use(plan, last - first)
            mask = prompt_mask(self._widths, lengths, first, last, self._like)
            logits = self._run(ids[:, first:last], positions[:, first:last], mask, cache)
        return cache, logits

    def settle(self, lengths: Sequence[int], plan: RowPlan) -> None:
        """Set the rows of the following steps: their plan, and the number of tokens of each slot's row."""
        self._plan = plan
        self._positions = torch.tensor(lengths, device=self._device, dtype=torch.long)[:, None]
        self.cache.start = self.cache.end - max(lengths, default=0)
        self._mask: StepMask | None = None
        self._is_static = False

    def step(self, tokens: Sequence[int]) -> Tensor:
        """Return logits (rows, vocabulary) after one more token in each row."""
        moved = self.cache.make_room(self.cache.end - self.cache.start)
        logits = self._static_step(tokens, moved=moved) if self._static else None
        if logits is None:
            cache = self.cache
            if moved or self._mask is None:
                self._mask = StepMask(self._widths, self._positions, cache.end, cache.columns, self._like)
            self._layers.use(self._plan, 1)
            ids = torch.tensor(tokens, device=self._device)[:, None]
            logits = self._run(ids, self._positions, self._mask.at(cache.start, cache.end), cache)
        self.cache.advance()
        self._positions += 1
        return logits

    def _static_step(self, tokens: Sequence[int], *, moved: bool) -> Tensor | None:
        static = cast("StaticStep", self._static)
        self._check()
        if moved or not self._is_static:
            static.settle(self.cache, self._positions, self._plan)
            self._is_static = True
        try:
            return static.step(tokens, self.cache, self._run)
        except CannotCapture as error:
            self._static = None
            static.free()
            self._on_give_up(str(error))
            return None

    def _run(self, ids: Tensor, positions: Tensor, mask: object, cache: object) -> Tensor:
        output = self._model(
            input_ids=ids,
            position_ids=positions,
            attention_mask=mask,
            past_key_values=cache,
            use_cache=True,
            logits_to_keep=1,
        )
        return cast("Tensor", output.logits)[:, -1]
