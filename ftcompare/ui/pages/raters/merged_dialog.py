"""The result of merging packs and results: a list of files with errors first, and the totals."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QButtonGroup, QDialog, QRadioButton, QWidget

from ftcompare.app.raters.merge_summary import (
    ADDED,
    IN_PART,
    NOT_READ,
    NOTHING_NEW,
    REFUSED,
    MergeSummary,
    sentences,
    verdict,
)
from ftcompare.app.raters.packs import PackOutcome
from ftcompare.app.raters.returned_files import Fork, copy_words
from ftcompare.core.plurals import counted
from ftcompare.ui.safe_text import one_line
from ftcompare.ui.theme.theme import XL, L, M, S
from ftcompare.ui.widgets.controls import Heading, Muted, PlainButton, PrimaryButton, StatusPill, label, named
from ftcompare.ui.widgets.layouts import STRETCH, filled, in_column, in_grid, in_row
from ftcompare.ui.widgets.scroll_column import ScrollColumn

WIDTH, HEIGHT, EACH = 680, 250, 130


class ForkDialog(QDialog):
    """Asks which of a rater's diverging files to merge; every other file is merged in any case."""

    decided = Signal(list)  # the files to merge, at most one for each fork

    def __init__(self, forks: Sequence[Fork], parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setObjectName("fork")
        self.setWindowTitle("Rater packs")
        self._files: dict[QRadioButton, Path] = {}
        inner = QWidget()
        inner.setProperty("role", "plain")
        parts = [part for fork in forks for part in self._parts(fork)]
        in_column(*parts, STRETCH, gap=S, margins=(0, 0, M, 0), of=inner)
        files = ScrollColumn(inner)
        files.setAccessibleName("Files that part ways")
        merge = PrimaryButton("Merge", name="fork_merge", act=self.accept)
        merge.setDefault(True)
        buttons = in_row(STRETCH, PlainButton("Cancel", name="fork_cancel", act=self.reject), merge, gap=S)
        heading = Heading("Which file counts?", level=2)
        in_column(heading, (files, 1), S, buttons, gap=S, margins=(XL, XL, XL, L), of=self)
        inner.findChildren(QRadioButton)[len(forks[0].copies)].setFocus()  # the one that is checked
        self.setMinimumWidth(WIDTH)
        self.resize(WIDTH, min(HEIGHT + EACH * len(forks), parent.window().height()))

    def _parts(self, fork: Fork) -> Iterator[QWidget]:
        rater = one_line(fork.rater, 40)
        told = f"{len(fork.copies)} files of {rater} {fork.differ}. Ask {rater} which one counts."
        yield label(told, wrap=True)
        group = QButtonGroup(self)
        for copy in fork.copies:
            name = one_line(copy.path.name, 60)
            button = named(QRadioButton(name.replace("&", "&&")), "fork_file", f"{name}: {copy_words(copy)}")
            self._files[button] = copy.path
            group.addButton(button)
            yield button
            yield Muted(copy_words(copy), small=True)
        neither = QRadioButton(f"Merge no file of {rater.replace('&', '&&')} now")
        neither.setChecked(True)
        group.addButton(neither)
        yield neither

    def accept(self) -> None:
        self.decided.emit([path for button, path in self._files.items() if button.isChecked()])
        super().accept()


WIDTH, LOWEST, HIGHEST = 680, 220, 560
EACH = 76  # pixels of height that an entry takes at most, before the list scrolls
SHOWN = 200  # entries that are shown; a list of all can be copied

_KINDS = {REFUSED: "bad", IN_PART: "caution", NOT_READ: "caution", ADDED: "good", NOTHING_NEW: "neutral"}
_WORDS = {IN_PART: "merged in part"}


class MergedDialog(QDialog):
    """One entry per file: what it added, what was left out of a damaged one, or why it was refused."""

    def __init__(self, summary: MergeSummary, parent: QWidget) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setObjectName("merged")
        self.setWindowTitle("Rater packs")
        self._summary = summary
        self.copied = Muted("")
        total = named(label(summary.total, wrap=True), "merged_total")
        entries = ScrollColumn(self._entries())
        entries.setAccessibleName("What became of each file")
        copy = PlainButton("Copy the list", name="merged_copy", act=self.copy)
        close = PrimaryButton("Close", name="merged_close", act=self.accept)
        close.setDefault(True)
        buttons = in_row(copy, self.copied, STRETCH, close, gap=S)
        heading = Heading(_heading(summary), level=2)
        in_column(heading, total, S, (entries, 1), S, buttons, gap=S, margins=(XL, XL, XL, L), of=self)
        self.setMinimumWidth(WIDTH)
        highest = min(HIGHEST, parent.window().height())
        self.resize(WIDTH, min(LOWEST + EACH * len(summary.outcomes), highest))

    def copy(self) -> None:
        QGuiApplication.clipboard().setText(self._summary.text)
        self.copied.setText("Copied.")

    def _entries(self) -> QWidget:
        inner = QWidget()
        inner.setProperty("role", "plain")
        grid = in_grid(L, M, 1, margins=(0, 0, M, 0), of=inner)
        outcomes = self._summary.worst_first
        for row, outcome in enumerate(outcomes[:SHOWN]):
            found = verdict(outcome)
            pill = StatusPill(_KINDS[found], _WORDS.get(found, found))
            grid.addWidget(pill, row, 0, Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
            grid.addWidget(_told(outcome), row, 1)
        if len(outcomes) > SHOWN:
            more = counted(len(outcomes) - SHOWN, "more file")
            grid.addWidget(Muted(f"{more}: copy the list to read it whole."), SHOWN, 1)
        return inner


def _heading(summary: MergeSummary) -> str:
    found = {verdict(outcome) for outcome in summary.outcomes}
    if found <= {ADDED, NOTHING_NEW}:
        return "Everything was merged"
    if found <= {REFUSED, NOT_READ}:
        return "Nothing was merged"
    return "Not everything was merged"


def _told(outcome: PackOutcome) -> QWidget:
    first, *others = sentences(outcome)
    lines = [label(first, wrap=True), *(Muted(line) for line in others)]
    return filled(in_column(label(one_line(outcome.path.name), "strong", wrap=True), *lines, gap=2))
