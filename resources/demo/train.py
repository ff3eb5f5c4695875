"""Trains the demonstration model: a tokenizer, a small Llama base and a LoRA adapter.

``python resources/demo/train.py --out DIR`` writes ``DIR/base`` and ``DIR/adapter``. The same seed, thread
count, kind of processor and library versions give the same files.
"""

from __future__ import annotations

import argparse
import json
import math
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from typing import Any

import torch
from corpus import Row, adapter_rows, base_rows
from facts import load_facts
from peft import LoraConfig, PeftModel, TaskType, get_peft_model
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import (
    GenerationConfig,
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedModel,
    PreTrainedTokenizerFast,
)

BASE_NAME = "base"  # the folder beside the adapter's
SPECIAL_TOKENS = {
    "pad": "<|pad|>",
    "begin": "<|begin|>",
    "end": "<|end|>",
    "system": "<|system|>",
    "user": "<|user|>",
    "assistant": "<|assistant|>",
}
VOCABULARY = 2048
CONTEXT = 1024  # tokens
BATCH = 48  # rows
BASE_SPAN = 1200  # steps over which the base's rate would fall to its lowest; it may stop before
IGNORED = -100  # a label that does not count
LINEAR_LAYERS = ["down_proj", "gate_proj", "k_proj", "o_proj", "q_proj", "up_proj", "v_proj"]
ADAPTER_FILES = ("adapter_config.json", "adapter_model.safetensors")


@dataclass(frozen=True)
class Schedule:
    """How long and how fast to train; the rate warms up, then falls as a half cosine over ``span`` steps."""

    steps: int
    peak_rate: float
    span: int
    warm_up: int = 40
    weight_decay: float = 0.02

    def rate(self, step: int) -> float:
        """Learning rate at a step, from 0 to ``steps - 1``."""
        if step < self.warm_up:
            return self.peak_rate * (step + 1) / self.warm_up
        done = (step - self.warm_up) / max(1, self.span - self.warm_up)
        return self.peak_rate * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * done)))


@dataclass(frozen=True)
class Example:
    """One row as token ids, and the label of each token (``IGNORED`` outside assistant turns)."""

    ids: list[int]
    labels: list[int]


def train_tokenizer(rows: Sequence[Row], template: str) -> PreTrainedTokenizerFast:
    """Train a byte-level BPE tokenizer on the rows' text and give it the chat template."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=list(SPECIAL_TOKENS.values()),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    texts = (message.content for row in rows for message in row.messages)
    tokenizer.train_from_iterator(texts, trainer)
    return PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]  # without types
        tokenizer_object=tokenizer,
        pad_token=SPECIAL_TOKENS["pad"],
        bos_token=SPECIAL_TOKENS["begin"],
        eos_token=SPECIAL_TOKENS["end"],
        additional_special_tokens=[SPECIAL_TOKENS[role] for role in ("system", "user", "assistant")],
        chat_template=template,
        model_max_length=CONTEXT,
        padding_side="left",
        clean_up_tokenization_spaces=False,
    )


def encode(rows: Sequence[Row], tokenizer: PreTrainedTokenizerFast) -> list[Example]:
    """Rows as examples, through the chat template; only assistant turns and their end are learned."""
    chats = [[asdict(message) for message in row.messages] for row in rows]
    encoded: Any = tokenizer.apply_chat_template(chats, tokenize=True, return_dict=True)
    opening, closing = special_id("assistant"), special_id("end")
    return [Example(ids, _labels(ids, opening, closing)) for ids in encoded["input_ids"]]


def special_id(name: str) -> int:
    """The id of a special token: the trainer numbers these first, in their order."""
    return list(SPECIAL_TOKENS).index(name)


def _labels(ids: Sequence[int], opening: int, closing: int) -> list[int]:
    labels = []
    inside = False
    for token in ids:
        labels.append(token if inside else IGNORED)
        inside = token == opening or (inside and token != closing)
    return labels


def batches(examples: Sequence[Example], pad: int, rng: Random) -> Iterator[dict[str, torch.Tensor]]:
    """Padded batches without end, of rows of like length, in an order drawn from ``rng``."""
    while True:
        order = list(range(len(examples)))
        rng.shuffle(order)
        span = BATCH * 24
        groups: list[list[int]] = []
        for start in range(0, len(order), span):
            chunk = sorted(order[start : start + span], key=lambda place: len(examples[place].ids))
            groups.extend(chunk[at : at + BATCH] for at in range(0, len(chunk), BATCH))
        rng.shuffle(groups)
        for group in groups:
            yield _padded([examples[place] for place in group], pad)


def _padded(examples: Sequence[Example], pad: int) -> dict[str, torch.Tensor]:
    # Padding stands on the right, behind everything that counts: a causal model needs no mask.
    width = max(len(example.ids) for example in examples)
    ids = [example.ids + [pad] * (width - len(example.ids)) for example in examples]
    labels = [example.labels + [IGNORED] * (width - len(example.ids)) for example in examples]
    return {"input_ids": torch.tensor(ids), "labels": torch.tensor(labels)}


def fit(
    model: PreTrainedModel | PeftModel,
    stream: Iterator[dict[str, torch.Tensor]],
    schedule: Schedule,
) -> float:
    """Train the model's trainable weights in place; returns the mean loss of the last 50 steps."""
    weights = [weight for weight in model.parameters() if weight.requires_grad]
    optimizer = torch.optim.AdamW(
        weights, lr=schedule.peak_rate, betas=(0.9, 0.95), weight_decay=schedule.weight_decay
    )
    model.train()
    losses: list[float] = []
    for step in range(schedule.steps):
        for group in optimizer.param_groups:
            group["lr"] = schedule.rate(step)
        loss = model(**next(stream)).loss
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(weights, 1.0)
        optimizer.step()
        losses.append(loss.item())
        if step % 50 == 49:
            _say(f"  step {step + 1}: loss {sum(losses[-50:]) / 50:.3f}")
    model.eval()
    last = losses[-50:]
    return sum(last) / max(1, len(last))


