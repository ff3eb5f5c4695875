"""Similarity of texts to references: cosine of their embeddings by a text encoder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModel

from ftcompare.core.errors import BugError, UserError
from ftcompare.engine.backends.local.generation import ProgressMonitor, interruptible
from ftcompare.engine.backends.local.loading import load_weights
from ftcompare.engine.backends.local.reward_model import LocalRewardBackend, RewardModel, with_tokenizer
from ftcompare.engine.backends.local.systems import no_gradients
from ftcompare.engine.backends.local.torch_errors import torch_errors_as_faults
from ftcompare.engine.models.folder_files import read_json
from ftcompare.engine.models.model_folder import ModelFolder
from ftcompare.engine.protocol import ItemFailed, Rewarded, TextToScore

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
    """Load an encoder and its tokenizer. Raises as `pooling_of` and `load_base`."""
    pooling_of(folder.path)
    return with_tokenizer(folder, load_weights(folder, device, dtype, kind=AutoModel))


class LocalSimilarityBackend(LocalRewardBackend):
    """Scores a text by its cosine similarity to the most similar of its messages, -1 to 1.

    Texts are read one by one, so that no padding has to be left out of the pooling.
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
                    scores = torch.nn.functional.cosine_similarity(first[None], torch.stack(others))
                    self.emit(Rewarded(text.key, float(scores.max())))
                monitor.finish(1, sum(map(len, rows)))


def _embedding(model: RewardModel, ids: Sequence[int]) -> torch.Tensor:
    """Return the embedding of one text: (width,)."""
    run: Any = model.model
    states = run(input_ids=torch.tensor([ids], device=model.device)).last_hidden_state[0].float()
    pooled = {"mean": states.mean(0), "cls": states[0], "max": states.amax(0), "last": states[-1]}
    found: torch.Tensor = pooled[pooling_of(model.folder.path)]
    return found
