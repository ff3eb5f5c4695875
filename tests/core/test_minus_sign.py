"""Numbers in sentences have a minus sign and not a hyphen."""

from __future__ import annotations

import pytest

from ftcompare.core.minus_sign import true_minus


@pytest.mark.parametrize(
    ("number", "told"),
    [
        ("-0.25", "−0.25"),
        ("+0.25", "+0.25"),
        ("-0.00", "0.00"),
        ("-37.7 to +6.5", "−37.7 to +6.5"),
        ("0", "0"),
    ],
)
def test_a_negative_number_has_a_minus_sign_and_nought_has_none(number: str, told: str) -> None:
    assert true_minus(number) == told
