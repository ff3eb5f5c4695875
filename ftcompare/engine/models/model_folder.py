"""Model and adapter folders, read as data before any library opens them, and their memory.

Nothing is executed, nothing outside the folder is opened, every size is limited. Only safetensors weights are
accepted, because other formats can run code when opened. Standard library only.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ftcompare.core.errors import UserError
from ftcompare.core.grouping import grouped
from ftcompare.core.paths import is_there
from ftcompare.engine.models import adapter_config, adapter_tensors, config_safety, folder_files
from ftcompare.engine.models.adapter_chat_template import has_template
from ftcompare.engine.models.adapter_config import LORA, kind_of

QUANTISED_BYTES = {"8bit": 1.0, "4bit": 0.5 + 4 / 64}  # a weight; 4 bits: a float32 per 64 (QLoRA, section 3)

NARROW, WIDE = 2.0, 4.0  # bytes of a number in bfloat16 or float16, and in float32

SMALL_MODEL = 50_000_000  # parameters; smaller models run in float32: the dtype measurement does not apply

OVERHEAD = 1.2  # loaded model as a multiple of its weights: buffers, and copies made while loading


@dataclass(frozen=True, slots=True)
class MemoryPlan:
    """Estimated memory of one group of systems, in bytes."""

    weights: int  # of the base or model, as it will be loaded
    adapters: int  # of all its adapters together
    cache: int | None  # keys and values of the rows generated together; None where the size is unknown
    rows: int  # number of rows assumed

    @property
    def total(self) -> int:
        return round((self.weights + self.adapters) * OVERHEAD) + (self.cache or 0)

    def fits(self, free: int) -> bool:
        return self.total <= free


def memory_plan(
    model: ModelFolder,
    adapters: Sequence[AdapterFolder] = (),
    *,
    quantisation: str = "",
    wide: bool = False,
    rows: int,
    tokens: int,
) -> MemoryPlan:
    """Estimate the memory of a model with its adapters.

    Weights that are quantized on disk stay so. Other weights are loaded in ``8bit`` or ``4bit`` or, where
    ``quantisation`` is empty, in float32 if ``wide``, else in a 16-bit type. ``rows`` is the number of rows
    generated at the same time, over all systems; ``tokens`` is the length of the longest, with its response.
    """
    number = WIDE if wide else NARROW
    weight = QUANTISED_BYTES.get(quantisation, number)
    cached = model.cached_per_token
    return MemoryPlan(
        weights=model.size_bytes if model.quantised else round(model.parameters * weight),
        adapters=round(sum(adapter.parameters for adapter in adapters) * number),
        cache=round(rows * tokens * cached * number) if cached else None,
        rows=rows,
    )


MODEL_WEIGHTS = "model.safetensors"
MODEL_INDEX = "model.safetensors.index.json"
ADAPTER_WEIGHTS = "adapter_model.safetensors"
ADAPTER_CONFIG = "adapter_config.json"
PICKLES = ("*.bin", "*.pt", "*.pth", "*.ckpt", "*.pkl", "*.pickle")
TOKENIZER_FILES = ("tokenizer.json", "tokenizer.model", "vocab.json", "vocab.txt", "spiece.model")

_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95}", re.ASCII)


_NUMBER = re.compile(r"\b\d+\b")
_LAYER = re.compile(r"(?P<stack>.*?)\b(?P<index>\d{1,6})\.")

LAYER_COUNTS = ("num_hidden_layers", "n_layer", "num_layers")  # the number of layers in configurations


@dataclass(frozen=True, slots=True)
class ModelFolder:
    path: Path
    architecture: str
    parameters: int  # number of its weights
    dtype: str  # data type of most weights, in the spelling of safetensors ("BF16")
    size_bytes: int  # size of the weight files
    vocabulary: int  # 0 where the configuration does not give it
    has_chat_template: bool
    notice: str  # the label that the model card requires to be shown with its texts; else empty
    warnings: tuple[str, ...]  # sentences for the owner
    # shape of every tensor, by name; of a packed tensor, its unpacked shape where the file gives it
    shapes: Mapping[str, tuple[int, ...]] = field(repr=False, compare=False, default_factory=dict)
    weight_files: tuple[str, ...] = (MODEL_WEIGHTS,)  # names of the weight files, in order
    cached_per_token: int = 0  # numbers in the keys and values of one token; 0 where unknown
    quantised: bool = False  # whether the weights on disk are quantized


@dataclass(frozen=True, slots=True)
class AdapterFolder:
    path: Path
    peft_type: str  # its kind by PEFT's name ("LOHA"); `title` is the name for people
    rank: int  # 0 where its kind has none
    targets: tuple[str, ...]  # names of the layers it modifies, such as "q_proj"
    base_named: str  # the base that its configuration names; only compared, never followed
    parameters: int
    size_bytes: int
    warnings: tuple[str, ...]
    # shape of every tensor, by the name that PEFT expects
    shapes: Mapping[str, tuple[int, ...]] = field(repr=False, compare=False, default_factory=dict)
    not_stackable: str = ""  # why it cannot generate in one pass with its base, mid-sentence; else empty
    highest_token: int = -1  # highest token id with an embedding of its own; -1 where it has none
    # layers that a kind other than LoRA modifies, by the base's names, as far as its tensors show
    layers: frozenset[str] = field(repr=False, compare=False, default=frozenset())

    @property
    def title(self) -> str:
        return kind_of(self.peft_type).title

    @property
    def adds_to_weights(self) -> bool:
        """Whether it adds a matrix to the base's weights that does not depend on them, so merging shows."""
        return kind_of(self.peft_type).adds


