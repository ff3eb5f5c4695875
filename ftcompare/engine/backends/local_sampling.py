"""Drawing tokens so that a draw depends on seed, item and position, and on nothing else.

Gumbel-max: adding Gumbel noise to the logits divided by the temperature and taking the largest is
sampling from their softmax (Gumbel 1954; Maddison, Tarlow and Minka 2014). The noise of one position
comes from a counter-based generator (Philox) keyed by seed and item, so it is the same whoever else
is in the batch, on every device, and for every system: two systems with the same distribution draw
the same token ("coupled").
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import cast

import numpy as np
import torch
from transformers import LogitsProcessor, TopPLogitsWarper

from ftcompare.engine.protocol import GenerationSettings


class GumbelDraw(LogitsProcessor):
    """Turns greedy choice into sampling.

    Args:
        settings: with a temperature above 0.
        keys: of the items, in the order of the rows.
        prompt_length: of the padded rows; the position counts from there.
    """

    def __init__(self, settings: GenerationSettings, keys: Sequence[str], prompt_length: int) -> None:
        self._temperature = settings.temperature
        self._top_p = TopPLogitsWarper(settings.top_p) if settings.top_p < 1 else None
        self._streams = [stream_key(settings.seed, key) for key in keys]
        self._prompt_length = prompt_length

    def __call__(self, input_ids: torch.LongTensor, scores: torch.FloatTensor) -> torch.FloatTensor:
        """Logits (rows, vocabulary) with noise added."""
        position = input_ids.shape[1] - self._prompt_length
        noise = np.stack([gumbel(key, position, scores.shape[1]) for key in self._streams])
        scaled = scores.float() / self._temperature
        if self._top_p is not None:
            scaled = self._top_p(input_ids, scaled)
        return cast("torch.FloatTensor", scaled + torch.from_numpy(noise).to(scaled.device))


def stream_key(seed: int, key: str) -> int:
    """128 bits from a seed and an item's key."""
    return int.from_bytes(hashlib.sha256(f"{seed}\0{key}".encode()).digest()[:16], "little")


def gumbel(key: int, position: int, count: int) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    """``count`` draws from the standard Gumbel distribution, fixed by key and position."""
    stream = np.random.Generator(np.random.Philox(key=key, counter=position << 64))
    uniform = np.clip(stream.random(count), np.finfo(np.float64).tiny, None)
    return (-np.log(-np.log(uniform))).astype(np.float32)
