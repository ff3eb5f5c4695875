"""Names and shapes of an adapter's tensors, and whether they fit a base; read from file headers.

PEFT expects the name ``base_model.model.``, the layer's name, ``.lora_A.weight``. Trainers that wrap the
model (`torch.compile`, FSDP) or save its state themselves write other names; PEFT skips such tensors with a
warning, and the adapter has no effect. Here such names are converted to PEFT's names.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Container, Iterator, Mapping
from pathlib import Path
from typing import TypeVar

from ftcompare.core.errors import UserError
from ftcompare.engine.models.adapter_config import LORA, broken_adapter, other_base
from ftcompare.engine.models.folder_files import DTYPE_BITS, FULL_MODEL, read_safetensors_header

PREFIX = "base_model.model."

EXPONENTS = {
    "F16": ("<u2", 0x7C00),
    "BF16": ("<u2", 0x7F80),
    "F32": ("<u4", 0x7F80_0000),
    "F64": ("<u8", 0x7FF0 << 48),
}
"""By data type: the unsigned integer of the same size, and the bits of the exponent in it."""

CHUNK = 2**24  # number of values read at a time

_WRAPPERS = re.compile(r"(?:_orig_mod|_fsdp_wrapped_module|_checkpoint_wrapped_module)\.")
_NAMED = re.compile(r"(\.lora_(?:[AB]|embedding_[AB]|magnitude_vector))\.default(?=\.weight$|$)")
_LORA = re.compile(r"(?P<module>.+)\.lora_(?P<embedding>embedding_)?(?P<side>[AB])(?:\.\w+)?")
_BASE_LAYERS = re.compile(r"(?:\.base_layer)+$")  # of an adapter that modifies several parameters of a layer
_SAVED = re.compile(r"\.modules_to_save(?:\.default)?(?=\.)")
_WHOLE = re.compile(r"(?P<module>.+?)(?:\.original_module|\.base_layer)?\.weight")

OTHER_VOCABULARY = (
    "Choose the model as it was saved with that vocabulary; or merge the two (PEFT's merge_and_unload, after "
    f"resize_token_embeddings) and save them with the adapter's tokenizer. {FULL_MODEL}"
)

Tensor = TypeVar("Tensor")


def peft_names(peft_type: str, tensors: Mapping[str, Tensor], *, where: str) -> dict[str, Tensor]:
    """Return tensors by PEFT's names. Raises `UserError` ``adapter-broken`` for equal names."""
    if peft_type != LORA:
        return dict(tensors)
    found: dict[str, Tensor] = {}
    copies: dict[str, Tensor] = {}
    for name, tensor in tensors.items():
        place, copied = _SAVED.subn("", _peft_name(name))
        if place in (copies if copied else found):
            what, how = "Two tensors of the adapter have the same place.", "Save it again with PEFT."
            raise UserError(what, where=where, how=how, code="adapter-broken")
        (copies if copied else found)[place] = tensor
    return {**copies, **found}  # of a layer saved twice, PEFT reads the one with the plain name


def _peft_name(name: str) -> str:
    name = _NAMED.sub(r"\1", _WRAPPERS.sub("", name))
    while name.startswith(PREFIX):
        name = name.removeprefix(PREFIX)
    return PREFIX + name


def layer_of(name: str) -> str:
    found = _LORA.fullmatch(name.removeprefix(PREFIX)) or _WHOLE.fullmatch(name.removeprefix(PREFIX))
    return _BASE_LAYERS.sub("", found["module"]) if found else name


def lora_matrices(shapes: Mapping[str, tuple[int, ...]]) -> Iterator[tuple[str, str, tuple[int, ...]]]:
    """Yield (layer, side A or B, shape); embeddings have A (rank, tokens) and B (width, rank)."""
    for name, shape in shapes.items():
        if match := _LORA.fullmatch(name.removeprefix(PREFIX)):
            yield _BASE_LAYERS.sub("", match["module"]), match["side"], shape


def whole_layers(shapes: Mapping[str, tuple[int, ...]]) -> Iterator[tuple[str, tuple[int, ...]]]:
    for name, shape in shapes.items():
        match = _WHOLE.fullmatch(name.removeprefix(PREFIX))
        if match and ".lora_" not in name and len(shape) == 2:
            yield match["module"], shape


