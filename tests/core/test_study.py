from __future__ import annotations

import pytest

from ftcompare.core.study import (
    NOTES,
    UNKNOWN,
    FinishReason,
    ResponseDraft,
    SystemId,
    note_values,
    with_sides,
)


def test_a_note_has_its_values_in_the_order_of_its_key() -> None:
    assert note_values("flagged") == (False, True)
    assert note_values("language")[:2] == ("", "de")


@pytest.mark.parametrize("turn", [0, -1, True, "2", 1.5])
def test_a_turn_that_goes_wrong_has_a_number_from_1_on(turn: object) -> None:
    with pytest.raises(ValueError, match="impossible number"):
        with_sides(NOTES["wrong_turns"], [("left", turn)], str)
    assert with_sides(NOTES["wrong_turns"], [("left", 2)], str) == (("left", 2),)


@pytest.mark.parametrize(
    ("active", "by_server"),
    [(UNKNOWN, True), (f"{UNKNOWN} localhost:8080", True), ("", False), (f"{'a' * 64} {'b' * 64}", False)],
)
def test_a_response_says_whether_a_server_wrote_it(active: str, *, by_server: bool) -> None:
    draft = ResponseDraft(SystemId(1), "An answer.", FinishReason.END, active=active)
    assert draft.by_server is by_server
