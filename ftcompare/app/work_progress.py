"""How long work says how far it is, and is given up."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from ftcompare.core.errors import UserError

T = TypeVar("T")

STOPPED = "stopped"
"""The code of the error by which work is given up."""
TOLD_EVERY = 500
"""Rows between two words of progress."""

Told = Callable[[str, float | None], None]
"""Told what is being done and the share of it that is, 0 to 1, None where unknown. It may raise `stopped`."""


def untold(_name: str, _share: float | None) -> None:
    """For those who wait without a word."""


def stopped() -> UserError:
    """The error by which whoever is told gives the work up."""
    return UserError("It was stopped.", code=STOPPED)


class RowProgress:
    """Work on rows, stage after stage: counts them, and says now and then how far it is.

    Args:
        told: may raise to give the work up.
    """

    def __init__(self, told: Told = untold) -> None:
        self._told = told
        self._doing = ""
        self._total: int | None = None
        self._done = 0

    def begin(self, doing: str, total: int | None = None) -> None:
        """Go on to another stage.

        Args:
            doing: what is done, such as "Writing the rows".
            total: how many rows that are; None where nobody knows.
        """
        self._doing, self._total, self._done = doing, total, 0
        self._tell()

    def counted(self, rows: Iterable[T]) -> Iterator[T]:
        """The same rows, each of which is done once the next is asked for."""
        for row in rows:
            yield row
            self._done += 1
            if self._done % TOLD_EVERY == 0:
                self._tell()

    def passed(self, rows: Iterable[T]) -> Iterator[T]:
        """The same rows, which are read on the way to others and not counted: the work can be given up."""
        for number, row in enumerate(rows, start=1):
            if number % TOLD_EVERY == 0:
                self._tell()
            yield row

    def _tell(self) -> None:
        if self._total is None:
            rows = f": {self._done:,} rows" if self._done else ""
            self._told(f"{self._doing}{rows}", None)
        else:
            share = min(self._done / max(self._total, 1), 1.0)
            self._told(f"{self._doing}: {self._done:,} of {self._total:,}", share)
