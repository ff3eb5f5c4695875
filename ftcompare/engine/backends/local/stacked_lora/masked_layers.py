"""Several adapters in one pass of fixed shape: a tensor selects the adapter of each row.

A targeted layer computes ``y = base(x) + ((x Aᵀ) ⊙ acts) Bᵀ`` for all rows. A and B are those of all adapters
side by side, with the scaling multiplied into B; ``acts`` (rows, sum of ranks) is 1 where a column belongs to
the row's adapter. Rows can change their adapters without changing the shape of a product or the address of a
tensor, so a step recorded as a CUDA graph stays valid (`cuda_graphs`). `sliced_layers` computes an adapter's
part only for its own rows; here every row computes all adapters. In decoding, the time is determined by
reading A and B, once in both cases.

Inactive columns are set to 0, not multiplied by it, and `MaskedLayers.are_finite` tells whether all numbers
of A and B are finite: then the adapters of other rows contribute exactly 0 to a row.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeAlias, cast

import torch
from peft.tuners.lora.layer import Linear
from torch import Tensor, nn
from torch.nn.functional import linear

from ftcompare.engine.backends.local.stacked_lora.sliced_layers import RowPlan

Layout: TypeAlias = tuple[str, ...]
"""For each column of the product with all A's of a group, the adapter that it is of."""

Inactive: TypeAlias = Mapping[Layout, Tensor]
"""For each layout (slots, columns): true where a column does not act on a slot's row."""


class MaskedLayers:
    """The targeted layers of a model, prepared for any adapter in any row.

    ``groups`` are PEFT's layers, grouped by common input, in the order of their passes.
    """

    def __init__(self, model: nn.Module, groups: Sequence[Sequence[Linear]]) -> None:
        self._groups = [_Group(layers) for layers in groups]
        masked = {id(one.layer): one for group in self._groups for one in group.masked}
        self._served = [
            (parent, name, masked[id(child)])
            for parent in model.modules()
            for name, child in parent.named_children()
            if id(child) in masked
        ]

    def are_finite(self) -> bool:
        return all(bool(tensor.isfinite().all()) for group in self._groups for tensor in group.tensors())

    def inactive(self, slots: int) -> dict[Layout, Tensor]:
        """Tensors for `follow` and `at_work`: no adapter acts on any slot."""
        layouts = {group.layout: group.shared.down.device for group in self._groups}
        return {
            layout: torch.ones(slots, len(layout), dtype=torch.bool, device=device)
            for layout, device in layouts.items()
        }

    def follow(self, inactive: Inactive, plan: RowPlan) -> None:
        """From now on the rows of a plan go through its adapters, and the slots behind them through none.

        The plan has as many rows as slots, or fewer; ``inactive`` is changed.
        """
        acting = plan.acting()
        names = {*acting, *(name for layout in inactive for name in layout)}
        numbers = {name: number for number, name in enumerate(sorted(names))}
        for layout, mask in inactive.items():
            mask.fill_(True)
            rows = torch.tensor([numbers[name] for name in acting], device=mask.device)
            columns = torch.tensor([numbers[name] for name in layout], device=mask.device)
            mask[: plan.rows] = rows[:, None] != columns

    @contextmanager
    def at_work(self, inactive: Inactive) -> Iterator[None]:
        """Within it one pass goes through these layers; afterwards those before are in place again.

        Raises:
            RuntimeError: a layer was not asked, or more than once: the pass went another way than foreseen.
        """
        before = [vars(parent).get(name) for parent, name, _ in self._served]
        for group in self._groups:
            group.shared.begin(inactive[group.layout])
            for one in group.masked:
                one.calls = 0
        try:
            for parent, name, layer in self._served:
                vars(parent)[name] = layer
            yield
            if any(layer.calls != 1 for _, _, layer in self._served):
                raise RuntimeError("a layer with adapters was passed by")
        finally:
            for (parent, name, _), present in zip(self._served, before, strict=True):
                if present is None:
                    del vars(parent)[name]
                else:
                    vars(parent)[name] = present
            for group in self._groups:
                group.shared.end()


class _Group:
    """All layers that read one input, in order, and the product that they share."""

    def __init__(self, layers: Sequence[Linear]) -> None:
        parts = [(name, _weight(part)) for layer in layers for name, part in layer.lora_A.items()]
        self.shared = _SharedProduct(torch.cat([part for _, part in parts]))
        self.layout: Layout = tuple(name for name, part in parts for _ in range(len(part)))
        self.masked: list[_Masked] = []
        first = 0
        for layer in layers:
            width = sum(len(_weight(part)) for part in layer.lora_A.values())
            self.masked.append(_Masked(self.shared, layer, slice(first, first + width)))
            first += width

    def tensors(self) -> Iterator[Tensor]:
        yield self.shared.down
        yield from (one.up for one in self.masked)


class _SharedProduct:
    """The product of one input with the A's of all adapters.

    It does not know the layers that use it: such a cycle would keep a model's weights in memory until
    Python's collector runs.
    """

    def __init__(self, down: Tensor) -> None:
        self.down = down
        self._inactive: Tensor | None = None
        self._read: Tensor | None = None
        self._found: Tensor | None = None

    def begin(self, inactive: Tensor) -> None:
        """Start a pass with this mask (slots, columns)."""
        self._inactive = inactive

    def product(self, x: Tensor) -> Tensor:
        """(rows, columns), 0 where a column does not act."""
        if self._read is not x or self._found is None:
            self._read = x
            self._found = linear(x.reshape(-1, x.shape[-1]), self.down)
            self._found.masked_fill_(cast("Tensor", self._inactive)[: len(x)], 0)
        return self._found

    def end(self) -> None:
        self._inactive = self._read = self._found = None


class _Masked:
    """Replaces one of PEFT's layers, for one token a row, and uses these columns of the shared product."""

    def __init__(self, shared: _SharedProduct, layer: Linear, columns: slice) -> None:
        self.layer = layer
        self.calls = 0
        self._shared = shared
        self._columns = columns
        self._base: Any = layer.get_base_layer()
        ups = [_weight(layer.lora_B[name]).float() * float(layer.scaling[name]) for name in layer.lora_A]
        self.up = torch.cat(ups, 1).t().contiguous().to(shared.down.dtype)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.layer, name)

    def __call__(self, x: Tensor) -> Tensor:
        """The layer's output (rows, 1, out) for an input (rows, 1, in)."""
        self.calls += 1
        result = cast("Tensor", self._base(x))
        result.view(-1, result.shape[-1]).addmm_(self._shared.product(x)[:, self._columns], self.up)
        return result


def _weight(part: Any) -> Tensor:
    return cast("Tensor", part.weight).detach()
