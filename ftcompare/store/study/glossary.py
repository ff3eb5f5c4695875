"""The glossary of a study."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import datetime

from ftcompare.core.hashing import Json, digest
from ftcompare.core.study import GlossaryTerm
from ftcompare.store.sqlite.connection import Connection, Repository
from ftcompare.store.sqlite.values import read_row
from ftcompare.store.study import audit

_TERMS = "SELECT term, status, concept, language, note FROM glossary ORDER BY id"


class Glossary(Repository):
    """The terms of the glossary in the order in which they were given."""

    def terms(self) -> tuple[GlossaryTerm, ...]:
        return tuple(read_row(GlossaryTerm, row) for row in self._db.rows(_TERMS))

    def replace(
        self, terms: Iterable[GlossaryTerm], *, now: datetime, told: Mapping[str, int] | None = None
    ) -> None:
        """Replace all terms. ``told`` is further detail for the audit entry."""
        with self._db.atomic():
            before = glossary_digest(self._db)
            self._db.execute("DELETE FROM glossary")
            for term in terms:
                self._db.insert("glossary", **asdict(term))
            if glossary_digest(self._db) != before:
                detail: dict[str, Json] = {"digest": glossary_digest(self._db), **(told or {})}
                audit.append(self._db, "glossary-set", detail, now=now)


def glossary_digest(db: Connection) -> str:
    return digest("glossary", [[*row] for row in db.rows(_TERMS)])
