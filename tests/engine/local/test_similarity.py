"""Similarity to references is the cosine of embeddings as transformers computes them, pooled as asked."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import nullcontext
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest
import torch
from transformers import AutoModel, AutoTokenizer, BertConfig, BertForMaskedLM, BertModel

from ftcompare.app.generate import own_measure
from ftcompare.app.generate.own_measure import (
    OwnMeasureSettings,
    own_values,
    read_own_measure,
    run_own_measure,
)
from ftcompare.core.errors import UserError
from ftcompare.core.scale import Scale
from ftcompare.core.study import (
    FinishReason,
    Message,
    PromptSpec,
    ResponseDraft,
    SystemKind,
    SystemSpec,
)
from ftcompare.engine.backends.local.reward_model import LocalSimilarityBackend
from ftcompare.engine.protocol import Event, ItemFailed, Load, Rewarded, SystemRequest, TextToScore
from ftcompare.store.study.study_file import StudyFile
from tests.engine.served.served_study import EngineHere
from tests.engine.tiny_models import CONTEXT, VOCABULARY
from tests.engine.tiny_reward_models import PAD, _tokenizer_of

HEART, BLOOD = "The heart pumps blood.", "Blood cannot reach the heart, and that is high."
POOLED: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "mean_tokens": lambda states: states.mean(0),
    "cls_token": lambda states: states[0],
    "max_tokens": lambda states: states.amax(0),
    "lasttoken": lambda states: states[-1],
}


def build_encoder(folder: Path, kind: Any = BertModel, **pooling: object) -> Path:
    """A tiny BERT with random weights and, with settings, the pooling of sentence-transformers."""
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=VOCABULARY,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        max_position_embeddings=CONTEXT,
        initializer_range=0.3,
        pad_token_id=PAD,
    )
    kind(config).save_pretrained(folder)
    _tokenizer_of("bert").save_pretrained(str(folder))
    if pooling:
        (folder / "1_Pooling").mkdir()
        (folder / "1_Pooling" / "config.json").write_text(json.dumps(pooling), encoding="utf-8")
    return folder


def compared(folder: Path, texts: dict[str, tuple[str, ...]]) -> list[Event]:
    """What the backend says of texts; the first of each is the answer."""
    backend, events = LocalSimilarityBackend(), list[Event]()
    backend.emit = events.append
    loaded = backend.load(Load((SystemRequest("0", str(folder)),), device="cpu", backend="similarity"))
    assert loaded.systems[0].digest
    items = (
        TextToScore(key, tuple(Message("reference", one) for one in references), text)
        for key, (text, *references) in texts.items()
    )
    backend.reward((*items,))
    return events


def embedding(folder: Path, text: str, pooled: Callable[[torch.Tensor], torch.Tensor]) -> torch.Tensor:
    model: Any = AutoModel.from_pretrained(folder)
    tokens: Any = AutoTokenizer.from_pretrained(folder)(text, return_tensors="pt")
    with torch.no_grad():
        return pooled(model.eval()(**tokens).last_hidden_state[0])


@pytest.mark.parametrize(
    ("kind", "pooling", "pooled"),
    [
        (BertModel, {}, "mean_tokens"),
        (BertForMaskedLM, {}, "mean_tokens"),
        (BertModel, {"pooling_mode": "cls"}, "cls_token"),
        *((BertModel, {f"pooling_mode_{name}": name == one for name in POOLED}, one) for one in POOLED),
    ],
)
def test_it_is_the_cosine_of_pooled_embeddings(
    tmp_path: Path, kind: Any, pooling: dict[str, object], pooled: str, caplog: pytest.LogCaptureFixture
) -> None:
    folder = build_encoder(tmp_path / "encoder", kind, **pooling)
    events = compared(folder, {"one": (HEART, BLOOD), "same": (HEART, BLOOD, HEART)})
    found = {event.key: event.score for event in events if isinstance(event, Rewarded)}
    heart, blood = (embedding(folder, text, POOLED[pooled]) for text in (HEART, BLOOD))
    wanted = float(torch.nn.functional.cosine_similarity(heart, blood, dim=0))
    assert found == {"one": pytest.approx(wanted, abs=1e-5), "same": pytest.approx(1.0, abs=1e-5)}
    assert wanted < 0.999
    caplog.clear()  # transformers says that the layer for pooling, which is not used, has no weights


def test_a_folder_of_an_encoder_is_a_measure(
    tmp_path: Path, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of several references, the most similar one counts; an answer without a reference has no value."""
    engine = EngineHere(similarity=LocalSimilarityBackend())
    monkeypatch.setattr(own_measure, "EngineProcess", lambda: nullcontext(engine))
    build_encoder(tmp_path / "encoder", pooling_mode="mean")
    path = tmp_path / "s.ftstudy"
    with StudyFile.create(path, title="", scale=Scale(), rng=Random(3), now=now) as study:
        system = study.systems.add(SystemSpec("base", SystemKind.IMPORTED)).id
        asked = (Message("user", "?"),)
        specs = (
            PromptSpec("p0", asked, reference=BLOOD, more_references=(HEART,)),
            PromptSpec("p1", (Message("user", "Why?"),)),
        )
        for prompt in study.prompts.add(specs):
            study.responses.store(prompt.id, [ResponseDraft(system, HEART, FinishReason.END)], run=None)
        measure = read_own_measure(OwnMeasureSettings("encoder", "similarity"), tmp_path)
        assert run_own_measure(study, measure, clock=lambda: now) == "“similarity” measured 1 answer."
        assert "has no new answers" in run_own_measure(study, measure, clock=lambda: now)
        (values,) = own_values(study)
    assert values.digest == measure.digest
    assert [*values.by_response.values()] == [{"": pytest.approx(1.0, abs=1e-5)}]
    (tmp_path / "encoder" / "1_Pooling" / "config.json").write_text('{"pooling_mode": "cls"}', "utf-8")
    assert read_own_measure(OwnMeasureSettings("encoder"), tmp_path).digest != measure.digest


def test_a_text_with_nothing_to_compare_it_with_has_its_embedding(tmp_path: Path) -> None:
    folder = build_encoder(tmp_path / "encoder")
    (found,) = (event for event in compared(folder, {"one": (HEART,)}) if isinstance(event, Rewarded))
    wanted = embedding(folder, HEART, POOLED["mean_tokens"])
    assert found.embedding == pytest.approx(wanted.tolist(), abs=1e-5)


def test_a_text_that_is_too_long_has_no_value(tmp_path: Path) -> None:
    folder = build_encoder(tmp_path / "encoder")
    events = compared(folder, {"long": (HEART * 200, HEART), "one": (HEART, HEART)})
    (failed,) = (event for event in events if isinstance(event, ItemFailed))
    assert failed.item == "long"
    assert f"the encoder reads 1 to {CONTEXT}" in failed.reason
    assert [event.key for event in events if isinstance(event, Rewarded)] == ["one"]


@pytest.mark.parametrize(
    "pooling",
    [
        {"pooling_mode_mean_tokens": True, "pooling_mode_cls_token": True},
        {"pooling_mode_weightedmean_tokens": True},
        {"word_embedding_dimension": 32},
    ],
)
def test_another_pooling_is_refused(tmp_path: Path, pooling: dict[str, object]) -> None:
    with pytest.raises(UserError) as caught:
        compared(build_encoder(tmp_path / "encoder", **pooling), {})
    assert caught.value.code == "encoder-pooling"
