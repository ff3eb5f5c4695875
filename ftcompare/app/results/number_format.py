"""Numbers as the window, the reports and the command line all write them. Pure functions."""

from __future__ import annotations

CERTAIN, IMPOSSIBLE = 0.999, 0.001
"""Beyond these a probability is not told exactly."""


def probability(value: float) -> str:
    """A probability in per cent that is never rounded to certainty."""
    if value > CERTAIN:
        return "> 99.9%"
    return "< 0.1%" if value < IMPOSSIBLE else f"{value:.1%}"


def p_value(value: float) -> str:
    """A p-value; ``< 0.001`` below that."""
    return "< 0.001" if value < IMPOSSIBLE else f"{value:.3f}"


def range_words(low: float | None, high: float | None) -> str:
    """An interval of shares in whole per cent, such as ``57–71%``; empty where it is not defined."""
    return "" if low is None or high is None else f"{low * 100:.0f}–{high * 100:.0f}%"


def decimals(value: float) -> str:
    """Two decimals, with a true minus sign and never a negative nought."""
    return f"{value + 0.0:.2f}".replace("-0.00", "0.00").replace("-", "−")
