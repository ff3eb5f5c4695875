"""Shows text that nobody vouches for: as plain text or Markdown, never as HTML, and loads nothing."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QMimeData, QSize, Qt, QUrl, Signal
from PySide6.QtGui import (
    QFontMetricsF,
    QImage,
    QResizeEvent,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextOption,
    QTextTable,
)
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QTextEdit, QVBoxLayout, QWidget

from ftcompare.ui import safe_text
from ftcompare.ui.text.markdown_pages import continued
from ftcompare.ui.theme.theme import M, Theme
from ftcompare.ui.widgets.controls import LinkButton, label

COLUMN = 80
"""Characters in a line at most."""

LINE_HEIGHT = 150.0
"""Per cent of the font's own."""

_MARKDOWN = QTextDocument.MarkdownFeature.MarkdownNoHTML | QTextDocument.MarkdownFeature.MarkdownDialectGitHub


class SafeDocument(QTextDocument):
    """A document that never reads a file or an address."""

    def loadResource(self, kind: int, name: QUrl | str) -> QImage:  # noqa: ARG002
        """A picture of one clear pixel, whatever is asked for.

        With nothing instead, Qt goes on and opens the name as a file by itself (seen in Qt 6.12).
        """
        nothing = QImage(1, 1, QImage.Format.Format_ARGB32)
        nothing.fill(Qt.GlobalColor.transparent)
        return nothing

    def show_plain(self, text: str) -> None:
        """Show text as it stands."""
        self.setUndoRedoEnabled(False)
        self.setPlainText(text)
        self.space_lines()

    def show_markdown(self, text: str) -> None:
        """Show text as Markdown. HTML stands there as text, pictures and links with their address."""
        self.setUndoRedoEnabled(False)
        # Text between two lines of --- at the very start would be taken for metadata and hidden.
        self.setMarkdown("\n" + text if text.startswith("---") else text, _MARKDOWN)
        forms = self.allFormats()
        if any(form.isBlockFormat() and form.toBlockFormat().headingLevel() for form in forms):
            self._calm_headings()
        if any(form.isImageFormat() or form.toCharFormat().isAnchor() for form in forms):
            self._spell_out_addresses()
        self.space_lines()

    def _spell_out_addresses(self) -> None:
        cursor = QTextCursor(self)
        cursor.beginEditBlock()  # otherwise each of a thousand links has the document looked through
        for start, length, form in reversed(list(self._fragments())):
            if form.isImageFormat() or form.isAnchor():
                cursor.setPosition(start)
                cursor.setPosition(start + length, QTextCursor.MoveMode.KeepAnchor)
                _spell_out(cursor, form)
        cursor.endEditBlock()

    def _calm_headings(self) -> None:
        """First-level headings one step above the text, others as large: a rater compares words."""
        cursor, form = QTextCursor(self), QTextCharFormat()
        cursor.beginEditBlock()
        block = self.begin()
        while block.isValid():
            level = block.blockFormat().headingLevel()
            if level:
                form.setProperty(QTextCharFormat.Property.FontSizeAdjustment, 1 if level == 1 else 0)
                cursor.setPosition(block.position())
                cursor.select(QTextCursor.SelectionType.BlockUnderCursor)
                cursor.mergeCharFormat(form)
            block = block.next()
        cursor.endEditBlock()

    def _fragments(self) -> Iterator[tuple[int, int, QTextCharFormat]]:
        block = self.begin()
        while block.isValid():
            part = block.begin()
            while not part.atEnd():
                fragment = part.fragment()
                yield fragment.position(), fragment.length(), fragment.charFormat()
                part += 1
            block = block.next()

    def space_lines(self) -> None:
        """Give lines the distance that long reading wants; lines of code break, too, to be seen whole."""
        form = QTextBlockFormat()
        form.setNonBreakableLines(False)
        form.setLineHeight(LINE_HEIGHT, QTextBlockFormat.LineHeightTypes.ProportionalHeight.value)
        cursor = QTextCursor(self)
        cursor.select(QTextCursor.SelectionType.Document)
        cursor.mergeBlockFormat(form)


def _spell_out(selected: QTextCursor, form: QTextCharFormat) -> None:
    """Replace a picture by its Markdown; put a link's address behind its words, where they differ."""
    if form.isImageFormat():
        alt = form.stringProperty(QTextCharFormat.Property.ImageAltText.value)
        selected.insertText(f"![{alt}]({form.toImageFormat().name()})", QTextCharFormat())
        return
    words, address = selected.selectedText(), form.anchorHref()
    if address not in (words, f"mailto:{words}"):
        selected.setPosition(selected.selectionEnd())
        selected.insertText(f" ({address})", QTextCharFormat())


