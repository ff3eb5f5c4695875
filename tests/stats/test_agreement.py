"""Agreement between raters, against published tables."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from typing import Literal

import numpy as np
import pytest

from ftcompare.core.study import Vote
from ftcompare.stats.agreement import (
    Agreement,
    Kappa,
    agreement,
    agreement_by_pair,
    both_orientations,
    cohen_kappa,
    disagreement,
    fleiss_kappa,
    gwet_ac1,
    krippendorff_alpha,
    observed_agreement,
)
from ftcompare.stats.vote_table import FloatArray, tabulate

VoteMaker = Callable[..., Vote]

FOUR_RATERS = "123321412... 1233224125.3 .3332342251. 12332441251."
THREE_RATERS = ".....34121133.3 1.213343....... ..21344.21133.4"


def ratings(text: str) -> FloatArray:
    """Units x raters, from a line a rater with ``.`` for missing."""
    return np.array([[np.nan if c == "." else float(c) for c in line] for line in text.split()]).T


def counts(table: FloatArray) -> FloatArray:
    values = np.unique(table[~np.isnan(table)])
    return np.stack([(table == value).sum(axis=1) for value in values], axis=1).astype(np.float64)


def test_krippendorff_four_raters() -> None:
    table = ratings(FOUR_RATERS)
    assert krippendorff_alpha(table, "nominal") == pytest.approx(0.743421, abs=5e-7)
    assert krippendorff_alpha(table, "ordinal") == pytest.approx(0.815388, abs=5e-7)
    assert krippendorff_alpha(table, "interval") == pytest.approx(0.849107, abs=5e-7)
    assert krippendorff_alpha(table, "ratio") == pytest.approx(0.797403, abs=5e-7)
    assert fleiss_kappa(counts(table)) == pytest.approx(0.76117, abs=5e-6)


def test_krippendorff_three_raters() -> None:
    assert krippendorff_alpha(ratings(THREE_RATERS), "nominal") == pytest.approx(0.691358, abs=5e-7)
    assert krippendorff_alpha(ratings(THREE_RATERS), "interval") == pytest.approx(0.810845, abs=5e-7)


def test_the_terms_of_alpha_of_four_raters() -> None:
    # Of 40 ratings in coincidences, 8 lie off the diagonal; n_c = 9, 13, 10, 5, 3.
    found = disagreement(counts(ratings(FOUR_RATERS)), "nominal")
    assert found is not None
    assert found.observed == pytest.approx(8 / 40)
    assert found.expected == pytest.approx((40 * 39 - (9 * 8 + 13 * 12 + 10 * 9 + 5 * 4 + 3 * 2)) / (40 * 39))


@pytest.mark.parametrize("data", [FOUR_RATERS, THREE_RATERS])
@pytest.mark.parametrize("level", ["nominal", "ordinal"])
def test_alpha_is_one_less_observed_over_expected(data: str, level: Literal["nominal", "ordinal"]) -> None:
    table = ratings(data)
    found = disagreement(counts(table), level)
    assert found is not None
    assert 1 - found.observed / found.expected == pytest.approx(krippendorff_alpha(table, level))


def test_where_nothing_varies_there_are_no_terms() -> None:
    assert disagreement(np.array([[3.0, 0], [2, 0], [0, 1]]), "ordinal") is None
    assert disagreement(np.zeros((0, 3)), "ordinal") is None


def test_fleiss_fourteen_raters() -> None:
    table = """0 0 0 0 14 | 0 2 6 4 2 | 0 0 3 5 6 | 0 3 9 2 0 | 2 2 8 1 1 | 7 7 0 0 0 | 3 2 6 3 0 |
               2 5 3 2 2 | 6 5 2 1 0 | 0 2 2 3 7"""
    chosen = np.array([[float(n) for n in row.split()] for row in table.split("|")])
    assert fleiss_kappa(chosen) == pytest.approx(0.209931, abs=5e-7)


def test_gwet_ac1_with_its_standard_error() -> None:
    found = gwet_ac1(counts(ratings(FOUR_RATERS)))
    assert found is not None
    assert found.value == pytest.approx(0.77544, abs=5e-6)
    assert found.standard_error == pytest.approx(0.14295, abs=5e-6)


@pytest.mark.parametrize(
    ("table", "expected"),
    [([[20, 5], [10, 15]], 0.4), ([[45, 15], [25, 15]], 0.1304), ([[25, 35], [5, 35]], 0.2593)],
)
def test_cohen_kappa(table: list[list[float]], expected: float) -> None:
    assert cohen_kappa(np.array(table, dtype=np.float64)) == pytest.approx(expected, abs=5e-5)


def test_kappa_is_undefined_where_nothing_varies() -> None:
    assert cohen_kappa(np.array([[7.0, 0], [0, 0]])) is None
    assert cohen_kappa(np.zeros((3, 3))) is None


def test_observed_agreement_weighs_units_alike() -> None:
    # Three of three pairs, one of three pairs, and a unit that one rater judged.
    assert observed_agreement(np.array([[3.0, 0], [2, 1], [1, 0]])) == pytest.approx((1 + 1 / 3) / 2)


def test_raters_of_a_study(vote: VoteMaker) -> None:
    answers = {"Ann": "abba", "Ben": "abta", "Cy": "b"}
    named = {"a": "a", "b": "b", "t": "tie"}
    votes = [vote(f"p{i}", name, named[c]) for name, given in answers.items() for i, c in enumerate(given)]
    votes.append(vote("p0", "Ann", "b"))
    found = agreement(tabulate(votes))
    assert found.units == 4
    assert found.percent == pytest.approx((1 / 3 + 1 + 0 + 1) / 4)
    assert [(kappa.raters, kappa.n) for kappa in found.cohen_kappa] == [
        (("Ann", "Ben"), 4),
        (("Ann", "Cy"), 1),
        (("Ben", "Cy"), 1),
    ]
    assert found.cohen_kappa[0].value == pytest.approx((3 / 4 - 3 / 8) / (5 / 8))
    assert found.cohen_kappa[1].value == pytest.approx(0)
    table = np.array([[-1, -1, 1], [1, 1, np.nan], [1, 0, np.nan], [-1, -1, np.nan]])
    assert found.alpha_nominal == krippendorff_alpha(table, "nominal")
    assert found.alpha_ordinal == krippendorff_alpha(table, "ordinal")
    assert found.alpha_ordinal != found.alpha_nominal


def test_both_bad_agrees_with_a_tie(vote: VoteMaker) -> None:
    votes = [
        vote("p", "Ann", "tie"),
        vote("p", "Ben", "both_bad"),
        vote("q", "Ann", "a"),
        vote("q", "Ben", "a"),
    ]
    assert agreement(tabulate(votes)).percent == 1


def test_pairs_of_systems_are_different_units(vote: VoteMaker) -> None:
    votes = [vote("p", "Ann", "a"), vote("p", "Ben", "a", b="other")]
    assert agreement(tabulate(votes)).units == 0


def test_raters_who_always_agree_on_one_answer(vote: VoteMaker) -> None:
    found = agreement(tabulate([vote(f"p{i}", rater, "b") for i in range(5) for rater in ("Ann", "Ben")]))
    assert (found.percent, found.alpha_nominal, found.alpha_ordinal) == (1, None, None)
    assert found.fleiss_kappa is None
    assert found.gwet_ac1 is not None
    assert found.gwet_ac1.value == 1
    assert found.cohen_kappa == (Kappa(("Ann", "Ben"), None, 5),)


def test_a_single_unit_has_no_standard_error(vote: VoteMaker) -> None:
    found = agreement(tabulate([vote("p", "Ann", "a"), vote("p", "Ben", "b")]))
    assert found.percent == 0
    assert found.gwet_ac1 is not None
    assert found.gwet_ac1.standard_error is None


@pytest.mark.parametrize("raters", [(), ("Ann",)])
def test_fewer_than_two_raters_have_no_agreement(vote: VoteMaker, raters: tuple[str, ...]) -> None:
    found = agreement(tabulate([vote("p", rater, "a") for rater in raters]))
    assert (found.units, found.percent, found.alpha_nominal) == (0, None, None)
    assert (found.alpha_ordinal, found.gwet_ac1, found.cohen_kappa) == (None, None, ())
    assert found.fleiss_kappa is None


def test_kappa_is_given_for_the_raters_with_most_judgments(vote: VoteMaker) -> None:
    votes = [vote("p0", f"r{i}", "a") for i in range(40)] + [vote("p1", f"r{i}", "b") for i in range(10, 40)]
    found = agreement(tabulate(votes))
    assert len(found.cohen_kappa) == 30 * 29 // 2
    assert found.cohen_kappa[0].raters == ("r10", "r11")


SYSTEMS = ("elm", "fir", "oak")
OTHER = {"a": "b", "b": "a"}


def several_pairs(vote: VoteMaker, seed: int = 5) -> list[Vote]:
    """Votes on every pair of three systems, the first often preferred; votes of a rater are missing."""
    rng = np.random.default_rng(seed)
    return [
        vote(f"p{p}", rater, rng.choice(["a", "b", "tie", "both_bad"], p=chances), a=a, b=b)
        for p, a, b in ((p, a, b) for p in range(20) for a, b in combinations(SYSTEMS, 2))
        for chances in [rng.dirichlet([1.5, 0.5, 0.3, 0.2])]
        for rater in ("Ann", "Ben", "Cy", "Dee")
        if rng.random() > 0.2
    ]


def turned(votes: list[Vote], pairs: set[tuple[str, str]]) -> list[Vote]:
    """The same votes with a and b exchanged in some pairs."""
    return [
        v._replace(a=v.b, b=v.a, choice=OTHER.get(v.choice, v.choice), preference=1 - v.preference)
        if (v.a, v.b) in pairs
        else v
        for v in votes
    ]


def figures(found: Agreement) -> dict[str, object]:
    """Every figure, those with a value as numbers."""
    ac1, nominal, ordinal = found.gwet_ac1, found.alpha_nominal_interval, found.alpha_ordinal_interval
    return {
        "units": found.units,
        "percent": found.percent,
        "alphas": (found.alpha_nominal, found.alpha_ordinal),
        "ac1": (ac1.value, ac1.standard_error) if ac1 else None,
        "fleiss": found.fleiss_kappa,
        "kappas": {kappa.raters: kappa.value for kappa in found.cohen_kappa},
        "intervals": [x for end in (nominal, ordinal) if end for x in (end.low, end.high)],
    }


@pytest.mark.parametrize("exchanged", [{("elm", "fir")}, {("elm", "oak"), ("fir", "oak")}])
def test_agreement_is_the_same_whichever_system_is_called_a(
    vote: VoteMaker, exchanged: set[tuple[str, str]]
) -> None:
    votes = several_pairs(vote)
    one, other = (agreement(tabulate(v), np.random.default_rng(1)) for v in (votes, turned(votes, exchanged)))
    assert one.both_ways
    for name, value in figures(one).items():
        assert figures(other)[name] == pytest.approx(value), name
    pairs = list(combinations(SYSTEMS, 2))
    for before, after in zip(
        agreement_by_pair(tabulate(votes), pairs, np.random.default_rng(1)),
        agreement_by_pair(tabulate(turned(votes, exchanged)), pairs, np.random.default_rng(1)),
        strict=True,
    ):
        assert not before.agreement.both_ways
        for name, value in figures(before.agreement).items():
            assert figures(after.agreement)[name] == pytest.approx(value), name


def test_votes_of_one_pair_in_either_order_are_of_one_unit(vote: VoteMaker) -> None:
    votes = [vote("p", "Ann", "a"), vote("q", "Ann", "b"), vote("p", "Ben", "b", a="tuned", b="base")]
    found = agreement(tabulate(votes))
    assert (found.units, found.percent, found.both_ways) == (1, 1, False)


def test_over_several_pairs_alpha_is_that_of_units_in_both_orientations(vote: VoteMaker) -> None:
    votes = several_pairs(vote)
    raters, answers = ("Ann", "Ben", "Cy", "Dee"), {"a": -1.0, "b": 1.0}
    units: dict[tuple[str, str, str], list[float]] = {}
    for v in votes:
        units.setdefault((v.prompt, v.a, v.b), [np.nan] * 4)[raters.index(v.rater)] = answers.get(
            v.choice, 0.0
        )
    table = np.array(list(units.values()))
    both = np.concatenate([table, -table])
    found = agreement(tabulate(votes))
    assert found.alpha_nominal == pytest.approx(krippendorff_alpha(both, "nominal"))
    assert found.alpha_ordinal == pytest.approx(krippendorff_alpha(both, "ordinal"))
    plain, doubled = gwet_ac1(counts(table), both_ways=True), gwet_ac1(both_orientations(counts(table)))
    assert plain is not None
    assert doubled is not None
    assert found.gwet_ac1 == plain
    assert plain.value == pytest.approx(doubled.value)
    # Two rows of one unit are no two units: taken as such the error is too small by about √2.
    n = len(table)
    ratio = (plain.standard_error or 0) / (doubled.standard_error or 1)
    assert ratio == pytest.approx(((2 * n - 1) / (n - 1)) ** 0.5)


def test_each_pair_of_systems_has_the_plain_figures_of_its_votes(vote: VoteMaker) -> None:
    votes = several_pairs(vote)
    found = agreement_by_pair(tabulate(votes), [("oak", "elm")])
    alone = agreement(tabulate([v for v in votes if {v.a, v.b} == {"elm", "oak"}]))
    assert [(of.a, of.b) for of in found] == [("oak", "elm")]
    assert figures(found[0].agreement) == figures(alone)
