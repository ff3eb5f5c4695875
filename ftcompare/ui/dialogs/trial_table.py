"""The outcomes of a trial as a table."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from ftcompare.app.measures.judges.judge_trial import TrialRow
from ftcompare.ui.safe_text import one_line, tip
from ftcompare.ui.theme.theme import L, S
from ftcompare.ui.widgets.controls import Muted, label
from ftcompare.ui.widgets.layouts import in_grid

TITLES = ("Prompt", "Asked", "Reply", "How it counts")
WIDTHS = (3, 3, 4, 3)  # shares of the columns
LONGEST = 80  # characters of a line of a cell; the whole text is in its tip
NOTHING_STORED = "Only a trial: nothing was stored."


def trial_table(rows: tuple[TrialRow, ...]) -> QWidget:
    holder = QWidget()
    grid = in_grid(L, S, of=holder)
    for column, (title, width) in enumerate(zip(TITLES, WIDTHS, strict=True)):
        grid.addWidget(label(title, "small"), 0, column)
        grid.setColumnStretch(column, width)
        for line, row in enumerate(rows, start=1):
            text = row[column]
            cell = label("\n".join(one_line(part, LONGEST) for part in text.splitlines()[:2]), wrap=True)
            cell.setToolTip(tip(text))
            cell.setAccessibleName(f"{title}: {one_line(text)}")
            grid.addWidget(cell, line, column, Qt.AlignmentFlag.AlignTop)
    grid.addWidget(Muted(NOTHING_STORED, small=True), len(rows) + 1, 0, 1, len(TITLES))
    return holder
