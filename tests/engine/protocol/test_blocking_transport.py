"""A real child process with the fake backend: noise, cancel, crash, end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest
from fake_backend import FAKE

from ftcompare.core.errors import BugError, EnvironmentFault, FTCompareError, UserError
from ftcompare.core.study import Message
from ftcompare.engine.blocking_transport import EngineProcess, worker_command
from ftcompare.engine.protocol import (
    PROTOCOL_VERSION,
    Event,
    Fault,
    FaultKind,
    Finished,
    Generate,
    GenerationSettings,
    Item,
    ItemFailed,
    Load,
    Loaded,
    Note,
    Pair,
    SystemRequest,
    Verified,
    Verify,
    Written,
    raise_fault,
)
from tests.builders import of_kind

ITEMS = tuple(Item(f"p{n}", (Message("user", f"Question {n}"),)) for n in range(5))
GENERATE = Generate(ITEMS, GenerationSettings(max_new_tokens=5))


def load(**script: object) -> Load:
    model = json.dumps(script)
    return Load((SystemRequest("b", model), SystemRequest("a", model, "adapter")), backend=FAKE)


@pytest.fixture
def engine() -> Iterator[EngineProcess]:
    with EngineProcess() as engine:
        yield engine


def prepare(engine: EngineProcess, **script: object) -> None:
    assert isinstance(list(engine.events(load(**script)))[-1], Loaded)
    assert isinstance(list(engine.events(Verify(ITEMS)))[-1], Verified)


def pairs(events: list[Event]) -> list[str]:
    return [event.item for event in events if isinstance(event, Pair)]


def gone(pid: int) -> bool:
    """Whether a process has ended within 5 s (a zombie has)."""
    for _ in range(500):
        try:
            if Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()[0] == "Z":
                return True
        except OSError:
            return True
        time.sleep(0.01)
    return False


def test_pairs_come_one_by_one(engine: EngineProcess) -> None:
    prepare(engine, failures={"p3": "too long"}, notes=["a note"])
    events = list(engine.events(GENERATE))
    assert pairs(events) == ["p0", "p1", "p2", "p4"]
    assert ItemFailed("p3", "too long") in events
    assert Note("a note") in events
    assert events[-1] == Finished(cancelled=False)
    first = next(event for event in events if isinstance(event, Pair))
    base, adapted = first.responses
    text = "The base answer to: Question"
    assert base == Written("b", text, "length", 5, prompt_tokens=2, reasoning_tokens=0)
    assert adapted == replace(base, system="a", text=text.replace("base", "adapted"), active=adapted.active)
    assert adapted.active


def test_prints_of_libraries_do_not_reach_the_protocol(engine: EngineProcess) -> None:
    prepare(engine, noise='{"message": "Finished", "cancelled": false}\nA progress bar: 100%')
    assert len(pairs(list(engine.events(GENERATE)))) == len(ITEMS)


@pytest.mark.usefixtures("patient")
def test_a_cancel_is_answered_and_the_worker_stays(engine: EngineProcess) -> None:
    prepare(engine, seconds_per_pair=2)
    pid = engine.pid
    events: list[Event] = []
    for event in engine.events(GENERATE):
        events.append(event)
        if isinstance(event, Pair):
            engine.cancel()
    assert events[-1] == Finished(cancelled=True)
    assert 0 < len(pairs(events)) < len(ITEMS)
    rest = tuple(item for item in ITEMS if item.key not in pairs(events))
    again = list(engine.events(Generate(rest[:1], GenerationSettings())))
    assert pairs(again) == [rest[0].key]
    assert engine.pid == pid


def test_a_worker_deaf_to_cancel_is_killed_and_started_anew(
    engine: EngineProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ftcompare.engine.client.CANCEL_SECONDS", 0.2)
    prepare(engine, seconds_per_pair=30, ignores_cancel=True)
    pid = engine.pid
    threading.Timer(1.0, engine.cancel).start()
    events = list(engine.events(GENERATE))
    assert events[-1] == Finished(cancelled=True)
    prepare(engine)
    assert engine.pid != pid


def test_a_load_can_be_cancelled(engine: EngineProcess) -> None:
    threading.Timer(0.3, engine.cancel).start()
    events = list(engine.events(load(seconds_to_load=30)))
    assert events[-1] == Finished(cancelled=True)
    assert isinstance(list(engine.events(load()))[-1], Loaded)


def test_a_killed_worker_is_reported_and_started_anew(engine: EngineProcess) -> None:
    prepare(engine, seconds_per_pair=0.1)
    events: list[Event] = []
    for event in engine.events(GENERATE):
        events.append(event)
        if isinstance(event, Pair) and engine.pid is not None:
            with suppress(ProcessLookupError):
                os.kill(engine.pid, signal.SIGKILL)
    fault = of_kind(events[-1], Fault)
    assert (fault.code, fault.kind, fault.fatal) == ("worker-crashed", "environment", True)
    assert "SIGKILL" in fault.what
    assert engine.pid is None
    prepare(engine)
    assert pairs(list(engine.events(GENERATE))) == [item.key for item in ITEMS]


def test_a_worker_that_exits_by_itself_is_reported(engine: EngineProcess) -> None:
    prepare(engine, exit_at="p2")
    events = list(engine.events(GENERATE))
    assert pairs(events) == ["p0", "p1"]
    assert isinstance(events[-1], Fault)
    assert "exit code 70" in events[-1].what


def test_a_fault_leaves_the_worker_usable(engine: EngineProcess) -> None:
    events = list(engine.events(load(load_fault="model-missing")))
    assert isinstance(events[-1], Fault)
    assert events[-1].code == "model-missing"
    assert events[-1].kind == "user"
    prepare(engine)


def test_a_lost_device_ends_the_worker_and_the_next_use_starts_one(engine: EngineProcess) -> None:
    prepare(engine, pair_faults={"p1": "device-lost"})
    events = list(engine.events(GENERATE))
    assert isinstance(events[-1], Fault)
    assert events[-1].fatal
    prepare(engine)


def test_a_broken_script_is_refused(engine: EngineProcess) -> None:
    command = Load((SystemRequest("b", "no script"),), backend=FAKE)
    assert [e.code for e in engine.events(command) if isinstance(e, Fault)] == ["model-missing"]


def test_nothing_is_written_when_the_proof_fails(engine: EngineProcess) -> None:
    list(engine.events(load(verification_holds=False)))
    (verified,) = (event for event in engine.events(Verify(ITEMS)) if isinstance(event, Verified))
    assert [verification.ok for verification in verified.systems] == [True, False]
    events = list(engine.events(GENERATE))
    assert isinstance(events[-1], Fault)
    assert not pairs(events)


def test_a_program_that_is_no_worker_is_reported() -> None:
    command = [sys.executable, "-c", "import sys; sys.exit('no such module')"]
    with EngineProcess(command=command) as engine:
        (fault,) = engine.events(load())
    assert isinstance(fault, Fault)
    assert fault.code == "worker-crashed"
    assert fault.where.endswith("no such module")


def test_a_worker_that_says_nothing_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ftcompare.engine.client.START_SECONDS", 0.3)
    with EngineProcess(command=[sys.executable, "-c", "import time; time.sleep(60)"]) as engine:
        (fault,) = engine.events(load())
    assert isinstance(fault, Fault)
    assert fault.code == "worker-crashed"


def test_a_worker_that_does_not_end_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ftcompare.engine.blocking_transport.END_SECONDS", 0.2)
    hello = json.dumps({"message": "Hello", "version": PROTOCOL_VERSION, "pid": 1})
    loaded = (
        '{"message": "Fault", "code": "c", "what": "", "where": "", "how": "", "fatal": false, "kind": "bug"}'
    )
    program = (
        f"import time; print({hello!r}, flush=True); input(); print({loaded!r}, flush=True); time.sleep(600)"
    )
    with EngineProcess(command=[sys.executable, "-c", program]) as engine:
        list(engine.events(load()))
        pid = engine.pid
    assert pid is not None
    assert gone(pid)


def test_closing_twice_and_cancelling_nothing_do_nothing() -> None:
    engine = EngineProcess()
    engine.cancel()
    engine.close()
    engine.close()
    assert engine.pid is None


def test_a_worker_ends_with_its_stdin_even_while_generating() -> None:
    pipe = subprocess.PIPE
    with subprocess.Popen(worker_command(), stdin=pipe, stdout=pipe, stderr=pipe) as worker:
        assert worker.stdin is not None
        assert worker.stdout is not None
        from ftcompare.engine.protocol import encode

        for command in (load(seconds_per_pair=600, ignores_cancel=True), Verify(ITEMS), GENERATE):
            worker.stdin.write(encode(command))
        worker.stdin.flush()
        while b'"Verified"' not in worker.stdout.readline():
            pass
        worker.stdin.close()
        assert worker.wait(120) == 0


@pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL is of POSIX")
def test_a_worker_ends_when_its_parent_is_killed() -> None:
    program = (
        "import json; from ftcompare.engine.blocking_transport import EngineProcess;"
        "from ftcompare.engine.protocol import *;"
        "engine = EngineProcess();"
        "list(engine.events(Load((SystemRequest('b', ''),), backend='fake'))); print(engine.pid, flush=True);"
        "import time; time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        parent.kill()
        parent.wait()
    assert gone(pid)


@pytest.mark.parametrize(
    ("kind", "error"), [("user", UserError), ("environment", EnvironmentFault), ("bug", BugError)]
)
def test_a_fault_can_be_raised(kind: FaultKind, error: type[FTCompareError]) -> None:
    with pytest.raises(error) as caught:
        raise_fault(Fault("some-code", "What.", "Where", "How.", fatal=False, kind=kind))
    assert str(caught.value) == "Where: What. How."
    assert caught.value.code == "some-code"
