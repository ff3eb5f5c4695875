"""How often answers that use a term or word are preferred to answers to the same prompt without it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from ftcompare.core.disclosure import Subject
from ftcompare.core.hashing import Json
from ftcompare.core.study import PromptId, RaterKind, Response, ResponseId
from ftcompare.stats.vote_table import FloatArray, IntArray
from ftcompare.stats.win_rate import Rate, rate_over_prompts
from ftcompare.store.study.study_file import StudyFile

LEAST_PROMPTS = 6
"""Minimum number of prompts for a rate.

With 5 prompts, even full agreement has a two-sided p of 2 / 2⁵ = 0.06.
"""


@dataclass(frozen=True, slots=True)
class TermPreference:
    """The judgments of pairs in which exactly one answer uses a term."""

    judgments: int  # number of these judgments
    prompts: int  # number of their prompts
    # how often the answer with the term is preferred, ties counting as half, with an interval over prompts;
    # None for fewer than `LEAST_PROMPTS` prompts
    rate: Rate | None


class TermPreferences:
    """A study's judged pairs, for dividing by which answer uses a term.

    Judgments of people are used; those of programs where no person judged. Live votes, repeats, controls and
    gold items are left out.
    """

    def __init__(self, study: StudyFile, responses: Collection[Response]) -> None:
        """Read the judgments of pairs of these responses; none while preferences are withheld."""
        self._place = {response.id: place for place, response in enumerate(responses)}
        prompts: dict[PromptId, int] = {}
        of_prompt = [prompts.setdefault(response.prompt, len(prompts)) for response in responses]
        told = study.settings.read().disclosure.tells(Subject.TERM_PREFERENCES)
        rows = [row for row in study.judgments.preferences() if self._has(row.a, row.b)] if told else []
        people = [row for row in rows if row.rater_kind is RaterKind.HUMAN]
        self.told = told
        self.automatic = bool(rows) and not people
        counted = people or rows
        self._a = np.array([self._place[row.a] for row in counted], dtype=np.int64)
        self._b = np.array([self._place[row.b] for row in counted], dtype=np.int64)
        self._preference = np.array([row.preference for row in counted], dtype=np.float64)
        self._prompt: IntArray = np.array(of_prompt, dtype=np.int64)[self._a] if counted else self._a

    def _has(self, *responses: ResponseId) -> bool:
        return all(response in self._place for response in responses)

    def of(self, places: Collection[int] | IntArray) -> TermPreference | None:
        """The preference for the responses at these indices over the others; None while that is withheld."""
        if not self.told:
            return None
        using = np.zeros(len(self._place), dtype=np.bool_)
        using[np.asarray(places, dtype=np.int64)] = True
        in_a, in_b = using[self._a], using[self._b]
        chosen = in_a != in_b
        share: FloatArray = np.where(in_b, self._preference, 1 - self._preference)[chosen]
        prompts = self._prompt[chosen]
        count = len(np.unique(prompts))
        rate = rate_over_prompts(share, prompts) if count >= LEAST_PROMPTS else None
        return TermPreference(len(share), count, rate)


def preference_json(found: TermPreference | None) -> Json:
    """The preference in ``terms --json``; None while withheld. ``value`` is None with too few prompts."""
    if found is None:
        return None
    rate = found.rate
    return {
        "value": rate.value if rate else None,
        "low": rate.low if rate else None,
        "high": rate.high if rate else None,
        "method": rate.method if rate else None,
        "judgments": found.judgments,
        "prompts": found.prompts,
    }
