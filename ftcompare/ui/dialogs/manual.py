"""The manual in the window: the Markdown pages of ``docs`` with contents, search, and links between them."""

from __future__ import annotations

import os.path
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices, QTextCursor, QTextFormat, QTextTable
from PySide6.QtWidgets import QLineEdit, QListWidget, QListWidgetItem, QTextBrowser, QWidget

from ftcompare.app.application_paths import shipped_folder
from ftcompare.core.language import language, tr
from ftcompare.ui.dialogs.frames import NamedDialog
from ftcompare.ui.theme.theme import BODY, XL, XS, L, M, S, Theme
from ftcompare.ui.widgets.controls import named
from ftcompare.ui.widgets.layouts import filled, in_column, in_row

START = "index.md"
SOURCE = "https://github.com/ftcompare/ftcompare/blob/main/"
"""Address of the repository, for linked files that are not pages of the manual."""
SIZE, CONTENTS_WIDTH = (1080, 760), 300
PAGE = Qt.ItemDataRole.UserRole.value
NO_MATCH = -1, 0


class ManualEntry(NamedTuple):
    """A line of the contents: a chapter (level 1), a section (level 2), or a page."""

    title: str
    page: str = ""  # path below the folder; empty for chapters and sections
    level: int = 3


def manual_folder() -> Path:
    return shipped_folder("docs")


def contents(index: str) -> Iterator[ManualEntry]:
    """Read the contents from the lists of the first page, which are below headings and bold lines."""
    yield ManualEntry(tr("Start"), START)
    above: list[ManualEntry] = []  # headings whose first page is still to come
    for line in index.splitlines():
        heading = re.fullmatch(r"## (.+)|\*\*(.+)\*\*", line)
        entry = re.fullmatch(r"- \[(.+)\]\(([^)#]+\.md)\)", line)
        if heading:
            level = 1 if heading[1] else 2
            above = [*above[: level - 1], ManualEntry(heading[1] or heading[2], "", level)]
        elif entry:
            yield from above
            yield ManualEntry(entry[1], entry[2])
            above = []


