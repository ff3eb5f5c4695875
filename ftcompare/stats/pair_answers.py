"""The majority answer, or the net answer, of the raters of each pair."""

from __future__ import annotations

import numpy as np

from ftcompare.stats.vote_table import IntArray, VoteTable, compact

NOT_JUDGED = 2
"""Code of a pair without a judgment."""


class PairAnswers:
    """The pairs of a table (two systems on one prompt), numbered; answers are -1 (a), 0 (tie) and 1 (b).

    ``prompts`` holds the prompt code of each pair, ``systems`` one code for its two systems together.
    """

    def __init__(self, table: VoteTable) -> None:
        systems = len(table.systems)
        self.codes, self.count = compact((table.prompt * systems + table.a) * systems + table.b)
        self.outcome = table.outcome
        self.prompts = np.zeros(self.count, dtype=np.int64)
        self.prompts[self.codes] = table.prompt
        self.systems = np.zeros(self.count, dtype=np.int64)
        self.systems[self.codes] = table.a * systems + table.b

    def majority(self, rows: IntArray) -> IntArray:
        """The most frequent answer of the rows to each pair; 0 for a draw, `NOT_JUDGED` without a row."""
        counts = np.bincount(self.codes[rows] * 3 + self.outcome[rows] + 1, minlength=3 * self.count)
        votes = counts.reshape(-1, 3)
        most = votes.max(axis=1)
        single = (votes == most[:, None]).sum(axis=1) == 1
        return np.where(most == 0, NOT_JUDGED, np.where(single, votes.argmax(axis=1) - 1, 0))

    def balance(self, rows: IntArray) -> IntArray:
        """The sign of the sum of the rows' answers to each pair; `NOT_JUDGED` for a pair without a row."""
        total = np.bincount(self.codes[rows], weights=self.outcome[rows], minlength=self.count)
        judged = np.bincount(self.codes[rows], minlength=self.count) > 0
        return np.where(judged, np.sign(total).astype(np.int64), NOT_JUDGED)

    def first(self, rows: IntArray) -> IntArray:
        """The answer of the first of the rows on each pair; `NOT_JUDGED` for a pair without a row."""
        answers = np.full(self.count, NOT_JUDGED)
        answers[self.codes[rows[::-1]]] = self.outcome[rows[::-1]]
        return answers
