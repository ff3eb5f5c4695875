"""The form for an error mark: type, severity, comment, better words."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QHideEvent, QKeyEvent, QShowEvent
from PySide6.QtWidgets import QGridLayout, QLineEdit

from ftcompare.core.annotations import Mark
from ftcompare.core.error_scheme import ErrorScheme, Severity
from ftcompare.ui.safe_text import one_line
from ftcompare.ui.theme.theme import M, S
from ftcompare.ui.widgets import controls
from ftcompare.ui.widgets.inputs import choice_box, fill_choice
from ftcompare.ui.widgets.layouts import STRETCH, filled, in_row, put

QUOTE_LENGTH = 160
IN_A_ROW = 2  # severities beside each other
NOTHING = "Something is missing where the cursor stands"


class MarkForm(controls.Card):
    """Asks what is wrong with a passage. Digits choose the severity, Enter saves the mark, Esc cancels."""

    given = Signal(object)  # a mark is to be kept (`Mark`)
    left = Signal()  # no mark is to be kept
    asking = Signal(bool)  # it is shown, or is no more

    def __init__(self) -> None:
        super().__init__()
        self._scheme: ErrorScheme | None = None
        self._mark: Mark | None = None
        self._last = ("", "")
        self.heading = controls.SectionLabel("Mark an error")
        self.quote = controls.named(controls.label("", wrap=True), "mark_quote")
        self.types = controls.named(choice_box(), "mark_type", "Type of the error")
        self.note = controls.named(controls.Muted("", small=True), "mark_note")
        self.severities: list[controls.EnterButton] = []
        self._grid = QGridLayout()
        self.comment = controls.named(QLineEdit(), "mark_comment", "Comment")
        self.suggestion = controls.named(QLineEdit(), "mark_suggestion", "Better words")
        self.keep = controls.PrimaryButton("Keep", name="mark_keep", act=self._keep)
        self.leave = controls.PlainButton("Cancel", name="mark_leave", act=self._leave)
        self._arrange()
        self._connect()
        self.hide()

    def ask(self, scheme: ErrorScheme, mark: Mark) -> None:
        """Ask about a passage; an empty type or severity becomes the last one used."""
        self._mark = mark
        spanless = mark.start == mark.end
        kinds = [kind for kind in scheme.types if kind.spanless or not spanless]
        if scheme != self._scheme:
            self._offer_severities(scheme)
        self._scheme = scheme
        fill_choice(self.types, [(kind.label, kind.key) for kind in kinds], mark.error_type or self._last[0])
        self._choose(mark.severity or self._last[1] or self._usual(scheme))
        self.heading.setText("Change the mark" if mark.severity else "Mark an error")
        self.quote.setText(f"“{one_line(mark.quote, QUOTE_LENGTH)}”" if mark.quote else NOTHING)
        self.comment.setText(mark.comment)
        self.suggestion.setText(mark.suggestion)
        self._tell()
        self.show()
        self.types.setFocus(Qt.FocusReason.OtherFocusReason)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.asking.emit(True)

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.asking.emit(not self.isHidden())

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Let digits on the list of types choose a severity instead of searching the list."""
        if isinstance(event, QKeyEvent) and event.type() is QEvent.Type.KeyPress and self._digit(event):
            return True
        return super().eventFilter(watched, event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self._leave()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._keep()
        elif not self._digit(event):
            super().keyPressEvent(event)

    def _digit(self, event: QKeyEvent) -> bool:
        text = event.text()
        if len(text) != 1 or text not in "123456789" or int(text) > len(self.severities):
            return False
        self.severities[int(text) - 1].setChecked(True)
        return True

    def _keep(self) -> None:
        mark, kind = self._mark, self.types.currentData()
        chosen = next((button for button in self.severities if button.isChecked()), None)
        if mark is None or kind is None or chosen is None:
            return
        severity = str(chosen.property("severity"))
        self._last = (str(kind), severity)
        self._mark = None
        comment, better = self.comment.text().strip(), self.suggestion.text().strip()
        chosen_type = str(kind)
        given = replace(mark, error_type=chosen_type, severity=severity, comment=comment, suggestion=better)
        self.given.emit(given)
        self.hide()  # once the focus is elsewhere: it would go to the next widget by itself

    def _leave(self) -> None:
        self._mark = None
        self.left.emit()
        self.hide()

    def _usual(self, scheme: ErrorScheme) -> str:
        weighing = [level for level in scheme.severities if level.weight > 0] or [*scheme.severities]
        return min(weighing, key=lambda level: level.weight).key

    def _offer_severities(self, scheme: ErrorScheme) -> None:
        for button in self.severities:
            button.hide()
            button.deleteLater()
        self.severities = [self._severity(*numbered) for numbered in enumerate(scheme.severities, start=1)]
        for place, button in enumerate(self.severities):
            self._grid.addWidget(button, *divmod(place, IN_A_ROW))

    def _severity(self, number: int, level: Severity) -> controls.EnterButton:
        button = controls.EnterButton(f"{number}  {level.label}")
        button.setCheckable(True)
        button.setAutoExclusive(True)
        button.setAutoDefault(False)
        button.setProperty("severity", level.key)
        controls.set_role(button, role="segment", end="only")
        return controls.named(button, f"mark_severity_{level.key}", f"{level.label}, weight {level.weight:g}")

    def _choose(self, severity: str) -> None:
        for button in self.severities:
            button.setChecked(button.property("severity") == severity)

    def _tell(self) -> None:
        kind = self._scheme.error_type(str(self.types.currentData())) if self._scheme is not None else None
        self.note.setText(kind.note if kind is not None else "")

    def _arrange(self) -> None:
        self.body.setSpacing(S)
        self.comment.setPlaceholderText("Comment")
        self.suggestion.setPlaceholderText("Better words")
        keys = in_row(controls.KeyCap("Enter"), self.keep, STRETCH, self.leave, controls.KeyCap("Esc"), gap=S)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setSpacing(S)
        severities = filled(self._grid)
        severities.setAccessibleName("Severity")
        rows = (self.heading, self.quote, self.types, self.note, severities, self.comment, self.suggestion)
        put(self.body, *rows, M, keys)

    def _connect(self) -> None:
        self.types.installEventFilter(self)
        self.types.currentIndexChanged.connect(self._tell)