def looks_like_hub_id(text: str) -> bool:
    return _HUB_ID.fullmatch(text) is not None and not is_there(Path(text))


def inspect_model(path: str) -> ModelFolder:
    """Read and check a model folder.

    Raises `UserError` ``model-missing`` (no folder, no configuration, no weights), ``model-is-adapter``,
    ``model-code`` (it names program code, a kernel, a hub or a file elsewhere), ``model-pickle``,
    ``model-broken``, ``model-quantisation``, ``model-unsupported`` (an encoder with a decoder),
    ``tokenizer-missing``.
    """
    folder = _folder(path, "model", "model-missing")
    folder_files.check_entries(folder, code="model-broken")
    if (folder / ADAPTER_CONFIG).exists():
        raise folder_files.model_and_adapter(folder, "model-is-adapter")
    config = _required_json(folder, "config.json", "model-missing")
    config_safety.check_folder(folder, "model")
    if config.get("is_encoder_decoder"):
        what = f"The model has an encoder and a decoder ({_architecture(config)}), which is not supported."
        how = "Choose a model that only has a decoder, or enter the address of a server that loads this one."
        raise UserError(what, where=path, how=how, code="model-unsupported")
    files = _weight_files(folder)
    tensors: dict[str, folder_files.TensorInfo] = {}
    unpacked: dict[str, tuple[int, ...]] = {}
    for file in files:
        found = folder_files.read_safetensors_header(folder / file, code="model-broken")
        tensors |= found
        unpacked |= folder_files.unpacked_shapes(folder / file, found)
    _check_layers(folder, config, tensors)
    folder_files.check_quantisation(config, tensors, where=str(folder / "config.json"))
    if not any((folder / name).is_file() for name in TOKENIZER_FILES):
        how = "Copy the tokenizer files (tokenizer.json, tokenizer_config.json) into it."
        raise UserError("The model folder has no tokenizer.", where=path, how=how, code="tokenizer-missing")
    return ModelFolder(
        path=folder,
        architecture=_architecture(config),
        parameters=folder_files.count_numbers(tensors, unpacked),
        dtype=_commonest_dtype(tensors),
        size_bytes=sum((folder / file).stat().st_size for file in files),
        vocabulary=_vocabulary(config),
        has_chat_template=has_template(folder),
        notice=folder_files.front_matter(folder / "README.md").get("notice", ""),
        warnings=tuple(_model_warnings(config, templated=has_template(folder))),
        shapes={name: info.shape for name, info in tensors.items()} | unpacked,
        weight_files=files,
        cached_per_token=_cached_per_token(config),
        quantised=bool(config.get("quantization_config")),
    )


