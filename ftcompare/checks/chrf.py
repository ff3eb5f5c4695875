"""Character similarity of several texts, by chrF as sacrebleu computes it.

chrF is an F-score of n-grams of one to six characters, in which recall counts twice as much as precision.
Source: Popović 2015, "chrF: character n-gram F-score for automatic MT evaluation", WMT 392-395.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import combinations

from sacrebleu.metrics.chrf import CHRF
from sacrebleu.metrics.helpers import extract_all_char_ngrams


class _PairScores(CHRF):
    """Scores pairs of texts after extracting their n-grams once; `sentence_score` does so at each call."""

    def ngrams(self, text: str) -> list[Counter[str]]:
        """Counts of n-grams, one counter for each order."""
        return extract_all_char_ngrams(text, self.char_order, self.whitespace)

    def mean_of_both(self, one: Sequence[Counter[str]], other: Sequence[Counter[str]]) -> float:
        """The mean of chrF in both directions, 0 to 100."""
        found = [self._get_match_statistics(a, b) for a, b in zip(one, other, strict=True)]
        forth = [number for counts in found for number in counts]
        back = [number for of_one, of_other, match in found for number in (of_other, of_one, match)]
        return (self._compute_f_score(forth) + self._compute_f_score(back)) / 2


def mean_pairwise_chrf(texts: Sequence[str]) -> float:
    """The mean chrF over all ordered pairs of texts, 0 to 100; equal texts have 100.

    chrF is not symmetric, so both orders of a pair are included.
    """
    scores, counts = _PairScores(), Counter(texts)
    ngrams = {text: scores.ngrams(text) for text in counts} if len(counts) > 1 else {}
    total = 100.0 * sum(count * (count - 1) // 2 for count in counts.values())
    for one, other in combinations(counts, 2):
        total += counts[one] * counts[other] * scores.mean_of_both(ngrams[one], ngrams[other])
    return total / (len(texts) * (len(texts) - 1) // 2)
