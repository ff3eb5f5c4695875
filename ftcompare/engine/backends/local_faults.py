"""Telling apart what torch raises: out of memory, a lost device, anything else."""

from __future__ import annotations

import torch

from ftcompare.core.errors import EnvironmentFault
from ftcompare.engine.backends.local_library import speaks_of_memory


def is_out_of_memory(error: BaseException) -> bool:
    """Whether memory ran out, on any device.

    torch has a class for it on CUDA only; for the others accelerate knows the words.
    """
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return isinstance(error, Exception) and speaks_of_memory(error)


def raise_if_device_lost(error: BaseException) -> None:
    """After a CUDA error other than out of memory nothing in this process can be trusted.

    Raises:
        EnvironmentFault: ``device-lost``.
    """
    if isinstance(error, torch.AcceleratorError):
        raise EnvironmentFault(
            "The graphics card failed.",
            how="What was written so far is kept. Generate again to go on; if it fails again, restart.",
            code="device-lost",
        ) from error


def release_memory() -> None:
    """Give back what torch keeps for later."""
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    if torch.backends.mps.is_available():
        torch.mps.empty_cache()


def no_memory_to_write() -> EnvironmentFault:
    """The error where memory does not suffice for a single prompt."""
    return EnvironmentFault(
        "There is not enough memory to answer a prompt.",
        how="Close other programs, or choose a smaller model, shorter responses or fewer bits.",
        code="out-of-memory",
    )
