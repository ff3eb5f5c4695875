"""How far raters agree, in words."""

from __future__ import annotations

import pytest

from ftcompare.app.results.presentation.trust import agreement_words


@pytest.mark.parametrize(
    ("alpha", "low", "told"),
    [
        (None, None, ""),
        (0.0, None, "not beyond chance"),
        (-0.04, None, "not beyond chance"),
        (0.3, -0.01, "not beyond chance"),
        (0.1, 0.02, "hardly"),
        (0.3, 0.1, "a little"),
        (0.5, None, "moderately"),
        (0.667, 0.5, "well"),
        (1.0, None, "very well"),
    ],
)
def test_alpha_has_a_word(alpha: float | None, low: float | None, told: str) -> None:
    assert agreement_words(alpha, low) == told