class TextView(QTextEdit):
    """A read-only view of one text, in a column of comfortable width, that can be scrolled and copied."""

    def __init__(self, theme: Theme, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._markdown = False
        self._text = ""
        self._header = False
        self._shown: SafeDocument | None = None
        self.setProperty("role", "text")
        self.setAccessibleName(name)
        self.setReadOnly(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self.setTabChangesFocus(True)

    def set_text(self, text: str, *, markdown: bool, header: bool = False) -> None:
        """Show a text (already cut to what is to be shown), from its top.

        Args:
            text: to be shown.
            markdown: whether it is Markdown.
            header: it begins with a table whose first row is only shown: it is neither copied nor found.
        """
        self._text, self._markdown, self._header = text, markdown, header
        document = SafeDocument()
        document.setDefaultFont(self._theme.font())
        shown = safe_text.soft_broken(safe_text.visible(text))
        if markdown:
            document.show_markdown(shown)
        else:
            document.show_plain(shown)
        self.set_document(document)

    def set_document(self, document: SafeDocument) -> None:
        """Show a document that is made ready already, from its top."""
        document.setParent(self)
        document.setDocumentMargin(0)
        document.setDefaultTextOption(self.document().defaultTextOption())
        self.setDocument(document)
        if self._shown is not None:
            self._shown.deleteLater()
        self._shown = document
        self.verticalScrollBar().setValue(0)

    def refresh(self) -> None:
        """Lay out the same text again: the theme or the zoom has changed."""
        self.set_text(self._text, markdown=self._markdown, header=self._header)
        self._set_column()

    @property
    def own_start(self) -> int:
        """Where in the document begins what is of the text: behind a header row that is only shown."""
        table = self._first_table() if self._header else None
        return table.cellAt(1, 0).firstPosition() if table is not None and table.rows() > 1 else 0

    def _first_table(self) -> QTextTable | None:
        frames = self.document().rootFrame().childFrames()
        return next((frame for frame in frames if isinstance(frame, QTextTable)), None)

    def _header_words(self) -> str:
        """The header row as it is copied: each cell in a line."""
        table = self._first_table()
        cells = [table.cellAt(0, column) for column in range(table.columns())] if table else []
        return "".join(f"{cell.firstCursorPosition().block().text()}\n" for cell in cells)

    def scroll_to_end(self) -> None:
        """Show the end of the text."""
        self.document().size()  # has it laid out: before that the bar does not know how far it goes
        self.verticalScrollBar().setValue(self.verticalScrollBar().maximum())

    def content_height(self) -> int:
        """Pixels that the whole text takes at the present width."""
        return round(self.document().size().height()) + 2 * self.frameWidth() + 4

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep lines short however wide the window is."""
        super().resizeEvent(event)
        self._set_column()

    def createMimeDataFromSelection(self) -> QMimeData:
        """What is copied: the words as shown, without the break opportunities that we put in."""
        copied = QMimeData()
        cursor, words = self.textCursor(), self.textCursor().selection().toPlainText()
        if cursor.selectionStart() < self.own_start < cursor.selectionEnd():
            words = words.lstrip("\n").removeprefix(self._header_words())
        copied.setText(words.replace(safe_text.SOFT_BREAK, ""))
        return copied

    def _set_column(self) -> None:
        widest = round(QFontMetricsF(self._theme.font()).averageCharWidth() * COLUMN)
        width = self.viewport().width()
        if width > widest:
            self.setLineWrapMode(QTextEdit.LineWrapMode.FixedPixelWidth)
            self.setLineWrapColumnOrWidth(widest)
        else:
            self.setLineWrapMode(QTextEdit.LineWrapMode.WidgetWidth)


class ResponseView(QWidget):
    """A text of any length: the beginning at once, all of it on demand; a very long one part by part.

    A part takes the place of the one before, so that nothing that is shown takes long to lay out, nor to lay
    out again when the zoom changes.

    Signals:
        completed: the whole text is shown now.
    """

    completed = Signal()

    def __init__(self, theme: Theme, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.view = TextView(theme, name)
        self._back, self._more = LinkButton("Previous part"), LinkButton("")
        self._more.setObjectName("show_all")
        self._back.setObjectName("previous_part")
        self._place = label("", "muted")
        self._place.setObjectName("part_of_text")
        self._text = self._shown = ""
        self._parts: list[str] = []
        self._part = 0
        self._markdown = False
        self._back.clicked.connect(lambda: self.show_part(self._part - 1))
        self._more.clicked.connect(self._on_more)
        self._lay_out()
        self._show_buttons()

    @property
    def text(self) -> str:
        """The text as it was given, whole: never what a widget makes of it."""
        return self._text

    @property
    def unseen(self) -> tuple[str, ...]:
        """What of the text is a click away: before and behind what is shown."""
        start = sum(map(len, self._parts[: self._part]))
        around = self._text[:start], self._text[start + len(self._shown) :]
        return tuple(filter(None, around))

    @property
    def part_count(self) -> int:
        """In how many parts the text is shown; 1 where it can be shown whole."""
        return max(1, len(self._parts))

    @property
    def last(self) -> QWidget:
        """The last part that the Tab key reaches."""
        return self._more

    def set_text(self, text: str, *, markdown: bool) -> None:
        """Show another text from its top."""
        self._text, self._markdown, self._part = text, markdown, 0
        whole = safe_text.fits(text, markdown=markdown)
        self._parts = [] if whole else safe_text.parts(text, markdown=markdown)
        self._show(safe_text.beginning(text, markdown=markdown) if whole else self._parts[0])

    def set_markdown(self, markdown: bool) -> None:
        """Show the same text as Markdown or as it stands."""
        if markdown != self._markdown:
            whole = not self.unseen
            self.set_text(self._text, markdown=markdown)
            if whole and self.unseen:
                self.show_all()

    def refresh(self) -> None:
        """Lay out the same text again: theme or zoom have changed."""
        self.view.refresh()

    def show_all(self) -> None:
        """Show the whole text, if it can be shown whole; else its parts stay as they are."""
        if self._parts:
            return
        self._show(self._text)
        self.completed.emit()

    def show_part(self, part: int) -> None:
        """Show one of the parts of a very long text, from its top; beyond the ends nothing happens."""
        if 0 <= part < len(self._parts):
            self._part = part
            self._show(self._parts[part])

    def step(self, direction: int) -> bool:
        """Go to the next part for 1, or to the end of the one before for -1; whether there is one."""
        part = self._part + direction
        if not 0 <= part < len(self._parts):
            return False
        self.show_part(part)
        if direction < 0:
            self.view.scroll_to_end()
        return True

    def go_to_end(self, direction: int) -> None:
        """Show the end of the last part for 1, the beginning of the first for -1."""
        if self._parts:
            self.show_part(len(self._parts) - 1 if direction > 0 else 0)
        if direction > 0:
            self.view.scroll_to_end()
        else:
            self.view.verticalScrollBar().setValue(0)

    def _on_more(self) -> None:
        if self._parts:
            self.show_part(self._part + 1)
        else:
            self.show_all()

    def _show(self, shown: str) -> None:
        self._shown = shown
        self._show_buttons()
        before = "".join(self._parts[: self._part])
        if self._markdown and before:
            part = continued(before, shown)
            self.view.set_text(part.text, markdown=True, header=part.header)
        else:
            self.view.set_text(shown, markdown=self._markdown)

    def _show_buttons(self) -> None:
        in_parts, left_out = bool(self._parts), len(self._text) - len(self._shown)
        self._more.setVisible(left_out > 0)
        self._back.setVisible(in_parts)
        self._place.setVisible(in_parts)
        self._back.setEnabled(self._part > 0)
        self._more.setEnabled(not in_parts or self._part < len(self._parts) - 1)
        if not in_parts:
            self._more.set_text("Show all ({} more characters)".format(f"{left_out:,}"))
            return
        self._more.set_text("Next part")
        place = "Part {0} of {1}; too long to show whole"
        self._place.setText(place.format(f"{self._part + 1:,}", f"{len(self._parts):,}"))
        self._place.setToolTip(
            "The text has {} characters. Each part is set by itself.".format(f"{len(self._text):,}")
        )

    def _lay_out(self) -> None:
        column, row = QVBoxLayout(self), QHBoxLayout()
        column.setContentsMargins(0, 0, 0, 0)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(M)
        column.addWidget(self.view, 1)
        for part in (self._back, self._more, self._place):
            row.addWidget(part)
        row.addStretch()
        column.addLayout(row)


class TurnText(TextView):
    """A text that is as high as its content, up to a limit, and scrolls beyond it."""

    def __init__(self, theme: Theme, name: str, highest: int) -> None:
        super().__init__(theme, name)
        self._highest = highest
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_highest(self, pixels: int) -> None:
        """Set the limit."""
        self._highest = pixels
        self._fit()

    def set_document(self, document: SafeDocument) -> None:
        """Show another document and take the height it needs."""
        super().set_document(document)
        self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """A narrower column is a higher one."""
        super().resizeEvent(event)
        self._fit()

    def sizeHint(self) -> QSize:
        """As high as the content, up to the limit."""
        return QSize(400, min(self.content_height(), self._highest))

    def _fit(self) -> None:
        height = min(self.content_height(), self._highest)
        if height != self.height():
            self.setFixedHeight(height)