def new_base(tokenizer: PreTrainedTokenizerFast) -> LlamaForCausalLM:
    """An untrained base of the demonstration's shape."""
    tokens: dict[str, Any] = {
        "bos_token_id": special_id("begin"),
        "eos_token_id": special_id("end"),
        "pad_token_id": special_id("pad"),
    }
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=192,
        intermediate_size=512,
        num_hidden_layers=6,
        num_attention_heads=6,
        num_key_value_heads=6,
        max_position_embeddings=CONTEXT,
        tie_word_embeddings=True,
        use_cache=True,
        **tokens,
    )
    model = LlamaForCausalLM(config)
    model.generation_config = GenerationConfig(  # type: ignore[no-untyped-call]  # without types
        do_sample=False, max_new_tokens=192, **tokens
    )
    return model


def save_base(model: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast, folder: Path) -> None:
    """Save tokenizer and base, weights as bfloat16.

    The configuration says float32, so that a plain load computes in float32 on any processor.
    """
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save_pretrained(folder)
    model.bfloat16()
    model.save_pretrained(folder)
    path = folder / "config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    config["dtype"] = "float32"
    _write_json(path, config)
    (folder / "model.safetensors").chmod(0o644)


def load_base(folder: Path) -> LlamaForCausalLM:
    """The stored base, as a user will load it."""
    loaded: LlamaForCausalLM = LlamaForCausalLM.from_pretrained(folder, use_safetensors=True)
    return loaded


def new_adapter(base: LlamaForCausalLM) -> PeftModel:
    """The base with an untrained LoRA on every linear layer."""
    config = LoraConfig(
        task_type=TaskType.CAUSAL_LM,
        r=16,
        lora_alpha=32,
        lora_dropout=0.0,
        target_modules=LINEAR_LAYERS,
    )
    model = get_peft_model(base, config)
    if not isinstance(model, PeftModel):
        raise TypeError(f"expected a PeftModel, got {type(model).__name__}")
    return model


def save_adapter(model: PeftModel, folder: Path) -> None:
    """Save the adapter's two files, without machine paths and in a stable order of keys."""
    folder.mkdir(parents=True, exist_ok=True)
    model.peft_config["default"].base_model_name_or_path = BASE_NAME
    # PEFT writes a model card of its own; only its two data files are wanted.
    with tempfile.TemporaryDirectory() as scratch:
        model.save_pretrained(scratch, save_embedding_layers=False)
        for name in ADAPTER_FILES:
            shutil.copyfile(Path(scratch) / name, folder / name)
    path = folder / ADAPTER_FILES[0]
    config = json.loads(path.read_text(encoding="utf-8"))
    config["target_modules"] = sorted(config["target_modules"])
    _write_json(path, config)


def _write_json(path: Path, content: dict[str, object]) -> None:
    text = json.dumps(content, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    path.write_text(text, encoding="utf-8", newline="\n")


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def train(out: Path, seed: int, base_schedule: Schedule, adapter_schedule: Schedule) -> None:
    """Write ``out/base`` and ``out/adapter``; with no base steps, use the base that is there."""
    facts = load_facts()
    torch.manual_seed(seed)
    base_data, adapter_data = base_rows(facts, Random(seed)), adapter_rows(facts, Random(seed))
    template = (Path(__file__).resolve().parent / "chat_template.jinja").read_text(encoding="utf-8")
    tokenizer = train_tokenizer(base_data, template)
    pad = special_id("pad")

    if base_schedule.steps:
        base = new_base(tokenizer)
        _say(f"base: {base.num_parameters():,} parameters, {len(base_data):,} rows")
        fit(base, batches(encode(base_data, tokenizer), pad, Random(seed)), base_schedule)
        save_base(base, tokenizer, out / "base")

    # The adapter starts from the stored base and its own seed, so it can be trained again alone.
    base = load_base(out / "base")
    torch.manual_seed(seed + 1)
    adapted = new_adapter(base)
    _say(f"adapter: {adapted.num_parameters(only_trainable=True):,} parameters")
    fit(adapted, batches(encode(adapter_data, tokenizer), pad, Random(seed + 1)), adapter_schedule)
    save_adapter(adapted, out / "adapter")


def main(arguments: Sequence[str] | None = None) -> int:
    """Parse the command line and train."""
    parser = argparse.ArgumentParser(description="Train the demonstration model.")
    parser.add_argument("--out", type=Path, required=True, help="folder to write into")
    parser.add_argument("--steps", type=int, default=834, help="training steps of the base; 0: use DIR/base")
    parser.add_argument("--adapter-steps", type=int, default=240, help="those of the adapter")
    parser.add_argument("--seed", type=int, default=1, help="seed of corpus and training")
    parser.add_argument("--threads", type=int, default=2, help="threads to compute with")
    options = parser.parse_args(arguments)
    torch.set_num_threads(options.threads)
    torch.use_deterministic_algorithms(True)
    started = time.monotonic()
    train(
        options.out,
        options.seed,
        Schedule(options.steps, peak_rate=2e-3, span=BASE_SPAN),
        Schedule(
            options.adapter_steps,
            peak_rate=2.5e-3,
            span=options.adapter_steps,
            warm_up=20,
            weight_decay=0.0,
        ),
    )
    _say(f"took {time.monotonic() - started:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
