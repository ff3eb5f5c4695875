"""Detects a base that already contains an adapter because it was saved with the adapter merged in.

Such a "base" generates the fine-tuned model's text, while its files, digests and parameters in memory are all
consistent. It can be detected from its weights W = W₀ + s·B·A. With the singular value decomposition
s·B·A = Σ σᵢ uᵢ vᵢᵀ, merging increases each number uᵢᵀ W vᵢ by σᵢ and leaves the numbers with mixed indices,
uᵢᵀ W vⱼ, unchanged. The mixed numbers therefore show how large the others are without the adapter, in the
same directions. The share c = Σ σᵢ uᵢᵀWvᵢ / Σ σᵢ², over all layers, is 0 for a base without the adapter and 1
for a base with it, with a standard error that follows from the mixed numbers.

A trained adapter is slightly aligned with its base's weights: that of the demonstration has a share of 0.04,
twelve standard errors above 0. In units of the mixed numbers this is 0.7 per direction, while merging adds
18. The mean shift per direction must therefore also be large. An adapter whose merging would not make it so
is left undecided.

Other kinds that add a matrix D to W have no B·A; for them the strongest directions of D are used. Kinds that
change W depending on W, by factors or rotations, are not checked.
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

from ftcompare.engine.backends.local.packed_weights import plain_weight

MERGED_SHARE = 0.5
MERGED_Z = 8.0  # minimum number of standard errors above 0 for a merged adapter
MERGED_SHIFT = 2.0  # minimum mean shift of a direction for a merged adapter, in units of the mixed numbers
STRONGEST = 16  # number of directions used for a matrix without low-rank factors
POWERS = 3  # number of power iterations that find these directions


@dataclass(frozen=True, slots=True)
class MergedShare:
    """Share of an adapter that a base's weights contain."""

    share: float  # 0 for none, 1 for the whole adapter
    error: float  # its standard error; infinite where nothing can be concluded
    directions: float  # effective number of directions, weighted by size

    @property
    def z(self) -> float:
        return self.share / self.error

    @property
    def decidable(self) -> bool:
        """Whether a merged adapter would be detected."""
        return self._strong(1.0)

    @property
    def merged(self) -> bool:
        return self.share > MERGED_SHARE and self._strong(self.share)

    def _strong(self, share: float) -> bool:
        z = share / self.error
        return z > MERGED_Z and z > MERGED_SHIFT * self.directions**0.5


@dataclass(frozen=True, slots=True)
class LayerDirections:
    sizes: Tensor  # singular values of s·B·A, (rank,)
    base: Tensor  # uᵢᵀ W vⱼ, (rank, rank)


def merged_share(layers: Iterable[LayerDirections]) -> MergedShare:
    """Return the share over all layers; layers of rank 1 or with zero weights do not contribute."""
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
    """Yield directions of every layer to whose weights an adapter adds, attached and not merged.

    Several LoRAs may be attached; an adapter of another kind must be alone. ``name`` is PEFT's name of
    the adapter; ``check`` is called before each layer and may raise to cancel.
    """
    for layer in model.modules():
        if isinstance(layer, BaseTunerLayer):
            check()
            if found := _of_layer(layer, name):
                yield found


@torch.no_grad()
def _of_layer(layer: Any, name: str) -> LayerDirections | None:
    """Return directions of one layer; None where the adapter has none, or for quantized weights."""
    factored = isinstance(layer, LoraLayer) and not isinstance(layer, AdaLoraLayer)
    # layers with trainable tokens beside a LoRA have another class
    if name not in layer.lora_A if factored else not hasattr(layer, "get_delta_weight"):
        return None
    if getattr(layer, "parameter_name", "weight") != "weight":  # a layer of experts with several matrices
        return None
    weights = plain_weight(layer.get_base_layer())
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
    """Return directions of D (``added``) and W, both (out, in); None for other shapes or on overflow.

    The `STRONGEST` directions are found by power iterations (Halko, Martinsson & Tropp 2011, algorithm
    4.4). However accurate they are, the mixed numbers of ``added`` are 0 within the space that they span,
    because it is diagonalized there.
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
    """Return directions from W (out, in), A (rank, in), B (out, rank) and s; None on overflow."""
    place = weights.device if weights.device.type == "cuda" else torch.device("cpu")
    left, upper = torch.linalg.qr(up.to(place).float())
    right, lower = torch.linalg.qr(down.to(place).float().T)
    core = scaling * upper @ lower.T
    if not bool(torch.isfinite(core.square()).all()):
        return None
    u, sizes, v = torch.linalg.svd(core, full_matrices=False)  # of a rank above the layer's width, not square
    return LayerDirections(sizes, (left @ u).T @ weights.to(place).float() @ right @ v.T)
