"""What no judgment can be."""

from __future__ import annotations

import pytest

from ftcompare.core.judgment_limits import MAX_COMMENT, MAX_SECONDS, impossible_judgment

AT = "2026-11-20T09:00:00.000Z"


@pytest.mark.parametrize(
    ("said", "seconds", "at", "wrong"),
    [
        ((), None, AT, ""),
        ((), None, "", ""),
        (("x" * MAX_COMMENT,), MAX_SECONDS, "2000-01-01T00:00:00.000Z", ""),
        (("", "x" * (MAX_COMMENT + 1)), None, AT, "has a text of more than 100,000 characters"),
        ((), 1.7e308, AT, "has a time on the pair that cannot be"),
        ((), float("nan"), AT, "has a time on the pair that cannot be"),
        ((), -1.0, AT, "has a time on the pair that cannot be"),
        ((), 0.0, "0001-01-01T00:00:00.000Z", "is not of the years 2000 to 2099"),
        ((), 0.0, "9999-12-31T23:59:59.999Z", "is not of the years 2000 to 2099"),
        ((), 0.0, "2099-12-31T23:59:59.999Z", ""),
    ],
)
def test_what_cannot_be_is_named(said: tuple[str, ...], seconds: float | None, at: str, wrong: str) -> None:
    assert impossible_judgment(said, seconds, at) == wrong
