from __future__ import annotations

from ftcompare.core.study import note_values


def test_a_note_has_its_values_in_the_order_of_its_key() -> None:
    assert note_values("flagged") == (False, True)
    assert note_values("language")[:2] == ("", "de")
