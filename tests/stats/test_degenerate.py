"""Little or odd input: every figure is finite or None, and nothing is warned of."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ftcompare.core.study import RaterKind, Split, Vote
from ftcompare.stats.resampling import RESAMPLES
from ftcompare.stats.results_json import as_json
from ftcompare.stats.summary import summarise

VoteMaker = Callable[..., Vote]
Maker = Callable[[VoteMaker], list[Vote]]


def three_systems_with_a_missing_pair(vote: VoteMaker) -> list[Vote]:
    return [
        vote(f"p{i}", f"r{i % 2}", "ab"[i % 3 // 2], a=a, b=b)
        for i in range(12)
        for a, b in (("x", "y"), ("y", "z"))
    ]


def systems_that_never_met(vote: VoteMaker) -> list[Vote]:
    return [
        vote(f"p{i}", "Ann", "ab"[i % 2], a=a, b=b) for i in range(6) for a, b in (("w", "x"), ("y", "z"))
    ]


def a_category_of_one(vote: VoteMaker) -> list[Vote]:
    return [
        vote(f"p{i}", f"r{j}", "ab"[(i + j) % 2], category="lonely" if i == 0 else "heart")
        for i in range(6)
        for j in range(2)
    ]


CASES: dict[str, Maker] = {
    "no judgments": lambda _: [],
    "one judgment": lambda vote: [vote("p", "Ann", "b", category="c", split=Split.TRAINED)],
    "one tie": lambda vote: [vote("p", "Ann", "tie")],
    "all ties": lambda vote: [vote(f"p{i}", f"r{j}", "tie") for i in range(5) for j in range(3)],
    "all both bad, one rater": lambda vote: [vote(f"p{i}", "Ann", "both_bad") for i in range(5)],
    "one rater": lambda vote: [vote(f"p{i}", "Ann", "ab"[i % 2]) for i in range(9)],
    "one prompt, several raters": lambda vote: [vote("p", f"r{i}", "ab"[i % 2]) for i in range(5)],
    "a system that never wins": lambda vote: [vote(f"p{i}", f"r{i % 2}", "b") for i in range(9)],
    "a system that never wins but ties": lambda vote: [
        vote(f"p{i}", f"r{i % 2}", "b" if i else "tie") for i in range(9)
    ],
    "a category of one": a_category_of_one,
    "a missing pair": three_systems_with_a_missing_pair,
    "systems that never met": systems_that_never_met,
    "an automatic rater alone": lambda vote: [vote("p", "m", "b", left="a", kind=RaterKind.AUTOMATIC)],
    "a rater who votes twice on a prompt": lambda vote: [vote("p", "Ann", "b"), vote("p", "Ann", "a")],
    "a prompt a split": lambda vote: [vote(f"{s}", "Ann", "b", split=s) for s in Split],
    "one of each split and rater": lambda vote: [
        vote(f"{s}", f"r{i}", "ab"[i % 2], split=s, left="a", lengths=(i, 9 - i)) for i, s in enumerate(Split)
    ],
}


def figures(value: Any) -> Iterator[float]:
    """Every number in a document."""
    if isinstance(value, dict):
        for part in value.values():
            yield from figures(part)
    elif isinstance(value, list):
        for part in value:
            yield from figures(part)
    elif isinstance(value, float):
        yield value


def document(votes: list[Vote]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        json.dumps(as_json(summarise(votes), title="", prompts=0), allow_nan=False)
    )
    return found


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("case", CASES)
def test_every_figure_is_finite_or_none(vote: VoteMaker, case: str) -> None:
    votes = CASES[case](vote)
    found = document(votes)
    assert all(abs(figure) < 1e308 for figure in figures(found))
    assert found["study"]["judgments"] == len(votes)
    for pair in found["comparisons"]:
        assert 0 <= pair["win_rate_b"]["value"] <= 1
        assert pair["win_rate_b"]["method"]


def test_one_judgment_is_shown_with_what_little_it_says(vote: VoteMaker) -> None:
    found = document(CASES["one judgment"](vote))
    (pair,) = found["comparisons"]
    assert pair["win_rate_b"]["value"] == 1
    assert pair["win_rate_b"]["low"] < 0.3
    assert pair["win_rate_b_over_raters"] is pair["standard_error"] is None
    assert pair["sign_test_p"] == 1
    assert found["ranking"]["intervals"] is None
    assert found["agreement"]["krippendorff_alpha"] == {"nominal": None, "ordinal": None}


def test_a_missing_pair_is_ranked_through_the_others_with_intervals(vote: VoteMaker) -> None:
    ranking = document(CASES["a missing pair"](vote))["ranking"]
    assert all(0 < score < 1 for score in ranking["bradley_terry"].values())
    intervals = ranking["intervals"]["average_win_rate"].values()
    assert any(interval["low"] is not None for interval in intervals)
    assert all(interval["low"] is None or interval["low"] < interval["high"] for interval in intervals)


def test_systems_that_never_met_have_averages_but_no_common_scale(vote: VoteMaker) -> None:
    ranking = document(CASES["systems that never met"](vote))["ranking"]
    assert set(ranking["bradley_terry"].values()) == {None}
    assert {i["set_aside"] for i in ranking["intervals"]["bradley_terry"].values()} == {RESAMPLES}
    assert ranking["average_win_rate"] == {"w": 0.5, "x": 0.5, "y": 0.5, "z": 0.5}


def test_only_ties_are_even_with_no_evidence(vote: VoteMaker) -> None:
    found = document(CASES["all ties"](vote))
    (pair,) = found["comparisons"]
    assert pair["win_rate_b"]["value"] == 0.5
    assert pair["sign_test_p"] is pair["prompts_still_needed"] is None
    assert pair["sign_test"] == {
        "prompts_won": 0, "prompts_lost": 0, "prompts_tied": 5, "low": None, "high": None,
    }  # fmt: skip
    assert pair["e_value_highest"] == {"value": 1, "prompts": 0}
    assert found["ranking"]["davidson"]["tie"] is None
    assert found["ranking"]["bradley_terry"] == pytest.approx({"base": 0.5, "tuned": 0.5})


def test_one_of_each_split_has_differences_without_an_interval(vote: VoteMaker) -> None:
    (pair,) = document(CASES["a prompt a split"](vote))["comparisons"]
    assert [(d["first"], d["second"]) for d in pair["split_differences"]] == [
        ("trained", "held_out"),
        ("trained", "paraphrase"),
    ]
    assert all(d["low"] is None and d["difference"] == 0 for d in pair["split_differences"])
