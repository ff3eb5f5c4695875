"""Which judged pairs belong to a part of the results."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ftcompare.app.review.result_slice import OF_STUDY, Dimension, Part, belongs
from ftcompare.app.review.terminology import Given, JudgedPair
from ftcompare.core.study import (
    AllocationId,
    Message,
    Prompt,
    PromptId,
    PromptSpec,
    Rater,
    RaterId,
    RaterKind,
    Split,
    Vote,
)
from ftcompare.stats.summary import PairSummary, compare

JUDGED = JudgedPair(
    allocation=AllocationId(1),
    systems=("base", "tuned"),
    prompt=Prompt(
        PromptId(7),
        PromptSpec(
            "p1",
            (Message("user", "What is it?"),),
            category="heart",
            split=Split.HELD_OUT,
            tags=("short", "diet"),
        ),
    ),
    rater=Rater(RaterId(2), "Ada", RaterKind.HUMAN),
    verdict=Given("Left is better", side="left"),
    flagged=False,
    comment="",
    choice="b",
    criteria=("accuracy",),
)
BY_PROGRAM = replace(JUDGED, rater=replace(JUDGED.rater, kind=RaterKind.AUTOMATIC))


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


def test_of_what_is_left_out_nothing_belongs(pair: PairSummary) -> None:
    assert belongs(JUDGED, pair, Part(Dimension.WITHOUT))
    assert not belongs(JUDGED, pair, Part(Dimension.WITHOUT, prompts=frozenset({PromptId(7)})))
    assert not belongs(JUDGED, pair, Part(Dimension.WITHOUT, raters=frozenset({RaterId(2)})))
    assert belongs(JUDGED, pair, Part(Dimension.WITHOUT, raters=frozenset({RaterId(3)})))
    seen = replace(JUDGED, reference_seen=True)
    assert belongs(seen, pair, Part(Dimension.WITHOUT))
    assert belongs(JUDGED, pair, Part(Dimension.WITHOUT, reference_seen=True))
    assert not belongs(seen, pair, Part(Dimension.WITHOUT, reference_seen=True))


@pytest.mark.parametrize("dimension", sorted(OF_STUDY))
def test_of_the_whole_study_any_systems_belong_but_only_raters_of_the_kind(
    pair: PairSummary, dimension: Dimension
) -> None:
    pairs = frozenset({(PromptId(7), ("other", "third"))})
    part = Part(dimension, prompts=frozenset({PromptId(7)}), pairs=pairs)
    judged = replace(JUDGED, systems=("other", "third"))
    assert belongs(judged, pair, part)
    assert not belongs(replace(judged, rater=BY_PROGRAM.rater), pair, part)
    assert belongs(replace(judged, rater=BY_PROGRAM.rater), pair, replace(part, automatic=True))


def test_parts_of_position_self_naming_systems_and_kinds_of_raters(pair: PairSummary) -> None:
    assert not belongs(
        replace(JUDGED, choice="tie", verdict=Given("About equal")), pair, Part(Dimension.POSITION)
    )
    part = Part(Dimension.SELF_NAMING, prompts=frozenset({PromptId(7)}))
    assert not belongs(replace(JUDGED, prompt=replace(JUDGED.prompt, id=PromptId(8))), pair, part)
    assert not belongs(replace(JUDGED, systems=("base", "other")), pair, Part())
    assert not belongs(BY_PROGRAM, pair, Part())
    programs = replace(pair, rater_kind=RaterKind.AUTOMATIC)
    assert belongs(BY_PROGRAM, programs, Part())


@pytest.mark.parametrize(("choice", "holds"), [("", True), ("b", True), ("a", False), ("tie", False)])
def test_an_answer_narrows_a_part(pair: PairSummary, choice: str, *, holds: bool) -> None:
    assert belongs(JUDGED, pair, Part(choice=choice)) is holds
