"""Numbers with their nouns."""

from __future__ import annotations

import pytest

from ftcompare.core.plurals import counted


@pytest.mark.parametrize(
    ("number", "told"), [(0, "0 pairs"), (1, "1 pair"), (2, "2 pairs"), (12_345, "12,345 pairs")]
)
def test_a_number_stands_with_its_noun(number: int, told: str) -> None:
    assert counted(number, "pair", "pairs") == told
