"""Device, data type, quantization and memory of a model.

The device is selected by preference, the data type by measuring. Weights in 8 bits are LLM.int8() (Dettmers
et al. 2022), those in 4 bits NF4 (Dettmers et al. 2023, QLoRA), by bitsandbytes. Both round the base's
weights; adapters are not quantized, and computation uses the chosen data type. The batch size follows from
the memory and time of earlier batches.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from typing import Any, TypeVar, cast

import torch
from transformers import BitsAndBytesConfig

from ftcompare.core.errors import UserError
from ftcompare.engine.backends.local.torch_errors import unless_out_of_memory
from ftcompare.engine.backends.local.typed_transformers import memory_available, memory_resident
from ftcompare.engine.models.folder_files import SERVED, not_packed_so
from ftcompare.engine.models.model_folder import SMALL_MODEL, ModelFolder
from ftcompare.engine.optional_dependencies import how_to_get
from ftcompare.engine.protocol import Quantisation

LIBRARY = "bitsandbytes"
DEVICES = ("cuda", "cpu")  # supported devices. bitsandbytes names others, which are not tested here
PACKS = "support_avx512bf16_for_cpu"  # attribute of bitsandbytes' 4-bit layer: whether it packs its weights

INT8_CAPABILITY = (7, 5)
NF4_CAPABILITY = (6, 0)  # minimum compute capability, from the installation page of bitsandbytes 0.50


def refusal(quantisation: str, device: torch.device) -> str:
    """Return why a model cannot be quantized on this device; "" if it can."""
    if find_spec(LIBRARY) is None:
        return f"Loading in {in_words(quantisation)} needs {LIBRARY}, which is not installed here."
    if device.type not in DEVICES:
        return f"Loading in {in_words(quantisation)} is not supported on this device ({device.type})."
    needed = INT8_CAPABILITY if quantisation == "8bit" else NF4_CAPABILITY
    if device.type == "cuda" and torch.cuda.get_device_capability(device) < needed:
        return f"This graphics card is too old for loading in {in_words(quantisation)}."
    return ""


def require_quantised(quantisation: Quantisation, folder: ModelFolder, device: torch.device) -> None:
    if folder.quantised:
        what = f"The model is already quantized and cannot be loaded in {in_words(quantisation)}."
        how = "Load its weights in their original precision."
        raise UserError(what, where=str(folder.path), how=how, code="model-quantised")
    if why := refusal(quantisation, device):
        missing = find_spec(LIBRARY) is None
        how = (
            how_to_get("quantised")
            if missing
            else "Load the weights in their original precision, or choose another device."
        )
        raise UserError(why, how=how, code="quantisation-missing" if missing else "quantisation-unsupported")


def library_missing(folder: ModelFolder, reason: str) -> UserError:
    what = (
        "The model's weights are quantized, and the library that loads them is not installed here: "
        f"{reason.rstrip('.')}."
    )
    return UserError(what, where=str(folder.path), how=SERVED, code="quantisation-missing")


def loading_config(quantisation: Quantisation, dtype: torch.dtype) -> BitsAndBytesConfig:
    four = {"load_in_4bit": True, "bnb_4bit_quant_type": "nf4", "bnb_4bit_compute_dtype": dtype}
    make: Any = BitsAndBytesConfig
    return cast("BitsAndBytesConfig", make(**({"load_in_8bit": True} if quantisation == "8bit" else four)))


def keep_unpacked(model: torch.nn.Module) -> None:
    """Make 4-bit layers on a CPU compute from their weights as they were loaded.

    On a CPU with AVX512-bf16, bitsandbytes 0.50 repacks them in the first pass. Taking a state dict (which
    PEFT does) then yields wrong weights: the logits differ strongly from those before.
    https://github.com/bitsandbytes-foundation/bitsandbytes/blob/0.50.2/bitsandbytes/nn/modules.py
    """
    for module in model.modules():
        if hasattr(module, PACKS):
            setattr(module, PACKS, False)


@contextmanager
def wrongly_packed_as_error(folder: ModelFolder) -> Iterator[None]:
    """Report weights that bitsandbytes cannot compute with as `UserError` ``model-quantisation``."""
    try:
        yield
    except AssertionError as error:  # raised by bitsandbytes without message for weights it did not pack
        if not folder.quantised:
            raise
        raise not_packed_so(str(folder.path / "config.json")) from error


def in_words(quantisation: str) -> str:
    return quantisation.replace("bit", " bits")


Text = TypeVar("Text")
Result = TypeVar("Result")

SHARE = 0.6  # share of the free memory that a batch may use

BATCH_SECONDS = 2.0  # time to read a batch of texts: results are stored and progress is shown after each

MOST_ROWS = {"cpu": 32, "mps": 32, "cuda": 256}  # more rows are not faster


class MemoryMeter:
    """Peak memory between `start` and the last `look`; CUDA measures it itself, over all cards."""

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self._before = self._most = 0

    def start(self) -> None:
        if self.device.type == "cuda":
            for card in range(torch.cuda.device_count()):
                torch.cuda.reset_peak_memory_stats(card)
        self._before = self._most = self._held()

    def look(self) -> None:
        self._most = max(self._most, self._held())

    @property
    def most(self) -> int:
        return self._most

    @property
    def grown(self) -> int:
        """Peak memory in bytes above that at the start."""
        return self._most - self._before

    def _held(self) -> int:
        if self.device.type == "cuda":
            cards = range(torch.cuda.device_count())
            return sum(int(torch.cuda.max_memory_allocated(card)) for card in cards)
        return memory_resident()


class BatchSize:
    """Number of rows of a batch: ``fixed``, or 0 to start with one row and double as memory allows."""

    def __init__(self, fixed: int, device: torch.device) -> None:
        self._grows = fixed == 0
        self._device = device
        self._most = MOST_ROWS[device.type]
        self.rows = fixed or 1

    def ran_out(self, rows: int) -> None:
        """Halve the batch after ``rows`` rows ran out of memory."""
        self.rows = self._most = max(rows // 2, 1)

    def took(self, rows: int, grown: int, seconds: float = 0.0) -> None:
        """Record that ``rows`` took ``grown`` bytes beside the model, and the seconds if time is limited."""
        quick = int(BATCH_SECONDS * rows / seconds) if seconds else self._most
        if not self._grows or rows < self.rows <= quick:
            return
        room = int(SHARE * memory_for_tensors(self._device) / max(grown / rows, 1))
        self.rows = max(1, min(2 * rows, room, quick, self._most))


def fitting(lengths: Iterable[int], most: int) -> int:
    """Return how many first rows, padded to the longest, have at most ``most`` positions; at least one."""
    longest = rows = 0
    for count, length in enumerate(lengths, start=1):
        longest = max(longest, length)
        if count > 1 and count * longest > most:
            break
        rows = count
    return rows


def read_in_batches(
    texts: Sequence[Text],
    attempt: Callable[[Sequence[Text]], Result],
    length: Callable[[Text], int],
    most: int,
    meter: MemoryMeter,
    check: Callable[[], None],
) -> Iterator[tuple[Sequence[Text], Result | None]]:
    """Let a model read texts in batches that memory and `BATCH_SECONDS` allow.

    ``texts`` come short ones first; ``attempt`` reads a batch and calls ``meter.look`` where most memory
    is held; ``length`` is the number of positions of a text, ``most`` that of a padded batch (a single
    text may have more). ``check`` runs before each batch and may raise to stop. Yields each batch with
    its result, or None where memory did not suffice for a single text.
    """
    todo, size = list(texts), BatchSize(0, meter.device)
    while todo:
        check()
        batch = todo[: fitting(map(length, todo[: size.rows]), most)]
        meter.start()
        begun = time.monotonic()
        result = unless_out_of_memory(partial(attempt, batch))
        if result is None and len(batch) > 1:
            size.ran_out(len(batch))
            continue
        if result is not None:
            size.took(len(batch), meter.grown, time.monotonic() - begun)
        del todo[: len(batch)]
        yield batch, result


# On cards of the Hopper generation torch prefers the attention of cuDNN, which fails at some shapes and masks
# (https://github.com/pytorch/pytorch/issues/134001) and can misread a mask of another precision
# (https://github.com/pytorch/pytorch/pull/191612). torch's own attention does neither.
torch.backends.cuda.enable_cudnn_sdp(False)

DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}

ALL_THREADS = torch.get_num_threads()  # torch's default number of threads on this machine, read at import

CLEARLY_FASTER = 1.2
MEASURED_ROWS = 8
MEASURED_WIDTH = 4096
MEASURED_STEPS = 8  # at most
MEASURED_SECONDS = 0.25  # after which no further step begins
ROOM = 1.2  # memory that a model needs, as a multiple of its weights


@dataclass(frozen=True, slots=True)
class DtypeChoice:
    dtype: torch.dtype
    reason: str

    @property
    def name(self) -> str:
        return str(self.dtype).removeprefix("torch.")


def choose_device(requested: str) -> torch.device:
    """Return this device; "auto" prefers CUDA, MPS, CPU. Raises `UserError` ``device-missing``."""
    if requested == "auto":
        return torch.device(next(kind for kind in ("cuda", "mps", "cpu") if _count(kind)))
    kind, _, index = requested.partition(":")
    known = kind in ("cuda", "mps", "cpu") and (index or "0").isdecimal()
    if not known or int(index or 0) >= _count(kind):
        how = f"Choose auto, {', '.join(one for one in ('cuda', 'mps', 'cpu') if _count(one))}."
        raise UserError(f"This machine has no device {requested!r}.", how=how, code="device-missing")
    return torch.device(requested)


def device_name(device: torch.device) -> str:
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
    requested: str,
    device: torch.device,
    parameters: int,
    *,
    measure: Callable[[torch.dtype, torch.device], float] | None = None,
    free_bytes: Callable[[torch.device], int] | None = None,
) -> DtypeChoice:
    """Return this data type; "auto" selects the faster. Raises `UserError` ``dtype-unknown``."""
    if requested in DTYPES:
        return DtypeChoice(DTYPES[requested], "It was asked for.")
    if requested != "auto":
        how = f"Choose auto, {', '.join(DTYPES)}."
        raise UserError(f"There is no precision {requested!r}.", how=how, code="dtype-unknown")
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
        return DtypeChoice(torch.float32, "This device does not support bfloat16.")
    found = f"Measured here: bfloat16 is {ratio:.1f} times as fast as float32"
    if ratio > CLEARLY_FASTER:
        return DtypeChoice(torch.bfloat16, f"{found}.")
    return DtypeChoice(torch.float32, f"{found}, which is not clearly faster.")


def seconds_per_step(dtype: torch.dtype, device: torch.device) -> float:
    """Time a matrix product as in decoding: few rows, and a matrix too large for the cache.

    A processor without instructions for a data type takes a second for one product, so time is limited.
    """
    rows = torch.ones(MEASURED_ROWS, MEASURED_WIDTH, dtype=dtype, device=device)
    weights = torch.ones(MEASURED_WIDTH, MEASURED_WIDTH, dtype=dtype, device=device)
    (rows[:, :1] @ weights[:1, :1])[0, 0].item()  # the first product on a card waits for libraries
    times: list[float] = []
    while len(times) < MEASURED_STEPS and sum(times) < MEASURED_SECONDS:
        begin = time.perf_counter()
        (rows @ weights)[0, 0].item()  # reading a number waits for the device
        times.append(time.perf_counter() - begin)
    return min(times)


def memory_free(device: torch.device) -> int:
    if device.type == "cuda":
        return int(torch.cuda.mem_get_info(device)[0])
    return memory_available()


def memory_for_tensors(device: torch.device) -> int:
    """Return the free bytes on a device, including those that torch has reserved and no tensor uses."""
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
