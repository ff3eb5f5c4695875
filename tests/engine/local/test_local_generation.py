"""Batches, sampling, memory, cancel: what is written does not depend on how it is scheduled."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from ftcompare.core.errors import EnvironmentFault
from ftcompare.engine.backends import Cancelled
from ftcompare.engine.backends.local import generation as local_generation
from ftcompare.engine.backends.local.loading import Base
from ftcompare.engine.backends.local.response_end import ResponseProgress, ResponseRules
from ftcompare.engine.backends.local.torch_errors import (
    is_out_of_memory,
    raise_if_device_lost,
    release_memory,
)
from ftcompare.engine.backends.local.typed_transformers import generate
from ftcompare.engine.protocol import GenerationSettings, Progress, Written
from tests.engine.local.local_driver import ITEMS, SETTINGS, Driver, item, ready
from tests.engine.tiny_models import END, change_json

SAMPLING = GenerationSettings(max_new_tokens=10, temperature=0.8, top_p=0.95, seed=5)


@pytest.fixture(scope="module")
def shared(tiny: Path) -> Driver:
    return ready(tiny / "llama" / "base", tiny / "llama" / "adapter", stacked=False)


@pytest.mark.parametrize("settings", [SETTINGS, SAMPLING], ids=["greedy", "sampling"])
def test_the_batch_does_not_matter(driver: Driver, settings: GenerationSettings) -> None:
    together = driver.write(settings=settings)
    alone: dict[str, object] = {}
    for one in reversed(ITEMS):
        alone |= driver.write((one,), settings)
    assert alone == together


def test_what_is_missing_can_be_asked_for_later(driver: Driver) -> None:
    whole = driver.write()
    first = driver.write(ITEMS[:2])
    rest = driver.write(ITEMS[2:])
    assert first | rest == whole


def test_sampling_follows_seed_and_key(driver: Driver) -> None:
    first = driver.write(ITEMS[:1], SAMPLING)["p0"]
    assert driver.write(ITEMS[:1], SAMPLING)["p0"] == first
    other_seed = GenerationSettings(max_new_tokens=10, temperature=0.8, top_p=0.95, seed=6)
    assert driver.write(ITEMS[:1], other_seed)["p0"] != first
    other_key = item("another", ITEMS[0].messages[0].content)
    assert driver.write((other_key,), SAMPLING)["another"]["base"].text != first["base"].text


def fail_above(rows: int, monkeypatch: pytest.MonkeyPatch, error: Exception) -> list[int]:
    """Make `generate` fail for more rows than that; the sizes of all batches tried."""
    tried: list[int] = []

    def fake_generate(model: Any, **arguments: Any) -> torch.Tensor:
        tried.append(arguments["input_ids"].shape[0])
        if tried[-1] > rows:
            raise error
        return generate(model, **arguments)

    monkeypatch.setattr(local_generation, "generate", fake_generate)
    return tried


def test_out_of_memory_halves_the_batch(driver: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = driver.write()
    tried = fail_above(1, monkeypatch, torch.OutOfMemoryError("CUDA out of memory. Tried to allocate"))
    assert driver.write(settings=GenerationSettings(max_new_tokens=10, batch_prompts=4)) == expected
    assert tried[:3] == [4, 2, 1]
    assert driver.notes == [
        "Memory ran out: 2 prompts are now written at a time.",
        "Memory ran out: 1 prompt is now written at a time.",
    ]


def test_out_of_memory_for_one_prompt_fails_that_item(
    driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    fail_above(0, monkeypatch, MemoryError())
    assert driver.write(ITEMS[:2]) == {}
    assert set(driver.failures) == {"p0", "p1"}
    assert all("memory" in reason for reason in driver.failures.values())
    assert [event.done for event in driver.events if isinstance(event, Progress)] == [1, 2]


def test_a_failed_batch_leaves_the_right_system_acting(
    driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = driver.write()
    with monkeypatch.context() as patch:
        fail_above(0, patch, RuntimeError("something else"))
        with pytest.raises(RuntimeError, match="something else"):
            driver.write()
    assert driver.write() == expected


def test_a_lost_device_is_told_from_other_errors(driver: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    fail_above(0, monkeypatch, torch.AcceleratorError("CUDA error: an illegal memory access"))
    with pytest.raises(EnvironmentFault) as caught:
        driver.write()
    assert caught.value.code == "device-lost"
    raise_if_device_lost(ValueError())


def test_what_counts_as_out_of_memory() -> None:
    assert is_out_of_memory(MemoryError())
    assert is_out_of_memory(torch.OutOfMemoryError("CUDA out of memory."))
    assert is_out_of_memory(RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you"))
    assert not is_out_of_memory(RuntimeError("shapes cannot be multiplied"))
    assert not is_out_of_memory(KeyboardInterrupt())
    release_memory()


def test_a_cancel_stops_between_tokens(driver: Driver) -> None:
    asked = 0

    def is_cancelled() -> bool:
        nonlocal asked
        asked += 1
        return asked > 150

    driver.is_cancelled = is_cancelled
    with pytest.raises(Cancelled):
        driver.write(settings=GenerationSettings(max_new_tokens=10, batch_prompts=1))
    assert 1 <= len(driver.pairs) < len(ITEMS)
    assert asked < 160


def test_progress_counts_to_the_end(driver: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local_generation, "PROGRESS_SECONDS", 0.0)
    driver.write((*ITEMS, item("bad", "x", roles=["tool"])))
    progress = [event for event in driver.events if isinstance(event, Progress)]
    assert [event.done for event in progress] == sorted(event.done for event in progress)
    assert progress[-1].done == progress[-1].total == len(ITEMS) + 1
    assert progress[-1].tokens_per_second > 0
    assert len(progress) > 10


@pytest.mark.parametrize(
    ("roles", "reason"),
    [
        (["system"], "no user turn"),
        (["user", "assistant"], "last turn"),
        (["user", "system", "user"], "rejects the prompt"),
    ],
)
def test_roles_that_do_not_fit_fail_that_item_only(driver: Driver, roles: list[str], reason: str) -> None:
    odd = item("odd", *("text" for _ in roles), roles=roles)
    assert set(driver.write((odd, ITEMS[0]))) == {"p0"}
    assert reason in driver.failures["odd"]


def test_text_that_no_tokenizer_takes_fails_that_item_only(driver: Driver) -> None:
    assert set(driver.write((item("odd", "\ud800"), ITEMS[0]))) == {"p0"}
    assert "odd" in driver.failures


def test_a_system_turn_and_several_turns_reach_the_template(driver: Driver) -> None:
    several = item("s", "Be brief.", "Hello", "Yes?", "Go", roles=["system", "user", "assistant", "user"])
    assert set(driver.write((several,))) == {"s"}


def test_a_model_without_template_takes_one_exchange(tiny: Path) -> None:
    driver = Driver()
    loaded = driver.load(tiny / "gpt2" / "base")
    assert any("no chat template" in note for note in loaded.systems[0].notes)
    driver.verify()
    fits = item("fits", "Be brief.", "Hello", roles=["system", "user"])
    same = item("same", "Be brief.\n\nHello")
    odd = item("odd", "Hello", "Yes?", "Go", roles=["user", "assistant", "user"])
    pairs = driver.write((fits, same, odd))
    assert pairs["fits"]["base"].text == pairs["same"]["base"].text
    assert "several turns" in driver.failures["odd"]


def written(row: list[int], base: Base) -> Written:
    """What new tokens come to."""
    rules = ResponseRules(base.tokenizer, GenerationSettings(), base.end_tokens)
    return rules.written("k", row, ResponseProgress(rules, len(row)), "", 1)


def test_an_end_token_ends_a_response_and_white_space_at_its_end_is_cut(driver: Driver) -> None:
    base = driver.backend._loaded_systems().base
    (token,) = base.tokenizer("a", add_special_tokens=False)["input_ids"]
    found = written([token, token, 0, token], base)
    assert (found.text, found.finish_reason, found.tokens) == ("aa", "end", 2)
    assert written([0], base).text == ""
    assert written([token], base).finish_reason == "length"
    assert END not in found.text
    ids = base.tokenizer("  a  b \n\t", add_special_tokens=False)["input_ids"]
    assert written([*ids, 0], base).text == "  a  b"


def test_a_model_that_names_no_end_is_noted(tiny: Path, tmp_path: Path) -> None:
    from shutil import copytree

    base = Path(copytree(tiny / "llama" / "base", tmp_path / "base"))
    for name in ("config.json", "generation_config.json", "tokenizer_config.json"):
        change_json(base / name, eos_token_id=None, eos_token=None)
    driver = Driver()
    loaded = driver.load(base)
    assert any("no end token" in note for note in loaded.systems[0].notes)
    driver.verify()
    assert {r.finish_reason for pair in driver.write().values() for r in pair.values()} == {"length"}
