"""How often words and phrases are told as used differently that are not, and how often true ones are found.

    python benchmarks/false_term_finds.py [--studies 400] [--prompts 20 77 200 1000]

Two systems answer the same prompts in made-up words: some words are of every answer, some of a prompt's
topic, and whole stock sentences come and go, so that words and phrases are used together. Without a
difference both systems write by the same rule. With one, the second uses some words of its own, which take
the place of others of the first. The rule is the product's: `ngram_counts`, `paired_presence`,
`phrase_tests`, q < .05.

Printed for each number of prompts:
- without a difference: the share of studies with any find (all are false), with its Monte-Carlo error;
- with a difference: the false discovery rate, mean of false finds / finds (0 without a find), where a find is
  true if it holds a word that the systems use differently; the share of the altered words that are found;
- the same when all words in at least one answer are tested, and when only those used by the second system on
  at least 6 prompts are, which is a choice by what is tested;
- coverage of the 95% interval of the log ratio (Bonett & Price), for shares of the two systems.

Exits with 1 if false finds exceed 5% by more than two Monte-Carlo errors, or coverage is below 93%.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections.abc import Iterator
from itertools import accumulate
from random import Random

import numpy as np
import scipy
from machine import machine

from ftcompare.terms.keyness import log_ratio_interval, mcnemar_of_each
from ftcompare.terms.ngrams import (
    LEAST_DISCORDANT,
    NgramCounts,
    PairedPresence,
    ngram_counts,
    paired_presence,
    phrase_tests,
)

LEVEL = 0.05
VOCABULARY, TOPICS, STOCK = 3000, 40, 12
WORDS_IN_ANSWER = (30, 90)
ALTERED = 12
RULES = ("as built", "every word tested", "chosen by the second system")
LEAST_COVERAGE = 0.93


def main() -> int:
    """Simulate and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--studies", type=int, default=400)
    parser.add_argument("--prompts", type=int, nargs="+", default=[20, 77, 200, 1000])
    chosen = parser.parse_args()
    print(f"machine: {machine()}; {chosen.studies} studies each, q < {LEVEL}")
    held = [told(prompts, chosen.studies) for prompts in chosen.prompts]
    held += [coverage(*cell, repetitions=20 * chosen.studies) for cell in cells(chosen.prompts)]
    print("the rule holds" if all(held) else "THE RULE DOES NOT HOLD")
    return 0 if all(held) else 1


def told(prompts: int, studies: int) -> bool:
    """One line for each rule; whether the product's holds."""
    rng, held = Random(prompts), True
    none = [outcomes(rng, prompts, altered=0) for _ in range(studies)]
    some = [outcomes(rng, prompts, altered=ALTERED) for _ in range(studies)]
    for place, rule in enumerate(RULES):
        null = [bool(study[place][0]) for study in none]
        false = [study[place][1] / max(1, study[place][0]) for study in some]
        power = sum(study[place][2] for study in some) / (ALTERED * studies)
        tested = sum(study[place][3] for study in none) / studies
        rates = (sum(null) / studies, sum(false) / studies)
        errors = tuple(math.sqrt(max(rate * (1 - rate), 1 / studies) / studies) for rate in rates)
        print(
            f"{prompts:,} prompts, {rule} ({tested:,.0f} tests): without a difference {rates[0]:.1%} "
            f"(± {errors[0]:.1%}) of studies with a find; with one, false discoveries {rates[1]:.1%}, "
            f"altered words found {power:.1%}",
            flush=True,
        )
        if place == 0:
            held = all(rate <= LEVEL + 2 * error for rate, error in zip(rates, errors, strict=True))
    return held


