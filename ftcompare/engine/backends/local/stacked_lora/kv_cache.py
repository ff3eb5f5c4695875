"""Key-value cache, one slot per row, with all rows ending in the same column; and its attention masks.

A row of ``n`` tokens occupies the last ``n`` columns before `KVCache.end`. The keys of a step are therefore
written to one column for all rows by one copy, and attention reads one slice of the width of the longest row;
columns before a shorter row are masked. When they run out, the used part is moved to the front or the cache
grows.

Rows are in the order of the slots without gaps. When rows leave or enter, as few of the others as possible
are moved to keep the rows of one system adjacent.

Masks are numbers added to the attention scores: 0, or the lowest number of the data type. The distance of two
tokens of a row is that of their columns. A token sees its own row's columns up to its own; with a sliding
window, only the last of these.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import torch
from torch import Tensor

Windows: TypeAlias = Mapping[str, int]  # columns that a token sees, with its own, by layer kind; 0 for all

Mask: TypeAlias = Tensor | dict[str, Tensor]  # (rows, 1, tokens, columns), by kind where there are several

FULL, SLIDING = "full_attention", "sliding_attention"
BY_KIND = ("gemma2", "gemma3_text", "qwen2", "qwen3")  # model types with a mask for each kind of layer


def windows(config: Any) -> Windows:
    """Return the window of each kind of attention layer; one entry "" where all layers are equal."""
    window = int(getattr(config, "sliding_window", None) or 0)
    if config.model_type not in BY_KIND:
        return {"": window}
    return {kind: window if kind == SLIDING else 0 for kind in sorted({FULL, *config.layer_types})}


def packed_mask(widths: Windows, shared: int, lengths: Sequence[int], like: Tensor) -> Mask:
    """Mask a pass of pieces of prompts, one after another, that follow ``shared`` tokens, which all see.

    A token sees those before it in its own piece. The data type and device are those of ``like``.
    """
    of = torch.repeat_interleave(torch.tensor(lengths, device=like.device))
    places = packed_positions(0, lengths, like.device)
    distance = places[:, None] - places
    own = (of[:, None] == of) & (distance >= 0)
    seen = torch.cat((own.new_ones(len(own), shared), own), 1)
    before = shared + places[:, None] - torch.arange(shared, device=like.device)
    distance = torch.cat((before, distance), 1)
    found = {
        kind: _numbers(_within(seen, distance, width), like)[None, None] for kind, width in widths.items()
    }
    return found.get("", found)


def packed_positions(shared: int, lengths: Sequence[int], device: torch.device) -> Tensor:
    return torch.cat([torch.arange(shared, shared + length, device=device) for length in lengths])


def _within(seen: Tensor, distance: Tensor, width: int) -> Tensor:
    return seen & (distance < width) if width else seen


def _numbers(seen: Tensor, like: Tensor) -> Tensor:
    # Not minus infinity: a token of the padding sees nothing, and its numbers must stay numbers.
    return torch.zeros(seen.shape, dtype=like.dtype, device=like.device).masked_fill_(
        ~seen, torch.finfo(like.dtype).min
    )


def column_mask(widths: Windows, begins: Tensor, column: Tensor, columns: Tensor, like: Tensor) -> Mask:
    """Return the mask of one token a row, in ``column``, over ``columns`` 0, 1, 2 …, from tensors alone.

    Rows (rows, 1) have their first token in column ``begins``. One that begins behind ``column`` sees
    that column only, so that its numbers stay numbers.
    """
    distance = column - columns
    seen = (distance >= 0) & (columns >= begins) | (distance == 0)
    found = {
        kind: _numbers(_within(seen, distance, width), like)[:, None, None] for kind, width in widths.items()
    }
    return found.get("", found)


class StepMask:
    """Masks of one token a row; rows have ``lengths`` (rows, 1), the next go into column ``end``."""

    def __init__(self, widths: Windows, lengths: Tensor, end: int, columns: int, like: Tensor) -> None:
        seen = torch.arange(columns, device=like.device) >= end - lengths
        self._widths = widths
        self._hidden = torch.finfo(like.dtype).min
        self._masks = {kind: _numbers(seen, like)[:, None, None] for kind in widths}

    def at(self, start: int, end: int) -> Mask:
        """Return the mask of tokens in column ``end``, with a cache in use from column ``start``."""
        for kind, width in self._widths.items():
            if width:
                self._masks[kind][..., : max(end + 1 - width, 0)] = self._hidden
        # Copied: on a card a mask that begins in the middle of a row is a "misaligned address".
        found = {kind: mask[..., start : end + 1].clone() for kind, mask in self._masks.items()}
        return found.get("", found)


BLOCK = 64  # number of columns added at a time


class PromptCache:
    """Keys and values (1, heads, columns, width) of tokens ``ids`` and, after them, of the last pass.

    ``check`` may raise to cancel a pass.
    """

    def __init__(self, check: Callable[[], None]) -> None:
        self.ids: tuple[int, ...] = ()
        self.layers: list[tuple[Tensor, Tensor]] = []
        self._check = check
        self._columns = 0

    def reserve(self, columns: int) -> None:
        """Make room for ``ids`` and a pass; together ``columns`` tokens."""
        if columns <= self._columns:
            return
        self._columns = columns
        for layer, pair in enumerate(self.layers):
            moved = [one.new_empty(1, one.shape[1], columns, one.shape[3]) for one in pair]
            for old, new in zip(pair, moved, strict=True):
                new[:, :, : len(self.ids)] = old[:, :, : len(self.ids)]
            self.layers[layer] = moved[0], moved[1]

    def update(
        self, keys: Tensor, values: Tensor, layer: int, *_: object, **__: object
    ) -> tuple[Tensor, Tensor]:
        """Write the columns of a pass and return all; called by the model's attention."""
        self._check()
        if layer == len(self.layers):
            shapes = [(1, one.shape[1], self._columns, one.shape[3]) for one in (keys, values)]
            self.layers.append((keys.new_empty(shapes[0]), values.new_empty(shapes[1])))
        end = len(self.ids) + keys.shape[2]
        all_keys, all_values = (one.narrow(2, 0, end) for one in self.layers[layer])
        all_keys[:, :, len(self.ids) :] = keys
        all_values[:, :, len(self.ids) :] = values
        return all_keys, all_values

    def get_seq_length(self, _: int = 0) -> int:
        return len(self.ids)


