"""Agreement of raters, experts and judges, against published tables and tables worked out by hand."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import combinations
from typing import Any, Literal

import numpy as np
import pytest

from ftcompare.core.study import RaterKind, Vote
from ftcompare.stats.agreement import (
    Agreement,
    Kappa,
    Rating,
    agreement,
    agreement_by_pair,
    both_orientations,
    cohen_kappa,
    disagreement,
    gwet_ac1,
    krippendorff_alpha,
    observed_agreement,
    rating_agreement,
)
from ftcompare.stats.error_marks import ErrorSpan, ReviewedAnswer, mark_agreement, passage_f1, word_alpha
from ftcompare.stats.judge_agreement import (
    LEAST_KAPPA_PROMPTS,
    T_WITH_TWO,
    JudgeAgreement,
    JudgedAnswer,
    PromptKappa,
    judge_agreement,
    judged_answers,
    prompt_kappa,
    share_of_pairs,
)
from ftcompare.stats.vote_table import FloatArray, tabulate
from ftcompare.stats.win_rate import wilson
from tests.builders import present

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


def test_krippendorff_of_three_raters_and_its_terms_of_four() -> None:
    assert krippendorff_alpha(ratings(THREE_RATERS), "nominal") == pytest.approx(0.691358, abs=5e-7)
    # Of 40 ratings in coincidences, 8 lie off the diagonal; n_c = 9, 13, 10, 5, 3.
    found = present(disagreement(counts(ratings(FOUR_RATERS)), "nominal"))
    assert found.observed == pytest.approx(8 / 40)
    assert found.expected == pytest.approx((40 * 39 - (9 * 8 + 13 * 12 + 10 * 9 + 5 * 4 + 3 * 2)) / (40 * 39))


@pytest.mark.parametrize("data", [FOUR_RATERS, THREE_RATERS])
@pytest.mark.parametrize("level", ["nominal", "ordinal"])
def test_alpha_is_one_less_observed_over_expected(data: str, level: Literal["nominal", "ordinal"]) -> None:
    table = ratings(data)
    found = present(disagreement(counts(table), level))
    assert 1 - found.observed / found.expected == pytest.approx(krippendorff_alpha(table, level))


def test_where_nothing_varies_there_are_no_terms_and_no_kappa() -> None:
    assert disagreement(np.array([[3.0, 0], [2, 0], [0, 1]]), "ordinal") is None
    assert disagreement(np.zeros((0, 3)), "ordinal") is None
    assert cohen_kappa(np.array([[7.0, 0], [0, 0]])) is None
    assert cohen_kappa(np.zeros((3, 3))) is None


def test_gwet_ac1_with_its_standard_error() -> None:
    found = present(gwet_ac1(counts(ratings(FOUR_RATERS))))
    assert found.value == pytest.approx(0.77544, abs=5e-6)
    assert found.standard_error == pytest.approx(0.14295, abs=5e-6)


@pytest.mark.parametrize(
    ("table", "expected"),
    [([[20, 5], [10, 15]], 0.4), ([[45, 15], [25, 15]], 0.1304), ([[25, 35], [5, 35]], 0.2593)],
)
def test_cohen_kappa(table: list[list[float]], expected: float) -> None:
    assert cohen_kappa(np.array(table, dtype=np.float64)) == pytest.approx(expected, abs=5e-5)


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
    ac1, nominal, ordinal = found.gwet_ac1, found.alpha_nominal_interval, found.alpha_ordinal_interval
    return {
        "units": found.units,
        "percent": found.percent,
        "alphas": (found.alpha_nominal, found.alpha_ordinal),
        "ac1": (ac1.value, ac1.standard_error) if ac1 else None,
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
    prompts = np.array([int(prompt[1:]) for prompt, _, _ in units])
    assert found.gwet_ac1 == gwet_ac1(counts(table), both_ways=True, clusters=prompts)
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


WORDS = tuple((5 * n, 5 * n + 4) for n in range(10))
"""Ten words of four letters, each with a space behind it."""


def span(first: int, last: int, kind: str = "style") -> ErrorSpan:
    """From one word to another, both with it, counted from 0."""
    return ErrorSpan(WORDS[first][0], WORDS[last][1], kind, "minor", 1.0)


def reviewed(expert: str, *spans: ErrorSpan, answer: str = "a1") -> ReviewedAnswer:
    return ReviewedAnswer(answer, "p1", "base", expert, WORDS, spans)


def test_alpha_over_words_by_hand() -> None:
    """Eve marks words 0 to 3, Max 2 to 4: two words both, three one of them, five neither.

    n = 20 ratings, 7 marked, 13 not; α = 1 - 19 · 3 / (7 · 13) = 0.37363.
    """
    (found,) = mark_agreement([reviewed("Eve", span(0, 3)), reviewed("Max", span(2, 4))])
    assert found.experts == ("Eve", "Max")
    assert (found.answers, found.words, found.passages) == (1, 10, (1, 1))
    assert found.alpha == pytest.approx(1 - 19 * 3 / 91)
    assert found.alpha_interval is None
    assert (found.f1, found.f1_same_type) == (1.0, 1.0)


def test_alpha_by_type_by_hand() -> None:
    """As style: Eve word 0, Max none, α = 1 - 19 · 1 / (1 · 19) = 0. As accuracy words 5 and 6, α = 1."""
    both = span(5, 6, "accuracy")
    (found,) = mark_agreement([reviewed("Eve", span(0, 0), both), reviewed("Max", both)])
    assert dict(found.alpha_by_type) == {"accuracy": 1.0, "style": 0.0}
    assert found.f1 == pytest.approx(2 / 3)


def test_a_part_of_a_word_marks_the_word_and_what_is_missing_is_in_neither_figure() -> None:
    part = ErrorSpan(1, 2, "style", "minor", 1.0)
    (found,) = mark_agreement([reviewed("Eve", part), reviewed("Max", span(0, 0))])
    assert found.alpha == 1.0
    missing = ErrorSpan(7, 7, "omission", "major", 5.0)
    (found,) = mark_agreement([reviewed("Eve", missing), reviewed("Max")])
    assert (found.alpha, found.f1, found.passages) == (None, None, (0, 0))
    assert found.alpha_by_type == ()


@pytest.mark.parametrize("cells", [(5, 3, 2), (90, 7, 3), (0, 4, 1), (12, 0, 1), (2, 5, 0)])
def test_alpha_of_marks_is_the_general_alpha(cells: tuple[int, int, int]) -> None:
    neither, one, both = cells
    counts = np.array([[2.0, 0.0]] * neither + [[1.0, 1.0]] * one + [[0.0, 2.0]] * both)
    general = present(disagreement(counts, "nominal"))
    assert word_alpha(np.array(cells, dtype=float)) == pytest.approx(general.alpha)


def test_each_passage_is_in_one_pair_at_most() -> None:
    """One long passage overlaps two short ones: one pair, F1 = 2 · 1 / 3."""
    row = (reviewed("Eve", span(0, 5)), reviewed("Max", span(0, 1), span(3, 4)))
    assert passage_f1([row], same_type=False) == pytest.approx(2 / 3)


def test_the_most_pairs_are_found() -> None:
    """Eve's first overlaps both of Max's, her second only his first: two pairs, whichever is tried first."""
    row = (reviewed("Eve", span(0, 5), span(0, 0)), reviewed("Max", span(0, 1), span(4, 5)))
    assert passage_f1([row], same_type=False) == 1.0
    other = (reviewed("Eve", span(0, 5, "accuracy"), span(0, 0)), reviewed("Max", span(0, 1), span(4, 5)))
    assert passage_f1([other], same_type=True) == 0.5
    assert passage_f1([(reviewed("Eve"), reviewed("Max"))], same_type=False) is None


def test_only_experts_of_the_same_answer_are_compared() -> None:
    found = mark_agreement(
        [
            reviewed("Eve", span(0, 1)),
            reviewed("Max", span(0, 1)),
            reviewed("Zoe", span(0, 1), answer="a2"),
            reviewed("Max", answer="a3"),
        ]
    )
    assert [one.experts for one in found] == [("Eve", "Max")]
    assert found[0].answers == 1


def test_the_interval_draws_answers_anew() -> None:
    rows = [
        one
        for n in range(8)
        for one in (
            reviewed("Eve", span(0, 3), answer=f"a{n}"),
            reviewed("Max", span(n % 3, 3), answer=f"a{n}"),
        )
    ]
    (found,) = mark_agreement(rows, np.random.default_rng(1))
    assert found.alpha is not None
    assert found.alpha_interval is not None
    assert found.alpha_interval.low is not None
    assert found.alpha_interval.high is not None
    assert found.alpha_interval.low < found.alpha < found.alpha_interval.high
    (unmarked,) = mark_agreement([reviewed("Eve"), reviewed("Max")], np.random.default_rng(1))
    assert unmarked.alpha_interval is None


def found_in(votes: list[Vote]) -> JudgeAgreement:
    return judge_agreement(tabulate(votes), "m")


@pytest.fixture
def program(vote: VoteMaker) -> VoteMaker:
    return partial(vote, kind=RaterKind.AUTOMATIC)


def test_agreement_by_category(vote: VoteMaker, program: VoteMaker) -> None:
    votes = [
        *(vote(p, "r", "b", category="x") for p in "pq"),
        vote("t", "r", "tie", category="x"),
        vote("s", "r", "a", category="y"),
        program("p", "m", "b", category="x"),
        program("q", "m", "a", category="x"),
        program("t", "m", "b", category="x"),
        program("s", "m", "tie", category="y"),
        program("u", "m", "b", category="z"),
    ]
    x, y = found_in(votes).categories
    assert x.all_answers is not None
    assert (x.category, x.all_answers.value, x.all_answers.n) == ("x", 1 / 3, 3)
    assert x.decided is not None
    assert (x.decided.value, x.decided.n, x.decided.low) == (0.5, 2, wilson(1, 2)[0])
    assert y.all_answers is not None
    assert (y.category, y.all_answers.value, y.decided) == ("y", 0.0, None)


def test_kappa_is_of_the_pairs_that_both_judged(vote: VoteMaker, program: VoteMaker) -> None:
    answers = [("a", "a")] * 3 + [("a", "b")] + [("b", "b")] * 2
    votes = [vote(f"p{n}", "r", people) for n, (people, _) in enumerate(answers)]
    votes += [program(f"p{n}", "m", judge) for n, (_, judge) in enumerate(answers)]
    votes += [program("alone", "m", "a"), vote("people", "r", "a")]
    kappa = present(found_in(votes).kappa)
    # p_o = 5/6; people (4, 2), judge (3, 3): p_e = 1/2.
    assert kappa.value == pytest.approx((5 / 6 - 1 / 2) / (1 / 2))
    assert kappa.pairs == 6


def test_over_several_pairs_of_systems_kappa_does_not_depend_on_which_is_called_a(
    vote: VoteMaker, program: VoteMaker
) -> None:
    def votes(first: str, second: str, *, turned: bool) -> list[Vote]:
        flip = {"a": "b", "b": "a", "tie": "tie"} if turned else {c: c for c in ("a", "b", "tie")}
        answers = [("b", "b"), ("b", "a"), ("b", "b"), ("tie", "b")]
        made = []
        for n, (people, judge) in enumerate(answers):
            made += [vote(f"p{n}", "r", people, a="x", b="y"), program(f"p{n}", "m", judge, a="x", b="y")]
            made += [vote(f"p{n}", "r", flip[people], a=first, b=second)]
            made += [program(f"p{n}", "m", flip[judge], a=first, b=second)]
        return made

    one, other = found_in(votes("x", "z", turned=False)), found_in(votes("z", "x", turned=True))
    assert one.kappa == other.kappa


def test_the_share_of_the_first_answer_is_over_prompts(program: VoteMaker) -> None:
    votes = [
        program("p", "m", "a", left="a"),
        program("p", "m", "b", left="b"),
        program("q", "m", "a", left="a"),
        program("q", "m", "a", left="b"),
        program("r", "m", "tie", left="b"),
        program("s", "m", "a"),
    ]
    left = present(found_in(votes).left)
    assert (left.value, left.n) == (0.75, 4)
    assert found_in([program("p", "m", "tie", left="a"), program("q", "m", "a")]).left is None


def test_win_rate_and_worth_of_length_by_pair_of_systems(vote: VoteMaker, program: VoteMaker) -> None:
    rng = np.random.default_rng(3)
    votes = []
    for n in range(60):
        difference = int(rng.integers(-50, 51))
        longer = "b" if difference + int(rng.integers(-30, 31)) > 0 else "a"
        chance = "b" if rng.random() < 0.5 else "a"
        lengths: dict[str, Any] = {"lengths": (100, 100 + difference), "a": "x", "b": "y"}
        votes += [program(f"p{n}", "m", longer, **lengths), vote(f"p{n}", "r", chance, **lengths)]
    votes += [vote("p1", "r", "a", a="x", b="z")]
    found = found_in(votes)
    (pairing,) = found.pairings
    assert (pairing.a, pairing.b) == ("x", "y")
    assert pairing.win_rate.n == 60
    assert pairing.length is not None
    assert pairing.people_length is not None
    assert pairing.length.low is not None
    assert pairing.length.low > 0
    assert pairing.people_length.low is not None
    assert pairing.people_length.low < 0
    alike = found_in([program("p", "m", "a"), program("q", "m", "a")]).pairings[0]
    assert (alike.length, alike.people_length, alike.win_rate.value) == (None, None, 0.0)


def test_every_pair_with_what_judge_and_people_say(vote: VoteMaker, program: VoteMaker) -> None:
    votes = [
        vote("p", "r", "a"),
        program("p", "m", "b", left="a"),
        program("p", "m", "b", left="b"),
        vote("q", "r", "tie"),
        program("q", "m", "b"),
        program("t", "m", "a", left="a"),
        program("t", "m", "b", left="b"),
        vote("people", "r", "a"),
    ]
    answers = judged_answers(tabulate(votes), "m")
    systems = (votes[0].a, votes[0].b)
    assert answers == (
        JudgedAnswer("p", *systems, 1, -1),
        JudgedAnswer("q", *systems, 1, 0),
        JudgedAnswer("t", *systems, 0, None),
    )
    assert [one.opposite for one in answers] == [True, False, False]


def test_shares_of_several_pairs_a_prompt_have_two_prompts_more_in_their_interval() -> None:
    hits = np.array([1.0] * 5 + [0.0])
    prompts = np.array([0, 0, 1, 1, 2, 2])
    found = present(share_of_pairs(hits, prompts, "pairs", 0.95))
    assert (found.value, found.method) == (5 / 6, T_WITH_TWO)
    # By prompt 2, 2 and 1 of 2, and then 2 and 0 of 2: the means below.
    means = np.array([1, 1, 0.5, 1, 0])
    margin = 4.302652729 * float((means.var(ddof=1) / 5) ** 0.5)
    assert found.low == pytest.approx(max(0.0, 0.7 - margin))
    assert found.high == 1.0
    one_prompt = present(share_of_pairs(hits, np.zeros(6, dtype=np.int64), "pairs", 0.95))
    assert one_prompt.low is None


A, TIE, B = -1, 0, 1


def kappa(one: list[int], other: list[int], prompts: list[int] | None = None, **more: bool) -> PromptKappa:
    codes = np.array(prompts if prompts is not None else range(len(one)), dtype=np.int64)
    options = {"both_ways": False, **more}
    return present(prompt_kappa(np.array(one), np.array(other), codes, **options))


def spread(table: dict[tuple[int, int], int]) -> tuple[list[int], list[int]]:
    pairs = [cell for cell, count in table.items() for _ in range(count)]
    return [one for one, _ in pairs], [other for _, other in pairs]


def test_kappa_by_hand() -> None:
    """Cohen's own form: 20 and 15 alike of 50, p_o = .7, p_e = .5 · .6 + .5 · .4 = .5, κ = .4."""
    found = kappa(*spread({(A, A): 20, (A, B): 5, (B, A): 10, (B, B): 15}))
    assert (found.pairs, found.prompts) == (50, 50)
    assert found.observed == pytest.approx(0.7)
    assert found.by_chance == pytest.approx(0.5)
    assert found.value == pytest.approx(0.4)


