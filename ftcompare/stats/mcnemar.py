"""McNemar's exact test: whether two systems pass equally many of the same prompts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ftcompare.stats.win_rate import sign_test_p


@dataclass(frozen=True, slots=True)
class McNemar:
    """Prompts that one of two systems passes and the other does not.

    Args:
        only_a: passed by a alone.
        only_b: passed by b alone.
        p: two-sided, 0 to 1; None where there is no such prompt.
    """

    only_a: int
    only_b: int
    p: float | None


def mcnemar(a: Mapping[str, float], b: Mapping[str, float]) -> McNemar | None:
    """The exact test over the prompts that both pass (1) or fail (0).

    Prompts with a share between, passed by some of several answers, are left out. Under equal chances the
    prompts that one alone passes are as likely of a as of b. Source: McNemar 1947, Psychometrika 12:153-157,
    with the binomial distribution in place of chi-square.

    Args:
        a: shares passed by prompt, 0 to 1.
        b: of the other.

    Returns:
        None where no prompt is passed or failed by both.
    """
    whole = [(a[prompt], b[prompt]) for prompt in a.keys() & b.keys() if {a[prompt], b[prompt]} <= {0.0, 1.0}]
    if not whole:
        return None
    only_a, only_b = whole.count((1.0, 0.0)), whole.count((0.0, 1.0))
    return McNemar(only_a, only_b, sign_test_p(only_a, only_b))
