"""Speed, repeats, gold, controls and sides, each against numbers worked out by hand."""

from __future__ import annotations

import pytest

from ftcompare.stats.rater_quality import (
    ALPHA_REPEATS,
    Answered,
    Checked,
    QualityRecords,
    Repeated,
    proportion,
    quality_figures,
)


def test_of_a_rater_without_a_judgment_nothing_is_claimed() -> None:
    found = quality_figures(QualityRecords())
    assert (found.judgments, found.median_seconds, found.repeat_alpha) == (0, None, None)
    for part in (found.fast, found.repeats, found.gold, found.controls, found.left):
        assert (part.hits, part.n, part.value, part.low, part.high) == (0, 0, None, None, None)


def test_speed_is_the_median_of_known_times_and_the_share_below_three_seconds() -> None:
    seconds = [1.0, 2.9, 3.0, 8.0, None]
    found = quality_figures(QualityRecords(answers=tuple(Answered("Ada", s) for s in seconds)))
    assert found.judgments == 5
    assert found.median_seconds == pytest.approx(2.95)
    assert (found.fast.hits, found.fast.n) == (2, 4)


def test_a_side_counts_where_it_was_chosen_and_is_known() -> None:
    sides = ["left", "left", "left", "right", "", ""]
    found = quality_figures(QualityRecords(answers=tuple(Answered("Ada", None, s) for s in sides)))
    assert (found.left.hits, found.left.n, found.left.value) == (3, 4, 0.75)
    # Wilson: 3 of 4.
    assert (found.left.low, found.left.high) == pytest.approx((0.300642, 0.954413), abs=1e-5)


def test_a_repeat_is_consistent_where_the_same_response_or_none_is_preferred() -> None:
    pairs = [(-1, -1), (1, 1), (0, 0), (-1, 1), (0, 1)]
    found = quality_figures(QualityRecords(repeats=tuple(Repeated("Ada", *p) for p in pairs)))
    assert (found.repeats.hits, found.repeats.n) == (3, 5)
    assert found.repeat_alpha is None  # too few


def test_alpha_of_repeats_allows_for_chance() -> None:
    # Ten pairs, eight alike: 5 (b, b), 3 (a, a), 2 (a, b). Values: b 12, a 8 of 20.
    # Expected agreement (12·11 + 8·7) / (20·19) = .494737; α = 1 - .2 / .505263 = .604167.
    pairs = [(1, 1)] * 5 + [(-1, -1)] * 3 + [(-1, 1)] * 2
    assert len(pairs) == ALPHA_REPEATS
    found = quality_figures(QualityRecords(repeats=tuple(Repeated("Ada", *p) for p in pairs)))
    assert found.repeat_alpha == pytest.approx(0.604167, abs=1e-5)


def test_alpha_is_left_out_where_nothing_varies() -> None:
    found = quality_figures(QualityRecords(repeats=(Repeated("Ada", 1, 1),) * ALPHA_REPEATS))
    assert found.repeats.value == 1.0
    assert found.repeat_alpha is None


def test_one_rater_has_wilsons_interval() -> None:
    found = proportion([("Ada", True), ("Ada", True), ("Ada", False)])
    assert (found.hits, found.n) == (2, 3)
    assert found.value == pytest.approx(2 / 3)
    assert (found.low, found.high) == pytest.approx((0.207655, 0.938508), abs=1e-5)


def test_several_raters_have_an_interval_clustered_by_rater() -> None:
    # Twenty raters with ten items each, half of them 8 right and half 6: mean .7, sums ±1 by rater:
    # V = 20/19 · 20 / 200² = .000526; plain .7 · .3 / 200 = .00105 is greater. t(19) = 2.093024.
    outcomes = [(str(rater), item < (8 if rater % 2 else 6)) for rater in range(20) for item in range(10)]
    found = proportion(outcomes)
    assert found.low == pytest.approx(0.7 - 2.093024 * 0.00105**0.5, abs=1e-5)
    # Half 10 right, half 4: sums ±3: V = 20/19 · 20 · 9 / 200² = .00473684 counts.
    outcomes = [(str(rater), item < (10 if rater % 2 else 4)) for rater in range(20) for item in range(10)]
    assert proportion(outcomes).low == pytest.approx(0.7 - 2.093024 * 0.00473684**0.5, abs=1e-5)


def test_records_are_told_apart_by_rater() -> None:
    records = QualityRecords(
        answers=(Answered("Ada", 1.0), Answered("Ben", 2.0)),
        repeats=(Repeated("Ben", 1, 1),),
        gold=(Checked("Ada", True),),
        controls=(Checked("Cleo", False),),
    )
    assert records.by_rater() == {
        "Ada": QualityRecords(answers=(Answered("Ada", 1.0),), gold=(Checked("Ada", True),)),
        "Ben": QualityRecords(answers=(Answered("Ben", 2.0),), repeats=(Repeated("Ben", 1, 1),)),
        "Cleo": QualityRecords(controls=(Checked("Cleo", False),)),
    }
    assert records.of({"Ada", "Ben", "Cleo"}) == records
    assert records.of({"Cleo"}) == records.by_rater()["Cleo"]
