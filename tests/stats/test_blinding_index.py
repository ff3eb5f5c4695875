"""Bang's blinding index against published counts and values worked out by hand."""

from __future__ import annotations

import pytest

from ftcompare.stats.blinding_index import BlindGuess, blinding_index, blindness_of, plain_variance


def guesses(
    right: int, wrong: int, unsure: int, *, rater: str = "Ada", left: bool = True
) -> list[BlindGuess]:
    given = [left] * right + [not left] * wrong + [None] * unsure
    return [BlindGuess(rater, left, guess) for guess in given]


# The counts of table 7 of Bang, Ni & Davis 2004 (the CRISP trial), as the manual of the R package BI
# 1.2.0 prints them; index and standard error worked out from them by hand.
@pytest.mark.parametrize(
    ("right", "wrong", "unsure", "index", "error"),
    [
        (82, 25, 170, 57 / 277, 0.035237),
        (29, 27, 83, 2 / 139, 0.053823),
    ],
)
def test_the_index_of_the_crisp_trial(
    right: int, wrong: int, unsure: int, index: float, error: float
) -> None:
    found = blinding_index(guesses(right, wrong, unsure))
    assert found.value == pytest.approx(index)
    assert (found.low, found.high) == pytest.approx(
        (index - 1.959964 * error, index + 1.959964 * error), abs=1e-5
    )
    assert plain_variance(right, wrong, right + wrong + unsure) == pytest.approx(error**2, rel=1e-4)
    assert (found.correct, found.wrong, found.unsure, found.guesses) == (
        right,
        wrong,
        unsure,
        right + wrong + unsure,
    )


# Houweling et al. 2014, Clinical Trials 11:547-552, table 2 (the SOX trial), from the same manual. Its
# abstract: 10.4, 17.8 and 29.4% right over all, blinding achieved for investigators and coordinators,
# patients unblinded with the active stocking and guessing the opposite with the placebo.
SOX = {
    "investigators": ((48, 4, 330), (30, 22, 319), 0.104),
    "coordinators": ((94, 11, 289), (44, 52, 284), 0.178),
    "patients": ((143, 14, 188), (57, 104, 175), 0.294),
}


@pytest.mark.parametrize("who", SOX)
def test_the_sox_trial_has_its_published_share_of_right_guesses(who: str) -> None:
    active, placebo, share = SOX[who]
    found = blindness_of([*guesses(*active), *guesses(*placebo, left=False)])
    assert found.overall.correct / found.overall.guesses == pytest.approx(share, abs=5e-4)


def test_patients_of_the_sox_trial_told_the_one_arm_and_were_wrong_in_the_other() -> None:
    active, placebo, _ = SOX["patients"]
    found = blindness_of([*guesses(*active), *guesses(*placebo, left=False)])
    assert found.tuned_left.value == pytest.approx(129 / 345)
    assert found.tuned_left.low is not None
    assert found.tuned_left.low > 0.2
    assert found.tuned_right.value == pytest.approx(-47 / 336)
    assert found.tuned_right.high is not None
    assert found.tuned_right.high < 0


def test_a_rater_who_always_points_left_is_blind_over_all_and_not_on_one_side() -> None:
    found = blindness_of([BlindGuess("Ada", place < 10, True) for place in range(20)])
    assert (found.tuned_left.value, found.tuned_right.value, found.overall.value) == (1.0, -1.0, 0.0)


def test_raters_who_differ_widen_the_interval_over_all() -> None:
    # Ada 10 of 10, Ben 0 of 10: mean 0, plain V = 1/20. Sums by rater are 10 and -10:
    # V = 2 · (100 + 100) / 20² = 1, t(1) = 12.7: all of -1 to 1.
    differing = [*guesses(10, 0, 0), *guesses(0, 10, 0, rater="Ben")]
    found = blinding_index(differing)
    assert (found.value, found.low, found.high) == (0.0, -1.0, 1.0)
    assert found.method == "t clustered by rater"


def test_raters_who_happen_to_agree_do_not_make_it_narrow() -> None:
    # Two raters with 6 right and 4 wrong each: V by rater is 0, so V = (1 - .2²) / 20 counts.
    found = blinding_index([*guesses(6, 4, 0), *guesses(6, 4, 0, rater="Ben")])
    assert found.value == pytest.approx(0.2)
    # t(1) = 12.7062, √.048 = .219089
    assert found.high == pytest.approx(1.0)
    many = [g for rater in map(str, range(30)) for g in guesses(6, 4, 0, rater=rater)]
    # t(29) = 2.045230, √(.96 / 300) = .0565685
    assert blinding_index(many).low == pytest.approx(0.2 - 0.115696, abs=1e-5)


@pytest.mark.parametrize(
    ("counts", "value", "low", "high"),
    # Wilson's upper limit for 0 of 4 is 3.841459 / 7.841459 = .489891.
    [
        ((4, 0, 0), 1.0, 1 - 2 * 0.489891, 1.0),
        ((0, 4, 0), -1.0, -1.0, 2 * 0.489891 - 1),
        ((0, 0, 4), 0.0, -0.489891, 0.489891),
    ],
)
def test_guesses_that_are_all_alike_have_an_interval(
    counts: tuple[int, int, int], value: float, low: float, high: float
) -> None:
    found = blinding_index(guesses(*counts))
    assert (found.value, found.low, found.high) == pytest.approx((value, low, high), abs=1e-6)


def test_without_a_guess_there_is_no_index_and_the_reason_is_said() -> None:
    found = blindness_of([])
    assert found.overall.value is found.overall.low is found.overall.high is None
    assert found.overall.explanation == "No guess was given."
    assert found.by_rater == {}
    assert found.by_sureness == {1: (0, 0), 2: (0, 0), 3: (0, 0)}


def test_guesses_are_told_apart_by_how_sure_they_were() -> None:
    given = [
        BlindGuess("Ada", True, True, 3),
        BlindGuess("Ada", False, True, 3),
        BlindGuess("Ada", True, False, 1),
        BlindGuess("Ada", True, None),
    ]
    assert blindness_of(given).by_sureness == {1: (0, 1), 2: (0, 0), 3: (1, 1)}


def test_each_rater_has_an_index_of_their_own() -> None:
    found = blindness_of([*guesses(3, 1, 0), *guesses(0, 0, 2, rater="Ben")])
    assert {rater: index.value for rater, index in found.by_rater.items()} == {"Ada": 0.5, "Ben": 0.0}
    assert found.by_rater["Ada"].method == "Bang's normal interval"
