"""Scores of texts by reward models (classifiers with one logit) and by the embeddings of text encoders."""

from __future__ import annotations

import math
import platform
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from transformers import (
    AutoModel,
    AutoModelForSequenceClassification,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)

from ftcompare.core.errors import BugError, UserError
from ftcompare.core.run_record import SystemReport
from ftcompare.core.study import Message
from ftcompare.engine.backends import RewardBackend, stop_if_cancelled
from ftcompare.engine.backends.local import devices, loading
from ftcompare.engine.backends.local.backend import PACKAGES, size_words
from ftcompare.engine.backends.local.generation import ProgressMonitor, interruptible
from ftcompare.engine.backends.local.hub_download import local_folder
from ftcompare.engine.backends.local.prompts import TEMPLATE_ERRORS
from ftcompare.engine.backends.local.systems import no_gradients
from ftcompare.engine.backends.local.template_renderer import RENDERER
from ftcompare.engine.backends.local.torch_errors import release_model, torch_errors_as_faults
from ftcompare.engine.backends.local.typed_transformers import answer_scores, embedding_weights, positions_of
from ftcompare.engine.models.folder_files import read_json
from ftcompare.engine.models.model_folder import ModelFolder, inspect_model
from ftcompare.engine.protocol import ItemFailed, Load, Loaded, Rewarded, Stage, TextToScore

CLASSIFIER = "ForSequenceClassification"  # suffix of transformers' class names of sequence classifiers
LABELS_UNSAID = 2  # number of labels that transformers assumes where a configuration gives none
LONGEST_SAID = 10**6  # a tokenizer with a larger maximum length does not know the limit


@dataclass(frozen=True)
class RewardModel:
    folder: ModelFolder
    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase
    context: int  # maximum number of tokens of a sequence; 0 where unknown

    @property
    def vocabulary(self) -> int:
        return int(embedding_weights(self.model).shape[0])

    @property
    def device(self) -> torch.device:
        return embedding_weights(self.model).device

    @property
    def padding(self) -> int | None:
        """Padding id of the configuration; None where it has none that the model knows."""
        said = getattr(self.model.config.get_text_config(), "pad_token_id", None)
        return said if isinstance(said, int) and 0 <= said < self.vocabulary else None


@dataclass(frozen=True, slots=True)
class TokenizedAnswer:
    key: str
    ids: tuple[int, ...]
    types: tuple[int, ...] = ()  # 1 in the second part of a pair, else 0; empty without token types


def require_reward_model(folder: ModelFolder) -> None:
    config = read_json(folder.path / "config.json", code="model-broken")
    if not folder.architecture.endswith(CLASSIFIER):
        what = f"This is not a reward model but a {folder.architecture}: it gives no score."
        how = (
            f"Choose a model whose architecture ends in {CLASSIFIER}, or use this one as a judge that "
            "writes its verdict."
        )
        raise _refused(folder, what, how, "reward-not-classifier")
    outputs = _labels(config)
    if outputs != 1:
        what = f"The model gives an answer {outputs} numbers, but a reward model gives one."
        how = (
            "Choose one with a single output. To use one of several heads, save it as a separate model "
            "with its row of the last layer's weights, and num_labels = 1."
        )
        raise _refused(folder, what, how, "reward-outputs")


def _refused(folder: ModelFolder, what: str, how: str, code: str) -> UserError:
    return UserError(what, where=str(folder.path), how=how, code=code)


def _labels(config: dict[str, object]) -> int:
    named, count = config.get("id2label"), config.get("num_labels")
    if isinstance(named, dict):
        return len(named)
    return count if isinstance(count, int) else LABELS_UNSAID


def load_reward_model(folder: ModelFolder, device: torch.device, dtype: torch.dtype) -> RewardModel:
    require_reward_model(folder)
    return with_tokenizer(
        folder, loading.load_weights(folder, device, dtype, kind=AutoModelForSequenceClassification)
    )


def with_tokenizer(folder: ModelFolder, model: PreTrainedModel) -> RewardModel:
    tokenizer = loading.folder_tokenizer(folder)
    said = (positions_of(model), int(tokenizer.model_max_length))
    known = [length for length in said if 0 < length <= LONGEST_SAID]
    return RewardModel(folder, model, tokenizer, min(known, default=0))


def tokenized_answer(text: TextToScore, model: RewardModel) -> TokenizedAnswer | ItemFailed:
    """Return the token ids, or why the answer cannot be scored; nothing is truncated."""
    try:
        ids, types = _tokens(text, model.tokenizer)
    except TEMPLATE_ERRORS as error:
        return ItemFailed(text.key, f"The model's chat template rejects prompt and answer: {error}")
    if not ids or max(ids) >= model.vocabulary:
        return ItemFailed(
            text.key, "The tokenizer turns the answer into tokens that the model does not have."
        )
    if model.context and len(ids) > model.context:
        reason = f"Prompt and answer have {len(ids)} tokens, and the model's context has {model.context}."
        return ItemFailed(text.key, reason)
    return TokenizedAnswer(text.key, ids, types)


