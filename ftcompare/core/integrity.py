"""Results of checking a study or a pack: findings by subject, and whether judgments are unaltered."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Integrity:
    """Whether what figures and rows are made of is as it was stored.

    Args:
        problems: what was altered, each with whose or what; empty where nothing was.
    """

    problems: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether nothing was altered."""
        return not self.problems


@dataclass(frozen=True, slots=True)
class IntegrityFinding:
    """What a check found about one subject."""

    subject: str
    ok: bool
    detail: str
