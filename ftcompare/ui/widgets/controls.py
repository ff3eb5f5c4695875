"""The small parts that every page is made of. All text is plain text, never guessed to be markup."""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from itertools import pairwise

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from ftcompare.ui.safe_text import soft_broken, visible
from ftcompare.ui.theme.icons import IconLabel, IconTint
from ftcompare.ui.theme.theme import XL, XXL, L, M, S

PROGRESS_STEPS = 1000
KIND_ICONS = {"good": "circle-check", "caution": "triangle-alert", "bad": "circle-x", "neutral": "info"}


def set_role(widget: QWidget, **properties: str) -> None:
    """Set properties that the style sheet looks at, and have it look again where one changed."""
    changed = [name for name, value in properties.items() if widget.property(name) != value]
    for name in changed:
        widget.setProperty(name, properties[name])
    if changed:
        widget.style().unpolish(widget)
        widget.style().polish(widget)


class PlainLabel(QLabel):
    """Text as it stands, never guessed to be markup, with every hidden character spelled out."""

    def __init__(self, text: str = "") -> None:
        super().__init__()
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setText(text)

    def setText(self, text: str) -> None:
        """Show another text; where lines may break, a long path may break too."""
        shown = visible(text)
        super().setText(soft_broken(shown) if self.wordWrap() else shown)


def label(text: str, role: str = "", *, wrap: bool = False) -> QLabel:
    """A label of plain text."""
    made = PlainLabel()
    made.setWordWrap(wrap)
    made.setText(text)
    made.setProperty("role", role)
    return made


class ElidedLabel(PlainLabel):
    """One line that ends in … where there is no room for all of it; the whole is its tip."""

    def __init__(self, role: str) -> None:
        super().__init__()
        self.setProperty("role", role)
        self.setMinimumWidth(1)

    def setText(self, text: str) -> None:
        """Show another text."""
        super().setText(text)
        self.setToolTip(f"<qt>{escape(self.text())}</qt>" if text else "")

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: ARG002
        """What fits."""
        painter, area = QPainter(self), self.contentsRect()
        shown = self.fontMetrics().elidedText(self.text(), Qt.TextElideMode.ElideRight, area.width())
        self.style().drawItemText(
            painter, area, self.alignment(), self.palette(), self.isEnabled(), shown, self.foregroundRole()
        )


class Heading(PlainLabel):
    """A heading: level 1 for a page's one sentence, 2 for its title, 3 for a group."""

    def __init__(self, text: str = "", level: int = 1) -> None:
        super().__init__(text)
        self.setProperty("role", {1: "h1", 2: "h2"}.get(level, "strong"))
        self.setWordWrap(level == 1)


class Muted(PlainLabel):
    """Secondary text; wraps."""

    def __init__(self, text: str = "", small: bool = False) -> None:
        super().__init__(text)
        self.setProperty("role", "small" if small else "muted")
        self.setWordWrap(True)


class SectionLabel(PlainLabel):
    """The name of a group, in small capitals; a screen reader reads it as it was given."""

    def __init__(self, text: str = "") -> None:
        super().__init__()
        self.setProperty("role", "section")
        self.set_text(text)

    def set_text(self, text: str) -> None:
        """Show another name."""
        self.setText(text.upper())
        self.setAccessibleName(text)


