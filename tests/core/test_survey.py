"""The questions around the pairs: how they are written, which answers they take, and the groups of raters."""

from __future__ import annotations

import pytest

from ftcompare.core.study import RaterId
from ftcompare.core.survey import (
    AGREED,
    MAX_ANSWER,
    AnswerKind,
    Survey,
    SurveyAnswer,
    SurveyMoment,
    SurveyQuestion,
    answers_json,
    read_answers,
    survey_problem,
)

AT = "2026-11-20T09:00:00.000Z"
CONSENT = SurveyQuestion("I agree.", AnswerKind.CONSENT)
CHOICE, NUMBER, TEXT = map(SurveyQuestion.read, ("Role | doctor | nurse", "Years | number", "Remarks"))
SURVEY = Survey((CONSENT, CHOICE, NUMBER), (TEXT,), parameter="PROLIFIC_PID")
BEFORE, AFTER, ADDRESS = SurveyMoment


@pytest.mark.parametrize(
    ("question", "taken", "refused"),
    [
        (CONSENT, [AGREED], ["", "yes"]),
        (CHOICE, ["doctor", "nurse"], ["", "Doctor", "nurse "]),
        (NUMBER, ["0", "-3", "2.5", "2,5"], ["", "two", "1e9", "1234567890", "1."]),
        (TEXT, ["none", "x" * MAX_ANSWER], ["", " ", "x" * (MAX_ANSWER + 1), "two\nlines"]),
    ],
)
def test_a_question_takes_answers_of_its_kind(
    question: SurveyQuestion, taken: list[str], refused: list[str]
) -> None:
    assert [answer for answer in (*taken, *refused) if question.accepts(answer)] == taken


@pytest.mark.parametrize(
    ("moment", "question", "answer", "at", "taken"),
    [
        (BEFORE, "Role", "nurse", AT, True),
        (BEFORE, "Role", "nurse", "today", False),
        (AFTER, "Role", "nurse", AT, False),
        (BEFORE, "Other", "nurse", AT, False),
        (AFTER, "Remarks", "none", AT, True),
        (ADDRESS, "PROLIFIC_PID", "5f3", AT, True),
        (ADDRESS, "PROLIFIC_PID", "two words", AT, False),
        (ADDRESS, "other", "5f3", AT, False),
    ],
)
def test_a_survey_takes_only_what_it_asked(
    moment: SurveyMoment, question: str, answer: str, at: str, *, taken: bool
) -> None:
    given = SurveyAnswer(moment, question, answer, at)
    assert SURVEY.accepts(given) is taken
    assert not Survey().accepts(given)
    assert read_answers(answers_json([given])) == (given,)


def test_an_answered_question_is_not_asked_again() -> None:
    given = [SurveyAnswer(BEFORE, "I agree.", AGREED, AT), SurveyAnswer(AFTER, "Role", "nurse", AT)]
    assert SURVEY.unanswered(BEFORE, given) == (CHOICE, NUMBER)
    assert SURVEY.unanswered(AFTER, given) == (TEXT,)


def test_raters_are_grouped_by_choices_that_differ() -> None:
    said = {"Ann": ("doctor", "3"), "Bob": ("nurse", "9")}
    answers = {
        RaterId(number): [SurveyAnswer(BEFORE, "Role", role, AT), SurveyAnswer(BEFORE, "Years", years, AT)]
        for number, (role, years) in enumerate(said.values())
    }
    assert SURVEY.groups(answers) == {RaterId(0): ("Role: doctor",), RaterId(1): ("Role: nurse",)}
    assert SURVEY.groups({RaterId(0): answers[RaterId(0)]}) == {RaterId(0): ()}


@pytest.mark.parametrize(
    ("setting", "value", "problem"),
    [
        ("return_link", "", ""),
        ("return_link", "https://app.prolific.com/submissions/complete?cc=C1", ""),
        ("return_link", "http://example.org", "The return link must be"),
        ("participant_parameter", "PROLIFIC_PID", ""),
        ("participant_parameter", "two words", "The parameter must be a name"),
        ("completion_code", "anything", ""),
        ("ask_before", ("Role | doctor | nurse", "Years | number"), ""),
        ("ask_before", ("Role", "role"), "Each question needs a different text."),
        ("ask_before", ("",), "Each question needs a different text."),
        ("ask_after", ("Role | doctor",), "“Role” needs 2 to 30 different answers"),
        ("ask_after", ("Role | doctor | doctor",), "“Role” needs 2 to 30 different answers"),
        ("ask_after", tuple(f"Question {number}" for number in range(21)), "Enter at most 20 questions."),
    ],
)
def test_settings_that_cannot_be_asked_say_why(
    setting: str, value: str | tuple[str, ...], problem: str
) -> None:
    found = survey_problem(setting, value)
    assert found.startswith(problem)
    assert bool(found) is bool(problem)
