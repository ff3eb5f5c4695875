"""The plan line: what so many prompts can show, and how long they take."""

from __future__ import annotations

from datetime import datetime
from random import Random

import pytest

from ftcompare.app.setup.plan_estimates import Assumptions, plan
from ftcompare.app.setup.rating_summary import load_of, rating_lines
from ftcompare.core.rating_design import PracticeItem, RatingDesign
from ftcompare.core.scale import Scale
from ftcompare.core.study import Message
from ftcompare.store.study.study_file import StudyFile


def test_the_sentence_says_size_what_can_be_shown_of_whom_and_time() -> None:
    assert plan(72).sentence == (
        "72 prompts × 1 rater: can show a difference for this rater if one model wins about 69 of 100 "
        "judgments that are no tie (for raters like these: 3 raters are needed); about 36 min a rater."
    )
    assert plan(60, RatingDesign(raters=3)).sentence == (
        "60 prompts × 3 raters: can show a difference for these raters if one model wins about 65 of 100 "
        "judgments that are no tie (for raters like these: about 75); about 30 min a rater."
    )
    two = RatingDesign(raters=2)
    assert plan(1, two).sentence == "1 prompt × 2 raters: too few to show a difference; about 1 min a rater."
    assert "about 4.2 h a rater" in plan(500).sentence


def test_the_sentence_says_what_raters_like_these_would_take() -> None:
    shared = plan(20, RatingDesign(raters=8, each=1)).sentence
    assert shared.endswith("(for raters like these: 5 judgments a rater are needed).")
    apart = plan(10, RatingDesign(raters=3), assumed=Assumptions(rater_spread=0.3), power=0.99)
    assert "(for raters like these: more raters are needed);" in apart.sentence


def test_the_assumptions_are_told() -> None:
    assert "20% of the pairs end in a tie" in plan(72).assumptions
    assert "What can be shown is found in 80% of simulated studies." in plan(72).assumptions
    assert "30 s." in plan(72).assumptions
    asked = plan(72, RatingDesign(end_guesses=3), Scale(criteria=("accuracy",))).assumptions
    assert "30 s (a criterion and a guess 5 s more)." in asked


def test_the_sentence_says_what_a_rater_gets_where_pairs_are_shared_out() -> None:
    design = RatingDesign(raters=3, each=2, repeats=0.1, controls=0.05, gold=0.03)
    assert plan(120, design).sentence == (
        "120 prompts × 3 raters, 2 judgments a pair: 94 pairs a rater with 8 repeats and 6 checks among "
        "them, about 47 min a rater; can show a difference for these raters if one model wins about 63 of "
        "100 judgments that are no tie (for raters like these: about 74)."
    )


@pytest.mark.parametrize(
    ("pairs", "design", "words"),
    [
        (10, RatingDesign(raters=3, each=2), "6 or 7 pairs a rater"),
        (25, RatingDesign(raters=3, each=1), "8 or 9 pairs a rater"),
        (24, RatingDesign(raters=3, each=1), "8 pairs a rater"),
        (28, RatingDesign(raters=3, each=1, repeats=0.4), "13 or 14 pairs a rater with 4 repeats among them"),
        (22, RatingDesign(raters=3, each=1, repeats=0.2), "8 to 10 pairs a rater with 1 or 2 repeats"),
        (2, RatingDesign(raters=3, each=1), "0 or 1 pairs a rater"),
    ],
)
def test_where_shares_differ_the_sentence_says_both(pairs: int, design: RatingDesign, words: str) -> None:
    assert f"{words}" in plan(pairs, design).sentence


def test_criteria_guesses_and_practice_take_their_time() -> None:
    practice = (PracticeItem((Message("user", "Why?"),), "A", "B"),) * 4
    assert plan(60).minutes == 30
    assert plan(60, RatingDesign(practice=practice)).minutes == 32
    assert plan(60, RatingDesign(end_guesses=12)).minutes == 31
    assert plan(60, scale=Scale(criteria=("accuracy", "safety"))).minutes == 40


def test_each_two_of_three_systems_make_a_pair() -> None:
    assert "360 pairs a rater" in plan(120, systems=3).sentence
    assert plan(120, systems=1).pairs == 120


def test_every_sample_of_a_prompt_makes_pairs_of_its_own() -> None:
    planned = plan(12, systems=5, samples=3)
    assert "360 pairs a rater" in planned.sentence
    assert planned.found == plan(12, systems=5).found, "samples are no prompts"


@pytest.mark.parametrize(
    "design",
    [
        RatingDesign(),
        RatingDesign(raters=3, each=3, repeats=0.1, controls=0.05, gold=0.05, guess_share=0.1, end_guesses=2),
        RatingDesign(raters=3, each=1, repeats=0.2, controls=0.1),
    ],
)
def test_the_load_is_what_the_study_hands_out(design: RatingDesign, study: StudyFile, now: datetime) -> None:
    study.settings.set_rating(study.settings.read().scale, design, now=now)
    rater = study.raters.add("Ada")
    assert study.allocations.draw(rater.id, rng=Random(3), now=now) == load_of(12, design).total


def test_the_rating_is_told_line_by_line() -> None:
    design = RatingDesign(raters=3, each=2, repeats=0.1, gold=0.05, end_guesses=5, instructions="Be kind.")
    scale = Scale("Which?", 2, ("accuracy", "safety"), ("too long",))
    assert rating_lines(scale, design) == [
        ("Question", "Which?"),
        ("Strengths", "2"),
        ("Criteria", "accuracy, safety"),
        ("Reasons", "too long"),
        ("Instructions", "2 words"),
        ("Planned for", "3 raters, 2 judgments a pair"),
        ("Checks", "10% hidden repeats, 5% known-answer checks"),
        ("Guesses", "5 at the end"),
    ]
    assert rating_lines(Scale(), RatingDesign()) == [("Question", "Which answer is better?")]
