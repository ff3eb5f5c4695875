"""A glossary during editing: its rows, unlimited undo, errors in rows, and conflicts."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from itertools import count
from typing import Any

from ftcompare.app.setup.glossary import checked, usual_language
from ftcompare.app.setup.undo_history import UndoHistory
from ftcompare.core.errors import UserError
from ftcompare.core.study import GlossaryTerm, TermStatus
from ftcompare.terms.glossary_changes import GlossaryConflict, GlossaryDiff, conflicts, glossary_diff


@dataclass(frozen=True, slots=True)
class GlossaryRow:
    """A term being edited. ``number`` identifies it while its content and position change."""

    number: int
    term: GlossaryTerm


class _State:
    """The rows at one moment, with errors and conflicts, which are computed once."""

    def __init__(self, rows: tuple[GlossaryRow, ...]) -> None:
        self.rows = rows

    @cached_property
    def problems(self) -> dict[int, str]:
        """Errors that keep rows from being valid terms, by row number."""
        found = ((row.number, _problem(row.term)) for row in self.rows)
        return {number: problem for number, problem in found if problem}

    @cached_property
    def conflicts(self) -> tuple[GlossaryConflict, ...]:
        """Conflicts between the terms."""
        return conflicts(row.term for row in self.rows)


class GlossaryDraft:
    """Rows of terms, with unlimited undo.

    Args:
        terms: the initial terms.
    """

    def __init__(self, terms: Iterable[GlossaryTerm] = ()) -> None:
        self._numbers = count(1)
        self._state = _State(self._numbered(terms))
        self._first = self.terms
        self._history = UndoHistory[_State]()

    @property
    def rows(self) -> tuple[GlossaryRow, ...]:
        """The present terms with their row numbers."""
        return self._state.rows

    @property
    def terms(self) -> tuple[GlossaryTerm, ...]:
        """The present terms."""
        return tuple(row.term for row in self.rows)

    @property
    def undo_words(self) -> str:
        """Description of what undo would take back; empty for nothing."""
        return self._history.undo_words

    @property
    def redo_words(self) -> str:
        """Description of what redo would do again; empty for nothing."""
        return self._history.redo_words

    @property
    def diff(self) -> GlossaryDiff:
        """The differences from the initial terms."""
        return glossary_diff(self._first, self.terms)

    @property
    def problems(self) -> dict[int, str]:
        """Errors that keep rows from being valid terms, as sentences, by row number."""
        return self._state.problems

    @property
    def conflicts(self) -> tuple[GlossaryConflict, ...]:
        """Conflicts between the terms."""
        return self._state.conflicts

    @property
    def concepts(self) -> tuple[str, ...]:
        """The names of the concepts, without repetitions, in order."""
        return tuple(dict.fromkeys(row.term.concept for row in self.rows if row.term.concept))

    def row(self, number: int | None) -> GlossaryRow | None:
        """The row with this number; None if there is none."""
        return next((row for row in self.rows if row.number == number), None)

    def conflicts_of(self, number: int) -> tuple[GlossaryConflict, ...]:
        """The conflicts that involve a row."""
        row = self.row(number)
        return tuple(found for found in self.conflicts if row is not None and row.term in found.terms)

    def change(self, number: int, **fields: object) -> None:
        """Change fields of a row; the names are those of `GlossaryTerm`."""
        self._do("edit", tuple(_changed(r, fields) if r.number == number else r for r in self.rows))

    def add(self, after: int | None = None, *, of_concept: bool = False) -> int:
        """Add an empty term, to a row's concept (below that row) or to a new concept; return its number.

        The term has that row's language. A further term of a concept is *admitted* if the concept has a
        preferred one.
        """
        above = self.row(after)
        concept = above.term.concept if above and of_concept else ""
        language = above.term.language if above else usual_language(self.terms)
        same = [t for t in self.terms if concept and (t.concept, t.language) == (concept, language)]
        taken = any(term.status is TermStatus.PREFERRED for term in same)
        status = TermStatus.ADMITTED if taken else TermStatus.PREFERRED
        row = GlossaryRow(next(self._numbers), GlossaryTerm("", status, concept, language))
        place = self.rows.index(above) + 1 if above and of_concept else len(self.rows)
        self._do("add", (*self.rows[:place], row, *self.rows[place:]))
        return row.number

    def remove(self, numbers: Collection[int]) -> None:
        """Remove rows."""
        self._do("remove", tuple(row for row in self.rows if row.number not in numbers))

    def take(self, terms: Sequence[GlossaryTerm], words: str) -> None:
        """Replace all terms; unchanged terms keep their numbers."""
        numbers: dict[GlossaryTerm, int] = {row.term: row.number for row in reversed(self.rows)}
        rows = (GlossaryRow(numbers.pop(term, 0) or next(self._numbers), term) for term in terms)
        self._do(words, tuple(rows))

    def undo(self) -> None:
        """Undo the last action."""
        self._state = self._history.undo(self._state)

    def redo(self) -> None:
        """Redo the last undone action."""
        self._state = self._history.redo(self._state)

    def _numbered(self, terms: Iterable[GlossaryTerm]) -> tuple[GlossaryRow, ...]:
        return tuple(GlossaryRow(next(self._numbers), term) for term in terms)

    def _do(self, words: str, rows: tuple[GlossaryRow, ...]) -> None:
        if rows != self.rows:
            self._history.note(words, self._state)
            self._state = _State(rows)


def _changed(row: GlossaryRow, fields: Mapping[str, Any]) -> GlossaryRow:
    return replace(row, term=replace(row.term, **fields))


@lru_cache(maxsize=1 << 15)
def _problem(term: GlossaryTerm) -> str:
    try:
        checked(term)
    except UserError as error:
        return f"{error.what[:1].upper()}{error.what[1:]}"
    return ""
