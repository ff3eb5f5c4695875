"""Corrected answers are kept beside the answers, by name or letter."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest

from ftcompare.app.review.corrections import (
    answer_called,
    correct,
    corrections,
    corrections_json,
    take_correction_back,
    with_line_ends_of,
)
from ftcompare.app.study.unblinding import unblind
from ftcompare.core.errors import UserError
from ftcompare.core.study import FinishReason, ResponseDraft
from ftcompare.store.study.study_file import StudyFile

BETTER = "An irregular rhythm of the atria."


def refused(act: Callable[[], object]) -> str:
    with pytest.raises(UserError) as caught:
        act()
    return caught.value.code


def test_a_correction_stands_beside_the_answer_that_stays(study: StudyFile, now: datetime) -> None:
    response = answer_called(study, "p03", "answer b")
    correct(study, "Eve", response, BETTER, comment=" from the leaflet ", now=now)
    (found,) = corrections(study)
    assert (found.key, found.answer, found.expert, found.text) == ("p03", "Answer B", "Eve", BETTER)
    assert (found.comment, found.only_spaces) == ("from the leaflet", False)
    assert found.original == next(one.text for one in study.responses.all() if one.id == response)
    assert corrections_json((found,))[0]["correction"] == BETTER


def test_answers_are_called_by_system_once_that_may_be_told(study: StudyFile, now: datetime) -> None:
    response = answer_called(study, "p00", "Answer A")
    correct(study, "Eve", response, BETTER, now=now)
    unblind(study, "done", now=now)
    (found,) = corrections(study)
    assert found.answer in ("base", "cardiology")
    assert answer_called(study, "p00", found.answer.upper()) == response
    with pytest.raises(UserError, match="no answer “Answer A”") as caught:
        answer_called(study, "p00", "Answer A")
    assert caught.value.how == "There are: base, cardiology."


def test_a_prompt_or_answer_that_is_not_there_is_named(study: StudyFile) -> None:
    assert refused(lambda: answer_called(study, "nowhere", "Answer A")) == "prompt-unknown"
    assert refused(lambda: answer_called(study, "p00", "Answer C")) == "answer-unknown"


def test_a_correction_that_differs_in_spaces_alone_is_named(study: StudyFile, now: datetime) -> None:
    response = answer_called(study, "p00", "Answer A")
    text = next(one.text for one in study.responses.all() if one.id == response)
    correct(study, "Eve", response, text.replace(" ", "\n"), now=now)
    assert [one.only_spaces for one in corrections(study)] == [True]
    assert refused(lambda: correct(study, "Eve", response, text, now=now)) == "correction-equal"


def test_ones_own_correction_is_changed_and_taken_back(study: StudyFile, now: datetime) -> None:
    response = answer_called(study, "p00", "Answer A")
    assert refused(lambda: take_correction_back(study, "Eve", response, now=now)) == "annotation-gone"
    for name, text in (("Eve", "one"), ("Max", "two"), ("Eve", "three")):
        correct(study, name, response, text, now=now)
    assert [(one.expert, one.text) for one in corrections(study)] == [("Max", "two"), ("Eve", "three")]
    take_correction_back(study, "eve", response, now=now)
    assert [one.text for one in corrections(study)] == ["two"]
    assert refused(lambda: take_correction_back(study, "Ada", response, now=now)) == "annotation-gone"


def test_a_name_is_needed(study: StudyFile, now: datetime) -> None:
    response = answer_called(study, "p00", "Answer A")
    assert refused(lambda: correct(study, " ", response, BETTER, now=now)) == "no-expert-name"
    assert corrections(study) == ()


def test_a_text_takes_the_line_ends_of_its_answer(empty_study: StudyFile, now: datetime) -> None:
    (system, _), (prompt, *_) = empty_study.systems.all(), empty_study.prompts.all()
    run = empty_study.runs.start({}, now=now)
    draft = ResponseDraft(system.id, "One.\r\nTwo.\r\n", FinishReason.END, 3)
    empty_study.responses.store(prompt.id, [draft], run=run)
    (answer,) = empty_study.responses.all()
    assert with_line_ends_of(empty_study, answer.id, answer.text) == answer.text
    assert with_line_ends_of(empty_study, answer.id, "Three.\r\n") == "Three.\r\n"
