"""The normal form in which answers are compared: words and numbers without formatting."""

from __future__ import annotations

import re
import unicodedata

_ARTICLE = re.compile(r"\b(?:a|an|the)\b")
_NUMBER_SIGN = re.compile(r"((?<=\d)[.,](?=\d)|(?<!\w)-(?=\d))")
"""Signs that change a number: 3.5 is not 35, and -5 not 5."""
_MINUS_SIGN = "−"
_KEPT = "%‰"


class _WithoutPunctuation(dict[int, int | None]):
    """A table for `str.translate` that removes punctuation and modifier symbols, such as the backtick."""

    def __missing__(self, code: int) -> int | None:
        """The replacement of a character; looked up once for each character."""
        category = unicodedata.category(chr(code))
        dropped = (category.startswith("P") or category == "Sk") and chr(code) not in _KEPT
        self[code] = None if dropped else code
        return self[code]


_WITHOUT_PUNCTUATION = _WithoutPunctuation()


def normalised(text: str) -> str:
    """The text in lower case, without punctuation and English articles, with single spaces between words.

    As in SQuAD's evaluation, except for signs that distinguish answers: a point or comma between digits, a
    minus before a digit, signs of comparison and per cent are kept. Punctuation is that of Unicode, so
    Markdown marks are removed, too. A text of articles only keeps them. Source: Rajpurkar et al. 2016,
    "SQuAD: 100,000+ Questions for Machine Comprehension of Text", section 6.1.
    """
    parts = _NUMBER_SIGN.split(text.lower().replace(_MINUS_SIGN, "-"))
    kept = "".join(
        part if place % 2 else part.translate(_WITHOUT_PUNCTUATION) for place, part in enumerate(parts)
    )
    return " ".join(_ARTICLE.sub(" ", kept).split()) or " ".join(kept.split())


def holds_answer(text: str, wanted: str) -> bool:
    """Whether the text contains the words of the wanted answer consecutively, both normalised.

    Args:
        text: the text to search.
        wanted: the words to find, at least one.
    """
    return f" {normalised(wanted)} " in f" {normalised(text)} "
