"""A reward model's scores are those that it gives each answer by itself, with plain transformers."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest
import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM, AutoModelForSequenceClassification, AutoTokenizer

from ftcompare.app.generate.engine_run import drive
from ftcompare.app.judges.judge_overview import judge_totals
from ftcompare.app.judges.judging_run import JudgingRun
from ftcompare.app.review.attribution import Attribution, AttributionRun, question_in_words
from ftcompare.core.errors import BugError, EnvironmentFault, UserError
from ftcompare.core.generation_settings import GenerationSettings
from ftcompare.core.judge import JudgeKind, JudgeOutcome, JudgeSpec
from ftcompare.core.scale import Scale
from ftcompare.core.study import Message, PromptSpec, SystemKind, SystemSpec
from ftcompare.engine.backends import Cancelled
from ftcompare.engine.backends.local import devices, reward_model
from ftcompare.engine.backends.local.backend import LocalBackend
from ftcompare.engine.backends.local.reward_model import LocalRewardBackend
from ftcompare.engine.backends.local.typed_transformers import answer_scores
from ftcompare.engine.blocking_transport import EngineProcess
from ftcompare.engine.protocol import (
    Event,
    ItemFailed,
    Load,
    Loaded,
    Progress,
    Rewarded,
    Stage,
    SystemRequest,
    TextToScore,
)
from ftcompare.store.study.engine_runs import JUDGED
from ftcompare.store.study.study_file import StudyFile
from tests.app.judges.judged_study import judged_study
from tests.builders import answer
from tests.engine.served.served_study import EngineHere, carry, study_of, write_study
from tests.engine.tiny_models import CONTEXT, build_model, change_json, change_tensors
from tests.engine.tiny_reward_models import DECODERS, ENCODERS, build_reward_model

TURNS = (Message("system", "Be brief."), Message("user", "What is the heart?"))
ANSWERS = {
    "long": "The heart ♥ pumps blood through the body.\n\nIt is high.",
    "short": "High",
    "middle": "Blood cannot reach the heart.",
    "empty": "",
}


@dataclass
class Rating:
    """A backend with what it said."""

    folder: Path
    backend: LocalRewardBackend = field(default_factory=LocalRewardBackend)
    events: list[Event] = field(default_factory=list)
    is_cancelled: Callable[[], bool] = lambda: False

    def __post_init__(self) -> None:
        self.backend.emit, self.backend.is_cancelled = self.events.append, lambda: self.is_cancelled()

    def load(self, **request: Any) -> Loaded:
        command = Load((SystemRequest("judge", str(self.folder), **request),), device="cpu", backend="reward")
        return self.backend.load(command)

    def rate(self, answers: dict[str, str], turns: tuple[Message, ...] = TURNS) -> dict[str, float]:
        self.events.clear()
        texts = tuple(TextToScore(key, turns, text) for key, text in answers.items())
        self.backend.reward(texts)
        return {event.key: event.score for event in self.events if isinstance(event, Rewarded)}

    @property
    def failures(self) -> dict[str, str]:
        return {event.item: event.reason for event in self.events if isinstance(event, ItemFailed)}


def ready(folder: Path) -> Rating:
    rating = Rating(folder)
    rating.load()
    return rating


def alone(folder: Path, answer: str, turns: tuple[Message, ...] = TURNS) -> float:
    """What transformers gives one answer, as a model's card says to ask for it."""
    load: Any = AutoModelForSequenceClassification.from_pretrained
    model: Any = load(str(folder)).eval()
    tokenizer: Any = AutoTokenizer.from_pretrained(str(folder))
    messages = [{"role": one.role, "content": one.content} for one in turns]
    plain = "\n\n".join(one.content for one in turns)
    if tokenizer.chat_template:
        whole = [*messages, {"role": "assistant", "content": answer}]
        inputs: Any = tokenizer.apply_chat_template(whole, return_tensors="pt", return_dict=True)
    elif tokenizer.sep_token:
        inputs = tokenizer(plain, answer, return_tensors="pt")
    else:
        inputs = tokenizer(f"{plain}\n{answer}", return_tensors="pt")
    if not tokenizer.sep_token:
        inputs.pop("token_type_ids", None)  # that the plainest of tokenizers gives, and a decoder is not told
    with torch.no_grad():
        return float(model(**inputs).logits[0, 0])


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("reward")
    for number, shape in enumerate((*DECODERS, *ENCODERS)):
        more = {"type_vocab_size": 2} if shape == "deberta" else {}
        build_reward_model(root / shape, shape, seed=number, **more)
    return root


