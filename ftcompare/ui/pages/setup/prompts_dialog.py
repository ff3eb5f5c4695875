"""The prompts of a new study in a table: read, edit, add, remove, save, with undo."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from ftcompare.app.setup.prompt_draft import PromptDraft
from ftcompare.app.setup.row_draft import DraftRow
from ftcompare.core.context import context_text
from ftcompare.core.plurals import counted
from ftcompare.core.study import PromptSpec
from ftcompare.ui.dialogs.save_dialog import ask_where
from ftcompare.ui.dialogs.task_dialog import TaskDialog
from ftcompare.ui.pages.setup.contexts_dialog import ContextsDialog
from ftcompare.ui.pages.setup.prompt_fields import SPLIT_WORDS, PromptFields
from ftcompare.ui.theme.theme import Theme
from ftcompare.ui.widgets.controls import Heading, PlainButton, named, set_tab_order
from ftcompare.ui.widgets.file_field import Found
from ftcompare.ui.widgets.layouts import STRETCH, filled, in_row
from ftcompare.ui.widgets.row_editor import RowEditor
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
SHORT = 20
"""Number of characters shown in a cell other than the prompt."""


class PromptsDialog(TaskDialog):
    """The table, and below it the fields of the selected prompt. `taken` carries the `PromptDraft`.

    Args:
        draft: the prompts that are edited, with their undo history.
        theme: theme of the table.
        parent: the window.
        fixed: whether it is read-only, because the prompts are in the study already.
    """

    save_asked = Signal(object, object)
    """The current prompts, a tuple of `PromptSpec`, and the `Path` to save them to."""

    def __init__(
        self, draft: PromptDraft, theme: Theme, parent: QWidget | None = None, *, fixed: bool = False
    ) -> None:
        super().__init__("prompts", "Prompts", "Close" if fixed else "Use these prompts", parent)
        self._theme = theme
        table = DataTable(theme, "Prompts", COLUMNS, "Find in the prompts", "All words must occur.")
        self.editor = editor = RowEditor(
            "prompts", draft, table, PromptFields(), _line, add="Add", noun="prompt", fixed=fixed
        )
        self._contexts = named(PlainButton("Make contexts…"), "prompts_contexts")
        self._save = named(PlainButton("Save prompts as…"), "prompts_save")
        self._contexts.clicked.connect(self.make_contexts)
        self._save.clicked.connect(self.ask_where_to_save)
        editor.acts.insertWidget(2, self._contexts)
        editor.acts.addWidget(self._save)
        set_tab_order(editor.remove_button, self._contexts, editor.undo_button)
        foot = filled(in_row(editor.status, STRETCH))
        self.arrange(Heading("Prompts", level=2), (editor, 1), foot=foot, size=(980, 690))
        self._contexts.setVisible(not fixed)
        self.cancel_button.setVisible(not fixed)
        editor.shown.connect(self._show_buttons)
        editor.show_rows()

    def make_contexts(self) -> None:
        """Derive prompts with other kinds of context from those that have a context."""
        editor = self.editor
        editor.finish()
        dialog = ContextsDialog(editor.draft.values, self._theme, self)
        dialog.taken.connect(lambda prompts: editor.show_rows(editor.draft.extend(prompts)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def accept(self) -> None:
        """Close, if every row can be a prompt of a study."""
        if self.editor.usable():
            if not self.editor.fixed:
                self.taken.emit(self.editor.draft)
            super().accept()

    def ask_where_to_save(self) -> None:
        """Ask for a file and have the prompts saved there, if every row can be a prompt of a study."""
        if self.editor.usable() and (path := ask_where(self, "Save the prompts", PROPOSED, KINDS)):
            self.editor.status.show_note("Writing the file…")
            self.save_asked.emit(self.editor.draft.values, path)

    def show_saved(self, path: Path) -> None:
        """Say that they were saved."""
        saved = counted(len(self.editor.draft.rows), "prompt")
        self.editor.status.show_found(Found(f"{saved} saved to {path.name}"))

    def _show_buttons(self) -> None:
        rows = self.editor.draft.rows
        for button in (self.accept_button, self._save):
            button.setEnabled(bool(rows))
        self._contexts.setEnabled(any(row.value.context for row in rows))


def _line(row: DraftRow[PromptSpec], problem: str) -> Row:
    spec = row.value
    split = SPLIT_WORDS[spec.split] if spec.split else ""
    cells = (spec.category, split, ", ".join(spec.tags), spec.reference)
    context = context_text(spec.context)
    kind = spec.context_kind.value or _short(context)
    shown = (spec.key, spec.text, *(_short(cell) for cell in cells), kind)
    rest = (*cells, context, spec.task, spec.expects.value.replace("_", " "), *spec.labels)
    return Row(row.number, shown, tip=problem, hidden=" ".join(rest))


def _short(text: str) -> str:
    line = text.strip().splitlines()[0] if text.strip() else ""
    return line if len(line) <= SHORT else f"{line[: SHORT - 1]}…"
