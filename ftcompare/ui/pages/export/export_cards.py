"""The formats that Export and Import offer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QRadioButton, QWidget

from ftcompare.core.disclosure import Withheld
from ftcompare.formats.export_format import AnyExportFormat, ImportFormat
from ftcompare.formats.registry import EXPORT_FORMATS
from ftcompare.ui.theme.theme import M
from ftcompare.ui.widgets.controls import Card, Muted, named
from ftcompare.ui.widgets.layouts import in_column

INDENT = 30


class FormatChoice(QWidget):
    """Formats of which one is chosen, each with a sentence below it.

    Args:
        stem: of the buttons' object names.
        forms: from the top.
        notes: what else stands below a format, by its id.
    """

    changed = Signal()

    def __init__(
        self, stem: str, forms: Sequence[AnyExportFormat | ImportFormat], notes: Mapping[str, QWidget]
    ) -> None:
        super().__init__()
        self._group = QButtonGroup(self)
        column = in_column(gap=M, of=self)
        for number, form in enumerate(forms):
            button = named(QRadioButton(form.title), f"{stem}_{form.id}")
            button.setAccessibleDescription(form.description)
            self._group.addButton(button, number)
            below = in_column(Muted(form.description, small=True), gap=0)
            below.setContentsMargins(INDENT, 0, 0, 0)
            if form.id in notes:
                below.addWidget(notes[form.id])
            column.addLayout(in_column(button, below, gap=0))
        self._group.button(0).setChecked(True)
        self._group.idToggled.connect(lambda _number, checked: self.changed.emit() if checked else None)

    @property
    def number(self) -> int:
        """Of the format chosen, from 0."""
        return self._group.checkedId()


class FormatCard(Card):
    """The formats; those that name systems say so while that is withheld."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__("Format")
        self._forms = tuple(EXPORT_FORMATS)
        told = "Names the systems: after unblinding."
        self._closed = {form.id: Muted(told, small=True) for form in self._forms if form.names_systems}
        self._choice = FormatChoice("export", self._forms, self._closed)
        self._choice.changed.connect(self.changed)
        self.body.addWidget(self._choice)

    @property
    def form(self) -> AnyExportFormat:
        """The format chosen."""
        return self._forms[self._choice.number]

    def show_withheld(self, withheld: Withheld | None) -> None:
        """Whether what names systems must wait."""
        for note in self._closed.values():
            note.setVisible(withheld is not None)
