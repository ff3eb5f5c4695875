"""Which configurations of a LoRA are taken: plain ones and what PEFT can switch off exactly.

A LoRA may say things that change the base itself (trained biases, PiSSA's residual base), that import
code by name (``megatron_core``) or that a later PEFT added. The first two are refused for what they do, the
last because nobody here knows what it does, unless it is null. ``auto_mapping``, which PEFT writes for every
adapter without a ``task_type``, is never needed and never followed. `adapter_config` checks the settings, as
those of every kind.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

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
"""Fields that are taken only with these values, which do nothing: with those above, all of PEFT 0.21.2."""

MAX_RANK = 4096


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


def _ranks(config: Mapping[str, object]) -> list[object]:
    pattern = config.get("rank_pattern") or {}
    return [config.get("r", 8), *(pattern.values() if isinstance(pattern, dict) else [None])]


def check_ranks(config: Mapping[str, object], where: str) -> None:
    """Refuse ranks that are none.

    Raises:
        UserError: ``adapter-broken``.
    """
    for value in _ranks(config):
        if type(value) is not int or not 1 <= value <= MAX_RANK:
            raise UserError(
                f"The adapter's rank is {value!r}, which is not a number from 1 to {MAX_RANK}.",
                where=where,
                code="adapter-broken",
            )
