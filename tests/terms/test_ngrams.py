"""Words and phrases in many texts, and of two systems over the same prompts."""

from __future__ import annotations

import math
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from ftcompare.terms.keyness import (
    clopper_pearson,
    log_likelihood,
    log_odds,
    log_ratio,
    log_ratio_bound,
    log_ratio_interval,
    mcnemar,
    mcnemar_of_each,
)
from ftcompare.terms.ngrams import (
    LEAST_DISCORDANT,
    LONGEST,
    PairedPresence,
    Phrase,
    ngram_counts,
    paired_presence,
    phrase_keys,
    phrase_tests,
    phrase_uses,
)
from ftcompare.terms.tokens import split_words, words
from ftcompare.terms.word_diff import word_diff

TEXTS = st.lists(
    st.lists(st.sampled_from(["a", "b", "B", "c", ". ", ", ", "\n\n", "d"]), max_size=12).map(" ".join),
    max_size=6,
)


def counted(texts: list[str], least: int = 1) -> dict[str, dict[int, int]]:
    """How often each phrase stands in which text."""
    found = ngram_counts(texts, least)
    told: dict[str, dict[int, int]] = {}
    for gram, text, count in zip(found.gram.tolist(), found.text.tolist(), found.count.tolist(), strict=True):
        told.setdefault(found.phrase(gram).text, {})[text] = count
    return told


def one_by_one(texts: list[str], least: int) -> dict[tuple[str, ...], dict[int, int]]:
    """All n-grams in enough texts but those that always stand within a longer one."""
    told: dict[tuple[str, ...], dict[int, int]] = {}
    for number, text in enumerate(texts):
        for part in text.replace(", ", ". ").replace("\n\n", ". ").split("."):
            keys = [word.text.casefold() for word in words(part)]
            for n in range(1, LONGEST + 1):
                for at in range(len(keys) - n + 1):
                    counts = told.setdefault(tuple(keys[at : at + n]), {})
                    counts[number] = counts.get(number, 0) + 1
    frequent = {gram: counts for gram, counts in told.items() if len(counts) >= least}
    uses = {gram: sum(counts.values()) for gram, counts in frequent.items()}
    within = {part for gram in frequent for part in (gram[1:], gram[:-1]) if uses.get(part) == uses[gram]}
    return {gram: counts for gram, counts in frequent.items() if gram not in within}


@settings(deadline=None)
@given(TEXTS, st.integers(1, 3))
def test_counts_are_those_of_counting_one_by_one(texts: list[str], least: int) -> None:
    found = ngram_counts(texts, least)
    phrases = [found.phrase(gram).keys for gram in range(len(found))]
    told: dict[tuple[str, ...], dict[int, int]] = {keys: {} for keys in phrases}
    for gram, text, count in zip(found.gram.tolist(), found.text.tolist(), found.count.tolist(), strict=True):
        told[phrases[gram]][text] = count
    assert told == one_by_one(texts, least)
    assert found.size.tolist() == [len(words(text)) for text in texts]


@settings(deadline=None)
@given(TEXTS)
def test_the_uses_of_a_phrase_are_as_many_as_are_counted(texts: list[str]) -> None:
    found = ngram_counts(texts)
    uses = Counter[int]()
    for gram, count in zip(found.gram.tolist(), found.count.tolist(), strict=True):
        uses[gram] += count
    for gram in range(len(found)):
        keys = found.phrase(gram).keys
        assert sum(1 for text in texts for _ in phrase_uses(text, keys)) == uses[gram]


def test_a_phrase_is_shown_as_it_is_written_most_often() -> None:
    texts = ["ECG and beta-blocker.", "An ECG; the beta-blocker", "ecg. Beta blocker? Crohn\u2019s disease"]
    assert counted(texts)["beta-blocker"] == {0: 1, 1: 1, 2: 1}
    assert counted(texts)["ECG"] == {0: 1, 1: 1, 2: 1}
    assert "Crohn\u2019s disease" in counted(texts)


