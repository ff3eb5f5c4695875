"""Glossary terms in a text, in a pair, over a study, and in scripts without spaces."""

from __future__ import annotations

import math
import random
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ftcompare.core.study import GlossaryTerm, TermStatus
from ftcompare.terms.matching import Adherence, Matcher, adherence, term_key
from ftcompare.terms.tokens import word_keys, word_spans, word_texts, words
from ftcompare.terms.usage import (
    ResponseText,
    TermUsage,
    UsedTerms,
    mixed_concepts,
    term_table,
    usage_differences,
    used_terms,
)


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


def test_of_overlapping_terms_the_longest_and_of_one_key_the_one_spelled_so_is_meant() -> None:
    assert uses("left heart valve disease", "left heart", "heart valve disease") == [
        ("heart valve disease", "heart valve disease")
    ]
    assert uses("a beta", "beta", "beta blocker") == [("beta", "beta")]
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


INFARCTION = GlossaryTerm("myocardial infarction", TermStatus.PREFERRED, "infarction")
MI = GlossaryTerm("MI", TermStatus.ADMITTED, "infarction")
ATTACK = GlossaryTerm("heart attack", TermStatus.DEPRECATED, "infarction")
DROPSY = GlossaryTerm("dropsy", TermStatus.SUPERSEDED, "oedema")
OEDEMA = GlossaryTerm("oedema", TermStatus.PREFERRED, "oedema")
STENT = GlossaryTerm("stent", TermStatus.PREFERRED, "")
MATCHER = Matcher([INFARCTION, MI, ATTACK, DROPSY, OEDEMA, STENT])


def found_in(answers: list[ResponseText], matcher: Matcher = MATCHER) -> list[UsedTerms]:
    return list(used_terms(answers, matcher))


def test_term_table_counts_uses_and_prompts() -> None:
    answers = [
        ResponseText("p", "base", "A heart attack. Heart attacks hurt."),
        ResponseText("q", "base", "MI"),
        ResponseText("p", "tuned", "A myocardial infarction, no heart attack."),
        ResponseText("q", "tuned", "Nothing"),
        ResponseText("q", "third", "Nothing"),
    ]
    assert term_table(used_terms(answers, MATCHER)) == (
        TermUsage(ATTACK, {"base": 2, "tuned": 1, "third": 0}, {"base": 1, "tuned": 1, "third": 0}),
        TermUsage(MI, {"base": 1, "tuned": 0, "third": 0}, {"base": 1, "tuned": 0, "third": 0}),
        TermUsage(INFARCTION, {"base": 0, "tuned": 1, "third": 0}, {"base": 0, "tuned": 1, "third": 0}),
    )
    assert term_table([]) == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", Adherence(0, 0, 0, 0, None)),
        ("MI", Adherence(0, 1, 0, 0, None)),
        ("myocardial infarction", Adherence(1, 0, 0, 0, 1.0)),
        ("heart attack, heart attack, myocardial infarction, stent", Adherence(2, 0, 2, 0, (1 / 3 + 1) / 2)),
        ("heart attack and dropsy, MI", Adherence(0, 1, 1, 1, 0.0)),
    ],
)
def test_adherence_counts_each_concept_alike(text: str, expected: Adherence) -> None:
    assert adherence(MATCHER.find(text)) == expected


def test_paired_differences_count_prompts_that_both_answered() -> None:
    answers = [
        *(
            ResponseText(f"p{i}", "base", "dropsy and a heart attack" if i < 2 else "heart attack")
            for i in range(8)
        ),
        *(ResponseText(f"p{i}", "tuned", "oedema" if i else "oedema, heart attack") for i in range(8)),
        ResponseText("alone", "base", "MI"),
        ResponseText("p0", "third", "MI"),
    ]
    rows = {row.term: row for row in usage_differences(found_in(answers), "base", "tuned")}
    assert list(rows) == [ATTACK, OEDEMA, DROPSY]
    attack, oedema, dropsy = rows.values()
    assert (oedema.first_only, oedema.second_only, oedema.both) == (0, 8, 0)
    assert (attack.first_only, attack.second_only, attack.both) == (7, 0, 1)
    assert oedema.p == pytest.approx(2 / 256)
    assert attack.p == pytest.approx(2 / 128)
    assert oedema.q == attack.q == pytest.approx(0.0234375)
    assert dropsy.q == dropsy.p == pytest.approx(0.5)
    assert (oedema.told, attack.told, dropsy.told) == ("more", "less", "not told apart")
    assert oedema.log_ratio == pytest.approx(math.log2(8.5 / 0.5))
    assert attack.log_ratio == pytest.approx(math.log2(1.5 / 8.5))
    assert (dropsy.first_only, dropsy.second_only, dropsy.prompts) == (2, 0, 8)


def test_each_other_system_is_held_against_the_first() -> None:
    texts = {"base": "heart attack", "tuned": "heart attack", "third": "myocardial infarction"}
    answers = [ResponseText(f"p{i}", system, text) for i in range(9) for system, text in texts.items()]
    rows = usage_differences(found_in(answers), "base", "tuned", "third")
    told = {(row.term.term, row.system): row.told for row in rows}
    assert told == {
        ("heart attack", "tuned"): "not told apart",
        ("heart attack", "third"): "less",
        ("myocardial infarction", "third"): "more",
    }
    assert sorted(row.q for row in rows) == pytest.approx([3 / 512, 3 / 512, 1])


