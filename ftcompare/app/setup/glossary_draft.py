"""A glossary during editing: its rows, their errors, and conflicts between terms."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

from ftcompare.app.setup.glossary import checked, usual_language
from ftcompare.app.setup.row_draft import DraftRow, RowDraft
from ftcompare.core.errors import UserError
from ftcompare.core.study import GlossaryTerm, TermStatus
from ftcompare.terms.glossary_changes import GlossaryConflict, GlossaryDiff, conflicts, glossary_diff


class GlossaryDraft(RowDraft[GlossaryTerm]):
    """Rows of terms.

    Attributes:
        conflicts: conflicts between the present terms.
    """

    def __init__(self, terms: Iterable[GlossaryTerm] = ()) -> None:
        super().__init__(terms)
        self._first = self.values

    @property
    def diff(self) -> GlossaryDiff:
        return glossary_diff(self._first, self.values)

    @property
    def concepts(self) -> tuple[str, ...]:
        """The names of the concepts, without repetitions, in order."""
        return tuple(dict.fromkeys(term.concept for term in self.values if term.concept))

    def conflicts_of(self, number: int) -> tuple[GlossaryConflict, ...]:
        row = self.row(number)
        return tuple(found for found in self.conflicts if row is not None and row.value in found.terms)

    def add(self, after: int | None = None, *, of_concept: bool = False) -> int:
        """Add an empty term, to a row's concept (below that row) or to a new concept; return its number.

        The term has that row's language. A further term of a concept is *admitted* if the concept has a
        preferred one.
        """
        above = self.row(after)
        concept = above.value.concept if above and of_concept else ""
        language = above.value.language if above else usual_language(self.values)
        same = [t for t in self.values if concept and (t.concept, t.language) == (concept, language)]
        taken = any(term.status is TermStatus.PREFERRED for term in same)
        status = TermStatus.ADMITTED if taken else TermStatus.PREFERRED
        return self.insert(GlossaryTerm("", status, concept, language), after if of_concept else None)

    def take(self, terms: Sequence[GlossaryTerm], words: str) -> None:
        """Replace all terms; unchanged terms keep their numbers."""
        known = {row.value: row for row in reversed(self.rows)}
        kept: list[DraftRow[GlossaryTerm]] = []
        for term in terms:
            kept += [known.pop(term)] if term in known else self.numbered([term])
        self.do(words, kept)

    def problem(self, value: GlossaryTerm) -> str:
        return _problem(value)

    def check(self) -> None:
        super().check()
        self.conflicts = conflicts(self.values)


@lru_cache(maxsize=1 << 15)
def _problem(term: GlossaryTerm) -> str:
    try:
        checked(term)
    except UserError as error:
        return f"{error.what[:1].upper()}{error.what[1:]}"
    return ""
