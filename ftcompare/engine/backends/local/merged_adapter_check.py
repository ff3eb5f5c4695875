"""Whether a base already contains an adapter: the base folder was saved with the adapter merged in.

Then the "base" writes the fine-tune's text, and its files, its digests and its parameters in memory all
agree with each other. What gives it away is its weights: W = W₀ + s·B·A. With the singular value
decomposition s·B·A = Σ σᵢ uᵢ vᵢᵀ the numbers uᵢᵀ W vᵢ are each greater by σᵢ than they were, and those
with mixed indices, uᵢᵀ W vⱼ, are what they were. So the latter say how large the former are by themselves,
in these very directions, and the share c = Σ σᵢ uᵢᵀWvᵢ / Σ σᵢ², over all layers, is 0 for a base without
the adapter and 1 for one with it, give or take an error that the mixed ones give.

Training leaves a trained adapter lying a little along its base's weights: the demonstration's has a share
of 0.04, twelve standard errors above 0. In units of the mixed numbers that is 0.7 for a direction, where
merging adds 18. So the mean shift of a direction must be large too, and an
adapter so faint that merging would not make it so is not decided.

Other kinds that add a matrix D to W have no B·A; of D the strongest directions are looked at. Kinds that
change W in a way that depends on W, by factors or rotations, say nothing here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from peft.tuners.adalora import AdaLoraLayer
from peft.tuners.lora import LoraLayer
from peft.tuners.tuners_utils import BaseTunerLayer
from torch import Tensor

MERGED_SHARE = 0.5
MERGED_Z = 8.0
"""Standard errors above 0."""

MERGED_SHIFT = 2.0
"""Mean shift of a direction, in units of the mixed numbers."""

STRONGEST = 16
"""Directions that are looked at of a matrix that has no factors of small rank."""

POWERS = 3
"""Times that a guess of its directions is bettered."""


@dataclass(frozen=True, slots=True)
class MergedShare:
    """How much of an adapter a base's weights hold."""

    share: float  # 0 for nothing, 1 for the whole
    error: float  # its standard error; infinite where nothing can be said
    directions: float  # that count, each by its size

    @property
    def z(self) -> float:
        """Standard errors above 0."""
        return self.share / self.error

    @property
    def decidable(self) -> bool:
        """Whether a merged adapter would be seen."""
        return self._strong(1.0)

    @property
    def merged(self) -> bool:
        """Whether the adapter is in the base."""
        return self.share > MERGED_SHARE and self._strong(self.share)

    def _strong(self, share: float) -> bool:
        z = share / self.error
        return z > MERGED_Z and z > MERGED_SHIFT * self.directions**0.5


@dataclass(frozen=True, slots=True)
class LayerDirections:
    """An adapter's part in one layer."""

    sizes: Tensor  # singular values of s·B·A, (rank,)
    base: Tensor  # uᵢᵀ W vⱼ, (rank, rank)


def merged_share(layers: Iterable[LayerDirections]) -> MergedShare:
    """The share over all layers; layers of rank 1, and those whose weights are zero, say nothing."""
    along = square = fourth = noise = 0.0
    for layer in layers:
        energy = layer.sizes.square()
        mixed = layer.base - torch.diag(layer.base.diag())
        places = mixed.numel() - len(mixed)
        if places == 0 or not bool(energy.any()):
            continue
        along += float(layer.sizes @ layer.base.diag())
        square += float(energy.sum())
        fourth += float(energy.square().sum())
        noise += float(energy.sum() * mixed.square().sum()) / places
    if square == 0 or noise == 0:
        return MergedShare(0.0, float("inf"), 0.0)
    return MergedShare(along / square, noise**0.5 / square, square**2 / fourth)


def adapter_directions(
    model: torch.nn.Module, name: str, check: Callable[[], None]
) -> Iterator[LayerDirections]:
    """Every layer to whose weights an adapter adds, adapters attached and not merged.

    LoRAs may stand side by side, an adapter of another kind is alone. PEFT knows it by this name; ``check``
    is called before each layer, and may raise to cancel.
    """
    for layer in model.modules():
        if isinstance(layer, BaseTunerLayer):
            check()
            if found := _of_layer(layer, name):
                yield found


@torch.no_grad()
def _of_layer(layer: Any, name: str) -> LayerDirections | None:
    """One layer's; None where it has none, or where its weights are no plain numbers, as quantised ones."""
    factored = isinstance(layer, LoraLayer) and not isinstance(layer, AdaLoraLayer)
    # tokens that were trained beside a LoRA have layers of another kind
    if name not in layer.lora_A if factored else not hasattr(layer, "get_delta_weight"):
        return None
    if getattr(layer, "parameter_name", "weight") != "weight":  # of a layer of experts: several matrices
        return None
    weights = layer.get_base_layer().weight
    packed = hasattr(weights, "quant_state") or not weights.is_floating_point()
    if packed or weights.is_meta or weights.dim() != 2:
        return None
    if not factored:
        added = layer.get_delta_weight(name)
        return directions_of(weights, added.to_dense() if added.is_sparse else added)
    down, up = layer.lora_A[name].weight, layer.lora_B[name].weight
    oriented = weights.T if layer.fan_in_fan_out else weights
    return directions(oriented, down, up, layer.scaling[name]) if down.dim() == up.dim() == 2 else None


def directions_of(weights: Tensor, added: Tensor) -> LayerDirections | None:
    """Those of a matrix that is added to the weights; None where it is of another shape, or no numbers.

    Its `STRONGEST` directions are looked for by powers of it (Halko, Martinsson & Tropp 2011, algorithm 4.4).
    However near they come to its own, within the space they span the mixed numbers of the product hold
    nothing of it, since that is diagonalised. The weights are W, (out, in), what is added D of that shape.
    """
    place = weights.device if weights.device.type == "cuda" else torch.device("cpu")
    matrix = added.to(place).float()
    if matrix.shape != weights.shape or not bool(torch.isfinite(matrix.square()).all()):
        return None
    chance = torch.Generator().manual_seed(0)
    guess = torch.randn(matrix.shape[1], min(STRONGEST, *matrix.shape), generator=chance).to(place)
    for _ in range(POWERS):
        guess = torch.linalg.qr(matrix.T @ (matrix @ guess))[0]
    left = torch.linalg.qr(matrix @ guess)[0]
    right = torch.linalg.qr(matrix.T @ left)[0]
    u, sizes, v = torch.linalg.svd(left.T @ matrix @ right)
    return LayerDirections(sizes, (left @ u).T @ weights.to(place).float() @ right @ v.T)


@torch.no_grad()
def directions(weights: Tensor, down: Tensor, up: Tensor, scaling: float) -> LayerDirections | None:
    """One layer's, of W (out, in), A (rank, in), B (out, rank) and s; None where numbers are too large."""
    place = weights.device if weights.device.type == "cuda" else torch.device("cpu")
    left, upper = torch.linalg.qr(up.to(place).float())
    right, lower = torch.linalg.qr(down.to(place).float().T)
    core = scaling * upper @ lower.T
    if not bool(torch.isfinite(core.square()).all()):
        return None
    u, sizes, v = torch.linalg.svd(core, full_matrices=False)  # of a rank above the layer's width, not square
    return LayerDirections(sizes, (left @ u).T @ weights.to(place).float() @ right @ v.T)
