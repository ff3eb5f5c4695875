"""Loads a base model, its tokenizer and the tensors of its adapters from checked folders.

This module follows no path or id given in a file, opens no pickle, runs no code of a model and does not use
the network; `ftcompare.engine.models.model_folder` has read the folders as data before.

PEFT 0.21.2 matches a pattern of an adapter's configuration against the name of every layer with Python's
`re`, which cannot be interrupted, and compares every name with every entry of a list
(https://github.com/huggingface/peft/blob/v0.21.2/src/peft/tuners/tuners_utils.py). Here a pattern is matched
once, with a time limit, and entries that name no layer are removed, so that PEFT gets plain names. The
selected layers are the same.
"""

from __future__ import annotations

import importlib
import json
import math
import re
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from huggingface_hub.errors import StrictDataclassError
from peft import PeftConfig
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file
from transformers import AutoModel, AutoModelForCausalLM, PreTrainedModel, PreTrainedTokenizerBase

from ftcompare.core.errors import EnvironmentFault, UserError
from ftcompare.core.hashing import digest, file_digest
from ftcompare.engine.backends.local.devices import (
    ROOM,
    in_words,
    keep_unpacked,
    library_missing,
    loading_config,
    memory_free,
    require_quantised,
)
from ftcompare.engine.backends.local.torch_errors import is_out_of_memory, raise_if_device_lost
from ftcompare.engine.backends.local.typed_transformers import (
    embedding_weights,
    generation_config,
    load_model,
    load_tokenizer,
    peft_config,
    present_tensors,
    to_present_layers,
)
from ftcompare.engine.models import adapter_config, adapter_tensors
from ftcompare.engine.models.config_safety import PLAIN, file_settings
from ftcompare.engine.models.folder_files import read_json
from ftcompare.engine.models.model_folder import (
    ADAPTER_CONFIG,
    ADAPTER_WEIGHTS,
    QUANTISED_BYTES,
    AdapterFolder,
    ModelFolder,
)
from ftcompare.engine.protocol import Quantisation

SELECTORS = ("target_modules", "exclude_modules", "feedforward_modules")  # layer names, or a pattern for them

ALL_LINEAR = "all-linear"  # PEFT's keyword for all linear layers; not a pattern
SECONDS = 5.0  # time limit for all patterns of an adapter together; usual ones take some milliseconds
_regex: Any = importlib.import_module("regex")  # like `re`, but with a timeout


def resolve_target_layers(config: PeftConfig, model: torch.nn.Module, *, where: str) -> None:
    """Replace patterns by layers' names, or raise `UserError` ``adapter-broken`` or ``adapter-pattern``."""
    names = [name for name, _ in model.named_modules() if name]
    matching = _Matching(names, where)
    for setting in SELECTORS:
        chosen = getattr(config, setting, None)
        if isinstance(chosen, str) and chosen.lower() != ALL_LINEAR:
            setattr(config, setting, matching.chosen(setting, chosen))
        elif isinstance(chosen, list | set) and setting != "feedforward_modules":
            known = {end for name in names for end in _ends(name)}
            present = {adapter_tensors.present_name(str(entry), known) for entry in chosen}
            setattr(config, setting, present & known or {str(entry) for entry in list(chosen)[:10]})
    matching.add(name for name, _ in model.named_parameters())  # patterns of ranks may refer to these
    for setting, values in vars(config).items():
        if setting.endswith("_pattern") and isinstance(values, dict) and config.peft_type != "ADALORA":
            kept = set(matching.that_match(setting, values))
            setattr(config, setting, {key: value for key, value in values.items() if key in kept})


def _ends(name: str) -> Iterator[str]:
    while name:
        yield name
        name = name.partition(".")[2]


