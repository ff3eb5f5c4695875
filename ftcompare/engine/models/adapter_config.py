"""An adapter's configuration, validated by the table of its kind."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from ftcompare.core.errors import UserError
from ftcompare.engine.models.adapter_kinds import (
    COMMON_NEUTRAL,
    KINDS,
    LORA,
    LORA_KIND,
    OF_TRAINERS,
    REFUSED,
    SIZES,
    AdapterKind,
    kind_of,
)
from ftcompare.engine.models.pattern_safety import PLAIN, is_quick
from ftcompare.engine.models.wrong_folder import of_mlx

NOT_FOR_PEFT = frozenset({
    "auto_mapping", "base_model_name_or_path", "peft_type", "peft_version", "revision", "task_type"
})  # fmt: skip
"""Settings that describe the adapter's origin, not its effect."""


MOST_ENTRIES = 10_000
"""Maximum length of a list, mapping or text. Models have some hundred layers, at most some thousand."""


PATTERNS = frozenset({"target_modules", "exclude_modules", "feedforward_modules"})
"""Settings that contain either a list of names or one pattern."""

NAMES = frozenset({"modules_to_save", "layers_pattern"})
"""Settings whose entries are names, but which PEFT treats as patterns."""

NEUTRAL_INITIALISATIONS: tuple[object, ...] = (True, False, None, "gaussian", "orthogonal", "eva")
"""Other initialisations (PiSSA, OLoRA, CorDA, LoftQ …) change the base to which the adapter belongs."""

EVA = "eva_config"  # settings of the initial values of training; they do not change the base

LIBRARIES = re.compile(r"(?:transformers|peft)(?:\.\w+)*", re.ASCII)
"""Modules whose classes ``auto_mapping`` may name. The setting is never followed."""

MLX_SETTINGS = frozenset({"fine_tune_type", "lora_parameters"})  # settings of adapters saved by MLX

CODE_KEYS = frozenset({"auto_mapping", "megatron_config", "megatron_core"})
"""Settings with which a configuration names code to import."""

MOST_NAMES = 500
"""Maximum number of such names: Python caches this many patterns, and recompiles more of them per layer."""

MAX_RANK = 4096
NOT_STACKABLE = {
    "use_dora": "it is a DoRA",
    "modules_to_save": "it brings layers of its own",
    "trainable_token_indices": "it brings embeddings of its own",
    "target_parameters": "it acts on single parameters",
    "lora_bias": "it has biases",
}
"""LoRA settings that prevent generation in one pass with the base, with the reason."""


def check(config: Mapping[str, object], *, where: str) -> None:
    """Refuse a configuration whose kind or settings are not supported.

    Raises:
        UserError: ``adapter-unsupported``, ``adapter-code`` or ``adapter-broken``.
    """
    kind = config.get("peft_type")
    _check_lengths(config, where)
    _check_patterns(config, where)
    if kind not in (LORA, *KINDS):
        if kind is None and MLX_SETTINGS & config.keys():
            raise of_mlx(where, "adapter-unsupported")
        raise _refused_kind(kind, where)
    _check_settings(kind_of(str(kind)), config, where)
    if kind == LORA:
        _check_ranks(config, where)


def _check_lengths(config: Mapping[str, object], where: str) -> None:
    """Refuse settings that are too long, since each layer of the base is compared with each entry."""
    for key, value in config.items():
        if key.endswith("indices"):  # indices of tokens
            continue
        if isinstance(value, str | list | dict) and len(value) > MOST_ENTRIES:
            size = f"{len(value):,} entries or characters; at most {MOST_ENTRIES:,} are taken"
            raise _broken(f"The adapter's {key} has {size}.", where)


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
    what = f"The adapter's {key} is no pattern of layers that can be matched: {shown}."
    how = "Write the layers' names in its place, or train the adapter again."
    return UserError(what, where=where, how=how, code="adapter-pattern")


def _broken(what: str, where: str) -> UserError:
    how = "Copy or download it again, or train it again."
    return UserError(what, where=where, how=how, code="adapter-broken")


def _lora_ranks(config: Mapping[str, object]) -> list[object]:
    pattern = config.get("rank_pattern") or {}
    return [config.get("r", 8), *(pattern.values() if isinstance(pattern, dict) else [None])]


def _check_ranks(config: Mapping[str, object], where: str) -> None:
    for value in _lora_ranks(config):
        if type(value) is not int or not 1 <= value <= MAX_RANK:
            what = f"The adapter's rank is {value!r}, which is not a number from 1 to {MAX_RANK}."
            raise UserError(what, where=where, code="adapter-broken")


def check_sizes(config: Mapping[str, object], numbers: int, *, where: str) -> None:
    """Refuse sizes that do not match the number of weights, before memory is allocated for them.

    Raises:
        UserError: ``adapter-broken``.
    """
    if config["peft_type"] == LORA:
        return
    for key in sorted(SIZES & config.keys()):
        for value in _values(config[key]):
            if type(value) is not int or not -1 <= value <= numbers:
                said = f"{key} = {value!r}, which its {numbers:,} numbers cannot hold"
                raise _broken(f"The adapter's configuration says {said}.", where)


def settings_for_peft(config: Mapping[str, object]) -> dict[str, object]:
    """The settings of a checked configuration that PEFT's configuration is built from, without paths."""
    taken = kind_of(str(config["peft_type"])).taken
    kept = {key: config[key] for key in config.keys() & taken - NOT_FOR_PEFT}
    lora = {"init_lora_weights": True} if "init_lora_weights" in taken else {}
    return {**kept, **lora, "inference_mode": True}


