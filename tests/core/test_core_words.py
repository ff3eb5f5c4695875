"""Scales, prompts, studies and errors say what they should."""

from __future__ import annotations

import pytest

from ftcompare.core.errors import EnvironmentFault, FTCompareError, UserError
from ftcompare.core.scale import Choice, Scale
from ftcompare.core.study import (
    Message,
    PromptSpec,
    Study,
    System,
    SystemId,
    SystemKind,
    SystemSpec,
)


def test_a_plain_scale_takes_every_choice_and_one_strength() -> None:
    scale = Scale()
    assert all(scale.accepts(choice, None) for choice in Choice)
    assert scale.accepts(Choice.LEFT, 1)
    assert not scale.accepts(Choice.LEFT, 2)


def test_strengths_belong_to_a_chosen_side() -> None:
    scale = Scale(strengths=3)
    assert scale.accepts(Choice.RIGHT, 3)
    assert not scale.accepts(Choice.RIGHT, 0)
    assert not scale.accepts(Choice.TIE, 2)
    assert not scale.accepts(Choice.BOTH_BAD, 1)


@pytest.mark.parametrize("strengths", [0, 4])
def test_a_scale_has_one_to_three_strengths(strengths: int) -> None:
    with pytest.raises(UserError, match="1 to 3") as caught:
        Scale(strengths=strengths)
    assert caught.value.code == "scale-strengths"


def test_decisive_choices_are_the_two_sides() -> None:
    assert [c for c in Choice if c.decisive] == [Choice.LEFT, Choice.RIGHT]


def test_a_prompt_goes_by_its_last_question() -> None:
    turns = (Message("user", "first"), Message("assistant", "answer"), Message("user", "second"))
    assert PromptSpec("p", turns).text == "second"
    assert PromptSpec("p", (Message("system", "be brief"),)).text == ""


def test_a_study_is_blinded_until_it_has_a_time_of_unblinding() -> None:
    assert Study("t", Scale()).blinded
    assert not Study("t", Scale(), unblinded_at="2026-01-01T00:00:00+00:00").blinded


def test_a_system_goes_by_the_owners_name_or_the_neutral_one() -> None:
    system = System(SystemId(1), SystemSpec("cardiology", SystemKind.ADAPTER), "System X")
    assert (system.name, system.neutral_name) == ("cardiology", "System X")


def test_an_error_says_what_where_and_how_in_one_line() -> None:
    full = UserError("The id is missing.", where="prompts.jsonl, line 3", how="Add one.", code="c")
    assert str(full) == "prompts.jsonl, line 3: The id is missing. Add one."
    assert str(EnvironmentFault("The disk is full.")) == "The disk is full."
    assert isinstance(full, FTCompareError)
    assert full.code == "c"
