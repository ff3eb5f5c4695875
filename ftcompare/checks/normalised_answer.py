"""An answer as it is compared with another: by its words and numbers, not by how it is laid out."""

from __future__ import annotations

import re
import unicodedata

_ARTICLE = re.compile(r"\b(?:a|an|the)\b")
_NUMBER_SIGN = re.compile(r"((?<=\d)[.,](?=\d)|(?<!\w)-(?=\d))")
"""What makes another number of one: 3.5 is not 35, and -5 not 5."""
_MINUS_SIGN = "−"
_KEPT = "%‰"


class _WithoutPunctuation(dict[int, int | None]):
    """For `str.translate`: punctuation and modifier symbols, such as the backtick, are left out."""

    def __missing__(self, code: int) -> int | None:
        """Looked up once for each character."""
        category = unicodedata.category(chr(code))
        dropped = (category.startswith("P") or category == "Sk") and chr(code) not in _KEPT
        self[code] = None if dropped else code
        return self[code]


_WITHOUT_PUNCTUATION = _WithoutPunctuation()


def normalised(text: str) -> str:
    """The text in lower case, without punctuation and English articles, its words parted by single spaces.

    As SQuAD's evaluation has it, but for what would make different answers equal: a point or comma between
    digits, a minus before one, signs of comparison and of per cent stay. Punctuation is that of Unicode, so
    that marks of Markdown go, too. A text of articles alone keeps them. Source: Rajpurkar et al. 2016,
    "SQuAD: 100,000+ Questions for Machine Comprehension of Text", section 6.1.
    """
    parts = _NUMBER_SIGN.split(text.lower().replace(_MINUS_SIGN, "-"))
    kept = "".join(
        part if place % 2 else part.translate(_WITHOUT_PUNCTUATION) for place, part in enumerate(parts)
    )
    return " ".join(_ARTICLE.sub(" ", kept).split()) or " ".join(kept.split())


def holds_answer(text: str, wanted: str) -> bool:
    """Whether the words of the wanted answer stand in the text, one after another, both normalised.

    Args:
        text: that may hold it.
        wanted: with at least one word.
    """
    return f" {normalised(wanted)} " in f" {normalised(text)} "