def test_kappa_of_three_answers_by_hand() -> None:
    """p_o = 6/10; p_e = .4 · .5 + .3 · .2 + .3 · .3 = .35; κ = .25/.65."""
    table = {(A, A): 3, (A, TIE): 1, (TIE, TIE): 1, (TIE, A): 1, (TIE, B): 1, (B, B): 2, (B, A): 1}
    found = kappa(*spread(table))
    assert found.by_chance == pytest.approx(0.35)
    assert found.value == pytest.approx(0.25 / 0.65)


def test_both_ways_what_is_called_a_does_not_matter() -> None:
    one, other = [A, A, A, B, TIE, A, A, B, A, B], [A, B, A, B, TIE, A, TIE, B, A, A]
    turned = [-x if n % 2 else x for n, x in enumerate(one)]
    others = [-x if n % 2 else x for n, x in enumerate(other)]
    assert kappa(one, other, both_ways=True) == kappa(turned, others, both_ways=True)
    # Both tables together: each answer is used by both alike, a and b as often.
    assert kappa(one, other, both_ways=True).observed == pytest.approx(0.7)
    assert kappa(one, other, both_ways=True).by_chance == pytest.approx(2 * 0.45 * 0.4 + 0.1 * 0.2)


def test_the_interval_is_the_jackknife_with_two_prompts_more() -> None:
    one, other = spread({(A, A): 20, (A, B): 5, (B, A): 10, (B, B): 15})
    found = kappa(one, other)
    # Answers are used (.55, .45): one more prompt alike so, and one with .5 in each of the two corners.
    cells = np.array([20.55, 5.5, 10.5, 15.45])
    single = [(20, [1, 0, 0, 0]), (5, [0, 1, 0, 0]), (10, [0, 0, 1, 0]), (15, [0, 0, 0, 1])]
    more = [(1, [0.55, 0, 0, 0.45]), (1, [0, 0.5, 0.5, 0])]

    def of(aa: float, ab: float, ba: float, bb: float) -> float:
        n = aa + ab + ba + bb
        chance = ((aa + ab) * (aa + ba) + (ba + bb) * (ab + bb)) / n**2
        return ((aa + bb) / n - chance) / (1 - chance)

    left = np.repeat([of(*(cells - gone)) for _, gone in single + more], [n for n, _ in single + more])
    variance = 51 / 52 * float(((left - left.mean()) ** 2).sum())
    margin = 2.0075837681 * variance**0.5  # t of 51 degrees of freedom
    assert found.low == pytest.approx(of(*cells) - margin)
    assert found.high == pytest.approx(of(*cells) + margin)


