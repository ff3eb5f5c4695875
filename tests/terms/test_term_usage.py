"""Terms in a pair and over the study."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ftcompare.core.study import GlossaryTerm, TermStatus
from ftcompare.terms.adherence import Adherence, adherence
from ftcompare.terms.matching import Matcher
from ftcompare.terms.usage import (
    ResponseText,
    TermUsage,
    UsedTerms,
    mixed_concepts,
    term_table,
    usage_differences,
    used_terms,
)

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
