"""A tiny model with adapters, written with token by token as a server does, for `openai_front`."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import torch
from peft import PeftModel
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    LogitsProcessorList,
    MinPLogitsWarper,
    RepetitionPenaltyLogitsProcessor,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

LIKELIEST = 5
NONE: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True)
class Draw:
    """How tokens are drawn."""

    temperature: float = 0.0
    top_p: float = 1.0
    top_k: int = 0
    min_p: float = 0.0
    penalty: float = 1.0
    seed: int = 0
    stop: Sequence[str] = ()


@dataclass
class Completion:
    ids: list[int] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    logprobs: list[dict[str, float]] = field(default_factory=list)
    text: str = ""
    finish_reason: str = "length"
    stop_reason: str | None = None
    counted: int = 0


@dataclass(frozen=True)
class NextToken:
    """What a system says to some tokens: logits, log-probabilities, and those of the likeliest by token."""

    logits: torch.Tensor
    table: torch.Tensor
    likeliest: Mapping[str, float]


class FrontModel:
    """A base and its adapters by served name. One request at a time computes."""

    def __init__(self, base: Path, adapters: Mapping[str, Path]) -> None:
        load: Any = AutoModelForCausalLM.from_pretrained
        self.tokenizer: Any = AutoTokenizer.from_pretrained(str(base))
        self._model: Any = load(str(base)).eval()
        for name, folder in adapters.items():
            if isinstance(self._model, PeftModel):
                self._model.load_adapter(str(folder), adapter_name=name)
            else:
                self._model = PeftModel.from_pretrained(self._model, str(folder), adapter_name=name).eval()
        self.end_token = int(self.tokenizer.eos_token_id)
        self._adapters = set(adapters)
        self._lock = threading.Lock()
        self._known: dict[tuple[str, tuple[int, ...]], NextToken] = {}
        self._pieces: dict[int, str] = {}

    def prompt_text(self, messages: Sequence[Mapping[str, str]], options: Mapping[str, Any] = NONE) -> str:
        """Raises ValueError where there is no template."""
        fill: Any = self.tokenizer.apply_chat_template
        return str(fill(list(messages), tokenize=False, add_generation_prompt=True, **options))

    def ids(self, text: str) -> list[int]:
        return list(self.tokenizer(text, add_special_tokens=False)["input_ids"])

    def prompt_logprobs(self, name: str, ids: Sequence[int]) -> list[float | None]:
        """Of each token after those before it; None for the first."""
        with self._lock, torch.no_grad():
            logits = self._forward(name, ids)
        table = torch.log_softmax(logits.double(), dim=-1)
        return [None, *(float(table[place, token]) for place, token in enumerate(ids[1:]))]

    def write(
        self, name: str, ids: Sequence[int], limit: int, draw: Draw, on_token: Callable[[str], None]
    ) -> Completion:
        """Up to ``limit`` tokens; ``on_token`` gets the text of each."""
        done = Completion()
        for next_one, token in self._tokens(name, ids, limit, draw):
            done.counted += 1
            done.tokens.append(self._piece(token))
            own = {self._piece(token): float(next_one.table[token])}
            done.logprobs.append({**next_one.likeliest, **own})
            if token == self.end_token:
                done.finish_reason = "stop"
                break
            done.ids.append(token)
            on_token(self._piece(token))
            done.text = self.tokenizer.decode(done.ids, skip_special_tokens=True)
            stop = next((one for one in draw.stop if one in done.text), None)
            if stop is not None:
                done.text = done.text[: done.text.index(stop)]
                done.finish_reason, done.stop_reason = "stop", stop
                break
        return done

    def _tokens(
        self, name: str, ids: Sequence[int], limit: int, draw: Draw
    ) -> Iterator[tuple[NextToken, int]]:
        warp = _warpers(draw)
        stream = torch.Generator().manual_seed(draw.seed)
        row = list(ids)
        for _ in range(limit):
            found = self._next(name, tuple(row))
            scores = (
                warp(torch.tensor([row]), found.logits[None].float())[0] if warp else found.logits.float()
            )
            if draw.temperature == 0:
                token = int(scores.argmax())
            else:
                token = int(torch.multinomial(torch.softmax(scores, dim=-1), 1, generator=stream))
            yield found, token
            row.append(token)

    def _next(self, name: str, ids: tuple[int, ...]) -> NextToken:
        """Computed once: tests ask the same prompts again and again."""
        with self._lock, torch.no_grad():
            if (name, ids) not in self._known:
                logits = self._forward(name, ids)[-1].clone()
                table = torch.log_softmax(logits.double(), dim=-1)
                top = table.topk(LIKELIEST).indices.tolist()
                likeliest = {self._piece(one): float(table[one]) for one in top}
                self._known[name, ids] = NextToken(logits, table, likeliest)
            return self._known[name, ids]

    def _piece(self, token: int) -> str:
        if token not in self._pieces:
            self._pieces[token] = self.tokenizer.decode([token])
        return self._pieces[token]

    def _forward(self, name: str, ids: Sequence[int]) -> torch.Tensor:
        rows = torch.tensor([list(ids)])
        base = (
            self._model.disable_adapter() if self._adapters and name not in self._adapters else nullcontext()
        )
        if name in self._adapters:
            self._model.set_adapter(name)
        with base:
            logits: torch.Tensor = self._model(input_ids=rows).logits[0]
        return logits


def _warpers(draw: Draw) -> Any:
    found: list[Any] = []
    if draw.penalty != 1:
        found.append(RepetitionPenaltyLogitsProcessor(draw.penalty))
    if draw.temperature > 0:
        found.append(TemperatureLogitsWarper(draw.temperature))
        if draw.top_k > 0:
            found.append(TopKLogitsWarper(draw.top_k))
        if draw.top_p < 1:
            found.append(TopPLogitsWarper(draw.top_p))
        if draw.min_p > 0:
            found.append(MinPLogitsWarper(draw.min_p))
    return LogitsProcessorList(found)
