"""The row of tools below the answers, and the mark that says what is stored."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from ftcompare.ui.rating.actions import undo_text
from ftcompare.ui.rating.centered_screen import wired
from ftcompare.ui.rating.key_button import KeyButton
from ftcompare.ui.rating.saved_mark import SavedMark
from ftcompare.ui.rating.vertical_fit import height_at
from ftcompare.ui.theme.theme import S
from ftcompare.ui.widgets.flow_layout import FlowLayout


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
        self._tools: dict[str, KeyButton] = {}
        self._linked = True
        self._dense = False
        self._undoes = ""
        self._longest = "Right is better"
        self._offered = (True, True, False)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(S)
        self.comment = self._tool("rate.comment", "Comment")
        self.skip = self._tool("rate.skip", "Skip")
        self.flag = self._tool("rate.flag", "Flag")
        self.markdown = self._tool("rate.markdown", "Plain text")
        self.undo = self._tool("rate.undo", "Undo")
        self.pause = self._tool("rate.pause", "Pause")
        self.instructions = self._tool("rate.instructions", "Instructions")
        self.link = wired(KeyButton("Scroll together", icon="link"), "rate.link", self._toggle_link)
        tools = FlowLayout(S)
        for tool in (*self._tools.values(), self.link):
            tools.addWidget(tool)
        self.saved = SavedMark()
        row.addLayout(tools, 1)
        row.addWidget(self.saved, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(self._tool("rate.keys", "All keys"), 0, Qt.AlignmentFlag.AlignTop)
        self.set_keys(keys)

    def set_keys(self, keys: Mapping[str, str]) -> None:
        """Show other keys."""
        for command, tool in self._tools.items():
            tool.set_key(keys.get(command, ""))

    def offer(self, *, writing: bool, instructions: bool, practising: bool) -> bool:
        """Show what can be done with what is in front: write about it and skip it; read what was told.

        Returns:
            Whether that is a change.
        """
        offered = (writing, instructions, practising)
        if offered == self._offered:
            return False
        self._offered = offered
        for tool in (self.comment, self.skip, self.flag):
            tool.setVisible(writing)
        self.undo.setVisible(not practising)
        self.instructions.setVisible(instructions)
        self.pause.set_title("Leave practice" if practising else "Pause")
        return True

    def set_longest(self, undo: str) -> None:
        """Take the longest words that Undo may have."""
        self._longest = undo

    def fit(self, width: int, *, dense: bool) -> int:
        """Take a height that stays whatever Undo takes back, and with a comment and a flag or without.

        Where that is more than a line, or it is to take less room, the words are shorter: what Undo takes
        back, what the link does and what the mark means are in tips.

        Returns:
            The height in pixels.
        """
        before = (self._undoes, self.comment.on, self.flag.on)
        self._set_dense(dense)
        self.set_draft(comment=True, flagged=True)
        self.set_undo(self._longest)
        height = height_at(self, width)
        if height > 1.5 * self.undo.sizeHint().height() and not dense:
            self._set_dense(True)
            height = height_at(self, width)
        self.set_draft(comment=before[1], flagged=before[2])
        self.set_undo(before[0])
        self.setMinimumHeight(height)
        return height

    def _set_dense(self, dense: bool) -> None:
        if dense != self._dense:
            self._dense = dense
            self.saved.set_short(dense)
            self._name_link()
            self.set_undo(self._undoes)
            self.set_draft(comment=self.comment.on, flagged=self.flag.on)

    def set_undo(self, what: str) -> None:
        """Name what Undo would take back."""
        self._undoes = what
        told = undo_text(what)
        self.undo.set_title("Undo" if self._dense else told, told)
        self.undo.setToolTip(told if self._dense else "")
        self.undo.setEnabled(bool(what))

    def set_draft(self, *, comment: bool, flagged: bool) -> None:
        """Show whether the pair has a comment and a flag."""
        self._show_on(self.comment, comment, "Comment", "Comment added")
        self._show_on(self.flag, flagged, "Flag", "Flagged")

    def _show_on(self, tool: KeyButton, on: bool, title: str, told: str) -> None:
        tool.set_on(on)
        short = f"{title} ✓" if self._dense else told
        tool.set_title(short if on else title, told if on else title)

    def set_markdown(self, markdown: bool) -> None:
        """Say what the texts would become."""
        self.markdown.set_title("Plain text" if markdown else "Markdown")

    def _tool(self, command: str, title: str) -> KeyButton:
        made = wired(KeyButton(title), command, lambda: self.chosen.emit(command))
        self._tools[command] = made
        return made

    def _toggle_link(self) -> None:
        self._linked = not self._linked
        self.link.set_icon("link" if self._linked else "unlink")
        self._name_link()
        self.linked.emit(self._linked)

    def _name_link(self) -> None:
        told = "Scroll together" if self._linked else "Scroll apart"
        self.link.set_title("" if self._dense else told, told)
        self.link.setToolTip(told if self._dense else "")