def test_a_capital_that_only_begins_sentences_is_not_shown() -> None:
    assert set(counted(["It is", "It is", "is it so? AI", "AI. Ai"], 2)) == {"it is", "it", "is", "AI"}


def test_markdown_and_line_ends_are_no_end_of_a_phrase_but_sentences_are() -> None:
    texts = [
        "**Atrial** fibrillation",
        "atrial\nfibrillation",
        "atrial. Fibrillation",
        "atrial\n\nfibrillation",
    ]
    assert counted(texts, 2)["Atrial fibrillation".casefold()] == {0: 1, 1: 1}


def test_scripts_without_spaces_are_counted_by_their_characters() -> None:
    assert counted(["心房細動", "心房"], 2) == {"心房": {0: 1, 1: 1}}


def test_where_a_phrase_stands_is_told_by_characters() -> None:
    text = "The heart, the HEART-beat and a heart\u2009beat."
    assert [text[s:e] for s, e in phrase_uses(text, phrase_keys("heart beat"))] == [
        "HEART-beat",
        "heart\u2009beat",
    ]


def test_no_texts_have_no_words() -> None:
    assert len(ngram_counts([])) == len(ngram_counts(["", "..."])) == 0


def test_counting_tells_how_far_it_is_and_can_be_given_up() -> None:
    told: list[float] = []
    ngram_counts(["a"] * 120, progress=told.append)
    assert told == [0, 50 / 120, 100 / 120]

    def stop(_: float) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        ngram_counts(["a"], progress=stop)


def test_a_phrase_keeps_keys_and_spelling() -> None:
    found = ngram_counts(["An ECG."])
    assert [found.phrase(gram) for gram in range(len(found))] == [Phrase(("an", "ecg"), "An ECG")]


@given(
    st.text(
        alphabet="abZ09\u00e9_'\u2019\u02bc s-\u2013.,\u03c9\u0416\u00ad\u0301\u200d\u4e00\u30fc", max_size=14
    )
)
def test_split_words_are_the_words_with_what_stands_between(text: str) -> None:
    found, gaps = split_words(text)
    assert found == [word.text for word in words(text)]
    assert "".join(gap + word for gap, word in zip(gaps, [*found, ""], strict=True)) == text


def presence(pairs: list[tuple[str, str]]) -> tuple[list[str], PairedPresence]:
    """Of two answers to each prompt: the words, and where they stand."""
    counts = ngram_counts([text for pair in pairs for text in pair])
    number = np.arange(2 * len(pairs))
    found = paired_presence(counts, number // 2, number % 2 == 1)
    return [counts.phrase(gram).text for gram in range(len(counts))], found


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(*[st.lists(st.sampled_from("abc"), max_size=4).map(". ".join)] * 2), min_size=1, max_size=8
    )
)
def test_presence_and_uses_are_summed_by_prompt(pairs: list[tuple[str, str]]) -> None:
    phrases, found = presence(pairs)
    for gram, word in enumerate(phrases):
        uses = [tuple(text.split(". ").count(word) for text in pair) for pair in pairs]
        assert found.first_only[gram] == sum(1 for a, b in uses if a and not b)
        assert found.second_only[gram] == sum(1 for a, b in uses if b and not a)
        assert found.both[gram] == sum(1 for a, b in uses if a and b)
        assert (found.first_uses[gram], found.second_uses[gram]) == tuple(map(sum, zip(*uses, strict=True)))
        assert sorted(found.leads(gram).tolist()) == sorted(b - a for a, b in uses if a != b)


def test_only_words_of_which_enough_prompts_can_tell_are_tested() -> None:
    pairs = [
        ("both. lost" if n < 9 else "both", "both. new" if n < LEAST_DISCORDANT else "both. rare")
        for n in range(LEAST_DISCORDANT + 5)
    ]
    phrases, found = presence(pairs)
    tests = phrase_tests(found)
    assert {phrases[gram] for gram in tests.gram} == {"lost", "new"}
    p = {phrases[gram]: value for gram, value in zip(tests.gram.tolist(), tests.p.tolist(), strict=True)}
    assert p == {"lost": pytest.approx(2 / 2**9), "new": pytest.approx(2 / 2**LEAST_DISCORDANT)}
    assert tests.q.tolist() == pytest.approx(stats.false_discovery_control(tests.p).tolist())
    assert np.isneginf(tests.low).sum() == np.isposinf(tests.high).sum() == 1


