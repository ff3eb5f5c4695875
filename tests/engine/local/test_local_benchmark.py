"""What each system takes by itself: counted by the prompts, timed by a clock of the test."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from ftcompare.core.errors import EnvironmentFault
from ftcompare.engine.backends import Cancelled
from ftcompare.engine.backends.local import generation as local_generation
from ftcompare.engine.backends.local.benchmark import _SystemMeter
from ftcompare.engine.backends.local.prompts import Encoded
from ftcompare.engine.protocol import GenerationSettings, Progress, Stage
from tests.builders import refusal_code, true_after
from tests.engine.local.local_driver import ITEMS, Driver, item, ready

SETTINGS = GenerationSettings(max_new_tokens=8)


def test_every_system_is_measured_by_itself(driver: Driver, tiny: Path) -> None:
    bad = item("bad", "x", roles=["tool"])
    speeds = driver.benchmark((*ITEMS, bad), SETTINGS)
    assert set(speeds) == {"base", "a0"}
    expected = driver.write(ITEMS, SETTINGS)
    base = driver.backend._loaded_systems().base
    read = sum(
        len(base.tokenizer(f"<|user|>{o.messages[0].content}<|end|><|assistant|>")["input_ids"])
        for o in ITEMS
    )
    for key, one in speeds.items():
        answers = [pair[key] for pair in expected.values()]
        assert (one.prompts, one.prompt_tokens) == (5, read)
        assert one.tokens == sum(answer.tokens for answer in answers)
        assert one.ended == sum(answer.finish_reason == "end" for answer in answers)
        assert one.first_token_seconds is not None
        assert one.first_token_seconds > 0
        assert one.tokens_per_second is not None
        assert one.tokens_per_second > 0
        assert one.memory_bytes is not None
        weights = (tiny / "llama" / "base" / "model.safetensors").stat().st_size
        assert one.memory_bytes > 0.9 * weights
    assert speeds["a0"].memory_bytes != speeds["base"].memory_bytes


def test_progress_and_failures_are_told(driver: Driver) -> None:
    driver.benchmark((*ITEMS[:2], item("bad", "x", roles=["tool"])), SETTINGS)
    progress = [event for event in driver.events if isinstance(event, Progress)]
    assert (progress[-1].done, progress[-1].total) == (5, 6)
    assert "bad" in driver.failures
    assert sum(isinstance(event, Stage) for event in driver.events) == 1


def test_systems_take_turns_prompt_by_prompt_and_repeat_by_repeat(driver: Driver) -> None:
    asked: list[tuple[str, int]] = []
    answer = _SystemMeter.answer

    def noted(meter: _SystemMeter, prompt: Encoded, repeat: int) -> None:
        asked.append((prompt.key, repeat))
        answer(meter, prompt, repeat)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_SystemMeter, "answer", noted)
        found = driver.backend.benchmark(ITEMS[:2], SETTINGS, repeats=2)
    expected = [(one.key, repeat) for repeat in range(2) for one in ITEMS[:2]]
    assert asked == [one for one in expected for _ in range(2)]
    for one in found.systems:
        assert [(answer.item, answer.repeat) for answer in one.answers] == expected
        assert (one.prompts, one.first_token_seconds is not None) == (2, True)
        assert all(answer.first_token_seconds and answer.tokens_per_second for answer in one.answers)


def test_a_system_holds_its_adapter_besides_the_base(driver: Driver) -> None:
    systems = driver.backend._loaded_systems()
    adapter = systems.weight_bytes("a0") - systems.weight_bytes("base")
    tensors = systems.adapter_in_memory("a0").values()
    assert adapter == sum(one.nbytes for one in tensors)
    clean = sum(
        one.nbytes
        for one in ready(systems.base.folder.path).backend._loaded_systems().base.model.parameters()
    )
    assert systems.weight_bytes("base") == clean


def test_nothing_answered_has_no_times(driver: Driver) -> None:
    found = driver.benchmark((item("bad", "x", roles=["tool"]),), SETTINGS)["base"]
    assert (found.prompts, found.first_token_seconds, found.tokens_per_second) == (0, None, None)


def test_measuring_needs_the_proof_and_can_be_cancelled(driver: Driver, tiny: Path) -> None:
    unproved = Driver()
    unproved.load(tiny / "llama" / "base")
    assert refusal_code(lambda: unproved.benchmark(ITEMS, SETTINGS)) == "proof-failed"
    driver.is_cancelled = true_after(40)
    with pytest.raises(Cancelled):
        driver.benchmark(ITEMS, SETTINGS)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (torch.OutOfMemoryError("CUDA out of memory."), "out-of-memory"),
        (torch.AcceleratorError("CUDA error: an illegal memory access"), "device-lost"),
    ],
)
def test_a_machine_that_fails_is_said_so(
    driver: Driver, monkeypatch: pytest.MonkeyPatch, error: Exception, code: str
) -> None:
    def failing(*_: Any, **__: Any) -> Any:
        raise error

    monkeypatch.setattr(local_generation, "generate", failing)
    with pytest.raises(EnvironmentFault) as caught:
        driver.benchmark(ITEMS, SETTINGS)
    assert caught.value.code == code


def test_other_errors_are_not_swallowed(driver: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*_: Any, **__: Any) -> Any:
        raise RuntimeError("something else")

    monkeypatch.setattr(local_generation, "generate", failing)
    with pytest.raises(RuntimeError, match="something else"):
        driver.benchmark(ITEMS, SETTINGS)
