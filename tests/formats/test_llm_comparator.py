"""LLM Comparator's JSON, out and in."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given

from ftcompare.core.errors import UserError
from ftcompare.core.study import JudgedRow, Message, RaterKind, SystemId
from ftcompare.formats.export_format import ExportContext
from ftcompare.formats.foreign_pairs import pairs_with_votes
from ftcompare.formats.llm_comparator import EXPORT, IMPORT, UNSCORED, label_of, score_of
from ftcompare.formats.record_fields import ImportNotes
from tests.builders import text_file
from tests.formats.conftest import row_of
from tests.formats.judged_rows import CONTEXT, answers, there_and_back, votes, whole

EXAMPLE = {
    "input_text": "Why?",
    "tags": ["Travel"],
    "output_text_a": "So.",
    "output_text_b": "Thus.",
    "score": 0.5,
    "individual_rater_scores": [],
    "custom_fields": {},
}
MODELS = [{"name": "Gemma 1.1"}, {"name": "Gemma 1.0"}]


def write(folder: Path, *examples: object, **document: object) -> Path:
    path = folder / "comparison.json"
    whole_document: dict[str, object] = {
        "metadata": {"source_path": "x", "custom_fields_schema": []},
        "models": MODELS,
    }
    whole_document |= {"examples": examples, **document}
    path.write_text(json.dumps(whole_document, indent=2), encoding="utf-8")
    return path


def rating(score: float | None, **more: object) -> dict[str, object]:
    return EXAMPLE | {"score": None, "individual_rater_scores": [{"score": score, **more}]}


@given(rows=votes(chats=False))
def test_what_the_format_holds_comes_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[JudgedRow]
) -> None:
    back, notes = there_and_back(tmp_path_factory.mktemp("comparator"), EXPORT, IMPORT, rows)
    assert back == [replace(whole(row), flagged=False) for row in rows]
    assert not notes.unread


@pytest.mark.parametrize(
    ("vote", "score", "said"),
    [
        (row_of("a"), 1.0, "A is better"),
        (row_of("a", strength=1), 0.5, "A is slightly better"),
        (row_of("b", strength=2), -1.0, "B is better"),
        (row_of("b", strength=3, left="b"), -1.5, "B is much better"),
        (row_of("tie"), 0.0, "same"),
        (row_of("both_bad"), 0.0, "same"),
        (row_of("b", rater_kind=RaterKind.AUTOMATIC, preference=0.75), -0.75, "B is slightly better"),
    ],
)
def test_scores_are_positive_where_a_is_better_whatever_stood_left(
    tmp_path: Path, vote: JudgedRow, score: float, said: str
) -> None:
    assert (score_of(vote), label_of(score)) == (score, said)
    EXPORT.write(tmp_path / "c.json", pairs_with_votes([vote, row_of("tie", rater="Ben")]), CONTEXT)
    document = json.loads((tmp_path / "c.json").read_text(encoding="utf-8"))
    (example,) = document["examples"]
    assert example["score"] == score / 2
    first = example["individual_rater_scores"][0]
    assert (first["score"], first["rating_label"], first["is_flipped"]) == (score, said, vote.left == "b")
    assert document["models"] == [{"name": "base"}, {"name": "=cardiology, v2"}]
    named = {field["name"] for field in document["metadata"]["custom_fields_schema"]}
    assert named == {*example["custom_fields"], *first["custom_fields"]}


def test_each_couple_of_systems_has_a_file_of_its_own(tmp_path: Path) -> None:
    third = row_of("a", comparison=2)
    other = replace(third.comparison, b=replace(third.comparison.b, system=SystemId(3)))
    rows = [row_of("b"), replace(third, comparison=other)]
    names = {**CONTEXT.names, SystemId(3): "third"}
    assert EXPORT.write(tmp_path / "c.json", pairs_with_votes(rows), ExportContext(names)) == 2
    found = {path.name: json.loads(path.read_text("utf-8")) for path in tmp_path.iterdir()}
    assert {name: document["models"][1]["name"] for name, document in found.items()} == {
        "c.json": "=cardiology, v2",
        "c-2.json": "third",
    }
    with pytest.raises(UserError, match="no judged pairs"):
        EXPORT.write(tmp_path / "d.json", [], CONTEXT)


def test_files_of_the_tool_itself(tmp_path: Path) -> None:
    examples = [
        EXAMPLE | {"rationale_list": [], "custom_fields": {"words": 8}},
        rating(-1.5, is_flipped=True, rationale="Shorter.", rating_label="B is much better"),
        rating(0, index=3, colour="red"),
        rating(None),
    ]
    notes = ImportNotes()
    assert IMPORT.judgments
    path = write(tmp_path, *examples, rationale_clusters=[])
    one, two, three = IMPORT.judgments(path, notes)
    assert (one.system_a, one.messages, one.tags) == ("Gemma 1.1", (Message("user", "Why?"),), ("Travel",))
    assert [(v.rater, v.choice, v.strength, v.left) for v in (one, two, three)] == [
        ("score", "a", 1, ""),
        ("rating 1", "b", 3, "b"),
        ("rating 1", "tie", None, ""),
    ]
    assert [vote.preference for vote in (one, two, three)] == pytest.approx([1 / 3, 1, 0.5])
    assert {vote.rater_kind for vote in (one, two, three)} == {RaterKind.AUTOMATIC}
    assert two.comment == "Shorter."
    assert notes.left_out == {UNSCORED: 1, "pairs without a vote": 1}
    assert notes.unread == {
        "custom_fields.words": 1,
        "individual_rater_scores.colour": 1,
        "rationale_clusters": 1,
    }


def test_examples_without_scores_are_answers(tmp_path: Path) -> None:
    found = answers(IMPORT, write(tmp_path, EXAMPLE | {"score": None}))
    assert [(answer.system, answer.response) for answer in found] == [
        ("Gemma 1.1", "So."),
        ("Gemma 1.0", "Thus."),
    ]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"examples": {}}, "examples must be a list"),
        ({"examples": []}, "The file has no records"),
        ({"examples": [5]}, "Record 1 of examples is not an object"),
        ({"models": MODELS[:1]}, "models must name two models"),
        ({"models": [*MODELS[:1], 5]}, "models must name two models"),
        ({"models": None}, "models must name two models"),
        ({"models": [{"name": ""}, MODELS[0]]}, "name is missing"),
        ({"examples": [EXAMPLE | {"score": 2}]}, "score is 2; it must be from -1.5 to 1.5"),
        ({"examples": [EXAMPLE | {"output_text_a": [{"type": "text"}]}]}, "parts that are not text"),
        ({"examples": [EXAMPLE | {"individual_rater_scores": 5}]}, "must be a list, not 5"),
        ({"examples": [EXAMPLE | {"individual_rater_scores": [5]}]}, "1, must be an object, not 5"),
        ({"examples": [rating(1, custom_fields={"choice": "a", "strength": "x"})]}, "which is not a number"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, changes: dict[str, Any], said: str) -> None:
    assert IMPORT.judgments
    with pytest.raises(UserError, match=said):
        list(IMPORT.judgments(write(tmp_path, **{"examples": [EXAMPLE], **changes}), ImportNotes()))


def test_a_document_without_models_or_of_another_kind(tmp_path: Path) -> None:
    assert IMPORT.judgments
    for text, said in (
        ('{"examples": [{}]}', "models is missing, or follows"),
        ("[1]", "must be a list in an object"),
    ):
        path = text_file(tmp_path / "c.json", text)
        with pytest.raises(UserError, match=said):
            list(IMPORT.judgments(path, ImportNotes()))
