"""The glossary of a study in a table: edit, add and remove terms with undo; merge with a file, save."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QEvent, Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QDialog, QMessageBox, QWidget

from ftcompare.app.application_paths import is_there
from ftcompare.app.setup.glossary import StudyGlossary, effect_words, read_file, save_glossary
from ftcompare.app.setup.glossary_draft import GlossaryDraft, GlossaryRow
from ftcompare.core.plurals import counted
from ftcompare.core.study import GlossaryTerm
from ftcompare.formats.glossary import GLOSSARY_FORMATS, SUFFIXES
from ftcompare.ui.dialogs.glossary.change_dialog import ChangeDialog, diff_words
from ftcompare.ui.dialogs.glossary.term_fields import TermFields
from ftcompare.ui.dialogs.save_dialog import may_replace
from ftcompare.ui.study_thread.owned_tasks import OwnedTasks
from ftcompare.ui.study_thread.study_tasks import StudyTasks
from ftcompare.ui.theme.theme import XL, XS, L, M, S, Theme
from ftcompare.ui.widgets.controls import Heading, Muted, PlainButton, PrimaryButton, QuietButton, named
from ftcompare.ui.widgets.editing_keys import connect_keys, remove_selected, show_undo
from ftcompare.ui.widgets.file_dialogs import choose_file, name_file, start_of
from ftcompare.ui.widgets.file_field import FieldMessage
from ftcompare.ui.widgets.layouts import STRETCH, filled, in_column, in_row
from ftcompare.ui.widgets.scroll_column import ScrollPanel
from ftcompare.ui.widgets.table import DataColumn, DataTable, Row

COLUMNS = (
    DataColumn("Concept", stretch=1),
    DataColumn("Term", stretch=1),
    DataColumn("Status"),
    DataColumn("Language"),
    DataColumn("Note", stretch=1),
    DataColumn("Conflict", stretch=1),
)
SIZE = (1040, 680)


class GlossaryDialog(QDialog):
    """The table, and below it the fields of the selected term.

    Args:
        glossary: the study's glossary.
        study: path of the study, which must not be overwritten.
        theme: theme of the table.
        tasks: the thread on which files are read and written.
        parent: the window.
    """

    taken = Signal(object)
    """The resulting terms, a tuple of `GlossaryTerm`."""

    def __init__(
        self,
        glossary: StudyGlossary,
        study: Path,
        theme: Theme,
        tasks: StudyTasks,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setModal(True)
        self.setObjectName("glossary_dialog")
        self.setWindowTitle("Glossary")
        self.draft = GlossaryDraft(glossary.terms)
        self._study, self._theme, self._tasks = study, theme, OwnedTasks(self, tasks)
        self.table = DataTable(theme, "Terms", COLUMNS, "Find in the glossary", "All words must occur.")
        self.fields = TermFields()
        self._told = FieldMessage()
        self._messages = ReservedMessageArea(self._told, self.fields.message)
        self._changes = named(Muted(""), "glossary_changes_count")
        self._effect = named(Muted(effect_words(glossary.judgments)), "glossary_effect")
        self._add = named(PlainButton("New concept"), "glossary_add")
        self._synonym = named(PlainButton("New term of this concept"), "glossary_add_synonym")
        self._remove = named(PlainButton("Remove"), "glossary_remove")
        self._undo = named(QuietButton("Undo"), "glossary_undo")
        self._redo = named(QuietButton("Redo"), "glossary_redo")
        self._next = named(QuietButton("Next conflict"), "glossary_next_conflict")
        self._open = named(PlainButton("Open and merge…"), "glossary_open_file")
        self._save = named(PlainButton("Save as…"), "glossary_save_as")
        self._accept = named(PrimaryButton("Use this glossary"), "glossary_accept")
        self._cancel = named(PlainButton("Cancel"), "glossary_cancel")
        self._arrange()
        self._connect()
        self.resize(*SIZE)
        self._show(self.draft.rows[0].number if self.draft.rows else None)
        (self.table.view if self.draft.rows else self._add).setFocus()

    def _arrange(self) -> None:
        files = in_row(Heading("Glossary", level=2), STRETCH, self._open, self._save, gap=S)
        acts = in_row(
            *(self._add, self._synonym, self._remove, self._undo, self._redo, STRETCH, self._next), gap=S
        )
        buttons = in_row((filled(in_row(self._changes, STRETCH)), 1), self._cancel, self._accept, gap=S)
        self._effect.setVisible(bool(self._effect.text()))
        column = in_column(
            *(files, (self.table, 3), acts, (self.fields, 0), self._messages, self._effect, buttons),
            gap=M,
            of=self,
        )
        column.setContentsMargins(XL, L, XL, L)

    def _connect(self) -> None:
        self.table.current_changed.connect(self._take_in_hand)
        self.table.opened.connect(lambda _key: self.fields.term.setFocus())
        self.fields.edited.connect(self._on_edited)
        view = self.table.view
        view.resized.connect(lambda: view.scrollTo(view.currentIndex()))
        self._accept.clicked.connect(self.accept)
        self._cancel.clicked.connect(self.reject)
        acts = (
            (self._add, self.add, "Ctrl+N"),
            (self._synonym, self.add_synonym, "Ctrl+Shift+N"),
            (self._remove, self.remove, "Ctrl+Del"),
            (self._undo, self.undo, QKeySequence.StandardKey.Undo),
            (self._redo, self.redo, QKeySequence.StandardKey.Redo),
            (self._next, self.next_conflict, "F8"),
            (self._open, self.open_file, "Ctrl+O"),
            (self._save, self.save_as, "Ctrl+S"),
        )
        connect_keys(self, acts)
        QShortcut(QKeySequence(QKeySequence.StandardKey.Find), self).activated.connect(self.table.search)
        QShortcut(QKeySequence("Ctrl+Return"), self).activated.connect(self.accept)

    # --- acts ------------------------------------------------------------------------------------

    def add(self) -> None:
        """Add an empty term of a concept of its own, ready to be typed."""
        self._add_row(of_concept=False)

    def add_synonym(self) -> None:
        """Add an empty term to the selected concept and focus its field."""
        self._add_row(of_concept=True)

    def _add_row(self, *, of_concept: bool) -> None:
        self.fields.finish()
        self.table.field.clear()
        self._show(self.draft.add(self.fields.number, of_concept=of_concept))
        self.fields.term.setFocus()

    def remove(self) -> None:
        """Remove the selected terms, and select the next one."""
        self.fields.finish()
        self._show(remove_selected(self.table, self.draft))

    def undo(self) -> None:
        """Undo the last step; text being typed counts as one step."""
        self.fields.finish()
        self.draft.undo()
        self._show(self.fields.number)

    def redo(self) -> None:
        """Redo the step that was undone."""
        self.draft.redo()
        self._show(self.fields.number)

    def next_conflict(self) -> None:
        """Select the next term that conflicts with another."""
        self.fields.finish()
        self.table.field.clear()
        wrong = {term for conflict in self.draft.conflicts for term in conflict.terms}
        places = [n for n, row in enumerate(self.draft.rows) if row.term in wrong]
        if places:
            here = [row.number for row in self.draft.rows].index(
                self.fields.number or self.draft.rows[0].number
            )
            self._show(self.draft.rows[next((n for n in places if n > here), places[0])].number)

    def open_file(self) -> None:
        """Show what a file would change, to merge it or replace all terms."""
        self.fields.finish()
        path = choose_file(self, "Open a glossary", start_of(""), open_kinds())
        if path is not None:
            self._told.show_note("Reading the file…")
            self._tasks.call(
                lambda: read_file(path), lambda terms: self._show_file(path, terms), self._told.show_error
            )

    def _show_file(self, path: Path, terms: Sequence[GlossaryTerm]) -> None:
        self._told.clear()
        dialog = ChangeDialog(self.draft.terms, terms, path.name, self._theme, self)
        dialog.taken.connect(self._on_file_taken)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _on_file_taken(self, terms: tuple[GlossaryTerm, ...], words: str) -> None:
        self.draft.take(terms, words)
        self._show(self.fields.number or next((row.number for row in self.draft.rows), None))

    def save_as(self) -> None:
        """Write the current terms to a file."""
        self.fields.finish()
        path, form = ask_form(self)
        if path is None:
            return
        terms = self.draft.terms

        def save() -> str:
            return save_glossary(terms, path, form=form, replace=True, inputs=(self._study,)).keeps

        def tell(keeps: str) -> None:
            self._told.show_lines(
                [("good", f"Saved as {path.name}."), *([("caution", keeps)] if keeps else [])]
            )

        self._tasks.call(save, tell, self._told.show_error)

    def accept(self) -> None:
        """Close, if every row can be a term of a study."""
        self.fields.finish()
        if self.draft.problems:
            self._show(next(iter(self.draft.problems)))
            self._told.show_problem(f"{counted(len(self.draft.problems), 'term')} cannot be used yet.")
            return
        self.taken.emit(self.draft.terms)
        super().accept()

    def reject(self) -> None:
        """Close, if there are no changes or the user agrees to lose them."""
        self.fields.finish()
        if not self.draft.diff or self._may_discard():
            super().reject()

    def _may_discard(self) -> bool:
        yes, no = QMessageBox.StandardButton.Discard, QMessageBox.StandardButton.Cancel
        box = QMessageBox(self)
        box.setObjectName("glossary_discard")
        box.setIcon(QMessageBox.Icon.Question)
        box.setWindowTitle("Discard the changes?")
        box.setText(f"The changes to the glossary ({diff_words(self.draft.diff)}) are not in the study yet.")
        box.setStandardButtons(yes | no)
        box.setDefaultButton(no)
        answer = box.exec()
        box.deleteLater()
        return answer == yes

    # --- showing ---------------------------------------------------------------------------------

    def _on_edited(self, values: dict[str, object]) -> None:
        if self.fields.number is not None:
            self.draft.change(self.fields.number, **values)
            self._show(self.fields.number)

    def _take_in_hand(self, key: object) -> None:
        """Select another row; text typed before belongs to the earlier row."""
        if isinstance(key, int) and key != self.fields.number:
            self.fields.finish()
            self._show_fields(key)

    def _show(self, number: int | None) -> None:
        """All of it again, with a selected row."""
        self._told.clear()
        self.fields.number = None  # No row is selected while the table is filled.
        kinds = {term: found.kind.value for found in self.draft.conflicts for term in found.terms}
        problems = self.draft.problems
        self.table.set_rows([_row(row, kinds, problems.get(row.number, "")) for row in self.draft.rows])
        places = [place for place, row in enumerate(self.table.model.shown) if row.key == number]
        if places:
            self.table.select(places[0])
        self._show_fields(number)
        self._show_acts()

    def _show_acts(self) -> None:
        show_undo(self._undo, self.draft.undo_words, self._redo, self.draft.redo_words)
        there, against = bool(self.draft.rows), self.draft.conflicts
        for act in (self._remove, self._synonym, self._save):
            act.setEnabled(there)
        self._next.setVisible(bool(against))
        self._next.set_text(f"Next of {counted(len(against), 'conflict')}")
        self._changes.setText(diff_words(self.draft.diff) or "No changes")

    def _show_fields(self, number: int | None) -> None:
        row = self.draft.row(number)
        if row is None:
            self.fields.show_row(None, "")
            return
        against = [conflict.told for conflict in self.draft.conflicts_of(row.number)]
        self.fields.show_row(row, self.draft.problems.get(row.number, ""), against)
        self.fields.set_concepts(self.draft.concepts)


def _row(row: GlossaryRow, kinds: dict[GlossaryTerm, str], problem: str) -> Row:
    term = row.term
    conflict = problem or kinds.get(term, "")
    cells = (term.concept, term.term, term.status.value, term.language, term.note, conflict)
    return Row(row.number, cells, tip=conflict)


LINES = 2
"""Height in lines of text; more lines scroll."""


class ReservedMessageArea(ScrollPanel):
    """Messages below each other, in an area of fixed height."""

    def __init__(self, *messages: QWidget) -> None:
        super().__init__()
        named(self, "message_area", "Messages")
        inner = QWidget()
        inner.setProperty("role", "plain")
        in_column(*messages, (None, 1), gap=XS, of=inner)
        self.setWidget(inner)
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        """The height follows the font."""
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._fit()

    def _fit(self) -> None:
        self.setFixedHeight(LINES * self.fontMetrics().lineSpacing() + 2 * XS)


def open_kinds() -> str:
    """The filter of files that can be read."""
    return f"Glossaries ({' '.join(f'*{suffix}' for suffix in SUFFIXES)})"


def ask_form(parent: QWidget) -> tuple[Path | None, str]:
    """Ask for a path and a format to write; returns the path and the format's id, None if cancelled.

    A name without a suffix gets that of the format; a name with the suffix of another format selects that
    format.
    """
    kinds = {f"{form.title} (*{form.suffix})": form for form in GLOSSARY_FORMATS}
    chosen, kind = name_file(parent, "Save the glossary", start_of("glossary.csv"), ";;".join(kinds))
    if chosen is None:
        return None, ""
    form = kinds.get(kind, GLOSSARY_FORMATS[0])
    if chosen.suffix.lower() == form.suffix:
        return chosen, form.id
    if any(chosen.suffix.lower() == other.suffix for other in GLOSSARY_FORMATS):
        return chosen, ""
    path = chosen.with_name(f"{chosen.name}{form.suffix}")
    return (path, form.id) if not is_there(path) or may_replace(parent, path) else (None, "")
