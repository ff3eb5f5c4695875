"""Weights in 8 or 4 bits, by bitsandbytes: what it takes, and how a model is loaded so.

8 bits are LLM.int8() (Dettmers et al. 2022), 4 bits are NF4 (Dettmers et al. 2023, QLoRA). Both round the
base's weights; adapters stay as they are, and computing is done in the arithmetic chosen.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

import torch
from transformers import BitsAndBytesConfig

from ftcompare.core.errors import UserError
from ftcompare.engine.protocol import Quantisation

LIBRARY = "bitsandbytes"
HOW_TO_GET = (
    "In the folder that FTCompare was installed from, type: "
    "pip install -c packaging/constraints.txt '.[engine,quantised]' (or leave the weights as they are)."
)

DEVICES = ("cuda", "cpu")
"""Where it is tried by tests; its makers name Apple's too."""

INT8_CAPABILITY = (7, 5)
NF4_CAPABILITY = (6, 0)
"""What a graphics card must have, by the installation page of bitsandbytes 0.50."""


def refusal(quantisation: str, device: torch.device) -> str:
    """Why a model cannot be loaded so on this device, as a sentence; "" where it can."""
    if find_spec(LIBRARY) is None:
        return f"Loading in {in_words(quantisation)} needs {LIBRARY}, which is not installed here."
    if device.type not in DEVICES:
        return f"Loading in {in_words(quantisation)} is not done on this device ({device.type})."
    needed = INT8_CAPABILITY if quantisation == "8bit" else NF4_CAPABILITY
    if device.type == "cuda" and torch.cuda.get_device_capability(device) < needed:
        return f"This graphics card is too old for loading in {in_words(quantisation)}."
    return ""


def require(quantisation: Quantisation, device: torch.device) -> None:
    """Refuses what cannot be done here.

    Raises:
        UserError: ``quantisation-missing``, ``quantisation-unsupported``.
    """
    if why := refusal(quantisation, device):
        missing = find_spec(LIBRARY) is None
        how = HOW_TO_GET if missing else "Leave the weights as they are, or choose another device."
        raise UserError(
            why, how=how, code="quantisation-missing" if missing else "quantisation-unsupported"
        )


def loading_config(quantisation: Quantisation, dtype: torch.dtype) -> BitsAndBytesConfig:
    """How transformers is told."""
    make: Any = BitsAndBytesConfig
    if quantisation == "8bit":
        config: BitsAndBytesConfig = make(load_in_8bit=True)
    else:
        config = make(load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_compute_dtype=dtype)
    return config


def in_words(quantisation: str) -> str:
    """``8bit`` as "8 bits"."""
    return quantisation.replace("bit", " bits")
