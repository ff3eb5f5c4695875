"""The prompts of a new study in a table: read, edit, add, remove, save, with undo."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QSizePolicy, QWidget

from ftcompare.app.setup.asked_checks import checks_words
from ftcompare.app.setup.prompt_draft import (
    SPLITS,
    PromptDraft,
    editable_context,
    editable_text,
    labels_of,
    tags_of,
)
from ftcompare.app.setup.row_draft import DraftRow
from ftcompare.core.context import ContextKind, Expectation, context_text
from ftcompare.core.plurals import counted
from ftcompare.core.study import Message, PromptSpec, Split
from ftcompare.ui.dialogs.task_dialog import TaskDialog
from ftcompare.ui.pages.setup.contexts_dialog import ContextsDialog
from ftcompare.ui.safe_text import one_line, tip
from ftcompare.ui.theme.theme import XS, M, S, Theme
from ftcompare.ui.widgets.controls import Heading, Muted, PlainButton, named, set_tab_order
from ftcompare.ui.widgets.file_dialogs import ask_where
from ftcompare.ui.widgets.file_field import Found
from ftcompare.ui.widgets.layouts import STRETCH, filled, in_column, in_row
from ftcompare.ui.widgets.row_editor import RowEditor, RowField, RowFields
from ftcompare.ui.widgets.table import DataColumn, DataTable, Row
from ftcompare.ui.widgets.text_box import MOST_EDITED, is_altered

SPLIT_WORDS = {
    Split.NONE: "not said",
    Split.TRAINED: "trained",
    Split.PARAPHRASE: "paraphrase",
    Split.HELD_OUT: "held out",
}
CONTEXTS = [("not said", ContextKind.NONE), *((kind.value, kind) for kind in ContextKind if kind)]
EXPECTED = (
    ("not said", Expectation.NONE),
    ("an answer", Expectation.ANSWER),
    ("a refusal", Expectation.REFUSAL),
    ("that it cannot be told", Expectation.ABSTAIN),
    ("that the conflict is named", Expectation.NAME_CONFLICT),
)
PASSAGES = "Several passages, or one with an id, are changed in the file."
HIDDEN = "It has hidden characters or other line ends: change it in the file."
TURNS = "A conversation is changed in the file."
LONG = "It is too long to be changed here."
CHECKS_SHOWN = 160
"""Largest number of characters shown of the checks."""


def _turns(spec: PromptSpec) -> str:
    if not spec.later_turns and len(spec.messages) == 1 and spec.messages[0].role == "user":
        return spec.messages[0].content
    later = [Message("user", text) for text in spec.later_turns]
    return "\n\n".join(f"{message.role}: {message.content}" for message in (*spec.messages, *later))


def _context(spec: PromptSpec) -> str:
    alone = editable_context(spec)
    return context_text(spec.context) if alone is None else alone


def _text(name: str, title: str, **how: Any) -> RowField:
    return RowField(name, f"prompt_{name}", title, lines=True, parse=str, **how)


FIELDS = (
    _text("text", "Prompt", show=_turns, editable=lambda spec: editable_text(spec) is not None),
    _text("reference", "Reference answer (optional)"),
    _text(
        "context",
        "Context (optional)",
        show=_context,
        editable=lambda spec: editable_context(spec) is not None,
    ),
    RowField("key", "prompt_id", "Id"),
    RowField("category", "prompt_category", "Category"),
    RowField(
        "split", "prompt_split", "Split", entries=[(SPLIT_WORDS[one], one) for one in SPLITS], parse=Split
    ),
    RowField("tags", "prompt_tags", "Tags", "a, b", parse=tags_of, show=lambda spec: ", ".join(spec.tags)),
    RowField("task", "prompt_task", "Task"),
    RowField(
        "labels", "prompt_labels", "Labels", "yes | no", parse=labels_of, show=lambda s: " | ".join(s.labels)
    ),
    RowField("context_kind", "prompt_context_kind", "Kind of context", entries=CONTEXTS, parse=ContextKind),
    RowField("expects", "prompt_expects", "What is expected", entries=EXPECTED, parse=Expectation),
)
PAIRS = (("key", "category"), ("split", "tags"), ("task", "labels"), ("context_kind", "expects"))
"""The short fields, side by side."""


class PromptFields(RowFields):
    """The fields, and below them the checks and why the prompt cannot be edited."""

    def __init__(self) -> None:
        super().__init__(FIELDS)
        self.checks = named(Muted("", small=True), "prompt_checks")
        self._note = Muted("", small=True)
        for name in ("text", "reference", "context"):
            # Their hint of height would leave the table one row.
            self.widget(name).setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)
        texts = in_column(*((self.titled(name), 1) for name in ("text", "reference")), gap=S)
        pairs = (in_row(*((self.titled(name), 1) for name in pair), gap=S) for pair in PAIRS)
        parts = in_row((texts, 3), (self.titled("context"), 2), (in_column(*pairs, STRETCH, gap=S), 3), gap=M)
        in_column((parts, 1), self.checks, self._note, self.message, gap=XS, of=self)
        self.show_row(None)

    def show_row(self, row: DraftRow[Any] | None, problem: str = "", *, fixed: bool = False) -> None:
        """Show a prompt, what its answers are checked for, and why it cannot be edited."""
        super().show_row(row, problem, fixed=fixed)
        spec = self.value
        one_text = spec is None or editable_context(spec) is not None
        self.widget("context").setToolTip("" if one_text else tip(PASSAGES))
        checks = checks_words(spec) if spec else ""
        self.checks.setToolTip(tip(checks))
        why = "" if spec is None or fixed else _why_fixed(spec)
        for part, text in ((self.checks, one_line(checks, CHECKS_SHOWN)), (self._note, why)):
            part.setText(text)
            part.setVisible(bool(text))


def _why_fixed(spec: PromptSpec) -> str:
    """Why the prompt cannot be edited here; empty where it can."""
    text = editable_text(spec)
    if text is None:
        return TURNS
    if len(text) > MOST_EDITED:
        return LONG
    return HIDDEN if is_altered(text) else ""


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
        self._contexts = PlainButton("Make contexts…", name="prompts_contexts", act=self.make_contexts)
        self._save = PlainButton("Save prompts as…", name="prompts_save", act=self.ask_where_to_save)
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