def _check_layers(folder: Path, config: Mapping[str, object], tensors: Collection[str]) -> None:
    """Refuse more layers than the weights have: building them would exhaust time and memory."""
    counts = (place.get(key) for place in _levels(config) for key in LAYER_COUNTS)
    layers = max((count for count in counts if isinstance(count, int)), default=0)
    what, how = "", "Copy or download the model again."
    if layers > len(tensors):
        what = f"The configuration names {layers:,} layers, but the weights have {len(tensors):,} tensors."
    elif missing := _missing_layers(config, tensors):
        what = f"The model's weights are incomplete: layer {missing[0]} of {layers} has no weights."
    if what:
        raise UserError(what, where=str(folder / "config.json"), how=how, code="model-broken")


def _missing_layers(config: Mapping[str, object], tensors: Iterable[str]) -> list[int]:
    """Return indexes of the text model's layers without weights; empty where names do not number them."""
    text = _levels(config)[-1]
    layers = _whole(text, *LAYER_COUNTS) or _whole(config, *LAYER_COUNTS)
    stacks = grouped((at["stack"], int(at["index"])) for at in filter(None, map(_LAYER.match, tensors)))
    stack = max(stacks.values(), key=len, default=[])
    if "num_hidden_groups" in text or any(len({*one}) >= layers for one in stacks.values()):
        return []  # ALBERT's layers share the weights of a group
    return sorted({*range(layers)} - {*stack}) if stack else []


def inspect_adapter(path: str) -> AdapterFolder:
    """Read and check an adapter folder.

    Raises `UserError` ``adapter-missing``, ``adapter-unsupported`` (a kind or settings that cannot be
    switched off exactly), ``adapter-code``, ``adapter-pickle``, ``adapter-broken``.
    """
    folder = _folder(path, "adapter", "adapter-missing")
    folder_files.check_entries(folder, code="adapter-broken")
    config = _required_json(folder, ADAPTER_CONFIG, "adapter-missing")
    adapter_config.check(config, where=str(folder / ADAPTER_CONFIG))
    config_safety.check_folder(folder, "adapter")
    weights = folder / ADAPTER_WEIGHTS
    if not weights.is_file():
        _refuse_pickle(folder, "adapter", "adapter-pickle")
        what = f"The adapter folder has no {ADAPTER_WEIGHTS}."
        how = "Choose the folder that the training saved the adapter in."
        raise UserError(what, where=path, how=how, code="adapter-missing")
    tensors = folder_files.read_safetensors_header(weights, code="adapter-broken")
    shapes = {name: info.shape for name, info in tensors.items()}
    shapes = adapter_tensors.peft_names(str(config["peft_type"]), shapes, where=str(weights))
    layers = _layers(config, shapes, weights)
    parameters = sum(info.size for info in tensors.values())
    adapter_config.check_sizes(config, parameters, where=str(folder / ADAPTER_CONFIG))
    return AdapterFolder(
        path=folder,
        peft_type=str(config["peft_type"]),
        rank=adapter_config.rank(config),
        targets=tuple(sorted({layer.rpartition(".")[2] for layer in layers} or _targets_named(config))),
        base_named=str(config.get("base_model_name_or_path") or ""),
        parameters=parameters,
        size_bytes=weights.stat().st_size,
        warnings=tuple(adapter_config.warnings(config)),
        shapes=shapes,
        not_stackable=adapter_config.not_stackable(config),
        highest_token=adapter_config.highest_token(config),
        layers=frozenset() if config["peft_type"] == LORA else frozenset(layers),
    )


