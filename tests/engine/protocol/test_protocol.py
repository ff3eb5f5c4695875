"""Every message survives the wire; nothing else passes for a message."""

from __future__ import annotations

import json
from types import UnionType
from typing import Any, Literal, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ftcompare.core.run_record import FixedAnswer, Position, SystemReport, SystemVerification
from ftcompare.core.study import Message
from ftcompare.engine.protocol import (
    AnyMessage,
    Benchmark,
    Benchmarked,
    Cancel,
    Evaluate,
    EvaluatedItem,
    EvaluatedTask,
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
)

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


def test_a_whole_number_is_taken_for_a_float() -> None:
    message = decode(b'{"message": "Progress", "done": 1, "total": 2, "tokens_per_second": 3}')
    assert message == Progress(1, 2, 3.0)


def test_a_number_that_json_lacks_is_refused() -> None:
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
