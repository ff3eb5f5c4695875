"""Terms in scripts without spaces."""

from __future__ import annotations

import random

import pytest

from ftcompare.core.study import GlossaryTerm, TermStatus
from ftcompare.terms.matching import Matcher, term_key


def uses(text: str, *terms: str, language: str) -> list[tuple[str, str]]:
    """What was found, as it stands in the text, and the term it was found as."""
    matcher = Matcher(GlossaryTerm(t, TermStatus.PREFERRED, t, language) for t in terms)
    return [(text[m.start : m.end], m.term.term) for m in matcher.find(text)]


@pytest.mark.parametrize(
    ("language", "text", "term", "expected"),
    [
        ("zh", "患者有急性心肌梗死，需要治疗。", "心肌梗死", "心肌梗死"),
        ("zh", "急性心\n肌梗死", "心肌梗死", "心\n肌梗死"),
        ("zh", "用**阿司**匹林", "阿司匹林", "阿司**匹林"),
        ("ja", "冠動脈にステントを留置した", "ステント", "ステント"),
        ("ja", "ｽﾃﾝﾄを留置", "ステント", "ｽﾃﾝﾄ"),
        ("ja", "ｶﾞｰｾﾞで押さえる", "ガーゼ", "ｶﾞｰｾﾞ"),
        ("ja", "カ\u3099ーゼで", "ガーゼ", "カ\u3099ーゼ"),
        ("ja", "ＭＲＩ検査をする", "MRI検査", "ＭＲＩ検査"),
        ("ja", "mri検査をする", "MRI検査", "mri検査"),
        ("ja", "㍍法とステント", "ステント", "ステント"),
        ("th", "ผู้ป่วยเป็นโรคหัวใจขาดเลือด", "โรคหัวใจ", "โรคหัวใจ"),
        ("th", "ดื่มน้ำมาก", "น้ำ", "น้ำ"),
        ("zh", "𠮷野病与😀糖尿病", "糖尿病", "糖尿病"),
    ],
)
def test_found_within_a_run_of_letters(language: str, text: str, term: str, expected: str) -> None:
    assert uses(text, term, language=language) == [(expected, term)]


@pytest.mark.parametrize(
    ("language", "text", "term"),
    [
        ("ja", "MRI検査をする", "RI検査"),
        ("ja", "検査MRIs", "検査MRI"),
        ("ja", "カーテン", "カ"),
        ("th", "มากัน", "มาก"),
        ("th", "เกม", "กม"),
        ("th", "กิน", "ก"),
        ("zh", "心\n\n肌", "心肌"),
        ("zh", "心。肌", "心肌"),
        ("zh", "heart", "心肌"),
        ("zh", "", "心肌"),
        ("ja", "ab", "MRI検査"),
    ],
)
def test_not_torn_from_what_it_belongs_to(language: str, text: str, term: str) -> None:
    assert uses(text, term, language=language) == []


def test_the_longest_term_goes_first_and_terms_of_words_have_the_rest() -> None:
    terms = "梗死", "心肌梗死", "急性心肌梗死", "CT"
    assert uses("急性心肌梗死，心肌梗死，梗死，CT, CT梗死", *terms, language="zh") == [
        ("急性心肌梗死", "急性心肌梗死"),
        ("心肌梗死", "心肌梗死"),
        ("梗死", "梗死"),
        ("CT", "CT"),
        ("CT", "CT"),
        ("梗死", "梗死"),
    ]
    assert uses("CT検査とCT", "CT検査", "CT", language="ja") == [("CT検査", "CT検査"), ("CT", "CT")]


def test_ten_thousand_terms_are_found_where_they_stand() -> None:
    rng = random.Random(4)
    letters = [chr(code) for code in range(0x4E00, 0x4E00 + 800)]
    terms = ["".join(rng.choices(letters, k=rng.randint(2, 6))) for _ in range(10_000)]
    matcher = Matcher(GlossaryTerm(t, TermStatus.PREFERRED, t, "zh") for t in terms)
    text = "，".join(rng.sample(terms, 300))
    found = matcher.find(text)
    assert {text[m.start : m.end] for m in found} >= {t for t in text.split("，") if len(t) == 6}
    assert all(text[m.start : m.end] == m.term.term for m in found)


def test_the_key_of_a_term_is_that_of_the_text_that_uses_it() -> None:
    assert term_key("ｽﾃﾝﾄ", "ja") == term_key("ステ\nント", "ja") == ("ステント",)
