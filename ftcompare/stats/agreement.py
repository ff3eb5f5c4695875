"""Agreement between raters. Answers are coded -1 (a), 0 (tie or both bad) and 1 (b).

Which system of a pair is named a is arbitrary. Over several pairs the naming would change the figures, so
each unit is counted in both orientations there: as it was answered, and with a and b exchanged.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal, NamedTuple

import numpy as np

from ftcompare.core.grouping import grouped
from ftcompare.stats.resampling import RESAMPLES, Interval, percentile_interval, resampled_units
from ftcompare.stats.vote_table import FloatArray, IntArray, VoteTable, compact, groups
from ftcompare.stats.win_rate import SAME

CATEGORIES = 3
MAX_PAIRED_RATERS = 30  # κ is computed for each pair among this many raters with the most judgments

PAIR_RESAMPLES = 2000  # number of resamples for a single pair of systems: a study may have hundreds of pairs

LevelOfMeasurement = Literal["nominal", "ordinal"]
"""Distance function between two ratings (Stevens' level of measurement)."""


@dataclass(frozen=True, slots=True)
class Coefficient:
    """An agreement coefficient; ``standard_error`` is over units, None for a single unit."""

    value: float
    standard_error: float | None


@dataclass(frozen=True, slots=True)
class Kappa:
    """Cohen's κ of two raters over the ``n`` units that both judged; None where all answers are equal."""

    raters: tuple[str, str]
    value: float | None
    n: int


@dataclass(frozen=True, slots=True)
class Disagreement:
    """The two terms of Krippendorff's α = 1 - observed / expected."""

    observed: float  # mean squared distance of ratings within units; 0 where all raters agree
    expected: float  # mean squared distance of any two ratings, of the same unit or not; above 0

    @property
    def alpha(self) -> float:
        return 1 - self.observed / self.expected


@dataclass(frozen=True, slots=True)
class Agreement:
    """Agreement over the units (one prompt, one pair of systems) that two raters or more judged."""

    units: int  # number of units; the figures below are None where it is 0
    percent: float | None  # observed agreement as a share, 0 to 1
    alpha_nominal: float | None  # Krippendorff's α; None also where all answers are equal
    alpha_ordinal: float | None  # Krippendorff's α with the tie ordered between a and b
    gwet_ac1: Coefficient | None  # Gwet's AC1
    cohen_kappa: tuple[Kappa, ...]  # Cohen's κ of each pair of raters (see `MAX_PAIRED_RATERS`)
    alpha_nominal_interval: Interval | None = None  # from resampled units; None without α or if not requested
    alpha_ordinal_interval: Interval | None = None
    disagreement_ordinal: Disagreement | None = None  # the terms of ``alpha_ordinal``
    both_ways: bool = False  # whether units count in both orientations, for several pairs
    pairs: tuple[PairAgreement, ...] = ()  # the same for single pairs of systems, if requested


@dataclass(frozen=True, slots=True)
class PairAgreement:
    """Agreement on one pair of systems, given by their names."""

    a: str
    b: str
    agreement: Agreement


def agreement(
    table: VoteTable,
    rng: np.random.Generator | None = None,
    *,
    level: float = 0.95,
    resamples: int = RESAMPLES,
) -> Agreement:
    """Return all agreement figures; they do not depend on which system of a pair is named a.

    If a rater voted several times on one unit, only the first vote counts. `rng` is the source of the
    resamples for the intervals; None for no intervals.
    """
    low, high, answer = _in_one_order(table)
    pair_key = low * len(table.systems) + high
    unit_key = table.prompt * len(table.systems) ** 2 + pair_key
    _, first = np.unique(unit_key * (len(table.raters) + 1) + table.rater, return_index=True)
    units, _ = compact(unit_key[first])
    codes, raters = answer[first] + 1, table.rater[first]
    prompts = np.zeros(int(units.max(initial=-1)) + 1, dtype=np.int64)
    prompts[units] = table.prompt[first]
    given = _counts(units, codes)
    both_ways = len(np.unique(pair_key)) > 1
    counts = both_orientations(given) if both_ways else _usual_orientation(given)
    nominal, ordinal = disagreement(counts, "nominal"), disagreement(counts, "ordinal")
    names = [f"{name}" for name, _ in table.raters]

    both = np.tile(prompts, 2) if both_ways else prompts

    def interval(scale: LevelOfMeasurement) -> Interval | None:
        return alpha_interval(counts, scale, rng, level, resamples, clusters=both) if rng else None

    return Agreement(
        units=len(_shared(given)),
        percent=observed_agreement(given),
        alpha_nominal=nominal.alpha if nominal else None,
        alpha_ordinal=ordinal.alpha if ordinal else None,
        gwet_ac1=gwet_ac1(given, both_ways=both_ways, clusters=prompts),
        cohen_kappa=tuple(_kappas(units, codes, raters, names, both_ways=both_ways)),
        alpha_nominal_interval=interval("nominal"),
        alpha_ordinal_interval=interval("ordinal"),
        disagreement_ordinal=ordinal,
        both_ways=both_ways,
    )


def agreement_by_pair(
    table: VoteTable,
    selected: Iterable[tuple[str, str]],
    rng: np.random.Generator | None = None,
    *,
    level: float = 0.95,
) -> tuple[PairAgreement, ...]:
    """Compute `agreement` separately for each pair of systems, given as the names of a and b."""
    low, high, _ = _in_one_order(table)
    place = {name: code for code, name in enumerate(table.systems)}
    rows = dict(groups(low * len(table.systems) + high))
    keys = {(a, b): sorted((place[a], place[b])) for a, b in selected}

    def of_pair(key: int) -> Agreement:
        return agreement(table.at(rows[key]), rng, level=level, resamples=PAIR_RESAMPLES)

    return tuple(PairAgreement(a, b, of_pair(i * len(table.systems) + j)) for (a, b), (i, j) in keys.items())


def _in_one_order(table: VoteTable) -> tuple[IntArray, IntArray, IntArray]:
    """Return each vote's systems by ascending code, and the answer: -1 for the first, 1 for the second."""
    turned = np.where(table.a > table.b, -1, 1)
    return np.minimum(table.a, table.b), np.maximum(table.a, table.b), table.outcome * turned


def both_orientations(counts: FloatArray) -> FloatArray:
    """Return each unit twice: as it was answered, and with its categories (units x categories) reversed."""
    return np.concatenate([counts, counts[:, ::-1]])


def _usual_orientation(counts: FloatArray) -> FloatArray:
    """Return the orientation whose sorted rows come first: draws then do not depend on systems' names."""
    turned = counts[:, ::-1]
    first, second = (sorted(map(tuple, table.tolist())) for table in (counts, turned))
    return counts if first <= second else turned


def _shared(counts: FloatArray) -> FloatArray:
    return np.asarray(counts[counts.sum(axis=1) >= 2])


def _counts(units: IntArray, codes: IntArray) -> FloatArray:
    """Return units x categories: the number of raters who chose each category."""
    cells = CATEGORIES * (int(units.max(initial=-1)) + 1)
    counts = np.bincount(units * CATEGORIES + codes, minlength=cells)
    return counts.reshape(-1, CATEGORIES).astype(np.float64)


def krippendorff_alpha(ratings: FloatArray, level_of: LevelOfMeasurement) -> float | None:
    """Return Krippendorff's α, 1 - observed / expected `disagreement`; None where it is 0/0."""
    values = np.unique(ratings[~np.isnan(ratings)])
    counts = (ratings[:, :, None] == values).sum(axis=1).astype(np.float64)
    found = disagreement(counts, level_of)
    return found.alpha if found else None


def disagreement(counts: FloatArray, level_of: LevelOfMeasurement) -> Disagreement | None:
    """Return the terms of Krippendorff's α: D_o = Σ o_ck δ²_ck / n, D_e = Σ n_c n_k δ²_ck / (n (n - 1)).

    o_ck counts the pairs of ratings c and k within a unit of m ratings, each with weight 1 / (m - 1); n_c =
    Σ_k o_ck, and n = Σ_c n_c is the number of ratings in units with two or more. δ²_ck is 1 for different
    categories (nominal), or (Σ_{g=c}^{k} n_g - (n_c + n_k) / 2)² (ordinal). Krippendorff 2018, ch. 12.

    `counts` are units x categories in order. None where α is not defined.
    """
    shared = _shared(counts)
    if np.count_nonzero(shared.sum(axis=0)) < 2:
        return None
    coincidences = _coincidences(shared).sum(axis=0)[None]
    total = float(coincidences.sum())
    observed, expected = _distances(coincidences, level_of)
    return Disagreement(float(observed[0]) / total, float(expected[0]) / (total * (total - 1)))


def alpha_interval(
    counts: FloatArray,
    level_of: LevelOfMeasurement,
    rng: np.random.Generator,
    level: float = 0.95,
    resamples: int = RESAMPLES,
    *,
    clusters: IntArray | None = None,
) -> Interval | None:
    """Return the interval of Krippendorff's α: units are resampled with all their ratings.

    `percentile_interval` of α = 1 - observed / expected disagreement of each resample; those without
    variation have no α and are excluded. Source: Zapf et al. 2016, BMC Medical Research Methodology 16:93,
    the bootstrap over units. None where α itself is not defined.

    `counts` are units x categories in order. Rows with equal `clusters` are drawn together, such as both rows
    of a unit from `both_orientations`, and all units of a prompt.
    """
    shared = _shared(counts)
    if len(shared) < 1 or np.count_nonzero(shared.sum(axis=0)) < 2:
        return None
    features = _coincidences(shared).reshape(len(shared), -1)
    if clusters is not None:
        features = _by_cluster(features, clusters[counts.sum(axis=1) >= 2])
    drawn = resampled_units(features, rng, resamples).reshape(resamples, counts.shape[1], -1)
    return percentile_interval(_alpha_of(drawn, level_of), len(features), level, ends=(-1.0, 1.0))


def _by_cluster(features: FloatArray, clusters: IntArray) -> FloatArray:
    """Return the sums of the rows of each cluster."""
    codes, number = compact(clusters)
    sums = np.zeros((number, features.shape[1]))
    np.add.at(sums, codes, features)
    return sums


class Rating(NamedTuple):
    """A number that a rater gave to a unit of a cluster."""

    cluster: Hashable  # such as the prompt, whose units are drawn together
    unit: Hashable  # such as the answer
    value: int


@dataclass(frozen=True, slots=True)
class RatingAgreement:
    """Krippendorff's α of numbers, over the units with two or more of them."""

    units: int
    clusters: int
    alpha: float | None  # None where all numbers are equal, or no unit has two
    interval: Interval | None
    level_of: Literal["ordinal", "interval"]  # ordinal for a short scale, interval for a long one


MOST_ORDINAL = 9  # the largest number of values of a scale whose α is ordinal
FEW_CLUSTERS = 40
"""With fewer clusters, an interval of `rating_agreement` leaves out half of 1 - level. Otherwise, it would
hold the truth in only 88% to 92% of some simulated studies with 12 or 20 prompts."""


def rating_agreement(
    given: Iterable[Rating],
    low: int,
    high: int,
    rng: np.random.Generator,
    *,
    level: float = 0.95,
    resamples: int = PAIR_RESAMPLES,
) -> RatingAgreement:
    """Return Krippendorff's α of numbers from `low` to `high`, with the interval over clusters of units.

    A scale of at most `MOST_ORDINAL` numbers is ordinal. On a longer one, the distance of two numbers is the
    square of their difference, so that sums over each unit suffice: of m numbers x, they are m, Σx, Σx², and
    their distances 2 (m Σx² - (Σx)²) / (m - 1). Krippendorff 2018, ch. 12.
    """
    of_unit = grouped(((one.cluster, one.unit), one.value - low) for one in given)
    shared = {key: values for key, values in of_unit.items() if len(values) >= 2}
    short = high - low < MOST_ORDINAL
    codes = {cluster: number for number, cluster in enumerate(dict.fromkeys(key for key, _ in shared))}
    clusters = np.array([codes[key] for key, _ in shared], dtype=np.int64)
    level = level if len(codes) >= FEW_CLUSTERS else 1 - (1 - level) / 2
    alpha, ends = None, None
    if shared and short:
        counts = np.array([np.bincount(values, minlength=high - low + 1) for values in shared.values()])
        found = disagreement(counts.astype(np.float64), "ordinal")
        alpha = found.alpha if found else None
        ends = alpha_interval(counts.astype(np.float64), "ordinal", rng, level, resamples, clusters=clusters)
    elif shared:
        features = _by_cluster(np.array([_moments(values) for values in shared.values()]), clusters)
        (value,) = _alpha_of_moments(features.sum(axis=0)[None])
        if not math.isnan(value):
            alpha = float(value)
            drawn = _alpha_of_moments(resampled_units(features, rng, resamples))
            ends = percentile_interval(drawn, len(features), level, ends=(-1.0, 1.0))
    return RatingAgreement(len(shared), len(codes), alpha, ends, "ordinal" if short else "interval")


def _moments(values: Sequence[int]) -> tuple[float, float, float, float]:
    number, total, squares = len(values), sum(values), sum(value**2 for value in values)
    return number, total, squares, 2 * (number * squares - total**2) / (number - 1)


def _alpha_of_moments(sums: FloatArray) -> FloatArray:
    """Return α at the interval level of each row of sums; NaN where all numbers are equal."""
    number, total, squares, within = sums.T
    of_any = 2 * (number * squares - total**2)
    varied = of_any > SAME * number**2
    return np.where(varied, 1 - (number - 1) * within / np.where(varied, of_any, 1.0), np.nan)


def _coincidences(shared: FloatArray) -> FloatArray:
    """Return units x categories²: pairs of ratings in each unit of m, weighted by 1 / (m - 1)."""
    pairs = shared[:, :, None] * (shared[:, None, :] - np.eye(shared.shape[1]))
    return np.asarray(pairs / (shared.sum(axis=1) - 1)[:, None, None])


def _alpha_of(coincidences: FloatArray, level_of: LevelOfMeasurement) -> FloatArray:
    """Return α of each table (tables x categories x categories); NaN where all ratings are equal."""
    observed, expected = _distances(coincidences, level_of)
    total = coincidences.sum(axis=(1, 2))
    varied = expected > SAME * total**2
    return np.where(varied, 1 - observed * (total - 1) / np.where(varied, expected, 1.0), np.nan)


def _distances(coincidences: FloatArray, level_of: LevelOfMeasurement) -> tuple[FloatArray, FloatArray]:
    """Return Σ_ck o_ck δ²_ck and Σ_ck n_c n_k δ²_ck of each coincidence table."""
    marginal = coincidences.sum(axis=2)
    distance = _squared_distance(marginal, level_of)
    within = (coincidences * distance).sum(axis=(1, 2))
    of_any = (marginal[:, :, None] * marginal[:, None, :] * distance).sum(axis=(1, 2))
    return within, of_any


def _squared_distance(marginal: FloatArray, level_of: LevelOfMeasurement) -> FloatArray:
    """Return δ² of each table (tables x categories x categories), or one δ² for all of them."""
    if level_of == "nominal":
        return 1 - np.eye(marginal.shape[1])
    middle = np.cumsum(marginal, axis=1) - marginal / 2  # half of either category, and all between the two
    return np.square(middle[:, :, None] - middle[:, None, :])


def _agreement_by_unit(counts: FloatArray) -> FloatArray:
    size = counts.sum(axis=1)
    return np.asarray((counts * (counts - 1)).sum(axis=1) / (size * (size - 1)))


def observed_agreement(counts: FloatArray) -> float | None:
    """Return the share of pairs of raters that agree, averaged over the units with two or more ratings.

    Mean over units of Σ_k n_k (n_k - 1) / (n (n - 1)), `counts` being units x categories. Source: Fleiss
    1971, P̄; Gwet 2014, chapter 2.
    """
    shared = _shared(counts)
    return float(_agreement_by_unit(shared).mean()) if len(shared) else None


def gwet_ac1(
    counts: FloatArray, *, both_ways: bool = False, clusters: IntArray | None = None
) -> Coefficient | None:
    """Return Gwet's AC1 = (p_a - p_e) / (1 - p_e), p_e = Σ π_k (1 - π_k) / (q - 1), q categories in use.

    π_k is the mean over units of the share that chose k; units with a single rating contribute to π only.
    Unlike κ, AC1 stays informative when nearly all answers are equal. The standard error is over units, or
    over `clusters` of units, such as prompts. Source: Gwet 2014, section 5. None where no unit has two
    ratings.
    """
    rated = counts.sum(axis=1) > 0
    counts = counts[rated]
    size = counts.sum(axis=1)
    shared = size >= 2
    if not shared.any():
        return None
    shares = counts / size[:, None]
    if both_ways:
        shares = (shares + shares[:, ::-1]) / 2
    prevalence = shares.mean(axis=0)
    spare = max(int(np.count_nonzero(prevalence)), 2) - 1
    chance = float(prevalence @ (1 - prevalence)) / spare
    agreeing = _agreement_by_unit(counts[shared])
    value = (float(agreeing.mean()) - chance) / (1 - chance)
    of_unit = np.zeros(len(counts))
    of_unit[shared] = (agreeing - chance) / (1 - chance) * len(counts) / len(agreeing)
    chance_of_unit = shares @ (1 - prevalence) / spare
    influence = of_unit - 2 * (1 - value) * (chance_of_unit - chance) / (1 - chance)
    off = (influence - value)[:, None]
    return Coefficient(
        value, _error_of_mean(off if clusters is None else _by_cluster(off, clusters[rated]), len(off))
    )


def _error_of_mean(deviations: FloatArray, n: int) -> float | None:
    """Return the standard error of a mean over `n` units from the sums of their deviations by cluster."""
    m = len(deviations)
    return math.sqrt(float((deviations**2).sum()) * m / (m - 1)) / n if m > 1 else None


def cohen_kappa(confusion: FloatArray) -> float | None:
    """Return Cohen's κ = (p_o - p_e) / (1 - p_e) of a square table (Cohen 1960); None for p_e = 1."""
    total = float(confusion.sum())
    if total == 0:
        return None
    observed = float(np.trace(confusion)) / total
    chance = float(confusion.sum(axis=0) @ confusion.sum(axis=1)) / total**2
    return None if chance >= 1 - 1e-12 else (observed - chance) / (1 - chance)


def _kappas(
    units: IntArray, codes: IntArray, raters: IntArray, names: list[str], *, both_ways: bool
) -> Iterator[Kappa]:
    votes = np.bincount(raters, minlength=len(names))
    busiest = np.sort(np.argsort(-votes, kind="stable")[: min(MAX_PAIRED_RATERS, np.count_nonzero(votes))])
    gave = np.zeros((len(busiest), CATEGORIES, int(units.max(initial=-1)) + 1))
    for place, rater in enumerate(busiest):
        gave[place, codes[raters == rater], units[raters == rater]] = 1
    rows = gave.reshape(len(busiest) * CATEGORIES, gave.shape[2])
    tables = (rows @ rows.T).reshape(len(busiest), CATEGORIES, len(busiest), CATEGORIES)
    if both_ways:
        tables = tables + tables[:, ::-1, :, ::-1]
    for i, j in combinations(range(len(busiest)), 2):
        confusion = tables[i, :, j]
        n = round(float(confusion.sum()) / (1 + both_ways))
        if n:
            yield Kappa((names[busiest[i]], names[busiest[j]]), cohen_kappa(confusion), n)
