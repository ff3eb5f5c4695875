"""Words that raters' comments for one system have more than those for the other, by permutation.

Comments of one rater, or on one prompt, share words and verdicts, so they are not independent. Verdicts are
permuted between whole prompts on which the same raters commented: raters' habits and prompts' topics then
stay as they are. `benchmarks/comment_words.py` simulates how often a word is named by chance.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ftcompare.stats.vote_table import BoolArray, FloatArray, IntArray

ALPHA = 0.05
LEAST_PROMPTS = 5  # minimum number of prompts whose comments have a tested word, and of those whose have not
DRAWS = 999
_AT_ONCE = 4_000_000  # maximum number of permuted verdicts in memory


@dataclass(frozen=True, slots=True)
class WordResult:
    """A tested word."""

    word: int  # its column
    lean: float  # above 0 if comments for b have it more
    p: float  # adjusted for all tested words


def words_by_side(
    verdicts: FloatArray, prompts: IntArray, raters: IntArray, words: BoolArray, *, rng: np.random.Generator
) -> tuple[WordResult, ...]:
    """Test each word that is neither rare nor in nearly all comments, smallest p first.

    For word j, T_j = Σ y_c w_cj over comments c, where w_cj is 1 if the comment has the word, and y_c is its
    verdict minus the mean of the rater's verdicts in the stratum. The prompts of a stratum have comments of
    the same raters. Their verdicts are permuted as a whole. p_j = (1 + the number of permutations whose
    largest |T| / sd(T) over all words is at least that of j) / (draws + 1). Source: Westfall & Young 1993,
    Resampling-Based Multiple Testing, section 2.3 (single-step maxT).

    Args:
        verdicts: by comment, 1 for b, -1 for a, 0 for neither.
        prompts: by comment; ``raters`` likewise.
        words: comments x words.
    """
    strata = _strata(prompts, raters)
    tested = _tested(prompts, words, np.concatenate([*strata, np.zeros((0, 1), dtype=np.int64)], axis=None))
    total = np.zeros((1 + DRAWS, len(tested)))
    for rows in strata:
        own = verdicts[rows] - verdicts[rows].mean(axis=0)
        used = words[rows.ravel()][:, tested].astype(np.float64)
        step = max(1, _AT_ONCE // rows.size)
        for start in range(0, len(total), step):
            count = min(step, len(total) - start)
            order = rng.permuted(np.tile(np.arange(len(rows)), (count, 1)), axis=1)
            if start == 0:
                order[0] = np.arange(len(rows))  # the first is what was observed
            total[start : start + count] += own[order].reshape(count, -1) @ used
    spread = total.std(axis=0)
    scores = np.abs(total) / np.where(spread > 0, spread, np.inf)
    largest = np.sort(scores[1:].max(axis=1, initial=0.0))
    exceeding = DRAWS - np.searchsorted(largest, scores[0] - 1e-9)
    found = (
        WordResult(int(word), float(total[0, place]), float(1 + exceeding[place]) / (1 + DRAWS))
        for place, word in enumerate(tested)
    )
    return tuple(sorted(found, key=lambda one: one.p))


def _strata(prompts: IntArray, raters: IntArray) -> Sequence[IntArray]:
    """The comments on prompts with the same raters, each as prompts x raters; at least two prompts."""
    by_prompt: defaultdict[int, list[int]] = defaultdict(list)
    for row in np.lexsort((raters, prompts)):
        by_prompt[int(prompts[row])].append(int(row))
    by_raters: defaultdict[tuple[int, ...], list[list[int]]] = defaultdict(list)
    for rows in by_prompt.values():
        by_raters[tuple(raters[rows].tolist())].append(rows)
    return [np.array(rows) for rows in by_raters.values() if len(rows) > 1]


def _tested(prompts: IntArray, words: BoolArray, rows: IntArray) -> IntArray:
    """The words that enough prompts have, and enough have not, whatever the verdicts."""
    own, count = prompts[rows], len(np.unique(prompts[rows]))
    having = np.array([len(np.unique(own[column])) for column in words[rows].T], dtype=np.int64)
    return np.flatnonzero((having >= LEAST_PROMPTS) & (having <= count - LEAST_PROMPTS))