def anchor(heading: str) -> str:
    """Return the name by which links refer to a heading, as on GitHub."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


class ManualDialog(NamedDialog):
    """A window beside the main one. F1 opens it at what is shown, Esc closes it, Ctrl+F searches."""

    def __init__(self, theme: Theme, parent: QWidget | None) -> None:
        super().__init__("manual", tr("Manual"), parent)
        self._theme, self._folder = theme, manual_folder().resolve()
        self._translated = f".{language().code}.md"
        self._texts: dict[str, str] = {}
        self.page = ""  # path of the page that is shown, below the folder
        words = tr("Search the manual")
        self.search = named(QLineEdit(placeholderText=words, clearButtonEnabled=True), "manual_search", words)
        self.list = named(QListWidget(), "manual_contents", tr("Contents"))
        self.list.setWordWrap(True)
        self.list.setTextElideMode(Qt.TextElideMode.ElideNone)
        self.list.setResizeMode(QListWidget.ResizeMode.Adjust)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.text = named(QTextBrowser(), "manual_text", tr("Page"))
        self.text.setOpenLinks(False)
        left = filled(in_column(self.search, (self.list, 1), gap=S))
        left.setFixedWidth(theme.px(CONTENTS_WIDTH))
        in_row(left, (self.text, 1), gap=M, margins=(L, L, L, L), of=self)
        self.resize(*SIZE)
        self._contents: list[QListWidgetItem] = []  # in the order of the manual
        for entry in contents(self._text_of(START)):
            item = QListWidgetItem(entry.title, self.list)
            self._contents.append(item)
            item.setData(PAGE, entry.page)
            if not entry.page:
                font = item.font()
                font.setBold(True)
                item.setFont(font)
                item.setFlags(Qt.ItemFlag.NoItemFlags)
        self.search.textChanged.connect(self._filter)
        self.search.returnPressed.connect(self._find_next)
        self.list.currentItemChanged.connect(self._choose)
        self.text.anchorClicked.connect(self.follow)
        self.text.sourceChanged.connect(self._show)
        theme.changed.connect(self.text.reload)
        self.search.setFocus()

    def open_page(self, page: str) -> None:
        """Show a page in the language of the window, if it is translated, such as ``rater.de.md``."""
        own = self._folder / page.replace(".md", self._translated)
        self.follow(QUrl.fromLocalFile(str(own if own.is_file() else self._folder / page)))

    def follow(self, link: QUrl) -> None:
        """Show a page of the manual; open everything else in the browser."""
        path = Path(link.toLocalFile()).resolve()
        if not link.isLocalFile():
            QDesktopServices.openUrl(link)
        elif path.suffix == ".md" and path.is_relative_to(self._folder) and path.is_file():
            self.text.setSource(link)
        else:
            place = Path("docs", os.path.relpath(path, self._folder))
            QDesktopServices.openUrl(QUrl(SOURCE + os.path.normpath(place).replace(os.sep, "/")))

    def _text_of(self, page: str) -> str:
        if page not in self._texts:
            self._texts[page] = (self._folder / page).read_text(encoding="utf-8")
        return self._texts[page]

    def _items(self) -> Iterator[tuple[QListWidgetItem, str]]:
        for row in range(self.list.count()):
            item = self.list.item(row)
            yield item, item.data(PAGE)

    def _choose(self, item: QListWidgetItem | None) -> None:
        if item is not None and item.data(PAGE) != self.page:
            self.open_page(item.data(PAGE))

    def _show(self, source: QUrl) -> None:
        """Style the page, and show the linked heading or the words that are searched for."""
        page = Path(source.toLocalFile()).resolve().relative_to(self._folder).as_posix()
        self.page = page.replace(self._translated, ".md")
        self._style()
        self._mark_current()
        block = self.text.document().begin()
        while block.isValid() and source.hasFragment():
            if block.blockFormat().headingLevel() and anchor(block.text()) == source.fragment():
                self.text.setTextCursor(QTextCursor(block))
                height = self.text.document().documentLayout().blockBoundingRect(block).top()
                self.text.verticalScrollBar().setValue(int(height))
                return
            block = block.next()
        if self.search.text():
            self._find_place()

    def _mark_current(self) -> None:
        self.list.blockSignals(True)
        row = next((row for row, (_, page) in enumerate(self._items()) if page == self.page), -1)
        self.list.setCurrentRow(row)
        self.list.blockSignals(False)

    def _style(self) -> None:
        """Add what Qt's reader of Markdown leaves out: spaces between blocks, and lines in tables."""
        document, theme = self.text.document(), self._theme
        font = document.defaultFont()
        font.setPixelSize(theme.px(BODY))
        document.setDefaultFont(font)
        document.setDocumentMargin(theme.px(L))
        cursor = QTextCursor(document)
        cursor.beginEditBlock()
        fence, shaded = QTextFormat.Property.BlockCodeFence.value, theme.color("raised")
        inside = False  # whether the block before is a line of the same code
        for number in range(document.blockCount()):
            cursor.setPosition(document.findBlockByNumber(number).position())
            form, code = cursor.blockFormat(), cursor.blockFormat().hasProperty(fence)
            if cursor.currentTable() is None and not (code and inside):
                gap = M if cursor.currentList() is None else XS
                form.setTopMargin(theme.px(XL if form.headingLevel() else gap))
            if code:
                form.setBackground(shaded)
                form.setNonBreakableLines(False)
            inside = code
            cursor.setBlockFormat(form)
        cursor.endEditBlock()
        for frame in document.rootFrame().childFrames():
            if isinstance(frame, QTextTable):
                table = frame.format()
                table.setBorderCollapse(True)
                table.setBorderStyle(table.BorderStyle.BorderStyle_Solid)
                table.setBorderBrush(theme.color("border"))
                table.setCellPadding(theme.px(S))
                table.setTopMargin(theme.px(M))
                frame.setFormat(table)

    def _filter(self, typed: str) -> None:
        """List only pages that contain all words, those with the words in a heading first."""
        words = typed.casefold().split()
        matches = {id(item): self._match(item, words) for item in self._contents}
        self.list.blockSignals(True)
        for _ in self._contents:
            self.list.takeItem(0)
        for item in sorted(self._contents, key=lambda item: matches[id(item)], reverse=True):
            self.list.addItem(item)
            item.setHidden(matches[id(item)] == NO_MATCH)
        self._mark_current()

    def _match(self, item: QListWidgetItem, words: list[str]) -> tuple[int, int]:
        """The most words in one heading, and the number of places; `NO_MATCH` without one of the words."""
        page = item.data(PAGE)
        text = f"# {item.text()}\n{self._text_of(page)}".casefold() if page else ""
        if not all(word in text for word in words):
            return NO_MATCH
        headings = re.findall(r"^#+ (.+)", text, re.MULTILINE)
        found = [sum(word in heading for word in words) for heading in headings]
        return max(found, default=0) if words else 0, sum(map(text.count, words))

    def _find_next(self) -> None:
        """Open the first page that is listed, unless the current one is; there, go to the next place.

        From the start page, which mentions all others, the first page is opened in any case.
        """
        listed = [page for item, page in self._items() if page and not item.isHidden()]
        if listed and (self.page not in listed or self.page == START != listed[0]):
            self.open_page(listed[0])
        else:
            self._find_place()

    def _find_place(self) -> None:
        if not self.text.find(self.search.text()):
            self.text.moveCursor(QTextCursor.MoveOperation.Start)
            self.text.find(self.search.text())