def rank(config: Mapping[str, object]) -> int:
    """The rank of a checked configuration, the largest where layers differ; 0 where its kind has none."""
    if config["peft_type"] == LORA:
        return max(value for value in _lora_ranks(config) if isinstance(value, int))
    value = config.get(kind_of(str(config["peft_type"])).rank)
    return value if type(value) is int else 0


def highest_token(config: Mapping[str, object]) -> int:
    """The highest id of a token with an embedding of its own in a checked configuration; -1 for none."""
    named = [config.get(key) for key in ("trainable_token_indices", "token_indices")]
    lists = [part for one in named for part in (one.values() if isinstance(one, dict) else [one])]
    numbers = (number for part in lists if isinstance(part, list) for number in part)
    return max((number for number in numbers if type(number) is int), default=-1)


def warnings(config: Mapping[str, object]) -> Iterator[str]:
    """Warnings for the owner about a checked configuration."""
    if empty := [key for key in _unknown(config) if _is_off(config[key]) and key not in OF_TRAINERS]:
        yield f"FTCompare ignores unknown settings of the adapter that are null or false: {', '.join(empty)}."
    if config.get("use_dora"):
        yield "The adapter is a DoRA, which is written with more slowly."
    if config.get("modules_to_save"):
        yield "The adapter brings whole layers of its own (modules_to_save)."
    if config.get("trainable_token_indices"):
        yield "The adapter brings embeddings of its own for some tokens."
    if config["peft_type"] == LORA:
        return
    kind = kind_of(str(config["peft_type"]))
    yield f"The adapter is of the kind {kind.title}, which is written with more slowly than LoRA."
    drawn = kind.drawn
    if drawn == "always" or (drawn and not config.get(drawn)):
        yield "Part of the adapter is not in its folder: it is drawn from a seed whenever it is loaded."


def not_stackable(config: Mapping[str, object]) -> str:
    """Why an adapter cannot generate in one pass with its base, as the middle of a sentence.

    Empty where the configuration gives no reason; the loaded layers may still give one.
    """
    kind = str(config["peft_type"])
    if kind != LORA:
        return f"it is of the kind {kind_of(kind).title}"
    return next((words for key, words in NOT_STACKABLE.items() if config.get(key)), "")


def layers_of(config: Mapping[str, object], names: Iterable[str]) -> set[str]:
    """Base names of the layers to which the tensors of an adapter (other than LoRA) belong."""
    prefix = kind_of(str(config["peft_type"])).prefix
    pattern = re.compile(rf"base_model\.model\.(?P<layer>.+?)\.{prefix}.*")
    return {match["layer"] for name in names if (match := pattern.fullmatch(name))}


def _values(value: object) -> Iterator[object]:
    """The sizes in a setting: one number, or those of a pattern; for AdaLoRA's pattern, the kept counts."""
    if isinstance(value, dict):
        for one in value.values():
            yield len(one) if isinstance(one, list) else one
    elif value is not None:
        yield value


def _refused_kind(kind: object, where: str) -> UserError:
    if kind is None:
        what = "The adapter's configuration does not say of which kind it is (peft_type)."
        how = "Choose the folder that PEFT saved the adapter in."
        return UserError(what, where=where, how=how, code="adapter-unsupported")
    why = REFUSED.get(kind, "") if isinstance(kind, str) else ""
    what = f"Adapters of the kind {kind!r} are not taken" + (f": {why}." if why else ".")
    how = "Train an adapter that changes layers in place, such as LoRA."
    return UserError(what, where=where, how=how, code="adapter-unsupported")


def _check_settings(kind: AdapterKind, config: Mapping[str, object], where: str) -> None:
    foreign = OF_TRAINERS if kind is LORA_KIND else {}
    if unknown := [key for key in _unknown(config) if not _is_off(config[key]) and key not in foreign]:
        what = f"The adapter's configuration has settings that are not known here: {', '.join(unknown)}."
        how = "It may come from a later PEFT: update this program, or save the adapter with PEFT 0.21."
        raise UserError(what, where=where, how=how, code="adapter-unsupported")
    found = config.get("auto_mapping")
    library = found.get("parent_library") if isinstance(found, dict) else found
    if library is not None and not LIBRARIES.fullmatch(str(library)):
        raise _refused("auto_mapping", found, where)
    began = config.get("init_lora_weights", True)
    if began not in NEUTRAL_INITIALISATIONS:
        what = f"The adapter stands on a base that was changed ({began!r})."
        how = "Convert it with PEFT's save_pretrained(..., path_initial_model_for_weight_conversion=...)."
        raise UserError(what, where=where, how=how, code="adapter-unsupported")
    neutral = {**COMMON_NEUTRAL, **kind.neutral, **{key: values for key, values in foreign.items() if values}}
    for key in neutral.keys() & config.keys():
        if config[key] not in neutral[key] and not (key == EVA and began == "eva"):
            raise _refused(key, config[key], where)


def _unknown(config: Mapping[str, object]) -> list[str]:
    """Settings that the adapter's kind does not have."""
    return sorted(config.keys() - kind_of(str(config["peft_type"])).known)


def _is_off(value: object) -> bool:
    return value is None or value is False


def _refused(key: str, value: object, where: str) -> UserError:
    if key in CODE_KEYS:
        what = f"The adapter's configuration names code to be run ({key}), which is never done here."
        return UserError(what, where=where, how=f"Remove {key} from it.", code="adapter-code")
    what = f"The adapter uses a setting that is not supported: {key} = {value!r}."
    how = "Train it without that setting: it changes the base, or cannot be switched off exactly."
    return UserError(what, where=where, how=how, code="adapter-unsupported")
