"""Overlap of an answer with accepted answers (ROUGE-1, ROUGE-L, chrF, BLEU), and of several texts (chrF).

chrF is an F-score of n-grams of one to six characters, in which recall counts twice as much as precision.
Source: Popović 2015, "chrF: character n-gram F-score for automatic MT evaluation", WMT 392-395.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations

import Stemmer
from rapidfuzz.distance import LCSseq
from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF
from sacrebleu.metrics.helpers import extract_all_char_ngrams


class _PairScores(CHRF):
    """Scores pairs of texts after extracting their n-grams once; `sentence_score` does so at each call."""

    def ngrams(self, text: str) -> list[Counter[str]]:
        """Return counts of n-grams, one counter for each order."""
        return extract_all_char_ngrams(text, self.char_order, self.whitespace)

    def mean_of_both(self, one: Sequence[Counter[str]], other: Sequence[Counter[str]]) -> float:
        """Return the mean of chrF in both directions, 0 to 100."""
        found = [self._get_match_statistics(a, b) for a, b in zip(one, other, strict=True)]
        forth = [number for counts in found for number in counts]
        back = [number for of_one, of_other, match in found for number in (of_other, of_one, match)]
        return (self._compute_f_score(forth) + self._compute_f_score(back)) / 2


def mean_pairwise_chrf(texts: Sequence[str]) -> float:
    """Return the mean chrF over all ordered pairs of texts, 0 to 100; equal texts have 100.

    chrF is not symmetric, so both orders of a pair are included.
    """
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

    # F1 over stemmed words; None where no accepted answer has letters from a to z or digits
    rouge_1: float | None
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


def _f1(shared: int, one: Sequence[str], other: Sequence[str]) -> float:
    return 2 * shared / (len(one) + len(other))


@cache
def _stemmer() -> Stemmer.Stemmer:
    return Stemmer.Stemmer("english")


@cache
def _scorers() -> tuple[CHRF, BLEU]:
    return CHRF(), BLEU(effective_order=True)
