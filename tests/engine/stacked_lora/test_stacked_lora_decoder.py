"""Rows come and go, memory runs out, someone cancels: what is written is the reference's all the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache, partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import torch

from ftcompare.core.errors import BugError, EnvironmentFault
from ftcompare.engine.backends import Cancelled
from ftcompare.engine.backends.local.prompts import Encoded
from ftcompare.engine.backends.local.sampling import RandomStream, Sampler
from ftcompare.engine.backends.local.stacked_lora import decoder, forward
from ftcompare.engine.backends.local.stacked_lora.decoder import LiveSequence, SequenceTask, arranged
from ftcompare.engine.backends.local.stacked_lora.prepared_model import stacked_layers
from ftcompare.engine.protocol import GenerationSettings, Item, Pair, Progress, Written
from tests.engine.local.local_driver import ITEMS, QUESTIONS, Driver, item, ready
from tests.engine.stacked_lora.live_bytes import LiveBytes

GREEDY = GenerationSettings(max_new_tokens=16)
SAMPLING = GenerationSettings(
    max_new_tokens=16, temperature=0.9, top_p=0.95, top_k=50, min_p=0.01, repetition_penalty=1.2,
    stop=("ea",), samples=3, coupling="independent", seed=5,
)  # fmt: skip
Responses = dict[Any, tuple[Written, ...]]
Reference = Callable[[tuple[Item, ...], GenerationSettings], Responses]
SEVERAL = tuple(replace(one, samples=(0, 1, 2)) for one in ITEMS)


@pytest.fixture(scope="module")
def roots(tiny: Path) -> tuple[Path, Path, Path]:
    return tiny / "llama" / "base", tiny / "llama" / "adapter", tiny / "llama" / "second"


@pytest.fixture(scope="module")
def reference(roots: tuple[Path, Path, Path]) -> Reference:
    """What the reference path writes, once for all tests."""
    return cache(partial(written, ready(*roots, stacked=False)))


@pytest.fixture(scope="module")
def shared(roots: tuple[Path, Path, Path]) -> Driver:
    driver = ready(*roots)
    driver.write()
    return driver


@pytest.fixture
def fast(shared: Driver) -> Iterator[Driver]:
    yield shared
    shared.is_cancelled = lambda: False


def written(driver: Driver, items: tuple[Item, ...], settings: GenerationSettings) -> Responses:
    driver.write(items, settings)
    return {(event.item, event.sample): event.responses for event in driver.events if isinstance(event, Pair)}


@pytest.mark.parametrize("prompts", [1, 2, 0], ids=["one", "two", "measured"])
@pytest.mark.parametrize("settings", [GREEDY, SAMPLING], ids=["greedy", "sampling"])
def test_what_is_written_is_the_references(
    fast: Driver, reference: Reference, settings: GenerationSettings, prompts: int
) -> None:
    expected = reference(SEVERAL, settings)
    found = written(fast, SEVERAL, replace(settings, batch_prompts=prompts))
    assert found == expected
    assert len(found) == 3 * len(ITEMS)


def test_each_response_says_which_adapter_acted(fast: Driver) -> None:
    digests = [digest for _, digest in fast.backend._loaded_systems().attached.values()]
    for pair in fast.write(settings=GREEDY).values():
        assert [pair[key].active for key in ("base", "a0", "a1")] == ["", *digests]


def test_the_order_of_the_systems_is_the_requests(
    roots: tuple[Path, Path, Path], reference: Reference
) -> None:
    """Also where the base is not the first."""
    driver = ready(*roots)
    driver.backend._requests = (*driver.backend._requests[1:], driver.backend._requests[0])
    found = written(driver, ITEMS, GREEDY)
    expected = reference(ITEMS, GREEDY)
    assert {key: (*row[2:], *row[:2]) for key, row in found.items()} == expected


def watched_batches(monkeypatch: pytest.MonkeyPatch) -> list[list[tuple[str, int]]]:
    """For each step the rows that it had: item and system."""
    steps: list[list[tuple[str, int]]] = []
    step = decoder.SequenceBatch.step

    def watching(self: Any) -> torch.Tensor:
        steps.append([(row.task.prompt.key, row.task.system) for row in self.rows])
        return step(self)

    monkeypatch.setattr(decoder.SequenceBatch, "step", watching)
    return steps


def test_a_row_that_ends_leaves_and_the_next_enters(fast: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = watched_batches(monkeypatch)
    fast.write(SEVERAL, replace(SAMPLING, batch_prompts=2))
    sizes = [len(rows) for rows in steps]
    assert max(sizes) == 6
    full = [at for at, size in enumerate(sizes) if size == 6]
    assert any(steps[a] != steps[b] for a, b in pairwise(full))  # others took the place
    assert all(systems == sorted(systems) for rows in steps for systems in [[system for _, system in rows]])


def test_strict_mode_keeps_every_row_in_its_place(fast: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = watched_batches(monkeypatch)
    fast.write(SEVERAL, replace(SAMPLING, strict=True))
    assert all([system for _, system in rows] == [0, 1, 2] for rows in steps)
    assert all(len({key for key, _ in rows}) == 1 for rows in steps)


def logits_of(
    driver: Driver, items: tuple[Item, ...], settings: GenerationSettings, key: str
) -> list[torch.Tensor]:
    """What the sampler was given for the rows of one item."""
    found: list[torch.Tensor] = []

    class Recording(Sampler):
        def stream(self, item: str, system: str, sample: int, prompt_ids: Any) -> RandomStream:
            stream = super().stream(item, system, sample, prompt_ids)
            vars(stream)["item"] = item
            return stream

        def draw(self, logits: torch.Tensor, streams: Any) -> list[int]:
            rows = [at for at, stream in enumerate(streams) if vars(stream)["item"] == key]
            found.append(logits[rows].clone())
            return super().draw(logits, streams)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(decoder, "Sampler", Recording)
        driver.write(items, settings)
    return [one for one in found if len(one)]


def test_in_strict_mode_logits_are_bit_equal_whatever_else_is_written(fast: Driver) -> None:
    strict = replace(GREEDY, strict=True)
    alone = logits_of(fast, ITEMS[1:2], strict, "p1")
    among = logits_of(fast, tuple(reversed(ITEMS)), strict, "p1")
    assert len(alone) > 5
    assert all(torch.equal(one, other) for one, other in zip(alone, among, strict=True))


def test_in_strict_mode_a_neighbours_tokens_do_not_tell(fast: Driver) -> None:
    """Every product has the same shape and mixes no rows: bit-equal though the neighbour's text changes."""
    systems = fast.backend._loaded_systems()
    layers, _ = stacked_layers(systems)
    names = ["", *(name for name, _ in systems.attached.values())]

    def base_logits(other: int) -> list[torch.Tensor]:
        batch = decoder.SequenceBatch(forward.Forward(systems.base, layers, lambda: None), names)
        prompt = Encoded("p", (5, 6, 7, 8), 20)
        rows = [LiveSequence(SequenceTask(prompt, 0, system), RandomStream((1, 2))) for system in range(3)]
        with layers.at_work(), torch.inference_mode():
            found = [batch.enter(rows, 3, None)[0]]
            for row in rows:
                row.tokens.append(9)
            for token in range(10, 20):
                found.append(batch.step()[0])
                for row in rows:
                    row.tokens.append(token if row.task.system == 0 else other + token)
        return found

    assert all(torch.equal(a, b) for a, b in zip(base_logits(3), base_logits(50), strict=True))