class KVCache:
    """Keys and values of active rows.

    ``check`` runs in every layer and may raise to cancel a pass; ``before_renewal`` runs before new tensors
    replace those of `layers`, and releases what is of no use without them.
    """

    def __init__(
        self,
        slots: int,
        check: Callable[[], None],
        rounded: Callable[[int], int] = lambda columns: columns,
        before_renewal: Callable[[], None] = lambda: None,
    ) -> None:
        self.slots = slots
        self.rows = 0
        self.start = self.end = self.columns = 0
        self.renewals = 0
        self._check = check
        self._rounded = rounded
        self._before_renewal = before_renewal
        # keys and values of each, (slots, heads, columns, width), the same until `renewals` grows
        self.layers: list[tuple[Tensor, Tensor]] = []

    def update(
        self, keys: Tensor, values: Tensor, layer: int, *_: object, **__: object
    ) -> tuple[Tensor, Tensor]:
        """Write the column and return the used part with it; called by the model's attention."""
        self._check()
        before = self.end - self.start
        used_keys, used_values = (
            one[: self.rows].narrow(2, self.start, before + 1) for one in self.layers[layer]
        )
        used_keys.narrow(2, before, 1).copy_(keys)
        used_values.narrow(2, before, 1).copy_(values)
        return used_keys, used_values

    @property
    def held(self) -> int:
        return len(self.layers[0][0]) if self.layers else self.slots

    def get_seq_length(self, _: int = 0) -> int:
        return self.end - self.start

    def advance(self) -> None:
        self.end += 1

    def bytes_per_token(self) -> int:
        """Memory of one token of one row; 0 before there is any."""
        return sum(
            (keys.shape[1] * keys.shape[3] + values.shape[1] * values.shape[3]) * keys.itemsize
            for keys, values in self.layers
        )

    def make_room(self, width: int, rows: int = 0) -> bool:
        """Make room for ``rows`` rows of ``width`` tokens and one more column; return whether rows moved."""
        held = self.held
        if width <= self.end < self.columns and rows <= held:
            return False
        end = max(self.end - self.start, width)
        self.slots = max(self.slots, rows)
        columns = max(self.columns, self._rounded(end + BLOCK))
        self._move(end, columns, renew=end + BLOCK > self.columns or rows > held)
        return True

    def _move(self, end: int, columns: int, *, renew: bool) -> None:
        """Move the used part to end before ``end``, in the same tensors or in new ones."""
        used = slice(self.start, self.end)
        width = self.end - self.start
        if renew:
            self._before_renewal()
        for layer, pair in enumerate(self.layers):
            moved = []
            for old in pair:
                part = old[: self.rows, :, used]
                new = old.new_zeros(self.slots, old.shape[1], columns, old.shape[3]) if renew else old
                new[: self.rows, :, end - width : end] = part if renew else part.clone()
                moved.append(new)
            self.layers[layer] = moved[0], moved[1]
        self.start, self.end, self.columns = end - width, end, columns
        self.renewals += renew

    def rearrange(self, sources: Sequence[int]) -> None:
        """Move the row of slot ``sources[i]`` to slot ``i``; a negative source moves none."""
        moves = [(to, source) for to, source in enumerate(sources) if source >= 0 and source != to]
        if moves and self.layers:
            to, source = torch.tensor(moves, device=self.layers[0][0].device).unbind(1)
            for pair in self.layers:
                for tensor in pair:
                    part = tensor[:, :, self.start : self.end]
                    part[to] = part[source]
        self.rows = len(sources)

    def take(self, prompts: PromptCache, first: int, last: int, slot: int) -> None:
        """Copy a row into a slot: the tokens that ``prompts`` keeps, and columns ``first`` to ``last``."""
        if not self.layers:
            self.renewals += 1
            for pair in prompts.layers:
                shapes = [(self.slots, one.shape[1], self.columns, one.shape[3]) for one in pair]
                self.layers.append((pair[0].new_zeros(shapes[0]), pair[1].new_zeros(shapes[1])))
        kept = len(prompts.ids)
        own = self.end - (last - first)
        for pair, new in zip(self.layers, prompts.layers, strict=True):
            for tensor, columns in zip(pair, new, strict=True):
                tensor[slot, :, own - kept : own] = columns[0, :, :kept]
                tensor[slot, :, own : self.end] = columns[0, :, first:last]
