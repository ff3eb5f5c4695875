"""Error scores from experts' marks: by system, and the difference of two systems.

An answer enters once an expert has reviewed it. One in which nothing was marked then has a score of 0; one
that nobody has looked through has none.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special

from ftcompare.stats.vote_table import FloatArray

PER_WORDS = 100

LEAST_SCORED = 20
"""Prompts from which on a difference has an interval. With fewer, those of every method that was tried hold a
true difference in 77% to 92% of simulated studies (docs/statistics.md)."""

JACKKNIFE = "jackknife over prompts, t"


@dataclass(frozen=True, slots=True)
class ErrorSpan:
    """An error that was marked: characters from ``start`` to ``end`` (exclusive), equal where none are."""

    start: int
    end: int
    error_type: str
    severity: str
    weight: float


@dataclass(frozen=True, slots=True)
class ReviewedAnswer:
    """An answer that one expert has looked through.

    Args:
        answer: tells answers apart.
        prompt: it answers.
        system: that wrote it.
        expert: who looked.
        words: places of the words of its text in order, start and end (exclusive).
        spans: what the expert marked.
    """

    answer: str
    prompt: str
    system: str
    expert: str
    words: tuple[tuple[int, int], ...]
    spans: tuple[ErrorSpan, ...]

    @property
    def weight(self) -> float:
        """Of all that is marked in it."""
        return sum(span.weight for span in self.spans)


@dataclass(frozen=True, slots=True)
class ErrorScore:
    """What was marked in the reviewed answers of one system.

    Args:
        answers: how many were reviewed.
        words: of them together.
        weight: of the errors in them; of an answer that several reviewed, the mean of theirs.
        errors: marked, each by each expert.
    """

    answers: int
    words: int
    weight: float
    errors: int

    @property
    def score(self) -> float | None:
        """Weight per 100 words; None where there is no word."""
        return PER_WORDS * self.weight / self.words if self.words else None


@dataclass(frozen=True, slots=True)
class ScoreDifference:
    """The score of b less that of a on the prompts where both were reviewed by the same experts.

    Args:
        score_a: of these prompts alone.
        difference: below 0 where b has fewer or lighter errors.
        low: lower end of its interval; None, as ``high``, for fewer than `LEAST_SCORED` prompts, or where
            leaving a prompt out changes nothing.
        prompts: how many these are.
        level: nominal coverage.
    """

    score_a: float
    score_b: float
    difference: float
    low: float | None
    high: float | None
    prompts: int
    level: float

    @property
    def told_apart(self) -> bool:
        """Whether the interval leaves out 0."""
        return self.low is not None and self.high is not None and not self.low <= 0 <= self.high


@dataclass(frozen=True, slots=True)
class _Reviews:
    """What was marked in answers: words, and the mean weight over their experts."""

    words: float = 0.0
    weight: float = 0.0


def error_scores(reviewed: Iterable[ReviewedAnswer]) -> dict[str, ErrorScore]:
    """The score of each system: 100 Σ weights / Σ words.

    Source: Lommel, Uszkoreit & Burchardt 2014, "Multidimensional Quality Metrics", Tradumàtica 12:455-463.
    """
    by_answer = _by_answer(reviewed)
    found: dict[str, list[list[ReviewedAnswer]]] = defaultdict(list)
    for reviews in by_answer.values():
        found[reviews[0].system].append(reviews)
    return {
        system: ErrorScore(
            answers=len(answers),
            words=sum(len(reviews[0].words) for reviews in answers),
            weight=sum(_mean_weight(reviews) for reviews in answers),
            errors=sum(len(one.spans) for reviews in answers for one in reviews),
        )
        for system, answers in found.items()
    }


def error_counts(reviewed: Iterable[ReviewedAnswer]) -> Counter[tuple[str, str, str]]:
    """How many errors were marked by system, type and severity, each by each expert."""
    return Counter((one.system, span.error_type, span.severity) for one in reviewed for span in one.spans)


def score_difference(
    reviewed: Sequence[ReviewedAnswer], a: str, b: str, level: float = 0.95
) -> ScoreDifference | None:
    """How the scores of two systems differ on the same prompts.

    D = 100 (Σ w_b / Σ n_b - Σ w_a / Σ n_a) over P prompts, of weights w and words n. Interval: D ± t √V, t of
    P - 1 degrees of freedom, V = (P-1)/P · Σ_p (D_-p - D̄)², D_-p without prompt p. Of a prompt only experts
    count who reviewed answers of both systems to it. Source: Tukey 1958; Efron & Stein 1981, Annals of
    Statistics 9:586-596.

    Returns:
        None where no prompt has reviewed words of both.
    """
    kept = _by_the_same_experts(reviewed, a, b)
    sides = {system: _by_prompt(kept, system) for system in (a, b)}
    prompts = sorted(sides[a].keys() & sides[b].keys())
    table = np.array(
        [[value for s in (a, b) for value in (sides[s][p].weight, sides[s][p].words)] for p in prompts]
    ).reshape(-1, 4)
    if not np.all(table.sum(axis=0)[[1, 3]]):
        return None
    whole = table.sum(axis=0)
    score_a, score_b = (float(PER_WORDS * whole[i] / whole[i + 1]) for i in (0, 2))
    margin = jackknife_margin(table, level) if len(prompts) >= LEAST_SCORED else None
    difference = score_b - score_a
    low, high = (None, None) if margin is None else (difference - margin, difference + margin)
    return ScoreDifference(score_a, score_b, difference, low, high, len(prompts), level)


def jackknife_margin(table: FloatArray, level: float) -> float | None:
    """Half the interval of the difference of two scores.

    Args:
        table: prompts x (weight of a, words of a, weight of b, words of b), two rows or more.
        level: nominal coverage.

    Returns:
        None where leaving a prompt out changes nothing, or leaves no word.
    """
    count = len(table)
    without = table.sum(axis=0) - table
    if not np.all(without[:, [1, 3]] > 0):
        return None
    drawn = PER_WORDS * (without[:, 2] / without[:, 3] - without[:, 0] / without[:, 1])
    variance = (count - 1) / count * float(((drawn - drawn.mean()) ** 2).sum())
    t = float(special.stdtrit(count - 1, (1 + level) / 2))
    return t * math.sqrt(variance) if variance > 0 else None


def _by_answer(reviewed: Iterable[ReviewedAnswer]) -> dict[str, list[ReviewedAnswer]]:
    found: dict[str, list[ReviewedAnswer]] = defaultdict(list)
    for one in reviewed:
        found[one.answer].append(one)
    return found


def _mean_weight(reviews: Sequence[ReviewedAnswer]) -> float:
    return sum(one.weight for one in reviews) / len(reviews)


def _by_the_same_experts(reviewed: Iterable[ReviewedAnswer], a: str, b: str) -> list[ReviewedAnswer]:
    """The reviews of both systems by experts who reviewed both on that prompt."""
    experts: dict[tuple[str, str], set[str]] = defaultdict(set)
    of_both = [one for one in reviewed if one.system in (a, b)]
    for one in of_both:
        experts[one.prompt, one.system].add(one.expert)
    return [one for one in of_both if all(one.expert in experts[one.prompt, s] for s in (a, b))]


def _by_prompt(reviewed: Iterable[ReviewedAnswer], system: str) -> Mapping[str, _Reviews]:
    """Of several answers of the system to a prompt, all together."""
    found: dict[str, _Reviews] = defaultdict(_Reviews)
    for reviews in _by_answer(one for one in reviewed if one.system == system).values():
        before, prompt = found[reviews[0].prompt], reviews[0].prompt
        found[prompt] = _Reviews(before.words + len(reviews[0].words), before.weight + _mean_weight(reviews))
    return found
