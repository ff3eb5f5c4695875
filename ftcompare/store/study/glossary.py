"""The glossary of a study."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime

from ftcompare.core.hashing import Json, digest
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

    def replace(
        self, terms: Iterable[GlossaryTerm], *, now: datetime, told: Mapping[str, int] | None = None
    ) -> None:
        """Puts terms in the place of all that are there; ``told`` is what the audit log says of it, too."""
        with self._db.atomic():
            before = glossary_digest(self._db)
            self._db.execute("DELETE FROM glossary")
            for term in terms:
                self._db.insert("glossary", **asdict(term))
            if glossary_digest(self._db) != before:
                detail: dict[str, Json] = {"digest": glossary_digest(self._db), **(told or {})}
                audit.append(self._db, "glossary-set", detail, now=now)


def glossary_digest(db: Connection) -> str:
    """What the audit log holds of the glossary."""
    return digest("glossary", [[*row] for row in db.rows(_TERMS)])
