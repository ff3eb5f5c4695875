"""The glossary of a study."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime

from ftcompare.core.hashing import digest
from ftcompare.core.study import GlossaryTerm, TermStatus
from ftcompare.store.sqlite.connection import Connection, Repository
from ftcompare.store.study import audit

_TERMS = "SELECT term, status, concept, language, note FROM glossary ORDER BY id"


class Glossary(Repository):
    """Terms in the order given."""

    def terms(self) -> tuple[GlossaryTerm, ...]:
        """All terms."""
        return tuple(
            GlossaryTerm(term, TermStatus(status), concept, language, note)
            for term, status, concept, language, note in self._db.rows(_TERMS)
        )

    def replace(self, terms: Iterable[GlossaryTerm], *, now: datetime) -> None:
        """Puts terms in the place of all that are there."""
        with self._db.atomic():
            before = glossary_digest(self._db)
            self._db.execute("DELETE FROM glossary")
            for term in terms:
                self._db.insert("glossary", **asdict(term))
            if glossary_digest(self._db) != before:
                audit.append(self._db, "glossary-set", {"digest": glossary_digest(self._db)}, now=now)


def glossary_digest(db: Connection) -> str:
    """What the audit log holds of the glossary."""
    return digest("glossary", [[*row] for row in db.rows(_TERMS)])
