"""Operations of the tab Answers, which run on the study's thread.

The modules that they need are imported within them, so that loading these does not block the window.
"""

from __future__ import annotations

from datetime import UTC, datetime
from random import SystemRandom
from typing import TYPE_CHECKING

from ftcompare.app.study.opening import StudyFile
from ftcompare.app.work_progress import ProgressCallback
from ftcompare.core.study import PromptId, ResponseId

if TYPE_CHECKING:
    from ftcompare.app.review.answer_filters import AnswerChoices, AnswerFilter
    from ftcompare.app.review.answer_list import AnswerList, ListedAnswer
    from ftcompare.app.review.answer_order import AnswerOrder
    from ftcompare.app.review.answers import AnsweredPrompt
    from ftcompare.app.review.judging_round import RoundOutlook


def session_state_of(chosen: AnswerFilter, in_hand: ResponseId | None) -> str:
    """The filters and the selected answer, as text to be stored in the study."""
    from ftcompare.app.review.answer_filters import session_state

    return session_state(chosen, in_hand)


def opened_list(
    study: StudyFile, *, first: bool
) -> tuple[AnswerChoices, AnswerFilter | None, ResponseId | None]:
    """The values to filter by; with ``first`` also the filters and the answer stored in the study."""
    from ftcompare.app.review.answer_filters import answer_choices, kept_state

    asked, kept = kept_state(study) if first else (None, None)
    return answer_choices(study), asked, kept


def store_state(study: StudyFile, state: str) -> None:
    """Keep a state of the list with the study."""
    from ftcompare.app.review.answer_filters import keep_state

    keep_state(study, state)


def found_answers(
    study: StudyFile, told: ProgressCallback, chosen: AnswerFilter, reader: str, order: AnswerOrder | None
) -> tuple[AnswerList, AnswerList]:
    """The answers that meet the filters, as they were found and in the chosen order."""
    from ftcompare.app.review.answer_list import find_answers
    from ftcompare.app.review.answer_order import in_order

    found = find_answers(study, chosen, reader, told)
    return found, in_order(study, found, order)


def ordered_answers(
    study: StudyFile, _told: ProgressCallback, listed: AnswerList, order: AnswerOrder | None
) -> AnswerList:
    """The same answers in another order."""
    from ftcompare.app.review.answer_order import in_order

    return in_order(study, listed, order)


def list_lines(study: StudyFile, listed: AnswerList, rows: range) -> tuple[ListedAnswer | None, ...]:
    """The lines of some rows of the list."""
    from ftcompare.app.review.answer_list import listed_answers

    return listed_answers(study, listed, rows)


def read_prompt(study: StudyFile, prompt: PromptId) -> AnsweredPrompt:
    """One prompt with its answers, for the reading pane."""
    from ftcompare.app.review.answers import answered_prompt

    return answered_prompt(study, prompt)


def round_outlook_of(study: StudyFile, prompts: frozenset[PromptId]) -> RoundOutlook:
    """The effect of sending prompts to a further round of judging."""
    from ftcompare.app.review.judging_round import round_outlook

    return round_outlook(study, prompts)


def sent_to_judging(
    study: StudyFile, prompts: frozenset[PromptId], raters: tuple[str, ...], further: int
) -> str:
    """Send prompts to a further round of judging; returns a description of what was done."""
    from ftcompare.app.review.judging_round import send_to_judging, sent_words

    now = datetime.now(UTC)
    return sent_words(send_to_judging(study, prompts, raters, further=further, rng=SystemRandom(), now=now))
