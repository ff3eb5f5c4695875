"""Attention masks, as numbers added to the attention scores: 0, or the lowest number of the data type.

All rows end in the same column and are padded on the left, so the distance of two tokens of a row is the
distance of their columns. A token sees its own row's columns up to its own; with a sliding window, only the
last of these.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import torch
from torch import Tensor

Windows: TypeAlias = Mapping[str, int]
"""For each kind of attention layer, the number of columns that a token sees, including its own; 0 for all."""

Mask: TypeAlias = Tensor | dict[str, Tensor]
"""(rows, 1, tokens, columns); where the model has several kinds of attention layers, by kind."""

FULL, SLIDING = "full_attention", "sliding_attention"
BY_KIND = ("gemma2", "gemma3_text", "qwen2", "qwen3")
"""Model types that take a mask for each kind of layer; other types have one mask for all layers."""


def windows(config: Any) -> Windows:
    """The window of each kind of attention layer; one entry named "" where all layers are equal."""
    window = int(getattr(config, "sliding_window", None) or 0)
    if config.model_type not in BY_KIND:
        return {"": window}
    return {kind: window if kind == SLIDING else 0 for kind in sorted({FULL, *config.layer_types})}


def prompt_mask(widths: Windows, lengths: Sequence[int], first: int, last: int, like: Tensor) -> Mask:
    """For the tokens of columns ``first`` to before ``last`` of rows that end in one column.

    The longest row begins at column 0; ``like`` gives dtype and device, here and below.
    """
    columns = torch.arange(last, device=like.device)
    asking = columns[first:, None]
    begins = torch.tensor([max(lengths) - length for length in lengths], device=like.device)
    seen = (columns <= asking) & (columns >= begins[:, None, None])
    found = {
        kind: _numbers(_within(seen, asking - columns, width), like)[:, None]
        for kind, width in widths.items()
    }
    return found.get("", found)


def _within(seen: Tensor, distance: Tensor, width: int) -> Tensor:
    return seen & (distance < width) if width else seen


def _numbers(seen: Tensor, like: Tensor) -> Tensor:
    # Not minus infinity: a token of the padding sees nothing, and its numbers must stay numbers.
    return torch.zeros(seen.shape, dtype=like.dtype, device=like.device).masked_fill_(
        ~seen, torch.finfo(like.dtype).min
    )


def column_mask(widths: Windows, begins: Tensor, column: Tensor, columns: Tensor, like: Tensor) -> Mask:
    """For one token a row, in ``column``, over ``columns`` 0, 1, 2 …; computed from tensors alone.

    Rows (rows, 1) have their first token in column ``begins``. One that begins behind ``column`` sees that
    column only, so that its numbers stay numbers.
    """
    distance = column - columns
    seen = (distance >= 0) & (columns >= begins) | (distance == 0)
    found = {
        kind: _numbers(_within(seen, distance, width), like)[:, None, None] for kind, width in widths.items()
    }
    return found.get("", found)


class StepMask:
    """For one token a row, step by step.

    Rows have ``lengths`` tokens, (rows, 1); the next go into column ``end`` of so many columns.
    """

    def __init__(self, widths: Windows, lengths: Tensor, end: int, columns: int, like: Tensor) -> None:
        seen = torch.arange(columns, device=like.device) >= end - lengths
        self._widths = widths
        self._hidden = torch.finfo(like.dtype).min
        self._masks = {kind: _numbers(seen, like)[:, None, None] for kind in widths}

    def at(self, start: int, end: int) -> Mask:
        """For tokens of column ``end``, with a cache in use from column ``start``."""
        for kind, width in self._widths.items():
            if width:
                self._masks[kind][..., : max(end + 1 - width, 0)] = self._hidden
        found = {kind: mask[..., start : end + 1] for kind, mask in self._masks.items()}
        return found.get("", found)
