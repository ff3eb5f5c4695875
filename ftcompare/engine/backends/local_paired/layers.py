"""Several adapters in one pass: every row of a batch goes through the base and through its own adapter.

The rows of one adapter lie beside each other, so a targeted layer computes ``y = base(x)`` for all rows and
adds ``scaling · (x Aᵀ) Bᵀ`` to that slice of ``y`` alone. Rows of the base are not touched: no number of an
adapter reaches them. Layers that read the same input (query, key and value; gate and up) share one product
with their A's, laid one below the other.

A, B and scaling are PEFT's own, of the layers that it put into the model, so rsLoRA and patterns of ranks
and alphas are in them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple, cast

import torch
from peft.tuners.lora.layer import Linear
from peft.tuners.tuners_utils import BaseTunerLayer
from torch import Tensor, nn
from torch.nn.functional import linear

from ftcompare.engine.backends.local_paired.stacked import Stacked, Views, Workspace

FEW_VECTORS = 64
"""Up to so many vectors an adapter's products in a half-precision model are made in float32 on a CPU, which
is the more exact way too. Above it those in half precision are as fast."""

TURNED = range(2, 5)
"""So many vectors are multiplied with a float32 matrix on a CPU as W xᵀ, which takes half the time of x Wᵀ:
with two vectors 20 ms against 43 for all layers of a model of 135 million parameters."""


@dataclass(frozen=True, slots=True)
class Slice:
    """Rows from ``start`` to before ``end`` that go through the adapter that PEFT calls ``name``."""

    start: int
    end: int
    name: str


class Plan:
    """Which rows of a pass go through which adapter.

    Args:
        slices: disjoint, ascending.
        rows: of the pass.
    """

    def __init__(self, slices: Sequence[Slice], rows: int) -> None:
        self.slices = tuple(slices)
        self.rows = rows

    def acting(self) -> list[str]:
        """For each row the name of the adapter that acts on it; "" where none does."""
        found = [""] * self.rows
        for part in self.slices:
            found[part.start : part.end] = [part.name] * (part.end - part.start)
        return found


class PairedLayers:
    """The linear layers of a model, able to serve the rows of several systems in one pass.

    Args:
        model: with PEFT's layers in it, whose weights are held in other places afterwards (`stacked`).
        groups: these, those that read one input together, in the order of their passes.
    """

    def __init__(self, model: nn.Module, groups: Sequence[Sequence[Linear]]) -> None:
        self.plan = Plan((), 0)
        self._tokens = 0
        self._groups = [_Group(layers) for layers in groups]
        _share_workspaces(self._groups)
        owners = {id(layer): group for group in self._groups for layer in group.layers}
        self._served = [
            (parent, name, _Targeted(layer, owners[id(layer)]) if id(layer) in owners else _Plain(layer))
            for parent, name, layer in _linear(model)
        ]

    def use(self, plan: Plan, tokens: int) -> None:
        """The passes that follow have these rows, of so many tokens each."""
        if plan is not self.plan or tokens != self._tokens:
            self.plan, self._tokens = plan, tokens
            for group in self._groups:
                group.follow(plan, tokens)

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """Within it the layers follow the plan; afterwards they are PEFT's own again.

        Each stands in its parent's dictionary, which Python looks at before it asks the parent for its part.
        """
        try:
            for parent, name, layer in self._served:
                vars(parent)[name] = layer
            yield
        finally:
            for parent, name, _ in self._served:
                vars(parent).pop(name, None)
            for group in self._groups:
                group.forget()


def _linear(parent: nn.Module) -> Iterator[tuple[nn.Module, str, nn.Module]]:
    """PEFT's layers and plain ones; not what lies within PEFT's."""
    for name, child in parent.named_children():
        if isinstance(child, Linear) or type(child) is nn.Linear:
            yield parent, name, child
        elif not isinstance(child, BaseTunerLayer):
            yield from _linear(child)


class _Part(NamedTuple):
    """Vectors from ``start`` to before ``end`` that go through one adapter.

    Args:
        widened: whether its products are made in float32.
    """

    start: int
    end: int
    stacked: Stacked
    widened: bool


class _Group:
    """Layers that read one input, and what adapters make of it.

    Args:
        layers: these, in the order of their passes.
    """

    def __init__(self, layers: Sequence[Linear]) -> None:
        self.layers = tuple(layers)
        names = {name: None for layer in layers for name in layer.lora_A}
        self.stacked = {name: Stacked([o for o in layers if name in o.lora_A], name) for name in names}
        weight = cast("Tensor", layers[0].get_base_layer().weight)
        self.widens = weight.device.type == "cpu" and weight.dtype != torch.float32
        self.read: Tensor | None = None
        self.found: list[tuple[Tensor, ...]] = []
        self.parts: list[_Part] = []
        self.version = 0

    def follow(self, plan: Plan, tokens: int) -> None:
        """The passes that follow have these rows, of so many tokens each."""
        self.forget()
        self.version += 1
        self.parts = [
            _Part(
                one.start * tokens,
                one.end * tokens,
                self.stacked[one.name],
                self.widens and (one.end - one.start) * tokens <= FEW_VECTORS,
            )
            for one in plan.slices
            if one.name in self.stacked
        ]

    def products(self, x: Tensor) -> list[tuple[Tensor, ...]]:
        """For each part, for each layer that its adapter acts on, x Aᵀ: (vectors, rank)."""
        if self.read is not x:
            self.read = x
            vectors = x.reshape(-1, x.shape[-1])
            self.found = [_downwards(vectors[part.start : part.end], part) for part in self.parts]
        return self.found

    def forget(self) -> None:
        """Hold on to no input."""
        self.read = None
        self.found = []


def _downwards(vectors: Tensor, part: _Part) -> tuple[Tensor, ...]:
    stacked = part.stacked
    if part.widened:
        stacked.widen()
        product = linear(vectors.float(), cast("Views", stacked.wide).down)
    else:
        product = linear(vectors, stacked.views.down)
    return product.split_with_sizes(stacked.ranks, 1) if len(stacked.ranks) > 1 else (product,)


def _share_workspaces(groups: Sequence[_Group]) -> None:
    """One for each adapter: two may act in one pass."""
    rooms: dict[str, Workspace] = {}
    held = [(name, one) for group in groups if group.widens for name, one in group.stacked.items()]
    for name, one in held:
        rooms.setdefault(name, Workspace()).reserve(len(one.block))
    for name, one in held:
        one.widen_into(rooms[name])


class _Plain:
    """Stands in for a linear layer of the model that no adapter acts on.

    Args:
        layer: that.
    """

    def __init__(self, layer: nn.Module) -> None:
        self.layer = layer
        self._base: Any = layer.get_base_layer() if isinstance(layer, Linear) else layer
        plain = type(self._base) is nn.Linear
        self._weight = cast("Tensor", self._base.weight).detach() if plain else None
        self._bias = cast("Tensor | None", self._base.bias)
        self._turns = plain and self._base.weight.device.type == "cpu" and self._base.weight.dtype == torch.float32

    def __getattr__(self, name: str) -> Any:
        return getattr(self.layer, name)

    def __call__(self, x: Tensor) -> Tensor:
        """The base's output (rows, tokens, out) for an input (rows, tokens, in)."""
        if self._weight is None:
            return cast("Tensor", self._base(x))
        if self._turns and x.numel() // x.shape[-1] in TURNED:
            product = torch.mm(self._weight, x.reshape(-1, x.shape[-1]).t()).t()
            found = product.contiguous() if self._bias is None else product + self._bias
            return found.view(*x.shape[:-1], -1)
        # Of rows that lie apart, as the last tokens of prompts do, torch makes a product for each, and for
        # each a copy of the weights: for 16 prompts that took twice the time of all layers.
        return linear(x.contiguous(), self._weight, self._bias)


