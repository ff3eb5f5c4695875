"""Every job of the engine gives on a card what it gives on the CPU; run by `test_rehearsal`."""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import torch

from ftcompare.core.errors import UserError
from ftcompare.core.study import Message
from ftcompare.engine.backends import Cancelled
from ftcompare.engine.backends.local import devices, hardware_probe, loading, typed_transformers
from ftcompare.engine.backends.local.devices import BatchSize, choose_device, choose_dtype, refusal
from ftcompare.engine.backends.local.merged_adapter_check import directions_of
from ftcompare.engine.backends.local.reward_model import LocalRewardBackend
from ftcompare.engine.backends.local.stacked_lora.prepared_model import unsupported
from ftcompare.engine.models.model_folder import SMALL_MODEL
from ftcompare.engine.protocol import Event, GenerationSettings, Load, Rewarded, SystemRequest, TextToScore
from tests.builders import present
from tests.engine.local.harness_tasks import CHOOSING, evaluate, write_task
from tests.engine.local.local_driver import ITEMS, Driver, ready
from tests.engine.rehearsal.card_memory import CARDS
from tests.engine.tiny_adapters import build_kind
from tests.engine.tiny_reward_models import build_reward_model

SETTINGS = GenerationSettings(max_new_tokens=8)
QUESTION = (Message("user", "What is the heart?"),)
TEXTS = tuple(TextToScore(f"t{n}", QUESTION, "The heart pumps blood." * n) for n in (1, 2, 3))


@pytest.fixture(scope="module")
def here(tiny: Path) -> Driver:
    return ready(tiny / "llama" / "base", tiny / "llama" / "adapter")


@pytest.fixture(scope="module")
def driver(tiny: Path) -> Driver:
    return ready(tiny / "llama" / "base", tiny / "llama" / "adapter", device="cuda", dtype="float32")


def test_conversations_and_samples_are_written(driver: Driver, here: Driver) -> None:
    settings = replace(SETTINGS, temperature=0.8, top_p=0.9, repetition_penalty=1.1)
    assert driver.write(settings=settings) == here.write(settings=settings)


def test_a_thread_beside_the_main_one_writes_the_same(driver: Driver, here: Driver) -> None:
    thread = Thread(target=driver.write, kwargs={"settings": SETTINGS})
    thread.start()
    thread.join()
    assert driver.pairs == here.write(settings=SETTINGS)


def test_scores(driver: Driver, here: Driver) -> None:
    found, expected = driver.score(*TEXTS), here.score(*TEXTS)
    for key, scores in expected.items():
        for system, score in scores.items():
            assert found[key][system].logprobs == pytest.approx(score.logprobs, abs=1e-4)


def test_speeds_and_memory(driver: Driver) -> None:
    found = driver.benchmark(ITEMS[:2], SETTINGS)
    assert found.keys() == {"base", "a0"}
    for speed in found.values():
        assert speed.memory_bytes is not None
        assert speed.memory_bytes > 100_000


