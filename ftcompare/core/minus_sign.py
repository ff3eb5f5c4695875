"""Formats negative numbers with the minus sign U+2212, which is as wide as the plus, instead of a hyphen."""

from __future__ import annotations


def true_minus(number: str) -> str:
    """Write U+2212 for a hyphen; a number rounded to zero has no sign: ``−0.25``, but ``0.00``."""
    unsigned = number.lstrip("+-")
    if number.startswith("-") and not unsigned.strip("0.,"):
        return unsigned
    return number.replace("-", "−")
