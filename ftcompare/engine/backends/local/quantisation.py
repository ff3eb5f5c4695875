"""Weights in 8 or 4 bits with bitsandbytes: requirements and loading.

8 bits are LLM.int8() (Dettmers et al. 2022), 4 bits are NF4 (Dettmers et al. 2023, QLoRA). Both round the
base's weights; adapters are not quantised, and computation uses the chosen data type.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any, cast

import torch
from transformers import BitsAndBytesConfig

from ftcompare.core.errors import UserError
from ftcompare.engine.models.model_folder import ModelFolder
from ftcompare.engine.models.weight_format import SERVED, not_packed_so
from ftcompare.engine.optional_dependencies import how_to_get
from ftcompare.engine.protocol import Quantisation

LIBRARY = "bitsandbytes"
DEVICES = ("cuda", "cpu")  # supported devices. bitsandbytes names others, which are not tested here
PACKS = "support_avx512bf16_for_cpu"  # attribute of bitsandbytes' 4-bit layer: whether it packs its weights

INT8_CAPABILITY = (7, 5)
NF4_CAPABILITY = (6, 0)  # minimum compute capability, from the installation page of bitsandbytes 0.50


def refusal(quantisation: str, device: torch.device) -> str:
    """Why a model cannot be quantised on this device, as a sentence; "" where it can."""
    if find_spec(LIBRARY) is None:
        return f"Loading in {in_words(quantisation)} needs {LIBRARY}, which is not installed here."
    if device.type not in DEVICES:
        return f"Loading in {in_words(quantisation)} is not done on this device ({device.type})."
    needed = INT8_CAPABILITY if quantisation == "8bit" else NF4_CAPABILITY
    if device.type == "cuda" and torch.cuda.get_device_capability(device) < needed:
        return f"This graphics card is too old for loading in {in_words(quantisation)}."
    return ""


def require_quantised(quantisation: Quantisation, folder: ModelFolder, device: torch.device) -> None:
    """Refuse a quantisation that is impossible with this model or on this machine.

    Raises:
        UserError: ``model-quantised``, ``quantisation-missing``, ``quantisation-unsupported``.
    """
    if folder.quantised:
        what = f"The model is quantised already and cannot be loaded in {in_words(quantisation)}."
        how = "Leave its weights as they are."
        raise UserError(what, where=str(folder.path), how=how, code="model-quantised")
    if why := refusal(quantisation, device):
        missing = find_spec(LIBRARY) is None
        how = (
            how_to_get("quantised") if missing else "Leave the weights as they are, or choose another device."
        )
        raise UserError(why, how=how, code="quantisation-missing" if missing else "quantisation-unsupported")


def library_missing(folder: ModelFolder, reason: str) -> UserError:
    """The error for a model that was quantised with a library that is not installed."""
    what = (
        f"The model's weights are quantised, and what loads them is not installed here: {reason.rstrip('.')}."
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
    """Context manager that reports a quantised model whose weights cannot be computed with, in plain words.

    Raises:
        UserError: ``model-quantisation``.
    """
    try:
        yield
    except AssertionError as error:  # raised by bitsandbytes without message for weights it did not pack
        if not folder.quantised:
            raise
        raise not_packed_so(str(folder.path / "config.json")) from error


def in_words(quantisation: str) -> str:
    """``8bit`` as "8 bits"."""
    return quantisation.replace("bit", " bits")