class Line(QFrame):
    """A thin line across."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "line")


class Card(QFrame):
    """A panel with a border; what it holds goes into ``body``."""

    def __init__(self, title: str = "") -> None:
        super().__init__()
        self.setProperty("role", "card")
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(XL - 4, L, XL - 4, L)
        self.body.setSpacing(M)
        if title:
            self.body.addWidget(SectionLabel(title))


class EnterButton(QPushButton):
    """A push button that Enter presses as Space does; Qt gives Enter to buttons in dialogs only."""

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Take Enter."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        else:
            super().keyPressEvent(event)


class _Button(EnterButton):
    """A push button of one role, with an icon that keeps the colour of the text."""

    def __init__(self, text: str, role: str, icon: str = "") -> None:
        super().__init__()
        self.setProperty("role", role)
        self.setAutoDefault(False)
        self._gap = " " if icon else ""
        self._tint = IconTint(self, icon) if icon else None
        self.set_text(text)

    def set_text(self, text: str) -> None:
        """Change what it says, also to a screen reader."""
        self.setText(f"{self._gap}{text}" if text else "")
        self.setAccessibleName(text)

    def changeEvent(self, event: QEvent) -> None:
        """Follow the theme."""
        super().changeEvent(event)
        tint = getattr(self, "_tint", None)
        if tint is not None:
            tint.on_event(event)


class PrimaryButton(_Button):
    """The one button of a page that takes the user on."""

    def __init__(self, text: str, icon: str = "") -> None:
        super().__init__(text, "primary", icon)


class PlainButton(_Button):
    """An ordinary button with a border."""

    def __init__(self, text: str, icon: str = "") -> None:
        super().__init__(text, "", icon)


class QuietButton(_Button):
    """A button without a border, for what is seldom wanted."""

    def __init__(self, text: str, icon: str = "") -> None:
        super().__init__(text, "quiet", icon)


class LinkButton(_Button):
    """A button that reads as a link within text."""

    def __init__(self, text: str) -> None:
        super().__init__(text, "link")
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)


class KeyCap(QLabel):
    """A key, drawn as on a keyboard."""

    def __init__(self, text: str = "") -> None:
        super().__init__(text)
        self.setProperty("role", "keycap")
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Maximum)


class ProgressLine(QWidget):
    """A thin bar with words beside it. The words are the progress; the bar is only its picture."""

    def __init__(self) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(L)
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setMaximum(PROGRESS_STEPS)
        self._bar.setAccessibleName("Progress")
        self._words = label("", "muted")
        row.addWidget(self._bar, 1)
        row.addWidget(self._words)

    def set(self, fraction: float | None, words: str) -> None:
        """Show a share of 0 to 1; None while it cannot be told."""
        self._bar.setMaximum(0 if fraction is None else PROGRESS_STEPS)
        if fraction is not None:
            self._bar.setValue(round(min(max(fraction, 0.0), 1.0) * PROGRESS_STEPS))
        self._words.setText(words)
        self._words.setVisible(bool(words))
        self._bar.setAccessibleDescription(words)


class EmptyState(QWidget):
    """What stands on a page that has nothing to show yet, and the step that fills it."""

    def __init__(
        self, title: str, words: str, button_text: str = "", act: Callable[[], None] | None = None
    ) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setSpacing(S)
        column.addStretch(2)
        self._title = label(title, "h2")
        self._words = label(words, "muted", wrap=True)
        self._words.setMaximumWidth(560)
        self.button = PrimaryButton(button_text)
        if not button_text:
            self.button.hide()
        self._title.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        column.addWidget(self._title)
        row = QHBoxLayout()
        row.addStretch()
        row.addWidget(self._words, 1)
        row.addStretch()
        column.addLayout(row)
        column.addSpacing(S)
        column.addWidget(self.button, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addStretch(3)
        if act is not None:
            self.button.clicked.connect(lambda: act())

    def set_words(self, title: str, words: str) -> None:
        """Say something else."""
        self._title.setText(title)
        self._words.setText(words)


def waiting(text: str) -> QLabel:
    """What stands in the middle of a page while something is fetched."""
    made = label(text, "muted")
    made.setAlignment(Qt.AlignmentFlag.AlignCenter)
    return made


def set_tab_order(*widgets: QWidget) -> None:
    """The Tab key goes through these one after the other."""
    for before, after in pairwise(widgets):
        QWidget.setTabOrder(before, after)


class StatusPill(QFrame):
    """A state as an icon and a word, never as a colour alone.

    Args:
        kind: ``good``, ``caution``, ``bad`` or ``neutral``.
    """

    def __init__(self, kind: str, text: str) -> None:
        super().__init__()
        self.setProperty("role", "pill")
        row = QHBoxLayout(self)
        row.setContentsMargins(S, 2, S, 2)
        row.setSpacing(6)
        self._icon = IconLabel(KIND_ICONS[kind], kind, 16)
        self._text = label(text)
        self._text.setProperty("kind", kind)
        row.addWidget(self._icon)
        row.addWidget(self._text)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Maximum)
        self.setAccessibleName(text)

    def set(self, kind: str, text: str) -> None:
        """Show another state."""
        self._icon.set_icon(KIND_ICONS[kind], kind)
        self._text.setText(text)
        set_role(self._text, kind=kind)
        self.setAccessibleName(text)


class NoticeLabel(PlainLabel):
    """The study's notice, to stand beside its text; hidden while there is none."""

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "muted")
        self.hide()

    def set(self, text: str) -> None:
        """Show a notice, or nothing."""
        self.setText(text)
        self.setVisible(bool(text))


def page_layout(page: QWidget, title: str) -> tuple[QVBoxLayout, QHBoxLayout]:
    """The frame of a page: margins, a row with its title, and what follows below.

    Returns:
        The layout for the page's body, and the row at the right of the title for buttons and notes.
    """
    page.setProperty("role", "page")
    page.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
    outer = QVBoxLayout(page)
    outer.setContentsMargins(XXL, XL, XXL, XL)
    outer.setSpacing(L)
    header = QHBoxLayout()
    header.setSpacing(M)
    header.addWidget(Heading(title, level=2))
    header.addStretch()
    right = QHBoxLayout()
    right.setSpacing(M)
    header.addLayout(right)
    outer.addLayout(header)
    body = QVBoxLayout()
    body.setSpacing(L)
    outer.addLayout(body, 1)
    return body, right
