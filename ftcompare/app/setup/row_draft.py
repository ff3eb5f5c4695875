"""Rows during editing, with unlimited undo and the errors that keep them from being used."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from copy import copy
from dataclasses import dataclass, replace
from itertools import count
from typing import Any, Generic, TypeVar

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class DraftRow(Generic[Value]):
    """A row being edited. ``number`` identifies it while its value and position change."""

    number: int
    value: Value


class RowDraft(Generic[Value]):
    """Rows that are edited, and fields that are edited and undone with them.

    Args:
        fields: an immutable record; None where nothing is edited besides the rows.

    Attributes:
        problems: errors that keep rows from being used, as sentences, by row number.
    """

    fields: Any
    rows: tuple[DraftRow[Value], ...]

    def __init__(self, values: Iterable[Value] = (), fields: Any = None) -> None:
        self._numbers = count(1)
        self._before: tuple[tuple[str, Any], ...] = ()
        self._after: tuple[tuple[str, Any], ...] = ()
        self._put((self.numbered(values), fields))

    @property
    def values(self) -> tuple[Value, ...]:
        return tuple(row.value for row in self.rows)

    @property
    def undo_words(self) -> str:
        """Description of what undo would take back; empty for nothing."""
        return self._before[-1][0] if self._before else ""

    @property
    def redo_words(self) -> str:
        """Description of what redo would do again; empty for nothing."""
        return self._after[-1][0] if self._after else ""

    def copy(self: Draft) -> Draft:
        return copy(self)

    def row(self, number: int | None) -> DraftRow[Value] | None:
        """Return the row with this number; None if there is none."""
        return next((row for row in self.rows if row.number == number), None)

    def change(self, number: int, **fields: Any) -> None:
        self.do("edit", self.edited(number, fields))

    def edited(self, number: int, fields: dict[str, Any]) -> list[DraftRow[Value]]:
        """Return the rows with other fields in one of them."""
        return [
            replace(row, value=self.changed(row.value, fields)) if row.number == number else row
            for row in self.rows
        ]

    def insert(self, value: Value, after: int | None = None) -> int:
        (row,) = self.numbered([value])
        places = [place for place, each in enumerate(self.rows, start=1) if each.number == after]
        place = places[0] if places else len(self.rows)
        self.do("add", (*self.rows[:place], row, *self.rows[place:]))
        return row.number

    def add(self, after: int | None = None) -> int:
        """Add an empty row below another row, or at the end; return its number."""
        raise NotImplementedError

    def remove(self, numbers: Collection[int]) -> None:
        self.do("remove", (row for row in self.rows if row.number not in numbers))

    def undo(self) -> None:
        if self._before:
            *before, (words, state) = self._before
            self._before, self._after = tuple(before), (*self._after, (words, (self.rows, self.fields)))
            self._put(state)

    def redo(self) -> None:
        if self._after:
            *after, (words, state) = self._after
            self._before, self._after = (*self._before, (words, (self.rows, self.fields))), tuple(after)
            self._put(state)

    def do(self, words: str, rows: Iterable[DraftRow[Value]], fields: Any = None) -> None:
        """Replace the rows, and the fields unless they are None, as one action that undo calls ``words``."""
        state = (tuple(rows), self.fields if fields is None else fields)
        if state != (self.rows, self.fields):
            self._before, self._after = (*self._before, (words, (self.rows, self.fields))), ()
            self._put(state)

    def numbered(self, values: Iterable[Value]) -> tuple[DraftRow[Value], ...]:
        return tuple(DraftRow(next(self._numbers), value) for value in values)

    def changed(self, value: Value, fields: dict[str, Any]) -> Value:
        return replace(value, **fields)  # type: ignore[type-var]  # the values of drafts are dataclasses

    def problem(self, value: Value) -> str:
        """Return what keeps a value from being used, as a sentence; empty for nothing."""
        raise NotImplementedError

    def check(self) -> None:
        found = ((row.number, self.problem(row.value)) for row in self.rows)
        self.problems = {number: problem for number, problem in found if problem}

    def _put(self, state: tuple[tuple[DraftRow[Value], ...], Any]) -> None:
        self.rows, self.fields = state
        self.check()


Draft = TypeVar("Draft", bound=RowDraft[Any])
