"""Kinds of PEFT adapters, and the validation of an adapter's configuration by the table of its kind.

A kind is supported if its layers replace the base's, can be switched off without changing the base, and are
completely contained in the adapter's folder. `tests/engine/models/test_adapter_kinds.py` tests this for every
supported kind with PEFT 0.21.2.

A LoRA may have settings that change the base itself (trained biases, PiSSA's residual base), that import code
by name (``megatron_core``), or that a later PEFT version added. The first two are refused for their effect,
the last because its effect is unknown, except for a null value, which is noted. ``auto_mapping``, which PEFT
writes for every adapter without a ``task_type``, is never needed and never followed.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib import resources
from typing import Any

from ftcompare.core.errors import UserError
from ftcompare.engine.models.config_safety import PLAIN, is_quick
from ftcompare.engine.models.folder_files import of_mlx

LORA = "LORA"

_DATA = tomllib.loads(resources.files(__package__).joinpath("adapter_kinds.toml").read_text("utf-8"))

COMMON_SETTINGS = frozenset[str](_DATA["settings"]["common"])  # of most kinds; every value is accepted
SIZES = frozenset[str](_DATA["settings"]["sizes"])
"""Settings that determine sizes of tensors or loops; none may exceed the number of its weights."""
LORA_SETTINGS = frozenset[str](_DATA["settings"]["lora"])
"""Fields of PEFT's LoraConfig for which every value is accepted, or which are checked below."""

COMMON_NEUTRAL: Mapping[str, tuple[object, ...]] = {"bias": ("none",)}  # most kinds' values without effect

LORA_NEUTRAL: Mapping[str, tuple[object, ...]] = {
    **dict.fromkeys(
        ("alora_invocation_tokens", "arrow_config", "corda_config", "eva_config", "kasa_config",
         "layer_replication", "lora_ga_config", "megatron_config", "monteclora_config", "velora_config"),
        (None,),
    ),
    "bias": ("none",),
    "loftq_config": (None, {}),
    "megatron_core": (None, "megatron.core"),
    "qalora_group_size": (16,),
    "runtime_config": (None, {}, {"ephemeral_gpu_offload": False}),
    "use_bdlora": (None, False),
    "use_qalora": (False,),
}  # fmt: skip
"""Fields accepted only with these values, which have no effect; with those above, all of PEFT 0.21.2."""

OF_TRAINERS: Mapping[str, tuple[object, ...]] = {
    "lora_dtype": (), "lorap_emb_lr": (), "lorap_lr_ratio": (), "merge_weights": (),
    "swift_type": ("LORA", None), "use_merged_linear": (False, None), "use_qa_lora": (False, None),
}  # fmt: skip
"""Fields of PEFT before 0.3 and of ms-swift, with the accepted values; () accepts all, for training only."""


@dataclass(frozen=True, slots=True)
class AdapterKind:
    title: str  # name as its authors write it
    prefix: str  # prefix of the names of its tensors
    settings: frozenset[str] = frozenset()  # settings of this kind for which every value is accepted
    neutral: Mapping[str, tuple[object, ...]] = field(default_factory=dict)  # accepted only with these values
    rank: str = ""  # the setting that gives its rank; empty where it has none
    drawn: str = ""  # setting that, if false, has a part generated from a seed; "always", or empty for none
    adds: bool = False  # whether it adds a matrix to the base's weights that does not depend on them

    @property
    def taken(self) -> frozenset[str]:
        return COMMON_SETTINGS | self.settings

    @property
    def known(self) -> frozenset[str]:
        return self.taken | self.neutral.keys() | COMMON_NEUTRAL.keys()


def _kind(
    settings: Iterable[str] = (), neutral: Mapping[str, Iterable[object]] = {}, **others: Any
) -> AdapterKind:
    values = {key: tuple(accepted) for key, accepted in neutral.items()}
    return AdapterKind(settings=frozenset(settings), neutral=values, **others)


LORA_KIND = AdapterKind("LoRA", "lora_", LORA_SETTINGS, LORA_NEUTRAL, rank="r", adds=True)

_ADALORA = AdapterKind(
    "AdaLoRA",
    "lora_",
    LORA_SETTINGS
    | {"beta1", "beta2", "deltaT", "init_r", "orth_reg_weight", "target_r", "tfinal", "tinit", "total_step"},
    {**LORA_NEUTRAL, "use_dora": (False,)},
    rank="target_r",
    adds=True,
)

