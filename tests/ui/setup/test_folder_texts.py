"""What Setup says of an adapter's folder names its kind."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from ftcompare.engine.models.model_folder import inspect_adapter
from ftcompare.ui.pages.setup.folder_texts import AdapterFound, describe_adapter


@pytest.mark.parametrize(
    ("kind", "tensor", "shape", "words"),
    [
        ("IA3", "ia3_l", (16, 1), "IA³ · 16 parameters"),
        ("LOHA", "hada_w1_a", (16, 8), "LoHa · rank 8 · 128 parameters"),
    ],
)
def test_the_kind_is_named_and_the_rank_where_it_has_one(
    tmp_path: Path, kind: str, tensor: str, shape: tuple[int, int], words: str
) -> None:
    config = {"peft_type": kind, "target_modules": ["k_proj"], **({"r": 8} if kind == "LOHA" else {})}
    (tmp_path / "adapter_config.json").write_text(json.dumps(config), "utf-8")
    layer = "base_model.model.model.layers.0.self_attn.k_proj"
    save_file({f"{layer}.{tensor}": np.ones(shape, np.float32)}, tmp_path / "adapter_model.safetensors")
    said = describe_adapter(AdapterFound(inspect_adapter(str(tmp_path)), (), None))
    assert said.words.startswith(words)
    assert "written with more slowly than LoRA" in said.warnings[0]
