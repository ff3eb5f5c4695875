"""Terms in a pair and over the study."""

from __future__ import annotations

import pytest

from ftcompare.core.study import GlossaryTerm, TermStatus
from ftcompare.terms.matching import Matcher
from ftcompare.terms.usage import (
    Adherence,
    ResponseText,
    TermUsage,
    adherence,
    term_table,
    usage_differences,
)

INFARCTION = GlossaryTerm("myocardial infarction", TermStatus.PREFERRED, "infarction")
MI = GlossaryTerm("MI", TermStatus.ADMITTED, "infarction")
ATTACK = GlossaryTerm("heart attack", TermStatus.DEPRECATED, "infarction")
DROPSY = GlossaryTerm("dropsy", TermStatus.SUPERSEDED, "oedema")
OEDEMA = GlossaryTerm("oedema", TermStatus.PREFERRED, "oedema")
STENT = GlossaryTerm("stent", TermStatus.PREFERRED, "")
MATCHER = Matcher([INFARCTION, MI, ATTACK, DROPSY, OEDEMA, STENT])


def test_term_table_counts_uses_and_prompts() -> None:
    answers = [
        ResponseText("p", "base", "A heart attack. Heart attacks hurt."),
        ResponseText("q", "base", "MI"),
        ResponseText("p", "tuned", "A myocardial infarction, no heart attack."),
        ResponseText("q", "tuned", "Nothing"),
        ResponseText("q", "third", "Nothing"),
    ]
    assert term_table(answers, MATCHER) == (
        TermUsage(ATTACK, {"base": 2, "tuned": 1, "third": 0}, {"base": 1, "tuned": 1, "third": 0}),
        TermUsage(MI, {"base": 1, "tuned": 0, "third": 0}, {"base": 1, "tuned": 0, "third": 0}),
        TermUsage(INFARCTION, {"base": 0, "tuned": 1, "third": 0}, {"base": 0, "tuned": 1, "third": 0}),
    )
    assert term_table([], MATCHER) == ()


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
    rows = {row.term: row for row in usage_differences(answers, MATCHER, "base", "tuned")}
    assert list(rows) == [ATTACK, OEDEMA, DROPSY]
    attack, oedema, dropsy = rows.values()
    assert (oedema.first_only, oedema.second_only, oedema.both) == (0, 8, 0)
    assert (attack.first_only, attack.second_only, attack.both) == (7, 0, 1)
    assert oedema.p == pytest.approx(2 / 256)
    assert attack.p == pytest.approx(2 / 128)
    assert oedema.q == attack.q == pytest.approx(0.0234375)
    assert dropsy.q == dropsy.p == pytest.approx(0.5)
    assert oedema.effect > 0 >= attack.effect


def test_no_answers_have_no_differences() -> None:
    assert usage_differences([], MATCHER, "base", "tuned") == ()
