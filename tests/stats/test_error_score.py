"""Scores of marked errors, worked out by hand."""

from __future__ import annotations

from math import sqrt

import numpy as np
import pytest
from scipy import stats

from ftcompare.stats.error_marks import (
    LEAST_SCORED,
    ErrorScore,
    ErrorSpan,
    ReviewedAnswer,
    error_counts,
    error_scores,
    jackknife_margin,
    score_difference,
)
from tests.builders import present

MINOR, MAJOR = ("minor", 1.0), ("major", 5.0)


def span(start: int, end: int, kind: str = "style", severity: tuple[str, float] = MINOR) -> ErrorSpan:
    return ErrorSpan(start, end, kind, *severity)


def reviewed(
    prompt: str, system: str, words: int, *spans: ErrorSpan, expert: str = "Eve", sample: int = 0
) -> ReviewedAnswer:
    """An answer of so many words of four letters and a space."""
    places = tuple((5 * n, 5 * n + 4) for n in range(words))
    return ReviewedAnswer(f"{prompt}-{system}-{sample}", prompt, system, expert, places, spans)


def test_a_score_is_weight_per_hundred_words() -> None:
    answers = [
        reviewed("p1", "base", 40, span(0, 4), span(5, 9, "accuracy", MAJOR)),
        reviewed("p2", "base", 60),
        reviewed("p1", "tuned", 50, span(0, 4)),
    ]
    found = error_scores(answers)
    assert found == {"base": ErrorScore(2, 100, 6.0, 2), "tuned": ErrorScore(1, 50, 1.0, 1)}
    assert (found["base"].score, found["tuned"].score) == (6.0, 2.0)


def test_an_answer_of_two_experts_has_the_mean_of_their_weights() -> None:
    answers = [
        reviewed("p1", "base", 50, span(0, 4, "accuracy", MAJOR)),
        reviewed("p1", "base", 50, span(0, 4), expert="Max"),
    ]
    found = error_scores(answers)["base"]
    assert (found.answers, found.words, found.weight, found.errors) == (1, 50, 3.0, 2)
    assert found.score == 6.0


def test_an_answer_without_words_has_no_score() -> None:
    assert error_scores([reviewed("p1", "base", 0)])["base"].score is None
    assert score_difference([reviewed("p1", "base", 0), reviewed("p1", "tuned", 9)], "base", "tuned") is None


def test_errors_are_counted_by_system_type_and_severity() -> None:
    answers = [
        reviewed("p1", "base", 9, span(0, 4), span(5, 9), span(5, 9, "accuracy", MAJOR)),
        reviewed("p1", "tuned", 9, span(0, 4)),
    ]
    assert error_counts(answers) == {
        ("base", "style", "minor"): 2,
        ("base", "accuracy", "major"): 1,
        ("tuned", "style", "minor"): 1,
    }


def test_a_difference_is_of_the_prompts_that_an_expert_reviewed_for_both() -> None:
    answers = [
        reviewed("p1", "base", 100, span(0, 4, severity=MAJOR)),
        reviewed("p1", "tuned", 50, span(0, 4)),
        reviewed("p2", "base", 100, *[span(0, 4, severity=MAJOR)] * 9),  # of the tuned nothing was reviewed
        reviewed("p3", "base", 100, span(0, 4)),
        reviewed("p3", "tuned", 100, expert="Max"),  # nobody reviewed both
    ]
    found = present(score_difference(answers, "base", "tuned"))
    assert (found.score_a, found.score_b, found.difference, found.prompts) == (5.0, 2.0, -3.0, 1)
    assert (found.low, found.high, found.told_apart) == (None, None, False)


def test_several_samples_of_a_prompt_count_together() -> None:
    answers = [
        reviewed("p1", "base", 50, span(0, 4)),
        reviewed("p1", "base", 50, span(0, 4), span(5, 9), sample=1),
        reviewed("p1", "tuned", 100, span(0, 4)),
    ]
    found = present(score_difference(answers, "base", "tuned"))
    assert (found.score_a, found.score_b, found.prompts) == (3.0, 1.0, 1)


def test_the_interval_of_answers_of_one_length_is_student_s_over_effective_prompts() -> None:
    """With equal lengths the jackknife has the standard error of the mean of paired differences."""
    errors = [9 if n == 5 else n % 4 for n in range(LEAST_SCORED)]
    answers = [
        one
        for n, times in enumerate(errors)
        for one in (
            reviewed(f"p{n}", "base", 100, *[span(0, 4)] * times),
            reviewed(f"p{n}", "tuned", 100, *[span(0, 4)] * (n % 2)),
        )
    ]
    found = present(score_difference(answers, "base", "tuned"))
    differences = np.array([n % 2 - times for n, times in enumerate(errors)], dtype=float)
    away = differences - differences.mean()
    freedom = 1.25 * (away @ away) ** 2 / (away**4).sum()
    assert freedom < len(differences) - 1
    expected = stats.t.interval(0.95, freedom, differences.mean(), stats.sem(differences))
    assert found.difference == pytest.approx(differences.mean())
    assert (found.low, found.high) == pytest.approx(expected)
    assert found.told_apart
    fewer = present(score_difference([one for one in answers if one.prompt != "p0"], "base", "tuned"))
    assert (fewer.prompts, fewer.low) == (LEAST_SCORED - 1, None)


def test_the_jackknife_by_hand() -> None:
    """Two prompts; without the first D is 0 - 10, without the second 4 - 0: V = 1/2 · (7² + 7²) = 49."""
    table = np.array([[0.0, 100.0, 4.0, 100.0], [5.0, 50.0, 0.0, 50.0]])
    t = float(stats.t.ppf(0.975, 1))
    assert jackknife_margin(table, 0.95) == pytest.approx(t * 7.0)
    assert jackknife_margin(np.array([[1.0, 100.0, 1.0, 100.0]] * 3), 0.95) is None
    assert jackknife_margin(np.array([[1.0, 0.0, 1.0, 5.0], [1.0, 5.0, 1.0, 5.0]]), 0.95) is None
    assert sqrt(49) == 7
