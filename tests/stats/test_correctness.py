"""Precision, recall and F1 of labels, by hand.

Confidence against correctness: bins, ECE and Brier by hand.

pass@k by hand.
"""

from __future__ import annotations

import math
from itertools import combinations, repeat

import pytest

from ftcompare.stats.correctness import (
    BINS,
    LEAST_BINNED,
    NO_LABEL,
    ConfidentAnswer,
    calibration,
    classification,
    pass_at_k,
)


def test_three_labels_by_hand() -> None:
    pairs = [
        *[("yes", "yes")] * 3,
        *[("yes", "no")] * 1,
        *[("no", "no")] * 2,
        *[("no", NO_LABEL)] * 1,
        *[("maybe", "yes")] * 1,
    ]
    found = classification(pairs)
    assert found is not None
    maybe, no, yes = found.scores
    assert (yes.precision, yes.recall, yes.f1) == (3 / 4, 3 / 4, 3 / 4)
    assert (no.precision, no.recall, no.f1) == pytest.approx((2 / 3, 2 / 3, 2 / 3))
    assert (maybe.precision, maybe.recall, maybe.f1) == (0, 0, 0)
    assert (found.answers, found.accuracy) == (8, 5 / 8)
    assert found.macro_precision == found.macro_recall == pytest.approx((3 / 4 + 2 / 3) / 3)
    assert found.macro_f1 == pytest.approx((3 / 4 + 2 / 3) / 3)
    assert found.counts["no", NO_LABEL] == 1


def test_a_label_that_is_never_right_has_no_recall() -> None:
    found = classification([("yes", "no")])
    assert found is not None
    assert [(one.label, one.recall) for one in found.scores] == [("no", 0), ("yes", 0)]
    assert classification([]) is None


def answers(*given: tuple[float, int]) -> list[ConfidentAnswer]:
    return [ConfidentAnswer(f"p{number}", sure, bool(right)) for number, (sure, right) in enumerate(given)]


def test_a_few_answers_have_a_brier_score_and_no_bins() -> None:
    found = calibration(answers((0.9, 1), (0.6, 0)))
    assert found is not None
    assert (found.answers, found.prompts) == (2, 2)
    assert found.confidence == pytest.approx(0.75)
    assert found.correct == 0.5
    assert found.brier == pytest.approx((0.01 + 0.36) / 2)
    assert (found.bins, found.error, found.error_by_chance) == ((), None, None)
    assert calibration([]) is None


def test_ten_bins_of_five_answers_by_hand() -> None:
    """Bin k: confidence (k + ½) / 10 five times, 2 of 5 correct; ECE = mean |0.4 − (k + ½) / 10| = .26."""
    given = [((k + 0.5) / BINS, right) for k in range(BINS) for right in (1, 1, 0, 0, 0)]
    found = calibration(answers(*given))
    assert found is not None
    assert [one.answers for one in found.bins] == [5] * BINS
    assert [one.correct for one in found.bins] == pytest.approx([0.4] * BINS)
    assert [one.confidence for one in found.bins] == pytest.approx([(k + 0.5) / 10 for k in range(10)])
    distances = [abs(0.4 - (k + 0.5) / 10) for k in range(10)]
    assert found.error == pytest.approx(sum(distances) / 10)
    assert found.error == pytest.approx(0.26)
    chance = sum(math.sqrt(5 * c * (1 - c)) for c in ((k + 0.5) / 10 for k in range(10)))
    assert found.error_by_chance == pytest.approx(math.sqrt(2 / math.pi) * chance / 50)


def test_answers_of_one_confidence_are_parted_without_regard_to_their_order() -> None:
    """All are equally sure and 30 of 60 correct: every bin has half of its answers correct."""
    sorted_by_luck = [*repeat((0.8, 1), 30), *repeat((0.8, 0), 30)]
    found = calibration(answers(*sorted_by_luck))
    assert found is not None
    assert {one.correct for one in found.bins} == {0.5}
    assert found.error == pytest.approx(0.3)


def test_bins_differ_by_one_answer_at_most() -> None:
    found = calibration(answers(*((number / 53, number % 2) for number in range(53))))
    assert found is not None
    assert len(found.bins) == BINS
    assert {one.answers for one in found.bins} == {5, 6}
    assert LEAST_BINNED == 50
    assert found.bins[0].low == 0.0
    assert found.bins[-1].high == pytest.approx(52 / 53)


@pytest.mark.parametrize(
    ("samples", "passed", "k", "expected"),
    [(10, 3, 1, 0.3), (10, 3, 5, 0.916667), (5, 0, 2, 0), (4, 2, 3, 1), (1, 1, 1, 1), (3, 3, 2, 1)],
)
def test_vectors(samples: int, passed: int, k: int, expected: float) -> None:
    assert pass_at_k(samples, passed, k) == pytest.approx(expected, abs=5e-7)


def test_it_is_the_share_of_all_choices_of_k_samples_with_one_that_passes() -> None:
    outcomes = [True, True, False, False, False, False, False]
    for k in range(1, 8):
        drawn = [any(choice) for choice in combinations(outcomes, k)]
        assert pass_at_k(7, 2, k) == pytest.approx(sum(drawn) / len(drawn))


@pytest.mark.parametrize(("samples", "passed", "k"), [(0, 0, 1), (3, 4, 1), (3, 1, 4), (3, 1, 0), (3, -1, 1)])
def test_what_is_not_defined_is_refused(samples: int, passed: int, k: int) -> None:
    with pytest.raises(ValueError, match="not defined"):
        pass_at_k(samples, passed, k)
