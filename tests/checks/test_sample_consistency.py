"""Samples of one system to one prompt, by hand and against sacrebleu, compared whatever their layout."""

from __future__ import annotations

from itertools import permutations

import pytest
from sacrebleu.metrics.chrf import CHRF

from ftcompare.checks.sample_consistency import holds_answer, normalised, sample_consistency
from ftcompare.checks.text_overlap import mean_pairwise_chrf, reference_match, reference_overlap


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The Patient, has  an **atrial** fibrillation.", "patient has atrial fibrillation"),
        ("“Ja!” – sagt er…", "ja sagt er"),
        ("3.5 mg", "3.5 mg"),
        ("1,000 mg.", "1,000 mg"),
        ("INR < 2", "inr < 2"),
        ("about -5 %", "about -5 %"),
        ("(−5)", "-5"),
        ("1/2 cup", "1/2 cup"),
        ("At 12:30.", "at 12:30"),
        ("10^5 or 10^-5", "10^5 or 10^-5"),
        ("**2024-01-02**", "2024-01-02"),
        ("Room 3#4, see #5", "room 3#4 see 5"),
        (".5 mg, _-.5_ V", ".5 mg -.5 v"),
        ("# Heading: _C#_, C++.", "heading c# c++"),
        ("well-known 2–3 times", "well known 2-3 times"),
        ("2*3 and 4_000", "2 3 and 4 000"),
        ("L'hôpital,_Paris_", "l hôpital paris"),
        ("10 a.m. in ward A/B, a ward", "10 a m in ward a b ward"),
        ("Paris—the capital", "paris capital"),
        ("`code`", "code"),
        ("A", "a"),
        ("The a.", "the a"),
        ("  \n", ""),
    ],
)
def test_layout_goes_and_what_makes_another_answer_stays(text: str, expected: str) -> None:
    assert normalised(text) == expected


def test_a_reference_is_found_word_for_word_and_not_within_a_word() -> None:
    assert holds_answer("It is the *Atrial fibrillation*, I think.", "atrial fibrillation")
    assert not holds_answer("Atrial or other fibrillation.", "atrial fibrillation")
    assert not holds_answer("A heartbeat.", "heart")
    assert not holds_answer("Give 35 mg.", "3.5 mg")


@pytest.mark.parametrize(
    ("answer", "reference"),
    [
        ("1/2", "12"),
        ("12:30", "1230"),
        ("10^5", "105"),
        ("C#", "C"),
        ("2024-01-02", "20240102"),
        (".5", "5"),
        ("we're", "were"),
        ("A/B", "B"),
        ("10 a.m.", "10 m"),
    ],
)
def test_a_sign_makes_another_answer(answer: str, reference: str) -> None:
    match = reference_match(answer, [reference])
    assert not match.equal
    assert reference_match(answer, [answer]).equal
    assert reference_overlap(answer, [answer]) == 1
    assert reference_overlap(reference, [answer]) == 0


SHOWS, HAS = "the patient shows an atrial fibrillation", "the patient has atrial fibrillation"


def test_four_samples_by_hand() -> None:
    found = sample_consistency(["Yes, it is.", "yes it is", "No.", "The yes it is!"])
    assert (found.samples, found.different, found.steady) == (4, 2, False)
    assert found.equal_pairs == 3 / 6
    assert found.modal_share == 3 / 4
    assert found.distinct_1 == 4 / 10  # yes it is no, of 3 + 3 + 1 + 3 words
    assert found.distinct_2 == 2 / 6  # yes it, it is


def test_equal_samples_are_steady_and_samples_without_words_have_no_distinct_words() -> None:
    found = sample_consistency(["Yes.", "yes"])
    assert (found.steady, found.equal_pairs, found.modal_share) == (True, 1.0, 1.0)
    assert (found.distinct_1, found.distinct_2) == (0.5, None)
    empty = sample_consistency(["", ""])
    assert (empty.chrf, empty.distinct_1, empty.distinct_2) == (1.0, None, None)


def test_chrf_is_that_of_sacrebleu_in_both_directions() -> None:
    metric = CHRF()
    assert metric.sentence_score(SHOWS, [HAS]).score == pytest.approx(80.1973, abs=5e-5)
    back = metric.sentence_score(HAS, [SHOWS]).score
    assert mean_pairwise_chrf([SHOWS, HAS]) == pytest.approx((80.19726 + back) / 2, abs=1e-4)


@pytest.mark.parametrize(
    "texts", [[SHOWS, HAS, HAS], ["", "word"], ["a", "ab", "abc", "a"], ["心房細動", "心房粗動", SHOWS]]
)
def test_the_mean_is_over_all_ordered_pairs(texts: list[str]) -> None:
    metric = CHRF()
    scores = [
        100.0 if one == other else metric.sentence_score(one, [other]).score
        for one, other in permutations(texts, 2)
    ]
    assert mean_pairwise_chrf(texts) == pytest.approx(sum(scores) / len(scores))
