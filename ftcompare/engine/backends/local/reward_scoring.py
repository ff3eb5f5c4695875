"""Scores of answers by a reward model, in batches of similar length that do not affect the scores."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch

from ftcompare.engine.backends.local.generation import ProgressMonitor, interruptible
from ftcompare.engine.backends.local.memory import MemoryMeter, read_in_batches
from ftcompare.engine.backends.local.reward_model import RewardModel, TokenizedAnswer
from ftcompare.engine.backends.local.systems import no_gradients
from ftcompare.engine.backends.local.typed_transformers import answer_scores
from ftcompare.engine.protocol import ItemFailed, Rewarded

TOKENS = 2**14
"""Maximum number of positions of a batch, including padding."""


class Rewarder:
    """Scores answers with one reward model."""

    def __init__(self, model: RewardModel, monitor: ProgressMonitor) -> None:
        self._model = model
        self._monitor = monitor
        self._meter = MemoryMeter(model.device)

    def rate(self, answers: Sequence[TokenizedAnswer]) -> None:
        """Score all answers, short ones first, in batches that memory and time allow.

        Raises:
            Cancelled: the user cancelled.
            EnvironmentFault: ``device-lost``.
        """
        ordered = sorted(answers, key=lambda answer: len(answer.ids))
        for batch, scores in read_in_batches(
            ordered, self._scores, _fitting, self._meter, self._monitor.check
        ):
            if scores is None:
                self._fail(batch[0], "There is not enough memory to rate this answer.")
            else:
                self._deliver(batch, scores)

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
        """The configuration's padding id; else an id that occurs in no row.

        A decoder takes the score at the last token that is no padding; with an id that occurs nowhere this is
        the last token of the row.
        """
        said = self._model.padding
        if said is not None:
            return said
        present = {id_ for answer in batch for id_ in answer.ids}
        return next(id_ for id_ in range(self._model.vocabulary) if id_ not in present)

    def _deliver(self, batch: Sequence[TokenizedAnswer], scores: Sequence[float]) -> None:
        for answer, score in zip(batch, scores, strict=True):
            if math.isfinite(score):  # JSON has no infinities and no NaN
                self._monitor.emit(Rewarded(answer.key, score))
            else:
                self._monitor.emit(ItemFailed(answer.key, "The model gives no number for this answer."))
        self._monitor.finish(len(batch), sum(len(answer.ids) for answer in batch))

    def _fail(self, answer: TokenizedAnswer, reason: str) -> None:
        self._monitor.emit(ItemFailed(answer.key, reason))
        self._monitor.finish()


def _fitting(todo: Sequence[TokenizedAnswer]) -> int:
    """How many of the first answers, each padded to the longest, form a batch; at least one."""
    counts = (n for n in range(len(todo), 1, -1) if n * len(todo[n - 1].ids) <= TOKENS)
    return next(counts, 1)


def _padded(rows: Sequence[Sequence[int]], fill: int, device: torch.device) -> torch.Tensor:
    """Ids (rows, longest row), filled on the right."""
    longest = max(map(len, rows))
    return torch.tensor([[*row, *[fill] * (longest - len(row))] for row in rows], device=device)
