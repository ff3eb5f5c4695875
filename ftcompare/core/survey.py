"""Consent and questions that raters answer before the first pair and after the last one."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from ftcompare.core.hashing import Json
from ftcompare.core.language import N_, tr
from ftcompare.core.study import RaterId
from ftcompare.core.typed_json import AS_LIST, STORED, record_json, value_reader

MAX_QUESTIONS = 20  # before the first pair, and as many after the last
MAX_OPTIONS = 30
MAX_ANSWER = 500  # characters of a short text
AGREED = "agreed"  # the answer to the consent text
NUMBER_PATTERN, PARTICIPANT_PATTERN = r"-?\d{1,9}([.,]\d{1,6})?", r"[\w.@-]{1,128}"

_CONTROL = r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]"  # no character of a line of text
_TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"
_LINK = r"https://[A-Za-z0-9.-]+(:\d{1,5})?([/?#][!#-;=?-\[\]_a-z~]*)?"
_PARAMETER = r"[A-Za-z][\w.-]{0,63}"
_FORMS = {
    "return_link": (_LINK, N_("The return link must be an address that begins with https://.")),
    "participant_parameter": (_PARAMETER, N_("The parameter must be a name such as PROLIFIC_PID.")),
}
SETTINGS = ("consent", "ask_before", "ask_after", "completion_code", *_FORMS)  # of a `RatingDesign`


class SurveyMoment(StrEnum):
    """When a question is answered. ADDRESS: its answer is in the address of a page for browsers."""

    BEFORE = "before"
    AFTER = "after"
    ADDRESS = "address"


class AnswerKind(StrEnum):
    CONSENT = "consent"
    CHOICE = "choice"
    NUMBER = "number"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class SurveyQuestion:
    text: str  # identifies the question
    kind: AnswerKind = AnswerKind.TEXT
    options: tuple[str, ...] = ()  # of a choice

    @classmethod
    def read(cls, line: str) -> SurveyQuestion:
        """Read ``Profession | doctor | nurse``, ``Years | number``, or a question for a short text."""
        text, *options = (part.strip() for part in line.split("|"))
        kind = AnswerKind.CHOICE if options else AnswerKind.TEXT
        return cls(text, AnswerKind.NUMBER) if options == ["number"] else cls(text, kind, tuple(options))

    def accepts(self, answer: str) -> bool:
        match self.kind:
            case AnswerKind.CONSENT:
                return answer == AGREED
            case AnswerKind.CHOICE:
                return answer in self.options
            case AnswerKind.NUMBER:
                return _is(NUMBER_PATTERN, answer)
        return bool(answer.strip()) and len(answer) <= MAX_ANSWER and not re.search(_CONTROL, answer)


@dataclass(frozen=True, slots=True)
class SurveyAnswer:
    moment: SurveyMoment
    question: str  # the question's text; for ADDRESS, the name of the parameter
    answer: str
    at: str  # ISO 8601 UTC


@dataclass(frozen=True, slots=True)
class Survey:
    before: tuple[SurveyQuestion, ...] = ()  # the consent text, if any, comes first
    after: tuple[SurveyQuestion, ...] = ()
    code: str = ""  # completion code; may be empty
    link: str = ""  # https address to return to; may be empty
    parameter: str = ""  # parameter of the page's address that holds the participant's id; empty for none

    def unanswered(self, moment: SurveyMoment, answers: Iterable[SurveyAnswer]) -> tuple[SurveyQuestion, ...]:
        known = {one.question for one in answers if one.moment is moment}
        asked = self.before if moment is SurveyMoment.BEFORE else self.after
        return tuple(one for one in asked if one.text not in known)

    def accepts(self, answer: SurveyAnswer) -> bool:
        """Return whether this survey asks the question, the answer is possible, and its time is one."""
        if answer.moment is SurveyMoment.ADDRESS:
            fits = answer.question == self.parameter != "" and _is(PARTICIPANT_PATTERN, answer.answer)
        else:
            asked = (one for one in self.unanswered(answer.moment, ()) if one.text == answer.question)
            fits = any(one.accepts(answer.answer) for one in asked)
        return fits and _is(_TIME, answer.at)

    def groups(self, answers: Mapping[RaterId, Iterable[SurveyAnswer]]) -> dict[RaterId, tuple[str, ...]]:
        """Return the groups of raters such as ``Profession: nurse``, by questions with different choices."""
        chosen = {one.text for one in (*self.before, *self.after) if one.kind is AnswerKind.CHOICE}
        given = {(one.question, one.answer) for those in answers.values() for one in those}
        counts = Counter(question for question, _ in given if question in chosen)
        return {
            rater: tuple(f"{one.question}: {one.answer}" for one in those if counts[one.question] > 1)
            for rater, those in answers.items()
        }


_LISTS = replace(STORED, parts=((SurveyAnswer, AS_LIST),))


def answers_json(answers: Iterable[SurveyAnswer]) -> list[Json]:
    """Return each answer as the list of its values."""
    return [[*record_json(one).values()] for one in answers]


read_answers: Callable[[object], tuple[SurveyAnswer, ...]] = value_reader(tuple[SurveyAnswer, ...], _LISTS)
"""Reads what `answers_json` returned, or a page wrote. Raises `ShapeError`."""


def survey_problem(setting: str, value: str | tuple[str, ...]) -> str:
    """Return why a setting of `SETTINGS` cannot have a value; empty if it can."""
    if isinstance(value, str):
        pattern, what = _FORMS.get(setting, ("", ""))
        return tr(what) if value and pattern and not _is(pattern, value) else ""
    questions = [SurveyQuestion.read(line) for line in value]
    if len(questions) > MAX_QUESTIONS:
        return tr("Enter at most {most} questions.", MAX_QUESTIONS)
    if len({one.text.casefold() for one in questions} - {""}) < len(questions):
        return tr("Each question needs a different text.")
    for text, options in ((one.text, one.options) for one in questions if one.options):
        if not 1 < len({*options} - {""}) == len(options) <= MAX_OPTIONS:
            return tr("“{text}” needs 2 to {most} different answers, or “| number”.", text, MAX_OPTIONS)
    return ""


def _is(pattern: str, text: str) -> bool:
    return re.fullmatch(pattern, text, re.ASCII) is not None
