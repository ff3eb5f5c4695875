"""Corrects an answer in a dialog: the answer on the left, its correction on the right, differences marked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QMimeData, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QTextBlock, QTextCharFormat, QTextCursor, QTextFormat
from PySide6.QtWidgets import QLineEdit, QPlainTextEdit, QWidget

from ftcompare.app.review.answers import ReadAnswer
from ftcompare.app.review.corrections import CorrectedText, correct, corrections, take_correction_back
from ftcompare.core.annotations import MAX_CORRECTION
from ftcompare.core.person_names import folded_name
from ftcompare.core.plurals import counted
from ftcompare.core.study import ResponseId
from ftcompare.ui.dialogs.frames import NamedDialog
from ftcompare.ui.page_context import PageContext
from ftcompare.ui.pages.review.answers.reading_pane import AnswerTool, ReadingPane
from ftcompare.ui.safe_text import one_line
from ftcompare.ui.text.mark_styles import difference_format
from ftcompare.ui.text.safe_document import extra_selection, selection
from ftcompare.ui.theme.theme import XL, L, M, S, Theme
from ftcompare.ui.widgets.controls import (
    Heading,
    KeyCap,
    Muted,
    PlainButton,
    PrimaryButton,
    label_of,
    named,
    titled,
)
from ftcompare.ui.widgets.layouts import STRETCH, filled, in_column, in_row

if TYPE_CHECKING:
    from ftcompare.app.rate.word_differences import Places

LONGEST_LINE = 20_000  # characters of a line up to which it is shown as it is
PIECE = 2_000  # characters of a piece of a longer one, at most

_PIECE_NUMBER = QTextFormat.Property.UserProperty.value + 1
"""Property of the line end before a piece that continues the line above: the piece's number."""

_LONG_LINE = re.compile(rf"[^\n\r\u2029]{{{LONGEST_LINE + 1},}}")
_PIECE = re.compile(rf".{{1,{PIECE}}}(?:(?<=\s)|(?!.))|.{{{PIECE}}}", re.DOTALL)
"""Up to a space, where there is one."""


class LongLineEdit(QPlainTextEdit):
    """A plain text field, editable or read-only."""

    def __init__(self) -> None:
        super().__init__()
        self.in_pieces = False  # whether a line is shown in pieces

    def show_text(self, text: str) -> None:
        shown, continued = _in_pieces(text)
        self.in_pieces = bool(continued)
        self.setPlainText(shown)
        self.setUndoRedoEnabled(False)
        together = QTextCursor(self.document())
        together.beginEditBlock()  # Reported as one change.
        for number, block in enumerate(map(self.document().findBlockByNumber, continued), start=1):
            form = QTextCharFormat()
            form.setProperty(_PIECE_NUMBER, number)
            QTextCursor(block).setBlockCharFormat(form)
        together.endEditBlock()
        self.setUndoRedoEnabled(True)

    def raw_text(self) -> str:
        """The text with its original lines; line ends and no-break spaces are as Qt stores them."""
        if not self.in_pieces:
            return self.document().toRawText()
        pieces = {block.blockNumber() for block in self._pieces()}
        lines: list[str] = []
        block = self.document().begin()
        while block.isValid():
            # Not by a cursor: that has Qt lay out each line.
            lines += ("" if block.blockNumber() in pieces else "\u2029", block.text())
            block = block.next()
        return "".join(lines[1:])

    def createMimeDataFromSelection(self) -> QMimeData:
        cursor = self.textCursor()
        if not self.in_pieces:
            return super().createMimeDataFromSelection()
        copied = QMimeData()  # Qt's own would make its text of the pieces once more
        raw = self._whole(cursor.selectionStart(), cursor.selectionEnd())
        copied.setText(raw.replace("\u2029", "\n"))
        return copied

    def _whole(self, start: int, end: int) -> str:
        document = self.document()
        ends = [block.position() - 1 for block in self._pieces() if start < block.position() <= end]
        places = zip([start, *(place + 1 for place in ends)], [*ends, end], strict=True)
        return "".join(selection(document, one, other).selectedText() for one, other in places)

    def _pieces(self) -> Iterator[QTextBlock]:
        """Pieces that continue the line above; a line end typed next to one may carry its number as well."""
        seen, block = set[int](), self.document().begin().next()
        while block.isValid():
            number = block.charFormat().intProperty(_PIECE_NUMBER)
            if number and number not in seen:
                seen.add(number)
                yield block
            block = block.next()


