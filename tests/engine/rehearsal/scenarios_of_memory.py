"""What the engine leaves on a card, plans with, and does when memory runs out; run by `test_rehearsal`."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch

from ftcompare.core.errors import EnvironmentFault
from ftcompare.engine.backends.local import devices, verification
from ftcompare.engine.backends.local.backend import LocalBackend
from ftcompare.engine.backends.local.stacked_lora import decoder, kv_cache, static_step
from ftcompare.engine.backends.local.torch_errors import NO_ROOM_FOR_ONE
from ftcompare.engine.protocol import GenerationSettings
from tests.engine.local.local_driver import ITEMS, Driver, ready
from tests.engine.rehearsal.card_memory import CARDS, Script

SETTINGS = GenerationSettings(max_new_tokens=6)
EVERY = "REHEARSAL_EVERY" in os.environ  # whether all allocations are tried, and not a sample


@pytest.fixture(autouse=True)
def _no_collection() -> Iterator[None]:
    """Within a test only what nothing refers to is released."""
    gc.disable()
    yield
    gc.enable()


@pytest.fixture(scope="module")
def driver(tiny: Path) -> Driver:
    return on_card(tiny)


def on_card(tiny: Path, *, stacked: bool = True) -> Driver:
    llama = tiny / "llama"
    return ready(llama / "base", llama / "adapter", stacked=stacked, device="cuda", dtype="float32")


@pytest.mark.parametrize("stacked", [True, pytest.param(False, marks=pytest.mark.thorough)])
def test_a_released_model_leaves_nothing_on_the_card(tiny: Path, *, stacked: bool) -> None:
    before = CARDS.first.allocated
    driver = on_card(tiny, stacked=stacked)
    driver.write(settings=SETTINGS)
    assert CARDS.first.allocated > before
    driver.backend = LocalBackend()
    assert CARDS.first.allocated == before


def test_an_earlier_model_is_released_before_the_next_is_loaded(tiny: Path) -> None:
    driver = Driver(device="cuda")
    llama = tiny / "llama"
    peaks = []
    for _ in range(2):
        torch.cuda.reset_peak_memory_stats()
        driver.load(llama / "base", llama / "adapter", dtype="float32")
        driver.verify()
        driver.write(settings=SETTINGS)
        peaks.append(torch.cuda.max_memory_allocated())
    assert peaks[1] == peaks[0]


def test_equal_generations_plan_with_equal_memory(driver: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    """What torch keeps for later is free, whatever was computed before."""
    planned = []

    def planning(device: torch.device) -> int:
        planned.append(free(device))
        return planned[-1]

    free = devices.memory_for_tensors
    monkeypatch.setattr(decoder, "memory_for_tensors", planning)
    for _ in range(3):
        driver.write(settings=SETTINGS)
    assert len(planned) == 3
    assert len(set(planned)) == 1


def test_recordings_are_released_before_their_cache_is_renewed(
    driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both together would be the peak of a long answer."""
    held: list[int] = []
    make = torch.Tensor.new_zeros

    def making(self: torch.Tensor, *shape: Any, **named: Any) -> torch.Tensor:
        if len(shape) == 4:  # keys or values
            held.append(sum(pool.reserved for pool in CARDS.first.pools))
        return make(self, *shape, **named)

    monkeypatch.setattr(kv_cache, "BLOCK", 16)
    monkeypatch.setattr(static_step, "BLOCK", 16)
    monkeypatch.setattr(torch.Tensor, "new_zeros", making)
    driver.write(ITEMS[:2], GenerationSettings(max_new_tokens=60))
    assert len(held) >= 4
    assert set(held) == {0}