def test_several_answers_to_a_prompt_are_one_prompt() -> None:
    counts = ngram_counts(["a", "b", "", "a. a"])
    found = paired_presence(counts, np.array([0, 0, 0, 0]), np.array([False, True, False, True]))
    by_word = {counts.phrase(gram).text: gram for gram in range(len(counts))}
    assert found.both[by_word["a"]] == 1
    assert found.leads(by_word["a"]).tolist() == [1]
    assert found.second_only[by_word["b"]] == 1


def test_where_nothing_can_be_tested_nothing_is() -> None:
    tests = phrase_tests(presence([("a", "b")])[1])
    assert len(tests.gram) == len(tests.p) == len(tests.q) == len(tests.low) == 0


# Keyness measures, against published figures.


@pytest.mark.parametrize(
    ("k", "n", "expected"),
    [
        (81, 263, (0.2527, 0.3676)),
        (15, 148, (0.0578, 0.1617)),
        (0, 20, (0, 0.1684)),
        (1, 29, (0.0009, 0.1776)),
        (20, 20, (1 - 0.1684, 1)),
    ],
)
def test_clopper_pearson(k: int, n: int, expected: tuple[float, float]) -> None:
    assert clopper_pearson(k, n) == pytest.approx(expected, abs=5e-5)


def test_log_ratio_bound_of_the_design_page_turns_with_the_sides() -> None:
    assert log_ratio_bound(100, 10_000, 20, 10_000) == pytest.approx(1.619, abs=5e-4)
    assert log_ratio_bound(100, 10_000, 20, 10_000, tests=1000) == pytest.approx(0.979, abs=5e-4)
    assert log_ratio_bound(30, 10_000, 0, 10_000) == pytest.approx(2.934, abs=5e-4)
    assert log_ratio_bound(5, 10_000, 0, 10_000) == 0
    assert log_ratio_bound(20, 900, 100, 800) == pytest.approx(-log_ratio_bound(100, 800, 20, 900))
    assert log_ratio_bound(0, 900, 30, 900) == pytest.approx(-2.934, abs=5e-4)
    assert log_ratio_bound(0, 900, 0, 900) == 0


def test_exact_mcnemar_is_the_binomial_test_of_the_discordant_pairs() -> None:
    assert mcnemar(121, 59) == pytest.approx(2 * stats.binom.cdf(59, 180, 0.5))
    assert mcnemar(0, 6) == pytest.approx(2 / 64)
    assert mcnemar(4, 4) == 1
    assert mcnemar(0, 0) == 1


def test_log_ratio_is_of_frequencies_and_finite() -> None:
    assert log_ratio(40, 1000, 10, 500) == pytest.approx(math.log2(40.5 / 10.5) - 1)
    assert log_ratio(0, 50, 0, 50) == 0
    assert log_ratio(7, 50, 0, 50) == -log_ratio(0, 50, 7, 50) == pytest.approx(math.log2(15))


@given(st.lists(st.tuples(st.integers(0, 400), st.integers(0, 400)), min_size=1, max_size=8))
def test_many_mcnemar_tests_at_once_are_the_binomial_tests(pairs: list[tuple[int, int]]) -> None:
    found = mcnemar_of_each(np.array([a for a, _ in pairs]), np.array([b for _, b in pairs]))
    expected = [stats.binomtest(a, a + b).pvalue if a + b else 1.0 for a, b in pairs]
    assert found == pytest.approx(expected, rel=1e-9)


