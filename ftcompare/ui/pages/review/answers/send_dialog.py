"""Asks whether to send prompts to a further round of judging, and to whom."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QDialog, QLineEdit, QSpinBox, QWidget

from ftcompare.core.plurals import counted
from ftcompare.ui.safe_text import one_line
from ftcompare.ui.theme.theme import XL, L, M, S
from ftcompare.ui.widgets.controls import Heading, Muted, PlainButton, PrimaryButton, label, named
from ftcompare.ui.widgets.inputs import number_field
from ftcompare.ui.widgets.layouts import STRETCH, filled, in_column, in_row

if TYPE_CHECKING:
    from ftcompare.app.review.judging_round import RoundPreview

WIDTH = 560
SHOWN_RATERS = 8


class SendDialog(QDialog):
    """The question, with a description of the effect."""

    # names of raters, and the number of further judgments per pair, if no rater is named
    decided = Signal(tuple, int)

    def __init__(self, parent: QWidget | None, preview: RoundPreview) -> None:
        super().__init__(parent)
        self._preview = preview
        self.setModal(True)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Send to judging")
        self.setMinimumWidth(WIDTH)
        self.names = named(QLineEdit(), "send_raters", "Raters, with commas between their names")
        self.further = number_field(QSpinBox(minimum=1, maximum=max(1, preview.shared_out)), "send_further")
        self.confirm = PrimaryButton("Send to judging", name="send_confirm", act=self.accept)
        self.cancel = PlainButton("Cancel", name="send_cancel", act=self.reject)
        title = Heading(f"Send {counted(preview.prompts, 'prompt')} to a further round of judging?", level=2)
        title.setWordWrap(True)
        told = named(label(preview.told, wrap=True), "send_told")
        buttons = in_row(STRETCH, self.cancel, self.confirm, gap=L)
        self._column = in_column(title, told, S, *self._fields(), M, buttons, gap=M, of=self)
        self._column.setContentsMargins(XL, XL, XL, XL)
        self.names.textChanged.connect(self._check)
        self._check()

    @property
    def raters(self) -> tuple[str, ...]:
        return tuple(name.strip() for name in self.names.text().split(",") if name.strip())

    def accept(self) -> None:
        """Close with yes, where it is known who judges."""
        if self.confirm.isEnabled():
            self.decided.emit(self.raters, self.further.value())
            super().accept()

    def _fields(self) -> tuple[QWidget, ...]:
        shared = self._preview.shared_out > 0
        above = label("Only these raters (may be left empty)" if shared else "Raters", "strong")
        above.setBuddy(self.names)
        self.names.setPlaceholderText("Ada, Ben")
        known = ", ".join(one_line(name, 30) for name in self._preview.raters[:SHOWN_RATERS])
        note = (
            f"In this study: {known}. A new name is a new rater." if known else "A new name is a new rater."
        )
        count = label("Further judgments of each pair", "strong")
        count.setBuddy(self.further)
        row = filled(in_row(count, self.further, STRETCH, gap=S))
        row.setVisible(shared)
        return (row, above, self.names, Muted(note, small=True))

    def _check(self) -> None:
        self.further.setEnabled(not self.raters)
        self.confirm.setEnabled(bool(self.raters) or self._preview.shared_out > 0)
