"""Writes negative numbers with the minus sign U+2212, which is as wide as the plus, and not a hyphen."""

from __future__ import annotations


def true_minus(number: str) -> str:
    """A formatted number with the minus sign; of one that is rounded to nought, none: ``−0.25``, ``0.00``."""
    unsigned = number.lstrip("+-")
    if number.startswith("-") and not unsigned.strip("0.,"):
        return unsigned
    return number.replace("-", "−")
