"""Answers compared by their words and numbers, whatever their layout."""

from __future__ import annotations

import pytest

from ftcompare.checks.normalised_answer import holds_answer, normalised
from ftcompare.checks.reference_match import reference_match, reference_overlap


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
