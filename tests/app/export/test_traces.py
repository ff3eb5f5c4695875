"""Traces with calls of tools: imported, exported unchanged, checked, and packed without ids."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from ftcompare.app.measures.checks import study_checks
from ftcompare.app.setup.study_content import content
from ftcompare.cli.main import run
from ftcompare.core.hashing import Json
from ftcompare.core.prompt_check import CheckKind
from ftcompare.core.scale import Choice
from ftcompare.store.study.study_file import StudyFile
from tests.store.pack.pack_studies import Worker
from tests.traced_answers import BOOKED, CHECKED, answer, call, result

QUESTION = "Book a train to Trier."
OPEN_END = [call("search_trains", to="Trier")]  # a trace without an answer
PATHS: dict[str, list[Json]] = {"base": BOOKED, "tuned": CHECKED}
VOTE = {"prompt": QUESTION, "system_a": "base", "system_b": "tuned", "rater": "Ada", "choice": "b"}


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def written(path: Path, *rows: dict[str, Any]) -> str:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return str(path)


def again(folder: Path, kind: str, *rows: dict[str, Any], to: str = "", more: tuple[str, ...] = ()) -> Any:
    """Import rows in one form into a new study, and export them in another."""
    study, out = str(folder / "s.ftstudy"), folder / "out.jsonl"
    assert run(["import", study, written(folder / "in.jsonl", *rows), "--format", kind]) == 0
    if kind == "outputs":
        assert run(["unblind", study, "--reason", "done"]) == 0
    assert run(["export", study, str(out), "--format", to or kind, *more]) == 0
    return json.loads(out.read_text("utf-8")) if to == "arena" else lines(out)


def test_answers_come_out_as_they_came_in(tmp_path: Path) -> None:
    given: list[dict[str, Any]] = [
        *({"prompt": QUESTION, "system": name, "response": path} for name, path in PATHS.items()),
        *({"prompt": "And?", "system": name, "response": OPEN_END} for name in PATHS),
        *({"prompt": "Hi", "system": name, "response": f"I am {name}."} for name in PATHS),
    ]
    found = again(tmp_path, "outputs", *given)
    assert [{name: row[name] for name in ("prompt", "system", "response")} for row in found] == given


def test_judgments_come_out_as_they_came_in(tmp_path: Path) -> None:
    (row,) = again(tmp_path, "judgments", {**VOTE, "response_a": BOOKED, "response_b": CHECKED})
    assert (row["response_a"], row["response_b"]) == (BOOKED, CHECKED)


def test_battles_come_out_as_they_came_in(tmp_path: Path) -> None:
    vote = {**VOTE, "response_a": BOOKED, "response_b": CHECKED}
    battles = again(tmp_path, "judgments", vote, to="arena")
    (tmp_path / "again").mkdir()
    (row,) = again(tmp_path / "again", "arena", *battles, to="judgments")
    assert (row["prompt"], row["response_a"], row["response_b"]) == (QUESTION, BOOKED, CHECKED)


ASKED: list[Json] = [{"role": "user", "content": QUESTION}]


@pytest.mark.parametrize(
    "row",
    [
        {"prompt": ASKED, "chosen": CHECKED, "rejected": BOOKED},
        {"chosen": [*ASKED, *CHECKED], "rejected": [*ASKED, *BOOKED]},
    ],
    ids=["prompt apart", "whole conversations"],
)
def test_training_rows_come_out_as_they_came_in(tmp_path: Path, row: dict[str, Any]) -> None:
    (found,) = again(tmp_path, "trl-preference", row)
    assert (found["prompt"], found["chosen"], found["rejected"]) == (ASKED, CHECKED, BOOKED)


ASKED_BEFORE: list[Json] = [
    {"role": "user", "content": "Is there a train to Trier?"},
    call("search_trains", "call_vendor_a_1", to="Trier"),
    result("RE 12, 9:05", "call_vendor_a_1"),
    {"role": "assistant", "content": "At 9:05."},
    {"role": "user", "content": QUESTION},
]
"""A prompt in whose history a tool was called."""


@pytest.mark.parametrize(
    ("kind", "row"),
    [
        ("outputs", {"prompt": ASKED_BEFORE, "system": "base", "response": "Done."}),
        ("outputs", {"prompt": ASKED_BEFORE[:3], "system": "base", "response": BOOKED}),
        ("judgments", {**VOTE, "prompt": ASKED_BEFORE, "response_a": "a", "response_b": CHECKED}),
        ("trl-preference", {"prompt": ASKED_BEFORE, "chosen": CHECKED, "rejected": [answer("No.")]}),
    ],
)
def test_calls_in_a_prompt_come_out_as_they_came_in(tmp_path: Path, kind: str, row: dict[str, Any]) -> None:
    (found,) = again(tmp_path, kind, row)
    assert {name: found[name] for name in row if name in found} == row


def test_calls_in_a_prompt_are_shown_as_text_and_their_ids_are_not(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], now: datetime
) -> None:
    """Two logs of one conversation have different ids; they ask the same prompt."""
    other = json.loads(json.dumps(ASKED_BEFORE).replace("call_vendor_a", "chatcmpl"))
    rows = [
        {"prompt": asked, "system": name, "response": f"I am {name}."}
        for asked, name in ((ASKED_BEFORE, "base"), (other, "tuned"))
    ]
    study = tmp_path / "s.ftstudy"
    assert run(["import", str(study), written(tmp_path / "in.jsonl", *rows), "--format", "outputs"]) == 0
    with StudyFile.open(study, now=now) as opened:
        (prompt,) = opened.prompts.all()
    assert [(one.role, one.content) for one in prompt.spec.messages[1:3]] == [
        ("function_call", 'search_trains({"to": "Trier"})'),
        ("tool", "RE 12, 9:05"),
    ]
    for suffix in ("ftpack", "html"):
        out = tmp_path / f"ada.{suffix}"
        assert run(["pack", str(study), str(out), "--rater", f"Ada {suffix}"]) == 0
        assert b"search_trains" in out.read_bytes()
        assert not [word for word in (b"vendor", b"chatcmpl") if word in out.read_bytes()]
    Worker(tmp_path / "ada.ftpack", begin=datetime.now(UTC)).judge(choice=Choice.TIE)
    assert run(["merge", str(study), str(tmp_path / "ada.ftpack")]) == 0
    assert run(["check", str(study)]) == 0


@pytest.mark.parametrize(
    ("turn", "says"),
    [
        ({"role": "user", "tool_calls": [{"function": {"name": "f"}}]}, "turn 2: calls must be a list"),
        ({"role": "assistant", "tool_calls": 5}, "turn 2: calls must be a list in tool_calls"),
        ({"role": "tool", "tool_call_id": "1"}, "turn 2: content is missing"),
    ],
)
def test_calls_in_a_prompt_that_cannot_be_read_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], turn: dict[str, Any], says: str
) -> None:
    row = {"prompt": [ASKED_BEFORE[0], turn, ASKED_BEFORE[-1]], "system": "base", "response": "a"}
    given = written(tmp_path / "in.jsonl", row)
    assert run(["import", str(tmp_path / "s.ftstudy"), given, "--format", "outputs"]) == 2
    assert says in capsys.readouterr().err


@pytest.mark.parametrize("more", [("openai",), ("axolotl",), ("trl-preference", "--standard")])
def test_forms_with_one_text_leave_traces_out(tmp_path: Path, more: tuple[str, ...]) -> None:
    vote = {**VOTE, "response_a": BOOKED, "response_b": CHECKED}
    plain = {**VOTE, "prompt": "Hi", "response_a": "a", "response_b": "b"}
    assert len(again(tmp_path, "judgments", vote, plain, to=more[0], more=more[1:])) == 1


@pytest.mark.parametrize(
    ("response", "says"),
    [
        ([{"role": "user", "content": "a"}], "response, message 1: role is 'user'"),
        ([call("f"), {"role": "assistant", "content": {}}], "response must be text or a list of messages"),
        ([call("f"), "text"], "response, 2, must be an object"),
        (["text"], "response must be text, not a list"),
    ],
)
def test_other_lists_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], response: list[Json], says: str
) -> None:
    row = {"prompt": "Hi", "system": "base", "response": response}
    given = written(tmp_path / "in.jsonl", row)
    assert run(["import", str(tmp_path / "s.ftstudy"), given, "--format", "outputs"]) == 2
    assert says in capsys.readouterr().err


CALLS: list[tuple[dict[str, Any], bool, bool]] = [
    ({"called": ["search_trains", "book"]}, True, True),
    ({"called": "check_seats"}, False, True),
    ({"called": ["book", "search_trains"]}, True, True),
    ({"called": ["book", "search_trains"], "ordered": True}, False, False),
    ({"called": ["search_trains", "check_seats", "book"], "ordered": True}, False, True),
    ({"called": "book", "arguments": {"properties": {"train": {"const": "RE 12"}}}}, True, False),
    ({"not_called": ["cancel", "check_seats"]}, True, False),
    ({"not_called": True}, False, False),
]


def test_calls_are_checked_by_name_arguments_and_order(tmp_path: Path, now: datetime) -> None:
    given = [
        {"prompt": f"{number}", "system": name, "response": path, "checks": [check]}
        for number, (check, *_) in enumerate(CALLS)
        for name, path in PATHS.items()
    ]
    path = tmp_path / "s.ftstudy"
    assert run(["import", str(path), written(tmp_path / "in.jsonl", *given), "--format", "outputs"]) == 0
    assert run(["unblind", str(path), "--reason", "done"]) == 0
    with StudyFile.open(path, now=now) as study:
        found = study_checks(study)
        assert content(study).steps  # so that Setup offers what of them is judged
    for place, name in enumerate(PATHS, start=1):
        results = [one.evidence[name][0].passed for one in found.prompts]
        assert results == [row[place] for row in CALLS]
    assert found.by_kind("base") == {CheckKind.CALLED: (3, 6), CheckKind.NOT_CALLED: (1, 2)}


def test_a_pack_and_its_page_hold_steps_without_ids(tmp_path: Path) -> None:
    given = [{"prompt": QUESTION, "system": name, "response": path} for name, path in PATHS.items()]
    study = str(tmp_path / "s.ftstudy")
    assert run(["import", study, written(tmp_path / "in.jsonl", *given), "--format", "outputs"]) == 0
    for suffix in ("ftpack", "html"):
        out = tmp_path / f"ada.{suffix}"
        assert run(["pack", study, str(out), "--rater", f"Ada {suffix}"]) == 0
        assert b"check_seats" in out.read_bytes()
        assert not [word for word in (b"vendor", b"chatcmpl") if word in out.read_bytes()]
    Worker(tmp_path / "ada.ftpack", begin=datetime.now(UTC)).judge(choice=Choice.TIE)
    assert run(["merge", study, str(tmp_path / "ada.ftpack")]) == 0
    assert run(["check", study]) == 0
