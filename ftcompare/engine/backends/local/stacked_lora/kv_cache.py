"""The key-value cache: one slot per row, with all rows ending in the same column.

A row of ``n`` tokens occupies the last ``n`` columns before `KVCache.end`. The keys of a step are therefore
written to one column for all rows by one copy, and attention reads one slice of the width of the longest row;
columns before a shorter row are masked. When the columns run out, the used part is moved to the front or the
cache grows.

Rows are in the order of the slots without gaps. When rows leave or enter, as few of the others as possible
are moved to keep the rows of one system adjacent.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

BLOCK = 64  # number of columns added at a time


class PromptCache:
    """What a pass over prompts leaves: keys and values of each layer, (rows, heads, columns, width).

    ``check`` is called in every layer, and may raise to give the pass up.
    """

    def __init__(self, check: Callable[[], None]) -> None:
        self._check = check
        self.layers: list[tuple[Tensor, Tensor]] = []

    def update(
        self, keys: Tensor, values: Tensor, layer: int, *_: object, **__: object
    ) -> tuple[Tensor, Tensor]:
        """Called by the model's attention: adds columns, gives all."""
        self._check()
        if layer < len(self.layers):
            before = self.layers[layer]
            self.layers[layer] = torch.cat((before[0], keys), 2), torch.cat((before[1], values), 2)
        else:
            self.layers.append((keys, values))
        return self.layers[layer]

    def get_seq_length(self, _: int = 0) -> int:
        """Columns in every layer, as transformers asks for them."""
        return self.layers[-1][0].shape[2] if self.layers else 0


class KVCache:
    """Keys and values of rows that are being written.

    Args:
        slots: rows that fit.
        check: called in every layer; may raise to give a pass up.
        rounded: how many columns are made where so many are needed; not fewer, and never fewer for more.
    """

    def __init__(
        self, slots: int, check: Callable[[], None], rounded: Callable[[int], int] = lambda columns: columns
    ) -> None:
        self.slots = slots
        self.rows = 0
        self.start = self.end = self.columns = 0
        self.renewals = 0
        self._check = check
        self._rounded = rounded
        # keys and values of each, (slots, heads, columns, width), the same until `renewals` grows
        self.layers: list[tuple[Tensor, Tensor]] = []

    def update(
        self, keys: Tensor, values: Tensor, layer: int, *_: object, **__: object
    ) -> tuple[Tensor, Tensor]:
        """Called by the model's attention: writes the column, gives the part in use, that column included."""
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
        """Columns in use, as transformers asks for them."""
        return self.end - self.start

    def advance(self) -> None:
        self.end += 1

    def bytes_per_token(self) -> int:
        """What one token of one row takes; 0 before there is any."""
        return sum(
            (keys.shape[1] * keys.shape[3] + values.shape[1] * values.shape[3]) * keys.itemsize
            for keys, values in self.layers
        )

    def make_room(self, width: int, rows: int = 0) -> bool:
        """See to it that rows of ``width`` tokens fit, so many of them, and one column more can be written.

        Returns:
            Whether the rows moved to other columns.
        """
        held = self.held
        if width <= self.end < self.columns and rows <= held:
            return False
        end = max(self.end - self.start, width)
        self.slots = max(self.slots, rows)
        columns = max(self.columns, self._rounded(end + BLOCK))
        self._move(end, columns, renew=end + BLOCK > self.columns or rows > held)
        return True

    def _move(self, end: int, columns: int, *, renew: bool) -> None:
        """The part in use comes to lie before ``end``, in the same tensors or in others."""
        used = slice(self.start, self.end)
        width = self.end - self.start
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

    def prepare(self, like: PromptCache) -> None:
        """Make the layers, once it is known what they hold."""
        if not self.layers:
            self.renewals += 1
            for keys, values in like.layers:
                shape = self.slots, keys.shape[1], self.columns
                self.layers.append(
                    (keys.new_zeros(*shape, keys.shape[3]), values.new_zeros(*shape, values.shape[3]))
                )

    def rearrange(self, sources: Sequence[int]) -> None:
        """Rows move: the row of slot ``sources[i]`` comes to slot ``i``; where it is negative none does."""
        moves = [(to, source) for to, source in enumerate(sources) if source >= 0 and source != to]
        if moves and self.layers:
            to, source = torch.tensor(moves, device=self.layers[0][0].device).unbind(1)
            for pair in self.layers:
                for tensor in pair:
                    part = tensor[:, :, self.start : self.end]
                    part[to] = part[source]
        self.rows = len(sources)

    def take(self, prompts: PromptCache, places: Sequence[int], slots: Sequence[int]) -> None:
        """Rows of a pass over prompts, at these places in it, come into slots, ending where all rows end."""
        for pair, new in zip(self.layers, prompts.layers, strict=True):
            for tensor, columns in zip(pair, new, strict=True):
                part = tensor[:, :, self.end - columns.shape[2] : self.end]
                for place, slot in zip(places, slots, strict=True):
                    part[slot] = columns[place]
