"""The buttons of the rating page: answers above their keys, and the row of tools below."""

from __future__ import annotations

from collections.abc import Mapping
from textwrap import wrap

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from ftcompare.core.scale import Scale
from ftcompare.ui.icons import IconLabel
from ftcompare.ui.pages.rate_words import Answer, answers, key_words, words
from ftcompare.ui.theme import L, S, Theme
from ftcompare.ui.widgets.basics import KeyCap, label, set_role
from ftcompare.ui.widgets.flow import FlowLayout

ANSWER_WIDTH = 190
NARROW_WIDTH = 120
MANY = 4
"""More answers than these have their words in two lines."""


class KeyButton(QPushButton):
    """A quiet button that shows its key first, or an icon where it has no key."""

    def __init__(self, title: str, key: str = "", icon: str = "") -> None:
        super().__init__()
        self.setProperty("role", "tool")
        self.setAutoDefault(False)
        row = QHBoxLayout(self)
        row.setContentsMargins(4, 2, 4, 2)
        row.setSpacing(6)
        self._icon = IconLabel(icon, "neutral", 16) if icon else None
        if self._icon is not None:
            row.addWidget(self._icon)
        if key:
            row.addWidget(KeyCap(key_words(key)))
        self._title = label(title, "muted")
        row.addWidget(self._title)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Maximum)
        for part in self.findChildren(QWidget):
            part.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self._key = key
        self.set_title(title)

    def set_title(self, title: str) -> None:
        """Change the words."""
        self._title.setText(title)
        spoken = f"{title} ({key_words(self._key)})" if self._key else title
        self.setAccessibleName(spoken)
        self.updateGeometry()

    def set_icon(self, name: str) -> None:
        """Change the icon."""
        if self._icon is not None:
            self._icon.set_icon(name, "neutral")

    def set_on(self, on: bool) -> None:
        """Show whether what it switches is on."""
        set_role(self._title, role="strong" if on else "muted")
        self.setProperty("on", "true" if on else "false")
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        """As large as its parts."""
        layout = self.layout()
        return layout.sizeHint() + QSize(4, 4) if layout is not None else super().sizeHint()

    def minimumSizeHint(self) -> QSize:
        """As large as its parts."""
        return self.sizeHint()


