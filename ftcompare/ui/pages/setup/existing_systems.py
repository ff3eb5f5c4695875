"""The systems of an open study in Setup: what each is, and a way to take it out."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from ftcompare.app.setup import download_consent
from ftcompare.app.setup.host_consent import agree, is_agreed
from ftcompare.app.setup.new_study import inspect_base
from ftcompare.app.setup.served_choice import ServerPlace, server_place
from ftcompare.app.setup.study_content import ContentSystem
from ftcompare.core.study import SystemKind, SystemSpec
from ftcompare.ui.pages.setup.folder_texts import (
    AdapterFinding,
    BaseFinding,
    describe_adapter,
    describe_base,
    describe_place,
    describe_question,
    quantised_words,
)
from ftcompare.ui.pages.setup.new_system_rows import look_at_adapter
from ftcompare.ui.pages.setup.template_choice import TemplateChoice
from ftcompare.ui.study_thread.owned_tasks import OwnedTasks
from ftcompare.ui.study_thread.study_tasks import StudyTasks
from ftcompare.ui.theme.theme import M, S
from ftcompare.ui.widgets.controls import Muted, PlainButton, QuietButton, label, set_role
from ftcompare.ui.widgets.file_field import FieldMessage, shortened


class SystemRow(QWidget):
    """One system of an open study, with what is found in its folder now."""

    removed = Signal()
    agreed = Signal()
    """Prompts may go to its server, or it may be downloaded; other systems may be there too."""
    template_chosen = Signal(str)
    """`TemplateChoice.chosen`."""

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
        self.template = TemplateChoice(system.name, system.name)
        self.template.put(system.spec.template, fixed=not system.removable)
        self.template.chosen.connect(self.template_chosen)
        column.addWidget(self.template)
        served = "Allow prompts to be sent there"
        self._allow = PlainButton(served if system.spec.url else "Allow the download")
        self._allow.setObjectName(f"setup_system_allow_{system.name}")
        self._allow.clicked.connect(self._agree)
        self._allow.hide()
        column.addWidget(self._allow, 0, Qt.AlignmentFlag.AlignLeft)
        self.look()

    def _head(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(S)
        kinds = {
            SystemKind.BASE: "base model",
            SystemKind.ADAPTER: "adapter",
            SystemKind.MODEL: "full model",
            SystemKind.SERVED: "served model",
            SystemKind.IMPORTED: "imported",
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
        remove.setAccessibleName(f"Remove {name}")
        remove.setToolTip("Remove")
        remove.clicked.connect(self.removed.emit)
        return remove

    def look(self) -> None:
        """See what is in its folder, or where its server is."""
        spec, failed = self.system.spec, self.message.show_error
        if spec.url:
            self._tasks.call(lambda: _where(spec.url), self._show_place, failed)
        elif spec.written_here:
            self._tasks.call(lambda: _found_here(spec), self._show_here, failed)

    def _show_here(self, found: _Here) -> None:
        """The study may be a stranger's: then this user has not agreed to download what it names."""
        self._allow.setVisible(bool(found.question))
        if found.question:
            told = describe_question(found.question, self.tr)
        elif self.system.spec.adapter:
            told = describe_adapter(found.adapter, self.tr)
        else:
            told = describe_base(found.base, self.tr)
        self.message.show_found(told)
        self.template.show_found(found.adapter.template if found.adapter else None)

    def _show_place(self, found: tuple[ServerPlace, bool]) -> None:
        """The study may be a stranger's: then this user has not agreed to its server."""
        place, agreed = found
        self._allow.setVisible(not agreed)
        self.message.show_found(describe_place(place, self.tr))

    def _agree(self) -> None:
        spec = self.system.spec
        self._tasks.call(lambda: _agree_to(spec), lambda _: self.agreed.emit(), self.message.show_error)


@dataclass(frozen=True, slots=True)
class _Here:
    """What is found of a model on this machine.

    Args:
        question: the hub id that this user is asked about; empty for none.
        base: of a model's own folder.
        adapter: of an adapter's.
    """

    question: str
    base: BaseFinding = None
    adapter: AdapterFinding = None


def _found_here(spec: SystemSpec) -> _Here:
    question = _place(spec) if _place(spec) in download_consent.open_questions([spec]) else ""
    if spec.adapter:
        return _Here(question, adapter=look_at_adapter(spec.model, spec.adapter))
    return _Here(question, base=inspect_base(spec.model))


def _agree_to(spec: SystemSpec) -> None:
    if spec.url:
        agree(spec.url)
    else:
        download_consent.agree(_place(spec))


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