def _layers(config: Mapping[str, object], shapes: Mapping[str, tuple[int, ...]], weights: Path) -> set[str]:
    """Return the layers that the tensors name; for some kinds all tensors are shared among the layers."""
    kind = str(config["peft_type"])
    if kind == LORA:
        layers = {module for module, _, _ in adapter_tensors.lora_matrices(shapes)}
    else:
        layers = adapter_config.layers_of(config, shapes)
    if not layers and (kind == LORA or not any(kind_of(kind).prefix in name for name in shapes)):
        what = f"The adapter's weights contain no {kind_of(kind).title}."
        raise UserError(what, where=str(weights), code="adapter-broken")
    return layers


def _targets_named(config: Mapping[str, object]) -> set[str]:
    named = config.get("target_modules")
    return {str(name) for name in named} if isinstance(named, list) else set()


def check_match(model: ModelFolder, adapter: AdapterFolder) -> tuple[str, ...]:
    """Return warnings in sentences. Raises `UserError` ``adapter-other-base`` with both shapes."""
    bases = _by_suffix(model.shapes)
    names = {module for module, _, _ in adapter_tensors.lora_matrices(adapter.shapes)}
    names |= {module for module, _ in adapter_tensors.whole_layers(adapter.shapes)} | adapter.layers
    found = {name: bases.get(name) or bases.get(name.partition(".")[2]) for name in names}
    adapter_tensors.check_shapes(
        adapter.path, adapter.shapes, {name: shape for name, shape in found.items() if shape}
    )
    adapter_tensors.check_layers(adapter.path, _absent_layers(found, model.shapes), ())
    if model.vocabulary:
        adapter_tensors.check_tokens(adapter.path, adapter.highest_token, model.vocabulary)
    return tuple(_named_base_warning(model, adapter))


def _absent_layers(fields: Mapping[str, object], tensors: Iterable[str]) -> set[str]:
    """Return layers of an adapter that a base does not have, whatever their names become when loaded.

    Such a layer differs only in its number from one that the base has; or the base has none of the
    adapter's layers, and none with the last part of this name. Experts are left out: several files'
    tensors of them become one when they are loaded. ``fields`` is what the base has by the layer's name.
    """
    same = {_NUMBER.sub("", name) for name, present in fields.items() if present}
    parts = set() if same else {part for name in tensors for part in name.split(".")}
    absent = (name for name, present in fields.items() if not present and "experts" not in name)
    return {n for n in absent if (_NUMBER.sub("", n) in same if same else n.rpartition(".")[2] not in parts)}


def _folder(path: str, noun: str, code: str) -> Path:
    folder = Path(path)
    how = f"Check this path. If the {noun} was moved, move it back."
    if not path or not is_there(folder):
        raise UserError(f"The {noun} folder does not exist.", where=path, how=how, code=code)
    if not folder.is_dir():
        raise folder_files.of_file(folder, noun, code)
    return folder


def _required_json(folder: Path, name: str, code: str) -> dict[str, object]:
    noun = code.partition("-")[0]
    if not (folder / name).is_file():
        raise folder_files.without_config(folder, noun, code)
    return folder_files.read_json(folder / name, code=f"{noun}-broken")


def _refuse_pickle(folder: Path, noun: str, code: str) -> None:
    found = sorted(
        p.name for pattern in PICKLES for p in folder.glob(pattern) if p.name != "training_args.bin"
    )
    if found:
        what = f"The {noun}'s weights are a pickle ({found[0]}), which can run code when opened."
        how = "Save it again as safetensors, with save_pretrained of a current transformers or PEFT."
        raise UserError(what, where=str(folder), how=how, code=code)


