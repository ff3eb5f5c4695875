"""TRL's preference data: its two forms, and TRL itself taking it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ftcompare.core.errors import UserError
from ftcompare.core.study import JudgedRow, Message
from ftcompare.formats import trl_preference
from ftcompare.formats.export_format import ExportContext
from ftcompare.formats.preference_rows import PreferenceFilters, PreferenceRow, preference_rows

MakeRow = Callable[..., JudgedRow]
PLAIN, MESSAGES = ExportContext({}, conversational=False), ExportContext({})
CHAT = (
    Message("system", "Be brief."),
    Message("user", "Hi"),
    Message("assistant", "Yes?"),
    Message("user", "Why?"),
)


def rows_of(*judged: JudgedRow) -> tuple[PreferenceRow, ...]:
    return preference_rows(judged, PreferenceFilters()).rows


def objects(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_standard_form(tmp_path: Path, make_row: MakeRow) -> None:
    path = tmp_path / "t.jsonl"
    assert trl_preference.EXPORT.write(path, rows_of(make_row("a", texts=("Ja – é\n", "=1"))), PLAIN) == 1
    assert objects(path) == [{"prompt": "What is a stent?", "chosen": "Ja – é\n", "rejected": "=1"}]


def test_conversational_form(tmp_path: Path, make_row: MakeRow) -> None:
    path = tmp_path / "t.jsonl"
    trl_preference.EXPORT.write(path, rows_of(make_row("b", messages=CHAT)), MESSAGES)
    assert objects(path) == [
        {
            "prompt": [{"role": m.role, "content": m.content} for m in CHAT],
            "chosen": [{"role": "assistant", "content": "A small mesh tube."}],
            "rejected": [{"role": "assistant", "content": "A tube."}],
        }
    ]


def test_a_row_that_the_form_cannot_hold_is_refused_and_nothing_is_written(
    tmp_path: Path, make_row: MakeRow
) -> None:
    rows = rows_of(make_row("b"), make_row("b", comparison=2, messages=CHAT))
    with pytest.raises(UserError, match="The prompt 'q2' has a system turn or several turns") as caught:
        trl_preference.EXPORT.write(tmp_path / "t.jsonl", rows, PLAIN)
    assert caught.value.code == "several-turns"
    assert list(tmp_path.iterdir()) == []


def test_without_rows_nothing_is_written(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="There are no training rows to write"):
        trl_preference.EXPORT.write(tmp_path / "t.jsonl", (), MESSAGES)
    assert list(tmp_path.iterdir()) == []


TEMPLATE = (
    "{% for m in messages %}<{{ m.role }}>{{ m.content }}{{ eos_token }}{% endfor %}"
    "{% if add_generation_prompt %}<assistant>{% endif %}"
)


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("conversational", [False, True])
def test_trl_trains_on_what_was_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make_row: MakeRow, conversational: bool
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    datasets = pytest.importorskip("datasets")
    trl = pytest.importorskip("trl")
    messages = CHAT if conversational else (Message("user", "Why?"),)
    judged = (make_row("ab"[n % 2], comparison=n, messages=messages) for n in range(1, 9))
    path = tmp_path / "t.jsonl"
    trl_preference.EXPORT.write(path, rows_of(*judged), MESSAGES if conversational else PLAIN)

    data = datasets.load_dataset(
        "json", data_files=str(path), split="train", cache_dir=str(tmp_path / "cache")
    )
    assert set(data.column_names) == {"prompt", "chosen", "rejected"}
    assert trl.is_conversational(data[0]) is conversational
    model, tokenizer = tiny_llama(tmp_path / "model")
    before = model.model.embed_tokens.weight.detach().clone()
    arguments = trl.DPOConfig(
        output_dir=str(tmp_path / "out"),
        max_steps=2,
        per_device_train_batch_size=2,
        learning_rate=0.01,
        report_to=[],
        use_cpu=True,
        bf16=False,
        save_strategy="no",
        disable_tqdm=True,
    )
    trainer = trl.DPOTrainer(model=model, args=arguments, train_dataset=data, processing_class=tokenizer)
    done = trainer.train()
    assert done.global_step == 2
    assert 0 < done.training_loss < 10
    assert not trainer.model.model.embed_tokens.weight.equal(before)


def tiny_llama(folder: Path) -> tuple[Any, Any]:
    """A random Llama, loaded from a folder as trainers expect, and a tokenizer over bytes."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    words = {token: n for n, token in enumerate(["<pad>", "<eos>", *alphabet])}
    bytewise = Tokenizer(models.BPE(vocab=words, merges=[]))
    bytewise.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bytewise.decoder = decoders.ByteLevel()
    make_tokenizer: Any = PreTrainedTokenizerFast
    tokenizer = make_tokenizer(tokenizer_object=bytewise, pad_token="<pad>", eos_token="<eos>")
    tokenizer.chat_template = TEMPLATE
    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=len(words),
        hidden_size=16,
        intermediate_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        num_key_value_heads=2,
        max_position_embeddings=512,
        pad_token_id=0,
        eos_token_id=1,
        bos_token_id=None,
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    return LlamaForCausalLM.from_pretrained(folder), tokenizer
