"""CUDA graphs of the decoding step: recorded once, then launched as a whole.

A small model's step consists of hundreds of kernels of a few microseconds each, and Python takes longer to
launch one than the device to compute it. A graph launches all of them at once. It reads and writes fixed
addresses, so the caller must keep the step's tensors where they are (`static_step`).
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol, TypeAlias

import torch
from torch import Tensor

from ftcompare.engine.backends.local.devices import memory_free
from ftcompare.engine.backends.local.loading import reason_of
from ftcompare.engine.backends.local.torch_errors import (
    is_out_of_memory,
    raise_if_device_lost,
    release_memory,
)

Work: TypeAlias = Callable[[], Tensor]
"""Computes logits from tensors at fixed addresses. Repeating it must not change the result."""

WARM_UPS = 2
"""Number of runs before a step is recorded: libraries select kernels and allocate memory on first use, which
cannot be recorded."""


class CannotCapture(Exception):
    """A step cannot be recorded; the message is the middle of a sentence."""


@dataclass(frozen=True, slots=True)
class Recording:
    """A recorded step."""

    replay: Callable[[], object]  # computes the step again, from the present content of its addresses
    logits: Tensor  # the tensor that receives the logits
    size: int  # device memory of the recording in bytes


class Recorder(Protocol):
    """Records work on a device."""

    def record(self, work: Work) -> Recording:
        """What this raises is anything that the work or the device does."""

    def works(self) -> bool:
        """Whether the device is still usable."""

    def free(self) -> None:
        """Release memory, after the last use of all recordings."""


class GraphRunner:
    """Records each step on its first use, and replays it afterwards.

    A step's key identifies its shapes and addresses.
    """

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._kept: dict[int, Recording] = {}

    @property
    def held(self) -> int:
        """Device memory of the recordings in bytes."""
        return sum(kept.size for kept in self._kept.values())

    def run(self, key: int, work: Work) -> Tensor:
        """The logits, in a tensor that the next run may overwrite.

        Raises:
            CannotCapture: recording failed; nothing recorded is kept.
            EnvironmentFault: ``device-lost``.
        """
        if key not in self._kept:
            self._kept[key] = self._recorded(work)
        self._kept[key].replay()
        return self._kept[key].logits

    def free(self) -> None:
        self._kept.clear()
        self._recorder.free()

    def _recorded(self, work: Work) -> Recording:
        try:
            return self._recorder.record(work)
        except Exception as error:  # whatever it is, the step can be computed without a graph
            self.free()
            if not is_out_of_memory(error):
                if not self._recorder.works():
                    raise_if_device_lost(error)
                    raise
                raise CannotCapture(f"a step could not be recorded ({reason_of(error)})") from error
        release_memory()  # outside of the handler: the error's traceback holds the tensors of the work
        raise CannotCapture("memory ran out while a step was recorded")


class CudaRecorder:
    """Records on a CUDA device. All recordings share one pool of memory: one at a time is replayed."""

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._cuda: Any = torch.cuda
        self._pool: Any = None

    def record(self, work: Work) -> Recording:
        """Warm up on a stream beside the present one, and record there."""
        stream = _side_stream(self._device)
        if self._pool is None:
            self._pool = self._cuda.graph_pool_handle()
        with self._beside(), _no_collection():
            self._warm_up(work, stream)
            release_memory()
            before = memory_free(self._device)
            graph = self._cuda.CUDAGraph()
            # Of this thread only: what another does, such as pinning memory, must not spoil it.
            with self._cuda.graph(graph, self._pool, stream, capture_error_mode="thread_local"):
                logits = work()
        return Recording(graph.replay, logits, max(before - memory_free(self._device), 0))

    def _warm_up(self, work: Work, stream: Any) -> None:
        stream.wait_stream(self._cuda.current_stream(self._device))
        with self._cuda.stream(stream):
            for _ in range(WARM_UPS):
                work()
        self._cuda.current_stream(self._device).wait_stream(stream)

    @contextmanager
    def _beside(self) -> Iterator[None]:
        """Afterwards the stream is as before.

        Where ending a recording fails, torch 2.13 leaves the recording's stream as the current one
        (https://github.com/pytorch/pytorch/blob/v2.13.0/torch/cuda/graphs.py, `graph.__exit__`).
        """
        with self._cuda.device(self._device):
            present = self._cuda.current_stream(self._device)
            try:
                yield
            finally:
                self._cuda.set_stream(present)

    def works(self) -> bool:
        """An operation that the device refuses while recording leaves it as it was; a fault does not."""
        try:
            return int(torch.ones(1, device=self._device).add_(1).item()) == 2
        except RuntimeError:
            return False

    def free(self) -> None:
        self._pool = None


@cache
def _side_stream(device: torch.device) -> Any:
    """One for all recordings: cuBLAS keeps memory for each stream that it has worked on."""
    make: Any = torch.cuda.Stream
    return make(device)


@contextmanager
def _no_collection() -> Iterator[None]:
    """Python's collector may give back what belongs to a device, which is forbidden while recording."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