KINDS: Mapping[str, AdapterKind] = {
    "ADALORA": _ADALORA,
    **{name: _kind(**fields) for name, fields in _DATA["kinds"].items()},
}
"""Supported kinds other than LoRA, by PEFT's name."""

_TOKENS = "it puts virtual tokens before each prompt, so the two sides would not get the same tokens"
_ANEW = (
    "its layers are computed again from the base whenever it is loaded, so its folder does not "
    "contain all of it"
)

REFUSED: Mapping[str, str] = {
    "ADAMSS": "it needs another library (scikit-learn)",
    "ADAPTION_PROMPT": _TOKENS,
    "CARTRIDGE": _TOKENS,
    "CPT": _TOKENS,
    "FROD": _ANEW,
    "MULTITASK_PROMPT_TUNING": _TOKENS,
    "OSF": _ANEW,
    "P_TUNING": _TOKENS,
    "POLY": "it mixes several adapters, and each prompt's task selects them",
    "PREFIX_TUNING": _TOKENS,
    "PROMPT_TUNING": _TOKENS,
    "PSOFT": _ANEW,
    "SHADOW": "it is a second model that runs beside the base",
    "TINYLORA": _ANEW,
    "XLORA": "it mixes several LoRAs, which are in separate folders",
}
"""Why the other kinds of PEFT 0.21.2 are not supported, by PEFT's name."""


def kind_of(peft_type: str) -> AdapterKind:
    return LORA_KIND if peft_type == LORA else KINDS[peft_type]


NOT_FOR_PEFT = frozenset({
    "auto_mapping", "base_model_name_or_path", "peft_type", "peft_version", "revision", "task_type"
})  # fmt: skip
"""Settings that describe the adapter's origin, not its effect."""


MOST_ENTRIES = 10_000  # of a list, mapping or text; models have some hundred layers, at most some thousand


PATTERNS = frozenset({"target_modules", "exclude_modules", "feedforward_modules"})  # names, or one pattern
NAMES = frozenset({"modules_to_save", "layers_pattern"})  # names that PEFT treats as patterns

NEUTRAL_INITIALISATIONS: tuple[object, ...] = (True, False, None, "gaussian", "orthogonal", "eva")
"""Other initialisations (PiSSA, OLoRA, CorDA, LoftQ …) change the base to which the adapter belongs."""

EVA = "eva_config"  # settings of the initial values of training; they do not change the base

LIBRARIES = re.compile(r"(?:transformers|peft)(?:\.\w+)*", re.ASCII)  # may be in ``auto_mapping``

MLX_SETTINGS = frozenset({"fine_tune_type", "lora_parameters"})  # settings of adapters saved by MLX

CODE_KEYS = frozenset({"auto_mapping", "megatron_config", "megatron_core"})  # name code to import

MOST_NAMES = 500  # Python caches this many patterns, and recompiles more of them per layer

MAX_RANK = 4096
NOT_STACKABLE = {
    "use_dora": "it is a DoRA",
    "modules_to_save": "it adds its own layers",
    "trainable_token_indices": "it adds its own embeddings",
    "target_parameters": "it changes single parameters",
    "lora_bias": "it has biases",
}
"""LoRA settings that prevent generation in one pass with the base, with the reason."""


def check(config: Mapping[str, object], *, where: str) -> None:
    kind = config.get("peft_type")
    # Refuse settings that are too long, since each layer of the base is compared with each entry.
    for key, value in config.items():
        if key.endswith("indices"):  # indices of tokens
            continue
        if isinstance(value, str | list | dict) and len(value) > MOST_ENTRIES:
            size = f"{len(value):,} entries or characters; the maximum is {MOST_ENTRIES:,}"
            raise broken_adapter(f"The adapter's {key} has {size}.", where)
    _check_patterns(config, where)
    if kind not in (LORA, *KINDS):
        if kind is None and MLX_SETTINGS & config.keys():
            raise of_mlx(where, "adapter-unsupported")
        raise _refused_kind(kind, where)
    _check_settings(kind_of(str(kind)), config, where)
    if kind == LORA:
        _check_ranks(config, where)


