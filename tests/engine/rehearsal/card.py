"""Graphics cards that do not exist, for tests of what the engine does on one: `install` makes torch see them.

They show wrong devices, waits and copies within a recording, stale memory of graphs, what is allocated and
what is left, and what happens wherever memory runs out. They cannot show kernels, their numbers and speed,
races between streams, fragmented memory, a real card's attention, the memory of cuBLAS, or a driver.
"""

from __future__ import annotations

import contextlib
import ctypes
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch

from tests.engine.rehearsal import card_graphs
from tests.engine.rehearsal.card_graphs import (
    DEFAULT_STREAM,
    Event,
    Graph,
    OnStream,
    Recording,
    Stream,
    refuse,
)
from tests.engine.rehearsal.card_memory import CARDS, Pool
from tests.engine.rehearsal.card_tensors import register_operations

NAME = "Rehearsal card"
KEPT: list[object] = []


def install(guard: Path) -> None:
    """Make torch see one card, for good; PEFT and bitsandbytes must have been imported before."""
    ctypes.CDLL(str(guard))
    KEPT.append(register_operations())
    for name, answer in {**_of_memory(), **_of_cards(), **_of_streams()}.items():
        setattr(torch.cuda, name, answer)
    private: Any = torch._C
    private._host_emptyCache = lambda: None


def _of_memory() -> dict[str, Callable[..., object]]:
    def empty_cache() -> None:
        if Recording.graph is not None:
            refuse("empty_cache")
        for card in CARDS.all:
            card.cached = 0

    def reset_peak(device: Any = None) -> None:
        card = CARDS.of(device)
        card.peak = card.allocated

    return {
        "mem_get_info": lambda device=None: (CARDS.of(device).free, CARDS.of(device).total),
        "memory_allocated": lambda device=None: CARDS.of(device).allocated,
        "max_memory_allocated": lambda device=None: CARDS.of(device).peak,
        "memory_reserved": lambda device=None: CARDS.of(device).reserved,
        "reset_peak_memory_stats": reset_peak,
        "empty_cache": empty_cache,
    }


def _of_cards() -> dict[str, Callable[..., object]]:
    def properties(device: Any = None) -> SimpleNamespace:
        major, minor = CARDS.capability
        total = CARDS.of(device).total
        return SimpleNamespace(
            name=NAME, major=major, minor=minor, total_memory=total, multi_processor_count=8, warp_size=32
        )

    return {
        "_lazy_init": lambda: None,
        "_is_in_bad_fork": lambda: False,
        "is_initialized": lambda: True,
        "is_available": lambda: True,
        "is_bf16_supported": lambda *_, **__: CARDS.capability >= (8, 0),
        "device_count": lambda: CARDS.visible,
        "current_device": lambda: 0,
        "set_device": lambda device: None,
        "device": _device,
        "get_device_name": lambda device=None: NAME,
        "get_device_properties": properties,
        "get_device_capability": lambda device=None: CARDS.capability,
        "manual_seed": lambda seed: None,
        "manual_seed_all": lambda seed: None,
    }


@contextlib.contextmanager
def _device(device: object) -> Iterator[None]:
    yield


def _of_streams() -> dict[str, Callable[..., object]]:
    def set_stream(stream: Stream) -> None:
        Recording.stream = stream

    return {
        "synchronize": lambda device=None: refuse("synchronize"),
        "current_stream": lambda device=None: Recording.stream,
        "default_stream": lambda device=None: DEFAULT_STREAM,
        "set_stream": set_stream,
        "stream": OnStream,
        "Stream": Stream,
        "Event": Event,
        "CUDAGraph": Graph,
        "graph_pool_handle": Pool,
        "is_current_stream_capturing": lambda: card_graphs.Recording.graph is not None,
    }