def _in_pieces(text: str) -> tuple[str, list[int]]:
    """Return the text with long lines in pieces, and the numbers of lines that continue the one above."""
    if not _LONG_LINE.search(text):
        return text, []
    parts: list[str] = []
    continued: list[int] = []
    line = end = 0
    for long in _LONG_LINE.finditer(text):
        before = text[end : long.start()]
        pieces = _PIECE.findall(long[0])
        line += len(re.findall(r"\r\n|[\n\r\u2029]", before))
        continued += range(line + 1, line + len(pieces))
        line += len(pieces) - 1
        parts += (before, "\n".join(pieces))
        end = long.end()
    return "".join((*parts, text[end:])), continued


WIDTH, HEIGHT = 980, 620
COMPARED_MS = 120  # milliseconds without typing until the words are compared
MOST_MARKED = 400  # largest number of marked runs of words: Qt is slow with more
MOST_COMPARED = 60_000
"""Characters of either text up to which words are compared: the time grows with the square."""
EQUAL = "Identical to the answer."
SPACES_ALONE = "Only spaces and line breaks differ."
TOO_LONG = "Too long for a comparison by words."
IN_PIECES = f"Lines of more than {LONGEST_LINE:,} characters are shown in pieces but saved whole."


@dataclass(frozen=True, slots=True)
class CorrectionText:
    """The content of the dialog."""

    text: str
    comment: str = ""


class CorrectionDialog(NamedDialog):
    kept = Signal(object, str)  # the correction (`CorrectionText`) and the expert's name
    taken_back = Signal()  # take back the earlier correction
    left = Signal(object)  # the text when the dialog was closed without storing it (`CorrectionText`)

    def __init__(self, parent: QWidget | None, theme: Theme, name: str, answer: str, expert: str) -> None:
        super().__init__("", "Correct the answer", parent, modal=True)
        self._theme, self._answer = theme, answer
        self._decided = False
        self.resize(theme.px(WIDTH), theme.px(HEIGHT))
        self.original = named(LongLineEdit(), "correction_original", "Original answer")
        self.text = named(LongLineEdit(), "correction_text", "Corrected answer")
        self.comment = named(QLineEdit(), "correction_comment", "Reason")
        self.expert = named(QLineEdit(expert), "correction_expert", "Corrected by")
        self.told = named(Muted(""), "correction_told")
        self.keep = PrimaryButton("Save correction", name="correction_keep", act=self._keep)
        self.cancel = PlainButton("Cancel", name="correction_cancel", act=self.reject)
        self.remove = PlainButton("Remove", name="correction_remove", act=self._take_back)
        self._soon = QTimer(self, singleShot=True, interval=COMPARED_MS)
        self._heading = Heading(f"Correct the answer: {one_line(name, 40)}", level=2)
        self._arrange()
        self._soon.timeout.connect(self._compare)
        self.text.textChanged.connect(self._check)
        self.text.textChanged.connect(self._soon.start)
        self.expert.textChanged.connect(lambda _: self._check())
        self.remove.hide()

    def show_correction(self, given: CorrectionText, *, stands: bool) -> None:
        """Show a text to start from; ``stands``: the study has a correction that can be taken back."""
        self.text.show_text(given.text)
        self.comment.setText(given.comment)
        self.remove.setVisible(stands)
        self._compare()
        self.text.setFocus()

    @property
    def given(self) -> CorrectionText:
        return CorrectionText(self._written(), self.comment.text().strip())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if enter and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            self._keep()
        elif not enter or event.matches(QKeySequence.StandardKey.Cancel):
            super().keyPressEvent(event)

    def done(self, result: int) -> None:
        if not self._decided:
            self.left.emit(self.given)
        super().done(result)

    def _arrange(self) -> None:
        self.original.setReadOnly(True)
        self.original.show_text(self._answer)
        for view in (self.original, self.text):
            view.setTabChangesFocus(True)
        self.expert.setMaximumWidth(self._theme.px(240))
        sides = (titled("Answer", self.original, S), titled("Correction", self.text, S))
        reason, by = label_of(self.comment, "Reason"), label_of(self.expert, "By")
        fields = in_row(reason, (self.comment, 1), by, self.expert, gap=S)
        buttons = in_row(self.remove, STRETCH, self.cancel, KeyCap("Ctrl+Enter"), self.keep, gap=M)
        texts = filled(in_row(*((side, 1) for side in sides), gap=L))
        column = in_column(self._heading, (texts, 1), self.told, fields, buttons, gap=M, of=self)
        column.setContentsMargins(XL, XL, XL, XL)

    def _check(self) -> None:
        text = self._written()
        whole = bool(text.strip()) and text != self._answer and len(text) <= MAX_CORRECTION
        self.keep.setEnabled(whole and bool(self.expert.text().strip()))

    def _compare(self) -> None:
        from ftcompare.app.rate.word_differences import differing_words

        # In the texts as Qt holds them, so that the places are those of its cursors.
        texts = self.original.toPlainText(), self.text.toPlainText()
        long = max(map(len, texts)) > MOST_COMPARED
        gone, new = ((), ()) if long else differing_words(*texts)
        form = difference_format(self._theme)
        for view, places in ((self.original, gone), (self.text, new)):
            marked = (extra_selection(view.document(), *place, form) for place in places[:MOST_MARKED])
            view.setExtraSelections(list(marked))
        pieces = IN_PIECES if self.text.in_pieces or self.original.in_pieces else ""
        told = _told(self._answer, self._written(), gone, new, long=long)
        self.told.setText(" ".join(filter(None, (told, pieces))))
        self._check()

    def _written(self) -> str:
        """Return the text with the answer's own line ends and no-break spaces, which Qt's text lacks."""
        raw = self.text.raw_text()
        if raw == self.original.raw_text():
            return self._answer
        lines = raw.replace("\u2029", "\n")
        if "\u2028" not in self._answer:  # The character that Shift+Enter inserts.
            lines = lines.replace("\u2028", "\n")
        crlf = 0 < self._answer.count("\r\n") == self._answer.count("\n")
        return lines.replace("\n", "\r\n") if crlf else lines

    def _keep(self) -> None:
        if self.keep.isEnabled():
            self._decided = True
            self.kept.emit(self.given, self.expert.text().strip())
            self.accept()

    def _take_back(self) -> None:
        self._decided = True
        self.taken_back.emit()
        self.accept()


