"""Argilla's records, out and in."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given

from ftcompare.core.errors import UserError
from ftcompare.core.study import JudgedRow, Message, RaterKind
from ftcompare.formats.argilla import EXPORT, IMPORT, user_id
from ftcompare.formats.export_format import ExportContext
from ftcompare.formats.foreign_pairs import pairs_with_votes
from ftcompare.formats.record_fields import ImportNotes
from tests.builders import text_file
from tests.formats.conftest import row_of
from tests.formats.judged_rows import CHAT, CONTEXT, NAMES, answers, there_and_back, votes, whole

USER = "0d0b1b6e-6b7a-4f5f-9d9b-3f3a5a1c2d3e"
FIELDS = {"instruction": "Why?", "response-1": "So.", "response-2": "Thus."}


def record(**parts: object) -> dict[str, object]:
    return {
        "id": "1",
        "fields": FIELDS,
        "metadata": {},
        "suggestions": {},
        "responses": {},
        "vectors": {},
    } | parts


def said(*values: object) -> list[dict[str, object]]:
    return [{"value": value, "user_id": USER} for value in values]


def write(folder: Path, *records: object) -> Path:
    return text_file(folder / "records.json", json.dumps(records, indent=2))


def held(rows: list[JudgedRow]) -> Counter[Any]:
    """What the format holds: all votes of people, one of a program a pair; no sides, no times."""
    kept: dict[Any, JudgedRow] = {}
    for row in rows:
        program = row.rater.kind is RaterKind.AUTOMATIC
        kept.setdefault((row.comparison.id, "" if program else row.rater.name), row)
    nothing: dict[str, Any] = {"left": "", "at": "", "seconds": None, "flagged": False}
    return Counter(replace(whole(row), **nothing) for row in kept.values())


@given(rows=votes())
def test_what_the_format_holds_comes_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[JudgedRow]
) -> None:
    back, notes = there_and_back(tmp_path_factory.mktemp("argilla"), EXPORT, IMPORT, rows)
    assert Counter(back) == held(rows)
    assert not notes.unread


def test_a_record_is_as_the_sdk_writes_it(tmp_path: Path) -> None:
    rows = [
        row_of("a", strength=2, comment="Clear."),
        row_of("tie", rater="Ben"),
        row_of("b", rater="judge", rater_kind=RaterKind.AUTOMATIC, preference=0.75),
    ]
    EXPORT.write(tmp_path / "r.json", pairs_with_votes(rows), CONTEXT)
    (found,) = json.loads((tmp_path / "r.json").read_text("utf-8"))
    assert set(found) == {"id", "fields", "metadata", "suggestions", "responses", "vectors"}
    assert found["fields"] == {
        "prompt": "What is a stent?",
        "response_a": "A tube.",
        "response_b": "A small mesh tube.",
    }
    assert found["responses"] == {
        "preference": [
            {"value": "a", "user_id": user_id("Ann")},
            {"value": "tie", "user_id": user_id("Ben")},
        ],
        "strength": [{"value": 2, "user_id": user_id("Ann")}],
        "comment": [{"value": "Clear.", "user_id": user_id("Ann")}],
    }
    assert found["suggestions"] == {"preference": {"value": "b", "score": 0.75, "agent": "judge"}}
    assert UUID(user_id("Ann")).version == 5
    assert found["metadata"]["raters"] == ["Ann", "Ben"]


def test_prompts_are_all_chats_where_one_is(tmp_path: Path) -> None:
    rows = [row_of("a"), row_of("b", comparison=2, messages=CHAT)]
    EXPORT.write(tmp_path / "r.json", pairs_with_votes(rows), ExportContext(NAMES, as_messages=True))
    found = json.loads((tmp_path / "r.json").read_text("utf-8"))
    assert [type(each["fields"]["prompt"]) for each in found] == [list, list]
    assert [vote.messages for vote in IMPORT.judgments(tmp_path / "r.json", ImportNotes())] == [  # type: ignore[misc]
        (Message("user", "What is a stent?"),),
        CHAT,
    ]


def test_records_of_the_tool_itself(tmp_path: Path) -> None:
    ranking = [{"value": "response-1", "rank": 2}, {"value": "response-2", "rank": 1}]
    equal = [{"value": "response-1", "rank": 1}, {"value": "response-2", "rank": 1}]
    path = write(
        tmp_path,
        record(responses={"quality": said(5), "which": said("response-1"), "comment": said("Hm")}),
        record(responses={"ranking": said(ranking)}, metadata={"source": "x"}),
        record(responses={"ranking": said(equal)}, fields=FIELDS | {"context": "y"}),
        record(suggestions={"preference": {"value": "b", "score": None, "agent": None}}),
        record(suggestions={"topic": {"value": "law"}}),
    )
    notes = ImportNotes()
    assert IMPORT.judgments
    found = list(IMPORT.judgments(path, notes))
    assert [(v.rater, v.rater_kind.value, v.choice, v.comment) for v in found] == [
        (USER, "human", "a", "Hm"),
        (USER, "human", "b", ""),
        (USER, "human", "tie", ""),
        ("suggestion", "automatic", "b", ""),
    ]
    assert (found[0].system_a, found[0].system_b) == ("response-1", "response-2")
    assert notes.unread == {"responses.quality": 1, "metadata.source": 1, "fields.context": 1}
    assert notes.left_out == {"pairs without a vote": 1}


def test_records_without_responses_are_answers(tmp_path: Path) -> None:
    found = answers(IMPORT, write(tmp_path, record(metadata={"system_a": "base", "system_b": "new"})))
    assert [(answer.system, answer.response) for answer in found] == [("base", "So."), ("new", "Thus.")]


@pytest.mark.parametrize(
    ("changes", "said_so"),
    [
        ({"fields": 5}, "fields must be an object, not 5"),
        ({"fields": {"prompt": "x"}}, "response_a is missing"),
        ({"responses": {"preference": 5}}, "responses.preference must be a list of objects, not 5"),
        ({"responses": {"preference": [5]}}, "responses.preference must be a list"),
        ({"suggestions": {"preference": 5}}, "suggestions.preference must be an object, not 5"),
        ({"responses": {"preference": said("a"), "strength": said(9)}}, "strength is 9"),
        (
            {"responses": {"preference": said("a")}, "fields": FIELDS | {"instruction": 5}},
            "prompt must be text",
        ),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, changes: dict[str, Any], said_so: str) -> None:
    assert IMPORT.judgments
    with pytest.raises(UserError, match=said_so) as caught:
        list(IMPORT.judgments(write(tmp_path, record(**changes)), ImportNotes()))
    assert caught.value.where == "records.json, line 2"
