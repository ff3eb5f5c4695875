"""Overlap of an answer with accepted answers (ROUGE-1, ROUGE-L, chrF, BLEU), and of several texts (chrF).

chrF is an F-score of n-grams of one to six characters, in which recall counts twice as much as precision.
Source: Popović 2015, "chrF: character n-gram F-score for automatic MT evaluation", WMT 392-395.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations

import Stemmer
from rapidfuzz.distance import LCSseq
from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF
from sacrebleu.metrics.helpers import extract_all_char_ngrams

from ftcompare.checks.sample_consistency import normalised


class _PairScores(CHRF):
    """Scores pairs of texts after extracting their n-grams once; `sentence_score` does so at each call."""

    def ngrams(self, text: str) -> list[Counter[str]]:
        return extract_all_char_ngrams(text, self.char_order, self.whitespace)

    def mean_of_both(self, one: Sequence[Counter[str]], other: Sequence[Counter[str]]) -> float:
        """Return the mean of chrF in both directions, 0 to 100."""
        found = [self._get_match_statistics(a, b) for a, b in zip(one, other, strict=True)]
        forth = [number for counts in found for number in counts]
        back = [number for of_one, of_other, match in found for number in (of_other, of_one, match)]
        return (self._compute_f_score(forth) + self._compute_f_score(back)) / 2


def mean_pairwise_chrf(texts: Sequence[str]) -> float:
    """Return the mean chrF over all ordered pairs (it is not symmetric), 0 to 100."""
    scores, counts = _PairScores(), Counter(texts)
    ngrams = {text: scores.ngrams(text) for text in counts} if len(counts) > 1 else {}
    total = 100.0 * sum(count * (count - 1) // 2 for count in counts.values())
    for one, other in combinations(counts, 2):
        total += counts[one] * counts[other] * scores.mean_of_both(ngrams[one], ngrams[other])
    return total / (len(texts) * (len(texts) - 1) // 2)


MAX_COMPARED = 100_000  # characters: the longest common subsequence of longer texts takes seconds

STEMMED_FROM = 4  # minimum number of characters of a word that is stemmed, as in rouge-score

_NO_TOKEN = re.compile("[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class TextOverlap:
    """Answer compared with accepted answers; each measure is the best over them, 0 to 1."""

    rouge_1: float | None  # F1 over stemmed words; None where no accepted answer has a to z or digits
    rouge_l: float | None  # F1 of the longest common subsequence of the same words
    chrf: float  # F-score of n-grams of one to six characters; recall counts twice as much as precision
    bleu: float  # n-grams of one to four words, for this answer as a single sentence


def text_overlap(text: str, references: Sequence[str]) -> TextOverlap | None:
    """Compare the words of an answer with the best of the accepted answers (at least one).

    ROUGE as rouge-score 0.1.2 computes it with stemming (Lin 2004, "ROUGE: a package for automatic
    evaluation of summaries"), except for the stemmer, which is Snowball's for English. chrF (Popović
    2015) and BLEU (Papineni et al. 2002) as sacrebleu computes them with its defaults; BLEU with
    effective order, as intended for single sentences, against each accepted answer separately. Returns
    None where the answer or every accepted answer has more than `MAX_COMPARED` characters.
    """
    accepted = [one for one in references if len(one) <= MAX_COMPARED]
    if len(text) > MAX_COMPARED or not accepted:
        return None
    words = [of for one in accepted if (of := rouge_words(one))]
    own, scorers = rouge_words(text), _scorers()
    return TextOverlap(
        max((_f1((Counter(own) & Counter(of)).total(), own, of) for of in words), default=None),
        max((_f1(LCSseq.similarity(own, of), own, of) for of in words), default=None),
        max(scorers[0].sentence_score(text, [one]).score for one in accepted) / 100,
        max(scorers[1].sentence_score(text, [one]).score for one in accepted) / 100,
    )


def rouge_words(text: str) -> tuple[str, ...]:
    """Return the words that ROUGE counts: runs of a to z and digits in lower case, longer ones stemmed."""
    words = _NO_TOKEN.sub(" ", text.lower()).split()
    return tuple(map(stemmed, words))


def stemmed(word: str) -> str:
    return _stemmer().stemWord(word) if len(word) >= STEMMED_FROM else word


def _f1(shared: int, first: Sequence[str], second: Sequence[str]) -> float:
    return 2 * shared / (len(first) + len(second))


@cache
def _stemmer() -> Stemmer.Stemmer:
    return Stemmer.Stemmer("english")


@cache
def _scorers() -> tuple[CHRF, BLEU]:
    return CHRF(), BLEU(effective_order=True)


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
    """Compare normalized texts (Rajpurkar et al. 2016, section 6.1); references are not empty."""
    own = normalised(text)
    accepted = [normalised(reference) for reference in references]
    held = any(f" {one} " in f" {own} " for one in accepted)
    split, words = [one.split() for one in accepted], own.split()
    f1 = max(_f1((Counter(words) & Counter(one)).total(), words, one) for one in split)
    return ReferenceMatch(own in accepted, held, f1)


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
