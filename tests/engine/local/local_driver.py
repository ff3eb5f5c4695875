"""Drives the local backend in this process, and writes reference answers without it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM, AutoTokenizer

from ftcompare.core.study import Message
from ftcompare.engine.backends.local.backend import LocalBackend
from ftcompare.engine.protocol import (
    Event,
    GenerationSettings,
    Item,
    ItemFailed,
    Load,
    Loaded,
    Note,
    Pair,
    Scored,
    SystemRequest,
    SystemSpeed,
    TextScore,
    TextToScore,
    Verified,
    Written,
)

QUESTIONS = (
    "What is the heart?",
    "What are the signs of a heart attack, and how does treatment lower the pressure of blood?",
    "Hypertension?",
    "Stroke: signs",
    "The vessels of the body are what?",
)


def item(key: str, *contents: str, roles: Sequence[str] = ("user",)) -> Item:
    return Item(key, tuple(Message(role, text) for role, text in zip(roles, contents, strict=True)))


ITEMS = tuple(item(f"p{number}", text) for number, text in enumerate(QUESTIONS))
SETTINGS = GenerationSettings(max_new_tokens=10, batch_prompts=3)


@dataclass
class Driver:
    """A backend with what it said."""

    backend: LocalBackend = field(default_factory=LocalBackend)
    events: list[Event] = field(default_factory=list)
    is_cancelled: Callable[[], bool] = lambda: False
    device: str = "cpu"

    def __post_init__(self) -> None:
        self.backend.emit, self.backend.is_cancelled = self.events.append, lambda: self.is_cancelled()

    def load(self, base: Path, *adapters: Path, **options: Any) -> Loaded:
        """The base as "base" and the adapters as "a0", "a1" …"""
        more = [SystemRequest(f"a{n}", str(base), str(path)) for n, path in enumerate(adapters)]
        command = Load((SystemRequest("base", str(base)), *more), device=self.device, **options)
        return self.backend.load(command)

    def verify(self, items: Sequence[Item] = ITEMS) -> Verified:
        return self.backend.verify(items)

    def write(
        self, items: Sequence[Item] = ITEMS, settings: GenerationSettings = SETTINGS
    ) -> dict[str, dict[str, Written]]:
        self.events.clear()
        self.backend.generate(items, settings)
        return self.pairs

    def score(self, *texts: TextToScore) -> dict[str, dict[str, TextScore]]:
        self.events.clear()
        self.backend.score(texts)
        found = [event for event in self.events if isinstance(event, Scored)]
        return {scored.key: {one.system: one for one in scored.scores} for scored in found}

    def benchmark(self, items: Sequence[Item], settings: GenerationSettings) -> dict[str, SystemSpeed]:
        self.events.clear()
        found = self.backend.benchmark(items, settings)
        return {one.system: one for one in found.systems}

    @property
    def pairs(self) -> dict[str, dict[str, Written]]:
        found = [event for event in self.events if isinstance(event, Pair)]
        return {pair.item: {one.system: one for one in pair.responses} for pair in found}

    @property
    def failures(self) -> dict[str, str]:
        return {event.item: event.reason for event in self.events if isinstance(event, ItemFailed)}

    @property
    def notes(self) -> list[str]:
        return [event.text for event in self.events if isinstance(event, Note)]


def ready(base: Path, *adapters: Path, stacked: bool = True, device: str = "cpu", **options: Any) -> Driver:
    """A driver that has loaded and verified; not stacked, it writes on the reference path."""
    driver = Driver(LocalBackend(stacked=stacked), device=device)
    driver.load(base, *adapters, **options)
    assert all(verification.ok for verification in driver.verify().systems)
    return driver


def reference(base: Path, one: Item, count: int, adapter: Path | None = None) -> tuple[str, int]:
    """Text and number of tokens that a separately loaded model writes greedily, alone and step by step."""
    load: Any = AutoModelForCausalLM.from_pretrained
    tokenizer: Any = AutoTokenizer.from_pretrained(str(base))
    model: Any = load(str(base)).eval()
    if adapter is not None:
        model = PeftModel.from_pretrained(model, str(adapter)).eval()
    messages = [{"role": m.role, "content": m.content} for m in one.messages]
    text = one.messages[-1].content + "\n"
    if tokenizer.chat_template:
        text = tokenizer.apply_chat_template(messages, tokenize=False, add_generation_prompt=True)
    ids = tokenizer(text, add_special_tokens=False)["input_ids"]
    new: list[int] = []
    with torch.no_grad():
        while len(new) < count:
            token = int(model(input_ids=torch.tensor([ids + new])).logits[0, -1].argmax())
            if token == 0:
                break
            new.append(token)
    return tokenizer.decode(new, skip_special_tokens=True).rstrip(), len(new)