def _told(answer: str, text: str, gone: Places, new: Places, *, long: bool) -> str:
    if text == answer:
        return EQUAL
    if text.split() == answer.split():
        return SPACES_ALONE
    if long:
        return TOO_LONG
    places = (counted(len(gone), "place"), counted(len(new), "place"))
    return f"Words removed in {places[0]}, added in {places[1]}."


class AnswerCorrecting(AnswerTool):
    """Opens the dialog for the selected answer; stores or takes back one expert's correction."""

    def __init__(self, context: PageContext, pane: ReadingPane) -> None:
        super().__init__(context, pane, "Correct…", "C", "answer_correct", "Write a corrected answer")
        self._begun: dict[ResponseId, CorrectionText] = {}
        self.dialog: CorrectionDialog | None = None
        pane.answer_changed.connect(lambda _: self._count())

    def act(self) -> None:
        answer = self._pane.answer
        if answer is not None and self.dialog is None:
            self._tasks.run(partial(corrections, response=answer.response), partial(self._open, answer))

    def _count(self) -> None:
        answer = self._pane.answer
        if answer is None:
            return
        response = answer.response
        self._tasks.run(partial(corrections, response=response), lambda result: self._tell(response, result))

    def _tell(self, response: ResponseId, corrections_kept: tuple[CorrectedText, ...]) -> None:
        answer = self._pane.answer
        if answer is not None and answer.response == response:
            self.button.set_title(f"Correct… ({len(corrections_kept)})" if corrections_kept else "Correct…")

    def _open(self, answer: ReadAnswer, corrections_kept: tuple[CorrectedText, ...]) -> None:
        mine = folded_name(self._expert)
        own = next((one for one in corrections_kept if folded_name(one.expert) == mine), None)
        stood = CorrectionText(own.text, own.comment) if own else CorrectionText(answer.text)
        begun = self._begun.pop(answer.response, stood)
        dialog = CorrectionDialog(
            self._pane.window(), self._context.theme, answer.name, answer.text, self._expert
        )
        dialog.show_correction(begun, stands=own is not None)
        dialog.kept.connect(partial(self._keep, answer.response))
        dialog.taken_back.connect(partial(self._take_back, answer.response))
        dialog.left.connect(partial(self._keep_begun, answer.response, stood))
        dialog.finished.connect(self._closed)
        self.dialog = dialog
        dialog.open()

    def _closed(self) -> None:
        self.dialog = None
        self._pane.text.setFocus()

    def _keep_begun(self, response: ResponseId, stood: CorrectionText, given: CorrectionText) -> None:
        if given != stood:
            self._begun[response] = given

    def _keep(self, response: ResponseId, given: CorrectionText, name: str) -> None:
        self._context.remembered.change(expert=name)
        self._begun[response] = given
        text, comment = given.text, given.comment
        keep = partial(
            correct, expert=name, response=response, text=text, comment=comment, now=datetime.now(UTC)
        )
        self._tasks.run(
            keep, lambda _: self._done(response, "Correction saved."), self._context.bar.show_error
        )

    def _take_back(self, response: ResponseId) -> None:
        take_back = partial(
            take_correction_back, expert=self._expert, response=response, now=datetime.now(UTC)
        )
        done = partial(self._done, response, "Correction removed.")
        self._tasks.run(take_back, lambda _: done(), self._context.bar.show_error)

    def _done(self, response: ResponseId, words: str) -> None:
        self._begun.pop(response, None)
        self._context.bar.show_good(words)
        self._count()
