"""Words and phrases of two systems over the same prompts."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from ftcompare.terms.ngrams import ngram_counts
from ftcompare.terms.phrase_differences import LEAST_DISCORDANT, PairedPresence, paired_presence, phrase_tests


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
