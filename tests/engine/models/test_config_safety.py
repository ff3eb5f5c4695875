"""What configurations of honest models say is taken: texts as they lie on the hub."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ftcompare.engine.models.config_safety import check_folder, file_settings

BNB = {
    "quant_method": "bitsandbytes",
    "load_in_4bit": True,
    "bnb_4bit_compute_dtype": "bfloat16",
    "llm_int8_skip_modules": ["lm_head", "model.layers.0.mlp"],
}
GPTQ = {
    "quant_method": "gptq",
    "dataset": ["c4/en"],
    "meta": {"quantizer": ["gptqmodel:1.4.0"], "uri": "https://github.com/modelcloud/gptqmodel"},
    "dynamic": {"-:.*lm_head": {}},
}
PACKED = {"quant_method": "compressed-tensors", "ignore": ["lm_head", "re:.*mlp.gate$"]}
HONEST = [
    ("config.json", {"_name_or_path": "meta-llama/Llama-3-8B", "transformers_version": "5.0.0.dev0"}),
    ("config.json", {"unsloth_version": "2025.9.1", "torch_dtype": "torch.float16", "auto_map": None}),
    ("config.json", {"text_config": {"_name_or_path": "google/x", "layer_types": ["full_attention"]}}),
    ("config.json", {"attn_implementation": "flash_attention_2", "id2label": {"0": "yes/no"}}),
    ("config.json", {"transformers.js_config": {"dtype": {"model.onnx": "q4"}}}),
    *(("config.json", {"quantization_config": one}) for one in (BNB, GPTQ, PACKED)),
    ("tokenizer_config.json", {"special_tokens_map_file": "/fsx/home/x/special_tokens_map.json"}),
    ("tokenizer_config.json", {"eos_token": "</s>", "additional_special_tokens": ["<a/b>"]}),
    (
        "tokenizer_config.json",
        {"chat_template": [{"name": "default", "template": "x.y/z"}], "init_inputs": []},
    ),
    ("generation_config.json", {"cache_implementation": "hybrid", "stop_strings": ["a/b"]}),
    ("special_tokens_map.json", {"bos_token": "<s>", "image_token": "a/b"}),
]


@pytest.mark.parametrize(("name", "config"), HONEST)
def test_what_honest_models_say_is_taken(name: str, config: dict[str, object], tmp_path: Path) -> None:
    (tmp_path / name).write_text(json.dumps(config), "utf-8")
    check_folder(tmp_path, "model")


def test_files_that_a_tokenizer_remembers_are_set_aside(tmp_path: Path) -> None:
    assert file_settings(tmp_path) == ()
    config = {"vocab_file": "/x", "tokenizer_file": None, "eos_token": "x"}
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(config), "utf-8")
    assert file_settings(tmp_path) == ("tokenizer_file", "vocab_file")
