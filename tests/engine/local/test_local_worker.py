"""The local backend in a real worker: one start for the whole story."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from ftcompare.engine.blocking_transport import EngineProcess
from ftcompare.engine.protocol import (
    Benchmark,
    Benchmarked,
    Event,
    Fault,
    Finished,
    Generate,
    GenerationSettings,
    Load,
    Loaded,
    Pair,
    Score,
    Scored,
    SystemRequest,
    TextToScore,
    Verified,
    Verify,
)
from tests.builders import of_kind
from tests.engine.local.local_driver import ITEMS, item, reference

MANY = tuple(item(f"many{number}", f"What is number {number}?") for number in range(400))


@pytest.fixture(scope="module")
def engine() -> Iterator[EngineProcess]:
    with EngineProcess() as engine:
        yield engine


def load(tiny: Path, adapter: str) -> Load:
    base = str(tiny / "llama" / "base")
    systems = (SystemRequest("b", base), SystemRequest("a", base, str(tiny / adapter)))
    return Load(systems, device="cpu")


def test_a_refusal_then_pairs_then_a_cancel(engine: EngineProcess, tiny: Path) -> None:
    refused = of_kind(list(engine.events(load(tiny, "gpt2/adapter")))[-1], Fault)
    assert (refused.code, refused.kind, refused.fatal) == ("adapter-other-base", "user", False)

    assert isinstance(list(engine.events(load(tiny, "llama/adapter")))[-1], Loaded)
    unproved = of_kind(list(engine.events(Generate(ITEMS, GenerationSettings())))[-1], Fault)
    assert unproved.code == "proof-failed"

    verified = of_kind(list(engine.events(Verify(ITEMS)))[-1], Verified)
    assert all(verification.ok for verification in verified.systems)

    events = list(engine.events(Generate(ITEMS, GenerationSettings(max_new_tokens=8))))
    assert events[-1] == Finished(cancelled=False)
    pairs = {event.item: event.responses for event in events if isinstance(event, Pair)}
    assert set(pairs) == {one.key for one in ITEMS}
    base, adapter = tiny / "llama" / "base", tiny / "llama" / "adapter"
    expected = [reference(base, ITEMS[0], 8)[0], reference(base, ITEMS[0], 8, adapter)[0]]
    assert [one.text for one in pairs[ITEMS[0].key]] == expected


def test_scores_and_speeds_come_through_the_worker(engine: EngineProcess, tiny: Path) -> None:
    for command in (load(tiny, "llama/adapter"), Verify(ITEMS)):
        list(engine.events(command))
    texts = tuple(TextToScore(one.key, one.messages, "The heart.") for one in ITEMS[:2])
    events = list(engine.events(Score(texts)))
    assert events[-1] == Finished(cancelled=False)
    scored = {event.key: event.scores for event in events if isinstance(event, Scored)}
    assert set(scored) == {"p0", "p1"}
    assert [len(one.logprobs) > 0 for one in scored["p0"]] == [True, True]
    measured = list(engine.events(Benchmark(ITEMS[:2], GenerationSettings(max_new_tokens=6))))[-1]
    assert isinstance(measured, Benchmarked)
    assert [(one.system, one.prompts) for one in measured.systems] == [("b", 2), ("a", 2)]


@pytest.mark.usefixtures("patient")
def test_a_cancel_while_writing_is_answered_and_the_worker_stays(engine: EngineProcess, tiny: Path) -> None:
    for command in (load(tiny, "llama/adapter"), Verify(ITEMS)):
        list(engine.events(command))
    pid = engine.pid
    events: list[Event] = []
    cancelled = False
    for event in engine.events(Generate(MANY, GenerationSettings(max_new_tokens=90))):
        events.append(event)
        if isinstance(event, Pair) and not cancelled:
            cancelled = True
            engine.cancel()
    assert events[-1] == Finished(cancelled=True)
    assert engine.pid == pid
    assert isinstance(list(engine.events(Verify(ITEMS)))[-1], Verified)
