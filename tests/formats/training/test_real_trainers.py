"""TRL's own trainers take two steps on what is written, standard and conversational."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from ftcompare.checks.reward_file import reward_source
from ftcompare.core.prompt_check import ContainsCheck, LengthCheck, LengthUnit
from ftcompare.core.study import JudgedRow, Message, PromptSpec
from ftcompare.formats.export_format import AnyExportFormat, ExportContext, RowKind
from ftcompare.formats.training import reward_prompts, trainers
from ftcompare.formats.training.rows import RewardPrompt
from ftcompare.formats.training.selection import PairFilters, answer_rows, preference_rows
from tests.formats.training.tiny_llama import tiny_llama

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("default")]

MakeRow = Callable[..., JudgedRow]
CHAT = (
    Message("system", "Be brief."),
    Message("user", "Hi"),
    Message("assistant", "Yes?"),
    Message("user", "Why?"),
)
STEPS = {
    "max_steps": 2,
    "per_device_train_batch_size": 2,
    "learning_rate": 0.01,
    "report_to": [],
    "use_cpu": True,
    "bf16": False,
    "save_strategy": "no",
    "disable_tqdm": True,
}
TRAINERS: list[tuple[AnyExportFormat, str]] = [
    (trainers.PREFERENCE, "DPO"),
    (trainers.UNPAIRED, "KTO"),
    (trainers.SUPERVISED, "SFT"),
    (trainers.REWARD, "Reward"),
]


@pytest.fixture(autouse=True)
def offline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))


def rows_for(form: AnyExportFormat, judged: list[JudgedRow]) -> Iterable[Any]:
    if form.rows is RowKind.PREFERENCE:
        return preference_rows(lambda: judged, PairFilters()).rows
    return answer_rows(lambda: judged, PairFilters(), winners=form.rows is RowKind.WINNER).rows


def embeddings(model: Any) -> Any:
    return model.get_input_embeddings().weight.detach().clone()


@pytest.mark.parametrize("conversational", [False, True], ids=["standard", "conversational"])
@pytest.mark.parametrize(("form", "name"), TRAINERS, ids=[form.id for form, _ in TRAINERS])
def test_a_trainer_learns_from_what_was_written(
    tmp_path: Path,
    make_row: MakeRow,
    form: AnyExportFormat,
    name: str,
    conversational: bool,
    caplog: pytest.LogCaptureFixture,
) -> None:
    datasets, library = pytest.importorskip("datasets"), pytest.importorskip("trl")
    asked = [CHAT if conversational else (Message("user", f"Why {n}?"),) for n in range(8)]
    texts = [(f"A tube {n}.", f"A small mesh tube {n}.") for n in range(8)]
    judged = [make_row("ab"[n % 2], comparison=n + 1, messages=asked[n], texts=texts[n]) for n in range(8)]
    path = tmp_path / "t.jsonl"
    form.write(path, rows_for(form, judged), ExportContext({}, conversational=conversational))
    data = datasets.load_dataset(
        "json", data_files=str(path), split="train", cache_dir=str(tmp_path / "cache")
    )
    assert library.is_conversational(data[0]) is conversational
    model, tokenizer = tiny_llama(tmp_path / "model", reward=form is trainers.REWARD)
    before = embeddings(model)
    arguments = getattr(library, f"{name}Config")(output_dir=str(tmp_path / "out"), **STEPS)
    trainer = getattr(library, f"{name}Trainer")(
        model=model, args=arguments, train_dataset=data, processing_class=tokenizer
    )
    done = trainer.train()
    caplog.clear()  # bitsandbytes tells of what it would be quicker with
    assert done.global_step == 2
    assert 0 < done.training_loss < 20
    assert not embeddings(trainer.model).equal(before)


@pytest.mark.parametrize("conversational", [False, True], ids=["standard", "conversational"])
def test_grpo_learns_from_the_reward_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, conversational: bool
) -> None:
    datasets, library = pytest.importorskip("datasets"), pytest.importorskip("trl")
    asked = [CHAT if conversational else (Message("user", f"Why {n}?"),) for n in range(8)]
    checks = LengthCheck(LengthUnit.CHARACTERS, 30, None), ContainsCheck(("e", "a"), any=True)
    rows = [RewardPrompt(PromptSpec(f"p{n}", one), checks[: 1 + n % 2]) for n, one in enumerate(asked)]
    path = tmp_path / "t.jsonl"
    context = ExportContext({}, conversational=conversational, reward_source=reward_source())
    assert reward_prompts.GRPO.write(path, rows, context) == 8
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "t_reward", raising=False)
    file = importlib.import_module("t_reward")
    data = datasets.load_dataset(
        "json", data_files=str(path), split="train", cache_dir=str(tmp_path / "cache")
    )
    model, tokenizer = tiny_llama(tmp_path / "model")
    given: list[tuple[float, float]] = []

    def reward(completions: list[Any], **columns: Any) -> list[float]:
        rewards: list[float] = file.reward(completions=completions, **columns)
        given.extend(zip(rewards, file.share_of_checks(completions=completions, **columns), strict=True))
        return rewards

    arguments = library.GRPOConfig(
        output_dir=str(tmp_path / "out"), num_generations=2, max_completion_length=16, **STEPS
    )
    trainer = library.GRPOTrainer(
        model=model, args=arguments, reward_funcs=reward, train_dataset=data, processing_class=tokenizer
    )
    assert trainer.train().global_step == 2
    caplog.clear()
    assert given
    assert all(0 <= whole <= share <= 1 for whole, share in given)
