"""How far raters agree, in a word beside α."""

from __future__ import annotations

import pytest

from ftcompare.app.results.presentation.trust import agreement_words


@pytest.mark.parametrize(
    ("alpha", "low", "told"),
    [
        (None, None, ""),
        (0.0, None, "no more than by chance, α = 0.00"),
        (-0.04, None, "no more than by chance, α = −0.04"),
        (0.3, -0.01, "no more than by chance, α = 0.30"),
        (0.1, 0.02, "hardly, α = 0.10"),
        (0.3, 0.1, "a little, α = 0.30"),
        (0.5, None, "moderately, α = 0.50"),
        (0.667, 0.5, "well, α = 0.67"),
        (1.0, None, "very well, α = 1.00"),
    ],
)
def test_a_word_stands_before_alpha(alpha: float | None, low: float | None, told: str) -> None:
    assert agreement_words(alpha, low) == told
