"""A question with two answers, asked before something is lost, replaced, or started."""

from __future__ import annotations

from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QDialog, QWidget

from ftcompare.core.language import tr
from ftcompare.ui.theme.theme import XL, L, M, S
from ftcompare.ui.widgets import controls
from ftcompare.ui.widgets.layouts import STRETCH, in_column, in_row

WIDTH = 480  # pixels


class QuestionDialog(QDialog):
    """The answers are verbs. Esc chooses ``keep``, which changes nothing; so does Enter, unless ``safe``."""

    def __init__(
        self, parent: QWidget, name: str, title: str, words: str, act: str, keep: str, *, safe: bool
    ) -> None:
        super().__init__(parent)
        self.setObjectName(name)
        self.setWindowTitle(title)
        self.words = words
        usual, other = controls.PrimaryButton, controls.PlainButton
        self.act = (usual if safe else other)(act, name=f"{name}_act", act=self.accept)
        self.keep = (other if safe else usual)(keep, name=f"{name}_keep", act=self.reject)
        buttons = (self.keep, self.act) if safe else (self.act, self.keep)
        text = controls.label(words, wrap=True)
        heading = controls.Heading(title, level=2)
        heading.setWordWrap(True)
        row = in_row(STRETCH, *buttons, gap=S)
        self._column = in_column(heading, text, STRETCH, row, gap=M, margins=(XL, L, XL, L), of=self)
        buttons[1].setFocus()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.setFixedSize(WIDTH, self._column.totalHeightForWidth(WIDTH))


def confirmed(
    parent: QWidget, name: str, title: str, words: str, act: str, keep: str, *, safe: bool = False
) -> bool:
    """Ask, and return whether the user chose ``act``; arguments as of `QuestionDialog`."""
    dialog = QuestionDialog(parent, name, title, words, act, keep, safe=safe)
    answer = dialog.exec()
    dialog.deleteLater()
    return answer == QDialog.DialogCode.Accepted


def may_discard(parent: QWidget, name: str, words: str) -> bool:
    """Ask whether changes may be lost; ``words`` says which."""
    title = tr("Discard the changes?")
    return confirmed(parent, name, title, words, tr("Discard changes"), tr("Keep editing"))
