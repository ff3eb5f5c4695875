"""Tiny real models and adapters on disk: Llama, Qwen2, Qwen3 and GPT-2 shapes with random weights."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

import torch
from peft import LoraConfig, get_peft_model
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from tokenizers.decoders import ByteLevel as ByteLevelDecoder
from tokenizers.models import BPE
from tokenizers.pre_tokenizers import ByteLevel
from tokenizers.trainers import BpeTrainer
from transformers import (
    AutoModelForCausalLM,
    GPT2Config,
    GPT2LMHeadModel,
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedModel,
    PreTrainedTokenizerFast,
    Qwen2Config,
    Qwen2ForCausalLM,
    Qwen3Config,
    Qwen3ForCausalLM,
)
from transformers.utils import logging

VOCABULARY = 384
CONTEXT = 128
END = "<|end|>"
TEMPLATE = (
    "{%- for m in messages -%}"
    "{%- if m['role'] == 'system' and not loop.first -%}"
    "{{ raise_exception('system turn not first') }}"
    "{%- endif -%}"
    "<|{{ m['role'] }}|>{{ m['content'] }}<|end|>"
    "{%- endfor -%}"
    "{%- if add_generation_prompt -%}<|assistant|>{%- endif -%}"
)
CORPUS = (
    "The heart pumps blood through the body. A heart attack happens when blood cannot reach the heart. "
    "High blood pressure strains the vessels; treatment lowers it. What are the signs of a stroke? "
    "Myocardial infarction, hypertension and atrial fibrillation are words of the clinic."
)
SHAPES = ("llama", "qwen2", "qwen3", "gpt2")


def quiet_libraries() -> None:
    """torch and transformers in this process as a worker has them, and on one thread."""
    torch.set_num_threads(1)  # more only wait for each other on models this small
    quiet: Any = logging
    quiet.set_verbosity_error()
    quiet.disable_progress_bar()


def _model(shape: str, hidden: int) -> PreTrainedModel:
    common: dict[str, Any] = {
        "vocab_size": VOCABULARY,
        "hidden_size": hidden,
        "intermediate_size": 2 * hidden,
        "num_hidden_layers": 2,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "max_position_embeddings": CONTEXT,
        "initializer_range": 0.3,
        "tie_word_embeddings": shape == "qwen2",
        "bos_token_id": None,
        "eos_token_id": 0,
    }
    makers: dict[str, Any] = {
        "llama": lambda: LlamaForCausalLM(LlamaConfig(**common)),
        "qwen2": lambda: Qwen2ForCausalLM(Qwen2Config(**common)),
        "qwen3": lambda: Qwen3ForCausalLM(Qwen3Config(**common, head_dim=hidden // 4)),
        "gpt2": lambda: GPT2LMHeadModel(
            GPT2Config(
                vocab_size=VOCABULARY,
                n_embd=hidden,
                n_layer=2,
                n_head=4,
                n_positions=CONTEXT,
                initializer_range=0.3,
                bos_token_id=0,
                eos_token_id=0,
            )
        ),
    }
    return cast("PreTrainedModel", makers[shape]())


def _tokenizer(*, template: bool) -> PreTrainedTokenizerFast:
    tokenizer = Tokenizer(BPE())
    tokenizer.pre_tokenizer = ByteLevel(add_prefix_space=False)
    tokenizer.decoder = ByteLevelDecoder()
    trainer = BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=[END, "<|system|>", "<|user|>", "<|assistant|>"],
        initial_alphabet=ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator([CORPUS], trainer)
    make: Any = PreTrainedTokenizerFast
    fast = make(tokenizer_object=tokenizer, eos_token=END)
    if template:
        fast.chat_template = TEMPLATE
    return cast("PreTrainedTokenizerFast", fast)


def build_model(
    folder: Path, shape: str = "llama", *, hidden: int = 32, seed: int = 0, template: bool = True
) -> Path:
    """A model folder with weights, tokenizer and (if wished) a chat template."""
    torch.manual_seed(seed)
    save: Any = _model(shape, hidden).save_pretrained
    save(folder)
    _tokenizer(template=template).save_pretrained(str(folder))
    return folder


def build_adapter(
    folder: Path,
    model: Path,
    *,
    seed: int = 1,
    zero: bool = False,
    targets: str | list[str] = "all-linear",
    **config: Any,
) -> Path:
    """A LoRA adapter for a model folder, as training saves it, with B not zero (unless wished)."""
    torch.manual_seed(seed)
    load: Any = AutoModelForCausalLM.from_pretrained
    base = load(str(model), local_files_only=True)
    config.setdefault("fan_in_fan_out", isinstance(base, GPT2LMHeadModel))
    lora = LoraConfig(r=4, lora_alpha=16, target_modules=targets, task_type="CAUSAL_LM", **config)
    peft: Any = get_peft_model(base, lora)
    with torch.no_grad():
        for name, parameter in peft.named_parameters():
            if "lora_B" in name:
                parameter.zero_() if zero else parameter.normal_(std=0.2)
    peft.save_pretrained(str(folder), save_embedding_layers=False)
    return folder


def change_json(path: Path, **values: object) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text("utf-8")), **values}), "utf-8")


def change_tensors(path: Path, change: Any) -> None:
    tensors = load_file(path)
    change(tensors)
    save_file(tensors, path, metadata={"format": "pt"})
