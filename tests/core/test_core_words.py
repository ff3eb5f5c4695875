"""Scales, prompts, studies, designs and errors say what they should; numbers with their nouns and signs."""

from __future__ import annotations

from typing import Any

import pytest

from ftcompare.core.errors import EnvironmentFault, FTCompareError, UserError
from ftcompare.core.judgment_limits import MAX_COMMENT, MAX_SECONDS, impossible_judgment
from ftcompare.core.language import counted, in_language, tr, true_minus
from ftcompare.core.markdown_style import MarkdownStyle, markdown_style
from ftcompare.core.rating_design import MAX_END_GUESSES, MAX_PRACTICE, MAX_RATERS, PracticeItem, RatingDesign
from ftcompare.core.scale import MAX_CRITERIA, MAX_REASONS, Choice, Scale, ScaleKind
from ftcompare.core.study import Message, PromptSpec, Study, System, SystemId, SystemKind, SystemSpec


def test_a_plain_scale_takes_every_choice_and_one_strength() -> None:
    scale = Scale()
    assert all(scale.accepts(choice, None) for choice in Choice if choice is not Choice.GRADE)
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


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"kind": ScaleKind.GRADE, "strengths": 2}, "scale-grades"),
        ({"kind": ScaleKind.GRADE, "low": 0, "high": 5}, "scale-grades"),
        ({"kind": ScaleKind.GRADE, "low": 1, "high": 101}, "scale-grades"),
        ({"kind": ScaleKind.RANK, "strengths": 2}, "scale-ranks"),
        ({"kind": ScaleKind.RANK, "criteria": ("tone",)}, "scale-ranks"),
        ({"kind": ScaleKind.RANK, "several": 2}, "scale-ranks"),
        ({"kind": ScaleKind.RANK, "several": 6}, "scale-ranks"),
    ],
)
def test_a_scale_of_one_kind_has_what_fits_it(given: dict[str, Any], code: str) -> None:
    with pytest.raises(UserError) as caught:
        Scale(**given)
    assert caught.value.code == code


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


def test_an_error_is_in_the_language_in_which_it_is_raised() -> None:
    with in_language("en-XA"):
        error = UserError("The disk is full.", how=tr("Free {size}.", size="1 GB"))
    assert str(error) == "[Thé dísk ís fúll. ···] [Fréé 1 GB. ···]"


@pytest.mark.parametrize(
    ("number", "told"),
    [
        ("-0.25", "−0.25"),
        ("+0.25", "+0.25"),
        ("-0.00", "0.00"),
        ("-37.7 to +6.5", "−37.7 to +6.5"),
        ("0", "0"),
    ],
)
def test_a_negative_number_has_a_minus_sign_and_nought_has_none(number: str, told: str) -> None:
    assert true_minus(number) == told


@pytest.mark.parametrize(
    ("number", "told"), [(0, "0 pairs"), (1, "1 pair"), (2, "2 pairs"), (12_345, "12,345 pairs")]
)
def test_a_number_stands_with_its_noun(number: int, told: str) -> None:
    assert counted(number, "pair", "pairs") == told


@pytest.mark.parametrize(
    ("text", "headers", "list_items", "bold"),
    [
        ("", 0, 0, 0),
        ("Take 10 mg - at most - a day.\n2024 was a year.", 0, 0, 0),
        ("# Dose\n\n### Adults\r\n#no\n####### seven", 2, 0, 0),
        ("- one\n  * two\n+ three\n1. four\n2) five\n-six", 0, 5, 0),
        ("**10 mg** a day, __never__ more, ** 3 ** 4", 0, 0, 2),
        ("**Dose:** a\n- **Adults:** b", 0, 1, 2),
        ("f(**options) calls `__init__` and `**x**`, a__b__c", 0, 0, 0),
        ("**one mark\nthe other**", 0, 0, 0),
        ("# a\n```python\n# no\n- no **no**\n```\n# b", 2, 0, 0),
        ("~~~\n# no\n```\n# no\n~~~\n- yes", 0, 1, 0),
        ("````\n```\n# no\n````\n- yes", 0, 1, 0),
        ("1. do:\n    ```sh\n    # no\n    ```\n2. done", 0, 2, 0),
        ("- yes\n```\n# never closed", 0, 1, 0),
        ("```x``` is code\n# yes", 1, 0, 0),
    ],
)
def test_headers_items_and_bold_are_counted_outside_of_code(
    text: str, headers: int, list_items: int, bold: int
) -> None:
    assert markdown_style(text) == MarkdownStyle(headers, list_items, bold)


@pytest.mark.parametrize("part", ["\n ", "**a ", "__a", "` ", "```\n", "```a\n~~~b\n", "\n######", "\n1"])
def test_a_long_hostile_text_is_counted_in_a_moment(part: str) -> None:
    assert markdown_style(part * 200_000)


AT = "2026-11-20T09:00:00.000Z"


@pytest.mark.parametrize(
    ("said", "seconds", "at", "wrong"),
    [
        ((), None, AT, ""),
        ((), None, "", ""),
        (("x" * MAX_COMMENT,), MAX_SECONDS, "2000-01-01T00:00:00.000Z", ""),
        (("", "x" * (MAX_COMMENT + 1)), None, AT, "has a text of more than 100,000 characters"),
        ((), 1.7e308, AT, "has an impossible time on the pair"),
        ((), float("nan"), AT, "has an impossible time on the pair"),
        ((), -1.0, AT, "has an impossible time on the pair"),
        ((), 0.0, "0001-01-01T00:00:00.000Z", "is not in the years 2000 to 2099"),
        ((), 0.0, "9999-12-31T23:59:59.999Z", "is not in the years 2000 to 2099"),
        ((), 0.0, "2099-12-31T23:59:59.999Z", ""),
    ],
)
def test_what_cannot_be_is_named(said: tuple[str, ...], seconds: float | None, at: str, wrong: str) -> None:
    assert impossible_judgment(said, seconds, at) == wrong


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (tuple(f"{n}" for n in range(MAX_CRITERIA + 1)), "at most"),
        (("accuracy", "Accuracy "), "needs a different text"),
        (("accuracy", " "), "needs a different text"),
        (("",), "needs a different text"),
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
        ({"repeats": 0.6}, "hidden repeats must be 0% to 50%, not 60%"),
        ({"controls": -0.1}, "same model on both sides"),
        ({"gold": 2.0}, "known-answer checks"),
        ({"guess_share": 0.51}, "guesses"),
        ({"guess_share": float("nan")}, "guesses"),
        ({"raters": -1}, "0 or more"),
        ({"raters": 2, "each": -1}, "0 or more"),
        ({"raters": MAX_RATERS + 1}, "At most 500 raters can be planned for, not 501"),
        ({"raters": 2, "each": 3}, "3 judgments per pair need at least 3 raters"),
        ({"each": 1}, "1 judgments per pair need at least 1 raters"),
        ({"raters": 2, "each": 1, "shared": -1}, "prompts can be shared, not -1"),
        ({"raters": 2, "shared": 3}, "so there are no shared prompts"),
        ({"end_guesses": MAX_END_GUESSES + 1}, "can be shown again at the end"),
        ({"end_guesses": -1}, "can be shown again at the end"),
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
