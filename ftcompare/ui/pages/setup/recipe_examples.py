"""The examples of a recipe in a table, and below it the question and the answer of the selected one."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from ftcompare.app.setup.recipe_draft import DraftExample
from ftcompare.ui.theme.theme import XS, S, Theme
from ftcompare.ui.widgets.controls import PlainButton, label, named
from ftcompare.ui.widgets.file_field import FieldMessage
from ftcompare.ui.widgets.layouts import STRETCH, filled, in_column, in_row
from ftcompare.ui.widgets.table import DataColumn, DataTable, Row
from ftcompare.ui.widgets.text_box import TextBox

COLUMNS = (DataColumn("Question", stretch=1), DataColumn("Answer", stretch=1))
LOW = 48
"""Pixels that a text field needs at least."""


class ExamplesPart(QWidget):
    """The table and the fields.

    Args:
        theme: theme of the table.
        fixed: whether it is read-only.
    """

    added = Signal()
    removed = Signal(object)
    """Numbers of examples, a list."""
    edited = Signal(int, object)
    """The number of an example, and the typed texts as a dict with the keys ``asked`` and ``answered``."""

    def __init__(self, theme: Theme, *, fixed: bool) -> None:
        super().__init__()
        self.number: int | None = None
        self._fixed = fixed
        self._rows: Sequence[DraftExample] = ()
        self._problem: Callable[[DraftExample], str] = lambda _: ""
        self.table = DataTable(theme, "Examples", COLUMNS, "Find in the examples", "All words must occur.")
        self.table.field.hide()
        self.asked = TextBox("recipe_example_asked", "Question of the example")
        self.answered = TextBox("recipe_example_answered", "Answer of the example")
        self.message = FieldMessage()
        self._add = named(PlainButton("Add example"), "recipe_example_add")
        self._remove = named(PlainButton("Remove"), "recipe_example_remove")
        self._arrange()
        self._connect()

    def _arrange(self) -> None:
        for box in (self.asked, self.answered):
            box.setMinimumHeight(LOW)
        self.table.view.setMinimumHeight(2 * LOW)
        head = in_row(label("Examples: asked and answered before each prompt"), STRETCH, gap=S)
        fields = in_row((_titled("Question", self.asked), 1), (_titled("Answer", self.answered), 1), gap=S)
        acts = in_row(self._add, self._remove, STRETCH, gap=S)
        in_column(head, (self.table, 3), (filled(fields), 2), self.message, acts, gap=XS, of=self)
        for button in (self._add, self._remove):
            button.setVisible(not self._fixed)

    def _connect(self) -> None:
        self.table.current_changed.connect(self._take_in_hand)
        self.table.opened.connect(lambda _key: self.asked.setFocus())
        self._add.clicked.connect(self.added.emit)
        self._remove.clicked.connect(self._remove_chosen)
        for box in (self.asked, self.answered):
            box.left.connect(self.finish)

    def finish(self) -> None:
        """Emit the text that was typed."""
        typed = {"asked": self.asked.take(), "answered": self.answered.take()}
        values = {name: text for name, text in typed.items() if text is not None}
        if values and self.number is not None:
            self.edited.emit(self.number, values)

    def show_rows(
        self, rows: Sequence[DraftExample], number: int | None, problem: Callable[[DraftExample], str]
    ) -> None:
        """Show all examples, and select that of ``number``, else the one selected before, else the first."""
        wanted = number if number is not None else self.number
        self.number = None  # None is selected while the table is filled.
        self._rows, self._problem = rows, problem
        self.table.set_rows([Row(one.number, (one.asked, one.answered), tip=problem(one)) for one in rows])
        numbers = [one.number for one in rows]
        self._show_fields(wanted if wanted in numbers else next(iter(numbers), None))
        places = [place for place, row in enumerate(self.table.model.shown) if row.key == self.number]
        if places:
            self.table.select(places[0])
        self._remove.setEnabled(bool(rows))

    def _take_in_hand(self, key: object) -> None:
        if isinstance(key, int) and self.number is not None and key != self.number:
            self.finish()
            self._show_fields(key)

    def _show_fields(self, number: int | None) -> None:
        example = next((one for one in self._rows if one.number == number), None)
        self.number = number if example else None
        for box, text in (
            (self.asked, example.asked if example else ""),
            (self.answered, example.answered if example else ""),
        ):
            box.put(text, fixed=self._fixed)
            box.setEnabled(example is not None)
        self.message.show_problem(self._problem(example) if example else "")

    def _remove_chosen(self) -> None:
        shown, chosen = self.table.model.shown, self.table.view.selectedIndexes()
        keys = {shown[index.row()].key for index in chosen}
        self.removed.emit([key for key in keys if isinstance(key, int)])


def _titled(title: str, field: QWidget) -> QWidget:
    above = label(title)
    above.setBuddy(field)
    return filled(in_column(above, (field, 1), gap=XS))