def test_log_odds_of_the_design_page() -> None:
    first = ["the", "quick", "brown", "fox", "jumps", "over", "the", "lazy", "pig"]
    second = ["the", "lazy", "purple", "pig", "jumps", "over", "the", "lazier", "donkey"]
    words = sorted({*first, *second})
    counts = [np.array([text.count(word) for word in words]) for text in (first, second)]
    z = log_odds(counts[1], 9, counts[0], 9, prior=0.05, prior_total=0.05 * len(words))
    of = dict(zip(words, z.tolist(), strict=True))
    assert of["brown"] == pytest.approx(0.6894228, abs=5e-8)
    assert of["purple"] == pytest.approx(-0.6894228, abs=5e-8)
    assert of["the"] == 0


def test_log_likelihood_of_the_design_page() -> None:
    assert log_likelihood(np.array([52]), 50_000, np.array([57]), 75_000)[0] == pytest.approx(
        2.6517, abs=5e-5
    )
    assert log_likelihood(np.array([0]), 10, np.array([0]), 10)[0] == 0


def ends(first_only: int, second_only: int, both: int) -> tuple[float, float]:
    low, high = log_ratio_interval(np.array([first_only]), np.array([second_only]), np.array([both]))
    return float(low[0]), float(high[0])


def test_the_interval_of_a_ratio_of_paired_shares_is_that_of_bonett_and_price() -> None:
    """1, 1, 7 and 12 of 21 children: the data of Bentur et al. 2009 that Fagerland, Lydersen & Laake use."""
    low, high = ends(1, 7, 1)
    assert (2**-high, 2**-low) == pytest.approx((0.068, 0.923), abs=5e-4)


@given(st.integers(0, 300), st.integers(0, 300), st.integers(0, 300))
def test_the_interval_holds_the_ratio_and_turns_with_the_sides(first: int, second: int, both: int) -> None:
    if first + second + both == 0:
        return
    low, high = ends(first, second, both)
    assert low <= log_ratio(second + both, 1, first + both, 1) <= high
    assert ends(second, first, both) == pytest.approx((-high, -low))


def test_what_one_system_never_uses_has_an_interval_without_an_end() -> None:
    low, high = ends(0, 12, 0)
    assert 0 < low < math.log2(25)
    assert high == math.inf


@given(st.integers(0, 60), st.integers(0, 60), st.integers(0, 200))
def test_a_term_that_may_be_told_as_different_has_an_interval_without_0(
    first: int, second: int, both: int
) -> None:
    if mcnemar(first, second) < 0.05:
        low, high = ends(first, second, both)
        assert low > 0 or high < 0


# Which words of two answers differ.


def sides(left: str, right: str) -> tuple[list[str], list[str]]:
    found = word_diff(left, right)
    return [left[a:b] for a, b in found.left], [right[a:b] for a, b in found.right]


@pytest.mark.parametrize(
    ("left", "right", "only_left", "only_right"),
    [
        ("The heart attack was bad", "The infarction was bad", ["heart attack"], ["infarction"]),
        ("One, two three", "one two, Three.", [], []),
        ("a b c", "a c", ["b"], []),
        ("", "all new", [], ["all new"]),
        ("all gone", "", ["all gone"], []),
        ("", "", [], []),
        ("x\r\n😀 cafe\u0301 y", "x 😀 caf\u00e9 z", ["y"], ["z"]),
    ],
)
def test_words_of_one_side(left: str, right: str, only_left: list[str], only_right: list[str]) -> None:
    assert sides(left, right) == (only_left, only_right)


@given(
    *[
        st.lists(st.sampled_from(["a", "b", "c", "😀", "e\u0301", "\r\n", " ", ","]), max_size=25).map(
            " ".join
        )
    ]
    * 2
)
def test_what_is_left_over_is_the_same_on_both_sides(left: str, right: str) -> None:
    found = word_diff(left, right)
    rest = []
    for text, spans in ((left, found.left), (right, found.right)):
        assert all(a < b <= len(text) for a, b in spans)
        assert all(before.end < after.start for before, after in pairwise(spans))
        rest.append([w.text for w in words(text) if not any(a <= w.start < b for a, b in spans)])
    assert rest[0] == rest[1]
