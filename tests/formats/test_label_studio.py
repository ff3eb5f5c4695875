"""Label Studio's pairwise tasks, out and in."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given

from ftcompare.core.errors import UserError
from ftcompare.core.study import JudgedRow, Message, RaterKind
from ftcompare.formats.foreign_pairs import pairs_with_votes
from ftcompare.formats.label_studio import CANCELLED, CONFIG, EXPORT, IMPORT, UNCHOSEN
from ftcompare.formats.record_fields import ImportNotes
from tests.builders import text_file
from tests.formats.conftest import row_of
from tests.formats.judged_rows import CONTEXT, answers, there_and_back, votes, whole


def result(kind: str, name: str = "x", **value: object) -> dict[str, object]:
    return {"id": "a1", "type": kind, "from_name": name, "to_name": "answer1,answer2", "value": value}


def annotation(*results: object, **more: object) -> dict[str, object]:
    return {"id": 7, "completed_by": 3, "lead_time": 4.5, "result": results, **more}


def task(*annotations: object, **data: object) -> dict[str, object]:
    texts = {"prompt": "Why?", "answer1": "So.", "answer2": "Thus."}
    return {"id": 1, "inner_id": 1, "data": texts | data, "annotations": annotations, "project": 2}


def write(folder: Path, *tasks: object) -> Path:
    return text_file(folder / "tasks.json", json.dumps(tasks, indent=2))


@given(rows=votes(chats=False))
def test_what_the_format_holds_comes_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[JudgedRow]
) -> None:
    back, notes = there_and_back(tmp_path_factory.mktemp("tasks"), EXPORT, IMPORT, rows)
    # People's votes stand before those of programs, pair by pair.
    assert Counter(back) == Counter(replace(whole(row), flagged=False) for row in rows)
    assert not notes.unread


def test_tasks_fit_the_labelling_interface_of_the_guide(tmp_path: Path) -> None:
    rows = [
        row_of("a", strength=2, comment="Clear."),
        row_of("both_bad", rater="Ben", seconds=None, at=""),
        row_of("b", rater="judge", rater_kind=RaterKind.AUTOMATIC, preference=0.75),
    ]
    EXPORT.write(tmp_path / "tasks.json", pairs_with_votes(rows), CONTEXT)
    (found,) = json.loads((tmp_path / "tasks.json").read_text("utf-8"))
    controls = {tag.get("name"): tag for tag in ET.fromstring(CONFIG).iter()}
    variables = {
        tag.get("value", "")[1:] for tag in controls.values() if tag.get("value", "").startswith("$")
    }
    assert variables <= {*found["data"]}
    results = [r for part in (*found["annotations"], *found["predictions"]) for r in part["result"]]
    for each in results:
        assert controls[each["from_name"]].tag.casefold() == each["type"]
        assert controls[each["from_name"]].get("toName") == each["to_name"]
    assert [r["value"] for r in results] == [
        {"selected": "left"},
        {"rating": 2},
        {"text": ["Clear."]},
        {"choices": ["both_bad"]},
        {"selected": "right"},
    ]
    assert found["annotations"][0]["lead_time"] == 4.2
    assert found["predictions"][0]["model_version"] == "judge"
    page = Path(__file__).parents[2] / "docs" / "tools.md"
    assert CONFIG in page.read_text(encoding="utf-8")


def test_exports_of_the_tool_itself(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        task(
            annotation(result("pairwise", "pw", selected="right"), result("taxonomy", "topic")),
            annotation(result("pairwise", selected="left"), was_cancelled=True),
            annotation(result("choices", choices=["Tie"]), completed_by={"id": 5, "email": "a@b.org"}),
            annotation(result("choices", "topic", choices=["cars", "law"])),
            annotation(
                result("choices", choices=["left"]), completed_by=None, created_at="2026-05-01T10:00:00Z"
            ),
            annotation(
                result("textarea", text="Hm"), result("rating", rating=2), result("pairwise", selected="left")
            ),
            model1="base",
            model2="new",
            topic="x",
        ),
        {"data": {"prompt": "Else?", "response1": "1", "response2": "2"}, "predictions": [annotation()]},
    )
    notes = ImportNotes()
    assert IMPORT.judgments
    found = list(IMPORT.judgments(path, notes))
    assert [(v.rater, v.choice, v.left, v.seconds) for v in found] == [
        ("annotator 3", "b", "a", 4.5),
        ("a@b.org", "tie", "a", 4.5),
        ("annotator", "a", "a", 4.5),
        ("annotator 3", "a", "a", 4.5),
    ]
    assert found[2].at == "2026-05-01T10:00:00+00:00"
    assert (found[3].comment, found[3].strength) == ("Hm", 2)
    assert (found[0].system_a, found[0].messages) == ("base", (Message("user", "Why?"),))
    assert notes.left_out == {CANCELLED: 1, UNCHOSEN: 1, "pairs without a vote": 1}
    assert notes.unread == {"data.topic": 1, "annotations.topic": 2}


@pytest.mark.parametrize(
    ("results", "vote"),
    [
        ({"preference": [{"selected": "left"}]}, ("a", None, "")),
        ({"pw": [{"selected": "right"}], "stars": [{"rating": 2}], "comment": "Hm."}, ("b", 2, "Hm.")),
        ({"verdict": "tie", "comment": ["One.", "Two."]}, ("tie", None, "")),
        ({"verdict": "both_bad", "why": [{"text": ["One.", "Two."]}]}, ("both_bad", None, "One.\nTwo.")),
        ({"pick": "Right"}, ("b", None, "")),
    ],
)
def test_an_export_as_json_min(
    tmp_path: Path, results: dict[str, object], vote: tuple[str, int | None, str]
) -> None:
    data = {"prompt": "Why?", "answer1": "So.", "answer2": "Thus.", "model1": "base", "model2": "new"}
    told = {"created_at": "2026-05-01T10:00:00Z", "updated_at": "2026-05-01T10:01:00Z", "lead_time": 4.5}
    records = [
        data | {"id": 1, **results, "annotator": "a@b.org", "annotation_id": 7, **told},
        data | {"id": 1, **results, "annotator": 3, "annotation_id": 8, **told},
        data | {"id": 1, "topic": "left", "annotator": None, "annotation_id": None},
    ]
    notes = ImportNotes()
    assert IMPORT.judgments
    first, second, *_ = IMPORT.judgments(write(tmp_path, *records), notes)
    assert (first.choice, first.strength, first.comment) == vote
    assert (first.rater, second.rater) == ("a@b.org", "annotator 3")
    assert (first.system_b, first.left, first.seconds, first.at) == (
        "new",
        "a",
        4.5,
        "2026-05-01T10:00:00+00:00",
    )
    assert notes.read == 3


MIN = {"prompt": "Why?", "answer1": "So.", "answer2": "Thus.", "id": 1, "annotator": 3, "annotation_id": 7}
NOBODY = {"annotator": None, "annotation_id": None}


@pytest.mark.parametrize(
    ("records", "choices", "without"),
    [
        (
            [{"pw": {"choices": ["left"]}}, {"pw": ["right"]}, {"pw": {"selected": "left"}}],
            ["a", "b", "a"],
            0,
        ),
        ([{"pw": "answer1"}, {"pw": "Response 2"}], ["a", "b"], 0),
        ([{"pw": "left"}, {}, {"pw": ""}], ["a"], 2),
        (
            [{"pw": [{"selected": "left"}]}, {"verdict": "tie"}, {"why": "Tie"}, {"why": "Hm."}],
            ["a", "tie"],
            2,
        ),
        ([{"reference": "right"}, {"system1": "left", "model": "tie", "note": 5}], [], 2),
        ([{"reference": "right", "pw": "left", "answer1": "left", "answer2": "right"}], ["a"], 0),
        ([{"hint": "left", "pw": "right"}, {"hint": "right", **NOBODY}], ["b"], 0),
        ([{"lean": "left"}, {"lean": "or not"}, {"lean": "later", "pw": "right"}], ["b"], 2),
        ([{"comment": "Left", "topic": "cars"}], [], 1),
    ],
)
@pytest.mark.parametrize("order", [1, -1])
def test_votes_of_json_min_by_the_fields_of_the_whole_file(
    tmp_path: Path, records: list[dict[str, object]], choices: list[str], without: int, order: int
) -> None:
    path = write(tmp_path, *(dict([*(MIN | record).items()][::order]) for record in records))
    notes = ImportNotes()
    assert IMPORT.judgments
    assert [vote.choice for vote in IMPORT.judgments(path, notes)] == choices
    assert notes.left_out[UNCHOSEN] == without


@pytest.mark.parametrize(
    ("records", "named"),
    [
        ([{"lean": "left", "pw": "right"}], "It could be 'lean' or 'pw'"),
        ([{"pw": "right", "lean": "left"}], "It could be 'lean' or 'pw'"),
        ([{"pw": "right"}, {"lean": [{"selected": "left"}]}], "It could be 'lean' or 'pw'"),
        ([{"pw": "left"}, {"pw": "right", "twin": "tie"}], "It could be 'pw' or 'twin'"),
        (
            [{"pw": "left"}, {"pw": "right"}, {"pw": "unsure"}],
            "values alone do not identify it. It could be 'pw'",
        ),
    ],
)
def test_an_unclear_vote_of_json_min_is_refused(
    tmp_path: Path, records: list[dict[str, object]], named: str
) -> None:
    assert IMPORT.judgments
    with pytest.raises(UserError, match=named) as caught:
        list(IMPORT.judgments(write(tmp_path, *(MIN | record for record in records)), ImportNotes()))
    assert "Export the project as JSON, or remove the fields that are not the vote" in caught.value.how


def test_fields_of_json_min_that_are_not_used_are_named(tmp_path: Path) -> None:
    record = {"note": "tie", "prompt": "q", "answer1": "x", "answer2": "y", "id": 1, "comment": "Hm."}
    record |= {"topic": "cars", "annotator": 3, "annotation_id": 8}
    notes = ImportNotes()
    assert IMPORT.judgments
    assert not list(IMPORT.judgments(write(tmp_path, record, record | {"note": "Look again."}), notes))
    assert notes.left_out == {UNCHOSEN: 2, "pairs without a vote": 2}
    assert notes.unread == {"data.note": 2, "data.topic": 2}


def test_tasks_that_nobody_annotated_are_answers(tmp_path: Path) -> None:
    found = answers(IMPORT, write(tmp_path, task(), {"prompt": "q", "answer1": "x", "answer2": "y"}))
    assert [(answer.system, answer.response) for answer in found] == [
        ("answer1", "So."),
        ("answer2", "Thus."),
        ("answer1", "x"),
        ("answer2", "y"),
    ]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (task(annotation(result("pairwise", selected="up"))), "selected is 'up'; it must be left or right"),
        (task(annotation(result("rating", rating="x"))), "rating must be a number"),
        (task(5), "annotations, 1, must be an object, not 5"),
        (task() | {"annotations": 5}, "annotations must be a list, not 5"),
        (task() | {"data": 5}, "data must be an object"),
        (task(answer2=None), r"data\.answer2 is missing.*tag Pairwise"),
        ({"data": {"text": "A good film."}, "annotations": []}, r"data\.answer1 is missing.*tag Pairwise"),
        (task(annotation(result("pairwise", selected="left")), prompt=None), "prompt is missing"),
        (task(annotation(result("pairwise", selected="left"), created_at="soon")), "not an ISO 8601 time"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, wrong: Any, said: str) -> None:
    assert IMPORT.judgments
    with pytest.raises(UserError, match=said) as caught:
        list(IMPORT.judgments(write(tmp_path, wrong), ImportNotes()))
    assert caught.value.where == "tasks.json, line 2"
