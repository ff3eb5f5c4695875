"""The win rate at equal length and Markdown style, and what each of these is worth."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest
from scipy import special, stats

from ftcompare.core.markdown_style import MarkdownStyle
from ftcompare.core.study import Vote
from ftcompare.stats.controlled_rate import ControlledRate, effective_raters
from ftcompare.stats.position_and_length_bias import length_controlled_rate, style_controlled_rate
from ftcompare.stats.vote_table import tabulate

VoteMaker = Callable[..., Vote]
RATERS = ("Ann", "Ben", "Cy", "Dee")


def styled(
    vote: VoteMaker,
    *,
    raters: Sequence[str] = RATERS,
    prompts: int = 150,
    better: float = 0.0,
    seed: int = 4,
    sides: bool = True,
    swapped: bool = False,
) -> list[Vote]:
    """Raters like headers, lists and bold, of which b has more; b is better by ``better`` logits."""
    rng = np.random.default_rng(seed)
    votes = []
    for prompt in range(prompts):
        lengths = (900, 900 + round(rng.normal(100, 300)))
        used = [MarkdownStyle(*map(int, rng.poisson((h, 3, h), 3))) for h in (1, 3)]
        liked = sum(w * (b - a) / (a + b + 1) for w, a, b in zip((1, 0.5, 1), *used, strict=True))
        for rater in raters:
            left = "ab"[int(rng.integers(2))] if sides else ""
            b_wins = rng.random() < special.expit(better + liked)
            choice, styles, long = "ab"[int(b_wins)], (used[0], used[1]), lengths
            if swapped:
                flip = {"a": "b", "b": "a", "": ""}
                choice, left, styles, long = flip[choice], flip[left], styles[::-1], long[::-1]
            votes.append(vote(f"p{prompt}", rater, choice, left=left, lengths=long, styles=styles))
    return votes


def found_in(votes: Sequence[Vote]) -> ControlledRate:
    found = style_controlled_rate(tabulate(votes))
    assert found is not None
    return found


@pytest.mark.parametrize("better", [-0.6, 0.0, 0.6])
@pytest.mark.parametrize("sides", [True, False])
def test_the_gain_of_style_is_taken_off(vote: VoteMaker, better: float, sides: bool) -> None:
    votes = styled(vote, better=better, sides=sides)
    rate = found_in(votes).over_prompts
    assert rate.low is not None
    assert rate.high is not None
    assert rate.low < special.expit(better) < rate.high
    assert rate.high < np.mean([v.preference for v in votes])
    assert f"= {rate.value:.1%}" in rate.explanation


def test_each_feature_has_its_worth_with_an_interval(vote: VoteMaker) -> None:
    found = found_in(styled(vote))
    assert [effect.feature for effect in found.effects] == ["length", "headers", "list_items", "bold"]
    length, headers, items, bold = found.effects
    assert length.low is not None
    assert length.high is not None
    assert length.low < 0 < length.high  # nobody cares for it here
    for effect in (headers, bold):
        assert effect.low is not None
        assert effect.low > 0
        assert effect.worth is not None
        assert effect.coefficient is not None
        assert effect.worth[0] == pytest.approx(special.expit(effect.coefficient) - 0.5)
        assert effect.worth[1] < effect.worth[0] < effect.worth[2]
    assert items.alike < 0.2 * found.prompts
    assert items.few_alike


def test_swapping_the_systems_mirrors_the_rate_and_keeps_the_worth(vote: VoteMaker) -> None:
    one, other = found_in(styled(vote)), found_in(styled(vote, swapped=True))
    assert other.over_prompts.value == pytest.approx(1 - one.over_prompts.value)
    assert other.over_prompts.low == pytest.approx(1 - (one.over_prompts.high or 0))
    assert one.over_raters is not None
    assert other.over_raters is not None
    assert other.over_raters.low == pytest.approx(1 - (one.over_raters.high or 0))
    for mine, its in zip(one.effects, other.effects, strict=True):
        assert its.coefficient == pytest.approx(mine.coefficient)
        assert (its.alike, its.differing) == (mine.alike, mine.differing)


def test_raters_who_differ_widen_the_interval_for_raters_like_these(vote: VoteMaker) -> None:
    alike = found_in(styled(vote))
    votes = [vote_ for rater, better in zip(RATERS, (-1.5, -0.5, 0.5, 1.5), strict=True)
             for vote_ in styled(vote, raters=(rater,), better=better)]  # fmt: skip
    apart = found_in(votes)

    def width(found: ControlledRate) -> float:
        rate = found.over_raters
        assert rate is not None
        assert rate.generalises_over == "prompts and raters"
        assert rate.low is not None
        assert rate.high is not None
        return rate.high - rate.low

    assert width(apart) > 2 * width(alike)
    assert (apart.over_prompts.high or 0) - (apart.over_prompts.low or 0) < width(apart)


def test_the_interval_over_prompts_is_that_of_the_mean_where_nothing_else_is_fitted(vote: VoteMaker) -> None:
    """Features that are balanced leave the mean, and its sandwich variance with P/(P - parameters)."""
    votes = [
        vote(f"p{i}", "Ann", "ab"[i % 4 > 0], lengths=(1000, 500 + 1000 * (i // 4 % 2))) for i in range(80)
    ]
    found = length_controlled_rate(tabulate(votes))
    assert found is not None
    assert found.over_prompts.value == pytest.approx(0.75)
    error = np.sqrt(1 / (0.75 * 0.25 * 80) * 80 / 78)
    assert found.over_prompts.low == pytest.approx(special.expit(np.log(3) - stats.t.ppf(0.975, 78) * error))


@pytest.mark.parametrize(
    ("loads", "told"), [((40,), False), ((40, 40), False), ((60, 5, 5, 5), False), ((40, 40, 40), True)]
)
def test_two_raters_or_one_who_did_most_say_nothing_of_others(
    vote: VoteMaker, loads: tuple[int, ...], told: bool
) -> None:
    votes = [
        vote_
        for rater, load in zip(RATERS, loads, strict=False)
        for vote_ in styled(vote, raters=(rater,), prompts=load, seed=len(rater) + load)
    ]
    assert (found_in(votes).over_raters is not None) == told


def test_equal_loads_count_in_full_and_unequal_ones_less() -> None:
    assert effective_raters(np.repeat([0, 1, 2], 20)) == pytest.approx(3)
    assert effective_raters(np.repeat([3, 5, 7, 8, 9], [77, 40, 20, 10, 5])) == pytest.approx(152**2 / 8054)


def test_a_feature_on_few_prompts_is_left_out(vote: VoteMaker) -> None:
    rng = np.random.default_rng(8)
    votes = [
        vote(
            f"p{i}",
            "Ann",
            "ab"[int(rng.integers(2))],
            lengths=(900, int(rng.integers(500, 1500))),
            styles=(MarkdownStyle(0, 1, 0), MarkdownStyle(int(i < 4), 1, 0)),
        )
        for i in range(60)
    ]
    length, headers, items, bold = found_in(votes).effects
    assert length.coefficient is not None
    assert (headers.coefficient, headers.worth, headers.differing, headers.alike) == (None, None, 4, 56)
    assert (items.coefficient, items.differing, items.few_alike) == (None, 0, False)
    assert bold.coefficient is None


@pytest.mark.parametrize(("longer", "few"), [(20, False), (400, True)])
def test_few_answers_of_like_length_are_told(vote: VoteMaker, longer: int, few: bool) -> None:
    rng = np.random.default_rng(2)
    votes = [
        vote(f"p{i}", "Ann", "ab"[int(rng.integers(2))], lengths=(900, 900 + int(rng.normal(longer, 99))))
        for i in range(100)
    ]
    found = length_controlled_rate(tabulate(votes))
    assert found is not None
    (length,) = found.effects
    assert length.few_alike == few
    assert length.alike == sum(
        abs(v.length_b - v.length_a) <= 0.1 * (v.length_a + v.length_b + 1) for v in votes
    )


def test_style_that_decides_all_leaves_the_rate_undefined(vote: VoteMaker) -> None:
    votes = [
        vote(f"p{i}", "Ann", "ab"[i % 2], lengths=(900, 800 + i % 7), styles=styles)
        for i in range(60)
        for bold in [MarkdownStyle(0, 0, 5)]
        for styles in [(MarkdownStyle(), bold) if i % 2 else (bold, MarkdownStyle())]
    ]
    assert style_controlled_rate(tabulate(votes)) is None


def test_no_votes_and_no_style_leave_nothing_to_control(vote: VoteMaker) -> None:
    assert style_controlled_rate(tabulate([])) is None
    assert style_controlled_rate(tabulate([vote(f"p{i}", "Ann", "ab"[i % 2]) for i in range(9)])) is None
