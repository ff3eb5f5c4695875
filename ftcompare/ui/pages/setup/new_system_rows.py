"""Setup's rows for systems that are to be added: an adapter, a full model, a served model."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from ftcompare.app.setup.new_study import AdapterChoice, find_template, inspect_adapter_for, inspect_base
from ftcompare.app.setup.served_choice import EXAMPLE, ServedChoice, served_spec, server_place
from ftcompare.app.setup.system_specs import is_served
from ftcompare.core.errors import FTCompareError, UserError
from ftcompare.core.study import SystemKind, SystemSpec
from ftcompare.ui.pages.setup.folder_texts import (
    AdapterFinding,
    AdapterFound,
    BaseFinding,
    describe_adapter,
    describe_base,
    describe_place,
)
from ftcompare.ui.pages.setup.template_choice import TemplateChoice
from ftcompare.ui.study_thread.study_tasks import StudyTasks
from ftcompare.ui.theme.theme import S
from ftcompare.ui.widgets.controls import QuietButton, set_role
from ftcompare.ui.widgets.file_field import CheckState, FieldCheck, FieldMessage, FileField

NAME_WIDTH = 140


class NewRow(QWidget):
    """One system to be added: what it is called, and where it is.

    Args:
        kind: for object names, such as ``adapter``.
        number: from 1, for object names.
        spoken: what it is, for a screen reader: "adapter 1".
    """

    changed = Signal()
    removed = Signal()

    def __init__(self, kind: str, number: int, spoken: str) -> None:
        super().__init__()
        self._own_name = False
        self.name = QLineEdit()
        self.name.setObjectName(f"setup_{kind}_name_{number}")
        self.name.setAccessibleName(f"Name of {spoken}")
        self.name.setPlaceholderText("Name")
        self.name.setFixedWidth(NAME_WIDTH)
        self.remove = QuietButton("", icon="x")
        self.remove.setObjectName(f"setup_{kind}_remove_{number}")
        self.remove.setAccessibleName(f"Remove {spoken}")
        self.remove.setToolTip("Remove")
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(0, 0, 0, 0)
        self.column.setSpacing(6)
        self.name.textEdited.connect(self._take_name)
        self.remove.clicked.connect(self.removed.emit)

    @property
    def message(self) -> FieldMessage:
        """Where it says what was found, or what is wrong."""
        raise NotImplementedError

    @property
    def place(self) -> str:
        """Where it is; empty while nothing is said."""
        raise NotImplementedError

    @property
    def parts(self) -> tuple[QWidget, ...]:
        """What the Tab key reaches, in order."""
        raise NotImplementedError

    @property
    def state(self) -> CheckState:
        """What is known of the place."""
        raise NotImplementedError

    def fail(self, error: FTCompareError) -> None:
        """Say what is wrong with the place."""
        raise NotImplementedError

    def again(self) -> None:
        """Look anew: what it stands on changed."""

    @property
    def place_missing(self) -> bool:
        """Whether the row has a name and nothing that goes by it."""
        return bool(self.name.text().strip()) and not self.place

    def mark_missing(self) -> None:
        """Say that the place is missing, where it is."""
        raise NotImplementedError

    def mark_name(self, problem: str) -> None:
        """Say what is wrong with the name; empty for nothing."""
        set_role(self.name, invalid="true" if problem else "false")
        if problem:
            self.message.show_problem(problem)

    def propose_name(self, name: str) -> None:
        """Take a name, unless one was given."""
        if not self._own_name:
            self.name.setText(name)

    def put_name(self, name: str) -> None:
        """Give a name."""
        self._own_name = True
        self.name.setText(name)

    def _take_name(self) -> None:
        self._own_name = bool(self.name.text())
        set_role(self.name, invalid="false")
        self.changed.emit()


class FolderRow(NewRow):
    """A system in a folder, or behind a hub id.

    Args:
        spoken: see `NewRow`.
        hint: what the empty field shows.
        missing: what is said where only the name is given.
        look: reads the folder.
        describe: says what was found.
    """

    def __init__(
        self,
        kind: str,
        number: int,
        spoken: str,
        hint: str,
        missing: str,
        tasks: StudyTasks,
        look: Callable[[str], Any],
        describe: Callable[[Any], Any],
    ) -> None:
        super().__init__(kind, number, spoken)
        self._missing = missing
        self.field = FileField("", f"setup_{kind}_{number}", folder=True, hint=hint)
        self.field.set_spoken(f"Folder of {spoken}")
        self.field.row.insertWidget(0, self.name)
        self.field.row.addWidget(self.remove)
        self.column.addWidget(self.field)
        self.check: FieldCheck[Any] = FieldCheck(
            self.field, tasks, look=look, describe=describe, settled=self.changed.emit
        )
        self.field.changed.connect(lambda path: self.propose_name(Path(path).name))

    @property
    def message(self) -> FieldMessage:
        """Below the field."""
        return self.field.message

    @property
    def place(self) -> str:
        """The folder or hub id."""
        return self.field.text

    @property
    def parts(self) -> tuple[QWidget, ...]:
        """From the left."""
        return self.name, self.field.edit, self.field.button, self.remove

    @property
    def state(self) -> CheckState:
        """Of the folder."""
        return self.check.state

    def fail(self, error: FTCompareError) -> None:
        """Below the field."""
        self.check.fail(error)

    def again(self) -> None:
        """Look at the folder anew."""
        self.check.again()

    def mark_missing(self) -> None:
        """At the field."""
        if self.place_missing:
            self.field.set_invalid(True)
            self.message.show_problem(self._missing)


class AdapterRow(FolderRow):
    """An adapter: its folder or hub id, or its name on the server of the base.

    Args:
        base: the base it must fit, as text; asked each time the folder is looked at.
    """

    def __init__(self, number: int, tasks: StudyTasks, base: Callable[[], str]) -> None:
        super().__init__(
            "adapter",
            number,
            f"adapter {number}",
            "",
            "Choose this adapter's folder, or remove the row.",
            tasks,
            lambda path: look_at_adapter(base(), path),
            lambda found: describe_adapter(found, self.tr),
        )
        self.template = TemplateChoice(str(number), f"adapter {number}")
        self.column.addWidget(self.template)
        self.changed.connect(self._show_template)
        self.set_served(is_served(base()))

    def set_served(self, served: bool) -> None:
        """Whether the base is on a server, and so the adapter too."""
        hint = "Its name on the server" if served else "Adapter folder, or hub id"
        self.field.edit.setPlaceholderText(hint)
        self.field.button.setVisible(not served)

    @property
    def choice(self) -> AdapterChoice | None:
        """The adapter; None while the row is empty."""
        name = self.name.text().strip()
        return AdapterChoice(name, self.place, self.template.key) if self.place else None

    @property
    def parts(self) -> tuple[QWidget, ...]:
        """From the left, then the template's choice."""
        return *super().parts, self.template.box

    def _show_template(self) -> None:
        """The choice stands where there is one; while the folder is looked at it is left alone."""
        if self.state is not CheckState.LOOKING:
            found: AdapterFinding = self.check.value
            self.template.show_found(found.template if found else None)

    def put(self, choice: AdapterChoice) -> None:
        """Fill the row."""
        self.put_name(choice.name)
        self.field.set_text(choice.path)


