"""Whether a model's weights are packed as its configuration says: read from the tensors' names and types."""

from __future__ import annotations

from collections.abc import Mapping

from ftcompare.core.errors import UserError
from ftcompare.engine.models.folder_files import TensorInfo

METHODS = frozenset({
    "aqlm", "auto-round", "awq", "bitnet", "bitsandbytes", "bitsandbytes_4bit", "bitsandbytes_8bit",
    "compressed-tensors", "eetq", "fbgemm_fp8", "fouroversix", "fp8", "fp_quant", "gemma", "gguf", "gptq",
    "higgs", "hqq", "metal", "mxfp4", "mxfp8", "nvfp4", "quanto", "quark", "sinq", "spqr", "torchao", "vptq",
})  # fmt: skip
"""Ways of quantising that transformers 5.23 has a class for."""

PACKED = frozenset({
    "aqlm", "auto-round", "awq", "bitsandbytes", "bitsandbytes_4bit", "bitsandbytes_8bit", "eetq",
    "fbgemm_fp8", "fp8", "gptq", "mxfp4", "spqr", "vptq",
})  # fmt: skip
"""Those that keep numbers of their own beside each packed weight, always."""

FLOATS = frozenset({"BF16", "F16", "F32", "F64"})


def check_quantisation(
    config: Mapping[str, object], tensors: Mapping[str, TensorInfo], *, where: str
) -> None:
    """Refuse a configuration that calls plain weights quantised, or names a way that is not known.

    Loaded nevertheless, such a model fails at its first prompt, or its weights are silently others.

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
    if method in PACKED and _is_plain(tensors):
        what = (
            f"The configuration says that the weights are quantised ({method}), and they are plain numbers."
        )
        raise _refused(what, where)


def _method(found: object) -> object:
    if not isinstance(found, dict):
        return found
    if found.get("load_in_4bit") or found.get("load_in_8bit"):
        return "bitsandbytes"
    return found.get("quant_method")


def _is_plain(tensors: Mapping[str, TensorInfo]) -> bool:
    return all(info.dtype in FLOATS and name.endswith((".weight", ".bias")) for name, info in tensors.items())


def _refused(what: str, where: str) -> UserError:
    how = "Remove quantization_config from it if the weights were saved as they are; else download it."
    return UserError(what, where=where, how=how, code="model-quantisation")
