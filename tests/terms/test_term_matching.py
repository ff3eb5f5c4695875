"""Glossary terms in a text."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ftcompare.core.study import GlossaryTerm, TermStatus
from ftcompare.terms.matching import Matcher, term_key


def term(text: str, language: str = "en", status: TermStatus = TermStatus.PREFERRED) -> GlossaryTerm:
    return GlossaryTerm(text, status, text, language)


def uses(text: str, *terms: str, language: str = "en") -> list[tuple[str, str]]:
    """What was found, as it stands in the text, and the term it was found as."""
    matcher = Matcher(term(t, language) for t in terms)
    return [(text[m.start : m.end], m.term.term) for m in matcher.find(text)]


@pytest.mark.parametrize(
    ("text", "glossary_term", "expected"),
    [
        ("Two myocardial infarctions.", "myocardial infarction", "myocardial infarctions"),
        ("Narrow arteries", "artery", "arteries"),
        ("coronary artery stenoses", "coronary artery stenosis", "coronary artery stenoses"),
        ("a heart\r\nattack", "heart attack", "heart\r\nattack"),
        ("a heart\nattack", "heart attack", "heart\nattack"),
        ("**Heart** attack", "heart attack", "Heart** attack"),
        ("beta-blockers", "beta blocker", "beta-blockers"),
        ("a beta blocker", "beta-blocker", "beta blocker"),
        ("warfarin-treated", "warfarin", "warfarin"),
        ("Crohn’s disease", "Crohn's disease", "Crohn’s disease"),
        ("l’infarctus", "l'infarctus", "l’infarctus"),
        ("after MIs", "MI", "MIs"),
        ("😀 ste\u0301nose", "st\u00e9nose", "ste\u0301nose"),
        ("急性心筋梗塞です", "心筋梗塞", "心筋梗塞"),
        ("post-stroke care", "stroke", "stroke"),
    ],
)
def test_found(text: str, glossary_term: str, expected: str) -> None:
    assert uses(text, glossary_term) == [(expected, glossary_term)]


@pytest.mark.parametrize(
    ("text", "glossary_term"),
    [
        ("cardiacs carditis", "card"),
        ("the mitral valve, mi", "MI"),
        ("a heart, attack", "heart attack"),
        ("heart\n\nattack", "heart attack"),
        ("heart. Attack", "heart attack"),
        ("a non-invasive test", "invasive"),
        ("heart", "heart attack"),
        ("", "heart"),
        ("heart", "%"),
    ],
)
def test_not_found(text: str, glossary_term: str) -> None:
    assert uses(text, glossary_term) == []


def test_the_longest_term_takes_its_words() -> None:
    terms = "heart", "heart failure", "acute heart failure", "failure"
    assert uses("acute heart failure, heart failure, failure of the heart", *terms) == [
        ("acute heart failure", "acute heart failure"),
        ("heart failure", "heart failure"),
        ("failure", "failure"),
        ("heart", "heart"),
    ]


def test_a_longer_term_further_right_goes_before_a_shorter_one() -> None:
    assert uses("left heart valve disease", "left heart", "heart valve disease") == [
        ("heart valve disease", "heart valve disease")
    ]


def test_a_text_may_end_within_a_longer_term() -> None:
    assert uses("a beta", "beta", "beta blocker") == [("beta", "beta")]


def test_of_terms_with_one_key_the_one_spelled_so_is_meant() -> None:
    assert uses("infarcts, infarct, Infarcted", "infarct", "infarcts") == [
        ("infarcts", "infarcts"),
        ("infarct", "infarct"),
        ("Infarcted", "infarct"),
    ]


def test_terms_of_several_languages_in_one_text() -> None:
    matcher = Matcher([term("Herzinfarkt", "de"), term("artery", "en")])
    assert [m.term.language for m in matcher.find("Herzinfarkte and arteries")] == ["de", "en"]


GLOSSARY = [
    term(text)
    for text in (
        "heart attack",
        "attack",
        "MI",
        "caf\u00e9",
        "beta-blocker",
        "心筋",
        "𝒳 wave",
        "Crohn's disease",
    )
]
PIECES = st.sampled_from(
    [
        "heart",
        "attacks",
        "Heart",
        "MI",
        "mi",
        "café",
        "beta",
        "-",
        "blockers",
        "心",
        "筋",
        "𝒳",
        "waves",
        "Crohn’s",
        "diseases",
        " ",
        " ",
        " ",
        "\r\n",
        "\n",
        "😀",
        "́",
        "_",
        "**",
        ",",
        "'s",
        "\xad",
        "non-",
    ]
)


@settings(max_examples=300)
@given(st.lists(PIECES | st.characters(), max_size=30).map("".join))
def test_matches_are_ordered_disjoint_and_spell_their_term(text: str) -> None:
    end = 0
    for match in Matcher(GLOSSARY).find(text):
        assert end <= match.start < match.end <= len(text)
        assert term_key(text[match.start : match.end], "en") == term_key(match.term.term, "en")
        end = match.end


def test_ten_thousand_terms_in_a_thousand_words_do_not_hang() -> None:
    rng = random.Random(4)
    vocabulary = ["".join(rng.choices("abcdefghij", k=7)) for _ in range(20_000)]
    matcher = Matcher(term(" ".join(rng.choices(vocabulary, k=rng.randint(1, 3)))) for _ in range(10_000))
    text = " ".join(rng.choices(vocabulary, k=984))
    assert matcher.find(text)
