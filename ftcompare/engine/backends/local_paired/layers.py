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

FEW_VECTORS = 64
"""Up to so many vectors a half-precision model's adapters are computed in float32 on a CPU, which is the
more exact way too: a small product takes 2 µs there, and 18 µs in bfloat16."""

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
        model: with PEFT's layers in it.
        groups: these, those that read one input together, in the order of their passes.
    """

    def __init__(self, model: nn.Module, groups: Sequence[Sequence[Linear]]) -> None:
        self.plan = Plan((), 0)
        self.few = True
        self._shared = [_Shared(layers) for layers in groups]
        owners = {id(layer): shared for shared in self._shared for layer in shared.layers}
        self._served = [
            (parent, name, _Served(self, layer, owners.get(id(layer))))
            for parent, name, layer in _linear(model)
        ]

    def use(self, plan: Plan, tokens: int) -> None:
        """The passes that follow have these rows, of so many tokens each."""
        self.few = plan.rows * tokens <= FEW_VECTORS
        if plan is not self.plan:
            self.plan = plan
            for shared in self._shared:
                shared.follow(plan)
            for _, _, layer in self._served:
                layer.follow(plan)

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
            for shared in self._shared:
                shared.forget()


def _linear(parent: nn.Module) -> Iterator[tuple[nn.Module, str, nn.Module]]:
    """PEFT's layers and plain ones; not what lies within PEFT's."""
    for name, child in parent.named_children():
        if isinstance(child, Linear) or type(child) is nn.Linear:
            yield parent, name, child
        elif not isinstance(child, BaseTunerLayer):
            yield from _linear(child)


def _may_turn(weight: Tensor) -> bool:
    return weight.device.type == "cpu" and weight.dtype == torch.float32


def _small_dtype(weight: Tensor) -> torch.dtype:
    """What small products are computed in."""
    return torch.float32 if weight.device.type == "cpu" else weight.dtype


class _Shared:
    """The product of one input with the A's of all layers that read it.

    Args:
        layers: these, in the order of their passes.
    """

    def __init__(self, layers: Sequence[Linear]) -> None:
        self.layers = tuple(layers)
        self.read: Tensor | None = None
        self.found: list[tuple[Tensor, ...]] = []
        self._dtype = _small_dtype(_base_weight(layers[0]))
        self._downs: dict[str, tuple[Tensor, list[int]]] = {}
        for name in {name: None for layer in layers for name in layer.lora_A}:
            parts = [_weight(layer.lora_A[name]) for layer in layers if name in layer.lora_A]
            self._downs[name] = torch.cat(parts).to(self._dtype), [len(part) for part in parts]
        self._parts: list[tuple[int, int, Tensor, list[int]]] = []

    def place(self, layer: Linear, name: str) -> int:
        """Which part of an adapter's product is a layer's."""
        return [id(one) for one in self.layers if name in one.lora_A].index(id(layer))

    def follow(self, plan: Plan) -> None:
        """The passes that follow have these rows."""
        self.forget()
        self._parts = [(s.start, s.end, *self._downs[s.name]) for s in plan.slices if s.name in self._downs]
        self.numbers = {s.name: at for at, s in enumerate(s for s in plan.slices if s.name in self._downs)}

    def products(self, x: Tensor) -> list[tuple[Tensor, ...]]:
        """For each slice, for each layer (vectors, rank)."""
        if self.read is not x:
            self.read = x
            width = x.shape[-1]
            self.found = [
                torch.split_with_sizes(
                    linear(x[start:end].reshape(-1, width).to(self._dtype), down), ranks, 1
                )
                for start, end, down, ranks in self._parts
            ]
        return self.found

    def forget(self) -> None:
        """Hold on to no input."""
        self.read = None
        self.found = []


def _weight(part: Any) -> Tensor:
    return cast("Tensor", part.weight).detach()


def _base_of(layer: nn.Module) -> Any:
    return layer.base_layer if isinstance(layer, Linear) else layer


def _base_weight(layer: Linear) -> Tensor:
    return _weight(layer.get_base_layer())


class _Up(NamedTuple):
    """What a layer adds to one slice of the rows."""

    start: int
    end: int
    part: int
    place: int
    up: Tensor
    scaling: float  # in `up` already where that is a copy


class _Served:
    """Stands in for a linear layer of the model.

    Args:
        owner: knows the plan.
        layer: PEFT's, or a plain one.
        shared: of its input; None for a plain one.
    """

    def __init__(self, owner: PairedLayers, layer: nn.Module, shared: _Shared | None) -> None:
        self.layer = layer
        self._owner = owner
        self._shared = shared
        self._base = _base_of(layer)
        plain = type(self._base) is nn.Linear
        self._weight = _weight(self._base) if plain else None
        self._bias = cast("Tensor | None", self._base.bias)
        self._turns = plain and _may_turn(self._base.weight)
        self._widened = _small_dtype(self._base.weight) != self._base.weight.dtype
        self._is_last = shared is not None and shared.layers[-1] is layer
        self._known: dict[str, tuple[int, Tensor, float]] = {}
        self._ups: list[_Up] = []
        if isinstance(layer, Linear) and shared is not None:
            for name, part in layer.lora_B.items():
                up, scaling = _weight(part).t(), float(layer.scaling[name])
                if self._widened:
                    up, scaling = up.float() * scaling, 1.0
                self._known[name] = shared.place(layer, name), up, scaling

    def __getattr__(self, name: str) -> Any:
        return getattr(self.layer, name)

    def follow(self, plan: Plan) -> None:
        """The passes that follow have these rows."""
        if self._shared is not None:
            numbers = self._shared.numbers
            self._ups = [
                _Up(s.start, s.end, numbers[s.name], *self._known[s.name])
                for s in plan.slices
                if s.name in self._known
            ]

    def __call__(self, x: Tensor) -> Tensor:
        """The layer's output (rows, tokens, out) for an input (rows, tokens, in)."""
        result = self._product(x)
        if self._ups:
            if self._widened and not self._owner.few:
                self._add_natively(x, result)
            else:
                self._add(x, result)
        return result

    def _product(self, x: Tensor) -> Tensor:
        """What the base's layer gives."""
        if self._weight is None:
            return cast("Tensor", self._base(x))
        if self._turns and x.numel() // x.shape[-1] in TURNED:
            product = torch.mm(self._weight, x.reshape(-1, x.shape[-1]).t()).t()
            found = product.contiguous() if self._bias is None else product + self._bias
            return found.view(*x.shape[:-1], -1)
        # Of rows that lie apart, as the last tokens of prompts do, torch makes a product for each, and for
        # each a copy of the weights: for 16 prompts that took twice the time of all layers.
        return linear(x.contiguous(), self._weight, self._bias)

    def _add(self, x: Tensor, result: Tensor) -> None:
        shared = cast("_Shared", self._shared)
        products = shared.products(x)
        flat = result.view(-1, result.shape[-1])
        tokens = x.shape[1]
        for start, end, part, place, up, scaling in self._ups:
            own = flat[start * tokens : end * tokens]
            if self._widened:
                own.add_(torch.mm(products[part][place], up))
            else:
                own.addmm_(products[part][place], up, alpha=scaling)
        if self._is_last:
            shared.forget()

    def _add_natively(self, x: Tensor, result: Tensor) -> None:
        """In the model's own dtype, with PEFT's own tensors: faster where there are many vectors."""
        layer = cast("Linear", self.layer)
        for part in self._owner.plan.slices:
            if part.name in layer.lora_A:
                product = linear(x[part.start : part.end].flatten(0, 1), _weight(layer.lora_A[part.name]))
                own = result[part.start : part.end].view(-1, result.shape[-1])
                own.addmm_(product, _weight(layer.lora_B[part.name]).t(), alpha=layer.scaling[part.name])
