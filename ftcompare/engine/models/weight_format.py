"""Whether a model's weights are quantised as its configuration states, from tensor names and types."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

from ftcompare.core.errors import UserError
from ftcompare.engine.models.folder_files import DTYPE_BITS, TensorInfo, read_bytes
from ftcompare.engine.optional_dependencies import how_to_get

METHODS = frozenset({
    "aqlm", "auto-round", "awq", "bitnet", "bitsandbytes", "bitsandbytes_4bit", "bitsandbytes_8bit",
    "compressed-tensors", "eetq", "fbgemm_fp8", "fouroversix", "fp8", "fp_quant", "gemma", "gguf", "gptq",
    "higgs", "hqq", "metal", "mxfp4", "mxfp8", "nvfp4", "quanto", "quark", "sinq", "spqr", "torchao", "vptq",
})  # fmt: skip
"""Quantisation methods for which transformers 5.23 has a class."""

PACKED = frozenset({
    "aqlm", "auto-round", "awq", "bitsandbytes", "bitsandbytes_4bit", "bitsandbytes_8bit", "eetq",
    "fbgemm_fp8", "fp8", "gptq", "mxfp4", "spqr", "vptq",
})  # fmt: skip
"""Methods that always store additional numbers with each packed weight."""

LIBRARIES = {
    "aqlm": "aqlm", "auto-round": "auto_round", "awq": "gptqmodel", "bitsandbytes": "bitsandbytes",
    "bitsandbytes_4bit": "bitsandbytes", "bitsandbytes_8bit": "bitsandbytes",
    "compressed-tensors": "compressed_tensors", "fp_quant": "fp_quant", "gptq": "gptqmodel", "hqq": "hqq",
    "quanto": "optimum", "quark": "quark", "spqr": "spqr_quant", "torchao": "torchao", "vptq": "vptq",
}  # fmt: skip
"""Modules with which transformers 5.23 loads such models; other methods need a graphics card or nothing."""

FLOATS = frozenset({"BF16", "F16", "F32", "F64"})

STATE = re.compile(r"(?P<weight>.+)\.quant_state\.bitsandbytes__\w+")
"""Tensors in which bitsandbytes stores, as JSON, the original form of a 4-bit weight."""
MOST_STATE = 4096  # maximum number of bytes of such a tensor; usual ones have a hundred

BESIDE = re.compile(
    r".*(?:quant|absmax|scale|scb|zero|codes|codebook|centroid|packed|blocks).*", re.IGNORECASE
)
"""Names of the numbers stored with packed weights, or of packed weights themselves."""


def unpacked_shapes(path: Path, tensors: Mapping[str, TensorInfo]) -> dict[str, tuple[int, ...]]:
    """The unpacked shapes of a file's 4-bit weights, by name, as bitsandbytes unpacks them.

    A packed weight is a single long column. A state that cannot be read, or does not match its weight, is
    left for bitsandbytes to refuse.
    """
    found = {}
    for name, state in tensors.items():
        named = STATE.fullmatch(name)
        if named and named["weight"] in tensors and state.dtype == "U8" and state.size <= MOST_STATE:
            weight = tensors[named["weight"]]
            shape = _shape(read_bytes(path, state))
            if math.prod(shape) in (numbers := weight.size * DTYPE_BITS[weight.dtype] // 4, numbers - 1):
                found[named["weight"]] = shape
    return found


def _shape(state: bytes) -> tuple[int, ...]:
    try:
        found = json.loads(state)
    except (ValueError, RecursionError):
        return ()
    shape = found.get("shape") if isinstance(found, dict) else None
    whole = isinstance(shape, list) and all(type(one) is int and one > 0 for one in shape)
    return tuple(shape) if isinstance(shape, list) and whole else ()


def count_numbers(tensors: Mapping[str, TensorInfo], unpacked: Mapping[str, tuple[int, ...]]) -> int:
    """Number of a model's weights, without the numbers stored with packed weights."""
    beside = tuple(f"{name}." for name in unpacked)
    return sum(
        math.prod(unpacked.get(name, info.shape))
        for name, info in tensors.items()
        if not (beside and name.startswith(beside))
    )


def check_quantisation(
    config: Mapping[str, object], tensors: Mapping[str, TensorInfo], *, where: str
) -> None:
    """Refuse a configuration that declares plain weights as quantised, or names an unknown method.

    If such a model were loaded, it would fail at its first prompt, or silently have other weights.

    Raises:
        UserError: ``model-quantisation``.
    """
    found = config.get("quantization_config")
    if not found:
        return
    method = _method(found)
    if not isinstance(method, str) or method not in METHODS:
        raise _refused(
            f"The model's weights are quantised in a way that is not known here ({method!r}).", where
        )
    if method in PACKED and not any(map(_is_packed, tensors, tensors.values())):
        what = (
            f"The configuration says that the weights are quantised ({method}), and they are plain numbers."
        )
        raise _refused(what, where)


def quantised_words(config: Mapping[str, object]) -> str:
    """How a model is quantised, and which required library is missing, in a sentence; "" if it is not."""
    found = config.get("quantization_config")
    if not found:
        return ""
    method = str(_method(found))
    library = LIBRARIES.get(method, "")
    if not library or find_spec(library):
        return f"The model's weights are quantised ({method})."
    way = how_to_get("quantised") if library == "bitsandbytes" else SERVED
    return f"The model's weights are quantised ({method}), and {library} is not installed here. {way}"


SERVED = "Install it, have a server load the model, or choose the model as it was before."


def _method(found: object) -> object:
    if not isinstance(found, dict):
        return found
    if found.get("load_in_4bit") or found.get("load_in_8bit"):
        return "bitsandbytes"
    return found.get("quant_method")


def _is_packed(name: str, tensor: TensorInfo) -> bool:
    """Whether a tensor is a packed weight, or belongs to one."""
    odd = tensor.dtype not in FLOATS and name.endswith("weight")
    return odd or BESIDE.fullmatch(name.rpartition(".")[2]) is not None


def not_packed_so(where: str) -> UserError:
    return _refused("The model's weights are not packed in the way that its configuration says.", where)


def _refused(what: str, where: str) -> UserError:
    how = "Remove quantization_config from it if the weights were saved as they are; else download it."
    return UserError(what, where=where, how=how, code="model-quantisation")