def check_shapes(
    adapter: Path, shapes: Mapping[str, tuple[int, ...]], base: Mapping[str, tuple[int, ...]]
) -> None:
    """Raise `UserError` ``adapter-other-base`` for tensors that do not fit the base's, given by layer."""
    for module, shape in whole_layers(shapes):
        theirs = base.get(module, shape)
        if len(theirs) == 2 and shape != theirs:
            same_width = shape[1] == theirs[1]
            if same_width:
                raise _other_vocabulary(adapter, module, shape[0], theirs[0])
            raise _other_shape(adapter, module, shape, theirs)
    for module, side, shape in lora_matrices(shapes):
        theirs = base.get(module, ())
        if len(theirs) == len(shape) == 2 and shape[1 if side == "A" else 0] not in theirs:
            if side == "A" and f"{PREFIX}{module}.lora_embedding_A" in shapes:
                raise _other_vocabulary(adapter, module, shape[1], theirs[0])
            raise _other_shape(adapter, module, shape, theirs)


def check_finite(weights: Path) -> None:
    """Raise `UserError` ``adapter-broken`` for NaN and infinities (all exponent bits set, IEEE 754)."""
    import numpy as np

    for name, tensor in read_safetensors_header(weights, code="adapter-broken").items():
        kind, exponent = EXPONENTS.get(tensor.dtype, ("", 0))
        width = DTYPE_BITS[tensor.dtype] // 8
        for start in range(0, tensor.size, CHUNK) if kind else ():
            count = min(CHUNK, tensor.size - start)
            bits = np.fromfile(weights, kind, count, offset=tensor.begin + start * width) & exponent
            if bool((bits == exponent).any()):
                raise not_finite(weights.parent, name)


def not_finite(adapter: Path, name: str) -> UserError:
    return broken_adapter(
        f"The adapter is broken: {name} contains numbers that are not finite.", str(adapter)
    )


def check_tokens(adapter: Path, highest: int, tokens: int) -> None:
    """Raise `UserError` ``adapter-other-base`` for an embedding of a token id that the base lacks."""
    if highest >= tokens:
        what = (
            f"The adapter adds an embedding for the token {highest:,}, but the model has {tokens:,} tokens."
        )
        raise other_base(what, str(adapter), OTHER_VOCABULARY)


def check_layers(adapter: Path, layers: Collection[str], known: Collection[str]) -> None:
    """Raise `UserError` ``adapter-other-base`` for layers that the base does not have."""
    if lacking := sorted(set(layers) - set(known)):
        what = f"The adapter was made for another base: the model has no layer {lacking[0]}."
        raise other_base(what, str(adapter))


def _other_shape(adapter: Path, module: str, shape: tuple[int, ...], base: tuple[int, ...]) -> UserError:
    what = f"its weights for {module} are {in_words(shape)}, but the model's are {in_words(base)}."
    return other_base(f"The adapter was made for another base: {what}", str(adapter))


def _other_vocabulary(adapter: Path, module: str, tokens: int, base: int) -> UserError:
    what = f"The adapter was trained with {tokens:,} tokens, but the model has {base:,} (rows of {module})."
    return other_base(what, str(adapter), OTHER_VOCABULARY)


def in_words(shape: tuple[int, ...]) -> str:
    """Return ``(8, 64)`` as "8 × 64"."""
    return " × ".join(str(n) for n in shape) or "a single number"


TEXT_PART = "model.language_model."

_BEFORE = (
    (re.compile(r"language_model\.model\."), TEXT_PART),
    (re.compile(r"language_model\.lm_head\b"), "lm_head"),
    (re.compile(r"model\.(?!language_model\.)"), TEXT_PART),
)


def present_name(name: str, known: Container[str]) -> str:
    """Return the name in ``known`` for a layer or tensor; unchanged if known itself or not at all."""
    if name in known:
        return name
    moved = (now + name[match.end() :] for before, now in _BEFORE if (match := before.match(name)))
    return next((one for one in moved if one in known), name)
