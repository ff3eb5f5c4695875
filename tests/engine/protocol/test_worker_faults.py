"""What goes wrong in a real worker with a real model, on the fast path and on the reference path."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from ftcompare.engine.blocking_transport import EngineProcess
from ftcompare.engine.protocol import (
    Command,
    Event,
    Fault,
    Finished,
    Generate,
    GenerationSettings,
    ItemFailed,
    Load,
    Loaded,
    Note,
    Pair,
    SystemRequest,
    Verified,
    Verify,
)
from tests.builders import of_kind
from tests.engine.local.local_driver import item
from tests.engine.protocol.faulty_worker import SOME_ROWS, Plan, command, lines, wait_for

pytestmark = pytest.mark.usefixtures("forked_workers")
posix = pytest.mark.skipif(sys.platform == "win32", reason="signals are of POSIX")
slow = pytest.mark.slow  # each takes a worker of its own, of several seconds
paths = pytest.mark.parametrize(
    "stacked", [True, pytest.param(False, marks=slow)], ids=["stacked", "reference"]
)

ITEMS = tuple(item(f"p{number}", f"What is a stroke, case {number}?") for number in range(8))
LONG = item("long", "What is the pressure of blood? " * 6)
SETTINGS = GenerationSettings(max_new_tokens=10, temperature=0.8, batch_prompts=8)
KEYS = {one.key for one in ITEMS}


@pytest.fixture
def plan(tmp_path: Path) -> Callable[..., Plan]:
    return lambda **faults: Plan(str(tmp_path / "log"), **faults)


def load(tiny: Path) -> Load:
    base = str(tiny / "llama" / "base")
    systems = SystemRequest("b", base), SystemRequest("a", base, str(tiny / "llama" / "adapter"))
    return Load(systems, device="cpu")


def last(engine: EngineProcess, command: Command) -> Event:
    return list(engine.events(command))[-1]


def start(engine: EngineProcess, tiny: Path) -> None:
    assert isinstance(last(engine, load(tiny)), Loaded)
    verified = of_kind(last(engine, Verify(ITEMS[:4])), Verified)
    assert all(one.ok for one in verified.systems)


def texts(events: Sequence[Event]) -> dict[str, tuple[str, ...]]:
    return {one.item: tuple(w.text for w in one.responses) for one in events if isinstance(one, Pair)}


def failures(events: Sequence[Event]) -> dict[str, str]:
    return {event.item: event.reason for event in events if isinstance(event, ItemFailed)}


def fault(events: Sequence[Event]) -> Fault:
    assert isinstance(events[-1], Fault)
    return events[-1]


@pytest.fixture(scope="module")
def undisturbed(tiny: Path) -> dict[str, tuple[str, ...]]:
    """What is written to all items where nothing goes wrong."""
    with EngineProcess() as engine:
        start(engine, tiny)
        return texts(list(engine.events(Generate((*ITEMS, LONG), SETTINGS))))


@contextmanager
def once_held(plan: Plan, act: Callable[[], object]) -> Iterator[None]:
    """Within it something is done as soon as the worker waits at its place."""

    def wait_and_act() -> None:
        wait_for(plan, "held")
        act()

    thread = threading.Thread(target=wait_and_act)
    thread.start()
    yield
    thread.join()


@paths
@pytest.mark.parametrize(
    ("place", "job"),
    [
        pytest.param("verify", Verify(ITEMS), marks=slow),
        ("prefill", Generate((LONG,), SETTINGS)),
        ("decode", Generate(ITEMS, SETTINGS)),
    ],
    ids=["proving", "in the middle of reading a prompt", "writing"],
)
def test_after_a_cancel_not_one_layer_more_is_computed(
    tiny: Path, plan: Callable[..., Plan], place: str, job: Command, *, stacked: bool
) -> None:
    held = plan(hold=place, stacked=stacked)
    with EngineProcess(command=command(held)) as engine:
        if place == "verify":
            assert isinstance(last(engine, load(tiny)), Loaded)
        else:
            start(engine, tiny)
        pid = engine.pid
        with once_held(held, engine.cancel):
            events = list(engine.events(job))
        assert events[-1] == Finished(cancelled=True)
        assert not texts(events)
        assert lines(held)[-1] == "cancel"
        assert engine.pid == pid
        assert isinstance(last(engine, Verify(ITEMS)), Verified)
        assert set(texts(list(engine.events(Generate(ITEMS, SETTINGS))))) == KEYS


@pytest.mark.parametrize("deaf", [False, True], ids=["between two steps", "in the middle of one"])
def test_a_cancel_while_loading_is_answered(tiny: Path, plan: Callable[..., Plan], *, deaf: bool) -> None:
    held = plan(hold="load", deaf=deaf)
    with EngineProcess(command=command(held)) as engine:
        with once_held(held, engine.cancel):
            assert last(engine, load(tiny)) == Finished(cancelled=True)
        start(engine, tiny)
        assert set(texts(list(engine.events(Generate(ITEMS, SETTINGS))))) == KEYS


def test_a_cancel_before_the_worker_is_up_is_not_lost(tiny: Path) -> None:
    with EngineProcess() as engine:
        engine.cancel()
        assert last(engine, load(tiny)) == Finished(cancelled=True)
        assert isinstance(last(engine, load(tiny)), Loaded)
        engine.cancel()  # between two commands
        assert last(engine, Verify(ITEMS)) == Finished(cancelled=True)
        assert isinstance(last(engine, Verify(ITEMS)), Verified)


@paths
def test_out_of_memory_halves_the_batch_and_everything_is_written(
    tiny: Path, plan: Callable[..., Plan], undisturbed: dict[str, tuple[str, ...]], *, stacked: bool
) -> None:
    with EngineProcess(command=command(plan(stacked=stacked, rows=SOME_ROWS - 1))) as engine:
        start(engine, tiny)
        events = list(engine.events(Generate(ITEMS, SETTINGS)))
    assert events[-1] == Finished(cancelled=False)
    assert texts(events) == {key: undisturbed[key] for key in KEYS}
    assert failures(events) == {}
    notes = [event.text for event in events if isinstance(event, Note)]
    assert all(note.startswith("Memory ran out: ") for note in notes)
    assert notes[0].split(":")[1].split()[0] == ("8" if stacked else "4")


@paths
def test_a_prompt_that_does_not_fit_by_itself_is_marked_and_the_others_go_on(
    tiny: Path, plan: Callable[..., Plan], *, stacked: bool
) -> None:
    with EngineProcess(command=command(plan(stacked=stacked, tokens=50))) as engine:
        assert isinstance(last(engine, load(tiny)), Loaded)
        verified = of_kind(last(engine, Verify((LONG, *ITEMS[:2]))), Verified)
        assert "on 2 prompts" in verified.systems[0].statement
        events = list(engine.events(Generate((LONG, *ITEMS), SETTINGS)))
    assert events[-1] == Finished(cancelled=False)
    assert set(texts(events)) == KEYS
    assert set(failures(events)) == {"long"}
    assert "not enough memory" in failures(events)["long"]
    assert "Shorten it" in failures(events)["long"]


def test_out_of_memory_in_the_proof_is_told_and_the_worker_stays(
    tiny: Path, plan: Callable[..., Plan]
) -> None:
    with EngineProcess(command=command(plan(tokens=50))) as engine:
        assert isinstance(last(engine, load(tiny)), Loaded)
        told = fault(list(engine.events(Verify((LONG,)))))
        assert (told.code, told.kind, told.fatal) == ("out-of-memory", "environment", False)
        assert isinstance(last(engine, Verify(ITEMS)), Verified)


def test_out_of_memory_while_loading_is_told_and_the_next_run_goes_on(
    tiny: Path, plan: Callable[..., Plan]
) -> None:
    with EngineProcess(command=command(plan(hold="load", ends="memory"))) as engine:
        told = fault(list(engine.events(load(tiny))))
        assert (told.code, told.kind, told.fatal) == ("out-of-memory", "environment", False)
        assert told.what == "There is not enough memory for the model."
        assert "choose a smaller model" in told.how
        start(engine, tiny)


@posix
@pytest.mark.parametrize(
    ("place", "stacked"),
    [
        ("decode", True),
        *(
            pytest.param(*other, marks=slow)
            for other in (("load", True), ("prefill", True), ("decode", False))
        ),
    ],
)
def test_a_worker_killed_by_the_system_is_told_and_the_next_one_writes_what_is_missing(
    tiny: Path,
    plan: Callable[..., Plan],
    undisturbed: dict[str, tuple[str, ...]],
    place: str,
    *,
    stacked: bool,
) -> None:
    items = (*ITEMS, LONG)
    with EngineProcess(command=command(plan(stacked=stacked, hold=place, ends="killed"))) as engine:
        events: list[Event] = []
        for job in (load(tiny), Verify(items[:4]), Generate(items, SETTINGS)):
            events += engine.events(job)
            if isinstance(events[-1], Fault):
                break
        told = fault(events)
        assert (told.code, told.kind, told.fatal) == ("worker-crashed", "environment", True)
        assert "SIGKILL" in told.what
        assert "when memory runs out" in told.how
        kept = texts(events)
        start(engine, tiny)
        missing = tuple(one for one in items if one.key not in kept)
        rest = texts(list(engine.events(Generate(missing, SETTINGS))))
    assert not kept.keys() & rest.keys()
    assert {**kept, **rest} == undisturbed


@pytest.mark.parametrize(
    ("place", "stacked"),
    [
        ("decode", True),
        pytest.param("load", True, marks=slow),
        pytest.param("verify", True, marks=slow),
        pytest.param("decode", False, marks=slow),
    ],
)
def test_a_lost_device_ends_the_worker_and_the_next_run_has_a_new_one(
    tiny: Path, plan: Callable[..., Plan], place: str, *, stacked: bool
) -> None:
    with EngineProcess(command=command(plan(stacked=stacked, hold=place, ends="lost"))) as engine:
        events: list[Event] = []
        pids = set()
        for job in (load(tiny), Verify(ITEMS), Generate(ITEMS, SETTINGS)):
            for event in engine.events(job):
                events.append(event)
                pids.add(engine.pid)
            if isinstance(event, Fault):
                break
        told = fault(events)
        assert (told.code, told.kind, told.fatal) == ("device-lost", "environment", True)
        assert "Everything written so far is saved" in told.how
        assert engine.pid is None
        start(engine, tiny)
        assert engine.pid not in pids
        assert set(texts(list(engine.events(Generate(ITEMS, SETTINGS))))) == KEYS


@slow
@posix
def test_a_worker_that_sleeps_with_the_machine_is_not_taken_for_dead(
    tiny: Path, plan: Callable[..., Plan]
) -> None:
    with EngineProcess(command=command(plan())) as engine:
        start(engine, tiny)
        pid = engine.pid or 0
        waking = threading.Timer(5.0, os.kill, (pid, signal.SIGCONT))
        events: list[Event] = []
        for event in engine.events(Generate(ITEMS, SETTINGS)):
            if not events:
                os.kill(pid, signal.SIGSTOP)
                waking.start()
            events.append(event)
        waking.join()
    assert events[-1] == Finished(cancelled=False)
    assert set(texts(events)) == KEYS


@slow
@posix
def test_a_cancel_of_a_worker_that_does_not_wake_up_is_answered_by_its_end(
    tiny: Path, plan: Callable[..., Plan]
) -> None:
    held = plan(hold="decode")
    with EngineProcess(command=command(held)) as engine:
        start(engine, tiny)
        pid = engine.pid or 0

        def stop_and_cancel() -> None:
            os.kill(pid, signal.SIGSTOP)
            engine.cancel()

        with once_held(held, stop_and_cancel):
            assert last(engine, Generate(ITEMS, SETTINGS)) == Finished(cancelled=True)
        assert engine.pid is None
        start(engine, tiny)
        assert set(texts(list(engine.events(Generate(ITEMS, SETTINGS))))) == KEYS


@paths
def test_items_that_no_model_can_take_are_marked_each_with_its_reason(
    tiny: Path, plan: Callable[..., Plan], *, stacked: bool
) -> None:
    odd = (
        item("template", "Be brief.", "Be kind.", "What?", roles=["system", "system", "user"]),
        item("context", "heart " * 300),
        item("no user", "Be brief.", roles=["system"]),
        item("half", "What is \ud800?"),
    )
    with EngineProcess(command=command(plan(stacked=stacked))) as engine:
        assert isinstance(last(engine, load(tiny)), Loaded)
        assert isinstance(last(engine, Verify((*odd, *ITEMS[:1]))), Verified)
        events = list(engine.events(Generate((*odd, *ITEMS), SETTINGS)))
    assert events[-1] == Finished(cancelled=False)
    assert set(texts(events)) == KEYS
    reasons = failures(events)
    assert set(reasons) == {one.key for one in odd}
    assert "chat template rejects" in reasons["template"]
    assert "the model's context has 128" in reasons["context"]
    assert "no user turn" in reasons["no user"]
