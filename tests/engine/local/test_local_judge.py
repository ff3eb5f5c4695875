"""A tiny model as a judge, loaded on this machine: what it writes is no verdict, and is counted as none.

What a passage of an answer rests on, through real models: figures are those of transformers alone.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest
import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM, AutoTokenizer

from ftcompare.app.generate.engine_run import drive
from ftcompare.app.judges.judge_overview import judge_totals
from ftcompare.app.judges.judging_run import JudgingRun
from ftcompare.app.review.attribution import Attribution, AttributionRun, question_in_words
from ftcompare.core.generation_settings import GenerationSettings
from ftcompare.core.judge import JudgeKind, JudgeOutcome, JudgeSpec
from ftcompare.core.scale import Scale
from ftcompare.core.study import FinishReason, Message, PromptSpec, ResponseDraft, SystemKind, SystemSpec
from ftcompare.engine.backends.local.backend import LocalBackend
from ftcompare.engine.blocking_transport import EngineProcess
from ftcompare.store.study.engine_runs import JUDGED
from ftcompare.store.study.study_file import StudyFile
from tests.app.judges.judged_study import judged_study
from tests.engine.served.served_study import EngineHere, carry, study_of, write_study
from tests.engine.tiny_models import change_json

SETTINGS = GenerationSettings(max_new_tokens=8)


@pytest.fixture
def folder(spoil: Callable[[str], Path]) -> Path:
    """A Llama that takes prompts as long as a judge's are."""
    found = spoil("llama/base")
    change_json(found / "config.json", max_position_embeddings=4096)
    return found


@pytest.fixture
def study(tmp_path: Path, now: datetime) -> Iterator[StudyFile]:
    with judged_study(tmp_path / "judged.ftstudy", now) as made:
        yield made


def judge_of(folder: Path) -> JudgeSpec:
    return JudgeSpec("tiny", JudgeKind.MODEL, model=str(folder), settings=SETTINGS, tries=2)


def test_what_is_no_verdict_is_counted_and_not_asked_again(
    study: StudyFile, folder: Path, now: datetime
) -> None:
    engine = EngineHere(local=LocalBackend())
    progress = carry(JudgingRun(study, [judge_of(folder)], clock=lambda: now), engine)
    assert progress.fault is None
    assert (progress.done, progress.failed, progress.total) == (6, 0, 6)
    assert [(line.name, line.ok) for line in progress.proofs] == [("tiny", True)]
    (total,) = judge_totals(study)
    assert (total.replies, total.without_verdict, total.pairs, total.tries) == (6, 6, 0, 12)
    assert total.prompt_tokens > total.tokens > 0
    replies = list(study.judges.replies(total.judge.id))
    assert {one.outcome for one in replies} == {JudgeOutcome.NONE}
    assert all(len(one.tries) == 2 and one.tries[0].problem for one in replies)
    assert list(study.judgments.standing()) == []
    record = study.scores.examinations(JUDGED)[0]
    assert "'digest': ''" not in str(record["engine"])
    assert carry(JudgingRun(study, [judge_of(folder)], clock=lambda: now), engine).total == 0


def test_a_copy_of_a_systems_files_is_that_system(tmp_path: Path, folder: Path, now: datetime) -> None:
    engine = EngineHere(local=LocalBackend())
    specs = [
        SystemSpec("base", SystemKind.BASE, str(folder)),
        SystemSpec("again", SystemKind.MODEL, str(folder)),
    ]
    with study_of(tmp_path / "own.ftstudy", now, *specs) as study:
        write_study(study, engine, now, settings=GenerationSettings(max_new_tokens=4))
        copy = Path(shutil.copytree(folder, tmp_path / "copy"))
        progress = carry(JudgingRun(study, [judge_of(copy)], clock=lambda: now), engine)
        assert progress.fault is not None
        assert progress.fault.code == "judge-own-system"
        assert "base, again" in progress.fault.what
        assert study.judges.all() == ()


ASKED = (Message("system", "Be brief."), Message("user", "What is it?"))
ANSWER = "It is the heart of the body."
SYSTEM, USER = "<|system|>Be brief.<|end|>", "<|user|>What is it?<|end|>"
WITHOUT = {
    "Be": "<|system|>brief.<|end|>" + USER,
    "brief": "<|system|>Be.<|end|>" + USER,
    "What": SYSTEM + "<|user|>is it?<|end|>",
    "is": SYSTEM + "<|user|>What it?<|end|>",
    "it": SYSTEM + "<|user|>What is?<|end|>",
}


def attributed(path: Path, base: Path, adapter: Path, now: datetime) -> Attribution:
    """What "heart" rests on, computed in a worker."""
    with StudyFile.create(path, title="Small", scale=Scale(), rng=Random(3), now=now) as study:
        study.systems.add(SystemSpec("base", SystemKind.BASE, model=str(base)))
        tuned = SystemSpec("tuned", SystemKind.ADAPTER, model=str(base), adapter=str(adapter))
        study.systems.add(tuned)
        (prompt,) = study.prompts.add([PromptSpec("p", ASKED)])
        drafts = [ResponseDraft(s.id, ANSWER, FinishReason.END, 5) for s in study.systems.all()]
        study.responses.store(prompt.id, drafts, run=None)
        study.settings.unblind("all is judged", now=now)
        run = AttributionRun(study, question_in_words(study, "p", "tuned", "heart"), clock=lambda: now)
        with EngineProcess() as engine:
            drive(run, engine, lambda _: None).raise_fault()
    assert run.result is not None
    return run.result


def direct(base: Path, adapter: Path | None, prompt: str) -> float:
    """Log p of the tokens of "heart": one forward pass of a separately loaded model, nothing padded."""
    load: Any = AutoModelForCausalLM.from_pretrained
    tokenizer: Any = AutoTokenizer.from_pretrained(str(base))
    model: Any = load(str(base)).eval()
    if adapter is not None:
        model = PeftModel.from_pretrained(model, str(adapter)).eval()
    before = tokenizer(prompt + "<|assistant|>", add_special_tokens=False)["input_ids"]
    cut = tokenizer(ANSWER, add_special_tokens=False, return_offsets_mapping=True)
    ids = cut["input_ids"]
    with torch.no_grad():
        logits = model(input_ids=torch.tensor([before + ids])).logits[0]
    rows = logits[len(before) - 1 : -1].log_softmax(1)
    passage = {*range(ANSWER.index("heart"), ANSWER.index(" of"))}
    touched = [n for n, span in enumerate(cut["offset_mapping"]) if passage & {*range(*span)}]
    return sum(float(rows[n, ids[n]]) for n in touched)


def test_figures_are_those_that_transformers_gives_by_itself(
    tiny: Path, tmp_path: Path, now: datetime
) -> None:
    base, adapter = tiny / "llama" / "base", tiny / "llama" / "adapter"
    found = attributed(tmp_path / "s.ftstudy", base, adapter, now)
    assert [one.part.text for one in found.parts] == [*WITHOUT]
    for place, folder in enumerate((None, adapter)):
        whole = direct(base, folder, SYSTEM + USER)
        assert found.systems[place].logprob == pytest.approx(whole, abs=1e-3)
        for one in found.parts:
            changed = direct(base, folder, WITHOUT[one.part.text])
            assert one.changes[place] == pytest.approx(whole - changed, abs=2e-3)
    assert len({change for one in found.parts for change in one.changes}) == 2 * len(WITHOUT)