def _weight_files(folder: Path) -> tuple[str, ...]:
    if (folder / MODEL_WEIGHTS).is_file():
        return (MODEL_WEIGHTS,)
    if (folder / MODEL_INDEX).is_file():
        index = folder / MODEL_INDEX
        names = folder_files.read_json(index, code="model-broken").get("weight_map")
        if not isinstance(names, dict) or not names:
            raise UserError("The index of the weights names no file.", where=str(index), code="model-broken")
        files = sorted({str(name) for name in names.values()})
        for name in files:
            if not name.endswith(".safetensors"):
                what = f"The index of the weights names {name!r}, which is not a safetensors file."
                how = "Save the model again as safetensors."
                raise UserError(what, where=str(index), how=how, code="model-pickle")
            folder_files.plain_file(folder, name, code="model-broken")
        return tuple(files)
    _refuse_pickle(folder, "model", "model-pickle")
    raise folder_files.without_weights(folder, MODEL_WEIGHTS, MODEL_INDEX, "model-missing")


def _architecture(config: Mapping[str, object]) -> str:
    names = config.get("architectures")
    if isinstance(names, list) and names:
        return str(names[0])
    return str(config.get("model_type") or "unknown")


def _vocabulary(config: Mapping[str, object]) -> int:
    found = next((place["vocab_size"] for place in _levels(config) if "vocab_size" in place), 0)
    return found if isinstance(found, int) else 0


def _levels(config: Mapping[str, object]) -> list[Mapping[str, object]]:
    """Return the configuration, and the text model's configuration within it."""
    text = config.get("text_config")
    return [config, text] if isinstance(text, dict) else [config]


def _cached_per_token(config: Mapping[str, object]) -> int:
    """Return 2 (key and value) × layers × key-value heads × numbers per head."""
    found = _levels(config)[-1]
    layers = _whole(found, *LAYER_COUNTS)
    heads = _whole(found, "num_attention_heads", "n_head")
    width = _whole(found, "hidden_size", "n_embd")
    per_head = _whole(found, "head_dim") or (width // heads if heads else 0)
    return 2 * layers * (_whole(found, "num_key_value_heads") or heads) * per_head


def _whole(config: Mapping[str, object], *names: str) -> int:
    """Return the first of these settings that is a positive integer; 0 where none is."""
    found = (config.get(name) for name in names)
    return next((value for value in found if type(value) is int and value > 0), 0)


def _commonest_dtype(tensors: Mapping[str, folder_files.TensorInfo]) -> str:
    sizes: Counter[str] = Counter()
    for info in tensors.values():
        sizes[info.dtype] += info.size
    return sizes.most_common(1)[0][0] if sizes else ""


def _model_warnings(config: Mapping[str, object], *, templated: bool) -> Iterator[str]:
    if not templated:
        yield "The model has no chat template, so its prompts are plain text."
    if quantised := folder_files.quantised_note(config):
        yield quantised


def _by_suffix(shapes: Mapping[str, tuple[int, ...]]) -> dict[str, tuple[int, ...]]:
    """Return shapes by module name, with and without the first part ("model." or "transformer.")."""
    found: dict[str, tuple[int, ...]] = {}
    for name, shape in shapes.items():
        if name.endswith(".weight"):
            module = name.removesuffix(".weight")
            found.setdefault(module.partition(".")[2], shape)
            found[module] = shape
    return found


def _named_base_warning(model: ModelFolder, adapter: AdapterFolder) -> Iterator[str]:
    named = adapter.base_named.rstrip("/\\").replace("\\", "/").rpartition("/")[2]
    if named and named.casefold() not in _names_of(model.path.resolve()):
        yield (
            f"The adapter was trained on {adapter.base_named!r}, but the chosen model is {model.path.name!r}."
        )


def _names_of(path: Path) -> set[str]:
    """Return a folder's name, and the model's name for a folder in the hub's cache."""
    cached = {part.rpartition("--")[2] for part in path.parts if part.startswith("models--")}
    return {name.casefold() for name in (path.name, *cached)}