class AnswerRow(QWidget):
    """The answers of a scale, each above its key.

    Signals:
        answered: an `Answer` was clicked.
    """

    answered = Signal(object)

    def __init__(self, theme: Theme, keys: Mapping[str, str]) -> None:
        super().__init__()
        self._theme = theme
        self._keys = keys
        self._scale: Scale | None = None
        self._buttons: dict[str, QPushButton] = {}
        self._titles: dict[str, str] = {}
        self._laid_out = False
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(S)
        self._question = label("", "muted", wrap=True)
        self._question.setAlignment(Qt.AlignmentFlag.AlignCenter)
        column.addWidget(self._question)
        self._row = QHBoxLayout()
        self._row.setSpacing(L)
        column.addLayout(self._row)

    def set_scale(self, scale: Scale) -> None:
        """Offer the answers of a scale."""
        if scale == self._scale:
            return
        self._scale = scale
        self._question.setText(scale.question)
        self._clear()
        offered = answers(scale)
        self._row.setSpacing(S if len(offered) > MANY else L)
        self._row.addStretch()
        for answer in offered:
            self._row.addLayout(self._made(answer, many=len(offered) > MANY))
        self._row.addStretch()
        self._fit()

    @property
    def buttons(self) -> tuple[QPushButton, ...]:
        """The answers' buttons, from the left."""
        return tuple(self._buttons.values())

    def by_command(self, command: str) -> Answer | None:
        """The answer that a command gives on this scale; None where the scale does not offer it."""
        offered = answers(self._scale) if self._scale is not None else ()
        return next((answer for answer in offered if answer.command == command), None)

    def set_open(self, is_open: bool) -> None:
        """Show whether an answer counts now, without moving anything."""
        for button in self._buttons.values():
            set_role(button, open="true" if is_open else "false")

    def set_chosen(self, command: str) -> None:
        """Mark the answer that is being stored; none for an empty name."""
        for name, button in self._buttons.items():
            set_role(button, chosen="true" if name == command else "false")

    def resizeEvent(self, event: QResizeEvent) -> None:
        """All answers stay in sight however narrow it is."""
        super().resizeEvent(event)
        self._laid_out = True
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        """And however large the type."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.StyleChange and hasattr(self, "_row"):
            self._fit()

    def _fit(self) -> None:
        """Equally wide buttons, their words in as few lines as there is room for."""
        if not self._buttons:
            return
        many = len(self._buttons) > MANY
        width = self.width() if self._laid_out else self.window().width()
        gaps = self._row.spacing() * (len(self._buttons) + 1)
        room = (width - gaps) // len(self._buttons)
        wanted = room
        longest = max(len(word) for title in self._titles.values() for word in title.split())
        for lines in (2, 3) if many else (1, 2, 3):
            for command, button in self._buttons.items():
                button.setText(_broken(self._titles[command], lines, longest))
            wanted = max(button.sizeHint().width() for button in self._buttons.values())
            if wanted <= room:
                break
        usual = self._theme.px(NARROW_WIDTH if many else ANSWER_WIDTH)
        height = max(button.sizeHint().height() for button in self._buttons.values())
        for button in self._buttons.values():
            button.setMinimumSize(max(wanted, min(usual, room)), height)

    def _made(self, answer: Answer, *, many: bool) -> QVBoxLayout:
        button = QPushButton(answer.title, self)
        button.setProperty("role", "answer")
        button.setProperty("many", "true" if many else "false")
        button.setObjectName(answer.command)
        button.setAutoDefault(False)
        key = key_words(self._keys.get(answer.command, ""))
        button.setAccessibleName(f"{answer.title} ({key})" if key else answer.title)
        button.clicked.connect(lambda: self.answered.emit(answer))
        self._buttons[answer.command] = button
        self._titles[answer.command] = answer.title
        column = QVBoxLayout()
        column.setSpacing(6)
        column.addWidget(button)
        button.show()  # at once, not with the next round of events: the first pair is seen with its answers
        if key:
            cap = KeyCap(key)
            cap.setParent(self)
            column.addWidget(cap, 0, Qt.AlignmentFlag.AlignHCenter)
            cap.show()
        return column

    def _clear(self) -> None:
        self._buttons.clear()
        self._titles.clear()
        while (column := self._row.takeAt(0)) is not None:
            inner = column.layout()
            while inner is not None and (part := inner.takeAt(0)) is not None:
                widget = part.widget()
                if widget is not None:
                    widget.deleteLater()


class ToolRow(QWidget):
    """What can be done besides answering.

    Signals:
        chosen: the command id of a clicked tool.
        linked: whether both texts scroll together from now on.
    """

    chosen = Signal(str)
    linked = Signal(bool)

    def __init__(self, keys: Mapping[str, str]) -> None:
        super().__init__()
        self._keys = keys
        self._linked = True
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(S)
        self.comment = self._tool("rate.comment", words("Comment"))
        self.skip = self._tool("rate.skip", words("Skip"))
        self.flag = self._tool("rate.flag", words("Flag"))
        self.markdown = self._tool("rate.markdown", words("Plain text"))
        self.undo = self._tool("rate.undo", words("Undo"))
        self.pause = self._tool("rate.pause", words("Pause"))
        self.link = KeyButton(words("Scroll together"), icon="link")
        self.link.setObjectName("rate.link")
        self.link.clicked.connect(self._toggle_link)
        tools = FlowLayout(S)
        for tool in (self.comment, self.skip, self.flag, self.markdown, self.undo, self.pause, self.link):
            tools.addWidget(tool)
        self.saved = SavedMark()
        row.addLayout(tools, 1)
        row.addWidget(self.saved, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self._tool("rate.keys", words("All keys")), 0, Qt.AlignmentFlag.AlignTop)

    def set_undo(self, what: str) -> None:
        """Name what Undo would take back."""
        self.undo.set_title(words("Undo “{0}”").format(what) if what else words("Undo"))
        self.undo.setEnabled(bool(what))

    def set_draft(self, *, comment: bool, flagged: bool) -> None:
        """Show whether the pair has a comment and a flag."""
        self.comment.set_on(comment)
        self.comment.set_title(words("Comment added") if comment else words("Comment"))
        self.flag.set_on(flagged)
        self.flag.set_title(words("Flagged") if flagged else words("Flag"))

    def set_markdown(self, markdown: bool) -> None:
        """Say what the texts would become."""
        self.markdown.set_title(words("Plain text") if markdown else words("Markdown"))

    def _tool(self, command: str, title: str) -> KeyButton:
        made = KeyButton(title, self._keys.get(command, ""))
        made.setObjectName(command)
        made.clicked.connect(lambda: self.chosen.emit(command))
        return made

    def _toggle_link(self) -> None:
        self._linked = not self._linked
        self.link.set_icon("link" if self._linked else "unlink")
        self.link.set_title(words("Scroll together") if self._linked else words("Scroll apart"))
        self.linked.emit(self._linked)


class SavedMark(QWidget):
    """Says that the last act is stored; shown only after it is."""

    def __init__(self) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 4, S, 4)
        row.setSpacing(4)
        self._icon = IconLabel("check", "good", 16)
        self._text: QLabel = label(words("Saved"), "muted")
        row.addWidget(self._icon)
        row.addWidget(self._text)
        policy = self.sizePolicy()
        policy.setRetainSizeWhenHidden(True)
        self.setSizePolicy(policy)
        self.setObjectName("saved")
        self.setAccessibleName(words("Saved"))
        self.hide()


def _broken(title: str, lines: int, longest: int) -> str:
    """A title in one line, in two of nearly equal length, or in lines no longer than the longest word."""
    if lines == 1:
        return title
    if lines > 2:
        return "\n".join(wrap(title, min(longest, len(title) - 1), break_long_words=False))
    parts = title.split()
    middle = (len(parts) + 1) // 2
    return "\n".join(filter(None, (" ".join(parts[:middle]), " ".join(parts[middle:]))))
