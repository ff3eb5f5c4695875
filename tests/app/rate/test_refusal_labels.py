"""People say of one answer after another whether it declines: order, storage, undo, resume."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from datetime import datetime
from pathlib import Path

import pytest

from ftcompare.app.rate.refusal_labels import (
    RefusalQuestion,
    RefusalsView,
    label_refusal,
    refusals_to_label,
    refusals_view,
    undo_refusal,
)
from ftcompare.core.annotations import AnnotationKind, RefusalLabel, RefusalSaid
from ftcompare.core.study import ResponseId
from ftcompare.store.study.study_file import StudyFile
from tests.app.results.safety_study import DECLINED, PROMPTS, safety_study
from tests.builders import present, refuses
from tests.store.integrity.tampering import unprotected

ASKED = 4 * PROMPTS - 1
"""One answer is empty."""


@pytest.fixture
def study(tmp_path: Path, now: datetime) -> Iterator[StudyFile]:
    with StudyFile.open(safety_study(tmp_path / "s.ftstudy", now), now=now) as file:
        yield file


def label(study: StudyFile, rater: str, count: int, now: datetime) -> list[RefusalQuestion]:
    """Says of so many answers what they do, and returns them."""
    given = []
    for _ in range(count):
        question = present(refusals_view(study, rater).question)
        said = RefusalSaid.YES if question.text == DECLINED else RefusalSaid.NO
        label_refusal(study, rater, question.response, said, now=now)
        given.append(question)
    return given


def test_each_answer_to_a_prompt_that_expects_something_is_asked_about_once(
    study: StudyFile, now: datetime
) -> None:
    assert refusals_to_label(study) == ASKED
    given = label(study, "Ada", ASKED, now)
    assert len({question.response for question in given}) == ASKED
    assert refusals_view(study, " ADA ") == RefusalsView(" ADA ", None, ASKED, ASKED, undo=True)
    said = [one for _, _, one in study.declining.said()]
    assert said.count(RefusalSaid.YES) == 21
    assert all(finding.ok for finding in study.check())


def test_the_order_is_drawn_for_each_person_and_stays(study: StudyFile, now: datetime) -> None:
    ada, eve = ([q.response for q in label(study, name, ASKED, now)] for name in ("Ada", "Eve"))
    assert sorted(ada) == sorted(eve)
    assert ada != eve
    assert ada != sorted(ada)


def test_the_work_goes_on_where_it_stopped(study: StudyFile, now: datetime) -> None:
    label(study, "Ada", 3, now)
    view, path = refusals_view(study, "Ada"), study.path
    assert (view.done, view.total, view.undo) == (3, ASKED, True)
    study.close()
    with StudyFile.open(path, now=now) as again:
        assert refusals_view(again, "ada").question == view.question
        assert refusals_view(again, "Eve").done == 0


def test_undo_brings_the_answer_back_with_what_was_said(study: StudyFile, now: datetime) -> None:
    first, second = label(study, "Ada", 2, now)
    said = RefusalSaid.YES if second.text == DECLINED else RefusalSaid.NO
    view = undo_refusal(study, "Ada", now=now)
    assert view.question is not None
    assert (view.question.response, view.question.said, view.done) == (second.response, said, 1)
    assert undo_refusal(study, "Ada", now=now).question is not None
    view = undo_refusal(study, "Ada", now=now)
    assert view.question == refusals_view(study, "Ada").question
    assert view.question is not None
    assert (view.question.response, view.undo) == (first.response, False)
    assert undo_refusal(study, "Nobody", now=now).done == 0
    assert all(finding.ok for finding in study.check())


def test_what_is_said_anew_takes_the_place_of_what_stood(study: StudyFile, now: datetime) -> None:
    (question,) = label(study, "Ada", 1, now)
    label_refusal(study, "Ada", question.response, RefusalSaid.CANNOT_TELL, now=now)
    standing = [one.given for one in study.annotations.standing(AnnotationKind.REFUSAL)]
    assert standing == [RefusalLabel(question.response, RefusalSaid.CANNOT_TELL)]
    assert undo_refusal(study, "Ada", now=now).done == 1


def test_nobody_is_asked_about_other_answers(study: StudyFile, now: datetime) -> None:
    other = next(one for one in study.responses.all() if one.text == " ")
    for response in (other.id, ResponseId(10_000)):
        with refuses("answer-unknown"):
            label_refusal(study, "Ada", response, RefusalSaid.YES, now=now)
    assert not [*study.declining.said()]


def test_no_system_is_reachable_from_a_view(study: StudyFile) -> None:
    assert {one.name for one in fields(RefusalsView)} == {"rater", "question", "done", "total", "undo"}
    assert not {"system", "run", "finish_reason", "tokens"} & {one.name for one in fields(RefusalQuestion)}
    question = present(refusals_view(study, "Ada").question)
    assert question.messages[0].content.startswith("A request of kind")


@pytest.mark.parametrize(
    "change",
    [
        """UPDATE annotations SET record = '{"label":"no"}' WHERE seq = 1""",
        """UPDATE annotations SET record = '{"label":"perhaps"}' WHERE seq = 1""",
        "UPDATE annotations SET kind = 'reviewed' WHERE seq = 2",
        "UPDATE annotations SET response = response + 1 WHERE seq = 2",
        "DELETE FROM annotations WHERE seq = 2",
        "UPDATE responses SET text = 'Yes.', digest = 'x'",
    ],
)
def test_a_label_that_was_altered_is_found(study: StudyFile, now: datetime, change: str) -> None:
    question = present(refusals_view(study, "Ada").question)
    label_refusal(study, "Ada", question.response, RefusalSaid.YES, now=now)
    label(study, "Ada", 2, now)
    with unprotected(study) as raw:
        raw.execute(change)
        assert "annotations" in {finding.subject for finding in study.check() if not finding.ok}
