"""GGUF files of a Llama model with a byte-level tokenizer, and of its LoRA adapter, for llama.cpp."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file

WORD, NUMBER, REAL, FLAG, TEXT, LIST = 4, 5, 6, 7, 8, 9  # the format's types: uint32, int32, float32 …
NAMES = {
    "embed_tokens": "token_embd", "norm": "output_norm", "lm_head": "output",
    "input_layernorm": "attn_norm", "post_attention_layernorm": "ffn_norm",
    "q_proj": "attn_q", "k_proj": "attn_k", "v_proj": "attn_v", "o_proj": "attn_output",
    "gate_proj": "ffn_gate", "up_proj": "ffn_up", "down_proj": "ffn_down",
}  # fmt: skip
ALIGNMENT = 32


def write_model(folder: Path, to: Path) -> Path:
    """Write a base with its tokenizer and chat template, in float32."""
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    heads = config["num_attention_heads"]
    keys = {
        "general.architecture": "llama",
        "llama.block_count": config["num_hidden_layers"],
        "llama.context_length": config["max_position_embeddings"],
        "llama.embedding_length": config["hidden_size"],
        "llama.feed_forward_length": config["intermediate_size"],
        "llama.attention.head_count": heads,
        "llama.attention.head_count_kv": config["num_key_value_heads"],
        "llama.attention.layer_norm_rms_epsilon": float(config["rms_norm_eps"]),
        "llama.rope.dimension_count": config["hidden_size"] // heads,
        "llama.rope.freq_base": float(config["rope_parameters"]["rope_theta"]),
        "llama.vocab_size": config["vocab_size"],
        **_tokenizer(folder, config),
    }
    _write(to, keys, _arrays(folder / "model.safetensors", config))
    return to


def write_adapter(folder: Path, base: Path, to: Path, *, alpha: float = 0.0) -> Path:
    """Write a LoRA adapter of the base, in float32 as llama.cpp's converter does by default.

    ``alpha`` replaces that of the adapter unless it is 0.
    """
    config = json.loads((base / "config.json").read_text(encoding="utf-8"))
    lora = json.loads((folder / "adapter_config.json").read_text(encoding="utf-8"))
    keys = {
        "general.architecture": "llama",
        "general.type": "adapter",
        "adapter.type": "lora",
        "adapter.lora.alpha": alpha or float(lora["lora_alpha"]),
    }
    _write(to, keys, _arrays(folder / "adapter_model.safetensors", config))
    return to


def _tokenizer(folder: Path, config: Mapping[str, Any]) -> dict[str, object]:
    made = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))
    special = {one["content"] for one in made["added_tokens"]}
    words = made["model"]["vocab"] | {one["content"]: one["id"] for one in made["added_tokens"]}
    tokens = sorted(words, key=words.__getitem__)
    return {
        "tokenizer.ggml.model": "gpt2",
        "tokenizer.ggml.pre": "gpt-2",
        "tokenizer.ggml.tokens": tokens,
        "tokenizer.ggml.token_type": [3 if token in special else 1 for token in tokens],
        "tokenizer.ggml.merges": [
            one if isinstance(one, str) else " ".join(one) for one in made["model"]["merges"]
        ],
        "tokenizer.ggml.bos_token_id": config["bos_token_id"],
        "tokenizer.ggml.eos_token_id": config["eos_token_id"],
        "tokenizer.ggml.add_bos_token": False,
        "tokenizer.chat_template": (folder / "chat_template.jinja").read_text(encoding="utf-8"),
    }


def _arrays(path: Path, config: Mapping[str, Any]) -> dict[str, torch.Tensor]:
    found = {}
    for name, tensor in load_file(path).items():
        parts = name.removeprefix("base_model.model.").removesuffix(".weight").split(".")
        matrix = {"lora_A": ".lora_a", "lora_B": ".lora_b"}.get(parts[-1], "")
        own = NAMES[parts[-2] if matrix else parts[-1]]
        layer = f"blk.{parts[2]}." if parts[1] == "layers" else ""
        heads = {"attn_q": config["num_attention_heads"], "attn_k": config["num_key_value_heads"]}
        array = tensor.float()
        if own in heads and matrix != ".lora_a":  # the order of rows in llama.cpp's rotary embeddings
            halves = array.reshape(heads[own], 2, len(array) // heads[own] // 2, *array.shape[1:])
            array = halves.transpose(1, 2).reshape(array.shape)
        found[f"{layer}{own}.weight{matrix}"] = array.contiguous()
    return found


def _write(to: Path, keys: Mapping[str, object], tensors: Mapping[str, torch.Tensor]) -> None:
    head = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(keys))
    head += b"".join(_text(key) + _typed(value) for key, value in keys.items())
    data = b""
    for name, tensor in tensors.items():
        shape = tuple(reversed(tensor.shape))
        head += _text(name) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, 0, len(data))
        data += _padded(tensor.numpy().tobytes())
    to.write_bytes(_padded(head) + data)


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % ALIGNMENT)


def _text(words: str) -> bytes:
    data = words.encode("utf-8")
    return struct.pack("<Q", len(data)) + data


def _typed(value: object) -> bytes:
    kind, data = _plain(value)
    return struct.pack("<I", kind) + data


def _plain(value: object) -> tuple[int, bytes]:
    match value:
        case bool():
            return FLAG, struct.pack("<?", value)
        case int():
            return WORD, struct.pack("<I", value)
        case float():
            return REAL, struct.pack("<f", value)
        case str():
            return TEXT, _text(value)
        case list():
            each = [(NUMBER, struct.pack("<i", one)) if type(one) is int else _plain(one) for one in value]
            return LIST, struct.pack("<IQ", each[0][0], len(each)) + b"".join(data for _, data in each)
    raise TypeError(value)
