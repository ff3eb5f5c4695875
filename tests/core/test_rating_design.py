"""What a scale and a design may hold, and what an owner is told where they may not."""

from __future__ import annotations

from typing import Any

import pytest

from ftcompare.core.errors import UserError
from ftcompare.core.rating_design import MAX_END_GUESSES, MAX_PRACTICE, MAX_RATERS, PracticeItem, RatingDesign
from ftcompare.core.scale import MAX_CRITERIA, MAX_REASONS, Choice, Scale


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (tuple(f"{n}" for n in range(MAX_CRITERIA + 1)), "at most"),
        (("accuracy", "Accuracy "), "words of its own"),
        (("accuracy", " "), "words of its own"),
        (("",), "words of its own"),
    ],
)
def test_criteria_and_reasons_are_few_and_told_apart(names: tuple[str, ...], told: str) -> None:
    with pytest.raises(UserError, match=told) as caught:
        Scale(criteria=names)
    assert caught.value.code == "scale-criteria"
    with pytest.raises(UserError, match=told) as caught:
        Scale(reasons=names)
    assert caught.value.code == "scale-reasons"


def test_as_many_criteria_and_reasons_as_there_are_keys_fit() -> None:
    names = tuple(f"{n}" for n in range(MAX_CRITERIA))
    assert Scale(criteria=names, reasons=names[:MAX_REASONS]).criteria == names


def test_every_criterion_is_answered_and_only_offered_reasons_are_ticked() -> None:
    scale = Scale(criteria=("accuracy", "tone"), reasons=("too long",))
    answered = {"accuracy": Choice.TIE, "tone": Choice.LEFT}
    assert scale.accepts_details(answered, ())
    assert scale.accepts_details(answered, ["too long"])
    assert not scale.accepts_details({"accuracy": Choice.TIE}, ())
    assert not scale.accepts_details({**answered, "length": Choice.TIE}, ())
    assert not scale.accepts_details(answered, ["too short"])


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"repeats": 0.6}, "hidden repeats is 0% to 50%, not 60%"),
        ({"controls": -0.1}, "controls"),
        ({"gold": 2.0}, "gold items"),
        ({"guess_share": 0.51}, "guesses"),
        ({"guess_share": float("nan")}, "guesses"),
        ({"raters": -1}, "0 or more"),
        ({"raters": 2, "each": -1}, "0 or more"),
        ({"raters": MAX_RATERS + 1}, "At most 500 raters can be planned for, not 501"),
        ({"raters": 2, "each": 3}, "3 judgments a pair need at least 3 raters"),
        ({"each": 1}, "1 judgments a pair need at least 1 raters"),
        ({"end_guesses": MAX_END_GUESSES + 1}, "At the end at most"),
        ({"end_guesses": -1}, "At the end at most"),
        ({"practice": (PracticeItem((), "left", "right"),) * (MAX_PRACTICE + 1)}, "for practice"),
    ],
)
def test_a_design_that_cannot_be_is_refused_in_words(settings: dict[str, Any], told: str) -> None:
    with pytest.raises(UserError, match=told) as caught:
        RatingDesign(**settings)
    assert caught.value.code == "rating-design"


def test_pairs_are_shared_out_only_where_a_number_of_judgments_is_set() -> None:
    assert not RatingDesign().shares_out
    assert not RatingDesign(raters=3).shares_out
    assert RatingDesign(raters=3, each=2).shares_out
