"""Streams, events and recorded graphs of cards that do not exist.

A graph keeps the operations with the tensors that they read and wrote. A replay computes them again into
the same memory, and then overwrites what no tensor used after the recording: on a card, such memory belongs
to the graphs' pool, and another replay writes to it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Any
from weakref import ref

import torch
from torch import Tensor

from tests.engine.rehearsal.card_memory import CARDS, Block, Pool

GARBAGE = 0xFF  # bytes that are NaN, true and -1


class Stream:
    """Everything happens at once, so there is nothing to wait for; waiting is refused while recording."""

    def __init__(self, device: object = None, priority: int = 0) -> None:
        self.device = CARDS.first.device

    def wait_stream(self, other: Stream) -> None:
        pass

    def wait_event(self, event: Event) -> None:
        pass

    def synchronize(self) -> None:
        refuse("stream.synchronize")

    def query(self) -> bool:
        return True

    def record_event(self, event: Event | None = None) -> Event:
        return event or Event()


class Event:
    def __init__(self, *_: object, **__: object) -> None:
        pass

    def record(self, stream: Stream | None = None) -> None:
        pass

    def wait(self, stream: Stream | None = None) -> None:
        pass

    def synchronize(self) -> None:
        refuse("event.synchronize")

    def query(self) -> bool:
        return True

    def elapsed_time(self, other: Event) -> float:
        return 1.0


DEFAULT_STREAM = Stream()


class Recording:
    """Stream in use, and graph being recorded."""

    stream = DEFAULT_STREAM
    graph: Graph | None = None


class OnStream:
    """Stands for ``torch.cuda.stream``."""

    def __init__(self, stream: Stream | None) -> None:
        self.stream = stream

    def __enter__(self) -> None:
        self._before = Recording.stream
        Recording.stream = self.stream or Recording.stream

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        Recording.stream = self._before


def refuse(what: str) -> None:
    """Count a wait for the card, or a copy from pageable memory; both are forbidden while recording."""
    CARDS.waits[what] += 1
    if Recording.graph is not None:
        Recording.graph.is_broken = True
        raise torch.AcceleratorError(f"CUDA error: operation not permitted when stream is capturing ({what})")


class Graph:
    """Stands for ``torch.cuda.CUDAGraph``."""

    def __init__(self, keep_graph: bool = False) -> None:
        self._operations: list[tuple[Callable[..., Any], Sequence[Any], Mapping[str, Any], list[Any]]] = []
        self._temporary: list[tuple[Tensor, ref[Block]]] = []
        self._pool: Pool | None = None
        self.is_broken = self.is_whole = False

    def capture_begin(self, pool: Pool | None = None, capture_error_mode: str = "", **_: object) -> None:
        if Recording.stream is DEFAULT_STREAM:
            raise torch.AcceleratorError("CUDA graphs must be captured on a non-default stream.")
        self._pool = pool or Pool()
        self._pool.graphs.add(self)
        Recording.graph, CARDS.pool = self, self._pool

    def capture_end(self) -> None:
        Recording.graph = CARDS.pool = None
        if self.is_broken:
            self._operations.clear()
            CARDS.leaked.append(self)  # torch 2.13 never releases the pool of a recording that failed
            raise torch.AcceleratorError(
                "CUDA error: operation failed due to a previous error during capture"
            )
        self.is_whole = True

    def keep(
        self,
        function: Callable[..., Any],
        args: Sequence[Any],
        kwargs: Mapping[str, Any],
        results: Sequence[Any],
        created: Mapping[int, Block],
    ) -> None:
        """Add an operation; ``created`` has the memory of new tensors by the tensor's identity."""
        new = [one if id(one) in created else None for one in results]
        self._temporary += [(one, ref(created[id(one)])) for one in new if one is not None]
        self._operations.append((function, args, kwargs, new))

    def replay(self) -> None:
        if not self.is_whole or Recording.graph is not None:
            raise torch.AcceleratorError("CUDA error: replay of what was not recorded, or while recording")
        CARDS.operations["replay"] += 1
        with torch.inference_mode(mode=False), torch.no_grad():
            for function, args, kwargs, new in self._operations:
                results = function(*args, **kwargs)
                for old, result in zip(new, flat(results), strict=True):
                    if old is not None:
                        old.copy_(result)
            for tensor, block in self._temporary:
                if block() is None and tensor.numel():
                    whole = torch.empty(0, dtype=torch.uint8).set_(tensor.untyped_storage())
                    whole.fill_(GARBAGE)

    def reset(self) -> None:
        self.__init__()  # type: ignore[misc]

    def pool(self) -> Pool | None:
        return self._pool


def flat(results: Any) -> Sequence[Any]:
    return results if isinstance(results, list | tuple) else (results,)
