"""Which configurations of a LoRA are taken: plain ones and what PEFT can switch off exactly.

A LoRA may say things that change the base itself (trained biases, PiSSA's residual base), that import
code by name (``megatron_core``) or that a later PEFT added. The first two are refused for what they do, the
last because nobody here knows what it does, unless it is null. ``auto_mapping``, which PEFT writes for every
adapter without a ``task_type``, is never needed and never followed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from ftcompare.core.errors import UserError

SUPPORTED_KEYS = frozenset({
    "alpha_pattern", "auto_mapping", "base_model_name_or_path", "ensure_weight_tying", "exclude_modules",
    "fan_in_fan_out", "inference_mode", "init_lora_weights", "layers_pattern", "layers_to_transform",
    "lora_alpha", "lora_bias", "lora_dropout", "modules_to_save", "peft_type", "peft_version", "r",
    "rank_pattern", "revision", "target_modules", "target_parameters", "task_type",
    "trainable_token_indices", "use_dora", "use_rslora",
})  # fmt: skip
"""Fields of PEFT's LoraConfig whose every value is taken, or checked below."""

NEUTRAL_VALUES: Mapping[str, tuple[object, ...]] = {
    "alora_invocation_tokens": (None,),
    "arrow_config": (None,),
    "bias": ("none",),
    "corda_config": (None,),
    "eva_config": (None,),
    "kasa_config": (None,),
    "layer_replication": (None,),
    "loftq_config": (None, {}),
    "lora_ga_config": (None,),
    "megatron_config": (None,),
    "megatron_core": (None, "megatron.core"),
    "monteclora_config": (None,),
    "qalora_group_size": (16,),
    "runtime_config": (None, {}, {"ephemeral_gpu_offload": False}),
    "use_bdlora": (None, False),
    "use_qalora": (False,),
    "velora_config": (None,),
}
"""Fields that are taken only with these values, which do nothing."""

KNOWN_KEYS = SUPPORTED_KEYS | NEUTRAL_VALUES.keys()
"""Every field of LoraConfig in PEFT 0.21.2."""

NEUTRAL_INITIALISATIONS: tuple[object, ...] = (True, False, None, "gaussian", "orthogonal")
"""Others (PiSSA, OLoRA, CorDA, LoftQ …) change the base that the adapter stands on."""

CODE_KEYS = frozenset({"auto_mapping", "megatron_config", "megatron_core"})
"""Fields by which a configuration names code to import."""

MAX_RANK = 4096


def check(config: Mapping[str, object], *, where: str) -> None:
    """Refuse the configuration of a LoRA that is not supported.

    Raises:
        UserError: ``adapter-unsupported``, ``adapter-code`` or ``adapter-broken``.
    """
    if unknown := [key for key in sorted(set(config) - KNOWN_KEYS) if config[key] is not None]:
        raise unknown_settings(unknown, where)
    check_auto_mapping(config, where)
    for key, neutral in NEUTRAL_VALUES.items():
        if key in config and config[key] not in neutral:
            raise refused(key, config[key], where)
    check_initialisation(config, where)
    _check_ranks(config, where)


def check_auto_mapping(config: Mapping[str, object], where: str) -> None:
    """Refuse one that names a module outside of transformers; others are left alone, too.

    Raises:
        UserError: ``adapter-code``.
    """
    found = config.get("auto_mapping")
    library = found.get("parent_library") if isinstance(found, dict) else found
    if library is not None and not re.fullmatch(r"transformers(\.\w+)*", str(library)):
        raise refused("auto_mapping", found, where)


def check_initialisation(config: Mapping[str, object], where: str) -> None:
    """Refuse a LoRA whose training began by changing the base.

    Raises:
        UserError: ``adapter-unsupported``.
    """
    if config.get("init_lora_weights", True) not in NEUTRAL_INITIALISATIONS:
        raise UserError(
            f"The adapter stands on a base that was changed ({config['init_lora_weights']!r}).",
            where=where,
            how="Convert it with PEFT's save_pretrained(..., path_initial_model_for_weight_conversion=...).",
            code="adapter-unsupported",
        )


def unknown_settings(names: Sequence[str], where: str) -> UserError:
    """The error for settings that nobody here knows."""
    return UserError(
        f"The adapter's configuration has settings that are not known here: {', '.join(names)}.",
        where=where,
        how="It may come from a later PEFT: update this program, or save the adapter with PEFT 0.21.",
        code="adapter-unsupported",
    )


def rank(config: Mapping[str, object]) -> int:
    """The rank of a checked configuration; the largest where layers differ."""
    return max(value for value in _ranks(config) if isinstance(value, int))


def warnings(config: Mapping[str, object]) -> Iterator[str]:
    """What the owner should know of a checked configuration."""
    if config.get("use_dora"):
        yield "The adapter is a DoRA, which is written with more slowly."
    if config.get("modules_to_save"):
        yield "The adapter brings whole layers of its own (modules_to_save)."
    if config.get("trainable_token_indices"):
        yield "The adapter brings embeddings of its own for some tokens."


def not_stackable(config: Mapping[str, object]) -> str:
    """Why an adapter cannot write in one pass with its base, as the middle of a sentence.

    Empty where its configuration says nothing of the kind; its layers may still, once they are loaded.
    """
    reasons = {
        "use_dora": "it is a DoRA",
        "modules_to_save": "it brings layers of its own",
        "trainable_token_indices": "it brings embeddings of its own",
        "target_parameters": "it acts on single parameters",
        "lora_bias": "it has biases",
    }
    return next((words for key, words in reasons.items() if config.get(key)), "")


def refused(key: str, value: object, where: str) -> UserError:
    """The error for a setting with a value that is not taken."""
    if key in CODE_KEYS:
        what = f"The adapter's configuration names code to be run ({key}), which is never done here."
        return UserError(what, where=where, how=f"Remove {key} from it.", code="adapter-code")
    return UserError(
        f"The adapter uses a setting that is not supported: {key} = {value!r}.",
        where=where,
        how="Train it without that setting: it changes the base, or cannot be switched off exactly.",
        code="adapter-unsupported",
    )


def _ranks(config: Mapping[str, object]) -> list[object]:
    pattern = config.get("rank_pattern") or {}
    return [config.get("r", 8), *(pattern.values() if isinstance(pattern, dict) else [None])]


def _check_ranks(config: Mapping[str, object], where: str) -> None:
    for value in _ranks(config):
        if type(value) is not int or not 1 <= value <= MAX_RANK:
            raise UserError(
                f"The adapter's rank is {value!r}, which is not a number from 1 to {MAX_RANK}.",
                where=where,
                code="adapter-broken",
            )
