"""pass@k: the probability that at least one of k samples of code passes its tests."""

from __future__ import annotations

from math import comb


def pass_at_k(samples: int, passed: int, k: int) -> float:
    """The probability that at least one of k samples, drawn without replacement, passes.

    1 - C(n - c, k) / C(n, k), the unbiased estimator of Chen et al. 2021, "Evaluating large language
    models trained on code", section 2.1, from n samples of which c pass.

    Args:
        samples: n, 1 or more.
        passed: c, 0 to n.
        k: 1 to n.

    Returns:
        The probability, 0 to 1.

    Raises:
        ValueError: an argument is out of its range.
    """
    if not (1 <= k <= samples and 0 <= passed <= samples):
        raise ValueError(f"pass@{k} is not defined for {passed} of {samples} samples.")
    return 1 - comb(samples - passed, k) / comb(samples, k)
