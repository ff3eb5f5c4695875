"""Telling apart what torch raises: out of memory, a lost device, anything else."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

import torch
from safetensors import SafetensorError

from ftcompare.core.errors import EnvironmentFault
from ftcompare.engine.backends.local.typed_transformers import speaks_of_memory

Found = TypeVar("Found")

NO_ROOM_FOR_ONE = "There is not enough memory to answer this prompt: shorten it, or allow fewer tokens."
"""Why an item fails that does not fit by itself either."""

WORDS_OF_MEMORY = (
    "not enough memory: you tried to allocate", "std::bad_alloc", "CUBLAS_STATUS_ALLOC_FAILED",
    "Cannot allocate memory",
)  # fmt: skip
"""What torch says on Windows, where C++ ran out of it, cuBLAS, and the system where a file is mapped."""


def is_out_of_memory(error: BaseException) -> bool:
    """Whether memory ran out, on any device.

    torch has a class for it on CUDA only; for the others accelerate knows the words.
    """
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    if isinstance(error, OSError) and error.errno == errno.ENOMEM:
        return True
    told = isinstance(error, RuntimeError | SafetensorError) and any(
        one in str(error) for one in WORDS_OF_MEMORY
    )
    return told or (isinstance(error, Exception) and speaks_of_memory(error))


def raise_if_device_lost(error: BaseException) -> None:
    """After a CUDA error other than out of memory nothing in this process can be trusted.

    Raises:
        EnvironmentFault: ``device-lost``.
    """
    if isinstance(error, torch.AcceleratorError):
        how = "What was written so far is kept. Generate again to go on; if it fails again, restart."
        raise EnvironmentFault("The graphics card failed.", how=how, code="device-lost") from error


def unless_out_of_memory(work: Callable[[], Found]) -> Found | None:
    """What the work gives; None if memory ran out, what torch kept for later being given back.

    Raises:
        EnvironmentFault: ``device-lost``.
    """
    try:
        return work()
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise_if_device_lost(error)
            raise
    release_memory()  # not within: the error's traceback holds the tensors of the work
    return None


@contextmanager
def torch_errors_as_faults() -> Iterator[None]:
    """Within it, memory that runs out and a device that is lost are faults in words.

    Raises:
        EnvironmentFault: ``out-of-memory``, ``device-lost``.
    """
    try:
        yield
    except (RuntimeError, OSError, MemoryError) as error:
        if is_out_of_memory(error):
            raise no_memory() from error
        raise_if_device_lost(error)
        raise


def release_memory() -> None:
    """Give back what torch keeps for later."""
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    if torch.backends.mps.is_available():
        torch.mps.empty_cache()


def no_memory() -> EnvironmentFault:
    """The error where memory does not suffice for what has to be done before, or for all prompts alike."""
    how = "Close other programs, or choose a smaller model, shorter responses or fewer bits."
    return EnvironmentFault("There is not enough memory.", how=how, code="out-of-memory")