def test_what_other_programs_do_is_not_counted_as_a_recording(
    driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []
    record = static_step.CudaRecorder.record

    def recording(self: Any, work: static_step.Work) -> static_step.Recording:
        def busy() -> torch.Tensor:
            CARDS.first.others += 10**8
            return work()

        sizes.append((made := record(self, busy)).size)
        return made

    monkeypatch.setattr(static_step.CudaRecorder, "record", recording)
    driver.write(settings=SETTINGS)
    assert sizes
    assert all(0 < size < 10**6 for size in sizes)


def test_a_recording_that_fails_is_not_tried_again(tiny: Path) -> None:
    """Its memory is lost until the program ends, so that each attempt would lose more."""
    driver = on_card(tiny)
    expected = driver.write(settings=SETTINGS)
    before = CARDS.first.reserved
    lost = []
    for _ in range(3):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(static_step, "column_mask", waiting)
            assert driver.write(settings=SETTINGS) == expected
        assert [
            "CUDA graphs were not used: a step could not be recorded" in note for note in driver.notes
        ] == [True]
        torch.cuda.empty_cache()
        lost.append(CARDS.first.reserved - CARDS.first.allocated)
    assert before > 0
    assert lost[0] > 0
    assert lost == lost[:1] * 3


def waiting(widths: kv_cache.Windows, begins: torch.Tensor, *more: Any) -> kv_cache.Mask:
    """Do as `column_mask`, after a look at a number, which waits for the card."""
    float(begins[0])
    return kv_cache.column_mask(widths, begins, *more)


@contextmanager
def running_out_at(number: int, failures: int = 1) -> Iterator[None]:
    CARDS.script = Script(fail_at=number, failures=failures)
    yield
    CARDS.script = Script()


def allocations(work: Callable[[], object]) -> dict[tuple[str, int], list[int]]:
    """Return the numbers of the allocations of each line of the engine."""
    CARDS.script = Script(traced=True)
    work()
    found = CARDS.script.places
    CARDS.script = Script()
    return found


def test_what_ran_out_of_memory_is_released_before_the_next_attempt(
    driver: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While an error is handled, its traceback holds the tensors of what failed."""
    before: list[int] = []
    after: list[int] = []
    compute = verification._logits

    def computing(*args: Any) -> Any:
        before.append(CARDS.first.allocated)
        CARDS.script = Script(fail_at=40 if len(before) == 2 else -1)
        return compute(*args)

    monkeypatch.setattr(verification, "_logits", computing)
    monkeypatch.setattr(torch.cuda, "empty_cache", lambda: after.append(CARDS.first.allocated))
    assert all(one.ok for one in driver.verify().systems)
    assert after == [before[1]]


def test_memory_that_runs_out_once_costs_no_answer(driver: Driver) -> None:
    """At the first allocation and the last of each line of the engine that allocates, or of some of them."""
    expected = driver.write(settings=SETTINGS)
    left = CARDS.first.allocated
    lines = allocations(lambda: driver.write(settings=SETTINGS)).values()
    numbers = sorted({number for found in lines for number in (found[0], found[-1])})
    assert len(lines) > 30
    for number in numbers[:: 1 if EVERY else 14]:
        with running_out_at(number):
            assert driver.write(settings=SETTINGS) == expected, number
        (note,) = driver.notes
        assert "memory ran out" in note.lower()
        assert driver.failures == {}
        assert CARDS.first.allocated == left, number


def test_memory_that_does_not_suffice_for_one_answer_is_reported(driver: Driver) -> None:
    """Once every allocation fails, from some on."""
    expected = driver.write(settings=SETTINGS)
    count = sum(map(len, allocations(lambda: driver.write(settings=SETTINGS)).values()))
    for number in range(0, count, 7 if EVERY else 151):
        with running_out_at(number, failures=10**9):
            written = driver.write(settings=SETTINGS)
        assert {key: expected[key] for key in written} == written
        assert driver.failures == dict.fromkeys(expected.keys() - written.keys(), NO_ROOM_FOR_ONE)
    assert driver.write(settings=SETTINGS) == expected


def outcome(work: Callable[[], object]) -> object:
    """Return what the work returns, or the code of a fault."""
    try:
        return work()
    except EnvironmentFault as fault:
        return fault.code


@pytest.mark.thorough
def test_memory_that_runs_out_before_the_first_answer_is_a_clear_error(tiny: Path) -> None:
    """Or the systems write by a slower path; the next attempt succeeds."""
    driver = Driver(device="cuda")
    llama = tiny / "llama"

    def work() -> dict[str, object]:
        driver.load(llama / "base", llama / "adapter", dtype="float32")
        assert all(one.ok for one in driver.verify().systems)
        return dict(driver.write(settings=SETTINGS))

    expected = work()
    lines = allocations(work).values()
    numbers = sorted({number for found in lines for number in (found[0], found[-1])})
    for number in numbers[:: 1 if EVERY else 25]:
        with running_out_at(number):
            assert outcome(work) in (expected, "out-of-memory")
    assert work() == expected
