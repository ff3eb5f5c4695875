"""Words with their places and keys."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftcompare.terms.tokens import word_keys, word_spans, word_texts, words


def texts(text: str) -> list[str]:
    return [word.text for word in words(text)]


def same(one: str, other: str, language: str = "en") -> bool:
    return word_keys(words(one), language) == word_keys(words(other), language)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("The beta-blocker, then.", ["The", "beta", "blocker", "then"]),
        ("Crohn’s patients' l'artère", ["Crohn’s", "patients", "l", "artère"]),
        ("_heart_ **failure**", ["heart", "failure"]),
        ("ste\u0301nose HbA1c 5-HT3", ["ste\u0301nose", "HbA1c", "5", "HT3"]),
        ("car\u00addiac", ["car\u00addiac"]),
        ("हृदय रोग", ["हृदय", "रोग"]),
        ("急性MI", ["急", "性", "MI"]),
        ("😀heart😀 \r\n 𝒳", ["heart", "𝒳"]),
        ("", []),
        ("\u0301 ’s -", ["s"]),
    ],
)
def test_words(text: str, expected: list[str]) -> None:
    assert texts(text) == expected


@given(st.text())
def test_offsets_are_of_the_text_as_given(text: str) -> None:
    found = words(text)
    assert all(text[word.start : word.end] == word.text for word in found)
    assert all(before.end <= after.start for before, after in pairwise(found))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("artery", "Arteries"),
        ("stenosis", "stenoses"),
        ("patient's", "patients"),
        ("Crohn's", "Crohn’s"),
        ("caf\u00e9", "cafe\u0301"),
        ("MI", "MIs"),
        ("ECG", "ECG's"),
        ("cardiac", "car\u00addiac"),
        ("MASSE", "MASSE"),
    ],
)
def test_one_word_in_two_spellings(one: str, other: str) -> None:
    assert same(one, other)


@pytest.mark.parametrize(
    ("one", "other"), [("MI", "mi"), ("AIDS", "aids"), ("HbA1c", "hba1c"), ("mRNA", "MRNA"), ("eGFR", "egfr")]
)
def test_acronyms_are_case_sensitive(one: str, other: str) -> None:
    assert not same(one, other)


def test_the_language_chooses_the_stemmer() -> None:
    assert same("Frau", "Frauen", "de-CH")
    assert not same("Frau", "Frauen", "en")
    assert same("ataques", "ataque", "ES")


def test_a_language_without_a_stemmer_matches_as_written() -> None:
    assert same("Udar", "udar", "tlh")
    assert not same("arteries", "artery", "tlh")


def test_keys_stay_right_when_there_are_too_many_to_be_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ftcompare.terms.tokens.MOST_KNOWN", 2)
    found = words("arteries heart arteries valves heart")
    assert word_keys(found, "x-kept") == ["arteries", "heart", "arteries", "valves", "heart"]


@given(st.text(st.sampled_from("aZ0é_’'s -\u0301\u00ad心")))
def test_texts_and_places_are_those_of_the_words(text: str) -> None:
    found = words(text)
    assert word_texts(text) == [word.text for word in found]
    assert word_spans(text) == [(word.start, word.end) for word in found]