class _Matching:
    def __init__(self, names: Collection[str], where: str) -> None:
        self._names = names
        self._ends = {end for name in names for end in _ends(name)}
        self._where = where
        self._until = time.monotonic() + SECONDS

    def add(self, names: Iterable[str]) -> None:
        self._names = [*self._names, *names]
        self._ends = {end for name in self._names for end in _ends(name)}

    def chosen(self, setting: str, pattern: str) -> set[str]:
        """Return the layers whose complete name matches. Raises also `UserError` ``adapter-other-base``."""
        compiled = self._compiled(setting, pattern)
        found = {name for name in self._names if self._fits(setting, compiled, name)}
        if not found and setting == "target_modules":
            what = f"No layer of the model has a name that matches its target_modules, {_short(pattern)}."
            raise adapter_config.other_base(what, self._where)
        return found

    def that_match(self, setting: str, patterns: Collection[str]) -> Iterator[str]:
        """Yield the patterns that match the end of a name."""
        for pattern in patterns:
            if PLAIN.fullmatch(pattern):
                fits = pattern in self._ends
            else:
                compiled = self._compiled(setting, rf"(.*\.)?({pattern})")
                # All names are tried, though one match suffices, because PEFT will also match all.
                fits = sum(self._fits(setting, compiled, name) for name in self._names) > 0
            if fits:
                yield pattern

    def _compiled(self, setting: str, pattern: str) -> Any:
        try:
            return _regex.compile(pattern)
        except (_regex.error, RecursionError, OverflowError) as error:
            raise self._refused(f"{setting} is not a valid pattern ({error}): {_short(pattern)}") from error

    def _fits(self, setting: str, compiled: Any, name: str) -> bool:
        left = self._until - time.monotonic()
        try:
            if left > 0:
                return compiled.fullmatch(name, timeout=left) is not None
        except TimeoutError:
            pass
        raise self._refused(f"{setting} takes longer than {SECONDS:g} s to match: {_short(compiled.pattern)}")

    def _refused(self, what: str) -> UserError:
        return adapter_config.refused_pattern(f"{what}.", self._where)


def _short(pattern: str) -> str:
    return repr(pattern if len(pattern) <= 60 else pattern[:60] + "…")


LOADING_ERRORS = (
    OSError, ValueError, RuntimeError, ImportError, LookupError, TypeError, AttributeError, ArithmeticError,
    AssertionError, SafetensorError, StrictDataclassError,
)  # fmt: skip
"""Exceptions of transformers and PEFT for invalid folders."""

EXPERT = re.compile(r"\.experts\.\d+\.")  # name of a layer of one expert among several

TOKENIZER_PARTS = (
    "tokenizer.json", "tokenizer.model", "tokenizer_config.json", "special_tokens_map.json",
    "added_tokens.json", "vocab.json", "vocab.txt", "merges.txt", "spiece.model",
)  # fmt: skip


@dataclass(frozen=True)
class Base:
    """Base model in memory, without adapters."""

    folder: ModelFolder
    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    end_tokens: tuple[int, ...]  # token ids that end a response
    pad_token: int  # the id that fills rows; it is always masked
    context: int  # maximum number of positions; 0 where the model does not give it
    notes: tuple[str, ...]
    quantisation: Quantisation = ""  # the quantization with which its weights were loaded

    @property
    def device(self) -> torch.device:
        return embedding_weights(self.model).device


@dataclass(frozen=True)
class AdapterWeights:
    """Checked configuration and tensors of an adapter."""

    folder: AdapterFolder
    config: PeftConfig
    # by their names in the file; empty while the adapter is attached to a base, which then holds them
    tensors: dict[str, torch.Tensor]
    digest: str  # digest of the files that they were read from
    left_out: frozenset[str] = frozenset()  # names of tensors in the file that equal the base's own tensors
    moved: Mapping[str, str] = field(default_factory=dict)  # new names of tensors whose layers were renamed
    apart: bool = False  # whether the file has tensors for each expert, but the base one parameter for all


def load_base(
    folder: ModelFolder, device: torch.device, dtype: torch.dtype, quantisation: Quantisation = ""
) -> Base:
    """Load a model and its tokenizer from their folder.

    Raises `UserError` ``model-broken``, ``model-quantised``, ``quantisation-missing``,
    ``quantisation-unsupported``, ``tokenizer-empty``, and `EnvironmentFault` ``out-of-memory``.
    """
    if quantisation:
        require_quantised(quantisation, folder, device)
    model = load_weights(folder, device, dtype, quantisation)
    tokenizer = folder_tokenizer(folder)
    found = {
        *_ids(getattr(model.generation_config, "eos_token_id", None)),
        *_ids(getattr(model.config.get_text_config(), "eos_token_id", None)),
        *_ids(tokenizer.eos_token_id),
    }
    ends = tuple(sorted(id_ for id_ in found if id_ < embedding_weights(model).shape[0]))
    # A padding token that exists only in the tokenizer has no embedding: an end token is used instead.
    rows = embedding_weights(model).shape[0]
    pad = next(id_ for id_ in (*_ids(tokenizer.pad_token_id), *ends, 0) if id_ < rows)
    # Only our own settings apply: a model's defaults (repetition penalty, temperature) are not used.
    model.generation_config = generation_config(eos_token_id=list(ends) or None, pad_token_id=pad)
    context = getattr(model.config.get_text_config(), "max_position_embeddings", 0)
    known, notes = context if isinstance(context, int) else 0, tuple(_notes(ends, quantisation))
    return Base(folder, model, tokenizer, ends, pad, known, notes, quantisation)


