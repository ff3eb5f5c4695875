"""Device by preference, arithmetic by measuring."""

from __future__ import annotations

import pytest
import torch

from ftcompare.core.errors import UserError
from ftcompare.engine.backends.local.devices import (
    ALL_THREADS,
    choose_device,
    choose_dtype,
    choose_threads,
    device_name,
    memory_free,
    seconds_per_step,
)
from ftcompare.engine.models.model_folder import SMALL_MODEL

CPU = torch.device("cpu")
LARGE = 2 * SMALL_MODEL


def test_the_best_device_there_is() -> None:
    expected = "cuda" if torch.cuda.is_available() else "mps" if torch.backends.mps.is_available() else "cpu"
    assert choose_device("auto") == torch.device(expected)
    assert choose_device("cpu") == CPU
    assert "CPU" in device_name(CPU)
    assert memory_free(CPU) > 0


def test_cuda_comes_first_then_mps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert choose_device("auto").type == "mps"
    assert device_name(torch.device("mps")) == "Apple GPU"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    assert choose_device("auto").type == "cuda"
    assert choose_device("cuda:1") == torch.device("cuda:1")
    with pytest.raises(UserError):
        choose_device("cuda:2")


@pytest.mark.parametrize("wanted", ["cuda:99", "tpu", "", "cpu:x", "cpu:-1", "cpu:1"])
def test_a_device_that_is_not_there(wanted: str) -> None:
    with pytest.raises(UserError) as caught:
        choose_device(wanted)
    assert caught.value.code == "device-missing"


@pytest.mark.parametrize("wanted", ["float32", "bfloat16", "float16"])
def test_what_is_asked_for_is_taken(wanted: str) -> None:
    choice = choose_dtype(wanted, CPU, LARGE)
    assert choice.name == wanted
    assert "asked" in choice.reason


def test_an_unknown_arithmetic_is_refused() -> None:
    with pytest.raises(UserError) as caught:
        choose_dtype("int3", CPU, LARGE)
    assert caught.value.code == "dtype-unknown"


def test_small_models_are_not_measured() -> None:
    choice = choose_dtype("auto", CPU, SMALL_MODEL - 1)
    assert choice.dtype is torch.float32
    assert choice.reason == ""


@pytest.mark.parametrize(
    ("speedup", "dtype"),
    [(0.5, torch.float32), (1.2, torch.float32), (1.3, torch.bfloat16), (4.0, torch.bfloat16)],
)
def test_the_measurement_decides(speedup: float, dtype: torch.dtype) -> None:
    def measure(measured: torch.dtype, _: torch.device) -> float:
        return speedup if measured is torch.float32 else 1.0

    choice = choose_dtype("auto", CPU, LARGE, measure=measure, free_bytes=lambda _: 10**12)
    assert choice.dtype is dtype
    assert f"{speedup:.1f} times" in choice.reason


def test_a_device_without_bfloat16() -> None:
    def measure(measured: torch.dtype, _: torch.device) -> float:
        if measured is torch.bfloat16:
            raise TypeError
        return 1.0

    choice = choose_dtype("auto", CPU, LARGE, measure=measure, free_bytes=lambda _: 10**12)
    assert choice.dtype is torch.float32


def test_too_little_memory_for_float32() -> None:
    choice = choose_dtype("auto", CPU, 10**9, free_bytes=lambda _: 10**9)
    assert choice.dtype is torch.bfloat16
    assert "4.8 GB" in choice.reason


def test_a_step_takes_time() -> None:
    assert seconds_per_step(torch.float32, CPU) > 0


def test_a_small_model_gets_one_thread() -> None:
    before = torch.get_num_threads()
    try:
        choose_threads(LARGE)
        assert torch.get_num_threads() == ALL_THREADS
        choose_threads(SMALL_MODEL - 1)
        assert device_name(CPU) == "CPU, 1 thread"
    finally:
        torch.set_num_threads(before)
