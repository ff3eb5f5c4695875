"""Packs of a study: made for a rater, merged back."""

from __future__ import annotations

from ftcompare.core.study import RaterId
from ftcompare.store.connection import Part


class PacksPart(Part):
    """Packs of a study."""

    def in_packs(self, rater: RaterId) -> int:
        """How many of a rater's pairs were handed out in packs."""
        found: int = self._db.value(
            "SELECT COUNT(*) FROM allocations WHERE rater = ? AND pack IS NOT NULL", (rater,)
        )
        return found