def _notes(ends: tuple[int, ...], quantisation: str) -> Iterator[str]:
    if not ends:
        yield "The model names no end token, so every response continues to the limit."
    if quantisation:
        yield f"The model's weights are rounded to {in_words(quantisation)}, but the adapters' are not."


def load_weights(
    folder: ModelFolder,
    device: torch.device,
    dtype: torch.dtype,
    quantisation: Quantisation = "",
    *,
    kind: Any = AutoModelForCausalLM,
) -> PreTrainedModel:
    taken = folder.parameters * QUANTISED_BYTES.get(quantisation, dtype.itemsize)
    needed = (folder.size_bytes if folder.quantised else taken) * ROOM
    # On one device where it fits; otherwise accelerate distributes it over all cards and main memory.
    spread = device == torch.device("cuda") and needed > memory_free(device)
    placement: str | dict[str, str] = "auto" if spread else {"": str(device)}
    config = loading_config(quantisation, dtype) if quantisation else None
    try:
        model, lacking = load_model(str(folder.path), dtype, placement, config, kind=kind)
        keep_unpacked(model)
    except LOADING_ERRORS as error:
        if is_out_of_memory(error):
            what = "There is not enough memory for the model."
            how = "Close other programs, or choose a smaller model or a lower precision."
            raise EnvironmentFault(what, where=str(folder.path), how=how, code="out-of-memory") from error
        raise_if_device_lost(error)
        if folder.quantised and isinstance(error, ImportError):
            raise library_missing(folder, reason_of(error)) from error
        raise _broken(folder, error) from error
    if kind is AutoModel:  # the layer that transformers adds for pooling is not used
        lacking = tuple(one for one in lacking if not one.startswith("pooler."))
    if lacking:
        what = f"The model's weights are incomplete, or have another shape: {lacking[0]}."
        raise UserError(what, where=str(folder.path), how="Copy or download it again.", code="model-broken")
    _refuse_not_finite(folder, model)
    return model


def _refuse_not_finite(folder: ModelFolder, model: PreTrainedModel) -> None:
    """Refuse NaN and infinities by a sum. Packed weights store bits as numbers and are skipped."""
    for name, parameter in model.named_parameters():
        weight = parameter.detach()
        packed = getattr(parameter, "quant_state", None) is not None
        wide = not packed and weight.is_floating_point() and weight.element_size() > 1 and not weight.is_meta
        if wide and not math.isfinite(weight.sum(dtype=torch.float32).item()):
            what = f"The model's weights are broken: {name} contains numbers that are not finite."
            how = "Copy or download it again, or choose another model."
            raise UserError(what, where=str(folder.path), how=how, code="model-broken")


def folder_tokenizer(folder: ModelFolder) -> PreTrainedTokenizerBase:
    try:
        tokenizer = load_tokenizer(str(folder.path), set_aside=file_settings(folder.path))
    except Exception as error:  # tokenizers 0.22 has no exception class of its own
        raise _broken(folder, error, "The model's tokenizer cannot be loaded") from error
    if not tokenizer.vocab_size:
        what = "The model's tokenizer has no tokens: its vocabulary is empty."
        how = "Copy or download tokenizer.json again."
        raise UserError(what, where=str(folder.path), how=how, code="tokenizer-empty")
    return tokenizer


def _ids(value: object) -> tuple[int, ...]:
    return tuple(value) if isinstance(value, list) else (value,) if isinstance(value, int) else ()


def reason_of(error: Exception) -> str:
    """Return the first line of a library's message, and the second where the first only introduces it."""
    lines = [line.strip() for line in str(error).strip().splitlines()] or [type(error).__name__]
    return " ".join(lines[:2]) if lines[0].endswith(":") else lines[0]


