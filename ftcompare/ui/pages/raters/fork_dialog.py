"""Asks which of several files counts where the files of one rater part ways."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QDialog, QRadioButton, QWidget

from ftcompare.app.raters.forked_copies import Fork, copy_words
from ftcompare.ui.safe_text import one_line
from ftcompare.ui.theme.theme import XL, L, M, S
from ftcompare.ui.widgets.controls import Heading, Muted, PlainButton, PrimaryButton, label, named
from ftcompare.ui.widgets.layouts import STRETCH, in_column, in_row
from ftcompare.ui.widgets.scroll_column import ScrollColumn

WIDTH, HEIGHT, EACH = 680, 250, 130


class ForkDialog(QDialog):
    """The question; every other file is merged in any case.

    Signals:
        decided: the files to merge, at most one for each fork.
    """

    decided = Signal(list)

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
        """Report the choice."""
        self.decided.emit([path for button, path in self._files.items() if button.isChecked()])
        super().accept()
