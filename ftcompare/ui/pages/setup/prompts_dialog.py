"""The prompts of a new study in a table: read, edit, add, remove, save, with undo."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QDialog, QWidget

from ftcompare.app.setup.prompt_draft import DraftRow, PromptDraft
from ftcompare.core.context import context_text
from ftcompare.core.errors import FTCompareError
from ftcompare.core.plurals import counted
from ftcompare.ui.dialogs.save_dialog import ask_where
from ftcompare.ui.pages.setup.contexts_dialog import ContextsDialog
from ftcompare.ui.pages.setup.prompt_fields import SPLIT_WORDS, PromptFields
from ftcompare.ui.theme.theme import XL, L, M, S, Theme
from ftcompare.ui.widgets.controls import Heading, PlainButton, PrimaryButton, QuietButton, named
from ftcompare.ui.widgets.editing_keys import connect_keys, remove_selected, show_undo
from ftcompare.ui.widgets.file_field import FieldMessage, Found
from ftcompare.ui.widgets.layouts import STRETCH, filled, in_column, in_row
from ftcompare.ui.widgets.table import DataColumn, DataTable, Row

COLUMNS = (
    DataColumn("Id"),
    DataColumn("Prompt", stretch=1),
    DataColumn("Category"),
    DataColumn("Split"),
    DataColumn("Tags"),
    DataColumn("Reference"),
    DataColumn("Context"),
)
PROPOSED = "prompts.jsonl"
KINDS = "JSON Lines (*.jsonl);;CSV (*.csv);;Excel workbook (*.xlsx)"
SIZE = (980, 690)
SHORT = 20
"""Number of characters shown in a cell other than the prompt."""


class PromptsDialog(QDialog):
    """The table, and beside it the fields of the selected prompt.

    Args:
        draft: the prompts that are edited, with their undo history.
        theme: theme of the table.
        parent: the window.
        fixed: whether it is read-only, because the prompts are in the study already.
    """

    taken = Signal(object)
    """The `PromptDraft` at the end."""
    save_asked = Signal(object, object)
    """The current prompts, a tuple of `PromptSpec`, and the `Path` to save them to."""

    def __init__(
        self,
        draft: PromptDraft,
        theme: Theme,
        parent: QWidget | None = None,
        *,
        fixed: bool = False,
    ) -> None:
        super().__init__(parent)
        self.setModal(True)
        self.setObjectName("prompts_dialog")
        self.setWindowTitle("Prompts")
        self.draft = draft
        self._fixed = fixed
        self._theme = theme
        self.table = DataTable(theme, "Prompts", COLUMNS, "Find in the prompts", "All words must occur.")
        self.fields = PromptFields()
        self._told = FieldMessage()
        self._add = named(PlainButton("Add"), "prompts_add")
        self._remove = named(PlainButton("Remove"), "prompts_remove")
        self._contexts = named(PlainButton("Make contexts…"), "prompts_contexts")
        self._undo = named(QuietButton("Undo"), "prompts_undo")
        self._redo = named(QuietButton("Redo"), "prompts_redo")
        self._save = named(PlainButton("Save prompts as…"), "prompts_save")
        self._accept = named(PrimaryButton("Close" if fixed else "Use these prompts"), "prompts_accept")
        self._cancel = named(PlainButton("Cancel"), "prompts_cancel")
        self._arrange()
        self._connect()
        self.resize(*SIZE)
        self._show(self.draft.rows[0].number if self.draft.rows else None)

    def _arrange(self) -> None:
        edits = (self._add, self._remove, self._contexts, self._undo, self._redo)
        acts = in_row(*edits, STRETCH, self._save, gap=S)
        for button in edits:
            button.setVisible(not self._fixed)
        told = filled(in_row(self._told, STRETCH))
        buttons = in_row((told, 1), self._cancel, self._accept, gap=S)
        heading = Heading("Prompts", level=2)
        column = in_column(heading, (self.table, 3), acts, (self.fields, 2), buttons, gap=M, of=self)
        column.setContentsMargins(XL, L, XL, L)
        self._cancel.setVisible(not self._fixed)

    def _connect(self) -> None:
        self.table.current_changed.connect(self._take_in_hand)
        self.table.opened.connect(lambda _key: self.fields.text.setFocus())
        self.fields.edited.connect(self._on_edited)
        self._accept.clicked.connect(self.accept)
        self._cancel.clicked.connect(self.reject)
        self._save.clicked.connect(self.ask_where_to_save)
        self._contexts.clicked.connect(self.make_contexts)
        acts = (
            (self._add, self.add, "Ctrl+N"),
            (self._remove, self.remove, "Ctrl+Del"),
            (self._undo, self.undo, QKeySequence.StandardKey.Undo),
            (self._redo, self.redo, QKeySequence.StandardKey.Redo),
        )
        connect_keys(self, acts, keys=not self._fixed)
        QShortcut(QKeySequence(QKeySequence.StandardKey.Find), self).activated.connect(self.table.search)

    # --- acts ------------------------------------------------------------------------------------

    def add(self) -> None:
        """Add an empty prompt below the selected one and focus its field."""
        self.fields.finish()
        self.table.field.clear()
        self._show(self.draft.add(self.fields.number))
        self.fields.text.setFocus()

    def remove(self) -> None:
        """Remove the selected prompts, and select the next one."""
        self._show(remove_selected(self.table, self.draft))

    def make_contexts(self) -> None:
        """Derive prompts with other kinds of context from those that have a context."""
        self.fields.finish()
        dialog = ContextsDialog(self.draft.prompts(), self._theme, self)
        dialog.made.connect(lambda prompts: self._show(self.draft.extend(prompts)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def undo(self) -> None:
        """Undo the last step; text being typed counts as one step."""
        self.fields.finish()
        self.draft.undo()
        self._show(self.fields.number)

    def redo(self) -> None:
        """Redo the step that was undone."""
        self.draft.redo()
        self._show(self.fields.number)

    def accept(self) -> None:
        """Close, if every row can be a prompt of a study."""
        if not self._usable():
            return
        if not self._fixed:
            self.taken.emit(self.draft)
        super().accept()

    def ask_where_to_save(self) -> None:
        """Ask for a file and have the prompts saved there, if every row can be a prompt of a study."""
        if self._usable() and (path := ask_where(self, "Save the prompts", PROPOSED, KINDS)):
            self._told.show_note("Writing the file…")
            self.save_asked.emit(self.draft.prompts(), path)

    def show_saved(self, path: Path) -> None:
        """Say that they were saved."""
        self._told.show_found(Found(f"{counted(len(self.draft.rows), 'prompt')} saved to {path.name}"))

    def show_error(self, error: FTCompareError) -> None:
        """Say why they were not saved."""
        self._told.show_error(error)

    def _usable(self) -> bool:
        """Whether every row is a valid prompt; the first one that is not is selected."""
        self.fields.finish()
        problems = {} if self._fixed else self.draft.problems()
        if problems:
            self._show(next(iter(problems)))
            self._told.show_problem(f"{counted(len(problems), 'prompt')} cannot be used yet.")
        return not problems

    # --- showing ---------------------------------------------------------------------------------

    def _on_edited(self, values: dict[str, object]) -> None:
        number = self.fields.number
        if number is not None and not self._fixed:
            self.draft.change(number, **values)
            self._show(number)

    def _take_in_hand(self, key: object) -> None:
        """Select another row; text typed before belongs to the earlier row."""
        if isinstance(key, int) and key != self.fields.number:
            self.fields.finish()
            self._show_fields(key)

    def _show(self, number: int | None) -> None:
        """All of it again, with a selected row."""
        self._told.clear()
        self.fields.number = None  # No row is selected while the table is filled.
        rows = self.draft.rows
        problems = self.draft.problems()
        self.table.set_rows([_row(row, problems.get(row.number, "")) for row in rows])
        places = [place for place, row in enumerate(self.table.model.shown) if row.key == number]
        if places:
            self.table.select(places[0])
        self._show_fields(number)
        show_undo(self._undo, self.draft.undo_words, self._redo, self.draft.redo_words)
        self._remove.setEnabled(bool(rows))
        self._accept.setEnabled(bool(rows))
        self._save.setEnabled(bool(rows))
        self._contexts.setEnabled(any(row.spec.context for row in rows))

    def _show_fields(self, number: int | None) -> None:
        row = self.draft.row(number) if number is not None else None
        problem = self.draft.problems().get(number, "") if number is not None else ""
        self.fields.show_row(row, problem)
        if self._fixed:
            self.fields.set_fixed()


def _row(row: DraftRow, problem: str) -> Row:
    spec = row.spec
    split = SPLIT_WORDS[spec.split] if spec.split else ""
    cells = (spec.key, spec.text, spec.category, split, ", ".join(spec.tags), spec.reference)
    context = context_text(spec.context)
    told = spec.context_kind.value or _short(context)
    short = (cells[0], cells[1], *(_short(cell) for cell in cells[2:]), told)
    rest = (*cells[2:], context, spec.task, spec.expects.value.replace("_", " "), *spec.labels)
    return Row(row.number, short, tip=problem, hidden=" ".join(rest))


def _short(text: str) -> str:
    line = text.strip().splitlines()[0] if text.strip() else ""
    return line if len(line) <= SHORT else f"{line[: SHORT - 1]}…"
