"""What each system of a study can do on this machine, as a table."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from ftcompare.app.setup.capabilities import CapabilityTable
from ftcompare.ui.dialogs.about_and_check import SmallDialog
from ftcompare.ui.theme.theme import Theme
from ftcompare.ui.widgets.table import DataColumn, DataTable, Row

WIDTH, HEIGHT = 1120, 560


class CapabilitiesDialog(SmallDialog):
    """A row for each system and each thing that it can or cannot do."""

    def __init__(self, table: CapabilityTable, theme: Theme, parent: QWidget) -> None:
        title = "What each system can do here"
        super().__init__("capabilities", title, parent)
        columns = (
            DataColumn("System"),
            DataColumn("What"),
            DataColumn("Answer"),
            DataColumn("How, or why not", stretch=1),
        )
        self.table = DataTable(theme, title, columns, "Filter", "Rows in which every word occurs")
        self.show_table(table)
        self.body.addWidget(self.table)
        self.resize(WIDTH, HEIGHT)

    def show_table(self, table: CapabilityTable) -> None:
        """What is known now, as once this machine was looked at; filter and order stay."""
        self.table.set_rows(
            [
                Row((one.name, can.aspect), (one.name, can.aspect, str(can.answer), can.words), can.told)
                for one in table.systems
                for can in one.capabilities
            ]
        )
