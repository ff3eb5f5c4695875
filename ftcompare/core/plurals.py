"""A number with its noun in singular or plural."""

from __future__ import annotations

from ftcompare.core.language import trn


def counted(number: int, one: str, many: str = "") -> str:
    """Return ``1 pair``, ``1,200 pairs``; `many` is the plural where it is not formed by an s.

    The nouns are literals, since the catalogs of languages have them with their numbers.
    """
    return trn(f"{{number}} ({one}|{many or one + 's'})", number)
