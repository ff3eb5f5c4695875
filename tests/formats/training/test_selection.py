"""Which comparisons, and what experts decided and corrected, become training rows, and why others do not."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple, TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftcompare.core.study import (
    ComparisonId,
    ComparisonKind,
    FinishReason,
    JudgedRow,
    Message,
    PromptSpec,
    RaterKind,
    Split,
    SystemId,
)
from ftcompare.formats.training.corrected_answers import (
    CorrectedAnswer,
    corrected_pairs,
    corrected_texts,
    joined,
)
from ftcompare.formats.training.rows import SEVERAL_TURNS, PreferenceRow, RowSource, one_turn_alone
from ftcompare.formats.training.selection import REPLACED, PairFilters, answer_rows, preference_rows

MakeRow = Callable[..., JudgedRow]
ALL = PairFilters()


class Chosen(NamedTuple):
    """A selection with its rows read."""

    rows: tuple[PreferenceRow, ...]
    kept: int
    dropped: dict[str, int]
    automatic: int
    flagged: int


def chosen_rows(judged: Iterable[JudgedRow], filters: PairFilters, *, conversational: bool = True) -> Chosen:
    rows = list(judged)

    def unfit(prompt: PromptSpec) -> str:
        return one_turn_alone(prompt.messages, conversational=conversational)

    found = preference_rows(lambda: rows, filters, unfit=unfit)
    return Chosen(tuple(found.rows), found.kept, found.dropped, found.automatic, found.flagged)


def rated(make_row: MakeRow, choices: str, **every: Any) -> list[JudgedRow]:
    """One judgment by a rater each; a, b, t(ie) or x (both bad)."""
    words = {"a": "a", "b": "b", "t": "tie", "x": "both_bad"}
    return [make_row(words[c], rater=f"rater {n}", **every) for n, c in enumerate(choices)]


def test_the_majority_of_the_raters_chooses(make_row: MakeRow) -> None:
    judged = rated(make_row, "abb") + rated(make_row, "a", comparison=2, strength=3)
    selection = chosen_rows(judged, ALL)
    assert selection.rows == (
        PreferenceRow(
            *(judged[0].prompt.spec, "A small mesh tube.", "A tube.", 3, 2 / 3),
            weight=1 / 3,
            margin=1 / 3,
            chosen_system=SystemId(2),
            rejected_system=SystemId(1),
        ),
        PreferenceRow(
            *(judged[3].prompt.spec, "A tube.", "A small mesh tube.", 1, 1.0, 3.0),
            weight=1.0,
            margin=3.0,
            chosen_system=SystemId(1),
            rejected_system=SystemId(2),
        ),
    )
    assert (selection.kept, selection.dropped, selection.automatic) == (2, {}, 0)


def test_strength_is_the_mean_of_those_who_chose_it(make_row: MakeRow) -> None:
    judged = [make_row("b", rater=name, strength=s) for name, s in [("x", 1), ("y", 2), ("z", None)]]
    (row,) = chosen_rows([*judged, make_row("a", rater="w", strength=3)], ALL).rows
    assert row.strength == 1.5


@pytest.mark.parametrize(
    ("choices", "reason"),
    [
        ("t", "about equal"),
        ("ttb", "about equal"),
        ("x", "both bad"),
        ("xxa", "both bad"),
        ("ab", "no majority"),
        ("tx", "no majority"),
        ("aabb", "no majority"),
        ("bbtx", "no majority"),
        ("bxt", "no majority"),
    ],
)
def test_without_a_clear_winner_there_is_no_row(make_row: MakeRow, choices: str, reason: str) -> None:
    selection = chosen_rows(rated(make_row, choices), ALL)
    assert (selection.rows, selection.dropped) == ((), {reason: 1})


@pytest.mark.parametrize(
    ("filters", "every", "reason"),
    [
        (PairFilters(min_raters=4), {}, "too few raters"),
        (PairFilters(min_agreement=0.8), {}, "agreement below 80%"),
        (ALL, {"split": Split.HELD_OUT}, "unseen prompt"),
        (PairFilters(splits=frozenset([Split.HELD_OUT])), {"split": Split.HELD_OUT}, "unseen prompt"),
        (PairFilters(splits=frozenset([Split.TRAINED])), {}, "split"),
        (PairFilters(categories=frozenset(["general"])), {}, "category"),
        (ALL, {"flagged": True}, "flagged"),
        (PairFilters(tags=frozenset(["dose"])), {}, "tag"),
        (PairFilters(raters=frozenset()), {}, "judged by others"),
        (PairFilters(min_strength=2), {"strength": 1}, "strength below 2"),
        (PairFilters(min_strength=1), {}, "strength below 1"),
        (PairFilters(criterion="accuracy"), {}, "not preferred on accuracy"),
        (PairFilters(reasons=frozenset(["too long"])), {"reasons": ("wrong term",)}, "reason"),
        (PairFilters(max_characters=6), {}, "too long"),
        (ALL, {"kind": ComparisonKind.CONTROL}, "hidden check"),
        (ALL, {"kind": ComparisonKind.GOLD}, "hidden check"),
        (ALL, {"texts": ("same", "same")}, "identical texts"),
        (ALL, {"texts": ("", "A tube.")}, "empty answer"),
        (ALL, {"texts": ("A tube.", " \n")}, "empty answer"),
        (ALL, {"ends": (FinishReason.LENGTH, FinishReason.END)}, "cut off at the length limit"),
        (ALL, {"ends": (FinishReason.END, FinishReason.LENGTH)}, "cut off at the length limit"),
        (ALL, {"rater_kind": RaterKind.AUTOMATIC}, "too few raters"),
    ],
)
def test_each_filter_says_why(
    make_row: MakeRow, filters: PairFilters, every: dict[str, Any], reason: str
) -> None:
    selection = chosen_rows(rated(make_row, "aba", **every), filters)
    assert (selection.rows, selection.dropped) == ((), {reason: 1})


def test_filters_take_what_they_name(make_row: MakeRow) -> None:
    judged = rated(make_row, "b", split=Split.HELD_OUT, flagged=True, category="general")
    filters = PairFilters(
        include_held_out=True,
        categories=frozenset(["general"]),
        splits=frozenset([Split.HELD_OUT]),
        include_flagged=True,
    )
    assert chosen_rows(judged, filters).kept == 1
    assert chosen_rows(judged, filters).flagged == 1


def test_further_filters_take_what_they_name(make_row: MakeRow) -> None:
    said = {"strength": 3, "criteria": (("accuracy", "b"),), "reasons": ("too long",), "tags": ("dose",)}
    judged = rated(make_row, "bba", **said)
    filters = PairFilters(
        tags=frozenset(["dose", "child"]),
        min_strength=3,
        criterion="accuracy",
        reasons=frozenset(["too long"]),
        max_characters=1000,
    )
    assert chosen_rows(judged, filters).kept == 1


def test_the_judgments_of_chosen_raters_decide_alone_and_each_rater_counts_once(make_row: MakeRow) -> None:
    judged = [make_row("a", rater="x"), make_row("b", rater="y"), make_row("b", rater="z")]
    (one,) = chosen_rows(judged, PairFilters(raters=frozenset([judged[0].rater.id]))).rows
    assert (one.raters, one.chosen) == (1, judged[0].comparison.a.text)
    judged = [make_row("b"), make_row("b")]
    assert chosen_rows(judged, PairFilters(min_raters=2)).dropped == {"too few raters": 1}
    assert chosen_rows(judged, ALL).rows[0].raters == 1


def test_automatic_raters_are_left_out_and_counted(make_row: MakeRow) -> None:
    judged = [
        make_row("a"),
        *(make_row("b", rater=f"m{n}", rater_kind=RaterKind.AUTOMATIC) for n in range(3)),
    ]
    selection = chosen_rows(judged, ALL)
    assert (selection.rows[0].chosen, selection.automatic) == ("A tube.", 3)


@pytest.mark.parametrize(
    "messages",
    [
        (Message("system", "Be brief."), Message("user", "Hi")),
        (Message("user", "Hi"), Message("assistant", "Hello"), Message("user", "Why?")),
    ],
)
def test_a_prompt_of_several_turns_fits_the_conversational_form_only(
    make_row: MakeRow, messages: tuple[Message, ...]
) -> None:
    judged = [make_row("b", messages=messages), make_row("a", comparison=2)]
    assert chosen_rows(judged, ALL, conversational=True).kept == 2
    standard = chosen_rows(judged, ALL, conversational=False)
    assert standard.dropped == {"several turns: use the conversational form": 1}
    assert standard.kept == len(standard.rows) == 1


@given(
    drawn=st.lists(
        st.fixed_dictionaries(
            {
                "comparison": st.integers(1, 6),
                "choice": st.sampled_from(["a", "b", "tie", "both_bad"]),
                "rater": st.sampled_from("xyz"),
                "rater_kind": st.sampled_from(RaterKind),
                "flagged": st.booleans(),
            }
        ),
        max_size=30,
    ),
    filters=st.builds(
        PairFilters,
        min_raters=st.integers(0, 3),
        min_agreement=st.floats(0, 1),
        include_flagged=st.booleans(),
    ),
)
def test_every_comparison_judged_is_kept_or_dropped_once_whatever_the_order(
    make_row: MakeRow, drawn: list[dict[str, Any]], filters: PairFilters
) -> None:
    judged = [make_row(**one) for one in drawn]
    selection = chosen_rows(judged, filters)
    assert selection.kept == len(selection.rows)
    assert selection.kept + sum(selection.dropped.values()) == len({one["comparison"] for one in drawn})
    backwards = chosen_rows(judged[::-1], filters)
    assert backwards.dropped == selection.dropped
    assert {row.prompt.key: row.chosen for row in backwards.rows} == {
        row.prompt.key: row.chosen for row in selection.rows
    }


def answers(judged: list[JudgedRow], filters: PairFilters = ALL, *, winners: bool = False) -> Answers:
    found = answer_rows(lambda: judged, filters, winners=winners)
    rows = [(row.prompt.key, row.text, row.label) for row in found.rows]
    assert len(rows) == found.kept
    return rows, found.dropped


Answers: TypeAlias = "tuple[list[tuple[str, str, bool]], dict[str, int]]"
SAME = (Message("user", "What is a stent?"),)


def test_equal_texts_of_other_systems_are_one_pair_judged_together(make_row: MakeRow) -> None:
    judged = [
        make_row("a", rater="x", messages=SAME),
        make_row("a", rater="y", comparison=2, messages=SAME, systems=(2, 3)),
        make_row("b", rater="z", comparison=3, messages=SAME, texts=("A small mesh tube.", "A tube.")),
        make_row("b", rater="w", comparison=4, messages=SAME),
    ]
    found = chosen_rows(judged, ALL)
    assert found.kept == 1
    assert found.dropped == {"same texts as another pair: judgments counted together": 3}
    (row,) = found.rows
    assert (row.chosen, row.raters, row.agreement, row.weight) == ("A tube.", 4, 0.75, 0.5)


def test_rows_that_contradict_each_other_are_not_written(make_row: MakeRow) -> None:
    judged = [make_row("a", messages=SAME), make_row("b", comparison=2, messages=SAME, rater="y")]
    assert chosen_rows(judged, ALL).dropped == {
        "same texts as another pair: judgments counted together": 1,
        "no majority": 1,
    }


def test_cut_and_empty_answers_are_taken_where_asked_for(make_row: MakeRow) -> None:
    cut = make_row("b", ends=(FinishReason.LENGTH, FinishReason.END))
    empty = make_row("b", comparison=2, texts=("", "A tube."))
    assert chosen_rows([cut, empty], PairFilters(include_cut=True)).dropped == {"empty answer": 1}
    assert chosen_rows([cut, empty], PairFilters(include_cut=True, include_empty=True)).kept == 2


def test_the_margin_grows_with_strength_and_with_agreement(make_row: MakeRow) -> None:
    def margin(choices: str, strength: int) -> float:
        return chosen_rows(rated(make_row, choices, strength=strength), ALL).rows[0].margin

    assert margin("bbb", 3) > margin("bbb", 1) > margin("bba", 1) > 0
    assert margin("bba", 3) == pytest.approx(1.0)


def test_winners_are_good_losers_bad_and_both_bad_are_bad(make_row: MakeRow) -> None:
    judged = [make_row("b"), make_row("both_bad", comparison=2), make_row("tie", comparison=3)]
    rows, dropped = answers(judged)
    assert rows == [
        ("q1", "A tube.", False),
        ("q1", "A small mesh tube.", True),
        ("q2", "A tube.", False),
        ("q2", "A small mesh tube.", False),
    ]
    assert dropped == {"about equal": 1}


def test_an_answer_stands_once_and_is_dropped_where_it_is_judged_both_ways(make_row: MakeRow) -> None:
    judged = [
        make_row("a", messages=SAME, texts=("one", "two")),
        make_row("a", comparison=2, messages=SAME, texts=("one", "three"), systems=(1, 3)),
        make_row("a", comparison=3, messages=SAME, texts=("two", "three"), systems=(2, 3)),
    ]
    rows, dropped = answers(judged)
    assert [(text, label) for _, text, label in rows] == [("one", True), ("three", False)]
    assert dropped == {
        "answers already in another row": 3,
        "answers preferred in one pair and not in another": 1,
    }


def test_of_winners_only_those_stand_that_do_not_lose_more(make_row: MakeRow) -> None:
    judged = [
        make_row("a", messages=SAME, texts=("one", "two")),
        make_row("b", comparison=2, messages=SAME, texts=("one", "three"), systems=(1, 3)),
        make_row("b", comparison=3, messages=SAME, texts=("one", "four"), systems=(1, 4)),
        make_row("both_bad", comparison=5),
    ]
    rows, dropped = answers(judged, winners=True)
    assert [(text, label) for _, text, label in rows] == [("three", True), ("four", True)]
    assert dropped["both bad"] == 1


def test_of_a_one_sided_pair_the_other_answer_is_taken_where_asked_for(make_row: MakeRow) -> None:
    judged = [make_row("b", ends=(FinishReason.LENGTH, FinishReason.END))]
    assert answers(judged) == ([], {"cut off at the length limit": 1})
    assert answers(judged, PairFilters(one_sided=True))[0] == [("q1", "A small mesh tube.", True)]
    assert chosen_rows(judged, PairFilters(one_sided=True)).kept == 0


def test_a_prompt_that_is_held_out_once_is_held_out_whatever_came_first(make_row: MakeRow) -> None:
    trained = make_row("a", messages=SAME, split=Split.TRAINED)
    held = [make_row("b", comparison=2, messages=SAME, split=Split.HELD_OUT, rater=r) for r in "yz"]
    for judged in ([trained, *held], [*held, trained]):
        assert chosen_rows(judged, ALL).dropped["unseen prompt"] == 1
        assert chosen_rows(judged, PairFilters(splits=frozenset([Split.TRAINED]))).kept == 0
        assert chosen_rows(judged, PairFilters(include_held_out=True)).kept == 1


def test_an_answer_that_was_cut_off_once_is_cut_off_whatever_came_first(make_row: MakeRow) -> None:
    ends = (FinishReason.LENGTH, FinishReason.END)
    judged = [make_row("a", messages=SAME), make_row("a", comparison=2, messages=SAME, ends=ends, rater="y")]
    for rows in (judged, judged[::-1]):
        assert chosen_rows(rows, ALL).dropped["cut off at the length limit"] == 1


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
    assert found.dropped == {"corrections older than another of the same answer": 1}


def test_equal_corrections_are_learnt_once(make_row: MakeRow, corrected: CorrectedAnswer) -> None:
    other = replace(corrected, original=make_row("a").comparison.b)
    assert corrected_pairs([corrected, other], ALL).kept == 2
    found = corrected_texts([corrected, other], ALL)
    assert found.dropped == {"corrections already in another row": 1}


@pytest.mark.parametrize(
    ("spec", "filters", "reason"),
    [
        ({"split": Split.HELD_OUT}, {}, "unseen prompt"),
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
