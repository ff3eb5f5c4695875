"""The first page: begin a study, go on with one, judge in a pack, or try the demo."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from ftcompare.app.application_paths import is_there
from ftcompare.app.raters.packs import PACK_SUFFIX
from ftcompare.ui.page import Page
from ftcompare.ui.page_context import PageContext
from ftcompare.ui.safe_text import one_line, tip
from ftcompare.ui.theme.icons import IconLabel
from ftcompare.ui.theme.theme import XL, XXL, L, M, S
from ftcompare.ui.widgets.controls import (
    EnterButton,
    Heading,
    KeyCap,
    Muted,
    QuietButton,
    SectionLabel,
    label,
    set_role,
)
from ftcompare.ui.widgets.key_text import key_text

COLUMN = 960
NARROWEST = 240
ACTS = (
    ("study.new", "file-plus", "New study", "Compare a base model with its fine-tunes, or texts you have."),
    ("study.open", "folder-open", "Open…", "A study on this machine. You can also drop it on the window."),
    (
        "study.open_pack",
        "user",
        "Open a rater pack",
        "You were sent a file to judge. Needs no model, no set-up.",
    ),
    ("study.demo", "flask-conical", "Try the demo", "A small model and its fine-tune, ready in a minute."),
)


class RowButton(EnterButton):
    """A wide button: icon, title, a sentence, a key."""

    def __init__(self, icon: str, title: str, words: str, key: str = "") -> None:
        super().__init__()
        self.setProperty("role", "row")
        self.setAutoDefault(False)
        self.setAccessibleName(title)
        self.setAccessibleDescription(words)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        row = QHBoxLayout(self)
        row.setContentsMargins(L, M, L, M)
        row.setSpacing(L)
        row.addWidget(IconLabel(icon, "accent", 22))
        self._words = column = QVBoxLayout()
        column.setSpacing(2)
        column.addWidget(label(title, "strong"))
        column.addWidget(label(words, "small", wrap=True))
        row.addLayout(column, 1)
        self._cap = KeyCap()
        row.addWidget(self._cap)
        self.set_key(key)
        for part in self.findChildren(QWidget):
            part.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)

    def set_key(self, key: str) -> None:
        """Show another key, or none."""
        self._cap.setText(key)
        self._cap.setVisible(bool(key))

    def sizeHint(self) -> QSize:
        """As large as its parts."""
        layout = self.layout()
        return layout.sizeHint() if layout is not None else super().sizeHint()

    def minimumSizeHint(self) -> QSize:
        """Narrow: the sentence wraps."""
        return QSize(NARROWEST, super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Take the height that the sentence needs at this width."""
        super().resizeEvent(event)
        layout = self.layout()
        if layout is not None:
            self._words.invalidate()  # they may have been laid out for another width
            layout.invalidate()
            self.setMinimumHeight(layout.totalHeightForWidth(self.width()))
            layout.activate()


class RecentRow(QWidget):
    """A study or a pack that was open before. One that is gone stays listed until it is removed.

    Signals:
        chosen, removed: the path.
    """

    chosen = Signal(object)
    removed = Signal(object)

    def __init__(self, path: Path) -> None:
        super().__init__()
        there = is_there(path)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(S)
        place = _shortened(path.parent)
        icon = "user" if path.suffix == PACK_SUFFIX else "file-text"
        self.button = RowButton(icon, one_line(path.stem), place if there else "Not found: " + place)
        self.button.setObjectName("recent_open")
        self.button.setEnabled(there)
        self.button.setToolTip(tip(str(path)))
        row.addWidget(self.button, 1)
        if not there:
            for part in self.button.findChildren(IconLabel):
                part.set_icon(icon, "neutral")
            for text in self.button.findChildren(type(label(""))):
                set_role(text, role="small")
        remove = QuietButton("", "x")
        remove.setObjectName("recent_remove")
        remove.setAccessibleName(f"Remove {one_line(path.stem)} from the list")
        remove.setToolTip("Remove from the list")
        row.addWidget(remove)
        self.button.clicked.connect(lambda: self.chosen.emit(path))
        remove.clicked.connect(lambda: self.removed.emit(path))


class WelcomePage(Page):
    """The first page.

    Signals:
        open_asked, forget_asked: the path of a recent study or pack.
    """

    open_asked = Signal(object)
    forget_asked = Signal(object)

    def __init__(self, context: PageContext, keys: Mapping[str, str]) -> None:
        super().__init__()
        self.setProperty("role", "page")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._context = context
        middle = QWidget()
        middle.setMaximumWidth(COLUMN)
        column = QVBoxLayout(middle)
        column.setContentsMargins(XXL, XL, XXL, XL)
        column.setSpacing(S)
        column.addStretch(2)
        column.addWidget(Heading("FTCompare"))
        column.addWidget(
            Muted("Did fine-tuning make the model better, in the eyes of the people who will use it?")
        )
        column.addSpacing(L)
        self._both = QHBoxLayout()
        self._both.setSpacing(XL)
        self._acts: dict[str, RowButton] = {}
        self._both.addLayout(self._build_acts(), 1)
        self.set_keys(keys)
        self._recent_side = QWidget()
        self._recent = QVBoxLayout(self._recent_side)
        self._recent.setContentsMargins(0, 0, 0, 0)
        self._recent.setSpacing(S)
        self._both.addWidget(self._recent_side, 1)
        column.addLayout(self._both)
        column.addStretch(3)
        column.addWidget(Muted("Everything stays on this machine.", small=True))
        outer = QHBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.addStretch(1)
        outer.addWidget(middle, 100)
        outer.addStretch(1)

    def set_keys(self, keys: Mapping[str, str]) -> None:
        """Show which keys do the same."""
        for command, button in self._acts.items():
            button.set_key(key_text(keys.get(command, "")))

    def set_recent(self, recent: Sequence[Path]) -> None:
        """List studies and packs that were open before, newest first."""
        while (item := self._recent.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.deleteLater()
        self._recent_side.setVisible(bool(recent))
        self._recent.addWidget(SectionLabel("Recent"))
        for path in recent[:5]:
            row = RecentRow(path)
            row.chosen.connect(self.open_asked)
            row.removed.connect(self.forget_asked)
            self._recent.addWidget(row)
        self._recent.addStretch()

    def _build_acts(self) -> QVBoxLayout:
        column = QVBoxLayout()
        column.setSpacing(S)
        column.addWidget(SectionLabel("Start"))
        for command, icon, title, words in ACTS:
            button = RowButton(icon, title, words)
            self._acts[command] = button
            button.setObjectName(f"welcome:{command}")
            button.clicked.connect(lambda _=False, c=command: self._context.trigger(c))
            column.addWidget(button)
        column.addStretch()
        return column


def _shortened(folder: Path) -> str:
    """A folder as a person says it."""
    try:
        inside = folder.relative_to(Path.home())
    except ValueError:
        return str(folder)
    return str(Path("~") / inside)
