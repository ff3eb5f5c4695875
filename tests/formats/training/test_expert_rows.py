"""What experts decided and corrected becomes training rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import pytest

from ftcompare.core.study import ComparisonId, FinishReason, JudgedRow, Message, PromptSpec, Split
from ftcompare.formats.training.columns import SEVERAL_TURNS
from ftcompare.formats.training.corrected_answers import (
    CorrectedAnswer,
    corrected_pairs,
    corrected_texts,
    joined,
)
from ftcompare.formats.training.filters import PairFilters
from ftcompare.formats.training.rows import RowSource
from ftcompare.formats.training.selection import REPLACED, answer_rows, preference_rows

MakeRow = Callable[..., JudgedRow]
ALL = PairFilters()
PAIR = ComparisonId(1)


def judgments(make_row: MakeRow, choices: str, **every: object) -> Callable[[], list[JudgedRow]]:
    """One judgment by a rater each, of a, b or t(ie)."""
    words = {"a": "a", "b": "b", "t": "tie"}
    rows = [make_row(words[c], rater=f"rater {n}", **every) for n, c in enumerate(choices)]
    return lambda: rows


@pytest.fixture
def corrected(make_row: MakeRow) -> CorrectedAnswer:
    """The first answer of the pair, written better."""
    row = make_row("a")
    return CorrectedAnswer(row.prompt.spec, row.comparison.a, "A tube of metal mesh.")


@pytest.mark.parametrize(("choices", "decided"), [("ab", "b"), ("aab", "b"), ("tt", "a"), ("b", "b")])
def test_a_senior_verdict_counts_in_the_place_of_the_majority(
    make_row: MakeRow, choices: str, decided: str
) -> None:
    judged = judgments(make_row, choices)
    row = judged()[0]
    found = preference_rows(judged, ALL, adjudicated={PAIR: (decided, 2)})
    (made,) = found.rows
    assert made.chosen == getattr(row.comparison, decided).text
    assert made.source is RowSource.ADJUDICATED
    assert made.raters == len(choices)
    assert made.agreement == choices.count(decided) / len(choices)
    assert (made.weight, made.strength, made.margin) == (1.0, 2.0, 2.0)


def test_single_answers_say_that_a_senior_rater_decided(make_row: MakeRow) -> None:
    judged = judgments(make_row, "ab")
    decided = answer_rows(judged, ALL, winners=False, adjudicated={PAIR: ("b", None)})
    assert {(row.label, row.source) for row in decided.rows} == {
        (True, RowSource.ADJUDICATED),
        (False, RowSource.ADJUDICATED),
    }
    by_majority = answer_rows(judgments(make_row, "aab"), ALL, winners=True)
    assert [row.source for row in by_majority.rows] == [RowSource.JUDGED]


def test_a_senior_verdict_without_a_winner_drops_the_pair(make_row: MakeRow) -> None:
    judged = judgments(make_row, "aa")
    assert preference_rows(judged, ALL, adjudicated={PAIR: ("tie", None)}).dropped == {"about equal": 1}
    assert preference_rows(judged, ALL, adjudicated={PAIR: ("both_bad", None)}).dropped == {"both bad": 1}
    bad = answer_rows(judged, ALL, winners=False, adjudicated={PAIR: ("both_bad", None)})
    assert [(row.label, row.weight) for row in bad.rows] == [(False, 1.0), (False, 1.0)]


def test_what_was_adjudicated_needs_no_agreement_and_is_flagged_no_more(make_row: MakeRow) -> None:
    judged = judgments(make_row, "ab", flagged=True)
    strict = replace(ALL, min_agreement=0.9)
    assert preference_rows(judged, strict).dropped == {"flagged": 1}
    assert preference_rows(judged, strict, adjudicated={PAIR: ("a", None)}).kept == 1


def test_a_pair_that_is_met_the_other_way_round_keeps_the_verdict(make_row: MakeRow) -> None:
    first = make_row("a")
    swapped = replace(
        first,
        comparison=replace(first.comparison, id=ComparisonId(2), a=first.comparison.b, b=first.comparison.a),
        choice="b",
    )
    for rows in ([first, swapped], [swapped, first]):
        (row,) = preference_rows(partial(list, rows), ALL, adjudicated={ComparisonId(2): ("a", None)}).rows
        assert row.chosen == first.comparison.b.text


def test_a_correction_is_chosen_and_the_answer_rejected(corrected: CorrectedAnswer) -> None:
    (row,) = corrected_pairs([corrected], ALL).rows
    assert (row.chosen, row.rejected) == ("A tube of metal mesh.", corrected.original.text)
    assert (row.source, row.raters, row.agreement) == (RowSource.CORRECTED, 0, 1.0)
    assert row.rejected_system == corrected.original.system


def test_a_correction_is_learnt_in_the_place_of_the_answer(
    make_row: MakeRow, corrected: CorrectedAnswer
) -> None:
    judged = judgments(make_row, "aa")
    texts = corrected_texts([corrected], ALL)
    won = answer_rows(judged, ALL, winners=True, corrected=frozenset([corrected.key]))
    found = joined(won, texts)
    assert found.dropped == {REPLACED: 1}
    assert [(row.text, row.source) for row in found.rows] == [(corrected.text, RowSource.CORRECTED)]
    assert found.kept == 1


def test_rows_of_both_kinds_stand_one_after_the_other(make_row: MakeRow, corrected: CorrectedAnswer) -> None:
    found = joined(preference_rows(judgments(make_row, "bb"), ALL), corrected_pairs([corrected], ALL))
    assert [row.source for row in found.rows] == [RowSource.JUDGED, RowSource.CORRECTED]
    assert [row.source for row in found.rows] == [RowSource.JUDGED, RowSource.CORRECTED]
    assert found.kept == 2


def test_the_newest_correction_of_an_answer_counts(corrected: CorrectedAnswer) -> None:
    newer = replace(corrected, text="A stent.")
    found = corrected_pairs([corrected, newer], ALL)
    assert [row.chosen for row in found.rows] == ["A stent."]
    assert found.dropped == {"corrections of which there is a newer one of the same answer": 1}


def test_equal_corrections_are_learnt_once(make_row: MakeRow, corrected: CorrectedAnswer) -> None:
    other = replace(corrected, original=make_row("a").comparison.b)
    assert corrected_pairs([corrected, other], ALL).kept == 2
    found = corrected_texts([corrected, other], ALL)
    assert found.dropped == {"corrections that stand in another row already": 1}


@pytest.mark.parametrize(
    ("spec", "filters", "reason"),
    [
        ({"split": Split.HELD_OUT}, {}, "held out"),
        ({"category": "lung"}, {"categories": frozenset({"heart"})}, "category"),
        ({}, {"splits": frozenset({Split.TRAINED})}, "split"),
        ({"tags": ("x",)}, {"tags": frozenset({"y"})}, "tag"),
        ({}, {"max_characters": 3}, "too long"),
    ],
)
def test_filters_of_prompts_and_texts_hold_for_corrections(
    corrected: CorrectedAnswer, spec: dict[str, Any], filters: dict[str, Any], reason: str
) -> None:
    one = replace(corrected, prompt=replace(corrected.prompt, **spec))
    found = corrected_pairs([one], replace(ALL, **filters))
    assert found.dropped == {f"corrections {reason}": 1}
    assert list(found.rows) == []


def test_a_rejected_answer_is_whole_unless_asked_otherwise(corrected: CorrectedAnswer) -> None:
    cut = replace(corrected, original=replace(corrected.original, finish_reason=FinishReason.LENGTH))
    empty = replace(corrected, original=replace(corrected.original, text=" "))
    for one, reason, asked in (
        (cut, "of an answer cut off at the length limit", replace(ALL, include_cut=True)),
        (empty, "of an empty answer", replace(ALL, include_empty=True)),
    ):
        assert corrected_pairs([one], ALL).dropped == {f"corrections {reason}": 1}
        assert corrected_pairs([one], asked).kept == 1
        assert corrected_texts([one], ALL).kept == 1


def test_a_format_that_cannot_hold_the_prompt_leaves_its_corrections_out(corrected: CorrectedAnswer) -> None:
    spec = PromptSpec("p", (Message("system", "Be brief."), Message("user", "Why?")))
    found = corrected_texts([replace(corrected, prompt=spec)], ALL, unfit=lambda _: SEVERAL_TURNS)
    assert found.dropped == {f"corrections {SEVERAL_TURNS}": 1}
