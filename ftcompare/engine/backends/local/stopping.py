"""What ends or interrupts `generate` from outside: stop texts, and a cancel in the middle of a pass."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

import torch
from transformers import StoppingCriteria

from ftcompare.engine.backends import Cancelled, IsCancelled
from ftcompare.engine.backends.local.sampling import StopTexts


class StopTextCriteria(StoppingCriteria):
    """Ends each row at its stop text.

    Args:
        stops: what ends a row.
        prompt_length: of the padded rows.
        rows: how many there are.
    """

    def __init__(self, stops: StopTexts, prompt_length: int, rows: int) -> None:
        self._stops = stops
        self._prompt_length = prompt_length
        self.lengths: list[int | None] = [None] * rows
        """New tokens of the rows that a stop text ended."""

    def __call__(self, input_ids: torch.LongTensor, *_: object, **__: object) -> torch.BoolTensor:
        """Whether each row is to stop."""
        for row, ids in enumerate(input_ids[:, self._prompt_length :].tolist()):
            if self.lengths[row] is None and self._stops.reached(ids):
                self.lengths[row] = len(ids)
        ended = [length is not None for length in self.lengths]
        return cast("torch.BoolTensor", torch.tensor(ended, device=input_ids.device))


@contextmanager
def interruptible(model: torch.nn.Module, is_cancelled: IsCancelled) -> Iterator[None]:
    """Within it a pass through the model is given up between two of its layers.

    The prompts' pass can take many seconds on a CPU, which no stopping criterion sees.

    Raises:
        Cancelled: it was cancelled.
    """

    def check(*_: object) -> None:
        if is_cancelled():
            raise Cancelled

    handles = [layer.register_forward_pre_hook(check) for layer in _layers(model)]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def _layers(model: torch.nn.Module) -> torch.nn.ModuleList:
    """The model's repeated layers: its longest list of modules."""
    lists = [module for module in model.modules() if isinstance(module, torch.nn.ModuleList)]
    return max(lists, key=len, default=torch.nn.ModuleList())
