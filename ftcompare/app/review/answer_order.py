"""The order of the list of answers: the study's order, or the order of one column."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from ftcompare.app.review.answer_list import AnswerList
from ftcompare.store.study.answer_ranks import RankedBy
from ftcompare.store.study.study_file import StudyFile


class AnswerColumn(StrEnum):
    """The columns by which answers may be sorted."""

    PROMPT = "prompt"
    ANSWER = "answer"
    BEGINNING = "beginning"
    CHARACTERS = "characters"
    JUDGED = "judged"
    NOTED = "noted"


_RANKED: Mapping[AnswerColumn, RankedBy] = {
    AnswerColumn.PROMPT: "prompt",
    AnswerColumn.ANSWER: "system",
    AnswerColumn.BEGINNING: "beginning",
    AnswerColumn.CHARACTERS: "characters",
    AnswerColumn.JUDGED: "judged",
    AnswerColumn.NOTED: "noted",
}


@dataclass(frozen=True, slots=True)
class AnswerOrder:
    """A column to sort by; ascending (smallest or alphabetically first on top) unless ``descending``."""

    by: AnswerColumn
    descending: bool = False


def in_order(study: StudyFile, listed: AnswerList, order: AnswerOrder | None) -> AnswerList:
    """Sort a list of answers; rows with equal values keep their order.

    While writers are withheld, answers are sorted by their letters instead of their systems.

    Args:
        listed: the list, as `find_answers` returns it.
        order: the column and direction; None keeps the order of ``listed``.
    """
    if order is None:
        return listed
    if order.by is AnswerColumn.ANSWER and listed.withheld is not None:
        ranked = list(listed.places)
    else:
        ranks = study.answer_ranks.ranks(_RANKED[order.by])
        ranked = [ranks.get(response, 0) for response in listed.responses]
    ordered = AnswerList(listed.answers, listed.still_to_judge, listed.withheld)
    for row in sorted(range(len(listed)), key=ranked.__getitem__, reverse=order.descending):
        ordered.add(listed.prompts[row], listed.responses[row], listed.places[row])
    return ordered
