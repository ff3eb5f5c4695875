"""The worker's inside, without a process: commands in, events out."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Sequence
from types import UnionType
from typing import Any, Literal, get_args, get_origin, get_type_hints

import pytest
from fake_backend import FAKE, FakeBackend
from hypothesis import given, settings
from hypothesis import strategies as st

from ftcompare.core.errors import BugError, EnvironmentFault, UserError
from ftcompare.core.run_record import FixedAnswer, Position, SystemReport, SystemVerification
from ftcompare.core.study import Message
from ftcompare.engine.backends import Backend, Cancelled, EngineBackend, RewardBackend
from ftcompare.engine.protocol import (
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
    OtherModel,
    Pair,
    Progress,
    ProtocolError,
    Reward,
    Rewarded,
    Score,
    Scored,
    ServerChecked,
    Shutdown,
    Stage,
    SystemRequest,
    SystemSpeed,
    TaskToEvaluate,
    TextScore,
    TextToScore,
    Verified,
    Verify,
    Written,
    decode,
    encode,
    fault_of,
)
from ftcompare.engine.worker import FATAL_EXIT, GARBLED_EXIT, Worker, make_backend, read_commands

ITEMS = (Item("p", (Message("user", "?"),)),)
LOAD = Load((SystemRequest("b", ""),), backend=FAKE)
GENERATE = Generate(ITEMS, GenerationSettings())
SCORE = Score((TextToScore("t", ITEMS[0].messages, "Yes, it is."),))
REWARD = Reward(SCORE.texts)
MEASURE = Benchmark(ITEMS, GenerationSettings())
EVALUATE = Evaluate(TaskToEvaluate("arc"), ("b",), limit=2)


class Raising(FakeBackend):
    def __init__(self, error: BaseException) -> None:
        super().__init__()
        self._error = error

    def generate(self, items: Sequence[Item], settings: GenerationSettings) -> None:
        raise self._error


def run(backend: EngineBackend, *commands: Command) -> tuple[list[Event], int]:
    events: list[Event] = []
    worker = Worker(events.append, lambda _: backend)
    for command in (*commands, Shutdown()):
        worker.put(command)
    return events, worker.run()


def last_fault(backend: Backend) -> tuple[Fault, int]:
    events, code = run(backend, LOAD, Verify(ITEMS), GENERATE)
    assert isinstance(events[-1], Fault)
    return events[-1], code


def test_commands_are_done_in_turn() -> None:
    events, code = run(FakeBackend(), LOAD, Verify(ITEMS), GENERATE)
    kinds = [type(event).__name__ for event in events]
    assert kinds == ["Stage", "Stage", "Loaded", "Stage", "Verified", "Pair", "Progress", "Finished"]
    assert events[-1] == Finished(cancelled=False)
    assert code == 0


@pytest.mark.parametrize("command", [Verify(ITEMS), GENERATE, SCORE, REWARD, MEASURE, EVALUATE])
def test_nothing_is_done_before_a_load(command: Command) -> None:
    events, _ = run(FakeBackend(), command)
    assert [event.code for event in events if isinstance(event, Fault)] == ["not-loaded"]


def test_texts_are_scored_and_then_it_is_finished() -> None:
    failing = Load(
        (SystemRequest("b", '{"failures": {"bad": "too long"}}'), SystemRequest("a", "", "x")), backend=FAKE
    )
    texts = (*SCORE.texts, TextToScore("bad", ITEMS[0].messages, "x"))
    events, _ = run(FakeBackend(), failing, Verify(ITEMS), Score(texts))
    (scored,) = (event for event in events if isinstance(event, Scored))
    base, adapter = scored.scores
    assert base.starts == adapter.starts == (0, 5, 8)
    assert sum(base.logprobs) < sum(adapter.logprobs) < 0
    assert ItemFailed("bad", "too long") in events
    assert events[-2:] == [Progress(2, 2, 100.0), Finished(cancelled=False)]


def test_answers_are_rated_and_then_it_is_finished() -> None:
    load = Load((SystemRequest("j", '{"failures": {"bad": "too long"}}'),), backend=FAKE)
    texts = (*SCORE.texts, TextToScore("bad", ITEMS[0].messages, "x"))
    events, _ = run(FakeBackend(), load, Reward(texts))
    assert Rewarded("t", 0.3) in events
    assert ItemFailed("bad", "too long") in events
    assert events[-2:] == [Progress(2, 2, 100.0), Finished(cancelled=False)]


class OnlyRates(RewardBackend):
    def load(self, command: Load) -> Loaded:
        return FakeBackend().load(command)

    def reward(self, texts: Sequence[TextToScore]) -> None:
        raise NotImplementedError


class OnlyWrites(Backend):
    def load(self, command: Load) -> Loaded:
        return FakeBackend().load(command)

    verify, generate, score = FakeBackend.verify, FakeBackend.generate, FakeBackend.score
    benchmark, evaluate = FakeBackend.benchmark, FakeBackend.evaluate


@pytest.mark.parametrize(("backend", "command"), [(OnlyRates(), GENERATE), (OnlyWrites(), REWARD)])
def test_a_reward_model_only_rates_and_others_never_do(backend: EngineBackend, command: Command) -> None:
    events, _ = run(backend, LOAD, command)
    assert isinstance(events[-1], Fault)
    assert events[-1].code == "not-loaded"


def test_measuring_ends_with_what_was_measured() -> None:
    events, _ = run(FakeBackend(), LOAD, Verify(ITEMS), MEASURE)
    assert isinstance(events[-1], Benchmarked)
    (speed,) = events[-1].systems
    assert (speed.system, speed.prompts, speed.tokens, speed.ended) == ("b", 1, 5, 1)


def test_a_task_is_told_item_by_item_and_then_it_is_finished() -> None:
    events, _ = run(FakeBackend(), LOAD, Verify(ITEMS), EVALUATE)
    items = [event for event in events if isinstance(event, EvaluatedItem)]
    assert [(one.task, one.item, one.metrics) for one in items] == [
        ("arc", "0", {"acc": 1.0}),
        ("arc", "1", {"acc": 0.0}),
    ]
    assert events[-2:] == [EvaluatedTask("b", {"arc": ()}), Finished(cancelled=False)]


def test_every_sample_is_a_pair_of_its_own() -> None:
    several = Generate((Item("p", ITEMS[0].messages, (0, 2)),), GenerationSettings())
    load = Load((SystemRequest("b", ""), SystemRequest("a", "", "x")), backend=FAKE)
    events, _ = run(FakeBackend(), load, Verify(ITEMS), several)
    pairs = [event for event in events if isinstance(event, Pair)]
    assert [(pair.item, pair.sample) for pair in pairs] == [("p", 0), ("p", 2)]
    assert len({one.text for pair in pairs for one in pair.responses}) == 4
    (loaded,) = (event for event in events if isinstance(event, Loaded))
    assert [one.active for one in pairs[0].responses] == ["", loaded.systems[1].digest]


@pytest.mark.parametrize("command", [GENERATE, SCORE, MEASURE])
def test_nothing_is_written_before_the_proof(command: Command) -> None:
    events, _ = run(FakeBackend(), LOAD, command)
    assert isinstance(events[-1], Fault)
    assert events[-1].code == "not-proved"


@pytest.mark.parametrize(
    ("error", "kind"), [(UserError, "user"), (EnvironmentFault, "environment"), (BugError, "bug")]
)
def test_errors_become_faults(error: type[UserError], kind: str) -> None:
    fault, code = last_fault(Raising(error("What.", where="Where", how="How.", code="some-code")))
    assert fault == fault_of(error("What.", where="Where", how="How.", code="some-code"))
    assert (fault.kind, fault.what, fault.where, fault.how) == (kind, "What.", "Where", "How.")
    assert not fault.fatal
    assert code == 0


def test_a_lost_device_ends_the_worker_and_out_of_memory_is_the_machines_fault() -> None:
    fault, code = last_fault(Raising(EnvironmentFault("Gone.", code="device-lost")))
    assert fault.fatal
    assert code == FATAL_EXIT
    fault, _ = last_fault(Raising(MemoryError()))
    assert (fault.code, fault.kind) == ("out-of-memory", "environment")


def test_anything_else_is_a_bug(caplog: pytest.LogCaptureFixture) -> None:
    fault, _ = last_fault(Raising(ZeroDivisionError("by zero")))
    assert (fault.code, fault.kind) == ("engine-bug", "bug")
    assert "ZeroDivisionError: by zero" in fault.what
    caplog.clear()


def test_a_cancelled_job_is_answered_by_its_cancel() -> None:
    events, _ = run(Raising(Cancelled()), LOAD, Verify(ITEMS), GENERATE, Cancel())
    assert events[-1] == Finished(cancelled=True)
    assert not any(isinstance(event, Fault | Finished) for event in events[:-1])


def test_a_cancel_that_comes_too_late_is_answered_too() -> None:
    events: list[Event] = []
    worker = Worker(events.append, lambda _: FakeBackend())
    thread = threading.Thread(target=worker.run)
    thread.start()
    worker.put(LOAD)
    while not any(isinstance(event, Loaded) for event in events):
        threading.Event().wait(0.001)
    worker.put(Cancel())
    worker.put(Verify(ITEMS))
    worker.put(Shutdown())
    thread.join()
    assert Finished(cancelled=True) in events
    assert isinstance(events[-1], Verified)


def test_a_backend_stays_until_another_is_asked_for() -> None:
    made: list[str] = []

    def make(name: str) -> Backend:
        made.append(name)
        return FakeBackend()

    worker = Worker(lambda _: None, make)
    for name in (FAKE, FAKE, "other"):
        worker.put(Load((SystemRequest("b", ""),), backend=name))
    worker.put(Shutdown())
    worker.run()
    assert made == [FAKE, "other"]


def test_backends_by_name() -> None:
    assert isinstance(make_backend(FAKE), FakeBackend)
    with pytest.raises(BugError):
        make_backend("other")


@pytest.mark.parametrize(
    ("lines", "taken", "code"),
    [
        ([LOAD, SCORE, MEASURE, Cancel()], [LOAD, SCORE, MEASURE, Cancel()], 0),
        ([], [], 0),
        ([LOAD, Note("an event"), Cancel()], [LOAD], GARBLED_EXIT),
        ([LOAD, Stage("an event")], [LOAD], GARBLED_EXIT),
    ],
)
def test_commands_are_read_to_the_end(lines: list[AnyMessage], taken: list[AnyMessage], code: int) -> None:
    read: list[AnyMessage] = []
    codes: list[int] = []
    stream = io.BytesIO(b"".join(encode(line) for line in lines))
    read_commands(stream, read.append, codes.append)
    assert read == taken
    assert codes == [code]


def test_a_garbled_command_ends_the_worker() -> None:
    codes: list[int] = []
    read_commands(io.BytesIO(b"garbage\n"), lambda _: None, codes.append)
    assert codes == [GARBLED_EXIT]


# Every message survives the wire; nothing else passes for a message.


KINDS: tuple[type[AnyMessage], ...] = get_args(AnyMessage)
ITEM = Item("p1", (Message("system", "Be brief."), Message("user", "Was ist ein „Herz“?\n\u2028\ud800")))
MESSAGES: list[AnyMessage] = [
    Load((SystemRequest("b", "/m"), SystemRequest("a", "/m", "/a")), allow_network=True, device="cpu"),
    Verify((ITEM,)),
    Generate(
        (ITEM,), GenerationSettings(temperature=0.7, seed=3, stop=("\n\n", "♥"), coupling="independent")
    ),
    Score((TextToScore("t", ITEM.messages, "Ein Herz."),)),
    Reward((TextToScore("t", (Message("user", "?"),), "!"),)),
    Evaluate(TaskToEvaluate("arc", '{"task": "arc"}', "/tasks"), ("b",), 3, None, 1, chat=True),
    Benchmark((Item("p2", ITEM.messages, (0, 3)),), GenerationSettings(strict=True)),
    Cancel(),
    Shutdown(),
    Hello(1, 4711),
    Stage("Loading"),
    Loaded(
        "cpu",
        "CPU",
        "float32",
        "small",
        (
            SystemReport("b", "Llama", 10, None, (), "d", "t", "c", ()),
            SystemReport("a", "Llama", 5, 8, ("q_proj", "v_proj"), "d", "t", "c", ("a note",)),
        ),
        {"torch": "2.13"},
    ),
    Verified((SystemVerification("b", ok=True, largest_difference=0.0, statement="equal"),)),
    Verified(
        (
            SystemVerification(
                "s",
                ok=True,
                largest_difference=0.5,
                statement="differs",
                answers=(FixedAnswer("Hello", "Hi", (Position("Hi", {"Hi": -0.25, "Ho": -2.0}),), 0.0),),
            ),
        )
    ),
    Pair("p1", (Written("b", "text\nwith\tmarks", "end", 3), Written("a", "", "length", 256, "digest")), 2),
    Scored("t", (TextScore("b", (0, 3), (-0.25, -1e-9)), TextScore("a", (), ()))),
    Rewarded("t", -3.25),
    Benchmarked(
        (
            SystemSpeed("b", 4, 80, 400, 0.125, 17.5, 2**34, 3),
            SystemSpeed("s", 4, None, None, None, None, None, 0),
        )
    ),
    EvaluatedItem("b", "arc", "0-ab", {"acc": 1.0}, '{"asked": "?"}'),
    EvaluatedTask("b", {"arc": ("perplexity",)}),
    ItemFailed("p1", "too long"),
    Progress(1, 2, 12.5),
    ServerChecked(27, 68, 27),
    OtherModel("gpt-4o", "gpt-4o-mini"),
    Note("halved"),
    Finished(cancelled=True),
    Fault("model-missing", "what", "where", "how", fatal=False, kind="user"),
]


@pytest.mark.parametrize("message", MESSAGES, ids=lambda m: type(m).__name__)
def test_a_message_survives_the_wire(message: AnyMessage) -> None:
    line = encode(message)
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert line.isascii()
    assert decode(line) == message


def test_requests_that_check_a_server_add_up() -> None:
    assert not ServerChecked()
    assert ServerChecked(2, 30, 4) + ServerChecked(1, 8, 2) == ServerChecked(3, 38, 6)


@given(st.text(), st.text())
def test_any_text_survives_the_wire(content: str, key: str) -> None:
    message = Verify((Item(key, (Message("user", content),)),))
    assert decode(encode(message)) == message


PLAIN: dict[object, st.SearchStrategy[Any]] = {
    str: st.text(max_size=8),
    int: st.integers(),
    bool: st.booleans(),
    float: st.floats(allow_nan=False, allow_infinity=False),
    type(None): st.none(),
}


def values(kind: Any) -> st.SearchStrategy[Any]:
    """Whatever a field of this kind may hold."""
    origin, parts = get_origin(kind), get_args(kind)
    if kind in PLAIN:
        return PLAIN[kind]
    if origin is Literal:
        return st.sampled_from(parts)
    if origin is tuple:
        if parts[-1] is not Ellipsis:
            return st.tuples(*map(values, parts))
        return st.lists(values(parts[0]), max_size=2).map(tuple)
    if origin is dict:
        return st.dictionaries(values(parts[0]), values(parts[1]), max_size=2)
    if origin is UnionType:
        return st.one_of(*map(values, parts))
    return st.builds(kind, **{name: values(one) for name, one in get_type_hints(kind).items()})


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@settings(max_examples=20)
@given(data=st.data())
def test_whatever_a_message_holds_survives_the_wire(kind: type[AnyMessage], data: st.DataObject) -> None:
    message = data.draw(values(kind))
    assert decode(encode(message)) == message


def test_all_kinds_are_tried_above() -> None:
    assert {type(message) for message in MESSAGES} == set(KINDS)


@given(st.binary())
def test_bytes_at_random_are_refused(line: bytes) -> None:
    with pytest.raises(ProtocolError):
        decode(line)


@pytest.mark.parametrize(
    "line",
    [
        "",
        "null",
        "[]",
        "{}",
        "{",
        '{"message": 1}',
        '{"message": "Unknown"}',
        '{"message": "Note"}',
        '{"message": "Note", "text": 1}',
        '{"message": "Note", "text": "a", "more": 1}',
        '{"message": "Hello", "version": true, "pid": 1}',
        '{"message": "Hello", "version": 1.0, "pid": 1}',
        '{"message": "Progress", "done": 1, "total": 2, "tokens_per_second": NaN}',
        '{"message": "Progress", "done": 1, "total": 2, "tokens_per_second": "fast"}',
        '{"message": "Verify", "items": {}}',
        '{"message": "Verify", "items": [1]}',
        '{"message": "Verify", "items": [{"key": "a", "messages": [{"role": "user"}]}]}',
        '{"message": "Pair", "item": "a", "responses": [{"system": "b", "text": "", '
        '"finish_reason": "stop", "tokens": 1}]}',
        '{"message": "Pair", "item": "a", "responses": []}',
        '{"message": "Pair", "item": "a", "responses": [], "sample": null}',
        '{"message": "Scored", "key": "a", "scores": [{"system": "b", "starts": [0.5], "logprobs": []}]}',
        '{"message": "Scored", "key": "a", "scores": [{"system": "b", "starts": [0], "logprobs": [null]}]}',
        '{"message": "Verified", "systems": [{"key": "b", "ok": 1, "largest_difference": 0}]}',
        '{"message": "Verified", "systems": [{"key": "b", "ok": 1, "largest_difference": 0, "statement": "", '
        '"answers": []}]}',
        "[" * 100_000,
        '{"message": "Hello", "version": ' + "9" * 5000 + ', "pid": 1}',
    ],
)
def test_what_is_no_message_is_refused(line: str) -> None:
    with pytest.raises(ProtocolError) as caught:
        decode(line.encode())
    assert caught.value.code == "protocol"


def test_a_dictionary_of_the_wrong_kind_is_refused() -> None:
    (loaded,) = (message for message in MESSAGES if isinstance(message, Loaded))
    body = json.loads(encode(loaded))
    with pytest.raises(ProtocolError):
        decode(json.dumps({**body, "versions": {"torch": 2}}).encode())
    with pytest.raises(ProtocolError):
        decode(json.dumps({**body, "versions": []}).encode())


def test_a_whole_number_is_taken_for_a_float_and_one_that_json_lacks_refused() -> None:
    message = decode(b'{"message": "Progress", "done": 1, "total": 2, "tokens_per_second": 3}')
    assert message == Progress(1, 2, 3.0)
    with pytest.raises(ProtocolError):
        encode(Progress(1, 2, float("inf")))


def test_an_item_knows_all_that_is_asked_and_a_response_all_that_was_written() -> None:
    short, long = (Message("user", "a"),), (Message("system", "b"), Message("user", "a"))
    item = Item("p", short, own={"x": long, "y": short})
    assert (item.forms, item.messages_for("x"), item.messages_for("z")) == ((short, long), long, short)
    assert Written("a", "x", "end", 3, reasoning_tokens=4).all_tokens == 7
    assert Written("a", "x", "end", 3).all_tokens == 3


def test_a_pair_of_markers_is_two_texts() -> None:
    request = SystemRequest("a", "/m", reasoning_markers=(("<a>", "</a>"),))
    line = encode(Load((request,)))
    assert decode(line) == Load((request,))
    with pytest.raises(ProtocolError, match="reasoning_markers has the wrong type"):
        decode(line.replace(b'["<a>","</a>"]', b'["<a>"]'))
