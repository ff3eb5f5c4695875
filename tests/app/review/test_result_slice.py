"""Which judged pairs belong to a part of the results."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ftcompare.app.review.result_slice import OF_STUDY, Dimension, Part, belongs
from ftcompare.app.review.terminology import JudgedPair
from ftcompare.core.study import AllocationId, PromptId, RaterId, RaterKind, Split, Vote
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


def test_of_what_is_left_out_nothing_belongs(pair: PairSummary) -> None:
    judged = replace(JUDGED, prompt_id=PromptId(7), rater_id=RaterId(2))
    assert belongs(judged, pair, Part(Dimension.WITHOUT))
    assert not belongs(judged, pair, Part(Dimension.WITHOUT, prompts=frozenset({PromptId(7)})))
    assert not belongs(judged, pair, Part(Dimension.WITHOUT, raters=frozenset({RaterId(2)})))
    assert belongs(judged, pair, Part(Dimension.WITHOUT, raters=frozenset({RaterId(3)})))
    seen = replace(judged, reference_seen=True)
    assert belongs(seen, pair, Part(Dimension.WITHOUT))
    assert belongs(judged, pair, Part(Dimension.WITHOUT, reference_seen=True))
    assert not belongs(seen, pair, Part(Dimension.WITHOUT, reference_seen=True))


@pytest.mark.parametrize("dimension", sorted(OF_STUDY))
def test_of_the_whole_study_any_systems_belong_but_only_raters_of_the_kind(
    pair: PairSummary, dimension: Dimension
) -> None:
    pairs = frozenset({(PromptId(7), ("other", "third"))})
    part = Part(dimension, prompts=frozenset({PromptId(7)}), pairs=pairs)
    judged = replace(JUDGED, systems=("other", "third"), prompt_id=PromptId(7), side="left")
    assert belongs(judged, pair, part)
    assert not belongs(replace(judged, automatic=True), pair, part)
    assert belongs(replace(judged, automatic=True), pair, replace(part, automatic=True))


def test_parts_of_position_self_naming_systems_and_kinds_of_raters(pair: PairSummary) -> None:
    assert not belongs(replace(JUDGED, choice="tie", side=""), pair, Part(Dimension.POSITION))
    part = Part(Dimension.SELF_NAMING, prompts=frozenset({PromptId(7)}))
    assert not belongs(replace(JUDGED, prompt_id=PromptId(8)), pair, part)
    assert not belongs(replace(JUDGED, systems=("base", "other")), pair, Part())
    assert not belongs(replace(JUDGED, automatic=True), pair, Part())
    programs = replace(pair, rater_kind=RaterKind.AUTOMATIC)
    assert belongs(replace(JUDGED, automatic=True), programs, Part())


@pytest.mark.parametrize(("choice", "holds"), [("", True), ("b", True), ("a", False), ("tie", False)])
def test_an_answer_narrows_a_part(pair: PairSummary, choice: str, *, holds: bool) -> None:
    assert belongs(JUDGED, pair, Part(choice=choice)) is holds
