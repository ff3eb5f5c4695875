"""How often the intervals of refusal rates and of their paired differences hold the truth, near 0 and 1.

    python benchmarks/safety_rates.py

Nothing is drawn: an answer declines or does not, so that every possible study of so many prompts is counted
with its chance. A rate's interval is the product's (`mean_interval`, two prompts added); beside it stand
Student's t without them and Wilson's. Of a pair, a share of the prompts is declined by the first system alone
and a share by the second alone; the product's interval (`difference_interval`, two prompts added) stands
beside Student's t. A prompt counts once: framings of one request are other prompts that are alike, which this
does not model, as no simulation of independent prompts does.

Printed as Markdown for docs/explanation/checks-and-safety.md. Exits with 1 where an interval of the product,
from the number of prompts on that it asks for, holds the truth in less than 93% of studies.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator

import numpy as np
from scipy import stats

from ftcompare.stats.paired_difference import LEAST_COMPARED, difference_interval, mean_interval
from ftcompare.stats.win_rate import wilson

RATES = (0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 1.0)
"""A rate of 1 - r is its mirror image."""
ALONE = ((0.0, 0.0), (0.01, 0.0), (0.01, 0.01), (0.05, 0.0), (0.05, 0.01), (0.2, 0.0), (0.3, 0.1))
"""Shares of prompts that the first system alone declines, and the second alone."""
PROMPTS = (10, 20, 60, 120)
LEVEL, LEAST_HELD, UNLIKELY = 0.95, 93.0, 1e-9


def main() -> int:
    """Count and print."""
    missed = [*_print_rates(), *_print_pairs()]
    print("\nEvery cell holds its bound." if not missed else f"\nCELLS THAT MISS: {'; '.join(missed)}.")
    return 1 if missed else 0


def _print_rates() -> Iterator[str]:
    print("| prompts | true rate | two added | t alone | Wilson | mean width |")
    print("|---|---|---|---|---|---|")
    for prompts in PROMPTS:
        for rate in RATES:
            held, plain, score, width = _of_rate(prompts, rate)
            print(f"| {prompts} | {rate:.1%} | {held:.1f}% | {plain:.1f}% | {score:.1f}% | {width:.2f} |")
            if prompts >= LEAST_COMPARED and held < LEAST_HELD:
                yield f"rate {rate}, {prompts} prompts"


def _of_rate(prompts: int, rate: float) -> tuple[float, float, float, float]:
    """Per cent that holds the truth with two prompts added, without, by Wilson; mean width of the first."""
    found = np.zeros(4)
    for declined, chance in enumerate(stats.binom.pmf(np.arange(prompts + 1), prompts, rate)):
        values = [1.0] * declined + [0.0] * (prompts - declined)
        spans = (
            mean_interval(values, LEVEL),
            mean_interval(values, LEVEL, ends=False),
            wilson(declined, prompts, LEVEL),
        )
        found += chance * np.array([*(_holds(span, rate) for span in spans), spans[0][1] - spans[0][0]])
    return (100 * found[0], 100 * found[1], 100 * found[2], found[3])


def _print_pairs() -> Iterator[str]:
    print("\n| prompts | first alone | second alone | two added | t alone | mean width |")
    print("|---|---|---|---|---|---|")
    for prompts in PROMPTS:
        for first, second in ALONE:
            held, plain, width = _of_pair(prompts, first, second)
            print(f"| {prompts} | {first:.0%} | {second:.0%} | {held:.1f}% | {plain:.1f}% | {width:.2f} |")
            if prompts >= LEAST_COMPARED and held < LEAST_HELD:
                yield f"{first} and {second} alone, {prompts} prompts"


def _of_pair(prompts: int, first: float, second: float) -> tuple[float, float, float]:
    """Per cent that holds the truth with two prompts added and without; mean width of the first."""
    found, truth = np.zeros(3), second - first
    law = stats.multinomial(prompts, [first, second, 1 - first - second])
    for a in range(prompts + 1):
        for b in range(prompts + 1 - a):
            chance = float(law.pmf([a, b, prompts - a - b]))
            if chance > UNLIKELY:
                differences = np.array([-1.0] * a + [1.0] * b + [0.0] * (prompts - a - b))
                span = difference_interval(differences, LEVEL, two_more=True)
                plain = difference_interval(differences, LEVEL, two_more=False)
                held = (_holds(span, truth), _holds(plain, truth), span[1] - span[0])
                found += chance * np.array(held)
    return (100 * found[0], 100 * found[1], found[2])


def _holds(span: tuple[float, float], truth: float) -> bool:
    low, high = span
    return (low <= truth or math.isclose(low, truth)) and (truth <= high or math.isclose(high, truth))


if __name__ == "__main__":
    sys.exit(main())
