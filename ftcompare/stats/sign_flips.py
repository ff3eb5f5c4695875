"""Sign-flip tests: under no difference each part leans to either side with equal probability."""

from __future__ import annotations

import numpy as np

from ftcompare.stats.vote_table import FloatArray

FRACTION = 32
"""Leads that are not whole numbers are rounded to this part of one judgment, the same way on both sides."""
WHOLE = 1e-9
"""Nearer than this to a whole number is rounding."""


def sign_flip_p(leads: FloatArray) -> float:
    """Two-sided exact p of the sum of the leads, were each as likely to have the other sign.

    The share of the 2ⁿ assignments of signs whose sum is at least as far from 0. With leads of ± 1 it is
    the sign test. A lead that rises lets the p of a positive sum fall or stay, never rise: turning it was
    worth less before. Source: Fisher 1935, The Design of Experiments, section 21; Pitman 1937.

    The distribution is the inverse Fourier transform of Π cos(a_i θ) on whole numbers.

    Args:
        leads: of each prompt, wins of b less wins of a; any numbers.

    Returns:
        1 where no lead differs from 0.
    """
    scale = 1 if np.abs(leads - np.rint(leads)).max() < WHOLE else FRACTION
    sizes, counts = np.unique(np.abs(np.rint(leads * scale)), return_counts=True)
    total, lead = int(sizes @ counts), abs(int(np.rint(leads * scale).sum()))
    if lead == 0:
        return 1.0
    points = 2 * total + 1
    angles = 2 * np.pi / points * np.arange(total + 1)
    transform = np.ones(total + 1)
    for size, count in zip(sizes, counts, strict=True):
        transform *= np.cos(size * angles) ** count
    chances = np.fft.irfft(transform, points)
    return float(min(1.0, max(0.0, 2 * chances[lead : total + 1].sum())))


def subset_mean(values: FloatArray, weights: FloatArray, rank: int) -> float:
    """The mean of a subset of the values that is the ``rank``-th smallest of the means of all 2ⁿ - 1.

    With values symmetric about their centre it lies above the centre with a chance of rank / 2ⁿ: the end of
    the interval of all centres that turning signs does not refute. No value's rise lets it fall.
    Source: Hartigan 1969, "Using subsample values as typical values", JASA 64:1303-1317.

    Args:
        values: of few clusters: there are 2ⁿ means.
        weights: of each value in a mean, positive.
        rank: from 1.
    """
    sums, sizes = np.zeros(1), np.zeros(1)
    for value, weight in zip(values, weights, strict=True):
        sums = np.concatenate([sums, sums + value * weight])
        sizes = np.concatenate([sizes, sizes + weight])
    return float(np.partition(sums[1:] / sizes[1:], rank - 1)[rank - 1])