def fail_passes(monkeypatch: pytest.MonkeyPatch, rows: int, error: Exception, *, after: int = 0) -> list[int]:
    """Make passes over more rows than that fail; the sizes of all passes tried."""
    tried: list[int] = []
    run = forward.Forward._run

    def failing(self: Any, ids: torch.Tensor, *more: Any) -> torch.Tensor:
        tried.append(len(more[3]) if more[3:] else len(ids))
        if tried[-1] > rows and len(tried) > after:
            raise error
        return run(self, ids, *more)

    monkeypatch.setattr(forward.Forward, "_run", failing)
    return tried


@pytest.mark.parametrize("after", [0, 1, 20], ids=["reading", "first step", "later"])
def test_out_of_memory_halves_the_rows_and_loses_nothing(
    fast: Driver, reference: Reference, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    expected = reference(SEVERAL, SAMPLING)
    tried = fail_passes(monkeypatch, 2, torch.OutOfMemoryError("CUDA out of memory."), after=after)
    assert written(fast, SEVERAL, replace(SAMPLING, batch_prompts=3)) == expected
    pairs = [(event.item, event.sample) for event in fast.events if isinstance(event, Pair)]
    assert len(pairs) == len(set(pairs))
    assert all(note.startswith("Memory ran out: ") for note in fast.notes)
    assert fast.notes
    assert tried[-1] <= 2


def test_where_memory_runs_out_in_the_trial_the_reference_path_writes(
    roots: tuple[Path, Path, Path], reference: Reference, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = reference(SEVERAL, SAMPLING)
    fail_passes(monkeypatch, 0, torch.OutOfMemoryError("CUDA out of memory."))
    driver = ready(*roots)
    assert written(driver, SEVERAL, SAMPLING) == expected
    assert any("memory ran out while it was tried" in note for note in driver.notes)


def test_out_of_memory_where_rows_move_loses_nothing(
    fast: Driver, reference: Reference, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ftcompare.engine.backends.local.stacked_lora.kv_cache import KVCache

    expected = reference(SEVERAL, SAMPLING)
    rearrange = KVCache.rearrange
    calls = 0

    def failing(self: Any, sources: Any) -> None:
        nonlocal calls
        calls += 1
        if calls in (2, 4):
            raise MemoryError
        rearrange(self, sources)

    monkeypatch.setattr(KVCache, "rearrange", failing)
    assert written(fast, SEVERAL, replace(SAMPLING, batch_prompts=3)) == expected
    assert len(fast.notes) == 2


def test_out_of_memory_for_one_row_fails_that_item_only(
    fast: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    longest = max(len(one.messages[0].content) for one in ITEMS)
    read = forward.Forward.read

    def failing(self: Any, rows: Any, following: Any) -> Any:
        if max(len(row.ids) for row in rows) > 30:
            raise MemoryError
        return read(self, rows, following)

    monkeypatch.setattr(forward.Forward, "read", failing)
    pairs = fast.write(SEVERAL, GREEDY)
    too_long = {one.key for one in ITEMS if len(one.messages[0].content) == longest}
    assert set(fast.failures) == too_long
    assert all("memory" in reason for reason in fast.failures.values())
    assert set(pairs) == {one.key for one in ITEMS} - too_long
    assert [event for event in fast.events if isinstance(event, Progress)][-1].done == len(ITEMS)


def test_in_strict_mode_out_of_memory_fails_the_item(fast: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    fail_passes(monkeypatch, 2, MemoryError())
    assert fast.write(ITEMS[:2], replace(GREEDY, strict=True)) == {}
    assert set(fast.failures) == {"p0", "p1"}


def test_other_errors_are_not_taken_for_memory(fast: Driver, reference: Reference) -> None:
    with pytest.MonkeyPatch.context() as patch:
        fail_passes(patch, 0, RuntimeError("something else"))
        with pytest.raises(RuntimeError, match="something else"):
            fast.write()
    with pytest.MonkeyPatch.context() as patch:
        fail_passes(patch, 0, torch.AcceleratorError("CUDA error: an illegal memory access"))
        with pytest.raises(EnvironmentFault) as caught:
            fast.write()
    assert caught.value.code == "device-lost"
    assert written(fast, ITEMS, GREEDY) == reference(ITEMS, GREEDY)


@pytest.mark.parametrize("asked", [1, 2, 3, 5, 20, 50])
def test_a_cancel_is_seen_in_every_layer(fast: Driver, reference: Reference, asked: int) -> None:
    """In the middle of a pass too; what follows is not the worse for it."""
    count = 0

    def is_cancelled() -> bool:
        nonlocal count
        count += 1
        return count > asked

    fast.is_cancelled = is_cancelled
    with pytest.raises(Cancelled):
        fast.write(SEVERAL, GREEDY)
    assert count <= asked + 2
    fast.is_cancelled = lambda: False
    assert written(fast, ITEMS, GREEDY) == reference(ITEMS, GREEDY)


def test_progress_counts_items_to_the_end(fast: Driver) -> None:
    fast.write((*SEVERAL, item("bad", "x", roles=["tool"]), replace(item("none", "x"), samples=())))
    done = [event.done for event in fast.events if isinstance(event, Progress)]
    assert done == sorted(done)
    assert done[-1] == len(ITEMS) + 2


def test_a_row_that_another_adapter_acted_on_is_not_delivered(
    fast: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As it would be if slots and systems came apart: the record is of the passes, not of the request."""
    plan_of = decoder.plan_of
    names = [name for name, _ in fast.backend._loaded_systems().attached.values()]

    def swapped(rows: Any, given: Any) -> Any:
        return plan_of(rows, ["", *reversed(names)])

    monkeypatch.setattr(decoder, "plan_of", swapped)
    with pytest.raises(BugError) as caught:
        fast.write()
    assert caught.value.code == "adapter-state"
    assert fast.pairs == {}


def test_rows_move_as_little_as_keeps_systems_together() -> None:
    prompt = Encoded("p", (1,), 1)
    rows = [
        LiveSequence(SequenceTask(prompt, at, system), RandomStream((0, 0)))
        for at, system in enumerate([0, 0, 0, 1, 1, 2])
    ]
    slots = {id(row): slot for slot, row in enumerate(rows)}
    staying = [rows[0], rows[2], rows[3], rows[4], rows[5]]
    found = arranged(staying, slots)
    assert [row.task.system for row in found] == [0, 0, 1, 1, 2]
    moved = [row for place, row in enumerate(found) if slots[id(row)] != place]
    assert moved == [rows[2], rows[4], rows[5]]


def test_measured_memory_bounds_the_rows(fast: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = watched_batches(monkeypatch)
    monkeypatch.setattr(decoder, "memory_for_tensors", lambda _: 0)
    fast.write(settings=GREEDY)
    assert max(map(len, sizes)) == 1


def read_tokens(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """For each pass over prompts how many tokens it had."""
    sizes: list[int] = []
    run = forward.Forward._run

    def watching(self: Any, ids: torch.Tensor, *more: Any) -> torch.Tensor:
        sizes.extend([ids.shape[1]] if more[3:] else [])
        return run(self, ids, *more)

    monkeypatch.setattr(forward.Forward, "_run", watching)
    return sizes


WORDS = "The heart pumps blood through the body. "
CONTEXT = WORDS * 4
OTHER = "Treatment lowers the pressure of blood. " * 4
SHARING = {
    "a context": [CONTEXT + question for question in QUESTIONS],
    "two contexts": [context + question for context in (CONTEXT, OTHER) for question in QUESTIONS],
    "instructions and contexts": [
        CONTEXT + more * 2 + question
        for more in (WORDS, "High blood pressure strains the vessels. ")
        for question in QUESTIONS[2:4]
    ],
    "whole prompts": [CONTEXT] * 4,
    "nothing": list(QUESTIONS),
}


@pytest.mark.parametrize("at_a_time", [1, 3, 0], ids=["one", "three", "measured"])
@pytest.mark.parametrize("kind", SHARING)
def test_tokens_that_prompts_share_are_read_once_by_each_adapter(
    fast: Driver, reference: Reference, monkeypatch: pytest.MonkeyPatch, kind: str, at_a_time: int
) -> None:
    """And what is written is what was written without sharing, and by the reference path."""
    items = tuple(item(f"s{number}", text) for number, text in enumerate(SHARING[kind]))
    settings = replace(SAMPLING, samples=1, batch_prompts=at_a_time)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(forward, "LEAST_SHARED", 1000)
        apart = read_tokens(patch)
        expected = written(fast, items, settings)
    together = read_tokens(monkeypatch)
    assert written(fast, items, settings) == expected == reference(items, replace(settings, batch_prompts=3))
    assert sum(apart) == sum(one.prompt_tokens or 0 for pair in expected.values() for one in pair)
    shares = {"a context": 0.5, "two contexts": 0.6, "instructions and contexts": 0.7, "whole prompts": 0.27}
    assert sum(together) <= shares.get(kind, 1) * sum(apart)
    assert together == apart or kind != "nothing"


def test_in_strict_mode_nothing_is_shared(fast: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    items = tuple(item(f"s{number}", CONTEXT) for number in range(3))
    sizes = read_tokens(monkeypatch)
    fast.write(items, replace(GREEDY, strict=True))
    assert len(sizes) == 9
    assert len(set(sizes)) == 1


def test_what_prompts_share_is_kept_while_queued_ones_need_it(
    fast: Driver, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: list[dict[str, int]] = []
    read = forward.Forward.read

    def watching(self: Any, rows: Any, following: Any) -> torch.Tensor:
        logits = read(self, rows, following)
        kept.append({name: len(cache.ids) for name, cache in self._shared.items()})
        return logits

    monkeypatch.setattr(forward.Forward, "read", watching)
    items = (*(item(f"s{number}", CONTEXT + text) for number, text in enumerate(QUESTIONS)), *ITEMS)
    fast.write(items, replace(GREEDY, batch_prompts=2))
    assert kept[0] == kept[-1] == {}
    most = max(kept, key=len)
    assert len(most) == 3
    assert len(set(most.values())) == 1


def test_long_prompts_stay_within_the_planned_memory(fast: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is in memory beside the model when 16 long prompts are read in pieces, and then written."""
    monkeypatch.setattr(forward, "PASS_TOKENS", {"cpu": 8})
    monkeypatch.setattr(decoder, "PASS_TOKENS", {"cpu": 8})
    items = tuple(item(f"l{number}", f"{number} " + (WORDS * 5)[number:]) for number in range(16))
    sizes = read_tokens(monkeypatch)
    with LiveBytes() as memory:
        found = fast.write(items, replace(GREEDY, max_new_tokens=2))
    assert len(found) == 16
    assert max(sizes) <= 8
    _, token = stacked_layers(fast.backend._loaded_systems())
    longest = max(one.prompt_tokens or 0 for pair in found.values() for one in pair.values())
    rows = 48 * (token * (longest + 2 + 64) + decoder.LOGITS_BYTES * 384)
    reading = 3 * token * (longest + 2 + 8)
    assert memory.most <= rows + reading
    assert memory.most > rows // 2


def test_what_ended_and_what_was_cut_are_told_apart(fast: Driver) -> None:
    ends = {r.finish_reason for pair in fast.write(SEVERAL, SAMPLING).values() for r in pair.values()}
    assert ends == {"end", "length"}
