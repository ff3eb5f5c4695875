"""How often a word of comments is named by chance, and how often one that speaks for a side is found.

    python benchmarks/comment_words.py

Raters comment on a part of the pairs that they judge. A prompt's lean has a standard deviation of 1 logit, a
rater's 0.3 or 1.5; one judgment in five is a tie. Each of 60 words has its own rate, which differs by rater
(*rater words*), by prompt (*topic words*), or both, with a standard deviation of 1.5 logits. In studies
without a difference, no word depends on the verdict. `words_by_side` is compared with two other rules:
chi-squared over comments with Holm's correction, and permutation of each rater's verdicts one by one.

Printed as Markdown for docs/explanation/reasons.md. Exits with 1 if a rate of `words_by_side` in
studies without a difference is above 5% by more than its error.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from ftcompare.stats.comment_words import ALPHA, words_by_side
from ftcompare.stats.multiple_comparisons import holm

Comments = tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]
WORDS, TIES, SD = 60, 0.2, 1.5
DESIGNS = (
    (77, 3, 3, 0.4),
    (77, 3, 3, 1.0),
    (77, 5, 5, 0.5),
    (200, 5, 5, 0.3),
    (231, 10, 1, 0.6),
)
"""Prompts, raters, judgments of each prompt, and the share of judgments with a comment."""


def comments(
    rng: np.random.Generator,
    design: tuple[int, int, int, float],
    *,
    rater_words: bool = True,
    topic_words: bool = True,
    ahead: float = 0.0,
    rater_sd: float = 1.5,
    odds: float = 0.0,
) -> Comments:
    """Simulate the comments of a study; the first word has log odds higher by `odds` for b, lower for a."""
    prompts, raters, each, share = design
    prompt = np.repeat(np.arange(prompts), each)
    rater = np.arange(prompts * each) % raters
    lean = ahead + rng.normal(0, 1, prompts)[prompt] + rng.normal(0, rater_sd, raters)[rater]
    verdict = np.where(rng.random(len(prompt)) < 1 / (1 + np.exp(-lean)), 1.0, -1.0)
    verdict[rng.random(len(prompt)) < TIES] = 0.0
    # people comment more often on pairs with a winner, and raters differ in how often
    wish = np.log(share / (1.001 - share)) + rng.normal(0, 0.7, raters)[rater] + 0.5 * np.abs(verdict)
    own = rng.random(len(prompt)) < 1 / (1 + np.exp(-wish))
    rate = rng.normal(-2.2, 1, WORDS)
    logit = np.tile(rate, (len(prompt), 1))
    logit += rater_words * rng.normal(0, SD, (raters, WORDS))[rater]
    logit += topic_words * rng.normal(0, SD, (prompts, WORDS))[prompt]
    logit[:, 0] = logit[:, 0] - rate[0] - 1.5 + odds * verdict
    words = rng.random(logit.shape) < 1 / (1 + np.exp(-logit))
    return verdict[own], prompt[own], rater[own], words[own]


def by_prompts(given: Comments, rng: np.random.Generator) -> set[int]:
    return {one.word for one in words_by_side(*given, rng=rng) if one.p <= ALPHA}


def chi_squared(given: Comments, _rng: np.random.Generator) -> set[int]:
    verdict, _, _, words = given
    p_values = []
    for column in words.T:
        table = [[np.sum(side & used) for used in (column, ~column)] for side in (verdict > 0, verdict < 0)]
        usable = np.all(np.sum(table, axis=0) > 0) and np.all(np.sum(table, axis=1) > 0)
        p_values.append(float(stats.chi2_contingency(table)[1]) if usable else 1.0)
    return {word for word, p in enumerate(holm(p_values)) if p <= ALPHA}


def by_comments(given: Comments, rng: np.random.Generator) -> set[int]:
    """Each rater's verdicts permuted, as if every comment were on a prompt of its own."""
    verdict, prompt, rater, words = given
    alone = np.arange(len(prompt))
    return {one.word for one in words_by_side(verdict, alone, rater, words, rng=rng) if one.p <= ALPHA}


RULES: dict[str, Callable[[Comments, np.random.Generator], set[int]]] = {
    "whole prompts of the same raters": by_prompts,
    "chi-squared": chi_squared,
    "verdicts of each rater": by_comments,
}
WORLDS: dict[str, dict[str, Any]] = {
    "rater words": {"topic_words": False},
    "topic words": {"rater_words": False},
    "both": {},
    "both, b ahead by 0.8": {"ahead": 0.8},
}


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--studies", type=int, default=400)
    studies, far = parser.parse_args().studies, False
    few, rng = max(1, studies // 4), np.random.default_rng(7)
    names = [f"{p} prompts, {r} raters, {k} a prompt, {s:.0%} with a comment" for p, r, k, s in DESIGNS]
    print("| rule | words | " + " | ".join(names) + " |\n|---|---|" + "---|" * len(DESIGNS))
    for rule, named in RULES.items():
        for world, kind in WORLDS.items():
            cells, own = [], named is by_prompts
            times = studies if own else few
            for design in DESIGNS:
                some = sum(bool(named(comments(rng, design, **kind), rng)) for _ in range(times))
                far |= own and some > 0.05 * times + 3 * np.sqrt(0.05 * times)
                cells.append(f"{some / times:.1%}")
            print(f"| {rule} | {world} | " + " | ".join(cells) + " |", flush=True)
    print("\n| odds for b over a | " + " | ".join(names) + " |\n|---|" + "---|" * len(DESIGNS))
    for odds in (2, 4, 8):
        cells = []
        for design in DESIGNS:
            found, other = 0, 0
            for _ in range(few):
                words = by_prompts(comments(rng, design, odds=np.log(odds) / 2, rater_sd=0.3), rng)
                found, other = found + (0 in words), other + bool(words - {0})
            cells.append(f"{found / few:.0%} / {other / few:.0%}")
        print(f"| {odds} to 1 | " + " | ".join(cells) + " |", flush=True)
    return int(far)


if __name__ == "__main__":
    sys.exit(main())
