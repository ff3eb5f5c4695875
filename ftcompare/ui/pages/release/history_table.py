"""The table of a ledger: a line for each checkpoint, with the difference from the one before."""

from __future__ import annotations

from collections.abc import Hashable

from PySide6.QtCore import Signal

from ftcompare.app.release.checkpoint_history import Ledger
from ftcompare.app.release.presentation import checkpoints_table, ledger_explanation, row_explanation
from ftcompare.ui.figures.explanation import how_button
from ftcompare.ui.figures.grid import fit_height, show_values
from ftcompare.ui.page_context import PageContext
from ftcompare.ui.theme.theme import S
from ftcompare.ui.widgets.controls import Muted, QuietButton, SectionLabel, named, set_role
from ftcompare.ui.widgets.focus_group import GroupCard
from ftcompare.ui.widgets.layouts import put
from ftcompare.ui.widgets.table import DataTable

MOST_ROWS = 12
FILTERED_FROM = 9
"""Number of lines from which the table has a filter field."""


class LedgerTable(GroupCard):
    """The table, with buttons to copy it and to explain its lines.

    Signals:
        explained: a tuple of explanations to show.
        save_asked: the ledger is to be saved as JSON.
    """

    explained = Signal(object)
    save_asked = Signal()

    def __init__(self, context: PageContext) -> None:
        super().__init__()
        self._context = context
        self._found = Ledger((), ())
        self.table = DataTable(
            context.theme, "Checkpoints", (), "Filter checkpoints", "Words of the checkpoint or study"
        )
        self._how = how_button("Checkpoint", self._explain)
        self._arrange()
        self.table.opened.connect(self._explain_row)
        self.table.view.horizontalScrollBar().rangeChanged.connect(self._fit)
        context.theme.changed.connect(self._fit)

    def show_ledger(self, found: Ledger) -> None:
        self._found = found
        show_values(self.table, checkpoints_table(found))
        self.table.field.setVisible(len(found.rows) >= FILTERED_FROM)
        self._fit()

    # --- acts ------------------------------------------------------------------------------------

    def _explain(self) -> None:
        """The selected line; where none is, the whole."""
        index = self.table.view.currentIndex()
        if index.isValid():
            self._explain_row(self.table.model.shown[index.row()].key)
        else:
            self.explained.emit((ledger_explanation(self._found),))

    def _explain_row(self, place: Hashable) -> None:
        if isinstance(place, int):
            self.explained.emit((row_explanation(self._found, place),))

    # --- laying out ------------------------------------------------------------------------------

    def _arrange(self) -> None:
        copy = self.table.copy_button("Copy table", "ledger_copy", self._context.bar.show_good)
        save = named(QuietButton("Save JSON…", icon="save"), "ledger_save")
        save.setToolTip("Every figure for programs, as “ftcompare ledger --json” tells it")
        save.clicked.connect(self.save_asked)
        self.table.head.insertWidget(0, SectionLabel("Checkpoints"))
        self.table.head.insertWidget(1, self._how)
        self.table.head.insertStretch(2)
        for button in (copy, save):
            set_role(button, role="tool")
            self.table.head.addWidget(button)
        hint = "Choose a line and press Enter, or double-click it, for how its figures come about."
        self.body.setSpacing(S)
        put(self.body, self.table, Muted(hint, small=True))

    def _fit(self) -> None:
        """As high as its lines, up to a number of them."""
        fit_height(self.table, MOST_ROWS)
