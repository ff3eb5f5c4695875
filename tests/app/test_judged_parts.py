"""Which judged pairs belong to a part of the results."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ftcompare.app.judged_parts import Dimension, Part, belongs
from ftcompare.app.terminology import JudgedPair
from ftcompare.core.study import AllocationId, RaterKind, Split, Vote
from ftcompare.stats.summary import PairSummary, compare

JUDGED = JudgedPair(
    allocation=AllocationId(1),
    systems=("base", "tuned"),
    prompt="What is it?",
    category="heart",
    split=Split.HELD_OUT,
    rater="Ada",
    verdict="Left is better",
    flagged=False,
    comment="",
    key="p1",
    tags=("short", "diet"),
    choice="b",
    criteria=("accuracy",),
)


@pytest.fixture
def pair() -> PairSummary:
    (found,) = compare([Vote("1", "Ada", "tuned", "base", "b", 1.0, "a")])
    return found


@pytest.mark.parametrize(
    ("dimension", "name"),
    [
        (Dimension.ALL, ""),
        (Dimension.SPLIT, "held_out"),
        (Dimension.CATEGORY, "heart"),
        (Dimension.TAG, "diet"),
        (Dimension.RATER, "Ada"),
        (Dimension.PROMPT, "p1"),
        (Dimension.CRITERION, "accuracy"),
    ],
)
def test_a_judgment_belongs_to_its_parts_alone(pair: PairSummary, dimension: Dimension, name: str) -> None:
    assert belongs(JUDGED, pair, Part(dimension, name))
    if dimension is not Dimension.ALL:
        assert not belongs(JUDGED, pair, Part(dimension, "another"))


@pytest.mark.parametrize(("choice", "holds"), [("", True), ("b", True), ("a", False), ("tie", False)])
def test_an_answer_narrows_a_part(pair: PairSummary, choice: str, *, holds: bool) -> None:
    assert belongs(JUDGED, pair, Part(choice=choice)) is holds


def test_other_systems_and_other_kinds_of_raters_do_not_belong(pair: PairSummary) -> None:
    assert not belongs(replace(JUDGED, systems=("base", "other")), pair, Part())
    assert not belongs(replace(JUDGED, automatic=True), pair, Part())
    programs = replace(pair, rater_kind=RaterKind.AUTOMATIC)
    assert belongs(replace(JUDGED, automatic=True), programs, Part())
