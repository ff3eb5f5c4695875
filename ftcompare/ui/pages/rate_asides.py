"""The rating page's other faces: who rates, a pause, the end, nothing to rate, all keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QGridLayout,
    QHBoxLayout,
    QLineEdit,
    QRadioButton,
    QWidget,
)

from ftcompare.app.rating import DeskView
from ftcompare.core.scale import MAX_STRENGTH, Scale
from ftcompare.ui.pages.rate_side import Aside
from ftcompare.ui.pages.rate_words import answers, counted, key_words, left_words, words
from ftcompare.ui.theme import XL, L, M, S
from ftcompare.ui.widgets.basics import (
    Card,
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
    """

    chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self._group = QButtonGroup(self)
        self._known: list[QRadioButton] = []
        self.column.addStretch(2)
        self.column.addWidget(Heading(words("Who is rating?")))
        self.column.addWidget(
            Muted(words("Your judgments are kept under this name. It is asked once on this machine."))
        )
        self._card = Card()
        self.column.addWidget(self._card)
        self._someone_new = QRadioButton(words("Someone new"))
        self._group.addButton(self._someone_new)
        self._card.body.addWidget(self._someone_new)
        self.name = QLineEdit()
        self.name.setObjectName("rater_name")
        self.name.setMaxLength(80)
        self.name.setPlaceholderText(words("Your name or initials"))
        self.name.setAccessibleName(words("Your name or initials"))
        self._card.body.addWidget(self.name)
        self.start = PrimaryButton(words("Start rating"))
        self.start.setObjectName("rater_start")
        row = QHBoxLayout()
        row.addWidget(self.start)
        row.addStretch()
        self.column.addLayout(row)
        self.column.addStretch(3)
        self.name.textChanged.connect(self._on_typed)
        self.start.clicked.connect(self._accept)
        self._group.buttonToggled.connect(lambda: self._sync())
        self.first_focus = self.name

    def set_raters(self, names: Sequence[str]) -> None:
        """Offer those who rated in this study before."""
        for button in self._known:
            self._group.removeButton(button)
            button.deleteLater()
        self._known = [QRadioButton(name) for name in names]
        for place, button in enumerate(self._known):
            self._group.addButton(button)
            self._card.body.insertWidget(place, button)
        self._someone_new.setVisible(bool(names))
        (self._known[0] if self._known else self._someone_new).setChecked(True)
        self.name.clear()
        self.first_focus = self._known[0] if self._known else self.name
        self._sync()
        if self.isVisible():
            self.first_focus.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter starts."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._accept()
        else:
            super().keyPressEvent(event)

    def _chosen_name(self) -> str:
        known = next((b.text() for b in self._known if b.isChecked()), "")
        return known or self.name.text().strip()

    def _on_typed(self, text: str) -> None:
        if text:
            self._someone_new.setChecked(True)
        self._sync()

    def _sync(self) -> None:
        self.start.setEnabled(bool(self._chosen_name()))

    def _accept(self) -> None:
        if self._chosen_name():
            self.chosen.emit(self._chosen_name())


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
        self.column.addWidget(Heading(words("Paused")))
        self._counts = label("", wrap=True)
        self._counts.setObjectName("pause_counts")
        self._next = Muted()
        self.column.addWidget(self._counts)
        self.column.addWidget(self._next)
        go_on = PrimaryButton(words("Go on"), "play")
        go_on.setObjectName("pause_go_on")
        leave = PlainButton(words("Leave this page"))
        leave.setObjectName("pause_leave")
        row = QHBoxLayout()
        row.setSpacing(M)
        row.addWidget(go_on)
        row.addWidget(KeyCap(words("Space")))
        row.addSpacing(L)
        row.addWidget(leave)
        row.addStretch()
        self.column.addSpacing(S)
        self.column.addLayout(row)
        self._who = LinkButton(words("Change rater"))
        self._who.setObjectName("change_rater")
        self.column.addSpacing(S)
        self.column.addWidget(self._who)
        self.column.addStretch(3)
        go_on.clicked.connect(self.go_on)
        leave.clicked.connect(self.leave)
        self._who.clicked.connect(self.change_rater)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.first_focus = self

    def set_view(self, view: DeskView, rater: str) -> None:
        """Show the counts."""
        judged = counted(view.judged, words("pair"), words("pairs"))
        told = words("{0}, you have judged {1} of {2}.").format(rater, judged, f"{view.total:,}")
        if view.skipped:
            told += " " + words("{0} skipped; they come back at the end.").format(f"{view.skipped:,}")
        self._counts.setText(told)
        rest = "" if view.seconds_left is None else f" {left_words(view.seconds_left).capitalize()}."
        self._next.setText(
            words("All of it is stored; you can close the window at any time.")
            + " "
            + words("Next is pair {0}.").format(f"{view.position:,}")
            + rest
        )

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Space and Enter go on, and so does the key that paused."""
        keys = (Qt.Key.Key_Space, Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Escape)
        if event.key() in keys and not event.isAutoRepeat():
            self.go_on.emit()
        else:
            super().keyPressEvent(event)


class DoneAside(Aside):
    """The end: thanks, own counts, and where to go.

    Signals:
        return_to_skipped, change_rater: its buttons.
        go: id of a command of the window.
    """

    return_to_skipped = Signal()
    change_rater = Signal()
    go = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.column.addStretch(2)
        self._title = Heading()
        self._title.setObjectName("done_title")
        self._counts = Muted()
        self._counts.setObjectName("done_counts")
        self.column.addWidget(self._title)
        self.column.addWidget(self._counts)
        self._return = PlainButton("", "undo-2")
        self._return.setObjectName("return_to_skipped")
        results = PrimaryButton(words("See the results"), "chart-column")
        results.setObjectName("done_results")
        export = PlainButton(words("Export"), "download")
        export.setObjectName("done_export")
        row = QHBoxLayout()
        row.setSpacing(M)
        for button in (results, export, self._return):
            row.addWidget(button)
        row.addStretch()
        self.column.addSpacing(S)
        self.column.addLayout(row)
        who = LinkButton(words("Someone else rates now"))
        self.column.addSpacing(S)
        self.column.addWidget(who)
        self.column.addStretch(3)
        results.clicked.connect(lambda: self.go.emit("page.results"))
        export.clicked.connect(lambda: self.go.emit("page.export"))
        self._return.clicked.connect(self.return_to_skipped)
        who.clicked.connect(self.change_rater)
        self.first_focus = results

    def set_view(self, view: DeskView, rater: str) -> None:
        """Show the counts."""
        self._title.setText(words("Thank you, {0}. That was the last pair.").format(rater))
        judged = counted(view.judged, words("pair judged"), words("pairs judged"))
        skipped = words("none skipped") if not view.skipped else f"{view.skipped:,} " + words("skipped")
        self._counts.setText(f"{judged}, {skipped}. " + words("Every judgment is stored."))
        self._return.setVisible(bool(view.skipped))
        self._return.set_text(words("{0} skipped: return to them").format(f"{view.skipped:,}"))


class KeysAside(Aside):
    """All keys of this page.

    Signals:
        closed: back to the pair.
    """

    closed = Signal()

    def __init__(self, titles: Mapping[str, str], keys: Mapping[str, str]) -> None:
        super().__init__()
        self._titles = titles
        self._keys = keys
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(XL)
        self._grid.setVerticalSpacing(S)
        self._grid.setColumnStretch(1, 1)
        self._grid.setColumnStretch(3, 1)
        card = Card()
        card.body.addLayout(self._grid)
        self.column.addStretch(1)
        self.column.addWidget(Heading(words("Keys"), level=2))
        self.column.addWidget(card)
        close = PrimaryButton(words("Back to the pair"))
        close.setObjectName("keys_close")
        close.clicked.connect(self.closed)
        self.column.addWidget(close, 0, Qt.AlignmentFlag.AlignLeft)
        self.column.addStretch(2)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.first_focus = self

    def set_scale(self, scale: Scale) -> None:
        """List the keys that count on a scale."""
        while (item := self._grid.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.deleteLater()
        rows = listed_keys(self._titles, self._keys, scale)
        half = (len(rows) + 1) // 2
        for number, (title, key) in enumerate(rows):
            row, side = number % half, 2 * (number // half)
            self._grid.addWidget(KeyCap(key_words(key)), row, side, Qt.AlignmentFlag.AlignRight)
            self._grid.addWidget(label(title), row, side + 1)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Any key goes back; a modifier alone does not."""
        alone = (Qt.Key.Key_Shift, Qt.Key.Key_Control, Qt.Key.Key_Alt, Qt.Key.Key_Meta, Qt.Key.Key_Tab)
        if event.key() not in alone and not event.isAutoRepeat():
            self.closed.emit()


def listed_keys(titles: Mapping[str, str], keys: Mapping[str, str], scale: Scale) -> list[tuple[str, str]]:
    """The answers that a scale offers, then the page's other commands, with their keys."""
    offered = [(answer.command, answer.title) for answer in answers(scale)]
    every = {answer.command for answer in answers(Scale(strengths=MAX_STRENGTH))}
    others = [(command, words(title)) for command, title in titles.items() if command not in every]
    found = [(title, keys.get(command, "")) for command, title in (*offered, *others)]
    scrolling = [(words("Scroll both texts"), "Space"), (words("Scroll by pages"), "PgDown")]
    return [(title, key) for title, key in (*found, *scrolling) if key]


def placeholder(text: str) -> QWidget:
    """A view of one line, while something is fetched."""
    view = Aside()
    view.column.addStretch(2)
    line = label(text, "muted")
    line.setAlignment(Qt.AlignmentFlag.AlignCenter)
    view.column.addWidget(line)
    view.column.addStretch(3)
    return view
