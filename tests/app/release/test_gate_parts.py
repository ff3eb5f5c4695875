"""Margins, and conditions on every category, split and tag: by lower ends, worked out by hand.

One judgment a prompt and no tie, so each interval is Wilson's: 7 of 10 from 39.68%, 9 of 10 from 59.58%. The
one-sided ones of margins are Clopper and Pearson's: 7 of 10 from 39.34%, 10 of 20 from 30.20%.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest

from ftcompare.app.release.gate import Gate
from ftcompare.app.release.gate_conditions import Condition, PartBasis
from ftcompare.app.release.gate_report import apply_gate
from ftcompare.core.records import JudgmentRecord
from ftcompare.core.study import Split
from ftcompare.store.study.study_file import StudyFile
from tests.app.voted_study import voted, voted_study


def of(study: StudyFile, **asked: Any) -> Condition:
    """The one condition that is asked for."""
    gate = Gate(**{"against": "base", **asked})
    (found,) = apply_gate(study, gate).conditions
    return found


def won(category: str, wins: int, prompts: int) -> list[JudgmentRecord]:
    return [
        voted(
            f"{category} {n}",
            "Ada",
            "b" if n < wins else "a",
            category=category,
            split=Split.HELD_OUT if category == "Treatment" else Split.TRAINED,
            tags=(category.casefold(),),
        )
        for n in range(prompts)
    ]


@pytest.fixture
def two_categories(tmp_path: Path, rng: Random, now: datetime) -> Iterator[StudyFile]:
    votes = [*won("Diagnosis", 9, 10), *won("Treatment", 7, 10)]
    with voted_study(tmp_path / "two.ftstudy", votes, rng, now) as study:
        yield study


# --- floors ------------------------------------------------------------------------------------------


def test_every_category_must_have_its_lower_end_above_the_floor(two_categories: StudyFile) -> None:
    found = of(two_categories, min_category=0.39)
    assert found.found == pytest.approx(0.396779, abs=1e-6)
    assert found.holds
    assert found.words == (
        "In all 2 categories the lower end of the win rate (95% interval, for the one rater) is above 39%: "
        "the lowest is Treatment 39.7% (win rate 70.0%, 10 prompts); the gate wants it above 39%, in every "
        "category."
    )


def test_a_category_that_is_not_shown_is_named_and_said_what_it_means(two_categories: StudyFile) -> None:
    found = of(two_categories, min_category=0.45, min_category_prompts=5)
    assert found.found == pytest.approx(0.396779, abs=1e-6)
    assert not found.holds
    assert found.told == (
        "In 1 of 2 categories the lower end of the win rate (95% interval, for the one rater) is not above "
        "45%: Treatment 39.7% (win rate 70.0%, 10 prompts)."
    )
    assert found.asked == "The gate wants it above 45%, in every category with 5 prompts or more."
    assert found.why.startswith(
        "That the win rate is 45% or less is not ruled out there: it may be so, or too little was judged."
    )


def test_where_an_older_file_held_by_points_it_says_so_and_how_to_ask_for_that(
    two_categories: StudyFile,
) -> None:
    assert of(two_categories, min_category=0.5).why.endswith(
        "The win rates themselves are at least 50%, as was enough in versions that went by them; "
        'basis = "point" in the gate file asks for that.'
    )
    assert "basis" not in of(two_categories, min_category=0.8).why  # 70% fell short then, too


def test_with_basis_point_the_win_rates_themselves_count(two_categories: StudyFile) -> None:
    point = {"basis": PartBasis.POINT}
    found = of(two_categories, min_category=0.7, **point)
    assert found.found == pytest.approx(0.7)
    assert found.holds
    assert found.told == (
        "In all 2 categories the win rate is at least 70%: the lowest is Treatment 70.0% (10 prompts)."
    )
    found = of(two_categories, min_category=0.75, **point)
    assert not found.holds
    assert (
        "In 1 of 2 categories the win rate is not at least 75%: Treatment 70.0% (10 prompts)" in found.words
    )
    assert found.why == "Win rates themselves are asked for (basis is “point”): chance is not allowed for."


def test_splits_and_tags_are_held_as_categories_are(two_categories: StudyFile) -> None:
    for name, lowest in (("min_split", "held_out"), ("min_tag", "treatment")):
        found = of(two_categories, **{name: 0.45})
        assert (found.name, found.holds) == (name, False)
        assert f"{lowest} 39.7%" in found.told
        assert of(two_categories, **{name: 0.39}).holds


def test_the_other_system_is_held_by_its_own_rate(two_categories: StudyFile) -> None:
    # base: 1 of 10 from 1.79%, 3 of 10 from 10.78%.
    found = of(two_categories, min_category=0.1, system="base", against="tuned")
    assert found.found == pytest.approx(0.017876, abs=1e-6)
    assert "Diagnosis 1.8% (win rate 10.0%, 10 prompts)" in found.told


def test_parts_with_few_prompts_are_passed_over_but_not_all_of_them(
    tmp_path: Path, rng: Random, now: datetime
) -> None:
    votes = [*won("Diagnosis", 9, 10), *won("Rare", 0, 2)]
    with voted_study(tmp_path / "rare.ftstudy", votes, rng, now) as study:
        found = of(study, min_category=0.5, min_category_prompts=3)
        assert found.holds
        assert found.told == (
            "In the only category the lower end of the win rate (95% interval, for the one rater) is above "
            "50%: Diagnosis 59.6% (win rate 90.0%, 10 prompts). Passed over, with fewer than 3 prompts: 1."
        )
        for name in ("min_category", "category_not_worse_than"):
            none = of(study, min_category_prompts=11, **{name: 0.1})
            assert (none.found, none.holds) == (None, False)
            assert "no category has 11 prompts" in none.words
        assert not of(study, min_category=0.4).holds


def test_a_part_of_one_prompt_with_several_judgments_has_no_interval_and_does_not_hold(
    tmp_path: Path, rng: Random, now: datetime
) -> None:
    votes = [
        *won("Diagnosis", 9, 10),
        *(voted("One", rater, "b", category="Rare") for rater in ("Ada", "Ben")),
    ]
    with voted_study(tmp_path / "one.ftstudy", votes, rng, now) as study:
        found = of(study, min_category=0.1)
    assert (found.found, found.holds) == (None, False)
    assert "In 1 of 2 categories" in found.told
    assert "Rare (no interval: 1 prompt)." in found.told


def test_without_parts_nothing_holds(tmp_path: Path, rng: Random, now: datetime) -> None:
    with voted_study(tmp_path / "plain.ftstudy", [voted("p1", "Ada", "b")], rng, now) as study:
        for name, noun in (
            ("min_category", "category"),
            ("split_not_worse_than", "split"),
            ("min_tag", "tag"),
        ):
            found = of(study, **{name: 0.1})
            assert (found.found, found.holds) == (None, False)
            assert f"The win rate in every {noun} is not known: no prompt has a {noun};" in found.words


# --- margins -----------------------------------------------------------------------------------------


def test_not_worse_is_shown_by_the_one_sided_interval(tmp_path: Path, rng: Random, now: datetime) -> None:
    with voted_study(tmp_path / "even.ftstudy", won("All", 10, 20), rng, now) as study:
        found = of(study, not_worse_than=0.2)
        assert found.found == pytest.approx(0.5 - 0.301954, abs=1e-6)
        assert found.holds
        assert found.words == (
            "The lower end of the win rate of tuned over base (one-sided 95% interval, for the one rater) is "
            "30.2%; the gate wants it above 30%, 20 points below 50%."
        )
        found = of(study, not_worse_than=0.1)
        assert not found.holds
        assert found.why == (
            "That tuned is worse by 10 points or more is not ruled out: that no difference was found does "
            "not make two systems alike."
        )
        assert of(study, not_worse_than=0.2, system="base", against="tuned").holds


def test_raters_like_these_are_spoken_for_where_their_interval_is_defined(
    tmp_path: Path, rng: Random, now: datetime
) -> None:
    raters = ("Ada", "Ben", "Cem", "Dee", "Eva", "Fay", "Gil")
    votes = [
        voted(f"p{n:02}", rater, "b" if (n + place) % 8 else "a", category="All")
        for n in range(40)
        for place, rater in enumerate(raters)
    ]
    with voted_study(tmp_path / "many.ftstudy", votes, rng, now) as study:
        assert "for raters like these" in of(study, not_worse_than=0.05).words
        assert of(study, not_worse_than=0.05).holds
        assert "for these 7 raters alone" in of(study, min_category=0.5).words


def test_every_category_must_be_shown_to_be_not_worse(two_categories: StudyFile) -> None:
    found = of(two_categories, category_not_worse_than=0.15)
    assert found.found == pytest.approx(0.5 - 0.393376, abs=1e-6)
    assert found.holds
    assert "is above 35%, 15 points below 50%: the lowest is Treatment 39.3% (win rate 70.0%" in found.words
    found = of(two_categories, category_not_worse_than=0.1)
    assert not found.holds
    assert found.why == (
        "That the system is worse by 10 points or more is not ruled out there: it may be so, or too little "
        "was judged."
    )
    assert of(two_categories, tag_not_worse_than=0.15).holds
    assert not of(two_categories, split_not_worse_than=0.05).holds


def test_one_prompt_shows_nothing(tmp_path: Path, rng: Random, now: datetime) -> None:
    votes = [voted("p1", rater, "b") for rater in ("Ada", "Ben")]
    with voted_study(tmp_path / "one.ftstudy", votes, rng, now) as study:
        found = of(study, not_worse_than=0.4)
    assert (found.found, found.holds) == (None, False)
    assert "all judgments are of one prompt, and so there is no interval" in found.words
