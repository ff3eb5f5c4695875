"""Derives prompts with other kinds of context from those in the table, previews them and adds them."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QDialog, QSpinBox, QWidget

from ftcompare.app.setup.context_maker import (
    DISTRACTORS,
    KINDS,
    MOST_DISTRACTORS,
    ContextAttempt,
    changed_passages,
    left_out_words,
    make_contexts,
)
from ftcompare.core.context import ContextKind
from ftcompare.core.plurals import counted
from ftcompare.core.study import PromptSpec
from ftcompare.ui.safe_text import one_line
from ftcompare.ui.theme.theme import XL, L, M, S, Theme
from ftcompare.ui.widgets.controls import Heading, Muted, PlainButton, PrimaryButton, label, named
from ftcompare.ui.widgets.flow_layout import FlowLayout
from ftcompare.ui.widgets.layouts import STRETCH, filled, in_column, in_row
from ftcompare.ui.widgets.number_field import number_field
from ftcompare.ui.widgets.table import DataColumn, DataTable, Row

SIZE = (980, 620)
COLUMNS = (
    DataColumn("Prompt"),
    DataColumn("Kind"),
    DataColumn("Before", stretch=1),
    DataColumn("After", stretch=1),
)
ABOUT = {
    ContextKind.UNKNOWN: "the passages with the answer are taken out",
    ContextKind.DISTRACTING: "passages of other prompts are added",
    ContextKind.CONFLICTING: "a passage that contradicts is added",
    ContextKind.COUNTERFACTUAL: "the answer is replaced by another one",
}
MOST_SEED = 999_999
CELL, TIP = 200, 900
"""Characters of a passage in the table."""


class ContextsDialog(QDialog):
    """The choice of what to derive, and a preview.

    Args:
        prompts: the prompts to start from.
        theme: theme of the table.
        parent: the window.
    """

    made = Signal(object)
    """The new prompts, a list of `PromptSpec`."""

    def __init__(self, prompts: Sequence[PromptSpec], theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setModal(True)
        self.setObjectName("contexts_dialog")
        self.setWindowTitle("Make contexts")
        self._prompts = tuple(prompts)
        self._attempts: tuple[ContextAttempt, ...] = ()
        self.kinds = {kind: self._box(kind) for kind in KINDS}
        self.seed = number_field(QSpinBox(maximum=MOST_SEED), "contexts_seed")
        self.distractors = number_field(QSpinBox(minimum=1, maximum=MOST_DISTRACTORS), "contexts_distractors")
        self.distractors.setValue(DISTRACTORS)
        self.table = DataTable(
            theme, "What is made", COLUMNS, "Find in what is made", "All words must occur."
        )
        self.told = named(Muted(""), "contexts_told")
        self.accept_button = named(PrimaryButton("Add to the prompts"), "contexts_accept")
        self._arrange()
        for number in (self.seed, self.distractors):
            number.valueChanged.connect(self._make)
        self.resize(*SIZE)
        self._make()

    def accept(self) -> None:
        """Close, and emit the derived prompts."""
        self.made.emit([one.made for one in self._attempts if one.made is not None])
        super().accept()

    def _box(self, kind: ContextKind) -> QCheckBox:
        box = named(QCheckBox(f"{kind.value}: {ABOUT[kind]}"), f"contexts_{kind.value}")
        box.setChecked(True)
        box.toggled.connect(self._make)
        return box

    def _make(self) -> None:
        """Derive the prompts again, and show the result for each."""
        kinds = [kind for kind, box in self.kinds.items() if box.isChecked()]
        self._attempts = make_contexts(
            self._prompts, kinds, seed=self.seed.value(), distractors=self.distractors.value()
        )
        made = [one for one in self._attempts if one.made is not None]
        self.table.set_rows([_row(place, one) for place, one in enumerate(made)])
        words = [f"{counted(len(made), 'prompt')} can be added."]
        words += [f"{line[:1].upper()}{line[1:]}." for line in left_out_words(self._attempts)]
        self.told.setText(" ".join(words))
        self.accept_button.setEnabled(bool(made))

    def _arrange(self) -> None:
        about = Muted(
            "Of each prompt whose context holds its reference answer. What a right answer does is set with "
            "it; the prompts that are there stay as they are."
        )
        boxes = QWidget()
        flow = FlowLayout(L, boxes)
        for box in self.kinds.values():
            flow.addWidget(box)
        numbers = []
        for words, field in (("Passages added to distract", self.distractors), ("Seed", self.seed)):
            before = label(words)
            before.setBuddy(field)
            field.setAccessibleName(words)
            numbers += [before, field]
        chosen = filled(in_row(*numbers, STRETCH, gap=S))
        cancel = named(PlainButton("Cancel"), "contexts_cancel")
        cancel.clicked.connect(self.reject)
        self.accept_button.clicked.connect(self.accept)
        buttons = in_row((self.told, 1), cancel, self.accept_button, gap=S)
        heading = Heading("Make contexts of other kinds", level=2)
        body = in_column(heading, about, boxes, chosen, (self.table, 1), buttons, gap=M, of=self)
        body.setContentsMargins(XL, L, XL, L)


def _row(place: int, attempt: ContextAttempt) -> Row:
    before, after = (" … ".join(texts) for texts in changed_passages(attempt))
    cells = (attempt.source.key, attempt.kind.value, one_line(before, CELL), one_line(after, CELL))
    told = f"Before: {before} After: {after}"
    return Row(place, cells, tip=one_line(told, TIP))
