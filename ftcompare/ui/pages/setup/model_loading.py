"""How models are loaded and prompted in Setup: explained choices, memory needed, and capabilities."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from ftcompare.app.setup.capabilities import TITLES, CapabilityTable, capability_table
from ftcompare.app.setup.new_study import AdapterChoice, StudyPlan, TemplateFinding, inspect_plan
from ftcompare.app.setup.study_content import StudyContent
from ftcompare.app.setup.system_groups import groups
from ftcompare.core.language import N_, sentences, tr
from ftcompare.core.study import OWN_TEMPLATE, System, SystemId, SystemSpec
from ftcompare.ui.dialogs.frames import SmallDialog
from ftcompare.ui.engine.run_driver import Hardware, Machine
from ftcompare.ui.pages.setup.folder_texts import memory_lines
from ftcompare.ui.study_thread.study_tasks import OwnedTasks, StudyTasks
from ftcompare.ui.theme.theme import S, Theme
from ftcompare.ui.widgets.controls import LinkButton, Muted, label_of, named
from ftcompare.ui.widgets.file_field import FieldMessage, shortened
from ftcompare.ui.widgets.inputs import choice_box
from ftcompare.ui.widgets.layouts import STRETCH, in_column, in_row
from ftcompare.ui.widgets.table import DataColumn, DataTable, Row

WEIGHTS = {
    "": (N_("Original"), N_("Loads the model's own precision, or the fastest one here without loss.")),
    "8bit": (
        "8 bits",
        N_(
            "About half the memory of 16 bits. Slower, and answers differ slightly from those of the "
            "original."
        ),
    ),
    "4bit": (
        "4 bits",
        N_("About a quarter of the memory of 16 bits. Slower, and answers differ more and may be worse."),
    ),
}
TEMPLATES = {
    "": (
        N_("The base's template"),
        N_(
            "The adapter's folder has another chat template than the base. With the base's template, all "
            "systems receive the same tokens, but this adapter may have been trained on another format."
        ),
    ),
    OWN_TEMPLATE: (
        N_("The adapter's own template"),
        N_(
            "The adapter is prompted in the format of its own folder. The two sides then receive different "
            "tokens, so their answers also differ because of the template. The systems generate one after "
            "the other, which is slower."
        ),
    ),
}

BASE_HAS_NONE = N_(
    "The base has no chat template. With that choice, this adapter is prompted in plain text, for which it "
    "may not have been trained."
)


class ExplainedChoice(QWidget):
    """A choice with its label, each option's explanation, and why another option is not available."""

    changed = Signal()
    chosen = Signal(str)  # the key that the user chose

    def __init__(
        self, title: str, name: str, spoken: str, entries: Mapping[str, tuple[str, str]], stays: str
    ) -> None:
        super().__init__()
        self._keys, self._meanings, self._stays = tuple(entries), entries, stays
        self._fixed = False
        self.box = named(choice_box(), name, spoken)
        self.box.addItems([tr(offered) for offered, _ in entries.values()])
        self._about = named(Muted("", small=True), f"{name}_about")
        self._refusal = FieldMessage()
        row = in_row(label_of(self.box, title), self.box, STRETCH, gap=S)
        in_column(row, self._about, self._refusal, gap=6, of=self)
        self.box.currentIndexChanged.connect(lambda _index: self._on_choice())
        self.box.activated.connect(lambda _index: self.chosen.emit(self.key))
        self._on_choice()

    @property
    def key(self) -> str:
        return self._keys[self.box.currentIndex()]

    def put(self, key: str, *, fixed: bool) -> None:
        self._fixed = fixed
        self.box.setCurrentIndex(self._keys.index(key))
        self.box.setEnabled(not fixed)
        self._on_choice()

    def refuse(self, why: str) -> None:
        self._refusal.show_lines([("caution", why)] if why else [])

    def _on_choice(self) -> None:
        about = tr(self._meanings[self.key][1])
        self._about.setText(sentences(about, self._stays) if self._fixed else about)
        self.changed.emit()


class QuantisationChoice(ExplainedChoice):
    """The number of bits in which this machine loads a model's weights."""

    _survey: Hardware | None = None

    def __init__(self) -> None:
        spoken = tr("Precision of the weights of models on this computer")
        stays = tr(
            "This setting is fixed, because models of this study have already generated answers with it."
        )
        super().__init__(tr("Precision"), "setup_quantisation", spoken, WEIGHTS, stays)

    def set_survey(self, survey: Hardware | None) -> None:
        self._survey = survey
        self._on_choice()

    def _on_choice(self) -> None:
        self.refuse(self._survey.refusals.get(self.key, "") if self._survey else "")
        super()._on_choice()


