"""The served backend in a real worker: one story, and a worker that is killed in the middle of it."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from ftcompare.engine.blocking_transport import EngineProcess
from ftcompare.engine.protocol import (
    Benchmark,
    Benchmarked,
    Command,
    Event,
    Fault,
    Finished,
    Generate,
    GenerationSettings,
    ItemFailed,
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
from ftcompare.engine.server_address import KEY_VARIABLE
from tests.builders import of_kind
from tests.engine.served.openai_front import Front, serving
from tests.engine.served.served_driver import ITEMS, item, until

SETTINGS = GenerationSettings(max_new_tokens=6, temperature=0.8, samples=2, seed=3)
TWICE = tuple(item(one.key, one.messages[0].content, samples=(0, 1)) for one in ITEMS)
ALL = sorted((one.key, sample) for one in TWICE for sample in one.samples)


@pytest.fixture(scope="module")
def front(tiny: Path) -> Iterator[Front]:
    llama = tiny / "llama"
    with serving(llama / "base", {"tuned": llama / "adapter", "second": llama / "second"}) as front:
        yield front


@pytest.fixture
def engine() -> Iterator[EngineProcess]:
    with EngineProcess() as engine:
        yield engine


def load(front: Front, *adapters: str) -> Load:
    systems = [SystemRequest(name, "base", name, front.url) for name in adapters]
    return Load((SystemRequest("b", "base", "", front.url), *systems), backend="served")


def last(engine: EngineProcess, command: Command) -> Event:
    return list(engine.events(command))[-1]


def start(engine: EngineProcess, front: Front) -> None:
    assert isinstance(last(engine, load(front, "tuned", "second")), Loaded)
    assert isinstance(last(engine, Verify(ITEMS)), Verified)


def test_a_refusal_then_a_whole_story(engine: EngineProcess, front: Front) -> None:
    refused = of_kind(last(engine, load(front, "unheard-of")), Fault)
    assert (refused.code, refused.kind, refused.fatal) == ("served-name-missing", "user", False)

    start(engine, front)
    events = list(engine.events(Generate((*TWICE, item("long", "heart " * 200)), SETTINGS)))
    assert events[-1] == Finished(cancelled=False)
    pairs = [event for event in events if isinstance(event, Pair)]
    assert sorted((pair.item, pair.sample) for pair in pairs) == ALL
    assert all([one.system for one in pair.responses] == ["b", "tuned", "second"] for pair in pairs)
    assert [event.item for event in events if isinstance(event, ItemFailed)] == ["long"]

    scored = list(engine.events(Score((TextToScore("t", ITEMS[0].messages, "The heart."),))))
    assert [len(event.scores) for event in scored if isinstance(event, Scored)] == [3]
    measured = of_kind(last(engine, Benchmark(ITEMS[:2], SETTINGS)), Benchmarked)
    assert [one.prompts for one in measured.systems] == [2, 2, 2]


def test_the_key_reaches_the_worker_by_the_environment(front: Front, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(front.conduct, "key", "sk-1")
    with EngineProcess() as engine:
        refused = of_kind(last(engine, load(front)), Fault)
        assert refused.code == "server-key"
    monkeypatch.setenv(KEY_VARIABLE, "sk-1")
    with EngineProcess() as engine:
        assert isinstance(last(engine, load(front)), Loaded)


@pytest.mark.usefixtures("patient")
def test_a_cancel_is_answered_and_the_server_is_let_go(engine: EngineProcess, front: Front) -> None:
    start(engine, front)
    pid, aborted = engine.pid, front.aborted
    front.conduct.seconds = 600
    events: list[Event] = []
    cancelled = False
    for event in engine.events(Generate(TWICE, GenerationSettings(max_new_tokens=6))):
        events.append(event)
        if not cancelled:
            until(lambda: front.at_once > 0)
            cancelled = True
            engine.cancel()
    assert events[-1] == Finished(cancelled=True)
    assert engine.pid == pid
    until(lambda: front.aborted > aborted and front.at_once == 0)
    front.conduct.seconds = 0
    assert isinstance(last(engine, Verify(ITEMS)), Verified)


def test_after_a_kill_what_is_missing_is_written_and_nothing_twice(
    engine: EngineProcess, front: Front
) -> None:
    start(engine, front)
    kept: dict[tuple[str, int], Pair] = {}
    events: list[Event] = []
    for event in engine.events(Generate(TWICE, SETTINGS)):
        events.append(event)
        if isinstance(event, Pair):
            kept[event.item, event.sample] = event
            if len(kept) == 2 and engine.pid is not None:
                os.kill(engine.pid, signal.SIGKILL)
    assert isinstance(events[-1], Fault)
    assert events[-1].code == "worker-crashed"
    assert 2 <= len(kept) < len(ALL)

    start(engine, front)
    missing = [
        item(
            one.key,
            one.messages[0].content,
            samples=tuple(s for s in one.samples if (one.key, s) not in kept),
        )
        for one in TWICE
    ]
    rest = [event for event in engine.events(Generate(tuple(missing), SETTINGS)) if isinstance(event, Pair)]
    assert sorted([*kept, *((pair.item, pair.sample) for pair in rest)]) == ALL
    again = [event for event in engine.events(Generate(TWICE, SETTINGS)) if isinstance(event, Pair)]
    assert {(pair.item, pair.sample): pair for pair in again} == {
        **kept,
        **{(p.item, p.sample): p for p in rest},
    }
