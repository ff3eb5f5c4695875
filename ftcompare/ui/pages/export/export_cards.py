"""The choice of formats for Export and Import."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFont, QStandardItemModel
from PySide6.QtWidgets import QComboBox, QWidget

from ftcompare.core.disclosure import Withheld
from ftcompare.formats.export_format import AnyExportFormat, ImportFormat
from ftcompare.formats.registry import EXPORT_FORMATS
from ftcompare.ui.theme.theme import S
from ftcompare.ui.widgets.controls import Card, Muted
from ftcompare.ui.widgets.inputs import choice_box
from ftcompare.ui.widgets.layouts import in_column

MOST_SHOWN = 24  # entries of the open list: all of them, with the headings


class FormatChoice(QWidget):
    """A choice of one format, under group headings, with a sentence on the chosen one."""

    changed = Signal()

    def __init__(self, stem: str, forms: Sequence[AnyExportFormat | ImportFormat]) -> None:
        super().__init__()
        self._forms = {form.id: form for form in forms}
        self.box = choice_box()
        self.box.setObjectName(f"{stem}_format")
        self.box.setAccessibleName("Format")
        self.box.setMaxVisibleItems(MOST_SHOWN)
        self.box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        for heading, group in groupby(forms, _group):
            if heading:
                self._add_heading(heading)
            for form in group:
                self.box.addItem(form.title, form.id)
        self._told = Muted("", small=True)
        in_column(self.box, self._told, gap=S, of=self)
        self.box.currentIndexChanged.connect(lambda _index: self._on_chosen())
        self.choose(next(iter(self._forms)))
        self._describe()

    @property
    def chosen(self) -> str:
        return str(self.box.currentData())

    def choose(self, form: str) -> None:
        self.box.setCurrentIndex(self.box.findData(form))

    def _on_chosen(self) -> None:
        self._describe()
        self.changed.emit()

    def _describe(self) -> None:
        told = self._forms[self.chosen].description
        self._told.setText(told)
        self.box.setAccessibleDescription(told)

    def _add_heading(self, words: str) -> None:
        self.box.addItem(words)
        model = self.box.model()
        if isinstance(model, QStandardItemModel):
            heading = model.item(self.box.count() - 1)
            heading.setFlags(Qt.ItemFlag.NoItemFlags)
            font = QFont(self.box.font())
            font.setBold(True)
            heading.setFont(font)


def _group(form: AnyExportFormat | ImportFormat) -> str:
    return "" if isinstance(form, ImportFormat) else form.group.value


class FormatCard(Card):
    """The formats; for a format that names systems, a note is shown while names are withheld."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__("Format")
        self._forms = {form.id: form for form in EXPORT_FORMATS}
        self._withheld = False
        self._choice = FormatChoice("export", tuple(EXPORT_FORMATS))
        self._closed = Muted("Names the systems: after unblinding.", small=True)
        self._choice.changed.connect(self._on_chosen)
        self.body.addWidget(self._choice)
        self.body.addWidget(self._closed)
        self._show_closed()

    @property
    def form(self) -> AnyExportFormat:
        return self._forms[self._choice.chosen]

    def choose(self, form: str) -> None:
        self._choice.choose(form)

    def show_withheld(self, withheld: Withheld | None) -> None:
        self._withheld = withheld is not None
        self._show_closed()

    def _on_chosen(self) -> None:
        self._show_closed()
        self.changed.emit()

    def _show_closed(self) -> None:
        self._closed.setVisible(self._withheld and self.form.names_systems)
