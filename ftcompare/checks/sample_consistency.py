"""How consistent several answers to one prompt are, and the normal form in which answers are compared."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

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
        category = unicodedata.category(chr(code))
        dropped = (category.startswith("P") or category == "Sk") and chr(code) not in _KEPT
        self[code] = _DROPPED if dropped else code
        return self[code]


_WITHOUT_PUNCTUATION = _WithoutPunctuation()


def normalised(text: str) -> str:
    """Return the text in lower case, without punctuation and English articles, with single spaces.

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


def holds_answer(text: str, expected: str) -> bool:
    """Return whether the text contains the ``expected`` words (one or more) in a row, both normalized."""
    return f" {normalised(expected)} " in f" {normalised(text)} "


@dataclass(frozen=True, slots=True)
class SampleConsistency:
    """Consistency of one system's samples on one prompt. Texts are equal if their normal forms are."""

    samples: int  # number of samples, at least 2
    different: int  # number of different answers among them
    equal_pairs: float  # share of pairs of samples that are equal, 0 to 1
    modal_share: float  # share of the most frequent answer, above 0 and at most 1
    chrf: float  # mean chrF of two samples, 0 to 1
    distinct_1: float | None  # different words / words of all samples, up to 1; None without words
    distinct_2: float | None  # the same for pairs of neighboring words; None where there are none

    @property
    def steady(self) -> bool:
        return self.different == 1


def sample_consistency(texts: Sequence[str]) -> SampleConsistency:
    """Compare one system's samples to a prompt; distinct-n is that of Li et al. 2016, NAACL-HLT 110-119."""
    from ftcompare.checks.text_overlap import mean_pairwise_chrf

    answers = [normalised(text) for text in texts]
    counts, number = Counter(answers), len(texts)
    words = [answer.split() for answer in answers]
    return SampleConsistency(
        samples=number,
        different=len(counts),
        equal_pairs=sum(count * (count - 1) for count in counts.values()) / (number * (number - 1)),
        modal_share=max(counts.values()) / number,
        chrf=mean_pairwise_chrf(texts) / 100,
        distinct_1=_distinct([word for own in words for word in own]),
        distinct_2=_distinct([pair for own in words for pair in pairwise(own)]),
    )


def _distinct(ngrams: Sequence[object]) -> float | None:
    return len(set(ngrams)) / len(ngrams) if ngrams else None