@pytest.mark.parametrize("shape", [*DECODERS, *ENCODERS])
def test_scores_in_a_batch_are_those_of_each_answer_alone(models: Path, shape: str) -> None:
    scores = ready(models / shape).rate(ANSWERS)
    assert scores == {
        key: pytest.approx(alone(models / shape, text), abs=2e-4) for key, text in ANSWERS.items()
    }
    assert len(set(scores.values())) == len(ANSWERS)


def test_padding_that_a_configuration_names_is_taken(tmp_path: Path) -> None:
    """Where an answer's last token is the padding, too, its score is the one before, as it is alone."""
    folder = build_reward_model(tmp_path / "llama", pad_token_id=0)
    scores = ready(folder).rate(ANSWERS)
    assert scores == {key: pytest.approx(alone(folder, text), abs=2e-4) for key, text in ANSWERS.items()}


def test_padding_that_is_no_token_is_as_none(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder = build_reward_model(tmp_path / "llama")
    expected = ready(folder).rate(ANSWERS)
    change_json(folder / "config.json", pad_token_id=-1)
    assert ready(folder).rate(ANSWERS) == pytest.approx(expected)
    caplog.clear()  # transformers says that it is none


def test_several_turns_are_read(models: Path) -> None:
    turns = (*TURNS, Message("assistant", "A pump."), Message("user", "Of what?"))
    for shape in ("llama", "bert", "gpt2"):
        assert ready(models / shape).rate({"a": "Blood."}, turns) == {
            "a": pytest.approx(alone(models / shape, "Blood.", turns), abs=2e-4)
        }


@pytest.mark.parametrize(("shape", "room"), [("llama", CONTEXT), ("roberta", CONTEXT - 2)])
def test_an_answer_longer_than_the_context_fails_and_the_others_go_on(
    models: Path, shape: str, room: int
) -> None:
    """RoBERTa begins to count its positions after that of the padding."""
    rating = ready(models / shape)
    scores = rating.rate({"long": "?" * 200, "short": "High"})
    assert set(scores) == {"short"}
    assert f"context has {room}." in rating.failures["long"]
    assert [event.done for event in rating.events if isinstance(event, Progress)] == [1, 2]


def test_a_tokenizer_may_know_the_length(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder = build_reward_model(tmp_path / "bert", "bert")
    change_json(folder / "tokenizer_config.json", model_max_length=20)
    rating = ready(folder)
    assert rating.rate({"a": "The heart pumps blood through the body."}) == {}
    assert "context has 20." in rating.failures["a"]
    caplog.clear()  # the tokenizer says so, too; a worker's libraries say nothing


def test_what_a_template_refuses_fails_alone_and_rating_is_cancelled(models: Path) -> None:
    rating = ready(models / "llama")
    turns = (Message("user", "?"), Message("system", "Late"))
    assert rating.rate({"a": "Yes"}, turns) == {}
    assert "system turn not first" in rating.failures["a"]
    rating.is_cancelled = lambda: True
    with pytest.raises(Cancelled):
        rating.rate(ANSWERS)
    with pytest.raises(Cancelled):
        rating.load()


def test_tokens_that_the_model_does_not_know_fail(tmp_path: Path) -> None:
    folder = build_reward_model(tmp_path / "llama")
    tokenizer: Any = AutoTokenizer.from_pretrained(str(folder))
    tokenizer.add_tokens(["<far>"])
    tokenizer.save_pretrained(str(folder))
    rating = ready(folder)
    assert set(rating.rate({"a": "<far>", "b": "near"})) == {"b"}
    assert "does not have" in rating.failures["a"]


def test_a_score_that_is_no_number_fails(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rating = ready(models / "llama")
    monkeypatch.setattr(reward_model, "answer_scores", lambda *_: torch.tensor([float("nan")]))
    assert rating.rate({"a": "Yes"}) == {}
    assert rating.failures == {"a": "The model returns no finite number for this answer."}


def test_a_batch_is_halved_until_it_fits(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rating = ready(models / "llama")
    expected = rating.rate(ANSWERS)
    rows: list[int] = []

    def cramped(model: Any, ids: torch.Tensor, *more: Any) -> torch.Tensor:
        rows.append(len(ids))
        if len(ids) > 1 or ids.shape[1] > 40:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return answer_scores(model, ids, *more)

    monkeypatch.setattr(devices, "BATCH_SECONDS", 1e9)
    monkeypatch.setattr(reward_model, "answer_scores", cramped)
    found = rating.rate(ANSWERS)
    assert found == {key: pytest.approx(expected[key], abs=2e-4) for key in ("empty", "short", "middle")}
    assert rating.failures == {"long": "There is not enough memory to rate this answer."}
    assert rows == [1, 2, 1, 1, 1]


def test_a_batch_holds_no_more_positions_than_are_read_at_a_time(
    models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reward_model, "TOKENS", 1)
    rating = ready(models / "llama")
    assert set(rating.rate(ANSWERS)) == set(ANSWERS)
    assert [event.done for event in rating.events if isinstance(event, Progress)] == [1, 2, 3, 4]


def test_a_lost_device_is_told(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def lost(*_: Any) -> torch.Tensor:
        raise torch.AcceleratorError("CUDA error: device-side assert triggered", 1)

    monkeypatch.setattr(reward_model, "answer_scores", lost)
    with pytest.raises(EnvironmentFault) as caught:
        ready(models / "llama").rate(ANSWERS)
    assert caught.value.code == "device-lost"


def test_the_model_is_told(models: Path) -> None:
    rating = Rating(models / "llama")
    loaded = rating.load()
    (system,) = loaded.systems
    assert (system.key, system.architecture, system.rank) == ("judge", "LlamaForSequenceClassification", None)
    assert loaded.device == "cpu"
    assert len(system.digest) == len(system.tokenizer_digest) == len(system.template_digest) == 64
    assert "torch" in loaded.versions
    said = [event.text for event in rating.events if isinstance(event, Stage)]
    assert said[1].startswith("Loading the reward model (0.0")


# --- what is refused -----------------------------------------------------------------------------


def refusal(folder: Path, **request: Any) -> UserError:
    with pytest.raises(UserError) as caught:
        Rating(folder).load(**request)
    return caught.value


def test_a_model_that_writes_is_no_reward_model(tmp_path: Path) -> None:
    error = refusal(build_model(tmp_path / "base"))
    assert error.code == "reward-not-classifier"
    assert "a LlamaForCausalLM" in error.what
    assert "ForSequenceClassification" in error.how


def test_a_model_of_several_outputs_is_refused_with_what_to_do(tmp_path: Path) -> None:
    error = refusal(build_reward_model(tmp_path / "five", labels=5))
    assert error.code == "reward-outputs"
    assert "5 numbers" in error.what
    assert "num_labels = 1" in error.how


@pytest.mark.parametrize(("said", "code"), [({"num_labels": 1}, ""), ({"num_labels": 3}, "3"), ({}, "2")])
def test_outputs_may_be_counted_or_unsaid(tmp_path: Path, said: dict[str, int], code: str) -> None:
    """The count holds where labels have no names; a configuration that says neither has two."""
    folder = build_reward_model(tmp_path / "model")
    change_json(folder / "config.json", id2label=None, label2id=None, **said)
    if not code:
        assert set(ready(folder).rate({"a": "Yes"})) == {"a"}
    else:
        assert f"{code} numbers" in refusal(folder).what


def test_an_encoder_with_a_decoder_is_refused(tmp_path: Path) -> None:
    folder = build_reward_model(tmp_path / "model", "bert")
    change_json(folder / "config.json", is_encoder_decoder=True)
    assert refusal(folder).code == "model-unsupported"


def test_weights_without_a_head_are_not_complete(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    folder = build_reward_model(tmp_path / "model")
    change_tensors(folder / "model.safetensors", lambda tensors: tensors.pop("score.weight"))
    error = refusal(folder)
    assert error.code == "model-broken"
    assert "score.weight" in error.what
    caplog.clear()  # transformers says so, too


def test_code_of_its_own_is_never_run(tmp_path: Path) -> None:
    folder = build_reward_model(tmp_path / "model")
    change_json(
        folder / "config.json", auto_map={"AutoModelForSequenceClassification": "modeling_reward.Reward"}
    )
    assert refusal(folder).code == "model-code"


def test_it_is_loaded_alone_and_as_it_is(tmp_path: Path) -> None:
    folder = build_reward_model(tmp_path / "model")
    with pytest.raises(BugError):
        Rating(folder).load(quantisation="4bit")
    with pytest.raises(BugError):
        Rating(folder).load(adapter=str(folder))


def test_nothing_is_rated_before_a_model_is_loaded(tmp_path: Path) -> None:
    with pytest.raises(BugError, match="No reward model is loaded"):
        Rating(tmp_path).rate(ANSWERS)


# A tiny model as a judge, loaded on this machine: what it writes is no verdict, and is counted as none.


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
    with StudyFile.create(path, title="Small", scale=Scale(), rng=Random(3), now=now) as study:
        study.systems.add(SystemSpec("base", SystemKind.BASE, model=str(base)))
        tuned = SystemSpec("tuned", SystemKind.ADAPTER, model=str(base), adapter=str(adapter))
        study.systems.add(tuned)
        (prompt,) = study.prompts.add([PromptSpec("p", ASKED)])
        answer(study, prompt, (ANSWER for _ in study.systems.all()))
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
