"""Shows what a glossary file would change, before it is merged or replaces all terms."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from PySide6.QtWidgets import QWidget

from ftcompare.core.plurals import counted
from ftcompare.core.study import GlossaryTerm
from ftcompare.terms.glossary_changes import GlossaryConflict, GlossaryDiff, conflicts, glossary_diff, merged
from ftcompare.ui.dialogs.task_dialog import PreviewDialog
from ftcompare.ui.safe_text import one_line
from ftcompare.ui.theme.theme import Theme
from ftcompare.ui.widgets.file_field import FieldMessage
from ftcompare.ui.widgets.layouts import STRETCH, in_row
from ftcompare.ui.widgets.segments import Segments
from ftcompare.ui.widgets.table import DataColumn, Row

COLUMNS = (
    DataColumn("Change"),
    DataColumn("Term", stretch=1),
    DataColumn("Status"),
    DataColumn("Concept", stretch=1),
    DataColumn("Language"),
    DataColumn("Note", stretch=1),
)
MERGE, REPLACE = "merge", "replace"
MOST_CONFLICTS = 3
"""Largest number of conflicts that are described one by one."""


class ChangeDialog(PreviewDialog):
    """The changes, conflicts first; `taken` carries the terms, and the name of the step for undo."""

    def __init__(
        self,
        present: Sequence[GlossaryTerm],
        given: Sequence[GlossaryTerm],
        name: str,
        theme: Theme,
        parent: QWidget | None = None,
    ) -> None:
        title, accept = "What the file changes", "Take these changes"
        table = "Changes", "Find in the changes", COLUMNS
        super().__init__("glossary_changes", title, accept, *table, theme, parent)
        self._outcomes = {MERGE: merged(present, given), REPLACE: tuple(given)}
        self._present = tuple(present)
        ways = {MERGE: "Merge: keep what it lacks", REPLACE: "Replace all terms"}
        self.way = Segments(ways, "glossary_way")
        self._conflicts = FieldMessage()
        way, heading = in_row(self.way, STRETCH), f"What “{one_line(name)}” changes"
        self.lay_out(heading, way, size=(900, 560), below=[self._conflicts])
        self.way.picked.connect(self._show)
        self.way.choose(MERGE)
        self._show()
        self.accept_button.setFocus()

    @property
    def terms(self) -> tuple[GlossaryTerm, ...]:
        return self._outcomes[str(self.way.chosen)]

    def accept(self) -> None:
        self.taken.emit((self.terms, "merge" if self.way.chosen == MERGE else "replacing"))
        super().accept()

    def _show(self) -> None:
        diff, against = glossary_diff(self._present, self.terms), conflicts(self.terms)
        before = {found.told for found in conflicts(self._present)}
        words = diff_words(diff) or "It holds what the glossary has already."
        self.show_preview(list(_rows(diff, against)), words, usable=bool(diff))
        new = [found.told for found in against if found.told not in before]
        self._conflicts.show_lines([("caution", _conflict_words(new))] if new else [])


def diff_words(diff: GlossaryDiff) -> str:
    """Return the number of differences in a few words; empty if there are none."""
    return ", ".join(f"{n:,} {act}" for act, n in diff.counts.items() if n)


def _conflict_words(new: Sequence[str]) -> str:
    more = f" And {counted(len(new) - MOST_CONFLICTS, 'conflict')} more." if len(new) > MOST_CONFLICTS else ""
    return f"{counted(len(new), 'new conflict')}: {' '.join(new[:MOST_CONFLICTS])}{more}"


def _rows(diff: GlossaryDiff, against: Sequence[GlossaryConflict]) -> Iterator[Row]:
    tips = {term: found.told for found in against for term in found.terms}
    for n, (before, after) in enumerate(diff.changed):
        pairs = zip(_cells(before), _cells(after), strict=True)
        cells = [old if old == new else f"{old or '–'} → {new or '–'}" for old, new in pairs]
        yield Row(("changed", n), ("changed", *cells), tip=tips.get(after, ""))
    for act, terms in (("added", diff.added), ("removed", diff.removed)):
        for n, term in enumerate(terms):
            yield Row((act, n), (act, *_cells(term)), tip=tips.get(term, "") if act == "added" else "")


def _cells(term: GlossaryTerm) -> tuple[str, ...]:
    return term.term, term.status.value, term.concept, term.language, term.note
