"""McNemar's exact test: whether two systems differ in their probability of passing the same prompts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ftcompare.stats.win_rate import sign_test_p


@dataclass(frozen=True, slots=True)
class McNemar:
    """Prompts that one of two systems passes and the other does not."""

    only_a: int  # number of prompts passed by a only
    only_b: int  # number of prompts passed by b only
    p: float | None  # two-sided p value, 0 to 1; None where there is no such prompt


def mcnemar(a: Mapping[str, float], b: Mapping[str, float]) -> McNemar | None:
    """The exact test over the prompts that each system passes (1) or fails (0).

    Prompts with a share between 0 and 1 (some of several answers pass) are left out. Under the null
    hypothesis a prompt that only one system passes is equally likely to be passed by a or by b. Source:
        McNemar 1947,
    Psychometrika 12:153-157, with the binomial distribution instead of chi-square.

    Args:
        a: share of passed answers of a, 0 to 1, by prompt.

    Returns:
        None where no prompt has 0 or 1 for both systems.
    """
    whole = [(a[prompt], b[prompt]) for prompt in a.keys() & b.keys() if {a[prompt], b[prompt]} <= {0.0, 1.0}]
    if not whole:
        return None
    only_a, only_b = whole.count((1.0, 0.0)), whole.count((0.0, 1.0))
    return McNemar(only_a, only_b, sign_test_p(only_a, only_b))
