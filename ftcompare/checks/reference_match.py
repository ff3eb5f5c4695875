"""Matches an answer with accepted answers: equality, containment, and F1 over words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rapidfuzz.distance import LCSseq

from ftcompare.checks.sample_consistency import normalised
from ftcompare.checks.text_overlap import stemmed

SHORT_REFERENCE = 6  # words of an accepted answer, such as a name or a date, that must all occur
# Scripts without spaces between words: Thai, Lao, Burmese, Khmer, Japanese, Chinese.
_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff"
_WORD = re.compile(rf"[{_UNSPACED}]|[^\s{_UNSPACED}]+")


@dataclass(frozen=True, slots=True)
class ReferenceMatch:
    """Answer compared with accepted answers; each measure is the best over them."""

    equal: bool  # whether it equals one of them
    held: bool  # whether it contains the words of one of them consecutively
    f1: float  # harmonic mean of precision and recall over words, 0 to 1


def reference_match(text: str, references: Sequence[str]) -> ReferenceMatch:
    """Compare an answer with accepted answers (at least one, each with a word), all normalized.

    Source: Rajpurkar et al. 2016, section 6.1; "contains" as in the literature on retrieval.
    """
    own = normalised(text)
    accepted = [normalised(reference) for reference in references]
    held = any(f" {one} " in f" {own} " for one in accepted)
    return ReferenceMatch(own in accepted, held, max(_f1(own.split(), one.split()) for one in accepted))


def _f1(words: Sequence[str], accepted: Sequence[str]) -> float:
    shared = (Counter(words) & Counter(accepted)).total()
    return 2 * shared / (len(words) + len(accepted))


# --- whether an answer agrees with an accepted one ----------------------------------------------------


def reference_overlap(text: str, references: Sequence[str]) -> float:
    """Return the share of wording, 0 to 1, of an answer in common with the closest accepted answer.

    An accepted answer with at most `SHORT_REFERENCE` words counts 1 or 0: whether the answer contains its
    words in order, with at most half as many other words between them (*fever; cough*, *fever and
    cough*). A longer one counts 1 where its words occur consecutively. Else it counts ROUGE-L (Lin 2004):
    F1 of the longest common subsequence of stemmed words, for the part of the answer that has most in
    common with it. A part has twice as many words as the accepted answer, so that a long answer is not
    marked down. There must be a reference, each with at least one word.
    """
    own = _words(text)
    return max(_overlap(own, _words(reference)) for reference in references)


def _overlap(own: Sequence[str], accepted: Sequence[str]) -> float:
    count = len(accepted)
    if count <= SHORT_REFERENCE:
        parts = _parts(own, count + count // 2, 1)
        return float(any(LCSseq.similarity(part, accepted) == count for part in parts))
    if f" {' '.join(accepted)} " in f" {' '.join(own)} ":
        return 1.0
    parts = _parts(own, 2 * count, count // 2)
    return max(2 * LCSseq.similarity(part, accepted) / (len(part) + count) for part in parts)


def _parts(words: Sequence[str], size: int, step: int) -> Iterator[Sequence[str]]:
    """Yield overlapping parts of ``size`` words; the whole where there are fewer."""
    return (words[start : start + size] for start in range(0, max(1, len(words) - size + step), step))


def _words(text: str) -> tuple[str, ...]:
    """Return the normal form's words, longer ones stemmed; scripts without spaces by character."""
    return tuple(stemmed(word) for word in _WORD.findall(normalised(text)))
