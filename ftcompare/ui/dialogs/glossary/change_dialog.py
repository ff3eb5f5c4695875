"""Shows what a glossary file would change, before it is merged or replaces all terms."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDialog, QWidget

from ftcompare.core.plurals import counted
from ftcompare.core.study import GlossaryTerm
from ftcompare.terms.glossary_changes import GlossaryConflict, GlossaryDiff, conflicts, glossary_diff, merged
from ftcompare.ui.safe_text import one_line
from ftcompare.ui.theme.theme import XL, L, M, S, Theme
from ftcompare.ui.widgets.controls import Heading, Muted, PlainButton, PrimaryButton, named
from ftcompare.ui.widgets.file_field import FieldMessage
from ftcompare.ui.widgets.layouts import STRETCH, filled, in_column, in_row
from ftcompare.ui.widgets.segments import Segments
from ftcompare.ui.widgets.table import DataColumn, DataTable, Row

COLUMNS = (
    DataColumn("Change"),
    DataColumn("Term", stretch=1),
    DataColumn("Status"),
    DataColumn("Concept", stretch=1),
    DataColumn("Language"),
    DataColumn("Note", stretch=1),
)
SIZE = (900, 560)
MERGE, REPLACE = "merge", "replace"
MOST_TOLD = 3
"""Largest number of conflicts that are described one by one."""


class ChangeDialog(QDialog):
    """The changes in a table, conflicts first.

    Args:
        present: the current terms.
        given: the terms of the file.
        name: name of the file.
        theme: theme of the table.
        parent: parent of the dialog.
    """

    taken = Signal(object, str)
    """The resulting terms, a tuple of `GlossaryTerm`, and the name of the step for undo."""

    def __init__(
        self,
        present: Sequence[GlossaryTerm],
        given: Sequence[GlossaryTerm],
        name: str,
        theme: Theme,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setModal(True)
        self.setObjectName("glossary_changes")
        self.setWindowTitle("What the file changes")
        self._outcomes = {MERGE: merged(present, given), REPLACE: tuple(given)}
        self._present = tuple(present)
        self.way = Segments(
            {MERGE: "Merge: keep what it lacks", REPLACE: "Replace all terms"}, "glossary_way"
        )
        self.table = DataTable(theme, "Changes", COLUMNS, "Find in the changes", "All words must occur.")
        self._told = named(Muted(""), "glossary_changes_told")
        self._conflicts = FieldMessage()
        self._take = named(PrimaryButton("Take these changes"), "glossary_changes_take")
        self._cancel = named(PlainButton("Cancel"), "glossary_changes_cancel")
        self._arrange(one_line(name))
        self.way.picked.connect(self._show)
        self._take.clicked.connect(self.accept)
        self._cancel.clicked.connect(self.reject)
        self.resize(*SIZE)
        self.way.choose(MERGE)
        self._show()
        self._take.setFocus()

    def _arrange(self, name: str) -> None:
        heading = Heading(f"What “{name}” changes", level=2)
        buttons = in_row((filled(in_row(self._told, STRETCH)), 1), self._cancel, self._take, gap=S)
        way = in_row(self.way, STRETCH)
        column = in_column(heading, way, (self.table, 1), self._conflicts, buttons, gap=M, of=self)
        column.setContentsMargins(XL, L, XL, L)

    @property
    def terms(self) -> tuple[GlossaryTerm, ...]:
        """The terms that would result."""
        return self._outcomes[str(self.way.chosen)]

    def accept(self) -> None:
        """Take the changes."""
        self.taken.emit(self.terms, "merge" if self.way.chosen == MERGE else "replacing")
        super().accept()

    def _show(self) -> None:
        diff = glossary_diff(self._present, self.terms)
        before = {found.told for found in conflicts(self._present)}
        against = conflicts(self.terms)
        self.table.set_rows(list(_rows(diff, against)))
        self._told.setText(diff_words(diff) or "It holds what the glossary has already.")
        new = [found.told for found in against if found.told not in before]
        self._conflicts.show_lines([("caution", _conflict_words(new))] if new else [])
        self._take.setEnabled(bool(diff))


def diff_words(diff: GlossaryDiff) -> str:
    """The number of differences in a few words; empty if there are none."""
    return ", ".join(f"{n:,} {act}" for act, n in diff.counts.items() if n)


def _conflict_words(told: Sequence[str]) -> str:
    more = f" And {counted(len(told) - MOST_TOLD, 'conflict')} more." if len(told) > MOST_TOLD else ""
    return f"{counted(len(told), 'new conflict')}: {' '.join(told[:MOST_TOLD])}{more}"


def _rows(diff: GlossaryDiff, against: Sequence[GlossaryConflict]) -> Iterator[Row]:
    told = {term: found.told for found in against for term in found.terms}
    for n, (before, after) in enumerate(diff.changed):
        pairs = zip(_cells(before), _cells(after), strict=True)
        cells = [old if old == new else f"{old or '–'} → {new or '–'}" for old, new in pairs]
        yield Row(("changed", n), ("changed", *cells), tip=told.get(after, ""))
    for act, terms in (("added", diff.added), ("removed", diff.removed)):
        for n, term in enumerate(terms):
            yield Row((act, n), (act, *_cells(term)), tip=told.get(term, "") if act == "added" else "")


def _cells(term: GlossaryTerm) -> tuple[str, ...]:
    return term.term, term.status.value, term.concept, term.language, term.note
