"""The paired path on a graphics card: the same code, the same texts and logits within the same bound."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from ftcompare.engine.backends.local import LocalBackend
from ftcompare.engine.backends.local_paired import unsupported
from ftcompare.engine.protocol import Event, GenerationSettings, Load, Pair, SystemRequest
from tests.engine.local_driver import ITEMS

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="this machine has no CUDA device"),
]


@pytest.mark.parametrize("strict", [False, True])
def test_texts_on_cuda_are_the_references(tiny: Path, *, strict: bool) -> None:
    base, adapter = str(tiny / "llama" / "base"), str(tiny / "llama" / "adapter")
    command = Load(
        (SystemRequest("base", base), SystemRequest("a0", base, adapter)), device="cuda", dtype="float32"
    )
    texts = []
    for paired in (True, False):
        events: list[Event] = []
        backend: Any = LocalBackend(paired=paired)
        backend.load(command, events.append, lambda: False)
        assert all(proof.ok for proof in backend.prove(ITEMS, events.append, lambda: False).systems)
        assert unsupported(backend._loaded_systems()) == ""
        settings = GenerationSettings(max_new_tokens=24, strict=strict)
        backend.generate(ITEMS, settings, events.append, lambda: False)
        texts.append({event.item: event.responses for event in events if isinstance(event, Pair)})
    assert texts[0] == texts[1]
    assert len(texts[0]) == len(ITEMS)
