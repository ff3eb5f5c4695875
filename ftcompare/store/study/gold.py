"""Gold pairs: pairs with a known better answer, stored apart from the study's own prompts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from ftcompare.core.errors import UserError
from ftcompare.core.hashing import Json, digest
from ftcompare.core.rating_design import GoldItem
from ftcompare.core.study import (
    ComparisonId,
    ComparisonKind,
    FinishReason,
    Message,
    PromptId,
    ResponseDraft,
    SystemId,
    SystemKind,
)
from ftcompare.store.sqlite.connection import Connection, Repository
from ftcompare.store.study import audit
from ftcompare.store.study.prompts import Prompts, messages_digest
from ftcompare.store.study.responses import add_response, insert_comparison

GOLD_SYSTEM = "(known answers)"
"""Name of the hidden system to which the texts of gold items are assigned; it is never shown."""

ADDED = "gold-added"
"""Kind of the audit entry."""


class Gold(Repository):
    """Gold items of a study."""

    def add(self, items: Iterable[GoldItem], *, now: datetime) -> int:
        """Add pairs with a known better answer; raters get them in later draws. Returns the number added.

        Items that the study has already are skipped.

        Raises:
            UserError: ``gold-same`` if the two answers of an item are the same; then no item is added.
        """
        with self._db.atomic():
            made = [self._add_item(number, item) for number, item in enumerate(items, start=1)]
            added = [comparison for comparison in made if comparison is not None]
            if added:
                log_comparisons(self._db, ADDED, added, now=now)
            return len(added)

    def _add_item(self, number: int, item: GoldItem) -> ComparisonId | None:
        if item.better.strip() == item.worse.strip():
            what = "Both answers of a gold item are the same."
            how = "Give an answer that is clearly worse."
            raise UserError(what, where=f"item {number}", how=how, code="gold-same")
        system, prompt = self._system(), self._prompt(item.messages)
        if self._known(prompt, system, item):
            return None
        last: int = self._db.value(
            "SELECT COALESCE(MAX(sample), 0) FROM responses WHERE prompt = ? AND system = ?", (prompt, system)
        )
        drafts = (
            ResponseDraft(system, text, FinishReason.IMPORTED, sample=sample)
            for sample, text in enumerate((item.better, item.worse), start=last + 1)
        )
        a, b = (add_response(self._db, prompt, draft, None) for draft in drafts)
        return insert_comparison(self._db, a, b, ComparisonKind.GOLD)

    def _system(self) -> SystemId:
        known = self._db.first("SELECT id FROM systems WHERE kind = ?", (SystemKind.GOLD,))
        if known:
            return SystemId(known["id"])
        made = self._db.insert(
            "systems", name=GOLD_SYSTEM, kind=SystemKind.GOLD, model="", adapter="", neutral_name=""
        )
        return SystemId(made)

    def _prompt(self, messages: tuple[Message, ...]) -> PromptId:
        known = self._db.first(
            """SELECT id FROM prompts WHERE messages_digest = ? AND kind IN ('', 'gold')
                ORDER BY kind, id LIMIT 1""",
            (messages_digest(messages),),
        )
        return PromptId(known["id"]) if known else Prompts(self._db).add_hidden("gold", messages).id

    def _known(self, prompt: PromptId, system: SystemId, item: GoldItem) -> bool:
        found = self._db.first(
            """SELECT 1 FROM responses a
                JOIN comparisons c ON c.a = a.id AND c.kind = 'gold' JOIN responses b ON b.id = c.b
                WHERE a.prompt = ? AND a.system = ? AND a.text = ? AND b.text = ?""",
            (prompt, system, item.better, item.worse),
        )
        return found is not None


def log_comparisons(db: Connection, kind: str, comparisons: Sequence[ComparisonId], *, now: datetime) -> None:
    """Record in the audit log comparisons that cannot be derived from other contents of the study."""
    digest_of_all = comparisons_digest(db, comparisons)
    audit.append(db, kind, {"comparisons": [*comparisons], "digest": digest_of_all}, now=now)


def comparisons_digest(db: Connection, comparisons: Iterable[int]) -> str:
    """The digest of comparisons with the full contents of the responses they compare."""
    return digest("comparisons", [_covered(db, comparison) for comparison in comparisons])


def _covered(db: Connection, comparison: int) -> list[Json]:
    row = db.first(
        """SELECT c.id, c.kind, p.kind AS hidden, p.digest AS prompt, a.digest AS a, b.digest AS b
            FROM comparisons c JOIN responses a ON a.id = c.a JOIN responses b ON b.id = c.b
            JOIN prompts p ON p.id = a.prompt WHERE c.id = ?""",
        (comparison,),
    )
    return [*row] if row else []
