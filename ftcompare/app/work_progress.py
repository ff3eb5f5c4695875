"""How long work says how far it is, and is given up."""

from __future__ import annotations

from collections.abc import Callable

from ftcompare.core.errors import UserError

Told = Callable[[str, float | None], None]
"""Told what is being done and the share of it that is, 0 to 1, None where unknown. It may raise `stopped`."""


def untold(_name: str, _share: float | None) -> None:
    """For those who wait without a word."""


def stopped() -> UserError:
    """The error by which whoever is told gives the work up."""
    return UserError("It was stopped.", code="stopped")
