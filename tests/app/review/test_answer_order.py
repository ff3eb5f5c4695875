"""Answers in the order of a column of their list."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from statistics import fmean

import pytest

from ftcompare.app.review.answer_list import (
    AnswerColumn,
    AnswerFilter,
    AnswerOrder,
    ListedAnswer,
    find_answers,
    in_order,
    listed_answers,
)
from ftcompare.core.annotations import Correction, Mark, Reviewed
from ftcompare.core.scale import Choice
from ftcompare.core.study import Message, PromptSpec
from ftcompare.store.study.study_file import StudyFile
from tests.app.review.test_answer_list import judge
from tests.builders import answer, present, refuses
from tests.graded_studies import GRADES, NOW, graded_study

EVERY = AnswerFilter(to_judge=True)


def lines(study: StudyFile, order: AnswerOrder | None) -> list[ListedAnswer]:
    found = in_order(study, find_answers(study, EVERY), order)
    return [line for line in listed_answers(study, found, range(len(found))) if line is not None]


def noted(line: ListedAnswer) -> int:
    return line.flagged + line.disputed + line.marks + line.corrected + line.reviewed


@pytest.fixture
def read(study: StudyFile, now: datetime) -> StudyFile:
    """With judgments, flags, marks, a correction, and texts whose order depends on case."""
    for key, text, asked in (("z", "Über den Puls", "ZEBRA?"), ("e", "übel", "élan?"), ("n", "a", "Aorta?")):
        (prompt,) = study.prompts.add([PromptSpec(key, (Message("system", "s"), Message("user", asked)))])
        answer(study, prompt, (f"{text} {s.name}" for s in study.systems.all()), tokens=1)
    judge(study, "Ada", [Choice.LEFT, Choice.LEFT], now, flagged=True)
    judge(study, "Ben", [Choice.RIGHT], now)
    expert = study.annotations.expert("Eve").id
    first = next(iter(study.responses.all()))
    for start in (0, 1):
        quote = first.text[start : start + 2]
        mark = Mark(first.id, start, start + 2, quote, "terminology", "minor")
        study.annotations.add(expert, mark, now=now)
    study.annotations.add(expert, Correction(first.id, "Better."), now=now)
    study.annotations.add(expert, Reviewed(first.id), now=now)
    return study


@pytest.mark.parametrize("unblinded", [False, True])
def test_every_column_orders_and_equal_answers_stay_as_they_were(
    read: StudyFile, now: datetime, unblinded: bool
) -> None:
    if unblinded:
        read.settings.unblind("done", now=now)
    says = {
        AnswerColumn.PROMPT: lambda line: line.asked.casefold(),
        AnswerColumn.ANSWER: lambda line: line.name.casefold(),
        AnswerColumn.BEGINNING: lambda line: line.beginning.casefold(),
        AnswerColumn.CHARACTERS: lambda line: line.length,
        AnswerColumn.JUDGED: lambda line: line.judged,
        AnswerColumn.NOTED: lambda line: (
            line.flagged + line.disputed + line.marks + line.corrected + line.reviewed
        ),
    }
    plain = lines(read, None)
    for column, key in says.items():
        for descending in (False, True):
            found = lines(read, AnswerOrder(column, descending))
            assert found == sorted(plain, key=key, reverse=descending), (column, descending)
        assert lines(read, AnswerOrder(column)) != lines(read, AnswerOrder(column, descending=True))


def test_an_ordered_list_counts_prompts_and_keeps_what_is_told(read: StudyFile) -> None:
    found = find_answers(read, EVERY)
    ordered = in_order(read, found, AnswerOrder(AnswerColumn.CHARACTERS))
    assert (ordered.prompt_count, ordered.answers) == (found.prompt_count, found.answers)
    assert ordered.withheld == found.withheld
    assert ordered.still_to_judge == found.still_to_judge
    assert sorted(ordered.responses) == sorted(found.responses)
    assert in_order(read, found, None) is found


def test_mean_grades_are_listed_and_sorted_after_unblinding(tmp_path: Path) -> None:
    by_grade = AnswerOrder(AnswerColumn.GRADE, descending=True)
    with StudyFile.open(graded_study(tmp_path / "s.ftstudy", ("Ann", "Bob")), now=NOW) as study:
        assert {(line.judged, line.grade) for line in lines(study, None)} == {(2, None)}
        study.settings.unblind("done", now=NOW)
        given: dict[int, list[int]] = {}
        for row in study.grades.standing():
            given.setdefault(row.response.id, []).append(row.grade)
        found = lines(study, by_grade)
        means = [present(line.grade) for line in found]
        assert means == [fmean(given[line.response]) for line in found]
        assert means == sorted(means, reverse=True)
        assert len(set(means)) > 2


@pytest.mark.parametrize(
    ("group", "fits"),
    [
        ("good", lambda mean: mean >= 4),
        ("between", lambda mean: 2 < mean < 4),
        ("bad", lambda mean: mean <= 2),
    ],
)
def test_answers_are_chosen_by_their_mean_grade(
    tmp_path: Path, group: str, fits: Callable[[float], bool]
) -> None:
    chosen = AnswerFilter(grade=group)
    assert (GRADES.low, GRADES.high) == (1, 5)
    with StudyFile.open(graded_study(tmp_path / "s.ftstudy", ("Ann", "Bob")), now=NOW) as study:
        with refuses("still-blinded"):
            find_answers(study, chosen)
        study.settings.unblind("done", now=NOW)
        found = find_answers(study, chosen)
        wanted = [line.response for line in lines(study, None) if line.grade and fits(line.grade)]
        assert list(found.responses) == wanted
        assert 0 < len(wanted) < 36 or group == "good"
