"""Setup's card of systems: the base model and its adapters, with what was found in each folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from ftcompare.app.content import ContentSystem, StudyContent
from ftcompare.app.study_plan import AdapterChoice, inspect_adapter_for, inspect_base
from ftcompare.core.errors import FTCompareError
from ftcompare.core.study import SystemKind
from ftcompare.ui.owned_tasks import OwnedTasks
from ftcompare.ui.pages.setup.words import AdapterFinding, BaseFinding, describe_adapter, describe_base
from ftcompare.ui.tasks import StudyTasks
from ftcompare.ui.theme import M, S
from ftcompare.ui.widgets.basics import (
    Card,
    LinkButton,
    Muted,
    PlainButton,
    QuietButton,
    label,
    set_role,
    set_tab_order,
)
from ftcompare.ui.widgets.file_field import CheckState, FieldCheck, FieldMessage, FileField, shortened

NAME_WIDTH = 140


class AdapterRow(QWidget):
    """One adapter to be chosen: its name, its folder, what is in it.

    Args:
        number: from 1, for object names.
        base: the base it must fit, as text; asked each time the folder is looked at.
    """

    changed = Signal()
    removed = Signal()

    def __init__(self, number: int, tasks: StudyTasks, base: Callable[[], str]) -> None:
        super().__init__()
        self._own_name = False
        self.name = QLineEdit()
        self.name.setObjectName(f"setup_adapter_name_{number}")
        self.name.setAccessibleName(self.tr("Name of adapter {0}").format(number))
        self.name.setPlaceholderText(self.tr("Name"))
        self.name.setFixedWidth(NAME_WIDTH)
        self.field = FileField(
            "", f"setup_adapter_{number}", folder=True, hint=self.tr("Adapter folder, or hub id")
        )
        self.field.set_spoken(self.tr("Folder of adapter {0}").format(number))
        self.remove = QuietButton("", icon="x")
        self.remove.setObjectName(f"setup_adapter_remove_{number}")
        self.remove.setAccessibleName(self.tr("Remove adapter {0}").format(number))
        self.remove.setToolTip(self.tr("Remove"))
        self.field.row.insertWidget(0, self.name)
        self.field.row.addWidget(self.remove)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.field)
        self.check: FieldCheck[AdapterFinding] = FieldCheck(
            self.field,
            tasks,
            look=lambda path: _look_at_adapter(base(), path),
            describe=lambda found: describe_adapter(found, self.tr),
            settled=self.changed.emit,
        )
        self.name.textEdited.connect(self._take_name)
        self.field.changed.connect(self._propose_name)
        self.remove.clicked.connect(self.removed.emit)

    @property
    def parts(self) -> tuple[QWidget, ...]:
        """What the Tab key reaches, from the left."""
        return self.name, self.field.edit, self.field.button, self.remove

    @property
    def choice(self) -> AdapterChoice | None:
        """The adapter; None while the row is empty."""
        return AdapterChoice(self.name.text().strip(), self.field.text) if self.field.text else None

    def put(self, choice: AdapterChoice) -> None:
        """Fill the row."""
        self._own_name = True
        self.name.setText(choice.name)
        self.field.set_text(choice.path)

    def mark_name(self, problem: str) -> None:
        """Say what is wrong with the name; empty for nothing."""
        set_role(self.name, invalid="true" if problem else "false")
        if problem:
            self.field.message.show_problem(problem)

    @property
    def folder_missing(self) -> bool:
        """Whether the row has a name and nothing that goes by it."""
        return bool(self.name.text().strip()) and not self.field.text

    def mark_missing(self) -> None:
        """Say that the folder is missing, where it is."""
        if self.folder_missing:
            self.field.set_invalid(True)
            self.field.message.show_problem(self.tr("Choose this adapter's folder, or remove the row."))

    def _take_name(self) -> None:
        self._own_name = bool(self.name.text())
        set_role(self.name, invalid="false")
        self.changed.emit()

    def _propose_name(self, path: str) -> None:
        if not self._own_name:
            self.name.setText(Path(path).name)


def _look_at_adapter(base: str, path: str) -> AdapterFinding:
    """A base that is missing or wrong says so at its own field."""
    try:
        found = inspect_base(base) if base else None
    except FTCompareError:
        found = None
    return inspect_adapter_for(found, path)


class SystemRow(QWidget):
    """One system of an open study."""

    removed = Signal()

    def __init__(self, system: ContentSystem) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        row = QHBoxLayout()
        row.setSpacing(S)
        kinds = {
            SystemKind.BASE: self.tr("base model"),
            SystemKind.ADAPTER: self.tr("adapter"),
            SystemKind.MODEL: self.tr("full model"),
            SystemKind.SERVED: self.tr("served model"),
            SystemKind.IMPORTED: self.tr("imported"),
        }
        place = system.adapter or system.model
        row.addWidget(label(shortened(system.name, 60), "strong"))
        row.addWidget(Muted(kinds[system.kind]), 1)
        self.message = FieldMessage()
        if system.kind is SystemKind.ADAPTER and system.removable:
            remove = QuietButton("", icon="x")
            set_role(remove, role="tool")
            remove.setObjectName(f"setup_system_remove_{system.name}")
            remove.setAccessibleName(self.tr("Remove {0}").format(system.name))
            remove.setToolTip(self.tr("Remove"))
            remove.clicked.connect(self.removed.emit)
            row.addWidget(remove)
        column.addLayout(row)
        if place:
            column.addWidget(Muted(shortened(place, 200), small=True))
        column.addWidget(self.message)


class _Column(QWidget):
    """Rows below each other."""

    def __init__(self) -> None:
        super().__init__()
        self._rows = QVBoxLayout(self)
        self._rows.setContentsMargins(0, 0, 0, 0)
        self._rows.setSpacing(M)

    def add(self, row: QWidget) -> None:
        self._rows.addWidget(row)

    def clear(self) -> None:
        while (item := self._rows.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()


class SystemsPart(Card):
    """The card."""

    changed = Signal()
    base_asked = Signal(str)
    """A base to be added to the open study."""
    adapter_asked = Signal(object)
    """An `AdapterChoice` to be added to the open study."""
    removal_asked = Signal(object)
    """The `SystemId` of a system to be taken out of the open study."""

    def __init__(self, tasks: StudyTasks) -> None:
        super().__init__(self.tr("Systems"))
        self._tasks = tasks
        self._content: StudyContent | None = None
        self._count = 0
        self.base = FileField(
            self.tr("Base model"), "setup_base", folder=True, hint=self.tr("Folder, or hub id: owner/name")
        )
        self.check: FieldCheck[BaseFinding] = FieldCheck(
            self.base,
            tasks,
            look=inspect_base,
            describe=lambda found: describe_base(found, self.tr),
            settled=self._on_base,
        )
        self._add_base = PlainButton(self.tr("Add to study"))
        self._add_base.setObjectName("setup_base_apply")
        self.base.row.addWidget(self._add_base)
        self._stored = _Column()
        self._rows_title = label(self.tr("Adapters: the fine-tunes of this base"))
        self._rows = _Column()
        self._add = LinkButton(self.tr("Add another adapter"))
        self._add.setObjectName("setup_adapter_add")
        self._apply = PlainButton(self.tr("Add to study"))
        self._apply.setObjectName("setup_adapter_apply")
        for part in (self.base, self._stored, self._rows_title, self._rows, self._apply, self._add):
            self.body.addWidget(part)
        self.body.addStretch()
        self.rows: list[AdapterRow] = []
        self._add.clicked.connect(self._on_add)
        self._add_base.clicked.connect(lambda: self.base_asked.emit(self.base.text))
        self._apply.clicked.connect(self._on_apply)

    @property
    def adapters(self) -> tuple[AdapterChoice, ...]:
        """The adapters chosen for a new study."""
        return tuple(choice for row in self.rows if (choice := row.choice))

    @property
    def looking(self) -> bool:
        """Whether a folder is still being looked at."""
        return CheckState.LOOKING in (self.check.state, *(row.check.state for row in self.rows))

    def start_new(self) -> None:
        """Fields for a new study."""
        self._content = None
        self._stored.clear()
        self._drop_rows()
        self.base.show()
        self.base.set_text("")
        self._add_base.hide()
        self._apply.hide()
        self._rows_title.show()
        self._add.set_text(self.tr("Add another adapter"))
        self._add.show()
        self.add_row()

    def put(self, base: str, adapters: tuple[AdapterChoice, ...]) -> None:
        """Fill the fields of a new study."""
        self.base.set_text(base)
        self._drop_rows()
        for adapter in adapters:
            self.add_row().put(adapter)

    def show_study(self, content: StudyContent) -> None:
        """The systems of the open study."""
        same = self._content is not None and self._content.systems == content.systems
        if same and self._content and self._content.path == content.path:
            return
        self._content = content
        self._drop_rows()
        self._stored.clear()
        for system in content.systems:
            self._stored.add(self._system_row(system))
        self.base.setVisible(not content.model)
        self._add_base.show()
        self._add_base.setEnabled(False)
        self._rows_title.hide()
        self._apply.hide()
        self._add.set_text(self.tr("Add an adapter…"))
        self._add.setVisible(bool(content.model))

    def complete(self) -> bool:
        """Whether what is chosen for a new study can be made; what cannot is marked."""
        for row in self.rows:
            row.mark_name(self._name_problem(row))
            row.mark_missing()
        baseless = bool(self.adapters) and not self.base.text
        if baseless:
            self.base.message.show_problem(self.tr("An adapter needs its base model."))
            self.base.set_invalid(True)
        wrong = CheckState.WRONG in (self.check.state, *(row.check.state for row in self.rows))
        gaps = any(row.folder_missing or self._name_problem(row) for row in self.rows)
        return not (wrong or baseless or gaps)

    def fail(self, error: FTCompareError) -> bool:
        """Put an error where it belongs; whether there is such a place."""
        if error.code == "system-exists" and self.rows:
            self.rows[-1].mark_name(f"{error.what} {error.how}")
            return True
        wanted = error.code.partition("-")[0]
        if wanted == "adapter" and self.rows:
            row = next((r for r in self.rows if r.field.text and r.field.text in error.where), self.rows[-1])
            row.check.fail(error)
            return True
        if wanted in ("model", "tokenizer") and self.base.isVisibleTo(self):
            self.check.fail(error)
            return True
        return False

    def add_row(self) -> AdapterRow:
        """One more adapter."""
        self._count += 1
        row = AdapterRow(self._count, self._tasks, self._base_text)
        row.changed.connect(self._on_changed)
        row.removed.connect(lambda: self._remove_row(row))
        self.rows.append(row)
        self._rows.add(row)
        self._rows.show()
        parts = [part for shown in self.rows for part in shown.parts]
        set_tab_order(self.base.button, self._add_base, *parts, self._apply, self._add)
        return row

    def _base_text(self) -> str:
        return self._content.model if self._content else self.base.text

    def _name_problem(self, row: AdapterRow) -> str:
        choice = row.choice
        if choice is None:
            return ""
        if not choice.name:
            return self.tr("Give this adapter a name.")
        taken = [c.name.casefold() for c in self.adapters].count(choice.name.casefold())
        if taken > 1 or choice.name.casefold() == "base":
            return self.tr("Another system is called “{0}”. Give this one a name of its own.").format(
                choice.name
            )
        return ""

    def _system_row(self, system: ContentSystem) -> SystemRow:
        row = SystemRow(system)
        row.removed.connect(lambda: self.removal_asked.emit(system.id))
        message, tasks = row.message, OwnedTasks(row, self._tasks)

        def failed(error: FTCompareError) -> None:
            message.show_error(error)

        if system.kind is SystemKind.BASE:
            tasks.call(
                lambda: inspect_base(system.model),
                lambda found: message.show_found(describe_base(found, self.tr)),
                failed,
            )
        elif system.kind is SystemKind.ADAPTER:
            tasks.call(
                lambda: _look_at_adapter(system.model, system.adapter),
                lambda found: message.show_found(describe_adapter(found, self.tr)),
                failed,
            )
        return row

    def _on_add(self) -> None:
        if self._content is not None:
            self._add.hide()
            self._apply.show()
            self._apply.setEnabled(False)
        self.add_row().name.setFocus()

    def _on_apply(self) -> None:
        if self.adapters:
            self.adapter_asked.emit(self.adapters[0])

    def _on_base(self) -> None:
        self._add_base.setEnabled(self.check.state is CheckState.FOUND)
        if self.check.state is not CheckState.LOOKING:
            for row in self.rows:
                row.check.again()
        self._on_changed()

    def _on_changed(self) -> None:
        ready = [row for row in self.rows if row.check.state is CheckState.FOUND and row.name.text().strip()]
        self._apply.setEnabled(bool(ready))
        self.changed.emit()

    def _remove_row(self, row: AdapterRow) -> None:
        self.rows.remove(row)
        row.hide()
        row.deleteLater()
        self._rows.setVisible(bool(self.rows))
        if self._content is not None:
            self._apply.hide()
            self._add.show()
        self._on_changed()

    def _drop_rows(self) -> None:
        for row in self.rows:
            row.hide()
            row.deleteLater()
        self.rows = []
        self._rows.hide()
