"""Setup's part on how this machine loads models, the memory needed, and the models' capabilities."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from ftcompare.app.setup.capabilities import CapabilityTable, capability_table
from ftcompare.app.setup.new_study import AdapterChoice, StudyPlan, inspect_plan
from ftcompare.app.setup.study_content import StudyContent
from ftcompare.app.setup.system_groups import groups
from ftcompare.app.setup.system_specs import is_served
from ftcompare.core.study import System, SystemId, SystemSpec
from ftcompare.ui.dialogs.frames import SmallDialog
from ftcompare.ui.engine.hardware import Hardware, Machine
from ftcompare.ui.pages.setup.explained_choice import QuantisationChoice
from ftcompare.ui.pages.setup.folder_texts import memory_lines
from ftcompare.ui.study_thread.study_tasks import OwnedTasks, StudyTasks
from ftcompare.ui.theme.theme import S, Theme
from ftcompare.ui.widgets.controls import LinkButton, named
from ftcompare.ui.widgets.file_field import FieldMessage
from ftcompare.ui.widgets.layouts import in_column
from ftcompare.ui.widgets.table import DataColumn, DataTable, Row

WIDTH, HEIGHT = 1120, 560


class LoadingPart(QWidget):
    """How models are loaded, the memory that this needs, and what each system can do on this machine."""

    changed = Signal()
    _known = Signal(object)  # a `CapabilityTable`, whenever more is known

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
        self.memory = named(FieldMessage(), "setup_memory")
        self._open = named(LinkButton("What each system can do here"), "setup_capabilities")
        self._open.hide()
        in_column(self.choice, self.memory, self._open, gap=S, of=self)
        self.choice.changed.connect(self._on_choice)
        self._open.clicked.connect(self._open_table)
        if machine is not None:
            self.choice.set_survey(machine.survey)
            machine.found.connect(self.choice.set_survey)

    @property
    def quantisation(self) -> str:
        return self.choice.key

    def start_new(self) -> None:
        self.choice.put("", fixed=False)

    def show_chosen(
        self, model: str, adapters: Sequence[AdapterChoice], others: Sequence[SystemSpec]
    ) -> None:
        here = any(not spec.url for spec in others) or not is_served(model)
        self.choice.setVisible(here)
        plan = StudyPlan("", model=model, adapters=tuple(adapters), others=tuple(others))
        self._look((plan,), lambda chosen: inspect_plan(replace(plan, quantisation=chosen)).systems)

    def show_study(self, content: StudyContent) -> None:
        """Show the needs of the open study's systems; loading can be changed until one has responses."""
        self.choice.show()
        self.choice.put(content.quantisation or "", fixed=not content.quantisation_free)
        specs = tuple(system.spec for system in content.systems)
        self._look(specs, lambda _quantisation: specs)

    def _look(self, shown: tuple[object, ...], specs: Callable[[str], tuple[SystemSpec, ...]]) -> None:
        """Compute the table on the study's thread, which reads no widget, unless it is shown already."""
        chosen, survey = self.quantisation, self._machine.survey if self._machine else None
        key = (*shown, chosen, survey)
        if key == self._shown:
            return
        self._shown, self._specs = key, specs
        self._asked += 1
        asked = self._asked
        self._tasks.call(
            lambda: _table(specs(chosen), survey),
            lambda found: self._show(asked, *found),
            lambda _error: self._show(asked, None, 0),
        )

    def _show(self, asked: int, table: CapabilityTable | None, number: int) -> None:
        if asked != self._asked:
            return
        self._table = table if number else None
        self.memory.show_lines(memory_lines(table, number) if table else [])
        self._open.setVisible(bool(number))
        if self._table is not None:
            self._known.emit(self._table)
        if table and table.memory and self._machine is not None:
            self._machine.look()

    def _on_choice(self) -> None:
        if self._shown:
            self._look(self._shown[:-2], self._specs)
        self.changed.emit()

    def _open_table(self) -> None:
        if self._table is not None:
            dialog = CapabilitiesDialog(self._table, self._theme, self.window())
            self._known.connect(dialog.show_table)
            dialog.open()


class CapabilitiesDialog(SmallDialog):
    """A row for each system and each capability."""

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
        self.table.set_rows(
            [
                Row((one.name, can.aspect), (one.name, can.aspect, str(can.answer), can.words), can.told)
                for one in table.systems
                for can in one.capabilities
            ]
        )


def _table(specs: Iterable[SystemSpec], survey: Hardware | None) -> tuple[CapabilityTable, int]:
    systems = tuple(System(SystemId(number), spec, "") for number, spec in enumerate(specs, start=1))
    return capability_table(systems, survey), len(groups(systems))
