"""Stores an adapter's A and B matrices once, in blocks; PEFT's parameters are views of them.

In a block the A's of layers with the same input are concatenated, so that one product serves them all; the
B's of these layers follow. A block continues over the next layers until it is large enough to be copied
efficiently.

On a CPU small products in half precision take 13 to 19 µs and those in float32 1 to 2 µs. A block is
therefore converted to float32 just before its layers are computed, into memory that all blocks of the adapter
share: it is read from main memory in half precision, and the converted numbers are then in the processor's
cache.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple, cast

import torch
from peft.tuners.lora.layer import Linear
from torch import Tensor

BLOCK_NUMBERS = 160_000  # minimum size of a block in numbers: a block ends with the layers that reach it


class Views(NamedTuple):
    """Of the numbers of layers that read one input."""

    down: Tensor  # Aᵀ, the A's beside each other, (in, sum of ranks)
    ups: tuple[Tensor, ...]  # for each layer Bᵀ, (rank, out)


class StackedWeights:
    """One adapter's numbers in layers that read one input: those that it acts on, in their order."""

    def __init__(self, layers: Sequence[Linear], name: str) -> None:
        self.downs = [_parameter(layer.lora_A[name]) for layer in layers]
        self.ups = [_parameter(layer.lora_B[name]) for layer in layers]
        self.ranks = tuple(len(down) for down in self.downs)
        self.scalings = [float(layer.scaling[name]) for layer in layers]
        self.size = sum(part.numel() for part in (*self.downs, *self.ups))

    def move(self, block: Block, numbers: Tensor) -> None:
        """PEFT's parameters become views of ``numbers``, part of a block, which hold the same."""
        self.block = block
        self.native = self.views(numbers)
        self.wide = self.native
        for part, view in zip(self.downs, self.native.down.split_with_sizes(self.ranks, 1), strict=True):
            part.data = view.t()
        for part, view in zip(self.ups, self.native.ups, strict=True):
            part.data = view.t()

    def views(self, numbers: Tensor) -> Views:
        """Of numbers that lie as those of a block do."""
        inputs = self.downs[0].shape[1]
        down, *ups = numbers.split_with_sizes([sum(self.ranks) * inputs, *(up.numel() for up in self.ups)])
        turned = (one.view(up.shape).t() for one, up in zip(ups, self.ups, strict=True))
        return Views(down.view(-1, inputs).t(), tuple(turned))


class Workspace:
    """Float32 memory for the blocks of one adapter, one at a time."""

    def __init__(self, size: int) -> None:
        self.numbers = torch.empty(size)
        self.holds: Tensor | None = None
        """The block's numbers that were converted last."""


class Block:
    """The numbers of one or several `StackedWeights`, which refer to it; it does not refer to them."""

    def __init__(self, parts: Sequence[StackedWeights]) -> None:
        self._sizes = [part.size for part in parts]
        self._numbers = torch.cat([one.reshape(-1) for part in parts for one in (*part.downs, *part.ups)])
        self.size = len(self._numbers)
        for part, numbers in zip(parts, self._split(self._numbers), strict=True):
            part.move(self, numbers)
        self._workspace: Workspace | None = None

    def widen_in(self, workspace: Workspace, parts: Sequence[StackedWeights]) -> None:
        """Compute small products of ``parts`` from float32 numbers, which `widen` writes to the workspace."""
        self._workspace = workspace
        for part, numbers in zip(parts, self._split(workspace.numbers[: self.size]), strict=True):
            part.wide = part.views(numbers)

    def widen(self) -> None:
        """Write this block's numbers to the workspace, unless they are there."""
        workspace = cast("Workspace", self._workspace)
        if workspace.holds is not self._numbers:
            workspace.numbers[: self.size].copy_(self._numbers)
            workspace.holds = self._numbers

    def _split(self, numbers: Tensor) -> Sequence[Tensor]:
        return numbers.split_with_sizes(self._sizes)


def into_blocks(parts: Sequence[StackedWeights], *, widened: bool) -> Workspace | None:
    """Put all numbers of an adapter, in the order of their passes, into blocks; what they are widened in."""
    with torch.inference_mode(mode=False), torch.no_grad():
        blocks = [(Block(some), some) for some in _together(parts)]
        if not widened:
            return None
        workspace = Workspace(max(block.size for block, _ in blocks))
        for block, some in blocks:
            block.widen_in(workspace, some)
    return workspace


def _together(parts: Sequence[StackedWeights]) -> Iterator[list[StackedWeights]]:
    some: list[StackedWeights] = []
    for part in parts:
        some.append(part)
        if sum(one.size for one in some) >= BLOCK_NUMBERS:
            yield some
            some = []
    if some:
        yield some


def _parameter(part: Any) -> Tensor:
    return cast("Tensor", part.weight)