def outcomes(rng: Random, prompts: int, *, altered: int) -> list[tuple[int, int, int, int]]:
    """Of one study, by rule: finds, false ones, altered words found, tests."""
    texts = [text for answers in study(rng, prompts, altered) for text in answers]
    counts = ngram_counts(texts, LEAST_DISCORDANT)
    number = np.arange(len(texts))
    found = paired_presence(counts, number // 2, number % 2 == 1)
    tests = phrase_tests(found)
    by_rule = (
        (tests.gram, tests.q),
        by_bh(found, found.first_only + found.second_only + found.both > 0),
        by_bh(found, found.second_only + found.both >= LEAST_DISCORDANT),
    )
    return [(*outcome(counts, grams[q < LEVEL]), len(grams)) for grams, q in by_rule]


def by_bh(found: PairedPresence, kept: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Numbers and q of the words that another rule tests."""
    grams = np.flatnonzero(kept)
    p = mcnemar_of_each(found.first_only[grams], found.second_only[grams])
    return grams, scipy.stats.false_discovery_control(p) if len(p) else p


def outcome(counts: NgramCounts, finds: np.ndarray) -> tuple[int, int, int]:
    """Finds, those without any altered word, and the altered words among their words."""
    keys = [counts.phrase(int(gram)).keys for gram in finds]
    true = [{key for key in each if key.startswith("altered")} for each in keys]
    words = {key for each in true for key in each if key.endswith("new")}
    return len(keys), sum(not each for each in true), len(words)


def study(rng: Random, prompts: int, altered: int) -> Iterator[tuple[str, str]]:
    """The two answers to each prompt."""
    common = [f"w{n}" for n in range(VOCABULARY)]
    steps = list(accumulate(1 / (n + 2) for n in range(VOCABULARY)))
    topics = [rng.sample(common, 25) for _ in range(TOPICS)]
    stock = [" ".join(rng.choices(common, steps, k=8)) for _ in range(STOCK)]
    habits = [rng.random() * 0.6 for _ in stock]
    for number in range(prompts):
        topic = topics[number % TOPICS]
        answers = []
        for second in (False, True):
            sentences = []
            for _ in range(rng.randint(*WORDS_IN_ANSWER) // 10):
                words = rng.choices(common, cum_weights=steps, k=6) + rng.choices(topic, k=4)
                sentences.append(" ".join(rng.sample(words, len(words))))
            sentences += [text for text, habit in zip(stock, habits, strict=True) if rng.random() < habit]
            sentences += [altered_word(word, second=second) for word in range(altered) if rng.random() < 0.15]
            rng.shuffle(sentences)
            answers.append(". ".join(sentences))
        yield answers[0], answers[1]


def altered_word(word: int, *, second: bool) -> str:
    """The word that the second system has learnt stands where the first has another."""
    return f"altered{word}{'new' if second else 'old'}"


def cells(prompts: list[int]) -> Iterator[tuple[int, float, float, float]]:
    """Prompts, the shares of them with a word by the first and by the second system, how they go together."""
    for n in prompts:
        for first, second in ((0.02, 0.02), (0.05, 0.2), (0.1, 0.1), (0.3, 0.5), (0.8, 0.9)):
            for together in (0.0, 0.5):
                yield n, first, second, together


def coverage(prompts: int, first: float, second: float, together: float, *, repetitions: int) -> bool:
    """Print how often the interval holds the true ratio, of words that are tested; whether often enough."""
    rng = np.random.default_rng(prompts)
    both = first * second + together * (min(first, second) - first * second)
    shares = [first - both, second - both, both, 1 - first - second + both]
    drawn = rng.multinomial(prompts, shares, repetitions)
    drawn = drawn[drawn[:, 0] + drawn[:, 1] >= LEAST_DISCORDANT]
    if len(drawn) < repetitions / 20:
        return True
    low, high = log_ratio_interval(drawn[:, 0], drawn[:, 1], drawn[:, 2])
    true = math.log2(second / first)
    held = float(np.mean((low <= true) & (true <= high)))
    print(
        f"{prompts:,} prompts, shares {first:.0%} and {second:.0%}, together {together:.0%}: "
        f"tested in {len(drawn) / repetitions:.0%}, the interval holds the ratio in {held:.1%}"
    )
    return held >= LEAST_COVERAGE


if __name__ == "__main__":
    sys.exit(main())
