"""A rater pack on disk: what one rater needs and nothing that identifies a system."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from ftcompare.core.study import RaterId
from ftcompare.store.rating_log import RatingLog
from ftcompare.store.views import Finding

PACK_RATER = RaterId(1)
"""A pack has one rater."""


class PackFile(RatingLog):
    """An open pack."""

    @property
    def path(self) -> Path:
        """Where the pack is."""
        return self._db.path

    @property
    def rater_name(self) -> str:
        """Whom the pack was made for."""
        raise NotImplementedError

    @classmethod
    def open(cls, path: Path) -> Self:
        """Opens a pack to rate in it."""
        raise NotImplementedError

    def close(self) -> None:
        """Gives the file back; harmless when done twice."""

    def check(self) -> tuple[Finding, ...]:
        """Proves the pack."""
        raise NotImplementedError
