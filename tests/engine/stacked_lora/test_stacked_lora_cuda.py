"""The stacked path on a graphics card: the same code, the same texts and logits within the same bound."""

from __future__ import annotations

import gc
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
import torch

from ftcompare.engine.backends.local.backend import LocalBackend
from ftcompare.engine.backends.local.stacked_lora import kv_cache, static_step
from ftcompare.engine.backends.local.stacked_lora.prepared_model import unsupported
from ftcompare.engine.backends.local.systems import LoadedSystems
from ftcompare.engine.protocol import Event, GenerationSettings, Load, Note, Pair, SystemRequest
from tests.engine.local.local_driver import ITEMS
from tests.engine.stacked_lora.stacked_lora_models import build_three
from tests.engine.stacked_lora.static_script import Script, largest_difference, times_as_far

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="this machine has no CUDA device"),
]


def verified(base: Path, *adapters: Path, stacked: bool = True, dtype: str = "float32") -> LocalBackend:
    """A backend that has loaded on the card and verified."""
    more = (SystemRequest(f"a{at}", str(base), str(path)) for at, path in enumerate(adapters))
    backend = LocalBackend(stacked=stacked)
    command = Load((SystemRequest("base", str(base)), *more), device="cuda", dtype=dtype)
    backend.load(command)
    assert all(verification.ok for verification in backend.verify(ITEMS).systems)
    return backend


@pytest.fixture
def recordings(monkeypatch: pytest.MonkeyPatch) -> list[static_step.Recording]:
    """Graphs that are made from now on."""
    found: list[static_step.Recording] = []
    record = static_step.CudaRecorder.record

    def watching(self: Any, work: static_step.Work) -> static_step.Recording:
        found.append(record(self, work))
        return found[-1]

    monkeypatch.setattr(static_step.CudaRecorder, "record", watching)
    return found


def tried(base: Path, *adapters: Path, dtype: str = "float32") -> LoadedSystems:
    """Systems on the card, whose trial is behind them."""
    systems = verified(base, *adapters, dtype=dtype)._loaded_systems()
    assert unsupported(systems) == ""
    return systems


@pytest.mark.parametrize("strict", [False, True])
def test_texts_on_cuda_are_the_references(
    tiny: Path, recordings: list[static_step.Recording], *, strict: bool
) -> None:
    texts = []
    for stacked in (True, False):
        backend = verified(tiny / "llama" / "base", tiny / "llama" / "adapter", stacked=stacked)
        assert unsupported(backend._loaded_systems()) == ""
        recordings.clear()
        events: list[Event] = []
        settings = GenerationSettings(max_new_tokens=24, strict=strict)
        backend.emit = events.append
        backend.generate(ITEMS, settings)
        assert bool(recordings) is (stacked and not strict)
        assert not any(isinstance(event, Note) and "graphs" in event.text for event in events)
        texts.append({event.item: event.responses for event in events if isinstance(event, Pair)})
    assert texts[0] == texts[1]
    assert len(texts[0]) == len(ITEMS)


@pytest.mark.parametrize("shape", ["llama", "qwen2", "gpt2", "gemma2", "gemma3", "phi"])
def test_graphs_give_the_logits_of_eager_steps(
    shape: str, tiny: Path, tmp_path: Path, recordings: list[static_step.Recording],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """And are recorded again at another bucket only, which the script has seven of."""
    monkeypatch.setattr(kv_cache, "BLOCK", 32)
    monkeypatch.setattr(static_step, "BLOCK", 32)
    base, adapters = build_three(tmp_path, shape)
    systems = tried(base, *adapters)
    recordings.clear()
    replayed = Script(systems, static=True).run()
    assert replayed.told == []
    assert [len(one.logits) for one in recordings] == [4, 8, 8, 4, 8, 2, 1]
    eager = Script(systems, static=False).run()
    for place, steps in replayed.logits.items():
        assert largest_difference(torch.stack(steps), torch.stack(eager.logits[place])) < 2.5e-5
    half = tried(base, *adapters, dtype="bfloat16")
    found = Script(half, static=True).run()
    assert found.told == []
    assert times_as_far(found, Script(half, static=False).run(), eager) < 1.1


def test_memory_does_not_grow_with_the_steps(tiny: Path, recordings: list[static_step.Recording]) -> None:
    systems = tried(tiny / "llama" / "base", tiny / "llama" / "adapter")
    recordings.clear()
    script = Script(systems, static=True)
    script.write_on([(0, 0), (0, 1)], 2)  # what libraries take at their first use
    taken: dict[int, list[int]] = defaultdict(list)
    script = Script(systems, static=True)
    made = len(recordings)
    script.write_on([(0, 0), (0, 1)], 200, lambda at: taken[at].append(torch.cuda.memory_allocated()))
    assert len(recordings) - made == len(taken)
    assert len(taken) > 1
    for found in taken.values():
        assert set(found[1:]) <= {found[-1]}


def taken_by_steps(systems: LoadedSystems) -> tuple[int, int, int]:
    """Bytes in use before, with what was recorded, and after."""
    gc.collect()
    before = torch.cuda.memory_allocated()
    script = Script(systems, static=True)
    script.write_on([(0, 0), (0, 1)], 20)
    during = torch.cuda.memory_allocated()
    script.batch.clear()
    script.logits.clear()
    return before, during, torch.cuda.memory_allocated()


def test_what_was_recorded_is_given_back(tiny: Path) -> None:
    systems = tried(tiny / "llama" / "base", tiny / "llama" / "adapter")
    taken_by_steps(systems)  # what libraries take for good
    before, during, after = taken_by_steps(systems)
    assert during > after
    assert after <= before


def test_a_step_that_asks_for_a_number_cannot_be_recorded(tiny: Path, tmp_path: Path) -> None:
    """The device refuses it while recording; afterwards everything works, without graphs."""
    base, adapters = build_three(tmp_path, "llama")
    systems = tried(base, *adapters)
    model: Any = systems.base.model
    norm = next(module for name, module in model.named_modules() if name.endswith("layers.0.input_layernorm"))
    expected = Script(systems, static=False).run().logits

    def asking(_module: Any, _inputs: Any, output: torch.Tensor) -> None:
        float(output.sum())

    handle = norm.register_forward_hook(asking)
    try:
        script = Script(systems, static=True).run()
    finally:
        handle.remove()
    (reason,) = script.told
    assert "could not be recorded" in reason
    for place, steps in script.logits.items():
        assert largest_difference(torch.stack(steps), torch.stack(expected[place])) < 1e-5