def test_pairs_of_one_prompt_count_as_one_prompt() -> None:
    one, other = spread({(A, A): 20, (A, B): 5, (B, A): 10, (B, B): 15})
    apart, together = kappa(one, other), kappa(one * 3, other * 3, [*range(50)] * 3)
    assert (together.pairs, together.prompts) == (150, 50)
    assert (together.value, together.low, together.high) == pytest.approx(
        (apart.value, apart.low, apart.high)
    )


def test_there_is_no_interval_where_it_would_mislead() -> None:
    few = kappa([A, B] * 4, [A, B] * 4)
    assert (few.value, few.low, few.prompts) == (1.0, None, 8)
    assert few.prompts < LEAST_KAPPA_PROMPTS
    # Nearly all say b: of 40 prompts chance would have 40 · .05 · .05 be alike for a.
    one_sided = kappa(*spread({(A, A): 1, (A, B): 1, (B, A): 1, (B, B): 37}))
    assert one_sided.value == pytest.approx((38 / 40 - (0.95**2 + 0.05**2)) / (1 - (0.95**2 + 0.05**2)))
    assert (one_sided.low, one_sided.high) == (None, None)


def test_nothing_varies_and_nothing_is_there() -> None:
    alike = kappa([B] * 20, [B] * 20)
    assert (alike.value, alike.low, alike.observed, alike.by_chance) == (None, None, 1.0, 1.0)
    nobody = np.array([], dtype=np.int64)
    assert prompt_kappa(nobody, nobody, nobody, both_ways=False) is None