class _Targeted(_Plain):
    """Stands in for one that adapters act on.

    Args:
        layer: PEFT's.
        group: of its input.
    """

    def __init__(self, layer: nn.Module, group: _Group) -> None:
        super().__init__(layer)
        self._group = group
        self._version = -1
        self._is_last = group.layers[-1] is layer
        self._places = {
            name: [id(o) for o in group.layers if name in o.lora_A].index(id(layer))
            for name in cast("Linear", layer).lora_A
        }
        self._ups: list[_Up] = []

    def __call__(self, x: Tensor) -> Tensor:
        """The layer's output (rows, tokens, out) for an input (rows, tokens, in)."""
        result = super().__call__(x)
        group = self._group
        if not group.parts:
            return result
        if self._version != group.version:
            self._follow()
        products = group.products(x)
        vectors = result.view(-1, result.shape[-1])
        for start, end, part, place, up, scaling, widened in self._ups:
            if widened:
                vectors[start:end].add_(products[part][place].mm(up), alpha=scaling)
            else:
                vectors[start:end].addmm_(products[part][place], up, alpha=scaling)
        if self._is_last:
            group.forget()
        return result

    def _follow(self) -> None:
        self._version = self._group.version
        self._ups = []
        for at, part in enumerate(self._group.parts):
            names = [name for name, one in self._group.stacked.items() if one is part.stacked]
            place = self._places.get(names[0])
            if place is not None:
                views = part.stacked.wide if part.widened else part.stacked.views
                up, scaling = cast("Views", views).ups[place], part.stacked.scalings[place]
                self._ups.append(_Up(part.start, part.end, at, place, up, scaling, part.widened))


class _Up(NamedTuple):
    """What a layer adds to one part of the vectors."""

    start: int
    end: int
    part: int
    place: int
    up: Tensor
    scaling: float
    widened: bool
