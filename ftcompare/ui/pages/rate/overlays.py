"""The rating page's smaller faces: who rates, a pause, one line while something is fetched."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QLineEdit,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from ftcompare.app.rate.rating_session import DeskView, Phase
from ftcompare.ui import safe_text
from ftcompare.ui.pages.rate.comment_and_skip import Aside
from ftcompare.ui.rating.answers import counted, left_words
from ftcompare.ui.theme.theme import L, M, S
from ftcompare.ui.widgets.controls import (
    Card,
    EmptyState,
    Heading,
    KeyCap,
    LinkButton,
    Muted,
    PlainButton,
    PrimaryButton,
    label,
)


class WhoAside(Aside):
    """Asks once who rates.

    Signals:
        chosen: a name that is not empty.
        left: nobody is chosen; back to where it was asked from.
    """

    chosen = Signal(str)
    left = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._group = QButtonGroup(self)
        self._known: list[QRadioButton] = []
        self._names: tuple[str, ...] = ()
        self.column.addStretch(2)
        self.column.addWidget(Heading("Who is rating?"))
        self.column.addWidget(
            Muted("Your judgments are kept under this name. It is asked once in each study.")
        )
        self._card = Card()
        self.column.addWidget(self._card)
        self._someone_new = QRadioButton("Someone new")
        self._group.addButton(self._someone_new)
        self._card.body.addWidget(self._someone_new)
        self.name = QLineEdit()
        self.name.setObjectName("rater_name")
        self.name.setMaxLength(80)
        self.name.setPlaceholderText("Your name or initials")
        self.name.setAccessibleName("Your name or initials")
        self._card.body.addWidget(self.name)
        self.start = PrimaryButton("Start rating")
        self.start.setObjectName("rater_start")
        self._back = PlainButton("")
        self._back.setObjectName("rater_leave")
        row = QHBoxLayout()
        row.setSpacing(M)
        row.addWidget(self.start)
        row.addWidget(self._back)
        row.addStretch()
        self.column.addLayout(row)
        self.column.addStretch(3)
        self._back.clicked.connect(self.left)
        self._someone_new.toggled.connect(self._on_someone_new)
        self.name.textChanged.connect(self._on_typed)
        self.start.clicked.connect(self._accept)
        self._group.buttonToggled.connect(lambda: self._sync())
        self.first_focus = self.name

    def set_raters(
        self, names: Sequence[str], last: str = "", back: str = "", away: Sequence[str] = ()
    ) -> None:
        """Offer those who rated in this study before, and a way back.

        Args:
            names: theirs.
            last: who rated last on this machine: marked if it is one of them, else proposed as a new name.
            back: what the way back is called; empty for none.
            away: who cannot rate here, as their pairs are in a rater pack; shown, and not to be chosen.
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
        self._mark(last.strip(), away)
        self._back.set_text(back)
        self._back.setVisible(bool(back))
        self._sync()
        if self.isVisible() and self.first_focus is not None:
            self.first_focus.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter starts, Esc goes back."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._accept()
        elif event.key() == Qt.Key.Key_Escape and not self._back.isHidden():
            self.left.emit()
        else:
            super().keyPressEvent(event)

    def _mark(self, last: str, away: Sequence[str]) -> None:
        """Mark who is likeliest: who rated last here, else the first of the study, else somebody new."""
        places = {name.casefold(): place for place, name in enumerate(self._names)}
        strange = last.casefold() not in {*places, *(name.casefold() for name in away)}
        self.name.setText(last if strange else "")
        self.name.selectAll()
        new = not self._names or (strange and bool(last))
        marked = self._someone_new if new else self._known[places.get(last.casefold(), 0)]
        marked.setChecked(True)
        self.first_focus = self.name if new else marked

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
    """For a button: one line with nothing hidden, in which an ampersand marks no key."""
    return safe_text.one_line(text).replace("&", "&&")


def _away(name: str) -> QRadioButton:
    """Somebody who cannot be chosen, and why."""
    made = QRadioButton(_plain(f"{name} (their pairs are in a rater pack)"))
    made.setEnabled(False)
    return made


class PauseAside(Aside):
    """A rest: where the rater stands, what comes next.

    Signals:
        go_on, change_rater, leave: its buttons.
    """

    go_on = Signal()
    change_rater = Signal()
    leave = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.column.addStretch(2)
        self.column.addWidget(Heading("Paused"))
        self._counts = label("", wrap=True)
        self._counts.setObjectName("pause_counts")
        self._next = Muted()
        self.column.addWidget(self._counts)
        self.column.addWidget(self._next)
        go_on = PrimaryButton("Go on", "play")
        go_on.setObjectName("pause_go_on")
        self._leave = PlainButton("Leave this page")
        self._leave.setObjectName("pause_leave")
        row = QHBoxLayout()
        row.setSpacing(M)
        row.addWidget(go_on)
        row.addWidget(KeyCap("Space"))
        row.addSpacing(L)
        row.addWidget(self._leave)
        row.addStretch()
        self.column.addSpacing(S)
        self.column.addLayout(row)
        self._who = LinkButton("Change rater")
        self._who.setObjectName("change_rater")
        self.column.addSpacing(S)
        self.column.addWidget(self._who)
        self.column.addStretch(3)
        go_on.clicked.connect(self.go_on)
        self._leave.clicked.connect(self.leave)
        self._who.clicked.connect(self.change_rater)
        self.setAccessibleName("Paused")
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.first_focus = self

    def set_view(self, view: DeskView, rater: str) -> None:
        """Show the counts."""
        judged = counted(view.judged, "pair", "pairs")
        told = "{}, you have judged {} of {}.".format(rater, judged, f"{view.total:,}")
        if view.skipped:
            told += " " + "{} skipped; they come back at the end.".format(f"{view.skipped:,}")
        self._counts.setText(told)
        for button in (self._leave, self._who):
            button.setVisible(view.pack is None)
        told = "All of it is stored; you can close the window at any time."
        if view.phase is Phase.JUDGE:
            told += " " + "Next is pair {}.".format(f"{view.position:,}")
            told += "" if view.seconds_left is None else f" {left_words(view.seconds_left).capitalize()}."
        self._next.setText(told)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Space and Enter go on, and so does the key that paused."""
        keys = (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Escape)
        if event.key() in keys and not event.isAutoRepeat():
            self.go_on.emit()
        else:
            super().keyPressEvent(event)


class BlockedFace(EmptyState):
    """Rating cannot begin: why, one act that may help, and a way out."""

    def __init__(self) -> None:
        super().__init__("Rating cannot begin", "", "Try again")
        self.leave = LinkButton("Leave this page")
        self.leave.setObjectName("blocked_leave")
        column = self.layout()
        if isinstance(column, QVBoxLayout):
            column.insertWidget(column.count() - 1, self.leave, 0, Qt.AlignmentFlag.AlignHCenter)


def placeholder(text: str) -> QWidget:
    """A view of one line, while something is fetched."""
    view = Aside()
    view.column.addStretch(2)
    line = label(text, "muted")
    line.setAlignment(Qt.AlignmentFlag.AlignCenter)
    view.column.addWidget(line)
    view.column.addStretch(3)
    return view
