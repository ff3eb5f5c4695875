"""The pairs of this live session, to read again. It has texts and sides, but no system names."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDialog, QWidget

from ftcompare.app.live.live_view import LivePast
from ftcompare.core.study import AllocationId
from ftcompare.ui.safe_text import one_line
from ftcompare.ui.text.response_view import ResponseView
from ftcompare.ui.theme.theme import XL, XS, L, M, S, Theme
from ftcompare.ui.widgets import controls
from ftcompare.ui.widgets.file_field import FieldMessage
from ftcompare.ui.widgets.layouts import filled, in_column, in_row
from ftcompare.ui.widgets.table import DataColumn, DataTable, Row

COLUMNS = (
    DataColumn("No.", numeric=True),
    DataColumn("Prompt", stretch=1),
    DataColumn("Your vote"),
    DataColumn("In the study"),
)
SIZE = (900, 620)
PROMPT_SHOWN = 300


class EarlierDialog(QDialog):
    """A list of the pairs, and the selected one with both texts on their sides. Nothing can be changed."""

    add_asked = Signal(object)  # the `AllocationId` of a pair whose prompt is to be added to the study

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self.setModal(True)
        self.setObjectName("live_earlier_dialog")
        self.setWindowTitle("Earlier pairs")
        self._past: dict[AllocationId, LivePast] = {}
        self._shown: AllocationId | None = None
        self.table = DataTable(
            theme, "Earlier pairs", COLUMNS, "Find in the prompts", "All words must occur."
        )
        self.left, self.right = ResponseView(theme, "Left"), ResponseView(theme, "Right")
        for view in (self.left, self.right):
            theme.changed.connect(view.refresh)
        self._prompt = controls.named(controls.label("", wrap=True), "live_earlier_prompt")
        self._message = FieldMessage()
        told = (
            "The prompt is then answered and judged with the planned ones. The live vote stays a live vote."
        )
        self.add = controls.PlainButton("Add prompt to the study", name="live_add_prompt", act=self._on_add)
        self.add.setAccessibleDescription(told)
        close = controls.named(controls.PrimaryButton("Close"), "live_earlier_close")
        sides = (
            (in_column(controls.SectionLabel(name), (view, 1), gap=XS), 1)
            for name, view in (("Left", self.left), ("Right", self.right))
        )
        texts = in_row(*sides, gap=L)
        buttons = in_row(
            (filled(in_row(self._message, (controls.Muted(told, small=True), 1), gap=S)), 1), self.add, close
        )
        heading = controls.Heading("Earlier pairs of this session", level=2)
        column = in_column(heading, (self.table, 2), self._prompt, (texts, 3), buttons, gap=M, of=self)
        column.setContentsMargins(XL, L, XL, L)
        self.table.current_changed.connect(self._show)
        close.clicked.connect(self.accept)
        self.resize(*SIZE)

    def show_past(self, past: tuple[LivePast, ...]) -> None:
        """List these pairs, newest first; the selection is kept while the list is open."""
        wanted = self._shown if self.isVisible() else None
        self._past = {each.allocation: each for each in past}
        self._message.clear()
        numbered = reversed(list(enumerate(past, start=1)))
        self.table.set_rows([_row(number, each) for number, each in numbered])
        keys = [row.key for row in self.table.model.shown]
        if keys:
            self.table.select(keys.index(wanted) if wanted in keys else 0)

    def show_failure(self, message: str) -> None:
        self._message.show_problem(message)
        self.add.setEnabled(True)

    def _show(self, key: object) -> None:
        past = next((each for each in self._past.values() if each.allocation == key), None)
        self.add.setEnabled(past is not None and not past.in_study)
        if past is None:
            return
        if self._shown != past.allocation:
            self._message.clear()
        self._shown = past.allocation
        self._prompt.setText(one_line(_asked(past), PROMPT_SHOWN))
        self.left.set_text(past.left, markdown=True)
        self.right.set_text(past.right, markdown=True)

    def _on_add(self) -> None:
        if self._shown is not None:
            self.add.setEnabled(False)
            self.add_asked.emit(self._shown)


def _asked(past: LivePast) -> str:
    return past.messages[-1].content


def _row(number: int, past: LivePast) -> Row:
    return Row(
        past.allocation, (number, _asked(past), past.answer or "no vote", "yes" if past.in_study else "")
    )
