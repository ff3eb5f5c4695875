"""Writing responses: a batch of rows at a time, every system in turn, a pair as soon as it is whole.

This is the reference path: PEFT's own adapters, on or off. A row is one sample of one prompt. Prompts of
like length go together, padded on the left; `generate` counts positions from the attention mask, so
padding shifts nothing. In strict mode a row is alone: then its arithmetic has nothing of its neighbours.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import cast

import torch
from transformers import (
    GenerationConfig,
    LogitsProcessor,
    LogitsProcessorList,
    StoppingCriteria,
    StoppingCriteriaList,
)

from ftcompare.engine.backends import Cancelled, Emit, IsCancelled
from ftcompare.engine.backends.local.loading import Base
from ftcompare.engine.backends.local.memory import BatchSize, MemoryMeter
from ftcompare.engine.backends.local.prompts import Encoded
from ftcompare.engine.backends.local.sampling import RandomStream, Sampler, StopTexts, plain_text
from ftcompare.engine.backends.local.stopping import StopTextCriteria, interruptible
from ftcompare.engine.backends.local.systems import LoadedSystems, no_gradients
from ftcompare.engine.backends.local.torch_errors import NO_ROOM_FOR_ONE, unless_out_of_memory
from ftcompare.engine.backends.local.typed_transformers import generate, generation_config
from ftcompare.engine.protocol import GenerationSettings, ItemFailed, Note, Pair, Progress, Written

PROGRESS_SECONDS = 0.5


class ProgressMonitor(StoppingCriteria):
    """Counts tokens as they come, tells of them, and stops `generate` when the user wants it.

    Args:
        total: items asked for.
        quiet_tokens: ids that do not count: the end tokens and the padding.
        emit: gets `Progress`.
        is_cancelled: asked at every token.

    ``at_token`` is called at every token; by itself it does nothing.
    """

    def __init__(
        self, total: int, quiet_tokens: Sequence[int], emit: Emit, is_cancelled: IsCancelled
    ) -> None:
        self.done = 0
        self._total = total
        self._quiet = torch.tensor(sorted(set(quiet_tokens)))
        self._emit = emit
        self._is_cancelled = is_cancelled
        self.at_token: Callable[[], None] = _nothing
        self._tokens = 0
        self._begun = self._told = time.monotonic()

    @property
    def is_cancelled(self) -> IsCancelled:
        """Whether the user wants it to stop."""
        return self._is_cancelled

    def __call__(self, input_ids: torch.LongTensor, *_: object, **__: object) -> torch.BoolTensor:
        """Whether each row is to stop: all, if cancelled."""
        last = input_ids[:, -1].cpu()  # waits for the device
        self.at_token()
        self._tokens += int((~torch.isin(last, self._quiet)).sum())
        if time.monotonic() - self._told > PROGRESS_SECONDS:
            self.tell()
        rows = torch.full((input_ids.shape[0],), self._is_cancelled(), device=input_ids.device)
        return cast("torch.BoolTensor", rows)

    def count(self, tokens: int) -> None:
        """So many more were dealt with."""
        self._tokens += tokens

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


def _nothing() -> None:
    pass


class SamplerProcessor(LogitsProcessor):
    """Lets `generate`, which takes the largest, take what the sampler draws.

    Args:
        sampler: draws.
        streams: of the rows, in their order.
    """

    def __init__(self, sampler: Sampler, streams: Sequence[RandomStream]) -> None:
        self._sampler = sampler
        self._streams = streams

    def __call__(self, _: torch.LongTensor, scores: torch.FloatTensor) -> torch.FloatTensor:
        """Scores (rows, vocabulary): 0 for the token drawn, below for all others."""
        tokens = self._sampler.draw(scores, self._streams)
        chosen = torch.full_like(scores, -torch.inf)
        chosen[range(len(tokens)), tokens] = 0
        return cast("torch.FloatTensor", chosen)


@dataclass(frozen=True, slots=True)
class PromptSample:
    """One sample of one prompt."""

    prompt: Encoded
    sample: int


class ReferenceDecoder:
    """Writes the responses of all systems.

    Args:
        systems: verified, adapters attached.
        keys: of the systems, in the order of a pair's responses.
        settings: the same for all.
        watch: stops and counts.
        emit: gets the pairs.
    """

    def __init__(
        self,
        systems: LoadedSystems,
        keys: Sequence[str],
        settings: GenerationSettings,
        monitor: ProgressMonitor,
        emit: Emit,
    ) -> None:
        self._systems = systems
        self._keys = tuple(keys)
        self._settings = settings
        self._monitor = monitor
        self._emit = emit
        self._sampler = Sampler(settings)
        self._stops = StopTexts.of(settings.stop, systems.base.tokenizer)
        self._size = BatchSize(1 if settings.strict else settings.batch_prompts, systems.base.device)
        self._meter = MemoryMeter(systems.base.device)
        monitor.at_token = self._meter.look

    def write(self, prompts: Sequence[Encoded]) -> None:
        """Answer them all, short ones first. When memory runs out the batch is halved.

        Raises:
            Cancelled: it was cancelled; pairs emitted before stand.
            EnvironmentFault: ``device-lost``.
        """
        ordered = sorted(prompts, key=lambda prompt: (prompt.limit, len(prompt.ids)))
        todo = [PromptSample(prompt, sample) for prompt in ordered for sample in prompt.samples]
        self._monitor.done += sum(not prompt.samples for prompt in prompts)
        while todo:
            self._monitor.check()
            batch = next_batch(todo, self._size.rows)
            todo = self._settle(batch, self._attempt(batch), todo)

    def _settle(
        self, batch: Sequence[PromptSample], pairs: list[Pair] | None, todo: list[PromptSample]
    ) -> list[PromptSample]:
        """Deliver what came of a batch; what is left to do."""
        if pairs is not None:
            left = todo[len(batch) :]
            for pair in pairs:
                self._emit(pair)
        else:
            if len(batch) > 1:
                self._size.ran_out(len(batch))
                self._emit(Note(f"Memory ran out: {self._size.rows} prompts are now written at a time."))
                return todo
            key = batch[0].prompt.key
            self._emit(ItemFailed(key, NO_ROOM_FOR_ONE))
            left = [row for row in todo if row.prompt.key != key]
        self._monitor.done += len({row.prompt.key for row in batch} - {row.prompt.key for row in left})
        self._monitor.tell()
        return left

    def _attempt(self, batch: Sequence[PromptSample]) -> list[Pair] | None:
        """The batch's pairs; None if memory ran out."""
        self._meter.start()
        columns = unless_out_of_memory(lambda: [self.respond(key, batch) for key in self._keys])
        if columns is None:
            return None
        self._size.took(len(batch), self._meter.grown)
        responses = zip(*columns, strict=True)
        return [Pair(row.prompt.key, found, row.sample) for row, found in zip(batch, responses, strict=True)]

    def respond(self, key: str, batch: Sequence[PromptSample]) -> list[Written]:
        """One system's responses to one batch."""
        base = self._systems.base
        ids, mask = pad_left([row.prompt.ids_for(key) for row in batch], base.pad_token, base.device)
        ends = self._systems.end_tokens(key)
        stops = StopTextCriteria(self._stops, ids.shape[1], len(batch))
        with (
            self._systems.speaking(key),
            no_gradients(),
            interruptible(base.model, self._monitor.is_cancelled),
        ):
            output = generate(
                base.model,
                input_ids=ids,
                attention_mask=mask,
                generation_config=_config(ends, base.pad_token, batch[0].prompt.limit),
                logits_processor=self._processors(key, batch),
                stopping_criteria=self._criteria(stops),
            )
            active = self._systems.acting()
        self._monitor.check()
        rows = zip(output[:, ids.shape[1] :].tolist(), stops.lengths, strict=True)
        return [written(key, row[:length], base, self._stops, active, ends) for row, length in rows]

    def _processors(self, key: str, batch: Sequence[PromptSample]) -> LogitsProcessorList:
        if self._settings.temperature == 0 and self._settings.repetition_penalty == 1:
            return LogitsProcessorList()
        streams = [self._sampler.stream(r.prompt.key, key, r.sample, r.prompt.ids_for(key)) for r in batch]
        return LogitsProcessorList([SamplerProcessor(self._sampler, streams)])

    def _criteria(self, stops: StopTextCriteria) -> StoppingCriteriaList:
        return StoppingCriteriaList([self._monitor, stops] if self._settings.stop else [self._monitor])


