"""Results of an integrity check of a study or a pack: findings by subject, and altered judgments."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Integrity:
    """Whether the stored data behind figures and rows is unaltered."""

    problems: tuple[str, ...] = ()  # one text for each alteration, naming the data concerned

    @property
    def ok(self) -> bool:
        return not self.problems


@dataclass(frozen=True, slots=True)
class IntegrityFinding:
    subject: str
    ok: bool
    detail: str
