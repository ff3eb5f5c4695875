"""The systems of an open study in Setup: what each is, and a way to take it out."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from ftcompare.app.agreed_hosts import agree, is_agreed
from ftcompare.app.content import ContentSystem
from ftcompare.app.served_choice import ServerPlace, server_place
from ftcompare.app.study_plan import inspect_base
from ftcompare.core.errors import FTCompareError
from ftcompare.core.study import SystemKind, SystemSpec
from ftcompare.ui.owned_tasks import OwnedTasks
from ftcompare.ui.pages.setup.rows import look_at_adapter
from ftcompare.ui.pages.setup.words import describe_adapter, describe_base, describe_place, quantised_words
from ftcompare.ui.tasks import StudyTasks
from ftcompare.ui.theme import M, S
from ftcompare.ui.widgets.basics import Muted, PlainButton, QuietButton, label, set_role
from ftcompare.ui.widgets.file_field import FieldMessage, shortened


class SystemRow(QWidget):
    """One system of an open study, with what is found in its folder now."""

    removed = Signal()
    agreed = Signal()
    """Prompts may go to its server; other systems may be there too."""

    def __init__(self, system: ContentSystem, tasks: StudyTasks) -> None:
        super().__init__()
        self.system = system
        self._tasks = OwnedTasks(self, tasks)
        self.message = FieldMessage()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addLayout(self._head())
        if place := _place(system.spec):
            column.addWidget(Muted(shortened(place, 200), small=True))
        column.addWidget(self.message)
        self._allow = PlainButton(self.tr("Allow prompts to be sent there"))
        self._allow.setObjectName(f"setup_system_allow_{system.name}")
        self._allow.clicked.connect(self._agree)
        self._allow.hide()
        column.addWidget(self._allow, 0, Qt.AlignmentFlag.AlignLeft)
        self.look()

    def _head(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(S)
        kinds = {
            SystemKind.BASE: self.tr("base model"),
            SystemKind.ADAPTER: self.tr("adapter"),
            SystemKind.MODEL: self.tr("full model"),
            SystemKind.SERVED: self.tr("served model"),
            SystemKind.IMPORTED: self.tr("imported"),
        }
        spec = self.system.spec
        words = (kinds[spec.kind], quantised_words(spec.quantisation, self.tr))
        row.addWidget(label(shortened(spec.name, 60), "strong"))
        row.addWidget(Muted(" · ".join(part for part in words if part)), 1)
        if self.system.removable:
            row.addWidget(self._remove_button(spec.name))
        return row

    def _remove_button(self, name: str) -> QuietButton:
        remove = QuietButton("", icon="x")
        set_role(remove, role="tool")
        remove.setObjectName(f"setup_system_remove_{name}")
        remove.setAccessibleName(self.tr("Remove {0}").format(name))
        remove.setToolTip(self.tr("Remove"))
        remove.clicked.connect(self.removed.emit)
        return remove

    def look(self) -> None:
        """See what is in its folder, or where its server is."""
        spec, message = self.system.spec, self.message

        def failed(error: FTCompareError) -> None:
            message.show_error(error)

        if spec.url:
            self._tasks.call(lambda: _where(spec.url), self._show_place, failed)
        elif spec.kind in (SystemKind.BASE, SystemKind.MODEL):
            self._tasks.call(
                lambda: inspect_base(spec.model),
                lambda found: message.show_found(describe_base(found, self.tr)),
                failed,
            )
        elif spec.kind is SystemKind.ADAPTER:
            self._tasks.call(
                lambda: look_at_adapter(spec.model, spec.adapter),
                lambda found: message.show_found(describe_adapter(found, self.tr)),
                failed,
            )

    def _show_place(self, found: tuple[ServerPlace, bool]) -> None:
        """The study may be a stranger's: then this user has not agreed to its server."""
        place, agreed = found
        self._allow.setVisible(not agreed)
        self.message.show_found(describe_place(place, self.tr))

    def _agree(self) -> None:
        url = self.system.spec.url
        self._tasks.call(lambda: agree(url), lambda _: self.agreed.emit(), self.message.show_error)


def _where(url: str) -> tuple[ServerPlace, bool]:
    """Where a server is, and whether prompts may go there."""
    place = server_place(url)
    return place, place.local or is_agreed(url)


def _place(spec: SystemSpec) -> str:
    """Where it is, in one line."""
    if spec.url:
        return " · ".join(part for part in (spec.url, spec.model, spec.adapter) if part)
    return spec.adapter or spec.model


class Rows(QWidget):
    """Rows below each other."""

    def __init__(self) -> None:
        super().__init__()
        self._rows = QVBoxLayout(self)
        self._rows.setContentsMargins(0, 0, 0, 0)
        self._rows.setSpacing(M)

    def add(self, row: QWidget) -> None:
        """One more at the end."""
        self._rows.addWidget(row)

    def clear(self) -> None:
        """Take all of them away."""
        while (item := self._rows.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
