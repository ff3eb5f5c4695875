"""Tiny models of the shapes that the stacked path knows, with adapters of several kinds."""

from __future__ import annotations

from copy import deepcopy
from functools import lru_cache
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, get_peft_model
from transformers import (
    AutoModelForCausalLM,
    Gemma2Config,
    Gemma2ForCausalLM,
    Gemma3ForCausalLM,
    Gemma3TextConfig,
    GemmaConfig,
    GemmaForCausalLM,
    GPT2LMHeadModel,
    LlamaConfig,
    LlamaForCausalLM,
    MistralConfig,
    MistralForCausalLM,
    Phi3Config,
    Phi3ForCausalLM,
    PhiConfig,
    PhiForCausalLM,
    PreTrainedModel,
)
from transformers.pytorch_utils import Conv1D

from tests.engine.tiny_models import CONTEXT, VOCABULARY, _tokenizer, build_model

WINDOW = 11
"""Tokens that sliding windows see: fewer than the tests' rows have."""

COMMON: dict[str, Any] = {
    "vocab_size": VOCABULARY,
    "hidden_size": 32,
    "intermediate_size": 64,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": CONTEXT,
    "initializer_range": 0.3,
    "bos_token_id": None,
    "pad_token_id": 0,
    "eos_token_id": 0,
}
LLAMA3_ROPE = {
    "rope_type": "llama3",
    "rope_theta": 10000.0,
    "factor": 2.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 32,
}


def _gemma3() -> PreTrainedModel:
    kinds = ["sliding_attention", "full_attention", "sliding_attention"]
    more: dict[str, Any] = {"head_dim": 8, "sliding_window": WINDOW, "layer_types": kinds}
    return Gemma3ForCausalLM(Gemma3TextConfig(**COMMON, **more))


def _gemma2() -> PreTrainedModel:
    caps: dict[str, Any] = {"attn_logit_softcapping": 20.0, "final_logit_softcapping": 15.0}
    config = Gemma2Config(**COMMON, head_dim=8, sliding_window=WINDOW, **caps)
    config._attn_implementation = "eager"
    return Gemma2ForCausalLM(config)


MAKERS: dict[str, Any] = {
    "llama3-tied": lambda: LlamaForCausalLM(
        LlamaConfig(**COMMON, tie_word_embeddings=True, rope_parameters=LLAMA3_ROPE)
    ),
    "mistral": lambda: MistralForCausalLM(MistralConfig(**COMMON, sliding_window=WINDOW)),
    "gemma": lambda: GemmaForCausalLM(GemmaConfig(**COMMON, head_dim=8)),
    "gemma2": _gemma2,
    "gemma3": _gemma3,
    "phi": lambda: PhiForCausalLM(PhiConfig(**COMMON)),
    "phi3": lambda: Phi3ForCausalLM(Phi3Config(**COMMON)),
    "phi3-window": lambda: Phi3ForCausalLM(Phi3Config(**COMMON, sliding_window=WINDOW)),
}
PLAIN = ("llama", "qwen2", "qwen3", "gpt2")


def build_shape(folder: Path, shape: str) -> Path:
    if shape in PLAIN:
        return build_model(folder, shape)
    torch.manual_seed(2)
    save: Any = MAKERS[shape]().save_pretrained
    save(folder)
    _tokenizer(template=True).save_pretrained(str(folder))
    return folder


@lru_cache(maxsize=1)
def _loaded(model: Path) -> Any:
    load: Any = AutoModelForCausalLM.from_pretrained
    return load(str(model), local_files_only=True)


def build_lora(folder: Path, model: Path, *, seed: int, spread: float = 0.2, **config: Any) -> Path:
    """An adapter whose every tensor has numbers; ``spread`` is that of B's."""
    torch.manual_seed(seed)
    base = deepcopy(_loaded(model))
    config = {"r": 4, "lora_alpha": 8, "target_modules": "all-linear", **config}
    config.setdefault("fan_in_fan_out", isinstance(base, GPT2LMHeadModel))
    peft: Any = get_peft_model(base, LoraConfig(task_type="CAUSAL_LM", **config))
    with torch.no_grad():
        for name, parameter in peft.named_parameters():
            if "lora_B" in name or "magnitude" in name:
                parameter.normal_(std=spread)
    peft.save_pretrained(str(folder), save_embedding_layers=False)
    return folder


def linear_names(model: Path) -> list[str]:
    """Names of the layers that "all-linear" means, as they end."""
    base = _loaded(model)
    kinds = (torch.nn.Linear, Conv1D)
    parts = [name for name, part in base.named_modules() if isinstance(part, kinds)]
    found = {name.rpartition(".")[2] for name in parts}
    return sorted(found - {"lm_head"})


def build_three(root: Path, shape: str) -> tuple[Path, list[Path]]:
    """A base with three adapters: rsLoRA on all layers; ranks and alphas by pattern; one kind of layer."""
    base = build_shape(root / "base", shape)
    names = linear_names(base)
    first, last = names[0], names[-1]
    return base, [
        build_lora(root / "all", base, seed=3, use_rslora=True),
        build_lora(
            root / "patterns", base, seed=4, r=2, target_modules=names[:-1] or names,
            rank_pattern={first: 5}, alpha_pattern={first: 3, "0.*" + first: 40},
        ),
        build_lora(root / "one", base, seed=5, r=7, lora_alpha=30, target_modules=[last]),
    ]  # fmt: skip