class ModelRow(FolderRow):
    """A full model of its own."""

    def __init__(self, number: int, tasks: StudyTasks) -> None:
        super().__init__(
            "model",
            number,
            f"full model {number}",
            "Model folder, or hub id",
            "Choose this model's folder, or remove the row.",
            tasks,
            inspect_base,
            lambda found: describe_base(found, self.tr),
        )

    @property
    def spec(self) -> SystemSpec | None:
        """The system; None while the row is empty."""
        return SystemSpec(self.name.text().strip(), SystemKind.MODEL, self.place) if self.place else None


class ServedRow(NewRow):
    """A model behind an OpenAI-compatible server."""

    def __init__(self, number: int) -> None:
        spoken = f"served model {number}"
        super().__init__("served", number, spoken)
        self.address = self._field(f"setup_served_{number}_edit", "Address of {0}", spoken, EXAMPLE)
        self.model = self._field(
            f"setup_served_model_{number}",
            "Name of {0} on the server",
            spoken,
            "Model's name on the server",
        )
        self.adapter = self._field(
            f"setup_served_adapter_{number}",
            "Adapter's name of {0} on the server",
            spoken,
            "Adapter's name there (optional)",
        )
        self._message = FieldMessage()
        self._lay_out()
        for field in (self.address, self.model, self.adapter):
            field.textEdited.connect(self._on_edited)
        self.model.textEdited.connect(lambda text: self._propose(text, self.adapter.text()))
        self.adapter.textEdited.connect(lambda text: self._propose(self.model.text(), text))

    def _field(self, name: str, title: str, spoken: str, hint: str) -> QLineEdit:
        made = QLineEdit()
        made.setObjectName(name)
        made.setAccessibleName(title.format(spoken))
        made.setPlaceholderText(hint)
        made.setToolTip(hint)
        return made

    def _lay_out(self) -> None:
        above, below = QHBoxLayout(), QHBoxLayout()
        for row, parts in ((above, (self.address,)), (below, (self.model, self.adapter))):
            row.setSpacing(S)
            for part in parts:
                row.addWidget(part, 1)
            self.column.addLayout(row)
        above.insertWidget(0, self.name)
        above.addWidget(self.remove)
        self.column.addWidget(self._message)

    @property
    def message(self) -> FieldMessage:
        """Below the fields."""
        return self._message

    @property
    def place(self) -> str:
        """The address."""
        return self.address.text().strip()

    @property
    def parts(self) -> tuple[QWidget, ...]:
        """The upper line, then the lower."""
        return self.name, self.address, self.remove, self.model, self.adapter

    @property
    def state(self) -> CheckState:
        """Of what is typed; the server itself is asked only when pairs are written."""
        if not self.place:
            return CheckState.EMPTY
        try:
            served_spec(self._choice)
        except UserError:
            return CheckState.WRONG
        return CheckState.FOUND

    @property
    def spec(self) -> SystemSpec | None:
        """The system; None while it is not fully named."""
        return served_spec(self._choice) if self.state is CheckState.FOUND else None

    @property
    def _choice(self) -> ServedChoice:
        texts = (field.text().strip() for field in (self.name, self.address, self.model, self.adapter))
        return ServedChoice(*texts)

    @property
    def place_missing(self) -> bool:
        """Whether something is typed, and no address."""
        typed = (self.name.text(), self.model.text(), self.adapter.text())
        return not self.place and any(text.strip() for text in typed)

    def fail(self, error: FTCompareError) -> None:
        """Mark the field that it is about."""
        wrong = self.model if error.code == "server-name" else self.address
        set_role(wrong, invalid="true")
        self._message.show_error(error)

    def mark_missing(self) -> None:
        """Say what is missing or wrong, at its field."""
        if self.place_missing:
            set_role(self.address, invalid="true")
            self._message.show_problem("Give the server's address, or remove the row.")
        elif self.place:
            self._show_whole()

    def _on_edited(self) -> None:
        """While it is typed: what is wrong with the address, or where prompts will go."""
        for field in (self.address, self.model):
            set_role(field, invalid="false")
        self._message.clear()
        if self.place:
            self._show_place()
        self.changed.emit()

    def _show_place(self) -> None:
        try:
            self._message.show_found(describe_place(server_place(self.place), self.tr))
        except UserError as error:
            self.fail(error)

    def _show_whole(self) -> None:
        try:
            served_spec(self._choice)
        except UserError as error:
            self.fail(error)

    def _propose(self, model: str, adapter: str) -> None:
        self.propose_name((adapter.strip() or model.strip()).rpartition("/")[2])


def look_at_base(text: str) -> BaseFinding:
    """What a base's folder says, or where its server is."""
    return server_place(text) if is_served(text) else inspect_base(text)


def look_at_adapter(base: str, path: str) -> AdapterFinding:
    """A base that is missing or wrong says so at its own field; None for a name on the base's server."""
    if is_served(base):
        return None
    try:
        found = inspect_base(base) if base else None
    except FTCompareError:
        found = None
    folder, mismatches = inspect_adapter_for(found, path)
    return AdapterFound(folder, mismatches, find_template(base, path) if found else None)