def test_the_interval_holds_kappa_and_stays_in_bounds() -> None:
    found = kappa([A, B] * 10, [A, B] * 10)
    assert found.value == 1.0
    assert found.low is not None
    assert found.low < 0.9
    assert found.high == 1.0


@pytest.mark.parametrize(("high", "level"), [(9, "ordinal"), (10, "interval"), (100, "interval")])
def test_numbers_agree_by_their_order_or_by_their_squared_differences(high: int, level: str) -> None:
    rows = np.random.default_rng(5).integers(1, high + 1, (40, 3))
    rows[:, 1] = rows[:, 0]
    given = [Rating(unit // 2, unit, int(value)) for unit, row in enumerate(rows) for value in row]
    alone = Rating("alone", "alone", 1)  # one number of a unit says nothing on agreement
    found = rating_agreement([*given, alone], 1, high, np.random.default_rng(1))
    assert (found.units, found.clusters, found.level_of) == (40, 20, level)
    if level == "ordinal":
        expected = krippendorff_alpha(rows.astype(np.float64), "ordinal")
    else:
        within = sum(float((row[:, None] - row[None]).__pow__(2).sum()) / 2 for row in rows) / rows.size
        every = rows.ravel()
        of_any = float(((every[:, None] - every[None]) ** 2).sum()) / (rows.size * (rows.size - 1))
        expected = 1 - within / of_any
    assert found.alpha == pytest.approx(expected)
    ends = present(found.interval)
    assert present(ends.low) < present(found.alpha) < present(ends.high)


def test_numbers_that_are_all_equal_have_no_agreement() -> None:
    for high in (5, 100):
        given = [Rating(unit, unit, 3) for unit in range(9) for _ in range(2)]
        found = rating_agreement(given, 1, high, np.random.default_rng(1))
        assert (found.units, found.alpha, found.interval) == (9, None, None)
        assert rating_agreement([], 1, high, np.random.default_rng(1)).units == 0