class TemplateChoice(ExplainedChoice):
    """The chat template used for an adapter; hidden if the adapter has none of its own."""

    _found: TemplateFinding | None = None

    def __init__(self, name: str, spoken: str) -> None:
        spoken = tr("Chat template for {system}", spoken)
        stays = tr("This setting is fixed, because the adapter has already generated answers with it.")
        super().__init__(tr("Chat template"), f"setup_template_{name}", spoken, TEMPLATES, stays)
        self.hide()

    def show_found(self, finding: TemplateFinding | None) -> None:
        refused = finding.refusal if finding else ""
        if (finding is None or refused) and not self._fixed:
            self.box.setCurrentIndex(0)
        self.box.setEnabled(not (refused or self._fixed))
        self._found = finding
        self._on_choice()
        self.setVisible(finding is not None)

    def _on_choice(self) -> None:
        told = []
        if self._found and self._found.base_has_none and not self.key:
            told.append(tr(BASE_HAS_NONE))
        if self._found and self._found.refusal:
            why = N_("The adapter's own template cannot be used here: {reason}")
            told.append(tr(why, reason=shortened(self._found.refusal)))
        self.refuse(sentences(*told))
        super()._on_choice()


WIDTH, HEIGHT = 1120, 560


class LoadingPart(QWidget):
    """How models are loaded, the memory that this needs, and what each system can do on this machine."""

    changed = Signal()
    looked = Signal()  # the memory that this needs is known
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
        self.tight = False  # whether the memory may not suffice
        self.choice = QuantisationChoice()
        self.memory = named(FieldMessage(), "setup_memory")
        self.table_link = LinkButton(
            tr("What each system can do here"), name="setup_capabilities", act=self._open_table
        )
        self.table_link.hide()
        self.offered = True  # whether there are models on this computer, or may be
        in_column(self.choice, self.memory, gap=S, of=self)
        self.choice.changed.connect(self._on_choice)
        if machine is not None:
            self.choice.set_survey(machine.survey)
            machine.found.connect(self.choice.set_survey)

    @property
    def quantisation(self) -> str:
        return self.choice.key

    @property
    def summary(self) -> str:
        """The precision other than the original; with a warning on the memory, if there is one."""
        chosen = self.choice.box.currentText() if self.quantisation else ""
        told = self.memory.text if self.tight else ""
        return " · ".join(filter(None, (chosen or (tr("Original") if told else ""), told)))

    def start_new(self) -> None:
        self.offered = True
        self.choice.put("", fixed=False)

    def show_chosen(
        self, model: str, adapters: Sequence[AdapterChoice], others: Sequence[SystemSpec], *, served: bool
    ) -> None:
        here = any(not spec.url for spec in others) or not served
        self.offered = here
        plan = StudyPlan("", model=model, adapters=tuple(adapters), others=tuple(others))
        self._look((plan,), lambda chosen: inspect_plan(replace(plan, quantisation=chosen)).systems)

    def show_study(self, content: StudyContent) -> None:
        """Show the needs of the open study's systems; loading can be changed until one has responses."""
        self.offered = not content.only_imported
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
            lambda result: self._show(asked, *result),
            lambda _error: self._show(asked, None, 0),
        )

    def _show(self, number_asked: int, table: CapabilityTable | None, number: int) -> None:
        if number_asked != self._asked:
            return
        self._table = table if number else None
        lines = memory_lines(table, number) if table else []
        self.tight = any(kind == "caution" for kind, _ in lines)
        self.memory.show_lines(lines)
        self.table_link.setVisible(bool(number))
        if self._table is not None:
            self._known.emit(self._table)
        if table and table.memory and self._machine is not None:
            self._machine.look()
        self.looked.emit()

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
        title = tr("What each system can do here")
        super().__init__("capabilities", title, parent)
        columns = (
            DataColumn(tr("System")),
            DataColumn(tr("Capability")),
            DataColumn(tr("Available")),
            DataColumn(tr("Details"), stretch=1),
        )
        self.table = DataTable(theme, title, columns, tr("Filter"))
        self.show_table(table)
        self.body.addWidget(self.table)
        self.resize(WIDTH, HEIGHT)

    def show_table(self, table: CapabilityTable) -> None:
        self.table.set_rows(
            [
                Row(
                    (one.name, can.aspect),
                    (one.name, tr(TITLES[can.aspect]), tr(can.answer), can.words),
                    can.told,
                )
                for one in table.systems
                for can in one.capabilities
            ]
        )


def _table(specs: Iterable[SystemSpec], survey: Hardware | None) -> tuple[CapabilityTable, int]:
    systems = tuple(System(SystemId(number), spec, "") for number, spec in enumerate(specs, start=1))
    return capability_table(systems, survey), len(groups(systems))
