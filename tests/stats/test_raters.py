"""Speed, repeats, gold, controls, sides and blinding of raters, each against numbers worked out by hand."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from ftcompare.core.study import RaterKind, Vote
from ftcompare.stats.judge_agreement import AutomaticRater, automatic_raters
from ftcompare.stats.rater_quality import (
    ALPHA_REPEATS,
    Answered,
    BlindGuess,
    Checked,
    QualityRecords,
    Repeated,
    blinding_index,
    blindness_of,
    plain_variance,
    proportion,
    quality_figures,
)
from ftcompare.stats.results_json import as_json
from ftcompare.stats.summary import summarise
from ftcompare.stats.vote_table import tabulate
from ftcompare.stats.win_rate import wilson

VoteMaker = Callable[..., Vote]


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


def test_alpha_of_repeats_allows_for_chance_and_is_left_out_where_nothing_varies() -> None:
    pairs = [(1, 1)] * 5 + [(-1, -1)] * 3 + [(-1, 1)] * 2
    assert len(pairs) == ALPHA_REPEATS
    found = quality_figures(QualityRecords(repeats=tuple(Repeated("Ada", *p) for p in pairs)))
    assert found.repeat_alpha == pytest.approx(0.604167, abs=1e-5)
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


def people(vote: VoteMaker, answers: dict[str, str]) -> list[Vote]:
    """For each prompt one letter a rater: a, b, t."""
    named = {"a": "a", "b": "b", "t": "tie"}
    return [vote(p, f"r{i}", named[c]) for p, given in answers.items() for i, c in enumerate(given)]


def judge(votes: list[Vote]) -> AutomaticRater:
    (found,) = automatic_raters(tabulate(votes))
    return found


def test_agreement_is_with_the_majority_of_people(vote: VoteMaker) -> None:
    votes = people(vote, {"p": "bba", "q": "aab", "r": "ttb", "s": "ab", "t": "b"})
    program = partial(vote, kind=RaterKind.AUTOMATIC)
    # Right; wrong; right with a tie; right, as two people who differ make a tie; unknown to people.
    votes += [program("p", "m", "b"), program("q", "m", "b"), program("r", "m", "both_bad")]
    votes += [program("s", "m", "tie"), program("u", "m", "a")]
    found = judge(votes)
    assert (found.name, found.judgments) == ("m", 5)
    assert found.agreement is not None
    assert (found.agreement.value, found.agreement.n) == (0.75, 4)
    assert (found.agreement.low, found.agreement.high) == pytest.approx(wilson(3, 4))
    assert "3 of 4 = 75.0%" in found.agreement.explanation
    assert found.agreement_decided is not None
    assert (found.agreement_decided.value, found.agreement_decided.n) == (0.5, 2)
    assert found.consistency is None


def test_both_orders_show_how_far_the_side_decides(vote: VoteMaker) -> None:
    program = partial(vote, kind=RaterKind.AUTOMATIC)
    # For a left and for b left: alike, left both times, right both times, alike, tie and not.
    orders = {"p": "bb", "q": "ab", "r": "ba", "s": "aa", "t": "ta"}
    named = {"a": "a", "b": "b", "t": "tie"}
    votes = [
        program(p, "m", named[choice], left=left)
        for p, given in orders.items()
        for choice, left in zip(given, "ab", strict=True)
    ]
    votes += [program("one way only", "m", "b", left="a"), program("unknown sides", "m", "b")]
    found = judge(votes)
    assert found.consistency is not None
    assert (found.consistency.value, found.consistency.n) == (0.4, 5)
    assert (found.left, found.right) == (1, 1)
    assert found.agreement is found.agreement_decided is None


def test_a_pair_judged_in_both_orders_counts_once_on_balance(vote: VoteMaker) -> None:
    program = partial(vote, kind=RaterKind.AUTOMATIC)
    votes = people(vote, {"p": "b", "q": "t"})
    votes += [program(p, "m", choice, left=left) for p in "pq" for choice, left in (("a", "a"), ("b", "b"))]
    found = judge(votes)
    assert found.agreement is not None
    # a once and b once is a tie: wrong on p, right on q.
    assert (found.agreement.value, found.agreement.n) == (0.5, 2)
    assert found.agreement_decided is None


def test_a_vote_repeated_in_the_same_order_does_not_count_for_consistency(vote: VoteMaker) -> None:
    program = partial(vote, kind=RaterKind.AUTOMATIC)
    votes = [
        program("p", "m", "b", left="a"),
        program("p", "m", "a", left="a"),
        program("p", "m", "b", left="b"),
    ]
    found = judge(votes)
    assert found.consistency is not None
    assert found.consistency.value == 1


def test_pairs_of_one_prompt_leave_no_interval(vote: VoteMaker) -> None:
    votes = [
        vote("p", rater, "b", b=b, kind=kind)
        for b in ("x", "y")
        for rater, kind in (("Ann", RaterKind.HUMAN), ("m", RaterKind.AUTOMATIC))
    ]
    found = judge(votes)
    assert found.agreement is not None
    assert (found.agreement.value, found.agreement.low) == (1, None)
    assert "No interval" in found.agreement.explanation


def test_each_automatic_rater_stands_apart_and_people_have_none(vote: VoteMaker) -> None:
    votes = people(vote, {"p": "b"})
    assert automatic_raters(tabulate(votes)) == ()
    assert automatic_raters(tabulate([])) == ()
    votes += [vote("p", name, "b", kind=RaterKind.AUTOMATIC) for name in ("m", "n", "r0")]
    assert [found.name for found in automatic_raters(tabulate(votes))] == ["m", "n", "r0"]


def test_the_document_names_them_and_leaves_the_human_rate_alone(vote: VoteMaker) -> None:
    human = people(vote, {f"p{i}": "bba" for i in range(5)})
    programs = [vote(f"p{i}", "m", "a", left="a", kind=RaterKind.AUTOMATIC) for i in range(5)]
    alone, beside = summarise(human), summarise(human + programs)
    assert alone.comparisons[0] == beside.comparisons[0]
    assert alone.ranking == beside.ranking
    assert alone.agreement == beside.agreement
    found = as_json(beside, title="", prompts=5)["automatic_raters"]
    assert isinstance(found, list)
    (only,) = found
    assert isinstance(only, dict)
    assert only["name"] == "m"
    assert only["position_consistency"] is None
    assert isinstance(only["agreement_with_people"], dict)
    assert only["agreement_with_people"]["value"] == 0


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
    overall = blindness_of([*guesses(*active), *guesses(*placebo, left=False)]).overall
    assert overall
    assert overall.correct / overall.guesses == pytest.approx(share, abs=5e-4)


def test_patients_of_the_sox_trial_told_the_one_arm_and_were_wrong_in_the_other() -> None:
    active, placebo, _ = SOX["patients"]
    found = blindness_of([*guesses(*active), *guesses(*placebo, left=False)])
    assert found.tuned_left
    assert found.tuned_right
    assert found.tuned_left.value == pytest.approx(129 / 345)
    assert found.tuned_left.low is not None
    assert found.tuned_left.low > 0.2
    assert found.tuned_right.value == pytest.approx(-47 / 336)
    assert found.tuned_right.high is not None
    assert found.tuned_right.high < 0


def test_a_rater_who_always_points_left_is_blind_over_all_and_not_on_one_side() -> None:
    found = blindness_of([BlindGuess("Ada", place < 10, True) for place in range(20)])
    indices = (found.tuned_left, found.tuned_right, found.overall)
    assert [index and index.value for index in indices] == [1.0, -1.0, 0.0]


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
    assert found.overall
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
