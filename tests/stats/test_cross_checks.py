"""The figures against other libraries, on random data."""

from __future__ import annotations

import choix
import evalica
import krippendorff
import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.inter_rater import cohens_kappa
from statsmodels.stats.proportion import proportion_confint

from ftcompare.stats.agreement import LevelOfMeasurement, cohen_kappa, krippendorff_alpha
from ftcompare.stats.ranking import PairTally, rank
from ftcompare.stats.win_rate import sign_test_interval, sign_test_p, wilson

DATA_SETS = 200


def generator() -> np.random.Generator:
    return np.random.default_rng(20261120)


def test_wilson_and_clopper_pearson_are_those_of_statsmodels() -> None:
    rng = generator()
    for _ in range(DATA_SETS):
        n = int(rng.integers(1, 2000))
        k, alpha = int(rng.integers(0, n + 1)), float(rng.choice([0.01, 0.05, 0.2]))
        assert wilson(k, n, 1 - alpha) == pytest.approx(proportion_confint(k, n, alpha, "wilson"), abs=1e-9)
        exact = proportion_confint(k, n, alpha, "beta")
        assert sign_test_interval(k, n - k, 1 - alpha) == pytest.approx(exact, abs=1e-9)


def test_the_sign_test_is_mcnemars_exact_test() -> None:
    rng = generator()
    for _ in range(DATA_SETS):
        table = rng.integers(1, 60, (2, 2))
        theirs = mcnemar(table, exact=True).pvalue
        assert sign_test_p(int(table[0, 1]), int(table[1, 0])) == pytest.approx(theirs)


def test_mcnemar_of_the_design_page() -> None:
    table = [[101, 121], [59, 33]]
    plain, corrected = (mcnemar(table, exact=False, correction=c) for c in (False, True))
    assert plain.statistic == pytest.approx(21.356, abs=5e-4)
    assert corrected.statistic == pytest.approx(20.672, abs=5e-4)
    # The exact test, which is shown, lies close to the corrected one.
    assert sign_test_p(121, 59) == pytest.approx(corrected.pvalue, rel=0.5)


def test_kappas_are_those_of_statsmodels() -> None:
    rng = generator()
    for _ in range(DATA_SETS):
        confusion = rng.integers(0, 20, (3, 3)).astype(np.float64) + np.eye(3)
        theirs = cohens_kappa(confusion, return_results=False)
        assert cohen_kappa(confusion) == pytest.approx(theirs, abs=1e-12)


@pytest.mark.parametrize("level", ["nominal", "ordinal"])
def test_alpha_is_that_of_krippendorff(level: LevelOfMeasurement) -> None:
    rng = generator()
    for _ in range(DATA_SETS):
        units, raters = int(rng.integers(2, 40)), int(rng.integers(2, 6))
        deserved = rng.integers(-1, 2, units)[:, None] + np.zeros(raters)
        table = np.where(rng.random(deserved.shape) < 0.6, deserved, rng.integers(-1, 2, deserved.shape))
        table[rng.random(table.shape) < 0.2] = np.nan
        rated = table[(~np.isnan(table)).sum(axis=1) >= 2]
        if len(np.unique(rated[~np.isnan(rated)])) > 1:
            theirs = krippendorff.alpha(rated.T, level_of_measurement=level)
            assert krippendorff_alpha(rated, level) == pytest.approx(theirs, abs=1e-12)
            other = evalica.alpha(pd.DataFrame(rated.T), level).alpha
            assert krippendorff_alpha(rated, level) == pytest.approx(other, abs=1e-12)


def of_evalica(names: list[str], pairs: list[PairTally]) -> dict[str, float]:
    """Its scores, which it is to iterate until they stand still."""
    rows = [(p.a, p.b) for p in pairs for _ in range(3)]
    winners = [evalica.Winner.X, evalica.Winner.Y, evalica.Winner.Draw] * len(pairs)
    weights = [weight for p in pairs for weight in (p.wins_a, p.wins_b, p.ties)]
    xs, ys = ([row[side] for row in rows] for side in (0, 1))
    scores = evalica.bradley_terry(xs, ys, winners, weights=weights, tolerance=1e-15, limit=10**6).scores
    return {name: float(scores[name] / scores.sum()) for name in names}


def test_bradley_terry_is_that_of_choix_and_of_evalica() -> None:
    rng = generator()
    compared = 0
    for _ in range(DATA_SETS):
        systems = int(rng.integers(2, 7))
        wins = np.triu(rng.integers(0, 9, (systems, systems)), 1) + np.tril(
            rng.integers(0, 9, (systems, systems)), -1
        )
        ties = np.triu(rng.integers(0, 5, (systems, systems)), 1)
        names = [f"s{i}" for i in range(systems)]
        pairs = [
            PairTally(names[i], names[j], float(wins[i, j]), float(wins[j, i]), float(ties[i, j]))
            for i, j in zip(*np.triu_indices(systems, 1), strict=True)
        ]
        scores = rank(names, pairs).bradley_terry
        if None not in scores.values():
            theirs = np.exp(choix.ilsr_pairwise_dense(wins + (ties + ties.T) / 2, max_iter=1000))
            assert list(scores.values()) == pytest.approx(theirs / theirs.sum(), abs=1e-6)
            assert scores == pytest.approx(of_evalica(names, pairs), abs=1e-12)
            compared += 1
    assert compared > 0.9 * DATA_SETS
