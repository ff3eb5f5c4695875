"""A classifier that looks at screens and guesses: a linear discriminant, cross-validated, with its AUC."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve
from scipy.special import ndtri
from scipy.stats import rankdata

FOLDS = 10
RARE = 20
"""A value seen less often is no feature of its own."""

RIDGE = 10.0
BINS = 5
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Auc:
    """Area under the ROC curve with its 95% interval (DeLong, DeLong & Clarke-Pearson 1988)."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3f} (95% interval {self.low:.3f} to {self.high:.3f})"


def features(columns: Mapping[str, Sequence[str]]) -> Floats:
    """A column for each value that is neither constant nor rare, and for each number in a value.

    Numbers stand as they are, scaled, and once more in `BINS` bins of equal content, so that what is
    not a straight line is seen, too.

    Args:
        columns: for each place the values there, one a screen.

    Returns:
        A row for each screen; column 0 is an intercept.
    """
    found: dict[bytes, Floats] = {}
    for name in sorted(columns):
        counts = Counter(columns[name])
        made = [*_of_values(columns[name], counts), *_of_numbers(columns[name])] if len(counts) > 1 else []
        found |= {column.tobytes(): column for column in made}
    rows = len(next(iter(columns.values())))
    return np.column_stack([np.ones(rows, dtype=np.float32), *found.values()])


def _of_values(values: Sequence[str], counts: Counter[str]) -> list[Floats]:
    common = sorted(value for value, count in counts.items() if RARE <= count <= len(values) - RARE)
    return [np.array([value == one for value in values], dtype=np.float32) for one in common]


def _of_numbers(values: Sequence[str]) -> list[Floats]:
    found = [[float(number) for number in _NUMBER.findall(value)] for value in values]
    width = min(map(len, found))
    columns = (np.array([numbers[place] for numbers in found]) for place in range(width))
    return [form for column in columns if np.ptp(column) > 0 for form in _forms(column)]


def _forms(column: Floats) -> list[Floats]:
    scaled = (column - column.mean()) / column.std()
    edges = np.unique(np.quantile(column, np.linspace(0, 1, BINS + 1)[1:-1]))
    bins = np.searchsorted(edges, column, side="right")
    return [scaled, *((bins == number).astype(np.float32) for number in range(len(edges) + 1))]


def cross_validated(x: Floats, truth: Sequence[bool], study: Sequence[int]) -> Auc:
    """How well a classifier tells the true from the false in studies that it has not seen.

    Not in pairs that it has not seen: sides are balanced within each few pairs of a study, so that the
    sides of some tell about the sides of others to one who knows them, which no rater does. The scores
    of a part are ranked within it, so that parts can be put together.

    Args:
        x: rows of features.
        truth: what is to be guessed, for each row.
        study: which study a row is of; they are put into `FOLDS` parts or as many as there are.
    """
    y, part = 2 * np.asarray(truth, dtype=np.float32) - 1, np.asarray(study) % FOLDS
    parts = np.unique(part)
    squares = {number: x[part == number].T @ x[part == number] for number in parts}
    products = {number: x[part == number].T @ y[part == number] for number in parts}
    scores = np.zeros(len(y))
    for number in parts:
        others = [other for other in parts if other != number]
        weights = _weights(sum(squares[o] for o in others), sum(products[o] for o in others))
        here = part == number
        scores[here] = rankdata(x[here] @ weights) / here.sum()
    return auc(scores, y > 0)


def _weights(squares: NDArray[np.floating], products: NDArray[np.floating]) -> NDArray[np.float64]:
    """Least squares with a ridge: for two classes this is Fisher's discriminant, shrunk."""
    penalised = np.asarray(squares, dtype=float)
    penalised[np.diag_indices_from(penalised)] += RIDGE
    return np.asarray(solve(penalised, np.asarray(products, dtype=float), assume_a="pos"))


def auc(scores: NDArray[np.float64], truth: NDArray[np.bool_]) -> Auc:
    """The AUC with DeLong's interval, from midranks (Sun & Xu 2014)."""
    positive, negative = scores[truth], scores[~truth]
    m, n = len(positive), len(negative)
    both = rankdata(np.concatenate([positive, negative]))
    value = (both[:m].sum() / m - (m + 1) / 2) / n
    above = (both[:m] - rankdata(positive)) / n
    below = 1 - (both[m:] - rankdata(negative)) / m
    spread = float(ndtri(0.975)) * np.sqrt(above.var(ddof=1) / m + below.var(ddof=1) / n)
    return Auc(float(value), float(value - spread), float(value + spread))


def telling(columns: Mapping[str, Sequence[str]], truth: Sequence[bool], most: int = 5) -> list[str]:
    """The places whose values go most with the truth: where to look if something was found."""
    strength: defaultdict[str, float] = defaultdict(float)
    for name, values in columns.items():
        table: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0])
        for value, yes in zip(values, truth, strict=True):
            table[value][yes] += 1
        common = [pair for pair in table.values() if sum(pair) >= RARE]
        strength[name] = sum((a - b) ** 2 / (a + b) for a, b in common) / max(len(common), 1)
    return sorted(strength, key=lambda name: -strength[name])[:most]
