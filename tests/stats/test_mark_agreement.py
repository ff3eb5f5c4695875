"""Agreement of two experts on what they mark, worked out by hand and held against the general α."""

from __future__ import annotations

import numpy as np
import pytest

from ftcompare.stats.agreement import disagreement
from ftcompare.stats.error_score import ErrorSpan, ReviewedAnswer
from ftcompare.stats.mark_agreement import mark_agreement, passage_f1, word_alpha

WORDS = tuple((5 * n, 5 * n + 4) for n in range(10))
"""Ten words of four letters, each with a space behind it."""


def span(first: int, last: int, kind: str = "style") -> ErrorSpan:
    """From one word to another, both with it, counted from 0."""
    return ErrorSpan(WORDS[first][0], WORDS[last][1], kind, "minor", 1.0)


def reviewed(expert: str, *spans: ErrorSpan, answer: str = "a1") -> ReviewedAnswer:
    return ReviewedAnswer(answer, "p1", "base", expert, WORDS, spans)


def test_alpha_over_words_by_hand() -> None:
    """Eve marks words 0 to 3, Max 2 to 4: two words both, three one of them, five neither.

    n = 20 ratings, 7 marked, 13 not; α = 1 - 19 · 3 / (7 · 13) = 0.37363.
    """
    (found,) = mark_agreement([reviewed("Eve", span(0, 3)), reviewed("Max", span(2, 4))])
    assert found.experts == ("Eve", "Max")
    assert (found.answers, found.words, found.passages) == (1, 10, (1, 1))
    assert found.alpha == pytest.approx(1 - 19 * 3 / 91)
    assert found.alpha_interval is None
    assert (found.f1, found.f1_same_type) == (1.0, 1.0)


def test_alpha_by_type_by_hand() -> None:
    """As style: Eve word 0, Max none, α = 1 - 19 · 1 / (1 · 19) = 0. As accuracy words 5 and 6, α = 1."""
    both = span(5, 6, "accuracy")
    (found,) = mark_agreement([reviewed("Eve", span(0, 0), both), reviewed("Max", both)])
    assert dict(found.alpha_by_type) == {"accuracy": 1.0, "style": 0.0}
    assert found.f1 == pytest.approx(2 / 3)


def test_a_part_of_a_word_marks_the_word() -> None:
    part = ErrorSpan(1, 2, "style", "minor", 1.0)
    (found,) = mark_agreement([reviewed("Eve", part), reviewed("Max", span(0, 0))])
    assert found.alpha == 1.0


def test_what_is_missing_is_in_neither_figure() -> None:
    missing = ErrorSpan(7, 7, "omission", "major", 5.0)
    (found,) = mark_agreement([reviewed("Eve", missing), reviewed("Max")])
    assert (found.alpha, found.f1, found.passages) == (None, None, (0, 0))
    assert found.alpha_by_type == ()


@pytest.mark.parametrize("cells", [(5, 3, 2), (90, 7, 3), (0, 4, 1), (12, 0, 1), (2, 5, 0)])
def test_alpha_of_marks_is_the_general_alpha(cells: tuple[int, int, int]) -> None:
    neither, one, both = cells
    counts = np.array([[2.0, 0.0]] * neither + [[1.0, 1.0]] * one + [[0.0, 2.0]] * both)
    general = disagreement(counts, "nominal")
    assert general is not None
    assert word_alpha(np.array(cells, dtype=float)) == pytest.approx(general.alpha)


def test_each_passage_is_in_one_pair_at_most() -> None:
    """One long passage overlaps two short ones: one pair, F1 = 2 · 1 / 3."""
    row = (reviewed("Eve", span(0, 5)), reviewed("Max", span(0, 1), span(3, 4)))
    assert passage_f1([row], same_type=False) == pytest.approx(2 / 3)


def test_the_most_pairs_are_found() -> None:
    """Eve's first overlaps both of Max's, her second only his first: two pairs, whichever is tried first."""
    row = (reviewed("Eve", span(0, 5), span(0, 0)), reviewed("Max", span(0, 1), span(4, 5)))
    assert passage_f1([row], same_type=False) == 1.0
    other = (reviewed("Eve", span(0, 5, "accuracy"), span(0, 0)), reviewed("Max", span(0, 1), span(4, 5)))
    assert passage_f1([other], same_type=True) == 0.5
    assert passage_f1([(reviewed("Eve"), reviewed("Max"))], same_type=False) is None


def test_only_experts_of_the_same_answer_are_compared() -> None:
    found = mark_agreement(
        [
            reviewed("Eve", span(0, 1)),
            reviewed("Max", span(0, 1)),
            reviewed("Zoe", span(0, 1), answer="a2"),
            reviewed("Max", answer="a3"),
        ]
    )
    assert [one.experts for one in found] == [("Eve", "Max")]
    assert found[0].answers == 1


def test_the_interval_draws_answers_anew() -> None:
    rows = [
        one
        for n in range(8)
        for one in (
            reviewed("Eve", span(0, 3), answer=f"a{n}"),
            reviewed("Max", span(n % 3, 3), answer=f"a{n}"),
        )
    ]
    (found,) = mark_agreement(rows, np.random.default_rng(1))
    assert found.alpha is not None
    assert found.alpha_interval is not None
    assert found.alpha_interval.low is not None
    assert found.alpha_interval.high is not None
    assert found.alpha_interval.low < found.alpha < found.alpha_interval.high
    (unmarked,) = mark_agreement([reviewed("Eve"), reviewed("Max")], np.random.default_rng(1))
    assert unmarked.alpha_interval is None
