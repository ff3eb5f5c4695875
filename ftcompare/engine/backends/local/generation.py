"""Reference decoding: one batch at a time, one system after another.

PEFT's own adapters are switched on or off. A row is one sample of one prompt. Prompts of similar length form
a batch, padded on the left; `generate` derives positions from the attention mask, so padding does not shift
them. In strict mode a batch has a single row, so that other rows cannot affect its arithmetic.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import takewhile
from typing import TypeVar, cast

import torch
from transformers import LogitsProcessor, LogitsProcessorList, StoppingCriteria, StoppingCriteriaList

from ftcompare.engine.backends import Emit, IsCancelled, stop_if_cancelled
from ftcompare.engine.backends.local.devices import BatchSize, MemoryMeter
from ftcompare.engine.backends.local.prompts import Encoded
from ftcompare.engine.backends.local.response_end import ResponseProgress
from ftcompare.engine.backends.local.sampling import RandomStream, Sampler
from ftcompare.engine.backends.local.systems import LoadedSystems, no_gradients
from ftcompare.engine.backends.local.torch_errors import NO_ROOM_FOR_ONE, unless_out_of_memory
from ftcompare.engine.backends.local.typed_transformers import generate, generation_config
from ftcompare.engine.protocol import GenerationSettings, ItemFailed, Note, Pair, Progress, Written

PROGRESS_SECONDS = 0.5

ItemT = TypeVar("ItemT")
Made = TypeVar("Made")


class ProgressMonitor(StoppingCriteria):
    """Counts and reports generated tokens, and stops `generate` when the user cancels.

    ``total`` is the number of items; ``quiet_tokens`` (end tokens and padding) are not counted.
    ``at_token`` is called at every token.
    """

    def __init__(
        self, total: int, quiet_tokens: Sequence[int], emit: Emit, is_cancelled: IsCancelled
    ) -> None:
        self.done = 0
        self.emit = emit
        self.is_cancelled = is_cancelled
        self.at_token: Callable[[], None] = lambda: None
        self._total = total
        self._quiet = torch.tensor(sorted(set(quiet_tokens)))
        self._tokens = 0
        self._begun = self._told = time.monotonic()

    def __call__(self, input_ids: torch.LongTensor, *_: object, **__: object) -> torch.BoolTensor:
        """Stop all rows after a cancel."""
        last = input_ids[:, -1].cpu()  # waits for the device
        self.at_token()
        self._tokens += int((~torch.isin(last, self._quiet)).sum())
        if time.monotonic() - self._told > PROGRESS_SECONDS:
            self.tell()
        rows = torch.full((input_ids.shape[0],), self.is_cancelled(), device=input_ids.device)
        return cast("torch.BoolTensor", rows)

    def tell(self) -> None:
        self._told = time.monotonic()
        seconds = max(self._told - self._begun, 1e-6)
        self.emit(Progress(self.done, self._total, self._tokens / seconds))

    def finish(self, items: int = 1, tokens: int = 0) -> None:
        """Count ``items`` finished items with ``tokens`` tokens that were not counted one by one."""
        self.done += items
        self._tokens += tokens
        self.tell()

    def check(self) -> None:
        stop_if_cancelled(self.is_cancelled)

    def possible(self, items: Sequence[ItemT], make: Callable[[ItemT], Made | ItemFailed]) -> list[Made]:
        """Return what ``make`` returns for each item; an `ItemFailed` is emitted and counts as finished."""
        ready: list[Made] = []
        for one in items:
            self.check()
            made = make(one)
            if isinstance(made, ItemFailed):
                self.emit(made)
                self.done += 1
            else:
                ready.append(made)
        return ready


class ResponseEndCriteria(StoppingCriteria):
    """Stops each row when its response is complete."""

    def __init__(self, rows: Sequence[ResponseProgress]) -> None:
        self._rows = rows
        self._new: list[list[int]] = [[] for _ in rows]
        self.lengths: list[int | None] = [None] * len(rows)

    def __call__(self, input_ids: torch.LongTensor, *_: object, **__: object) -> torch.BoolTensor:
        for row, token in enumerate(input_ids[:, -1].tolist()):
            self._new[row].append(token)
            if self.lengths[row] is None and self._rows[row].is_whole(self._new[row]):
                self.lengths[row] = len(self._new[row])
        ended = [length is not None for length in self.lengths]
        return cast("torch.BoolTensor", torch.tensor(ended, device=input_ids.device))


@contextmanager
def interruptible(model: torch.nn.Module, is_cancelled: IsCancelled) -> Iterator[None]:
    """Raise `Cancelled` between two layers on a cancel: a pass calls no stopping criteria."""
    lists = [module for module in model.modules() if isinstance(module, torch.nn.ModuleList)]
    repeated = max(lists, key=len, default=torch.nn.ModuleList())
    handles = [
        layer.register_forward_pre_hook(lambda *_: stop_if_cancelled(is_cancelled)) for layer in repeated
    ]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


class SamplerProcessor(LogitsProcessor):
    """Makes `generate`, which takes the largest score, take the token drawn by the sampler."""

    def __init__(self, sampler: Sampler, streams: Sequence[RandomStream]) -> None:
        self._sampler = sampler
        self._streams = streams

    def __call__(self, _: torch.LongTensor, scores: torch.FloatTensor) -> torch.FloatTensor:
        """Score 0 for the drawn token of each row and -∞ for all others."""
        tokens = self._sampler.draw(scores, self._streams)
        chosen = torch.full_like(scores, -torch.inf)
        chosen[range(len(tokens)), tokens] = 0
        return cast("torch.FloatTensor", chosen)


@dataclass(frozen=True, slots=True)
class PromptSample:
    prompt: Encoded
    sample: int


class ReferenceDecoder:
    """Generates the responses of all verified systems; ``keys`` order those of a pair."""

    def __init__(
        self,
        systems: LoadedSystems,
        keys: Sequence[str],
        settings: GenerationSettings,
        monitor: ProgressMonitor,
    ) -> None:
        self._systems = systems
        self._keys = tuple(keys)
        self._settings = settings
        self._monitor = monitor
        self._sampler = Sampler(settings)
        self._rules = {key: systems.rules(key, settings) for key in keys}
        self._size = BatchSize(1 if settings.strict else settings.batch_prompts, systems.base.device)
        self._meter = MemoryMeter(systems.base.device)
        monitor.at_token = self._meter.look

    def write(self, prompts: Sequence[Encoded]) -> None:
        """Answer all prompts, short ones first; the batch is halved when memory runs out."""
        ordered = sorted(prompts, key=lambda prompt: (prompt.limit, prompt.longest))
        todo = [PromptSample(prompt, sample) for prompt in ordered for sample in prompt.samples]
        self._monitor.done += sum(not prompt.samples for prompt in prompts)
        while todo:
            self._monitor.check()
            batch = next_batch(todo, self._size.rows)
            todo = self._settle(batch, self._attempt(batch), todo)

    def _settle(
        self, batch: Sequence[PromptSample], pairs: list[Pair] | None, todo: list[PromptSample]
    ) -> list[PromptSample]:
        """Emit the results of a batch and return the samples that remain."""
        if pairs is not None:
            left = todo[len(batch) :]
            for pair in pairs:
                self._monitor.emit(pair)
        elif len(batch) > 1:
            self._size.ran_out(len(batch))
            rows = self._size.rows
            what = f"Memory ran out: {rows:,} prompts are now written at a time."
            self._monitor.emit(
                Note("Memory ran out: 1 prompt is now written at a time." if rows == 1 else what)
            )
            return todo
        else:
            key = batch[0].prompt.key
            self._monitor.emit(ItemFailed(key, NO_ROOM_FOR_ONE))
            left = [row for row in todo if row.prompt.key != key]
        self._monitor.finish(len({row.prompt.key for row in batch} - {row.prompt.key for row in left}))
        return left

    def _attempt(self, batch: Sequence[PromptSample]) -> list[Pair] | None:
        self._meter.start()
        columns = unless_out_of_memory(lambda: [self.respond(key, batch) for key in self._keys])
        if columns is None:
            return None
        self._size.took(len(batch), self._meter.grown)
        responses = zip(*columns, strict=True)
        return [Pair(row.prompt.key, found, row.sample) for row, found in zip(batch, responses, strict=True)]

    def respond(self, key: str, batch: Sequence[PromptSample]) -> list[Written]:
        base = self._systems.base
        ids, mask = pad_left([row.prompt.ids_for(key) for row in batch], base.pad_token, base.device)
        ends = self._systems.end_tokens(key)
        rules, limit, monitor = self._rules[key], batch[0].prompt.limit, self._monitor
        rows = [ResponseProgress(rules, limit, opened=row.prompt.is_opened(key)) for row in batch]
        criteria = ResponseEndCriteria(rows)
        config = generation_config(
            max_new_tokens=limit, do_sample=False, eos_token_id=[*ends] or None, pad_token_id=base.pad_token
        )
        with self._systems.speaking(key), no_gradients(), interruptible(base.model, monitor.is_cancelled):
            output = generate(
                base.model,
                input_ids=ids,
                attention_mask=mask,
                generation_config=config,
                logits_processor=self._processors(key, batch),
                stopping_criteria=StoppingCriteriaList([monitor, criteria]),
            )
            active = self._systems.acting()
        monitor.check()
        found = zip(batch, output[:, ids.shape[1] :].tolist(), criteria.lengths, rows, strict=True)
        return [
            rules.written(key, new[:length], progress, active, len(row.prompt.ids_for(key)))
            for row, new, length, progress in found
        ]

    def _processors(self, key: str, batch: Sequence[PromptSample]) -> LogitsProcessorList:
        if self._settings.temperature == 0 and self._settings.repetition_penalty == 1:
            return LogitsProcessorList()
        streams = [self._sampler.stream(r.prompt.key, key, r.sample, r.prompt.ids_for(key)) for r in batch]
        return LogitsProcessorList([SamplerProcessor(self._sampler, streams)])


def next_batch(todo: Sequence[PromptSample], size: int) -> list[PromptSample]:
    """Return the first samples, at most ``size``, that have the same token limit."""
    limit = todo[0].prompt.limit
    return list(takewhile(lambda row: row.prompt.limit == limit, todo[:size]))


def pad_left(
    rows: Sequence[Sequence[int]], pad: int, device: torch.device
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return token ids and attention mask, both (rows, longest row)."""
    longest = max(len(row) for row in rows)
    ids = torch.tensor([[pad] * (longest - len(row)) + list(row) for row in rows], device=device)
    mask = torch.tensor([[0] * (longest - len(row)) + [1] * len(row) for row in rows], device=device)
    return ids, mask
