"""Which comparisons become training rows, and why the others do not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ftcompare.core.study import ComparisonKind, JudgedRow, Message, RaterKind, Split
from ftcompare.formats.preference_rows import PreferenceFilters, PreferenceRow, preference_rows

MakeRow = Callable[..., JudgedRow]
ALL = PreferenceFilters()


def rated(make_row: MakeRow, choices: str, **every: Any) -> list[JudgedRow]:
    """One judgment by a rater each; a, b, t(ie) or x (both bad)."""
    words = {"a": "a", "b": "b", "t": "tie", "x": "both_bad"}
    return [make_row(words[c], rater=f"rater {n}", **every) for n, c in enumerate(choices)]


def test_the_majority_of_the_raters_chooses(make_row: MakeRow) -> None:
    judged = rated(make_row, "abb") + rated(make_row, "a", comparison=2, strength=3)
    selection = preference_rows(judged, ALL)
    assert selection.rows == (
        PreferenceRow(judged[0].prompt.spec, "A small mesh tube.", "A tube.", 3, 2 / 3),
        PreferenceRow(judged[3].prompt.spec, "A tube.", "A small mesh tube.", 1, 1.0, 3.0),
    )
    assert (selection.kept, selection.dropped, selection.automatic) == (2, {}, 0)


def test_strength_is_the_mean_of_those_who_chose_it(make_row: MakeRow) -> None:
    judged = [make_row("b", rater=name, strength=s) for name, s in [("x", 1), ("y", 2), ("z", None)]]
    (row,) = preference_rows([*judged, make_row("a", rater="w", strength=3)], ALL).rows
    assert row.strength == 1.5


@pytest.mark.parametrize(
    ("choices", "reason"),
    [
        ("t", "about equal"),
        ("ttb", "about equal"),
        ("x", "both bad"),
        ("xxa", "both bad"),
        ("ab", "raters disagree"),
        ("tx", "raters disagree"),
        ("aabb", "raters disagree"),
        ("bbtx", "raters disagree"),
        ("bxt", "raters disagree"),
    ],
)
def test_without_a_clear_winner_there_is_no_row(make_row: MakeRow, choices: str, reason: str) -> None:
    selection = preference_rows(rated(make_row, choices), ALL)
    assert (selection.rows, selection.dropped) == ((), {reason: 1})


@pytest.mark.parametrize(
    ("filters", "every", "reason"),
    [
        (PreferenceFilters(min_raters=4), {}, "too few raters"),
        (PreferenceFilters(min_agreement=0.8), {}, "agreement below 80%"),
        (ALL, {"split": Split.HELD_OUT}, "held out"),
        (PreferenceFilters(splits=frozenset([Split.HELD_OUT])), {"split": Split.HELD_OUT}, "held out"),
        (PreferenceFilters(splits=frozenset([Split.TRAINED])), {}, "split"),
        (PreferenceFilters(categories=frozenset(["general"])), {}, "category"),
        (ALL, {"flagged": True}, "flagged"),
        (PreferenceFilters(tags=frozenset(["dose"])), {}, "tag"),
        (PreferenceFilters(raters=frozenset()), {}, "judged by others"),
        (PreferenceFilters(min_strength=2), {"strength": 1}, "strength below 2"),
        (PreferenceFilters(min_strength=1), {}, "strength below 1"),
        (PreferenceFilters(criterion="accuracy"), {}, "not preferred on accuracy"),
        (PreferenceFilters(reasons=frozenset(["too long"])), {"reasons": ("wrong term",)}, "reason"),
        (PreferenceFilters(max_characters=6), {}, "too long"),
        (ALL, {"kind": ComparisonKind.CONTROL}, "control or gold"),
        (ALL, {"kind": ComparisonKind.GOLD}, "control or gold"),
        (ALL, {"texts": ("same", "same")}, "identical texts"),
        (ALL, {"rater_kind": RaterKind.AUTOMATIC}, "too few raters"),
    ],
)
def test_each_filter_says_why(
    make_row: MakeRow, filters: PreferenceFilters, every: dict[str, Any], reason: str
) -> None:
    selection = preference_rows(rated(make_row, "aba", **every), filters)
    assert (selection.rows, selection.dropped) == ((), {reason: 1})


def test_filters_take_what_they_name(make_row: MakeRow) -> None:
    judged = rated(make_row, "b", split=Split.HELD_OUT, flagged=True, category="general")
    filters = PreferenceFilters(
        include_held_out=True,
        categories=frozenset(["general"]),
        splits=frozenset([Split.HELD_OUT]),
        include_flagged=True,
    )
    assert preference_rows(judged, filters).kept == 1
    assert preference_rows(judged, filters).flagged == 1


def test_further_filters_take_what_they_name(make_row: MakeRow) -> None:
    said = {"strength": 3, "criteria": (("accuracy", "b"),), "reasons": ("too long",), "tags": ("dose",)}
    judged = rated(make_row, "bba", **said)
    filters = PreferenceFilters(
        tags=frozenset(["dose", "child"]),
        min_strength=3,
        criterion="accuracy",
        reasons=frozenset(["too long"]),
        max_characters=1000,
    )
    assert preference_rows(judged, filters).kept == 1


def test_the_judgments_of_chosen_raters_decide_alone(make_row: MakeRow) -> None:
    judged = [make_row("a", rater="x"), make_row("b", rater="y"), make_row("b", rater="z")]
    (one,) = preference_rows(judged, PreferenceFilters(raters=frozenset([judged[0].rater.id]))).rows
    assert (one.raters, one.chosen) == (1, judged[0].comparison.a.text)


def test_the_same_rater_twice_is_one_rater(make_row: MakeRow) -> None:
    judged = [make_row("b"), make_row("b")]
    assert preference_rows(judged, PreferenceFilters(min_raters=2)).dropped == {"too few raters": 1}
    assert preference_rows(judged, ALL).rows[0].raters == 1


def test_automatic_raters_are_left_out_and_counted(make_row: MakeRow) -> None:
    judged = [
        make_row("a"),
        *(make_row("b", rater=f"m{n}", rater_kind=RaterKind.AUTOMATIC) for n in range(3)),
    ]
    selection = preference_rows(judged, ALL)
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
    assert preference_rows(judged, ALL, conversational=True).kept == 2
    standard = preference_rows(judged, ALL, conversational=False)
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
        PreferenceFilters,
        min_raters=st.integers(0, 3),
        min_agreement=st.floats(0, 1),
        include_flagged=st.booleans(),
    ),
)
def test_every_comparison_judged_is_kept_or_dropped_once_whatever_the_order(
    make_row: MakeRow, drawn: list[dict[str, Any]], filters: PreferenceFilters
) -> None:
    judged = [make_row(**one) for one in drawn]
    selection = preference_rows(judged, filters)
    assert selection.kept == len(selection.rows)
    assert selection.kept + sum(selection.dropped.values()) == len({one["comparison"] for one in drawn})
    backwards = preference_rows(judged[::-1], filters)
    assert backwards.dropped == selection.dropped
    assert {row.prompt.key: row.chosen for row in backwards.rows} == {
        row.prompt.key: row.chosen for row in selection.rows
    }
