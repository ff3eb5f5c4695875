"""The normal form in which answers are compared: words and numbers without formatting."""

from __future__ import annotations

import re
import unicodedata

_ARTICLE = re.compile(r"(?<!\S)a(?!\S)|\b(?:an|the)\b")
"""A single *a* only as a word of its own: the *a* of *a.m.* and *A/B* is no article."""
_KEPT_SIGN = re.compile(
    r"((?<=\d)[.,/:^#-](?=\d)|(?<=\d)[/:^](?=-\d)"  # 3.5, 1/2, 12:30, 2024-01-02, 10^-5
    r"|(?<![^\W_]|\.)\.(?=\d)|(?<![^\W_])-(?=\.?\d)"  # .5, -5
    r"|(?<=[^\W_])#(?![^\W_]))"  # C#
)
"""Signs that change a number or a name: 3.5 is not 35, 1/2 not 12, and C# not C."""
_DASHES = str.maketrans(dict.fromkeys("−‐‑–", "-"))
_KEPT = "%‰"
_DROPPED = "\0"
_AT_WORD_EDGE = re.compile(rf"(?<!\S){_DROPPED}+|{_DROPPED}+(?!\S)")


class _WithoutPunctuation(dict[int, int | str]):
    """A table for `str.translate` that marks punctuation and modifier symbols, such as the backtick."""

    def __missing__(self, code: int) -> int | str:
        """The replacement of a character; looked up once for each character."""
        category = unicodedata.category(chr(code))
        dropped = (category.startswith("P") or category == "Sk") and chr(code) not in _KEPT
        self[code] = _DROPPED if dropped else code
        return self[code]


_WITHOUT_PUNCTUATION = _WithoutPunctuation()


def normalised(text: str) -> str:
    """The text in lower case, without punctuation and English articles, with single spaces between words.

    As in SQuAD's evaluation, except for signs that distinguish answers. These are kept: ``. , / : ^ # -``
    between digits, a minus or point before a number, ``#`` at the end of a word, signs of comparison, plus,
    and per cent. Other punctuation within a word becomes a space, so that words and numbers are never joined.
    Punctuation is that of Unicode, so Markdown marks are removed, too. A text of articles only keeps them.
    Source: Rajpurkar et al. 2016, "SQuAD: 100,000+ Questions for Machine Comprehension of Text", section 6.1.
    """
    parts = _KEPT_SIGN.split(text.lower().translate(_DASHES))
    marked = "".join(
        part if place % 2 else part.translate(_WITHOUT_PUNCTUATION) for place, part in enumerate(parts)
    )
    kept = _AT_WORD_EDGE.sub("", marked)
    words = _ARTICLE.sub(" ", kept).replace(_DROPPED, " ").split()
    return " ".join(words or kept.replace(_DROPPED, " ").split())


def holds_answer(text: str, wanted: str) -> bool:
    """Whether the text contains the words of the wanted answer consecutively, both normalised.

    Args:
        wanted: the words to find, at least one.
    """
    return f" {normalised(wanted)} " in f" {normalised(text)} "
