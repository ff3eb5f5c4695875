"""The conversation with a worker, state by state; each system goes on after its own answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from ftcompare.core.errors import BugError
from ftcompare.core.study import Message
from ftcompare.engine import client as client_module
from ftcompare.engine.backends import Cancelled, Emit
from ftcompare.engine.backends.conversations import TOGETHER, joined, write_conversations
from ftcompare.engine.client import CANCEL_SECONDS, START_SECONDS, STDERR_KEPT, EngineClient, EngineState
from ftcompare.engine.protocol import (
    PROTOCOL_VERSION,
    AnyMessage,
    Benchmark,
    Benchmarked,
    Cancel,
    Command,
    Evaluate,
    EvaluatedItem,
    EvaluatedTask,
    Event,
    Fault,
    Finished,
    Generate,
    GenerationSettings,
    Hello,
    Item,
    ItemFailed,
    Load,
    Loaded,
    Note,
    Pair,
    Progress,
    Reward,
    Rewarded,
    Score,
    Scored,
    Shutdown,
    Stage,
    SystemRequest,
    TaskToEvaluate,
    TextToScore,
    Verified,
    Verify,
    Written,
    decode,
    encode,
)

ITEMS = (Item("p", (Message("user", "?"),)),)
LOAD = Load((SystemRequest("b", "m"),))
PROVE = Verify(ITEMS)
GENERATE = Generate(ITEMS, GenerationSettings())
SCORE = Score((TextToScore("t", ITEMS[0].messages, "!"),))
REWARD = Reward(SCORE.texts)
MEASURE = Benchmark(ITEMS, GenerationSettings())
EVALUATE = Evaluate(TaskToEvaluate("arc"), ("b",))
JOBS: dict[EngineState, Command] = {
    EngineState.LOADING: LOAD,
    EngineState.VERIFYING: PROVE,
    EngineState.GENERATING: GENERATE,
    EngineState.SCORING: SCORE,
    EngineState.REWARDING: REWARD,
    EngineState.BENCHMARKING: MEASURE,
    EngineState.EVALUATING: EVALUATE,
}

HELLO = Hello(PROTOCOL_VERSION, 1)
LOADED = Loaded("cpu", "CPU", "float32", "", (), {})
PROVED = Verified(())
MEASURED = Benchmarked(())
DONE = Finished(cancelled=False)
CANCELLED = Finished(cancelled=True)
SMALL_FAULT = Fault("model-missing", "w", "", "", fatal=False, kind="user")
FATAL_FAULT = Fault("device-lost", "w", "", "", fatal=True, kind="environment")
EVENTS: tuple[Event, ...] = (
    HELLO,
    Stage("s"),
    LOADED,
    PROVED,
    Pair("p", ()),
    Scored("t", ()),
    Rewarded("t", 0.5),
    MEASURED,
    EvaluatedItem("b", "arc", "0", {"acc": 1.0}, "{}"),
    EvaluatedTask("b", {}),
    ItemFailed("p", "r"),
    Progress(0, 1, 0.0),
    Note("n"),
    DONE,
    SMALL_FAULT,
)
EXPECTED: dict[EngineState, set[type[Event]]] = {
    EngineState.STARTING: {Hello, Fault},
    EngineState.IDLE: {Fault},
    EngineState.LOADING: {Fault, Stage, Note, Loaded},
    EngineState.VERIFYING: {Fault, Stage, Note, Verified},
    EngineState.GENERATING: {Fault, Stage, Note, Pair, ItemFailed, Progress, Finished},
    EngineState.SCORING: {Fault, Stage, Note, Scored, ItemFailed, Progress, Finished},
    EngineState.REWARDING: {Fault, Stage, Note, Rewarded, ItemFailed, Progress, Finished},
    EngineState.BENCHMARKING: {Fault, Stage, Note, ItemFailed, Progress, Benchmarked},
    EngineState.EVALUATING: {
        *(Fault, Stage, Note, ItemFailed, Progress),
        *(EvaluatedItem, EvaluatedTask, Finished),
    },
    EngineState.CANCELLING: {
        Fault,
        Stage,
        Note,
        Pair,
        Scored,
        Rewarded,
        EvaluatedItem,
        EvaluatedTask,
        ItemFailed,
        Progress,
        Finished,
        Loaded,
        Verified,
        Benchmarked,
    },
}


def client_in(state: EngineState) -> EngineClient:
    client = EngineClient(0.0)
    if state is not EngineState.STARTING:
        client.feed(encode(HELLO))
    if state in JOBS:
        client.send(JOBS[state])
    if state is EngineState.CANCELLING:
        client.send(GENERATE)
        client.cancel(now=100.0)
    if state is EngineState.ENDED:
        client.send(Shutdown())
    assert client.state is state
    return client


@pytest.mark.parametrize("state", list(EXPECTED))
@pytest.mark.parametrize("event", EVENTS, ids=lambda e: type(e).__name__)
def test_each_event_is_taken_only_where_it_belongs(state: EngineState, event: Event) -> None:
    client = client_in(state)
    found = client.feed(encode(event))
    if type(event) in EXPECTED[state]:
        crossed = state is EngineState.CANCELLING and event == DONE
        assert found == ([] if crossed else [event])
        assert client.state is not EngineState.ENDED
    else:
        assert [(type(f), getattr(f, "code", "")) for f in found] == [(Fault, "worker-garbled")]
        assert client.state is EngineState.ENDED


@pytest.mark.parametrize(
    ("state", "end"),
    [
        (EngineState.LOADING, LOADED),
        (EngineState.VERIFYING, PROVED),
        (EngineState.GENERATING, DONE),
        (EngineState.SCORING, DONE),
        (EngineState.REWARDING, DONE),
        (EngineState.BENCHMARKING, MEASURED),
        (EngineState.EVALUATING, DONE),
        (EngineState.LOADING, SMALL_FAULT),
        (EngineState.VERIFYING, SMALL_FAULT),
        (EngineState.GENERATING, SMALL_FAULT),
        (EngineState.SCORING, SMALL_FAULT),
        (EngineState.REWARDING, SMALL_FAULT),
        (EngineState.BENCHMARKING, SMALL_FAULT),
        (EngineState.EVALUATING, SMALL_FAULT),
    ],
)
def test_a_job_ends_idle(state: EngineState, end: Event) -> None:
    client = client_in(state)
    client.feed(encode(Note("going on")))
    assert client.state is state
    client.feed(encode(end))
    assert client.state is EngineState.IDLE


@pytest.mark.parametrize("state", list(EXPECTED))
def test_a_fatal_fault_ends_the_conversation(state: EngineState) -> None:
    client = client_in(state)
    assert client.feed(encode(FATAL_FAULT)) == [FATAL_FAULT]
    assert client.state is EngineState.ENDED
    assert client.feed(encode(Note("late"))) == []
    assert client.ended(3) == []


def test_a_small_fault_while_starting_leaves_it_starting() -> None:
    client = client_in(EngineState.STARTING)
    client.feed(encode(SMALL_FAULT))
    assert client.state is EngineState.STARTING


@pytest.mark.parametrize("state", list(EngineState))
@pytest.mark.parametrize("command", JOBS.values(), ids=lambda c: type(c).__name__)
def test_jobs_are_sent_only_when_idle(state: EngineState, command: Command) -> None:
    client = client_in(state)
    if state is EngineState.IDLE:
        assert decode(client.send(command)) == command
        assert client.working
    else:
        with pytest.raises(BugError) as caught:
            client.send(command)
        assert caught.value.code == "engine-state"
        assert client.state is state


@pytest.mark.parametrize("state", list(EngineState))
def test_shutdown_may_always_be_sent(state: EngineState) -> None:
    client = client_in(state)
    assert decode(client.send(Shutdown())) == Shutdown()
    assert client.state is EngineState.ENDED
    assert client.ended(0) == []


def test_cancel_is_not_sent_as_a_command() -> None:
    with pytest.raises(BugError):
        client_in(EngineState.IDLE).send(Cancel())


@pytest.mark.parametrize("state", list(EngineState))
def test_cancel_is_sent_only_while_working(state: EngineState) -> None:
    client = client_in(state)
    line = client.cancel(now=5.0)
    if state in JOBS:
        assert decode(line) == Cancel()
        assert client.state is EngineState.CANCELLING
    else:
        assert line == b""
        assert client.state is state


def test_a_cancel_ends_with_its_own_answer() -> None:
    client = client_in(EngineState.CANCELLING)
    assert client.feed(encode(Pair("p", ()))) == [Pair("p", ())]
    assert client.feed(encode(DONE)) == []
    assert client.feed(encode(SMALL_FAULT)) == [SMALL_FAULT]
    assert client.overdue(1e9)
    assert client.feed(encode(CANCELLED)) == [CANCELLED]
    assert client.state is EngineState.IDLE
    assert not client.overdue(1e9)


def test_a_start_is_overdue_after_a_minute() -> None:
    client = EngineClient(100.0)
    assert not client.overdue(100.0 + START_SECONDS - 0.01)
    assert client.overdue(100.0 + START_SECONDS)
    client.feed(encode(HELLO))
    assert not client.overdue(1e9)


def test_a_cancel_is_overdue_after_three_seconds() -> None:
    client = client_in(EngineState.CANCELLING)
    assert not client.overdue(100.0 + CANCEL_SECONDS - 0.01)
    assert client.overdue(100.0 + CANCEL_SECONDS)
    assert CANCEL_SECONDS == 3.0
    assert not client_in(EngineState.GENERATING).overdue(1e9)


def test_a_cancel_of_loading_is_overdue_within_a_second() -> None:
    client = client_in(EngineState.LOADING)
    client.cancel(100.0)
    assert not client.overdue(100.6)
    assert client.overdue(100.8)


def test_a_killed_cancel_counts_as_cancelled() -> None:
    client = client_in(EngineState.CANCELLING)
    assert client.ended(-9) == [CANCELLED]
    assert client.state is EngineState.ENDED


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (-9, "killed by SIGKILL"),
        (-250, "killed by signal 250"),
        (1, "exit code 1"),
        (None, "it crashed"),
    ],
)
def test_a_crash_is_put_in_words(code: int | None, words: str) -> None:
    client = client_in(EngineState.GENERATING)
    client.note_stderr(b"x" * STDERR_KEPT)
    client.note_stderr(b"last line\n")
    (fault,) = client.ended(code)
    assert isinstance(fault, Fault)
    assert (fault.code, fault.fatal, fault.kind) == ("worker-crashed", True, "environment")
    assert words in fault.what
    assert fault.where.endswith("last line")
    assert len(fault.where) < 500


@pytest.mark.parametrize(
    ("state", "code", "advice"),
    [
        (EngineState.GENERATING, -9, "The system ends programs this way when memory runs out"),
        (EngineState.GENERATING, -11, "If the machine ran out of memory"),
        (EngineState.GENERATING, 1, "If the machine ran out of memory"),
        (EngineState.STARTING, -9, "ftcompare info --machine"),
    ],
)
def test_what_to_do_after_a_crash(state: EngineState, code: int, advice: str) -> None:
    (fault,) = client_in(state).ended(code)
    assert isinstance(fault, Fault)
    assert advice in fault.how
    assert ("did not start" in fault.what) == (state is EngineState.STARTING)


def test_a_crash_without_last_words() -> None:
    client = client_in(EngineState.STARTING)
    client.note_stderr(b" \n")
    (fault,) = client.ended(1)
    assert isinstance(fault, Fault)
    assert fault.where == ""


def test_another_version_is_refused() -> None:
    client = EngineClient(0.0)
    (fault,) = client.feed(encode(Hello(PROTOCOL_VERSION + 1, 1)))
    assert isinstance(fault, Fault)
    assert fault.code == "worker-version"
    assert client.state is EngineState.ENDED


@pytest.mark.parametrize(
    "line",
    [b"hello\n", b"\n", encode(LOAD), encode(SCORE), encode(MEASURE), encode(EVALUATE), encode(Cancel())],
)
def test_what_is_no_event_ends_the_conversation(line: bytes) -> None:
    client = client_in(EngineState.GENERATING)
    found = client.feed(line + encode(Note("never seen")))
    assert [f.code for f in found if isinstance(f, Fault)] == ["worker-garbled"]
    assert len(found) == 1


def test_lines_may_come_in_pieces() -> None:
    messages: list[AnyMessage] = [Stage("one"), Pair("p", ()), Note("ü")]
    data = b"".join(encode(message) for message in messages)
    client = client_in(EngineState.GENERATING)
    found = [event for byte in data for event in client.feed(bytes([byte]))]
    assert found == messages


def test_a_line_without_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "MAX_LINE", 100)
    client = client_in(EngineState.IDLE)
    assert client.feed(b"x" * 100) == []
    (fault,) = client.feed(b"x")
    assert isinstance(fault, Fault)
    assert fault.code == "worker-garbled"


def item(key: str, *later: str, samples: tuple[int, ...] = (0,)) -> Item:
    return Item(key, (Message("user", f"{key}?"),), samples, later_turns=later)


class Backend:
    """Answers with the number of turns that it was asked; ``fails`` are texts that it refuses."""

    def __init__(self, *fails: str, **ends: str) -> None:
        self.asked: list[list[Item]] = []
        self.fails = fails
        self.ends: dict[str, Any] = dict(ends)

    def __call__(self, items: Sequence[Item], emit: Emit) -> None:
        self.asked.append(list(items))
        emit(Note("one after another"))
        for done, one in enumerate(items, start=1):
            if one.messages[-1].content in self.fails:
                emit(ItemFailed(one.key, "It is too long."))
            else:
                for sample in one.samples:
                    emit(Pair(one.key, tuple(self.written(one, sample, key) for key in "ab"), sample))
            emit(Progress(done, len(items), 5.0))

    def written(self, one: Item, sample: int, key: str) -> Written:
        turns = sum(message.role == "user" for message in one.messages_for(key))
        text = f"{key}{turns}.{sample}"
        return Written(key, text, self.ends.get(text, "end"), 3, "d", f"why {turns}", 10 * turns, 2)


def run(backend: Backend, *items: Item) -> list[Event]:
    events: list[Event] = []
    write_conversations(items, events.append, backend)
    return events


def pairs(events: Sequence[Event]) -> dict[tuple[str, int], Pair]:
    return {(event.item, event.sample): event for event in events if isinstance(event, Pair)}


def test_each_system_goes_on_after_its_own_answers() -> None:
    backend = Backend()
    events = run(backend, item("p", "And then?", "Why?"), item("q"))
    assert [[one.key for one in some] for some in backend.asked] == [
        ["q"], ["p"], ["p turn 2 sample 0"], ["p turn 3 sample 0"],
    ]  # fmt: skip
    (last,) = backend.asked[-1]
    assert [message.content for message in last.messages_for("b")] == [
        "p?", "b1.0", "And then?", "b2.0", "Why?",
    ]  # fmt: skip
    assert [message.role for message in last.messages] == ["user", "assistant", "user", "assistant", "user"]
    found = pairs(events)
    assert list(found) == [("q", 0), ("p", 0)]
    first, second = found["p", 0].responses
    assert (first.text, first.earlier) == ("a3.0", ("a1.0", "a2.0"))
    assert (second.text, second.earlier) == ("b3.0", ("b1.0", "b2.0"))
    assert (first.tokens, first.prompt_tokens, first.reasoning_tokens) == (9, 60, 6)
    assert (first.reasoning, first.active) == ("why 1\n\nwhy 2\n\nwhy 3", "d")
    assert found["q", 0].responses[0].earlier == ()


def test_samples_are_conversations_of_their_own() -> None:
    backend = Backend()
    found = pairs(run(backend, item("p", "And?", samples=(0, 2))))
    assert {place: pair.responses[0].earlier for place, pair in found.items()} == {
        ("p", 0): ("a1.0",),
        ("p", 2): ("a1.2",),
    }
    assert [one.samples for one in backend.asked[1]] == [(0,), (2,)]


def test_a_turn_that_cannot_be_asked_fails_the_prompt_with_its_number() -> None:
    events = run(
        Backend("Why?", "q?"), item("p", "And?", "Why?", samples=(0, 1)), item("q", "x"), item("r", "y")
    )
    assert [event for event in events if isinstance(event, ItemFailed)] == [
        ItemFailed("q", "It is too long."),
        ItemFailed("p", "In turn 3: It is too long."),
    ]
    assert list(pairs(events)) == [("r", 0)]
    assert [event.done for event in events if isinstance(event, Progress)][-1] == 3


def test_what_was_cut_in_any_turn_counts_as_cut() -> None:
    def end(**ends: str) -> str:
        found = pairs(run(Backend(**ends), item("p", "And?")))
        return found["p", 0].responses[0].finish_reason

    assert end() == "end"
    assert end(**{"a1.0": "length"}) == "length"
    assert end(**{"a1.0": "no_answer"}) == "length"
    assert end(**{"a1.0": "length", "a2.0": "no_answer"}) == "no_answer"
    unknown = (Written("a", "x", "end", 1), Written("a", "y", "end", 1, prompt_tokens=3))
    assert joined(unknown).prompt_tokens is None


def test_notes_are_told_once_and_progress_is_of_all() -> None:
    events = run(Backend(), item("p", "And?"), item("q"), item("r"))
    assert events.count(Note("one after another")) == 1
    told = [(event.done, event.total) for event in events if isinstance(event, Progress)]
    assert told[:2] == [(1, 3), (2, 3)]
    assert told[-1] == (3, 3)


def test_many_conversations_go_in_parts() -> None:
    backend = Backend()
    found = pairs(run(backend, *(item(f"p{n}", "And?") for n in range(TOGETHER + 1))))
    assert len(found) == TOGETHER + 1
    assert [len(some) for some in backend.asked] == [TOGETHER, TOGETHER, 1, 1]


def test_a_cancel_passes_and_whole_pairs_stand() -> None:
    events: list[Event] = []
    backend = Backend()

    def write(items: Sequence[Item], emit: Emit) -> None:
        if "turn 2" in items[0].key:
            raise Cancelled
        backend(items, emit)

    with pytest.raises(Cancelled):
        write_conversations((item("q"), item("p", "And?")), events.append, write)
    assert list(pairs(events)) == [("q", 0)]