def _check_patterns(config: Mapping[str, object], where: str) -> None:
    for key, value in config.items():
        if key in PATTERNS and isinstance(value, str) and not _is_pattern(value):
            raise _bad_pattern(key, value, where)
        named = value if isinstance(value, list) else [value]
        if key in NAMES and (len(named) > MOST_NAMES or not all(map(_is_name, named))):
            raise _bad_pattern(key, value, where)
        for pattern in value if key.endswith("_pattern") and isinstance(value, dict) else ():
            if not is_quick(pattern):
                raise _bad_pattern(key, pattern, where)


def _is_pattern(text: str) -> bool:
    try:
        re.compile(text)
    except (re.error, RecursionError, OverflowError):
        return False
    return True


def _is_name(value: object) -> bool:
    return value is None or (isinstance(value, str) and PLAIN.fullmatch(value) is not None)


def _bad_pattern(key: str, value: object, where: str) -> UserError:
    shown = repr(value)
    shown = shown if len(shown) <= 60 else f"{shown[:60]}…"
    return refused_pattern(f"{key} is not a valid pattern of layers: {shown}.", where)


def refused_pattern(what: str, where: str) -> UserError:
    how = "Write the names of the layers instead, or train the adapter again."
    return UserError(f"The adapter's {what}", where=where, how=how, code="adapter-pattern")


def broken_adapter(what: str, where: str) -> UserError:
    how = "Copy or download it again, or train it again."
    return UserError(what, where=where, how=how, code="adapter-broken")


def other_base(
    what: str, where: str, how: str = "Choose the model that the adapter was trained on."
) -> UserError:
    return UserError(what, where=where, how=how, code="adapter-other-base")


def _lora_ranks(config: Mapping[str, object]) -> list[object]:
    pattern = config.get("rank_pattern") or {}
    return [config.get("r", 8), *(pattern.values() if isinstance(pattern, dict) else [None])]


def _check_ranks(config: Mapping[str, object], where: str) -> None:
    for value in _lora_ranks(config):
        if type(value) is not int or not 1 <= value <= MAX_RANK:
            what = f"The adapter's rank is {value!r}, which is not a number from 1 to {MAX_RANK}."
            raise UserError(what, where=where, code="adapter-broken")


def check_sizes(config: Mapping[str, object], numbers: int, *, where: str) -> None:
    """Raise `UserError` ``adapter-broken`` for sizes above the weights', before they are allocated."""
    if config["peft_type"] == LORA:
        return
    for key in sorted(SIZES & config.keys()):
        for value in _values(config[key]):
            if type(value) is not int or not -1 <= value <= numbers:
                said = f"{key} = {value!r}, which its {numbers:,} numbers cannot hold"
                raise broken_adapter(f"The adapter's configuration says {said}.", where)


def settings_for_peft(config: Mapping[str, object]) -> dict[str, object]:
    """Return the settings that PEFT's configuration is built from, without paths."""
    taken = kind_of(str(config["peft_type"])).taken
    kept = {key: config[key] for key in config.keys() & taken - NOT_FOR_PEFT}
    lora = {"init_lora_weights": True} if "init_lora_weights" in taken else {}
    return {**kept, **lora, "inference_mode": True}


def rank(config: Mapping[str, object]) -> int:
    """Return the rank, the largest where layers differ; 0 where the kind has none."""
    if config["peft_type"] == LORA:
        return max(value for value in _lora_ranks(config) if isinstance(value, int))
    value = config.get(kind_of(str(config["peft_type"])).rank)
    return value if type(value) is int else 0


def highest_token(config: Mapping[str, object]) -> int:
    """Return the highest id of a token with an embedding of its own; -1 for none."""
    named = [config.get(key) for key in ("trainable_token_indices", "token_indices")]
    lists = [part for one in named for part in (one.values() if isinstance(one, dict) else [one])]
    numbers = (number for part in lists if isinstance(part, list) for number in part)
    return max((number for number in numbers if type(number) is int), default=-1)


