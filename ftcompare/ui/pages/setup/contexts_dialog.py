"""Derives prompts with other kinds of context from those in the table, previews them and adds them."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QSpinBox, QWidget

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
from ftcompare.ui.dialogs.task_dialog import PreviewDialog
from ftcompare.ui.safe_text import one_line
from ftcompare.ui.theme.theme import L, S, Theme
from ftcompare.ui.widgets.controls import Muted, label_of
from ftcompare.ui.widgets.inputs import number_field
from ftcompare.ui.widgets.layouts import STRETCH, filled, in_row
from ftcompare.ui.widgets.table import DataColumn, Row
from ftcompare.ui.widgets.tick_boxes import TickBoxes

COLUMNS = (
    DataColumn("Prompt"),
    DataColumn("Kind"),
    DataColumn("Before", stretch=1),
    DataColumn("After", stretch=1),
)
ABOUT = (
    "Of each prompt whose context holds its reference answer. What a right answer does is set with it; the "
    "prompts that are there stay as they are."
)
ABOUT_KINDS = {
    ContextKind.UNKNOWN: "the passages with the answer are taken out",
    ContextKind.DISTRACTING: "passages of other prompts are added",
    ContextKind.CONFLICTING: "a passage that contradicts is added",
    ContextKind.COUNTERFACTUAL: "the answer is replaced by another one",
}
MOST_SEED = 999_999
CELL, TIP = 200, 900
"""Characters of a passage in the table."""


class ContextsDialog(PreviewDialog):
    """The choice of what to derive; `taken` carries the new prompts, a list of `PromptSpec`."""

    def __init__(self, prompts: Sequence[PromptSpec], theme: Theme, parent: QWidget | None = None) -> None:
        table = "What is made", "Find in what is made", COLUMNS
        super().__init__("contexts", "Make contexts", "Add to the prompts", *table, theme, parent)
        self._prompts = tuple(prompts)
        self._made: list[PromptSpec] = []
        self.kinds = TickBoxes("contexts", flow=L)
        self.kinds.offer([(kind.value, f"{kind.value}: {ABOUT_KINDS[kind]}", True) for kind in KINDS])
        self.seed = number_field(QSpinBox(maximum=MOST_SEED), "contexts_seed")
        self.distractors = number_field(QSpinBox(minimum=1, maximum=MOST_DISTRACTORS), "contexts_distractors")
        self.distractors.setValue(DISTRACTORS)
        numbers: list[QWidget] = []
        for title, field in (("Passages added to distract", self.distractors), ("Seed", self.seed)):
            field.setAccessibleName(title)
            field.valueChanged.connect(self._make)
            numbers += [label_of(field, title), field]
        self.kinds.changed.connect(self._make)
        row = filled(in_row(*numbers, STRETCH, gap=S))
        self.lay_out("Make contexts of other kinds", Muted(ABOUT), self.kinds, row, size=(980, 620))
        self._make()

    def accept(self) -> None:
        self.taken.emit(self._made)
        super().accept()

    def _make(self) -> None:
        """Derive the prompts again, and show the result for each."""
        kinds = map(ContextKind, self.kinds.chosen)
        seed, distractors = self.seed.value(), self.distractors.value()
        attempts = make_contexts(self._prompts, kinds, seed=seed, distractors=distractors)
        done = [one for one in attempts if one.made is not None]
        self._made = [one.made for one in attempts if one.made is not None]
        words = [f"{counted(len(done), 'prompt')} can be added."]
        words += [f"{line[:1].upper()}{line[1:]}." for line in left_out_words(attempts)]
        rows = [_row(place, one) for place, one in enumerate(done)]
        self.show_preview(rows, " ".join(words), usable=bool(done))


def _row(place: int, attempt: ContextAttempt) -> Row:
    before, after = (" … ".join(texts) for texts in changed_passages(attempt))
    cells = (attempt.source.key, attempt.kind.value, one_line(before, CELL), one_line(after, CELL))
    return Row(place, cells, tip=one_line(f"Before: {before} After: {after}", TIP))
