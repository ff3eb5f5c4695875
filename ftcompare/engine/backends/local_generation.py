"""Writing responses: a batch of prompts at a time, every system in turn, a pair as soon as it is whole.

Prompts of like length go together, padded on the left; `generate` counts positions from the attention
mask, so padding shifts nothing. Nothing is raised inside `generate`: a cancel is a stopping criterion.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from itertools import takewhile
from typing import cast

import torch
from transformers import LogitsProcessorList, StoppingCriteria, StoppingCriteriaList

from ftcompare.engine.backends import Cancelled, Emit, IsCancelled
from ftcompare.engine.backends.local_faults import is_out_of_memory, raise_if_device_lost, release_memory
from ftcompare.engine.backends.local_library import generate, generation_config
from ftcompare.engine.backends.local_loading import Base
from ftcompare.engine.backends.local_prompts import Encoded, clean_text
from ftcompare.engine.backends.local_sampling import GumbelDraw
from ftcompare.engine.backends.local_systems import Systems, no_gradients
from ftcompare.engine.protocol import GenerationSettings, ItemFailed, Note, Pair, Progress, Written

PROGRESS_SECONDS = 0.5


class Watch(StoppingCriteria):
    """Counts tokens as they come, tells of them, and stops `generate` when the user wants it.

    Args:
        total: items asked for.
        quiet_tokens: ids that do not count: the end tokens and the padding.
        emit: gets `Progress`.
        is_cancelled: asked at every token.
    """

    def __init__(
        self, total: int, quiet_tokens: Sequence[int], emit: Emit, is_cancelled: IsCancelled
    ) -> None:
        self.done = 0
        self._total = total
        self._quiet = torch.tensor(sorted(set(quiet_tokens)))
        self._emit = emit
        self._is_cancelled = is_cancelled
        self._tokens = 0
        self._begun = self._told = time.monotonic()

    def __call__(self, input_ids: torch.LongTensor, *_: object, **__: object) -> torch.BoolTensor:
        """Whether each row is to stop: all, if cancelled."""
        last = input_ids[:, -1].cpu()
        self._tokens += int((~torch.isin(last, self._quiet)).sum())
        if time.monotonic() - self._told > PROGRESS_SECONDS:
            self.tell()
        rows = torch.full((input_ids.shape[0],), self._is_cancelled(), device=input_ids.device)
        return cast("torch.BoolTensor", rows)

    def tell(self) -> None:
        """Emit `Progress` now."""
        self._told = time.monotonic()
        seconds = max(self._told - self._begun, 1e-6)
        self._emit(Progress(self.done, self._total, self._tokens / seconds))

    def check(self) -> None:
        """Give up if the user wants it.

        Raises:
            Cancelled: it was cancelled.
        """
        if self._is_cancelled():
            raise Cancelled


class Writer:
    """Writes the responses of all systems.

    Args:
        systems: proved, adapters attached.
        keys: of the systems, in the order of a pair's responses.
        settings: the same for all.
        watch: stops and counts.
        emit: gets the pairs.
    """

    def __init__(
        self, systems: Systems, keys: Sequence[str], settings: GenerationSettings, watch: Watch, emit: Emit
    ) -> None:
        self._systems = systems
        self._keys = tuple(keys)
        self._settings = settings
        self._watch = watch
        self._emit = emit

    def write(self, prompts: Sequence[Encoded]) -> None:
        """Answer them all, short ones first. When memory runs out the batch is halved.

        Raises:
            Cancelled: it was cancelled; pairs emitted before stand.
            EnvironmentFault: ``device-lost``.
        """
        todo = sorted(prompts, key=lambda prompt: (prompt.limit, len(prompt.ids)))
        size = max(1, self._settings.batch_prompts)
        while todo:
            self._watch.check()
            batch = next_batch(todo, size)
            pairs = self._attempt(batch)
            if pairs is None:
                release_memory()
            if pairs is None and len(batch) > 1:
                size = len(batch) // 2
                self._emit(Note(f"Memory ran out: {size} prompts are now written at a time."))
                continue
            reason = "There is not enough memory to answer this prompt."
            self._deliver(pairs or [ItemFailed(batch[0].key, reason)])
            del todo[: len(batch)]

    def _deliver(self, outcomes: Sequence[Pair | ItemFailed]) -> None:
        for outcome in outcomes:
            self._emit(outcome)
        self._watch.done += len(outcomes)
        self._watch.tell()

    def _attempt(self, batch: Sequence[Encoded]) -> list[Pair] | None:
        """The batch's pairs; None if memory ran out."""
        try:
            columns = [self._respond(key, batch) for key in self._keys]
        except (RuntimeError, MemoryError) as error:
            if is_out_of_memory(error):
                return None
            raise_if_device_lost(error)
            raise
        return [Pair(prompt.key, row) for prompt, row in zip(batch, zip(*columns, strict=True), strict=True)]

    def _respond(self, key: str, batch: Sequence[Encoded]) -> list[Written]:
        """One system's responses to one batch."""
        base = self._systems.base
        ids, mask = pad_left([prompt.ids for prompt in batch], base.pad_token, base.device)
        limit = batch[0].limit
        config = generation_config(
            max_new_tokens=limit,
            do_sample=False,
            eos_token_id=list(base.end_tokens) or None,
            pad_token_id=base.pad_token,
        )
        with self._systems.speaking(key), no_gradients():
            output = generate(
                base.model,
                input_ids=ids,
                attention_mask=mask,
                generation_config=config,
                logits_processor=self._processors(batch, ids.shape[1]),
                stopping_criteria=StoppingCriteriaList([self._watch]),
            )
        self._watch.check()
        rows = output[:, ids.shape[1] :].tolist()
        return [written(key, row, base) for row in rows]

    def _processors(self, batch: Sequence[Encoded], prompt_length: int) -> LogitsProcessorList:
        if self._settings.temperature == 0:
            return LogitsProcessorList()
        keys = [prompt.key for prompt in batch]
        return LogitsProcessorList([GumbelDraw(self._settings, keys, prompt_length)])


def next_batch(todo: Sequence[Encoded], size: int) -> list[Encoded]:
    """The first ones, as far as they have the same limit."""
    return list(takewhile(lambda prompt: prompt.limit == todo[0].limit, todo[:size]))


def pad_left(
    rows: Sequence[Sequence[int]], pad: int, device: torch.device
) -> tuple[torch.Tensor, torch.Tensor]:
    """Token ids and attention mask, both (rows, longest)."""
    longest = max(len(row) for row in rows)
    ids = torch.tensor([[pad] * (longest - len(row)) + list(row) for row in rows], device=device)
    mask = torch.tensor([[0] * (longest - len(row)) + [1] * len(row) for row in rows], device=device)
    return ids, mask


def written(key: str, row: Sequence[int], base: Base) -> Written:
    """A response from the new tokens of a row, which go up to the first end token."""
    tokens = list(takewhile(lambda token: token not in base.end_tokens, row))
    ended = len(tokens) < len(row)
    text = clean_text(tokens, base.tokenizer)
    return Written(key, text, "end" if ended else "length", len(tokens))