def _config(ends: Sequence[int], pad: int, limit: int) -> GenerationConfig:
    return generation_config(
        max_new_tokens=limit, do_sample=False, eos_token_id=[*ends] or None, pad_token_id=pad
    )


def next_batch(todo: Sequence[PromptSample], size: int) -> list[PromptSample]:
    """The first ones, as far as they have the same limit."""
    limit = todo[0].prompt.limit
    return list(takewhile(lambda row: row.prompt.limit == limit, todo[:size]))


def pad_left(
    rows: Sequence[Sequence[int]], pad: int, device: torch.device
) -> tuple[torch.Tensor, torch.Tensor]:
    """Token ids and attention mask, both (rows, longest)."""
    longest = max(len(row) for row in rows)
    ids = torch.tensor([[pad] * (longest - len(row)) + list(row) for row in rows], device=device)
    mask = torch.tensor([[0] * (longest - len(row)) + [1] * len(row) for row in rows], device=device)
    return ids, mask


def written(
    key: str,
    row: Sequence[int],
    base: Base,
    stops: StopTexts | None = None,
    active: str = "",
    ends: Sequence[int] | None = None,
) -> Written:
    """A response from the new tokens of a row, which go up to the first end token.

    Args:
        key: the system's.
        row: new tokens.
        base: whose tokenizer and end tokens.
        stops: texts that end a response and do not belong to it; the tokens that spelled one count.
        active: see `Written`.
        ends: the system's end tokens; None for the base's.
    """
    ending = base.end_tokens if ends is None else ends
    tokens = list(takewhile(lambda token: token not in ending, row))
    text = plain_text(tokens, base.tokenizer)
    before = stops.cut(text) if stops else None
    ended = len(tokens) < len(row) or before is not None
    kept = text if before is None else before
    return Written(key, kept.rstrip(), "end" if ended else "length", len(tokens), active)
