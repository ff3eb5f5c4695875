"""A number with its noun in singular or plural."""

from __future__ import annotations


def counted(number: int, one: str, many: str = "") -> str:
    """Return ``1 pair``, ``1,200 pairs``; `many` is the plural where it is not formed by an s."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