def _broken(folder: ModelFolder, error: Exception, what: str = "The model cannot be loaded") -> UserError:
    how = "Copy or download it again, or choose another model."
    if "does not recognize this architecture" in str(error):  # from transformers
        how = "Load it on a server that supports it and enter the server's address, or choose another model."
    return UserError(f"{what}: {reason_of(error)}", where=str(folder.path), how=how, code="model-broken")


def load_adapter(folder: AdapterFolder, base: Base) -> AdapterWeights:
    """Read an adapter's tensors and check them against the base's layers.

    Raises `UserError` ``adapter-broken`` (also for NaN and infinities), ``adapter-other-base``,
    ``adapter-pattern``, ``adapter-unsupported`` (if it replaces the base's embedding by another one).
    """
    try:
        moved = _moved(folder, base.model)
        tensors = adapter_file(folder, moved)
    except LOADING_ERRORS as error:
        raise_if_the_machines(error)
        raise adapter_broken(folder, str(error)) from error
    for name, tensor in tensors.items():
        if tensor.is_floating_point() and not bool(torch.isfinite(tensor.float()).all()):
            raise adapter_tensors.not_finite(folder.path, name)
    config = _config(folder, base.model)
    # Whether the adapter has tensors for each expert, and the model one parameter for all.
    modules = {name for name, _ in base.model.named_modules()}
    layers = (adapter_tensors.layer_of(name) for name in tensors)
    apart = any(layer not in modules and EXPERT.search(layer) is not None for layer in layers)
    if apart:
        tensors = present_tensors(tensors, config, base.model)
    shapes = {name: tuple(tensor.shape) for name, tensor in tensors.items()}
    _check_shapes(folder, shapes, base.model)
    copied = frozenset(_copied(folder, config, tensors, base.model))
    own = {name: tensor for name, tensor in tensors.items() if name not in copied}
    path, files = folder.path, (ADAPTER_CONFIG, ADAPTER_WEIGHTS)
    return AdapterWeights(folder, config, own, _files_digest("adapter", path, files), copied, moved, apart)


def read_again(adapter: AdapterWeights, model: PreTrainedModel) -> dict[str, torch.Tensor]:
    """Read the tensors in an adapter's folder again, for the model's layers; raises as `adapter_file`."""
    tensors = adapter_file(adapter.folder, adapter.moved)
    return present_tensors(tensors, adapter.config, model) if adapter.apart else tensors


def _moved(folder: AdapterFolder, model: PreTrainedModel) -> dict[str, str]:
    """Return new names of tensors whose layers were renamed after the adapter was trained."""
    modules = {name for name, _ in model.named_modules()}
    found = {
        name: layer for name in folder.shapes if (layer := adapter_tensors.layer_of(name)) not in modules
    }
    now = {layer: adapter_tensors.present_name(layer, modules) for layer in found.values()}
    return {
        name: adapter_tensors.PREFIX + now[layer] + name.removeprefix(adapter_tensors.PREFIX + layer)
        for name, layer in found.items()
        if now[layer] != layer
    }


def adapter_file(folder: AdapterFolder, moved: Mapping[str, str]) -> dict[str, torch.Tensor]:
    """Read tensors by PEFT's names; ``moved`` renames some. Raises `UserError` ``adapter-broken``."""
    path = folder.path / ADAPTER_WEIGHTS
    tensors = adapter_tensors.peft_names(folder.peft_type, load_file(path), where=str(path))
    return {moved.get(name, name): tensor for name, tensor in tensors.items()}


def _copied(
    folder: AdapterFolder, config: PeftConfig, tensors: Mapping[str, torch.Tensor], model: PreTrainedModel
) -> Iterator[str]:
    """Yield the names of tensors with which PEFT would overwrite the base's equal ones.

    PEFT also saves the embeddings where an adapter modifies them or the vocabulary was changed. Raises
    `UserError` ``adapter-unsupported`` if they differ from the base's.
    """
    memory = model.state_dict()
    own = _own_layers(config, model)
    for name, tensor in tensors.items():
        module, _, kind = name.removeprefix("base_model.model.").rpartition(".")
        original = module.endswith(".original_module")
        module = module.removesuffix(".base_layer").removesuffix(".original_module")
        mine = memory.get(f"{module}.{kind}")
        if mine is None or (module.endswith(own) and not original):
            continue
        if mine.shape != tensor.shape or not torch.equal(mine, tensor.to(mine.device, mine.dtype)):
            raise UserError(
                f"The adapter's folder contains a complete {module} that differs from the base's. Loading it "
                "would also change the base.",
                where=str(folder.path),
                how="Choose the model that the adapter was trained on (with the vocabulary of that time), or "
                "train the layer as one of modules_to_save.",
                code="adapter-unsupported",
            )
        yield name


