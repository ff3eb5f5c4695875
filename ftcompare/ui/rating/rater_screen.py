"""Asks for the rater's name, once in each study and when another rater begins, and remembers it."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QButtonGroup, QLineEdit, QRadioButton

from ftcompare.app.rate.rating_session import KnownRaters
from ftcompare.core.language import tr
from ftcompare.core.person_names import folded_name
from ftcompare.ui import safe_text
from ftcompare.ui.rating.controls import ENTER, CenteredScreen, button_row, wired
from ftcompare.ui.widgets.controls import Card, Heading, Muted, PlainButton, PrimaryButton
from ftcompare.ui.widgets.layouts import put

LONGEST_NAME = 80


class RaterScreen(CenteredScreen):
    chosen = Signal(str)  # a name that is not empty
    left = Signal()  # no name was chosen; go back to the screen before

    def __init__(self) -> None:
        super().__init__()
        self._group = QButtonGroup(self)
        self._known: list[QRadioButton] = []
        self._names: tuple[str, ...] = ()
        self._someone_new = QRadioButton(tr("Someone new"))
        self._group.addButton(self._someone_new)
        self.name = QLineEdit(maxLength=LONGEST_NAME, placeholderText=tr("Your name or initials"))
        self.name.setObjectName("rater_name")
        self.name.setAccessibleName(tr("Your name or initials"))
        self._card = Card()
        put(self._card.body, self._someone_new, self.name)
        self.start = wired(PrimaryButton(tr("Start rating")), "rater_start", self._accept)
        self._back = wired(PlainButton(""), "rater_leave", self.left.emit)
        told = Muted(tr("Your judgments are saved under this name. You enter it once per study."))
        self.fill(Heading(tr("Who is rating?")), told, self._card, button_row(self.start, self._back))
        self._someone_new.toggled.connect(self._on_someone_new)
        self.name.textChanged.connect(self._on_typed)
        self._group.buttonToggled.connect(lambda: self._sync())
        self.first_focus = self.name

    def set_raters(
        self, names: Sequence[str], last: str = "", back: str = "", away: Sequence[str] = ()
    ) -> None:
        """Show the names of the study's raters, and a button to go ``back`` (its text; empty for none).

        ``last``, who rated last on this machine, is proposed as a new name. No known name is selected. Raters
        in ``away`` have their pairs in a pack and are shown disabled.
        """
        for button in self._known:
            self._group.removeButton(button)
            button.deleteLater()
        self._known = [QRadioButton(_plain(name)) for name in names]
        self._known += [_away(name) for name in away]
        for place, button in enumerate(self._known):
            self._group.addButton(button)
            self._card.body.insertWidget(place, button)
        self._someone_new.setVisible(bool(self._known))
        self._names = tuple(names)
        self._select_nobody()
        known = folded_name(last) in map(folded_name, (*names, *away))
        self.name.setText("" if known else last.strip())
        self.name.selectAll()
        self.first_focus = self._known[0] if self._names and not self.name.text() else self.name
        self._back.set_text(back)
        self._back.setVisible(bool(back))
        self._sync()
        if self.isVisible() and self.first_focus is not None:
            self.first_focus.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in ENTER:
            self._accept()
        elif event.text().strip() and event.text().isprintable():  # typed while a known name has the focus
            self.name.setFocus()
            self.name.insert(event.text())
        elif event.key() == Qt.Key.Key_Escape and not self._back.isHidden():
            self.left.emit()
        else:
            super().keyPressEvent(event)

    def _select_nobody(self) -> None:
        self._group.setExclusive(False)
        self._someone_new.setChecked(False)
        self._group.setExclusive(True)
        self.name.clear()

    def _chosen_name(self) -> str:
        known = (name for name, button in zip(self._names, self._known, strict=False) if button.isChecked())
        return next(known, "") or self.name.text().strip()

    def _on_someone_new(self, chosen: bool) -> None:
        if chosen and self._someone_new.isVisible():
            self.name.setFocus()

    def _on_typed(self, text: str) -> None:
        if text:
            self._someone_new.setChecked(True)
        self._sync()

    def _sync(self) -> None:
        self.start.setEnabled(bool(self._chosen_name()))

    def _accept(self) -> None:
        if self._chosen_name():
            self.chosen.emit(self._chosen_name())


def _plain(text: str) -> str:
    """A name for a button: one line without hidden characters, and with ampersands that set no mnemonic."""
    return safe_text.one_line(text).replace("&", "&&")


def _away(name: str) -> QRadioButton:
    made = QRadioButton(_plain(tr("{name} (their pairs are in a rater pack)", name)))
    made.setEnabled(False)
    return made


class RaterChoice(QObject):
    """Remembers the rater, initially the last one on this machine, and asks if there is none."""

    begun = Signal(str)  # show the pairs of the rater with this name
    asked = Signal()  # the names of the study's raters are needed; the answer goes to `offer`

    def __init__(self, screen: RaterScreen, last: str, parent: QObject) -> None:
        super().__init__(parent)
        self._screen = screen
        self._name = last
        self._named = self._changing = False
        screen.chosen.connect(self.begin)

    def enter(self) -> None:
        if self._named:
            self.begun.emit(self._name)
        else:
            self._changing = False
            self.asked.emit()

    def begin(self, name: str) -> None:
        self._name, self._named = name, True
        self.begun.emit(name)

    def change(self) -> None:
        self._changing = True
        self.asked.emit()

    def forget(self) -> None:
        self._named = False

    def offer(self, known: KnownRaters, back: str) -> bool:
        """Fill the screen that asks, unless the last rater goes on; return whether to show it."""
        if self._named and not self._changing:
            return False
        last = known.spelled(self._name)
        if last and not self._changing:
            self.begin(last)
            return False
        self._changing = False
        self._screen.set_raters(known.names, self._name, back, known.away)
        return True
