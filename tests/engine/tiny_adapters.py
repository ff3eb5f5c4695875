"""Adapters of every kind for a tiny Llama, made and saved by PEFT itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import torch
from peft import PeftConfig, get_peft_model
from peft.mapping import PEFT_TYPE_TO_CONFIG_MAPPING
from peft.utils import PeftType
from transformers import AutoModelForCausalLM

SETTINGS: Mapping[str, dict[str, Any]] = {
    "ADALORA": {"init_r": 4, "target_r": 2, "total_step": 10},
    "C3A": {"block_size": 16},
    "FOURIERFT": {"n_frequency": 50},
    "GRALORA": {"r": 8},
    "IA3": {"target_modules": ["k_proj", "v_proj", "down_proj"], "feedforward_modules": ["down_proj"]},
    "LN_TUNING": {"target_modules": ["input_layernorm", "norm"]},
    "OFT": {"oft_block_size": 4, "r": 0},
    "ROAD": {"group_size": 8},
    "TRAINABLE_TOKENS": {"target_modules": ["embed_tokens"], "token_indices": [2, 3]},
    "UNILORA": {"theta_d_length": 64},
    "VBLORA": {"num_vectors": 16, "vector_length": 8},
    "WAVEFT": {"n_frequency": 50},
}
"""What the tiny model needs; of others, rank 4 on three of its layers."""

NOT_NOTHING_AT_FIRST = ("C3A", "FOURIERFT", "UNILORA", "VBLORA")
"""Kinds that change the model before they are trained, and do nothing when all their numbers are 0."""

STRENGTH = {"ADALORA": 0.5, "C3A": 4.0, "LOHA": 0.5, "PVERA": 0.5, "UNILORA": 1.0, "VERA": 0.5}
"""How far training moved their numbers (of others, 0.2): so far that merging them would show."""

TARGETS = ["q_proj", "v_proj", "o_proj"]


def config_class(kind: str) -> type[PeftConfig]:
    found: type[PeftConfig] = PEFT_TYPE_TO_CONFIG_MAPPING[PeftType(kind)]
    return found


def build_kind(folder: Path, model: Path, kind: str, *, trained: bool = True, **settings: Any) -> Path:
    """An adapter of a kind, as training saves it; or, not trained, one that does nothing."""
    torch.manual_seed(1)
    load: Any = AutoModelForCausalLM.from_pretrained
    make: Any = config_class(kind)
    known = {one.name: one.default for one in fields(make)}
    rank = {"r": 4} if known.get("r", 0) != 0 else {}
    targets = {"target_modules": TARGETS}
    config = make(task_type="CAUSAL_LM", **{**targets, **rank, **SETTINGS.get(kind, {}), **settings})
    peft: Any = get_peft_model(load(str(model), local_files_only=True), config)
    with torch.no_grad():
        for parameter in (one for one in peft.parameters() if one.requires_grad):
            if trained:
                parameter.add_(torch.randn_like(parameter) * STRENGTH.get(kind, 0.2))
            elif kind in NOT_NOTHING_AT_FIRST:
                parameter.zero_()
    peft.save_pretrained(str(folder), save_embedding_layers=False)
    return folder
