"""Marks: made under a name, taken back, read as they may be told, written into files and taken in again."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from ftcompare.app.review.marks import (
    MarksTaken,
    add_mark,
    answer_marks,
    change_mark,
    marks_json,
    passages,
    set_looked_through,
    study_marks,
    take_back_mark,
    take_in_marks,
    undo_mark,
    write_marks,
)
from ftcompare.core.annotations import AnnotationKind, Mark, Reviewed
from ftcompare.core.errors import UserError
from ftcompare.core.study import FinishReason, Response, ResponseDraft, ResponseId
from ftcompare.store.study.study_file import StudyFile
from tests.builders import present, refusal_code


@pytest.fixture
def answer(study: StudyFile) -> Response:
    """“An irregular heartbeat. p00”"""
    return next(iter(study.responses.all()))


def mark(answer: Response, words: str, **more: str) -> Mark:
    start = answer.text.index(words)
    said = {"error_type": "style", "severity": "minor", **more}
    return Mark(answer.id, start, start + len(words), words, **said)


def told(study: StudyFile, response: ResponseId) -> list[str]:
    return [f"{one.expert}: {one.words}" for one in answer_marks(study, response).marks]


def test_marks_stand_in_the_order_of_the_text_with_who_made_them(
    study: StudyFile, answer: Response, now: datetime
) -> None:
    add_mark(study, "Eve", mark(answer, "heartbeat", error_type="terminology"), now=now)
    add_mark(study, "Max", mark(answer, "irregular heartbeat", severity="major"), now=now)
    missing = replace(mark(answer, "p00", error_type="omission"), start=22, end=22, quote="")
    add_mark(study, "eve ", missing, now=now)
    assert told(study, answer.id) == [
        "Max: Style, major: “irregular heartbeat”",
        "Eve: Wrong term, minor: “heartbeat”",
        "Eve: Something missing, minor",
    ]
    found = answer_marks(study, answer.id)
    assert (found.reviewed_by, found.done_by) == (("Eve", "Max"), ())


def test_a_mark_is_changed_taken_back_and_undone_by_who_made_it(
    study: StudyFile, answer: Response, now: datetime
) -> None:
    first = add_mark(study, "Eve", mark(answer, "irregular"), now=now)
    add_mark(study, "Max", mark(answer, "An"), now=now)
    changed = change_mark(study, "Eve", first, mark(answer, "irregular", severity="major"), now=now)
    assert told(study, answer.id)[1] == "Eve: Style, major: “irregular”"
    assert refusal_code(lambda: take_back_mark(study, "Eve", first, now=now)) == "annotation-gone"
    assert refusal_code(lambda: take_back_mark(study, "Zoe", changed, now=now)) == "mark-of-another"
    undone = present(undo_mark(study, "EVE", now=now))
    assert undone.seq == changed
    assert "Eve: Style, minor: “irregular”" in told(study, answer.id)
    assert undo_mark(study, "Eve", now=now) is not None
    assert undo_mark(study, "Eve", now=now) is None
    assert undo_mark(study, "Zoe", now=now) is None
    assert told(study, answer.id) == ["Max: Style, minor: “An”"]


def test_a_change_that_is_refused_leaves_the_mark(study: StudyFile, answer: Response, now: datetime) -> None:
    first = add_mark(study, "Eve", mark(answer, "irregular"), now=now)
    wrong = mark(answer, "irregular", severity="grave")
    assert refusal_code(lambda: change_mark(study, "Eve", first, wrong, now=now)) == "mark-unknown"
    assert told(study, answer.id) == ["Eve: Style, minor: “irregular”"]


def test_a_mark_on_other_words_than_the_text_has_is_refused(
    study: StudyFile, answer: Response, now: datetime
) -> None:
    shifted = replace(mark(answer, "irregular"), start=1, end=10)
    with pytest.raises(UserError, match="differs from the one that was marked") as refused:
        add_mark(study, "Eve", shifted, now=now)
    assert refused.value.code == "mark-text-changed"
    assert study.annotations.experts() == ()


def test_an_answer_is_looked_through_and_is_not(study: StudyFile, answer: Response, now: datetime) -> None:
    for done in (True, True):
        set_looked_through(study, "Eve", answer.id, done=done, now=now)
    assert answer_marks(study, answer.id).done_by == ("Eve",)
    assert [one.response for one in study_marks(study).answers] == [answer.id]
    set_looked_through(study, "Eve", answer.id, done=False, now=now)
    assert study_marks(study).answers == ()
    assert answer_marks(study, answer.id).reviewed_by == ()


def test_no_system_is_named_until_the_study_is_unblinded(
    study: StudyFile, answer: Response, now: datetime
) -> None:
    add_mark(study, "Eve", mark(answer, "irregular"), now=now)
    (before,) = study_marks(study).answers
    assert before.name in ("Answer A", "Answer B")
    assert before.system == ""
    document = marks_json(study_marks(study))
    assert document["withheld"]
    study.settings.unblind(reason="done", now=now)
    (after,) = study_marks(study).answers
    assert (after.name, after.system) == ("base", "base")
    assert study_marks(study).withheld is None


def test_an_answer_that_stands_in_no_pair_is_marked_after_unblinding_alone(
    empty_study: StudyFile, now: datetime
) -> None:
    base, prompt = empty_study.systems.all()[0], empty_study.prompts.all()[0]
    run = empty_study.runs.start({"settings": {}}, now=now)
    empty_study.responses.store(prompt.id, [ResponseDraft(base.id, "Alone.", FinishReason.END, 5)], run=run)
    (answer,) = empty_study.responses.all()
    given = mark(answer, "Alone")
    assert refusal_code(lambda: add_mark(empty_study, "Eve", given, now=now)) == "answer-unknown"
    empty_study.settings.unblind(reason="done", now=now)
    assert add_mark(empty_study, "Eve", given, now=now) == 1


def test_passages_show_experts_side_by_side(study: StudyFile, answer: Response, now: datetime) -> None:
    for name, words in (("Eve", "An irregular"), ("Max", "irregular heartbeat"), ("Eve", "p00")):
        add_mark(study, name, mark(answer, words), now=now)
    set_looked_through(study, "Zoe", answer.id, done=True, now=now)
    first, second = passages(answer_marks(study, answer.id))
    assert (first.text, second.text) == ("An irregular heartbeat", "p00")
    assert [len(marks) for marks in first.by_expert.values()] == [1, 1, 0]
    assert [*second.by_expert] == ["Eve", "Max", "Zoe"]
    assert [len(marks) for marks in second.by_expert.values()] == [1, 0, 0]
    assert passages(replace(answer_marks(study, answer.id), marks=())) == ()


def marked(study: StudyFile, answer: Response, now: datetime) -> None:
    said = mark(answer, "irregular", comment='=1+1, "so"\nto say', suggestion="atrial\tfibrillation 漢字")
    for given in (said, said, mark(answer, ". p")):
        add_mark(study, "Eve", given, now=now)
    add_mark(study, "Max", replace(mark(answer, "p", error_type="omission"), end=24, quote=""), now=now)
    set_looked_through(study, "Max", answer.id, done=True, now=now)


@pytest.mark.parametrize("suffix", ["csv", "jsonld"])
def test_what_was_taken_back_here_is_not_brought_back_by_a_file(
    study: StudyFile, answer: Response, tmp_path: Path, now: datetime, suffix: str
) -> None:
    marked(study, answer, now)
    path = tmp_path / f"marks.{suffix}"
    write_marks(study, path, replace=False)
    stood = [*study.annotations.standing()]
    for one in stood:
        if isinstance(one.given, Mark | Reviewed):
            study.annotations.retract(one.expert, one.seq, now=now)
    assert take_in_marks(study, path, now=now) == MarksTaken(0, 0, 0, taken_back=5)
    again = next(one for one in stood if isinstance(one.given, Mark))
    study.annotations.add(again.expert, again.given, now=now)  # who means it makes it again
    assert take_in_marks(study, path, now=now) == MarksTaken(0, 0, 1, taken_back=4)
    assert len([*study.annotations.standing(AnnotationKind.MARK)]) == 1


@pytest.mark.parametrize("suffix", ["csv", "jsonld"])
@pytest.mark.parametrize("unblinded", [False, True])
def test_marks_written_are_there_when_taken_in_and_new_in_a_copy(
    study: StudyFile, answer: Response, tmp_path: Path, now: datetime, suffix: str, *, unblinded: bool
) -> None:
    study.save_copy(tmp_path / "copy.ftstudy")
    marked(study, answer, now)
    if unblinded:
        study.settings.unblind(reason="done", now=now)
    path = tmp_path / f"marks.{suffix}"
    assert write_marks(study, path, replace=False) == 5
    assert take_in_marks(study, path, now=now) == MarksTaken(0, 0, 5)
    with StudyFile.open(tmp_path / "copy.ftstudy", now=now) as copy:
        assert take_in_marks(copy, path, now=now) == MarksTaken(4, 1, 0)
        assert take_in_marks(copy, path, now=now) == MarksTaken(0, 0, 5)
        here, there = (answer_marks(file, answer.id) for file in (study, copy))
        places = [(one.expert, one.given.start, one.given.quote) for one in here.marks]
        assert [(one.expert, one.given.start, one.given.quote) for one in there.marks] == places
        if suffix == "jsonld":
            assert [one.given for one in there.marks] == [one.given for one in here.marks]
        assert all(finding.ok for finding in copy.check())


def test_web_annotations_hold_quote_and_position(
    study: StudyFile, answer: Response, tmp_path: Path, now: datetime
) -> None:
    add_mark(study, "Eve", mark(answer, "irregular", comment="lay", suggestion="atrial"), now=now)
    path = tmp_path / "marks.jsonld"
    write_marks(study, path, replace=False)
    document = json.loads(path.read_text("utf-8"))
    assert document["@context"] == "http://www.w3.org/ns/anno.jsonld"
    assert (document["type"], document["total"]) == ("AnnotationCollection", 1)
    (item,) = document["first"]["items"]
    assert (item["type"], item["motivation"]) == ("Annotation", "assessing")
    assert item["creator"] == {"type": "Person", "name": "Eve"}
    assert [(body["purpose"], body["value"]) for body in item["body"]] == [
        ("classifying", "style"),
        ("assessing", "minor"),
        ("commenting", "lay"),
        ("editing", "atrial"),
    ]
    assert item["target"]["scope"] == "urn:ftcompare:prompt:p00"
    position, quoted = item["target"]["selector"]
    assert position == {"type": "TextPositionSelector", "start": 3, "end": 12}
    assert quoted == {
        "type": "TextQuoteSelector",
        "exact": "irregular",
        "prefix": "An ",
        "suffix": " heartbeat. p00",
    }


def test_of_a_file_with_one_wrong_mark_nothing_is_taken(
    study: StudyFile, answer: Response, tmp_path: Path, now: datetime
) -> None:
    marked(study, answer, now)
    path = tmp_path / "marks.jsonld"
    write_marks(study, path, replace=False)
    text = path.read_text("utf-8")
    while undo_mark(study, "Eve", now=now):
        pass
    wrong = {
        "annotation 3": text.replace('"exact": ". p"', '"exact": ". q"'),
        "annotation 1": text.replace('"value": "style"', '"value": "rhyme"', 1),
        "annotation 5": "p99".join(text.rsplit("p00", 1)),
    }
    for place, spoilt in wrong.items():
        path.write_text(spoilt, "utf-8")
        with pytest.raises(UserError) as refused:
            take_in_marks(study, path, now=now)
        assert refused.value.where == f"marks.jsonld, {place}", refused.value
        assert refused.value.code == "bad-line"
        assert told(study, answer.id) == ["Max: Something missing, minor"]


def test_files_of_another_name_and_empty_ones_are_refused(
    study: StudyFile, tmp_path: Path, now: datetime
) -> None:
    assert refusal_code(lambda: write_marks(study, tmp_path / "marks.txt", replace=False)) == "unknown-suffix"
    assert refusal_code(lambda: take_in_marks(study, tmp_path / "marks.txt", now=now)) == "unknown-suffix"
    assert refusal_code(lambda: write_marks(study, tmp_path / "marks.csv", replace=False)) == "no-rows"