def _tokens(text: TextToScore, tokenizer: PreTrainedTokenizerBase) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Return ids and types from the chat template, which adds special tokens, or in a plain format.

    In the plain format the prompt's turns are joined by empty lines. A tokenizer with a separator (BERT
    and similar) takes prompt and answer as a pair; for others the answer follows on a new line.
    """
    plain = "\n\n".join(message.content for message in text.messages)
    if tokenizer.chat_template:
        turns = (*text.messages, Message("assistant", text.text))
        template, named = str(tokenizer.get_chat_template()), tokenizer.special_tokens_map
        whole = RENDERER.text(template, turns, named, where=str(tokenizer.name_or_path), answered=True)
        return tuple(tokenizer(whole, add_special_tokens=False)["input_ids"]), ()
    if tokenizer.sep_token:
        found = tokenizer(plain, text.text)
        return tuple(found["input_ids"]), tuple(found.get("token_type_ids", ()))
    return tuple(tokenizer(f"{plain}\n{text.text}")["input_ids"]), ()


TOKENS = 2**14  # maximum number of positions of a batch, including padding


class Rewarder:
    """Scores answers with one reward model."""

    def __init__(self, model: RewardModel, monitor: ProgressMonitor) -> None:
        self._model = model
        self._monitor = monitor
        self._meter = devices.MemoryMeter(model.device)

    def rate(self, answers: Sequence[TokenizedAnswer]) -> None:
        """Score all answers, short ones first. Raises `Cancelled`, `EnvironmentFault` ``device-lost``."""
        ordered = sorted(answers, key=lambda answer: len(answer.ids))
        check = self._monitor.check
        for batch, scores in devices.read_in_batches(
            ordered, self._scores, lambda answer: len(answer.ids), TOKENS, self._meter, check
        ):
            if scores is None:
                self._monitor.emit(
                    ItemFailed(batch[0].key, "There is not enough memory to rate this answer.")
                )
                self._monitor.finish()
            else:
                for answer, score in zip(batch, scores, strict=True):
                    if math.isfinite(score):  # JSON has no infinities and no NaN
                        self._monitor.emit(Rewarded(answer.key, score))
                    else:
                        self._monitor.emit(
                            ItemFailed(answer.key, "The model returns no finite number for this answer.")
                        )
                self._monitor.finish(len(batch), sum(len(answer.ids) for answer in batch))

    def _scores(self, batch: Sequence[TokenizedAnswer]) -> list[float]:
        pad = self._padding(batch)
        device = self._model.device
        ids = _padded([answer.ids for answer in batch], pad, device)
        parts = [answer.types for answer in batch]
        types = _padded(parts, 0, device) if any(parts) else None
        mask = _padded([(1,) * len(answer.ids) for answer in batch], 0, device)
        with no_gradients(), interruptible(self._model.model, self._monitor.is_cancelled):
            scores = answer_scores(self._model.model, ids, mask, types, pad).tolist()
        self._meter.look()
        return scores

    def _padding(self, batch: Sequence[TokenizedAnswer]) -> int:
        """Return the configuration's padding id; else an id that occurs in no row.

        A decoder takes the score at the last token that is no padding; with an id that occurs nowhere
        this is the last token of the row.
        """
        said = self._model.padding
        if said is not None:
            return said
        present = {id_ for answer in batch for id_ in answer.ids}
        return next(id_ for id_ in range(self._model.vocabulary) if id_ not in present)


def _padded(rows: Sequence[Sequence[int]], fill: int, device: torch.device) -> torch.Tensor:
    longest = max(map(len, rows))
    return torch.tensor([[*row, *[fill] * (longest - len(row))] for row in rows], device=device)


class LocalRewardBackend(RewardBackend):
    """Backend of one reward model; faults of memory and device as in `LocalBackend`."""

    load_model = staticmethod(load_reward_model)

    def __init__(self) -> None:
        super().__init__()
        self._model: RewardModel | None = None

    @torch_errors_as_faults()
    def load(self, command: Load) -> Loaded:
        self._model = None
        release_model()
        if len(command.systems) != 1 or command.systems[0].adapter or command.systems[0].quantisation:
            raise BugError(
                "A reward model must be loaded alone and in its original precision.", code="bad-load"
            )
        request = command.systems[0]
        self.emit(Stage("Reading the model folder"))
        folder = inspect_model(local_folder(request.model, fetch=command.fetch))
        stop_if_cancelled(self.is_cancelled)
        device = devices.choose_device(command.device)
        devices.choose_threads(folder.parameters)
        choice = devices.choose_dtype(command.dtype, device, folder.parameters)
        self.emit(Stage(f"Loading the reward model ({size_words(folder.parameters)}, {choice.name})"))
        self._model = self.load_model(folder, device, choice.dtype)
        stop_if_cancelled(self.is_cancelled)
        self.emit(Stage("Computing seals"))
        versions = {"python": platform.python_version(), **{name: version(name) for name in PACKAGES}}
        report = _report(request.key, self._model)
        return Loaded(
            str(device), devices.device_name(device), choice.name, choice.reason, (report,), versions
        )

    @torch_errors_as_faults()
    def reward(self, texts: Sequence[TextToScore]) -> None:
        model = self._model
        if model is None:
            raise BugError("No reward model is loaded.", code="not-loaded")
        monitor = ProgressMonitor(len(texts), (), self.emit, self.is_cancelled)
        ready = monitor.possible(texts, lambda text: tokenized_answer(text, model))
        if monitor.done:
            monitor.tell()
        Rewarder(model, monitor).rate(ready)


def _report(key: str, model: RewardModel) -> SystemReport:
    folder = model.folder
    return SystemReport(
        key,
        folder.architecture,
        folder.parameters,
        None,
        (),
        loading.model_digest(folder),
        loading.tokenizer_digest(folder),
        loading.template_digest(model.tokenizer),
        folder.warnings,
    )


POOLINGS = ("mean", "cls", "max", "last")  # supported ones; the first is used without a setting


def pooling_of(folder: Path) -> str:
    """Return the pooling that a sentence-transformers folder names. Raises ``encoder-pooling``."""
    file = folder / "1_Pooling" / "config.json"
    given = read_json(file, code="model-broken") if file.is_file() else {"pooling_mode": POOLINGS[0]}
    flags = [key.removeprefix("pooling_mode_") for key, value in given.items() if value is True]
    named = [str(given["pooling_mode"])] if "pooling_mode" in given else flags
    found = [one for one in POOLINGS for name in named if name.startswith(one)]
    if len(named) != 1 or not found or any(folder.glob("*_Dense")):
        what = "The folder combines or transforms token vectors in a way that is not supported."
        how = "Choose an encoder with one pooling of mean, cls, max, or last, and without a Dense layer."
        raise UserError(what, where=str(folder), how=how, code="encoder-pooling")
    return found[0]


def load_encoder(folder: ModelFolder, device: torch.device, dtype: torch.dtype) -> RewardModel:
    pooling_of(folder.path)
    return with_tokenizer(folder, loading.load_weights(folder, device, dtype, kind=AutoModel))


class LocalSimilarityBackend(LocalRewardBackend):
    """Scores a text by its cosine similarity to the most similar of its messages, -1 to 1.

    A text without messages gets the score 0 and its embedding. Texts are read one by one, so that no padding
    has to be left out of the pooling.
    """

    load_model = staticmethod(load_encoder)

    @torch_errors_as_faults()
    def reward(self, texts: Sequence[TextToScore]) -> None:
        model = self._model
        if model is None:
            raise BugError("No encoder is loaded.", code="not-loaded")
        monitor = ProgressMonitor(len(texts), (), self.emit, self.is_cancelled)
        with no_gradients(), interruptible(model.model, self.is_cancelled):
            for text in texts:
                monitor.check()
                every = (text.text, *(message.content for message in text.messages))
                rows: list[list[int]] = [model.tokenizer(one)["input_ids"] for one in every]
                longest = max(map(len, rows))
                if not all(rows) or (model.context and longest > model.context):
                    reason = f"A text has {longest} tokens, and the encoder reads 1 to {model.context}."
                    self.emit(ItemFailed(text.key, reason))
                else:
                    first, *others = (_embedding(model, ids) for ids in rows)
                    if others:
                        scores = torch.nn.functional.cosine_similarity(first[None], torch.stack(others))
                        self.emit(Rewarded(text.key, float(scores.max())))
                    else:
                        self.emit(Rewarded(text.key, 0.0, tuple(first.tolist())))
                monitor.finish(1, sum(map(len, rows)))


def _embedding(model: RewardModel, ids: Sequence[int]) -> torch.Tensor:
    """Return the embedding of one text: (width,)."""
    run: Any = model.model
    states = run(input_ids=torch.tensor([ids], device=model.device)).last_hidden_state[0].float()
    pooled = {"mean": states.mean(0), "cls": states[0], "max": states.amax(0), "last": states[-1]}
    found: torch.Tensor = pooled[pooling_of(model.folder.path)]
    return found