@settings(deadline=None, max_examples=25)
@given(
    st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30), st.integers(0, 30)), min_size=1, max_size=20)
)
def test_nothing_is_sure_beside_a_q_of_5_percent_or_more(found: list[tuple[int, int, int]]) -> None:
    """The corrected bound of the log ratio leaves out 0 only where q is below .05."""
    terms = [GlossaryTerm(f"w{n}", TermStatus.PREFERRED, f"c{n}") for n in range(len(found))]
    texts: dict[tuple[str, str], list[str]] = {(f"p{i}", s): [] for i in range(91) for s in ("a", "b")}
    for term, (first, second, both) in zip(terms, found, strict=True):
        for i in range(first + second + both):
            for system in ("a", "b")[i >= first + both : 1 + (i >= first)]:
                texts[f"p{i}", system].append(term.term)
    answers = [ResponseText(prompt, system, ". ".join(words)) for (prompt, system), words in texts.items()]
    for row in usage_differences(found_in(answers, Matcher(terms)), "a", "b"):
        assert row.differs or row.log_ratio_at_least == 0


def test_no_answers_have_no_differences() -> None:
    assert usage_differences([], "base", "tuned") == ()


def test_of_several_answers_as_many_of_each_system_count() -> None:
    """Four answers have a word more easily than one."""
    answers = [ResponseText(f"p{i}", "base", "Nothing") for i in range(8)]
    answers += [
        ResponseText(f"p{i}", "tuned", "dropsy" if sample else "Nothing", sample)
        for i in range(8)
        for sample in range(4)
    ]
    assert usage_differences(found_in(answers), "base", "tuned") == ()
    answers += [ResponseText(f"p{i}", "base", "Nothing", 2) for i in range(8)]
    [row] = usage_differences(found_in(answers), "base", "tuned")
    assert (row.prompts, row.first_only, row.second_only) == (8, 0, 8)


def test_a_difference_has_an_interval_without_an_end_where_one_never_uses_the_term() -> None:
    answers = [ResponseText(f"p{i}", "base", "dropsy" if i < 2 else "Nothing") for i in range(20)]
    answers += [ResponseText(f"p{i}", "tuned", "dropsy, oedema") for i in range(20)]
    rows = {row.term: row for row in usage_differences(found_in(answers), "base", "tuned")}
    dropsy, oedema = rows[DROPSY], rows[OEDEMA]
    assert dropsy.low is not None
    assert dropsy.high is not None
    assert 0 < dropsy.low < dropsy.log_ratio < dropsy.high
    assert oedema.low is not None
    assert 0 < oedema.low < oedema.log_ratio
    assert oedema.high is None


def test_two_terms_of_one_concept_in_one_answer_are_counted_by_system() -> None:
    answers = [
        ResponseText("p", "base", "A heart attack is a myocardial infarction (MI). Heart attacks hurt."),
        ResponseText("q", "base", "A heart attack, that is MI."),
        ResponseText("p", "tuned", "A myocardial infarction (MI); a stent."),
        ResponseText("q", "tuned", "Oedema and a heart attack."),
    ]
    rows = [(row.concept, row.terms, row.answers) for row in mixed_concepts(found_in(answers))]
    assert rows == [
        ("infarction", (INFARCTION, MI), {"base": 1, "tuned": 1}),
        ("infarction", (MI, ATTACK), {"base": 2, "tuned": 0}),
        ("infarction", (INFARCTION, ATTACK), {"base": 1, "tuned": 0}),
    ]


def test_terms_without_a_concept_or_of_two_languages_are_no_two_of_one() -> None:
    german = GlossaryTerm("Herzinfarkt", TermStatus.PREFERRED, "infarction", language="de")
    lone = GlossaryTerm("catheter", TermStatus.PREFERRED, "")
    matcher = Matcher([INFARCTION, german, STENT, lone])
    answers = [ResponseText("p", "base", "Herzinfarkt: a myocardial infarction, a stent, a catheter.")]
    assert mixed_concepts(found_in(answers, matcher)) == ()


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


def test_the_language_chooses_the_stemmer_and_without_one_terms_match_as_written() -> None:
    assert same("Frau", "Frauen", "de-CH")
    assert not same("Frau", "Frauen", "en")
    assert same("ataques", "ataque", "ES")
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


def character_uses(text: str, *terms: str, language: str) -> list[tuple[str, str]]:
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
    assert character_uses(text, term, language=language) == [(expected, term)]


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
    assert character_uses(text, term, language=language) == []


def test_the_longest_term_goes_first_and_terms_of_words_have_the_rest() -> None:
    terms = "梗死", "心肌梗死", "急性心肌梗死", "CT"
    assert character_uses("急性心肌梗死，心肌梗死，梗死，CT, CT梗死", *terms, language="zh") == [
        ("急性心肌梗死", "急性心肌梗死"),
        ("心肌梗死", "心肌梗死"),
        ("梗死", "梗死"),
        ("CT", "CT"),
        ("CT", "CT"),
        ("梗死", "梗死"),
    ]
    assert character_uses("CT検査とCT", "CT検査", "CT", language="ja") == [("CT検査", "CT検査"), ("CT", "CT")]


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
