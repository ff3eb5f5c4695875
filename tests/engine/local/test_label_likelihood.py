"""Multiple choice on a tiny real model and its fine-tune: every figure is that of torch alone."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest
import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM, AutoTokenizer

from ftcompare.app.setup.new_study import fill_study
from ftcompare.cli.main import run
from ftcompare.core.recipe import Recipe
from ftcompare.core.scale import Scale
from ftcompare.core.study import FinishReason, Message, PromptSpec, ResponseDraft, SystemKind, SystemSpec
from ftcompare.store.study.study_file import StudyFile
from tests.builders import output_of

pytestmark = pytest.mark.usefixtures("forked_workers")

LABELS = ("The heart", "blood", "A stroke of the vessels", "High")
PROMPTS = 12
SYSTEM = "Name one."


def spec(number: int) -> PromptSpec:
    right = LABELS[number % len(LABELS)]
    return PromptSpec(
        f"p{number}", (Message("user", f"Which one, {number}?"),), reference=right, labels=LABELS
    )


@pytest.fixture
def study(tmp_path: Path, now: datetime, tiny: Path) -> Path:
    base, adapter = str(tiny / "llama" / "base"), str(tiny / "llama" / "adapter")
    specs = (
        SystemSpec("base", SystemKind.BASE, model=base),
        SystemSpec("prompted", SystemKind.BASE, model=base, recipe=Recipe(SYSTEM)),
        SystemSpec("tuned", SystemKind.ADAPTER, model=base, adapter=adapter),
    )
    path = tmp_path / "s.ftstudy"
    with StudyFile.create(path, title="S", scale=Scale(), rng=Random(1), now=now) as made:
        fill_study(made, specs, tuple(map(spec, range(PROMPTS))), (), now=now)
    return path


def by_hand(folder: Path, adapter: Path | None, before: str) -> list[list[float]]:
    """The sum of the log-softmax at each label's tokens, for every prompt."""
    asked = (f"{before}<|user|>Which one, {number}?<|end|><|assistant|>" for number in range(PROMPTS))
    return label_sums(folder, adapter, asked)


def label_sums(folder: Path, adapter: Path | None, asked: Iterable[str]) -> list[list[float]]:
    """The same after prompts as the model reads them."""
    load: Any = AutoModelForCausalLM.from_pretrained
    tokenizer: Any = AutoTokenizer.from_pretrained(str(folder))
    model: Any = load(str(folder)).eval()
    if adapter is not None:
        model = PeftModel.from_pretrained(model, str(adapter)).eval()
    found = []
    for text in asked:
        prompt = tokenizer(text, add_special_tokens=False)
        start, sums = prompt["input_ids"], []
        for label in LABELS:
            ids = tokenizer(label, add_special_tokens=False)["input_ids"]
            with torch.no_grad():
                logits = model(input_ids=torch.tensor([start + ids])).logits[0].float()
            rows = logits[len(start) - 1 : -1].log_softmax(-1)
            sums.append(sum(float(row[token]) for row, token in zip(rows, ids, strict=True)))
        found.append(sums)
    return found


def accuracy(scores: list[list[float]], *, per_character: bool) -> float:
    right = 0
    for number, own in enumerate(scores):
        each = [one / len(label) if per_character else one for one, label in zip(own, LABELS, strict=True)]
        right += each.index(max(each)) == number % len(LABELS)
    return right / PROMPTS


def test_the_command_scores_and_tells_what_torch_finds(
    study: Path, tiny: Path, now: datetime, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["measures", "labels", str(study), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"blinded": True, "prompts_scored": PROMPTS}
    base, adapter = tiny / "llama" / "base", tiny / "llama" / "adapter"
    expected = {
        "base": by_hand(base, None, ""),
        "prompted": by_hand(base, None, f"<|system|>{SYSTEM}<|end|>"),
        "tuned": by_hand(base, adapter, ""),
    }
    with StudyFile.open(study, now=now) as file:
        names = {system.id: system.name for system in file.systems.all()}
        prompts = {prompt.id: number for number, prompt in enumerate(file.prompts.all())}
        for one in file.label_scores.all():
            by_torch = expected[names[one.system]][prompts[one.prompt]]
            assert one.logprobs == pytest.approx(by_torch, abs=1e-3)
        file.settings.unblind(reason="done", now=now)
    told = json.loads(output_of(capsys, ["measures", "labels", str(study), "--last", "--json"]))
    for system in told["systems"]:
        raw, per_character = (measure["value"] for measure in system["measures"])
        own = expected[system["system"]]
        assert raw == pytest.approx(accuracy(own, per_character=False))
        assert per_character == pytest.approx(accuracy(own, per_character=True))


def test_labels_of_a_conversation_are_scored_after_each_system_s_own_answers(
    study: Path, tiny: Path, now: datetime, capsys: pytest.CaptureFixture[str]
) -> None:
    talk = replace(spec(0), key="talk", later_turns=("And which of these?",))
    said = {"base": "The heart pumps.", "prompted": "High", "tuned": "A vessel carries blood."}
    with StudyFile.open(study, now=now) as file:
        (prompt,) = file.prompts.add([talk])
        drafts = [
            ResponseDraft(system.id, "blood", FinishReason.END, 1, earlier=(said[system.name],))
            for system in file.systems.all()
        ]
        file.responses.store(prompt.id, drafts, run=None)
    assert run(["measures", "labels", str(study), "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {"blinded": True, "prompts_scored": PROMPTS + 1}
    base, adapter = tiny / "llama" / "base", tiny / "llama" / "adapter"
    with StudyFile.open(study, now=now) as file:
        names = {system.id: system.name for system in file.systems.all()}
        scored = {names[o.system]: o.logprobs for o in file.label_scores.all() if o.prompt == prompt.id}
    for name, before, tuned in (
        ("base", "", None),
        ("prompted", f"<|system|>{SYSTEM}<|end|>", None),
        ("tuned", "", adapter),
    ):
        asked = f"{before}<|user|>Which one, 0?<|end|><|assistant|>{said[name]}<|end|>"
        asked += "<|user|>And which of these?<|end|><|assistant|>"
        (by_torch,) = label_sums(base, tuned, [asked])
        assert scored[name] == pytest.approx(by_torch, abs=1e-3)