@pytest.mark.thorough
def test_a_task_of_the_harness(
    driver: Driver, here: Driver, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("lm_eval", "datasets"):
        caplog.set_level(logging.CRITICAL, logger=name)
    task = write_task(tmp_path / "task", CHOOSING)
    found, expected = (
        {system: [item.metrics for item in items.values()] for system, items in evaluate(one, task).items()}
        for one in (driver, here)
    )
    assert found == expected


@pytest.mark.parametrize("shape", ["llama", "bert"])
def test_a_reward_model(tmp_path: Path, shape: str) -> None:
    folder = build_reward_model(tmp_path / "reward", shape)
    found = []
    for device in ("cuda", "cpu"):
        backend = LocalRewardBackend()
        events: list[Event] = []
        backend.emit = events.append
        backend.load(Load((SystemRequest("judge", str(folder)),), device=device, backend="reward"))
        backend.reward(TEXTS)
        found.append({one.key: one.score for one in events if isinstance(one, Rewarded)})
    assert found[0] == pytest.approx(found[1], abs=1e-4)
    assert found[0].keys() == {"t1", "t2", "t3"}


@pytest.mark.parametrize("calls", [3, 40, 90])
def test_a_cancelled_run_leaves_the_card_as_it_was(driver: Driver, here: Driver, calls: int) -> None:
    """Within a prompt's pass, and between steps."""
    before = CARDS.first.allocated
    left = calls

    def is_cancelled() -> bool:
        nonlocal left
        left -= 1
        return left < 0

    driver.is_cancelled = is_cancelled
    with pytest.raises(Cancelled):
        driver.write(settings=replace(SETTINGS, max_new_tokens=40))
    driver.is_cancelled = lambda: False
    assert CARDS.first.allocated == before
    assert driver.write(settings=SETTINGS) == here.write(settings=SETTINGS)


@pytest.mark.thorough
def test_an_adapter_without_factors_is_looked_for_in_the_base(tiny: Path, tmp_path: Path) -> None:
    base = tiny / "llama" / "base"
    driver = ready(base, build_kind(tmp_path / "loha", base, "LOHA"), device="cuda", dtype="float32")
    (statement,) = (one.statement for one in driver.verify().systems if one.key == "a0")
    assert "does not contain it already" in statement


def test_devices_are_shown_and_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "MEASURED_WIDTH", 64)
    found = hardware_probe.look()
    assert [device.name for device in found.devices] == ["cuda:0", "cpu"]
    assert found.devices[0].title == "Rehearsal card"
    assert 0 < found.devices[0].free_bytes <= found.devices[0].total_bytes
    assert choose_device("auto") == torch.device("cuda")
    with pytest.raises(UserError, match="no device 'cuda:1'"):
        choose_device("cuda:1")


def test_an_adapter_of_another_kind_is_looked_for_in_the_weights_on_the_card() -> None:
    chance = torch.Generator().manual_seed(3)
    weights, added = (torch.randn(12, 10, generator=chance) for _ in range(2))
    expected = present(directions_of(weights, added))
    found = present(directions_of(weights.to("cuda"), added))
    assert found.sizes.device.type == found.base.device.type == "cuda"
    torch.testing.assert_close(found.sizes.cpu(), expected.sizes)
    torch.testing.assert_close(found.base.cpu(), expected.base)


def test_an_old_card_has_no_quantized_models() -> None:
    CARDS.capability = (7, 0)
    assert "too old" in refusal("8bit", torch.device("cuda"))
    assert refusal("4bit", torch.device("cuda")) == ""


def test_a_large_model_on_a_small_card_is_halved() -> None:
    CARDS.first.total = CARDS.first.others + 1000
    choice = choose_dtype("auto", torch.device("cuda"), SMALL_MODEL)
    assert choice.name == "bfloat16"
    size = BatchSize(0, torch.device("cuda"))
    size.took(1, 1000)
    assert size.rows == 1


ON_TWO = {
    "model.embed_tokens": "cuda:0",
    "model.rotary_emb": "cuda:0",
    "model.layers.0": "cuda:0",
} | dict.fromkeys(("model.layers.1", "model.norm", "lm_head"), "cuda:1")


def test_a_model_too_large_for_one_card_is_spread_over_two(
    tiny: Path, here: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The systems then write one after another. accelerate's own plan needs a real card."""
    placements = []
    load = typed_transformers.load_model

    def spread(folder: str, dtype: torch.dtype, placement: Any, *more: Any, **named: Any) -> Any:
        placements.append(placement)
        return load(folder, dtype, ON_TWO, *more, **named)

    monkeypatch.setattr(loading, "load_model", spread)
    CARDS.visible = 2
    CARDS.first.others = CARDS.first.total - CARDS.first.reserved - 150_000
    base = tiny / "llama" / "base"
    driver = ready(base, tiny / "llama" / "adapter", device="cuda", dtype="float32")
    CARDS.first.others = 0
    systems = driver.backend._loaded_systems()
    assert placements == ["auto"]
    assert {one.device.index for one in systems.base.model.parameters()} == {0, 1}
    assert unsupported(systems) == "the model is spread over several devices"
    assert driver.write(settings=SETTINGS) == here.write(settings=SETTINGS)
