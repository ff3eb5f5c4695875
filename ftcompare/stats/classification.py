"""Classification of answers by label: confusion matrix, precision, recall, F1."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

NO_LABEL = ""
"""Named where a text names no label, or several."""


@dataclass(frozen=True, slots=True)
class LabelScore:
    """One label.

    Args:
        right: answers whose right label it is.
        named: answers that name it.
        hit: of both.
    """

    label: str
    right: int
    named: int
    hit: int

    @property
    def precision(self) -> float:
        """Of the answers that name it, those that should; 0 where none does."""
        return self.hit / self.named if self.named else 0.0

    @property
    def recall(self) -> float:
        """Of the answers that should name it, those that do; 0 where none should."""
        return self.hit / self.right if self.right else 0.0

    @property
    def f1(self) -> float:
        """Harmonic mean of both; the label is right or named at least once."""
        return 2 * self.hit / (self.named + self.right)


@dataclass(frozen=True, slots=True)
class Classification:
    """The labels of some answers.

    Args:
        scores: of each label that is right or named at least once, in alphabetical order.
        counts: answers by the right label and the one named, which may be `NO_LABEL`.
    """

    scores: tuple[LabelScore, ...]
    counts: dict[tuple[str, str], int]

    @property
    def answers(self) -> int:
        """How many there are."""
        return sum(self.counts.values())

    @property
    def accuracy(self) -> float:
        """The share of answers that name the right label alone."""
        return sum(score.hit for score in self.scores) / self.answers

    @property
    def macro_precision(self) -> float:
        """The mean precision of the labels; so ``macro_recall``, ``macro_f1``."""
        return sum(score.precision for score in self.scores) / len(self.scores)

    @property
    def macro_recall(self) -> float:
        """The mean recall of the labels."""
        return sum(score.recall for score in self.scores) / len(self.scores)

    @property
    def macro_f1(self) -> float:
        """The mean F1 of the labels."""
        return sum(score.f1 for score in self.scores) / len(self.scores)


def classification(pairs: Iterable[tuple[str, str]]) -> Classification | None:
    """Score labels; ``pairs`` are of the right and the named one. None without any.

    As scikit-learn's ``precision_recall_fscore_support`` has it, with 0 for what is not defined.
    """
    counts = Counter(pairs)
    if not counts:
        return None
    labels = sorted({label for pair in counts for label in pair} - {NO_LABEL})
    scores = tuple(
        LabelScore(
            label,
            sum(n for (right, _), n in counts.items() if right == label),
            sum(n for (_, named), n in counts.items() if named == label),
            counts[label, label],
        )
        for label in labels
    )
    return Classification(scores, dict(counts))
