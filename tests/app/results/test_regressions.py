"""What fine-tuning cost: the prompts that one system won clearly, counted from real studies.

How far raters agree, in words.

Numbers in words: never rounded to certainty, with a true minus sign, empty where undefined.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest
from scipy.stats import binom

from ftcompare.app.results.presentation.blocks import Figure, Unit
from ftcompare.app.results.presentation.chart_data import interval
from ftcompare.app.results.presentation.number_format import (
    decimals,
    number,
    p_equation,
    p_value,
    probability,
    range_words,
    signed,
    signed_score,
    span,
    value_words,
)
from ftcompare.app.results.presentation.regressions import (
    Clarity,
    ClearPrompts,
    JudgedPrompt,
    clear_prompts,
    judged_prompts,
    usual_clarity,
)
from ftcompare.app.results.presentation.trust import agreement_words
from ftcompare.core.errors import UserError
from ftcompare.core.study import RaterKind, Split
from ftcompare.stats.resampling import Interval
from ftcompare.stats.slices import chance_of_share, number_by_chance
from ftcompare.stats.win_rate import wilson
from ftcompare.store.study.study_file import StudyFile
from tests.app.report.report_studies import judged_study
from tests.app.voted_study import voted, voted_study

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)

#: prompt: category, split, what Ada, Ben … chose (``a`` is the base, ``.`` a tie).
VOTES = {
    "dose": ("heart", Split.TRAINED, "aaab"),
    "pulse": ("heart", Split.TRAINED, "abab"),
    "valve": ("heart", Split.HELD_OUT, "bbbb"),
    "poem": ("general", Split.HELD_OUT, "aa"),
    "joke": ("general", Split.HELD_OUT, "a."),
    "sum": ("", Split.NONE, "a"),
}


def study_of(
    path: Path, votes: Mapping[str, tuple[str, Split, str]], kind: RaterKind = RaterKind.HUMAN
) -> tuple[JudgedPrompt, ...]:
    records = [
        voted(
            prompt,
            f"r{place}",
            {"a": "a", "b": "b", ".": "tie"}[letter],
            category=category,
            split=split,
            tags=("urgent",) if prompt == "dose" else (),
        )
        for prompt, (category, split, letters) in votes.items()
        for place, letter in enumerate(letters)
    ]
    records.append(voted("poem", "judge", "b", category="general", rater_kind=RaterKind.AUTOMATIC))
    records.append(voted("poem", "r0", "b", category="general", b="other"))
    with voted_study(path, records, Random(1), NOW) as study:
        return judged_prompts(study, "base", "tuned", kind)


@pytest.fixture
def judged(tmp_path: Path) -> tuple[JudgedPrompt, ...]:
    return study_of(tmp_path / "votes.ftstudy", VOTES)


def shares(found: ClearPrompts) -> list[tuple[str, int, int]]:
    return [(part.name, part.clear, part.prompts) for part in found.categories]


def texts(found: ClearPrompts) -> list[str]:
    return [prompt.spec.text for prompt in found.prompts]


def test_every_prompt_of_the_pair_comes_with_what_people_said(judged: tuple[JudgedPrompt, ...]) -> None:
    by_text = {prompt.spec.text: prompt for prompt in judged}
    assert set(by_text) == set(VOTES)
    dose, poem = by_text["dose"], by_text["poem"]
    assert (dose.votes.preference, dose.votes.raters, dose.votes.judgments) == (0.25, 4, 4)
    assert (dose.spec.category, dose.spec.split, dose.spec.tags) == ("heart", Split.TRAINED, ("urgent",))
    # without the program, and without the third system
    assert (poem.votes.preference, poem.votes.raters) == (0.0, 2)


def test_automatic_raters_are_looked_at_by_themselves(tmp_path: Path) -> None:
    (poem,) = study_of(tmp_path / "votes.ftstudy", VOTES, RaterKind.AUTOMATIC)
    assert (poem.spec.text, poem.votes.preference, poem.votes.raters) == ("poem", 1.0, 1)


def test_what_the_base_won_clearly_is_what_fine_tuning_cost(judged: tuple[JudgedPrompt, ...]) -> None:
    found = clear_prompts(judged, Clarity(0.75, 1))
    assert shares(found) == [("general", 2, 2), ("", 1, 1), ("heart", 1, 3)]
    assert texts(found) == ["poem", "joke", "sum", "dose"]
    assert [found.share(prompt) for prompt in found.prompts] == [1.0, 0.75, 1.0, 0.75]
    assert found.whole is not None
    assert (found.whole.clear, found.whole.prompts) == (4, 6)
    assert (found.whole.low, found.whole.high) == pytest.approx(wilson(4, 6))
    assert found.whole.value == pytest.approx(4 / 6)
    assert (found.other_way, found.passed_over, found.one_rater) == (1, 0, 1)


@pytest.mark.parametrize(
    ("votes", "at_least", "chance"),
    [
        ("aaa", 0.75, 1 / 8),  # all three; with a tie among three votes 2.5 of 3 are enough
        ("aa=", 0.75, 1 / 4),
        ("a==", 0.75, 0.0),
        ("aaaa", 0.75, 5 / 16),
        ("a", 0.75, 1 / 2),
        ("===", 0.5, 1.0),
    ],
)
def test_the_chance_of_a_wide_margin_is_that_of_coins(votes: str, at_least: float, chance: float) -> None:
    leans = tuple(float(vote != "=") for vote in votes)
    assert chance_of_share(leans, at_least) == pytest.approx(chance)


def test_eight_unanimous_prompts_of_77_are_what_three_coins_give() -> None:
    below, above = number_by_chance([1 / 8] * 77, 8)
    assert (below, above) == pytest.approx((binom.cdf(8, 77, 1 / 8), binom.sf(7, 77, 1 / 8)))
    assert min(below, above) > 0.05
    many = number_by_chance([1 / 8] * 7700, 1100)
    assert many == pytest.approx((binom.cdf(1100, 7700, 1 / 8), binom.sf(1099, 7700, 1 / 8)), abs=1e-3)


def test_the_splits_of_what_was_lost_stand_in_their_order(judged: tuple[JudgedPrompt, ...]) -> None:
    found = clear_prompts(judged, Clarity(0.75, 1))
    assert [(part.name, part.clear, part.prompts) for part in found.splits] == [
        ("trained", 1, 2),
        ("held_out", 2, 3),
    ]


def test_what_was_gained_is_the_other_way_round(judged: tuple[JudgedPrompt, ...]) -> None:
    found = clear_prompts(judged, Clarity(0.75, 1), gained=True)
    assert texts(found) == ["valve"]
    assert found.share(found.prompts[0]) == 1.0
    assert found.other_way == 4
    assert shares(found)[0] == ("heart", 1, 3)


def test_clear_can_be_asked_to_mean_more(judged: tuple[JudgedPrompt, ...]) -> None:
    found = clear_prompts(judged, Clarity(0.8, 2))
    assert texts(found) == ["poem"]
    assert shares(found) == [("general", 1, 2), ("heart", 0, 3)]
    assert (found.passed_over, found.one_rater) == (1, 0)
    nothing = clear_prompts(judged, Clarity(0.75, 5))
    assert (nothing.whole, nothing.categories, nothing.prompts, nothing.passed_over) == (None, (), (), 6)


def test_two_thirds_of_the_votes_are_two_thirds_whatever_the_rounding(tmp_path: Path) -> None:
    judged = study_of(tmp_path / "votes.ftstudy", {"dose": ("heart", Split.NONE, "aab")})
    assert texts(clear_prompts(judged, Clarity(2 / 3))) == ["dose"]


def test_two_raters_are_wanted_where_most_prompts_have_them(judged: tuple[JudgedPrompt, ...]) -> None:
    assert usual_clarity(judged) == Clarity(0.75, 2)
    assert usual_clarity([prompt for prompt in judged if prompt.votes.raters == 1]) == Clarity(0.75, 1)
    assert usual_clarity([]) == Clarity(0.75, 1)


def test_nothing_is_told_before_unblinding(tmp_path: Path) -> None:
    path = judged_study(tmp_path / "blind.ftstudy", prompts=6, unblinded=False)
    with StudyFile.open(path, now=NOW) as study, pytest.raises(UserError, match="after unblinding") as caught:
        judged_prompts(study, "System X", "System Y", RaterKind.HUMAN)
    assert caught.value.code == "still-blinded"


@pytest.mark.parametrize(
    ("alpha", "ends", "told"),
    [
        (None, None, ""),
        (-0.98, None, "opposite verdicts"),
        (-0.5, (-0.9, -0.1), "less often than by chance"),
        (-0.98, (-1.0, 0.1), "not clearly beyond chance"),
        (0.0, None, "not clearly beyond chance"),
        (-0.04, None, "not clearly beyond chance"),
        (-0.49, None, "less often than by chance"),
        (0.3, (-0.01, 0.6), "not clearly beyond chance"),
        (0.1, (0.02, 0.2), "hardly"),
        (0.3, (0.1, 0.5), "a little"),
        (0.5, None, "moderately"),
        (0.667, (0.5, 0.8), "well"),
        (1.0, None, "very well"),
    ],
)
def test_alpha_has_a_word(alpha: float | None, ends: tuple[float, float] | None, told: str) -> None:
    assert agreement_words(alpha, Interval(*ends, 0.95, 1000, 0) if ends else None) == told


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (probability(0.9995), "> 99.9%"),
        (probability(0.0004), "< 0.1%"),
        (probability(0.5), "50%"),
        (p_value(0.0004), "< 0.001"),
        (p_value(0.04), "0.040"),
        (value_words(Figure("p", "p", 1.0, unit=Unit.P_VALUE), precise=True), "p = 1.000"),
        (value_words(Figure("p", "p", 2e-5, unit=Unit.P_VALUE), precise=True), "p = 2.00 × 10⁻⁵"),
        (p_equation(0.0004), "p < 0.001"),
        (p_equation(0.04), "p = 0.040"),
        (range_words(0.571, 0.709), "57–71%"),
        (range_words(None, 0.5), ""),
        (range_words(0.505, 0.73), "50.5–73%"),  # an interval without one half is not shown as touching it
        (range_words(0.27, 0.4996), "27–49.96%"),
        (range_words(0.5, 0.73), "50–73%"),
        (span(0.5004, 0.73), "50.04 to 73.0%"),
        (span(0.001, 0.999), "too few to say"),
        (interval(0.505, 0.73), "(50.5–73)"),
        (interval(0.0, 1.0), "too few to say"),
        (decimals(-0.001), "0.00"),
        (decimals(-0.18), "−0.18"),
        (decimals(4.12e177), "4.12 × 10¹⁷⁷"),
        (number(float("inf")), "–"),
        (signed(float("nan")), "–"),
        (signed_score(-0.5), "−0.50"),
        (signed_score(1.11e221), "+1.11e+221"),
    ],
)
def test_a_number_is_written_as_it_is_read(told: str, words: str) -> None:
    assert told == words