def warnings(config: Mapping[str, object]) -> Iterator[str]:
    if empty := [key for key in _unknown(config) if _is_off(config[key]) and key not in OF_TRAINERS]:
        yield f"FTCompare ignores unknown settings of the adapter that are null or false: {', '.join(empty)}."
    if config.get("use_dora"):
        yield "The adapter is a DoRA, which generates more slowly."
    if config.get("modules_to_save"):
        yield "The adapter adds complete layers (modules_to_save)."
    if config.get("trainable_token_indices"):
        yield "The adapter adds its own embeddings for some tokens."
    if config["peft_type"] == LORA:
        return
    kind = kind_of(str(config["peft_type"]))
    yield f"The adapter is of the kind {kind.title}, which generates more slowly than LoRA."
    drawn = kind.drawn
    if drawn == "always" or (drawn and not config.get(drawn)):
        yield ("Part of the adapter is not in its folder: it is generated from a seed whenever it is loaded.")


def not_stackable(config: Mapping[str, object]) -> str:
    """Return why it cannot generate in one pass with its base, mid-sentence; layers may add reasons."""
    kind = str(config["peft_type"])
    if kind != LORA:
        return f"it is of the kind {kind_of(kind).title}"
    return next((words for key, words in NOT_STACKABLE.items() if config.get(key)), "")


def layers_of(config: Mapping[str, object], names: Iterable[str]) -> set[str]:
    """Return base names of the layers to which the tensors of an adapter (other than LoRA) belong."""
    prefix = kind_of(str(config["peft_type"])).prefix
    pattern = re.compile(rf"base_model\.model\.(?P<layer>.+?)\.{prefix}.*")
    return {match["layer"] for name in names if (match := pattern.fullmatch(name))}


def _values(value: object) -> Iterator[object]:
    """Yield the sizes in a setting: one number, or those of a pattern; for AdaLoRA, the kept counts."""
    if isinstance(value, dict):
        for one in value.values():
            yield len(one) if isinstance(one, list) else one
    elif value is not None:
        yield value


def _refused_kind(kind: object, where: str) -> UserError:
    if kind is None:
        what = "The adapter's configuration does not name its kind (peft_type)."
        how = "Choose the folder that PEFT saved the adapter in."
        return UserError(what, where=where, how=how, code="adapter-unsupported")
    why = REFUSED.get(kind, "") if isinstance(kind, str) else ""
    what = (
        f"Adapters of the kind {kind!r} are not supported: {why}."
        if why
        else f"Adapters of the kind {kind!r} are not supported."
    )
    how = "Train an adapter that changes layers in place, such as LoRA."
    return UserError(what, where=where, how=how, code="adapter-unsupported")


def _check_settings(kind: AdapterKind, config: Mapping[str, object], where: str) -> None:
    foreign = OF_TRAINERS if kind is LORA_KIND else {}
    if unknown := [key for key in _unknown(config) if not _is_off(config[key]) and key not in foreign]:
        what = f"The adapter's configuration has unknown settings: {', '.join(unknown)}."
        how = "It may come from a later PEFT. Update this program, or save the adapter with PEFT 0.21."
        raise UserError(what, where=where, how=how, code="adapter-unsupported")
    mapping = config.get("auto_mapping")
    library = mapping.get("parent_library") if isinstance(mapping, dict) else mapping
    if library is not None and not LIBRARIES.fullmatch(str(library)):
        raise _refused("auto_mapping", mapping, where)
    began = config.get("init_lora_weights", True)
    if began not in NEUTRAL_INITIALISATIONS:
        what = f"The adapter's base was changed before training ({began!r})."
        how = "Convert it with PEFT's save_pretrained(..., path_initial_model_for_weight_conversion=...)."
        raise UserError(what, where=where, how=how, code="adapter-unsupported")
    neutral = {**COMMON_NEUTRAL, **kind.neutral, **{key: values for key, values in foreign.items() if values}}
    for key in neutral.keys() & config.keys():
        if config[key] not in neutral[key] and not (key == EVA and began == "eva"):
            raise _refused(key, config[key], where)


def _unknown(config: Mapping[str, object]) -> list[str]:
    return sorted(config.keys() - kind_of(str(config["peft_type"])).known)


def _is_off(value: object) -> bool:
    return value is None or value is False


def _refused(key: str, value: object, where: str) -> UserError:
    if key in CODE_KEYS:
        what = f"The adapter's configuration names code to run ({key}), which FTCompare never does."
        return UserError(what, where=where, how=f"Remove {key} from it.", code="adapter-code")
    what = f"The adapter uses a setting that is not supported: {key} = {value!r}."
    how = "Train it without that setting, which changes the base or cannot be disabled exactly."
    return UserError(what, where=where, how=how, code="adapter-unsupported")
