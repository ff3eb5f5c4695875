"""Second answers of a system to some prompts, so that the two sides of a control need not have the same text.

Second answers are in no ordinary comparison. If the study is later set to several samples per prompt, the
second answers become ordinary samples.
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
    """Second answers, and the prompts for which they are written."""

    def store(self, prompt: PromptId, drafts: Sequence[ResponseDraft], *, run: int) -> None:
        """Store further answers to a prompt without comparisons: all of them or, on failure, none."""
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
        """The study's own prompts in the order in which second answers are written.

        Prompts that have some second answers come first, then the others in a pseudorandom order that depends
        only on the study's secret. No pack reveals this order, and work that was stopped continues in the
        same order.
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
        """Make second answers with a number below ``samples`` ordinary samples, in pairs with other systems'.

        Call it within the transaction that sets this number of samples.
        """
        for second in self._db.rows(_SECONDS + IS_SECOND + " ORDER BY r.id", (samples,)):
            _compare(self._db, second["id"])


def _compare(db: Connection, response: int) -> None:
    """Compare a response with the same sample of each other system, unless that comparison exists."""
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
