"""Classifies torch's exceptions: out of memory, a lost device, anything else."""

from __future__ import annotations

import errno
import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import torch
from safetensors import SafetensorError

from ftcompare.core.errors import EnvironmentFault
from ftcompare.engine.backends.local.typed_transformers import speaks_of_memory

Found = TypeVar("Found")

NO_ROOM_FOR_ONE = "There is not enough memory to answer this prompt. Shorten it, or allow fewer tokens."

WORDS_OF_MEMORY = (
    "not enough memory: you tried to allocate", "std::bad_alloc", "CUBLAS_STATUS_ALLOC_FAILED",
    "Cannot allocate memory",
)  # fmt: skip
"""Messages of torch on Windows, of C++ allocation errors, of cuBLAS, and of failed file mappings."""


def is_out_of_memory(error: BaseException) -> bool:
    """Return whether memory ran out; torch has a class for it only on CUDA, so messages are checked."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    if isinstance(error, OSError) and error.errno == errno.ENOMEM:
        return True
    named = isinstance(error, RuntimeError | SafetensorError) and any(
        one in str(error) for one in WORDS_OF_MEMORY
    )
    return named or (isinstance(error, Exception) and speaks_of_memory(error))


def raise_if_device_lost(error: BaseException) -> None:
    """Raise `EnvironmentFault` ``device-lost`` for other CUDA errors, after which the process is unusable."""
    if isinstance(error, torch.AcceleratorError):
        how = "Everything written so far is saved. Generate again to continue. If it fails again, restart."
        raise EnvironmentFault("The graphics card failed.", how=how, code="device-lost") from error


def unless_out_of_memory(work: Callable[[], Found]) -> Found | None:
    """Return None if memory ran out. Raises `EnvironmentFault` ``device-lost``."""
    try:
        return work()
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise_if_device_lost(error)
            raise
    release_memory()  # outside of the handler: the error's traceback holds the tensors of the work
    return None


@contextmanager
def torch_errors_as_faults() -> Iterator[None]:
    """Convert torch's errors to `EnvironmentFault` ``out-of-memory`` or ``device-lost``."""
    try:
        yield
    except (RuntimeError, OSError, MemoryError) as error:
        if is_out_of_memory(error):
            raise no_memory() from error
        raise_if_device_lost(error)
        raise


def release_memory() -> None:
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    if torch.backends.mps.is_available():
        torch.mps.empty_cache()


def release_model() -> None:
    """Release the memory of a model that nothing refers to, even where its layers refer to each other."""
    gc.collect()
    release_memory()


def no_memory() -> EnvironmentFault:
    how = "Close other programs, or choose a smaller model, shorter responses, or fewer bits."
    return EnvironmentFault("There is not enough memory.", how=how, code="out-of-memory")
