"""Sign-flip tests: without a difference, each part is equally likely to favour either side."""

from __future__ import annotations

import numpy as np

from ftcompare.stats.vote_table import FloatArray

FRACTION = 32  # leads that are not whole numbers are rounded to multiples of 1 / this, symmetrically about 0
WHOLE = 1e-9  # a difference from a whole number below this is a rounding error


def sign_flip_p(leads: FloatArray) -> float:
    """Two-sided exact p of the sum of the leads, if each lead were equally likely to have the opposite sign.

    The share of the 2ⁿ assignments of signs whose sum is at least as far from 0. With leads of ± 1 it is
    the sign test. An increase of one lead never increases the p of a positive sum. Source: Fisher 1935,
    The Design of Experiments, section 21; Pitman 1937.

    The distribution is the inverse Fourier transform of Π cos(a_i θ) on whole numbers.

    Args:
        leads: wins of b minus wins of a for each prompt; any numbers.

    Returns:
        p, 0 to 1; 1 where all leads are 0.
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
