"""Second answers of a system to some prompts, so that a control need not show one text twice.

They make no ordinary comparison. A study that asks for several samples of every prompt has them anyway; what
was written before it did is then a sample as any other.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence

from ftcompare.core.hashing import digest
from ftcompare.core.study import ComparisonKind, PromptId, ResponseDraft, SystemId
from ftcompare.store.sqlite.connection import Connection, Repository
from ftcompare.store.study.responses import IS_SECOND, add_response, insert_comparison

_SECONDS = (
    "SELECT r.id, r.prompt, r.system, r.sample FROM responses r "
    "JOIN prompts p ON p.id = r.prompt AND p.kind = '' WHERE r.sample < ? AND "
)


class SecondAnswers(Repository):
    """Which prompts are answered twice for controls, and those answers."""

    def store(self, prompt: PromptId, drafts: Sequence[ResponseDraft], *, run: int) -> None:
        """Stores further answers to a prompt, compared with nothing yet: all or nothing."""
        with self._db.atomic():
            for draft in drafts:
                add_response(self._db, prompt, draft, run)

    def having(self, systems: Collection[SystemId]) -> frozenset[PromptId]:
        """The prompts that each of these systems has answered more than once."""
        rows = self._db.rows(
            """SELECT p.id FROM prompts p WHERE p.kind = '' AND NOT EXISTS (
                SELECT 1 FROM json_each(?) s WHERE NOT EXISTS (
                    SELECT 1 FROM responses r
                    WHERE r.prompt = p.id AND r.system = s.value AND r.sample > 0))""",
            (json.dumps(list(systems)),),
        )
        return frozenset(PromptId(row["id"]) for row in rows)

    def order(self) -> tuple[PromptId, ...]:
        """The study's own prompts in the order in which they are chosen: those begun, then as drawn.

        The study's secret draws it, always alike: no pack tells it, and stopped work goes on with the same.
        """
        secret: str = self._db.value("SELECT secret FROM study")
        rows = self._db.rows(
            """SELECT p.id, p.digest, EXISTS (
                    SELECT 1 FROM responses r WHERE r.prompt = p.id AND r.sample > 0) AS begun
                FROM prompts p WHERE p.kind = ''"""
        )
        rows.sort(
            key=lambda row: (not row["begun"], digest("second answer", [secret, row["digest"]]), row["id"])
        )
        return tuple(PromptId(row["id"]) for row in rows)

    def make_samples(self, samples: int) -> None:
        """Makes them samples as any other, below this number: each is compared with those of other systems.

        To be called within the transaction that has the study ask for so many samples.
        """
        for second in self._db.rows(_SECONDS + IS_SECOND + " ORDER BY r.id", (samples,)):
            _compare(self._db, second["id"])


def _compare(db: Connection, response: int) -> None:
    """With each response of another system to that prompt, of the same sample, where it is not yet."""
    others = db.rows(
        """SELECT new.system < other.system AS first, other.id FROM responses new
            JOIN responses other ON other.prompt = new.prompt AND other.sample = new.sample
                AND other.system <> new.system
            WHERE new.id = ? AND NOT EXISTS (
                SELECT 1 FROM comparisons c WHERE c.kind = 'ordinary'
                AND c.a IN (new.id, other.id) AND c.b IN (new.id, other.id))
            ORDER BY other.system""",
        (response,),
    )
    for other in others:
        a, b = (response, other["id"]) if other["first"] else (other["id"], response)
        insert_comparison(db, a, b, ComparisonKind.ORDINARY)
