"""Classification of answers by label: confusion matrix, precision, recall, F1."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

NO_LABEL = ""  # the label of a text that names no label, or several


@dataclass(frozen=True, slots=True)
class LabelScore:
    """Counts of one label."""

    label: str
    right: int  # number of answers whose correct label it is
    named: int  # number of answers that name it
    hit: int  # number of answers that name it correctly

    @property
    def precision(self) -> float:
        """Share of the answers that name the label for which it is correct; 0 where no answer names it."""
        return self.hit / self.named if self.named else 0.0

    @property
    def recall(self) -> float:
        """Share of the answers with this correct label that name it; 0 where there are none."""
        return self.hit / self.right if self.right else 0.0

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall; at least one answer must have or name the label."""
        return 2 * self.hit / (self.named + self.right)


@dataclass(frozen=True, slots=True)
class Classification:
    """Label counts of a set of answers."""

    # for each label that is correct or named at least once, in alphabetical order
    scores: tuple[LabelScore, ...]
    # number of answers by correct label and named label, which may be `NO_LABEL`
    counts: dict[tuple[str, str], int]

    @property
    def answers(self) -> int:
        return sum(self.counts.values())

    @property
    def accuracy(self) -> float:
        """Share of the answers that name the correct label and no other."""
        return sum(score.hit for score in self.scores) / self.answers

    @property
    def macro_precision(self) -> float:
        return sum(score.precision for score in self.scores) / len(self.scores)

    @property
    def macro_recall(self) -> float:
        return sum(score.recall for score in self.scores) / len(self.scores)

    @property
    def macro_f1(self) -> float:
        return sum(score.f1 for score in self.scores) / len(self.scores)


def classification(pairs: Iterable[tuple[str, str]]) -> Classification | None:
    """Score labels; ``pairs`` hold the correct and the named label of each answer. None for no answers.

    Computed like scikit-learn's ``precision_recall_fscore_support`` with 0 for undefined values.
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