def _own_layers(config: PeftConfig, model: PreTrainedModel) -> tuple[str, ...]:
    """Return name ends of layers that an adapter replaces; both of tied ones that must stay tied."""
    own = tuple(getattr(config, "modules_to_save", None) or ())
    if not (own and getattr(config, "ensure_weight_tying", False)):
        return own
    weight = embedding_weights(model)
    tied = (name for name, module in model.named_modules() if getattr(module, "weight", None) is weight)
    return (*own, *tied)


def raise_if_the_machines(error: Exception) -> None:
    """Re-raise an out-of-memory error; raise `EnvironmentFault` ``device-lost`` if the device was lost."""
    if is_out_of_memory(error):
        raise error
    raise_if_device_lost(error)


def adapter_broken(folder: AdapterFolder, why: str) -> UserError:
    return adapter_config.broken_adapter(f"The adapter is broken: {why}.", str(folder.path))


def _check_shapes(
    folder: AdapterFolder, tensors: Mapping[str, tuple[int, ...]], model: PreTrainedModel
) -> None:
    """Check as `check_match` does with the files, but with the model's own names of its layers."""
    modules = {name for name, _ in model.named_modules()}
    targeted = {module for module, *_ in adapter_tensors.lora_matrices(tensors)}
    adapter_tensors.check_layers(folder.path, targeted | folder.layers, modules)
    shapes = {
        name.removesuffix(".weight"): tuple(parameter.shape)
        for name, parameter in model.named_parameters(remove_duplicate=False)
        if parameter.is_floating_point() and not hasattr(parameter, "quant_state")  # not if packed
    }
    adapter_tensors.check_shapes(folder.path, tensors, shapes)


def _config(folder: AdapterFolder, model: PreTrainedModel) -> PeftConfig:
    """Return PEFT's configuration from the file, read and checked again, without paths."""
    path = folder.path / ADAPTER_CONFIG
    values = read_json(path, code="adapter-broken")
    adapter_config.check(values, where=str(path))
    try:
        config = peft_config(folder.peft_type, adapter_config.settings_for_peft(values))
        if not isinstance(getattr(config, "target_modules", None), str):  # patterns are matched below
            to_present_layers(config, model)
    except LOADING_ERRORS as error:
        raise adapter_broken(folder, str(error)) from error
    resolve_target_layers(config, model, where=str(path))
    return config


def tensors_on_disk(folder: ModelFolder) -> Iterator[tuple[str, torch.Tensor]]:
    """Yield every tensor of a model's weight files, one in memory at a time."""
    for name in folder.weight_files:
        with safe_open(folder.path / name, framework="pt") as file:
            keys = file.keys()
            yield from ((key, file.get_tensor(key)) for key in keys)


def model_digest(folder: ModelFolder, of_file: Callable[[Path], str] = file_digest) -> str:
    return _files_digest("model", folder.path, ("config.json", *folder.weight_files), of_file)


def tokenizer_digest(folder: ModelFolder) -> str:
    present = [name for name in TOKENIZER_PARTS if (folder.path / name).is_file()]
    return _files_digest("tokenizer", folder.path, present)


def template_digest(tokenizer: PreTrainedTokenizerBase) -> str:
    return digest("chat-template", chat_template(tokenizer))


def end_tokens_digest(ends: Sequence[int]) -> str:
    """Return a digest of the end token ids; they also depend on the generation settings."""
    return digest("end-tokens", tuple(sorted(ends)))


def chat_template(tokenizer: PreTrainedTokenizerBase) -> str:
    """Return the chat template; "" where there is none; several templates as JSON."""
    template = tokenizer.chat_template
    return template if isinstance(template, str) else json.dumps(template, sort_keys=True) if template else ""


def _files_digest(
    tag: str, folder: Path, names: Sequence[str], of_file: Callable[[Path], str] = file_digest
) -> str:
    return digest(tag, {name: of_file(folder / name) for name in names})
