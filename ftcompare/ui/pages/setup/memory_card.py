"""Setup's part on how the models of this machine are loaded, and what memory that takes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from ftcompare.app.setup.capabilities import CapabilityTable, capability_table
from ftcompare.app.setup.new_study import AdapterChoice, StudyPlan, planned_systems
from ftcompare.app.setup.study_content import StudyContent
from ftcompare.app.setup.system_groups import groups
from ftcompare.app.setup.system_specs import is_served
from ftcompare.core.study import System, SystemId, SystemSpec
from ftcompare.ui.engine.hardware import Hardware, Machine
from ftcompare.ui.pages.setup.capabilities_table import CapabilitiesDialog
from ftcompare.ui.pages.setup.folder_texts import memory_lines
from ftcompare.ui.study_thread.owned_tasks import OwnedTasks
from ftcompare.ui.study_thread.study_tasks import StudyTasks
from ftcompare.ui.theme.theme import S, Theme
from ftcompare.ui.widgets.controls import LinkButton, Muted, label
from ftcompare.ui.widgets.file_field import FieldMessage
from ftcompare.ui.widgets.wheel_guard import choice_box

KEYS = ("", "8bit", "4bit")


class QuantisationChoice(QWidget):
    """In how many bits the weights are loaded, and in words what that means."""

    changed = Signal()
    asked = Signal(str)
    """What the user chose: `key`."""

    def __init__(self) -> None:
        super().__init__()
        self._survey: Hardware | None = None
        self._fixed = False
        self._about_each = _meanings(self.tr)
        self.box = choice_box()
        self.box.setObjectName("setup_quantisation")
        self.box.addItems(("As they are", "8 bits", "4 bits"))
        title = label("Weights are loaded")
        title.setBuddy(self.box)
        self.box.setAccessibleName("How the weights of models on this machine are loaded")
        self._about = Muted("", small=True)
        self._about.setObjectName("setup_quantisation_about")
        self._refusal = FieldMessage()
        row = QHBoxLayout()
        row.setSpacing(S)
        row.addWidget(title)
        row.addWidget(self.box)
        row.addStretch()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addLayout(row)
        column.addWidget(self._about)
        column.addWidget(self._refusal)
        self.box.currentIndexChanged.connect(lambda _index: self._on_choice())
        self.box.activated.connect(lambda _index: self.asked.emit(self.key))
        self._on_choice()

    @property
    def key(self) -> str:
        """``8bit``, ``4bit``, or empty for as they are."""
        return KEYS[self.box.currentIndex()]

    def put(self, key: str, *, fixed: bool) -> None:
        """Show a choice.

        Args:
            key: one of `KEYS`.
            fixed: models of the study that are loaded so have written.
        """
        self._fixed = fixed
        self.box.setCurrentIndex(KEYS.index(key))
        self.box.setEnabled(not fixed)
        self._on_choice()

    def set_survey(self, survey: Hardware | None) -> None:
        """Say of a choice that cannot be had here why not."""
        self._survey = survey
        self._on_choice()

    def _on_choice(self) -> None:
        about = self._about_each[self.box.currentIndex()]
        stays = "Models of this study have written so, and therefore stay as they are."
        self._about.setText(f"{about} {stays}" if self._fixed else about)
        refused = self._survey.refusals.get(self.key, "") if self._survey else ""
        self._refusal.show_lines([("caution", refused)] if refused else [])
        self.changed.emit()


class LoadingPart(QWidget):
    """How models are loaded, the memory that takes, and what each system can do here."""

    changed = Signal()
    _known = Signal(object)
    """A `CapabilityTable`, whenever more is known."""

    def __init__(self, tasks: StudyTasks, theme: Theme, machine: Machine | None = None) -> None:
        super().__init__()
        self._tasks = OwnedTasks(self, tasks)
        self._theme = theme
        self._machine = machine
        self._asked = 0
        self._specs: Callable[[str], tuple[SystemSpec, ...]] = lambda _quantisation: ()
        self._shown: tuple[object, ...] = ()
        self._table: CapabilityTable | None = None
        self.choice = QuantisationChoice()
        self.memory = FieldMessage()
        self.memory.setObjectName("setup_memory")
        self._open = LinkButton("What each system can do here")
        self._open.setObjectName("setup_capabilities")
        self._open.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(S)
        for part in (self.choice, self.memory, self._open):
            column.addWidget(part)
        self.choice.changed.connect(self._on_choice)
        self._open.clicked.connect(self._open_table)
        if machine is not None:
            self.choice.set_survey(machine.survey)
            machine.found.connect(self._on_survey)

    @property
    def quantisation(self) -> str:
        """``8bit``, ``4bit``, or empty for as they are."""
        return self.choice.key

    def start_new(self) -> None:
        """For a new study."""
        self.choice.put("", fixed=False)

    def show_chosen(
        self, model: str, adapters: Sequence[AdapterChoice], others: Sequence[SystemSpec]
    ) -> None:
        """What the systems chosen for a new study take; nothing while they cannot be made."""
        here = any(not spec.url for spec in others) or not is_served(model)
        self.choice.setVisible(here)
        plan = StudyPlan("", model=model, adapters=tuple(adapters), others=tuple(others))
        self._look((plan,), lambda chosen: planned_systems(replace(plan, quantisation=chosen)))

    def show_study(self, content: StudyContent) -> None:
        """What the open study's systems take; how they are loaded is free while none has written."""
        self.choice.show()
        self.choice.put(content.quantisation or "", fixed=not content.quantisation_free)
        specs = tuple(system.spec for system in content.systems)
        self._look(specs, lambda _quantisation: specs)

    def _look(self, shown: tuple[object, ...], specs: Callable[[str], tuple[SystemSpec, ...]]) -> None:
        """On the study's thread, which reads no widget, unless that is what is shown."""
        chosen = self.quantisation
        key = (*shown, chosen, self._survey)
        if key == self._shown:
            return
        self._shown, self._specs = key, specs
        self._asked += 1
        asked, survey = self._asked, self._survey
        self._tasks.call(
            lambda: _table(specs(chosen), survey),
            lambda found: self._show(asked, *found),
            lambda _error: self._show(asked, None, 0),
        )

    @property
    def _survey(self) -> Hardware | None:
        return self._machine.survey if self._machine else None

    def _show(self, asked: int, table: CapabilityTable | None, number: int) -> None:
        if asked != self._asked:
            return
        self._table = table if number else None
        self.memory.show_lines(memory_lines(table, number, self.tr) if table else [])
        self._open.setVisible(bool(number))
        if self._table is not None:
            self._known.emit(self._table)
        if table and table.memory and self._machine is not None:
            self._machine.look()

    def _on_choice(self) -> None:
        if self._shown:
            self._look(self._shown[:-2], self._specs)
        self.changed.emit()

    def _on_survey(self, survey: Hardware) -> None:
        self.choice.set_survey(survey)

    def _open_table(self) -> None:
        if self._table is not None:
            dialog = CapabilitiesDialog(self._table, self._theme, self.window())
            self._known.connect(dialog.show_table)
            dialog.open()


def _table(specs: Iterable[SystemSpec], survey: Hardware | None) -> tuple[CapabilityTable, int]:
    """The table, and how many groups write one after the other."""
    systems = tuple(System(SystemId(number), spec, "") for number, spec in enumerate(specs, start=1))
    return capability_table(systems, survey), len(groups(systems))


def _meanings(tr: Callable[[str], str]) -> tuple[str, str, str]:
    """What each choice means, in the order of `KEYS`."""
    return (
        tr("In the arithmetic that is quickest here; nothing of the models is lost."),
        tr("About half the memory of 16 bits. Slower, and answers differ a little from the models' own."),
        tr("About a quarter of the memory of 16 bits. Slower, and answers differ more; they may be worse."),
    )
