"""Selects the device and data type of a model: the device by preference, the data type by measuring."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import torch

from ftcompare.core.errors import UserError
from ftcompare.engine.backends.local.typed_transformers import memory_available
from ftcompare.engine.models.memory_plan import SMALL_MODEL

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}

ALL_THREADS = torch.get_num_threads()  # torch's default number of threads on this machine, read at import

CLEARLY_FASTER = 1.2
MEASURED_ROWS = 8
MEASURED_WIDTH = 4096
MEASURED_STEPS = 8
ROOM = 1.2  # memory that a model needs, as a multiple of its weights


@dataclass(frozen=True, slots=True)
class DtypeChoice:
    """The chosen data type with the reason in words."""

    dtype: torch.dtype
    reason: str

    @property
    def name(self) -> str:
        return str(self.dtype).removeprefix("torch.")


def choose_device(wanted: str) -> torch.device:
    """The device with this name; "auto" prefers CUDA, then MPS, then the CPU.

    Raises:
        UserError: ``device-missing``, if this machine has no such device.
    """
    if wanted == "auto":
        return torch.device(next(kind for kind in ("cuda", "mps", "cpu") if _count(kind)))
    kind, _, index = wanted.partition(":")
    known = kind in ("cuda", "mps", "cpu") and (index or "0").isdecimal()
    if not known or int(index or 0) >= _count(kind):
        how = "Choose auto, cpu, or a device that `ftcompare doctor` lists."
        raise UserError(f"This machine has no device {wanted!r}.", how=how, code="device-missing")
    return torch.device(wanted)


def device_name(device: torch.device) -> str:
    """A name for people: the graphics card's name, or the number of CPU threads."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    if device.type == "mps":
        return "Apple GPU"
    threads = torch.get_num_threads()
    return f"CPU, {threads} thread{'s' if threads > 1 else ''}"


def choose_threads(parameters: int) -> None:
    """Use one CPU thread for a model so small that several would mainly wait for each other, else all.

    Measured on 2 cores with other load, five alternating runs each: two threads took 4 times as long as one
    with 40,000 parameters and 22 times with 3 million (medians). Not measured: an idle machine, and the size
    between 3 million and `SMALL_MODEL` from which more threads are faster.
    """
    torch.set_num_threads(1 if parameters < SMALL_MODEL else ALL_THREADS)


def choose_dtype(
    wanted: str,
    device: torch.device,
    parameters: int,
    *,
    measure: Callable[[torch.dtype, torch.device], float] | None = None,
    free_bytes: Callable[[torch.device], int] | None = None,
) -> DtypeChoice:
    """The data type with this name, or the faster one if ``wanted`` is "auto" (see `seconds_per_step`).

    Raises:
        UserError: ``dtype-unknown``.
    """
    if wanted in DTYPES:
        return DtypeChoice(DTYPES[wanted], "It was asked for.")
    if wanted != "auto":
        how = f"Choose auto, {', '.join(DTYPES)}."
        raise UserError(f"There is no arithmetic {wanted!r}.", how=how, code="dtype-unknown")
    if parameters < SMALL_MODEL:
        return DtypeChoice(torch.float32, "")
    needed = parameters * 4 * ROOM
    free = (free_bytes or memory_free)(device)
    if needed > free:
        reason = f"float32 would need {needed / 1e9:.1f} GB, and {free / 1e9:.1f} GB are free."
        return DtypeChoice(torch.bfloat16, reason)
    return _measured(device, measure or seconds_per_step)


def _measured(device: torch.device, measure: Callable[[torch.dtype, torch.device], float]) -> DtypeChoice:
    try:
        ratio = measure(torch.float32, device) / measure(torch.bfloat16, device)
    except (RuntimeError, TypeError):  # torch's errors for a dtype that a device lacks
        return DtypeChoice(torch.float32, "This device has no bfloat16.")
    found = f"Measured here: bfloat16 is {ratio:.1f} times as fast as float32"
    if ratio > CLEARLY_FASTER:
        return DtypeChoice(torch.bfloat16, f"{found}.")
    return DtypeChoice(torch.float32, f"{found}, which is not clearly faster.")


def seconds_per_step(dtype: torch.dtype, device: torch.device) -> float:
    """Seconds of a matrix product as in decoding: few rows, and a matrix too large for the cache."""
    rows = torch.ones(MEASURED_ROWS, MEASURED_WIDTH, dtype=dtype, device=device)
    weights = torch.ones(MEASURED_WIDTH, MEASURED_WIDTH, dtype=dtype, device=device)
    times = []
    for _ in range(MEASURED_STEPS):
        begin = time.perf_counter()
        (rows @ weights)[0, 0].item()  # reading a number waits for the device
        times.append(time.perf_counter() - begin)
    return min(times)


def memory_free(device: torch.device) -> int:
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    return memory_available()


def memory_for_tensors(device: torch.device) -> int:
    """Free bytes on a device, including those that torch has reserved there and no tensor uses."""
    free = memory_free(device)
    if device.type == "cuda":
        free += torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
    return free


def _count(kind: str) -> int:
    if kind == "cuda":
        return torch.cuda.device_count() if torch.cuda.is_available() else 0
    if kind == "mps":
        return int(torch.backends.mps.is_available())
    return 1
