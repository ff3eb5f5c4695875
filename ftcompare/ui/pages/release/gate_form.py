"""A form for a gate: its conditions as fields, the resulting file, and saving it."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFileDialog,
    QHBoxLayout,
    QLineEdit,
    QPlainTextEdit,
    QSpinBox,
    QWidget,
)

from ftcompare.app import application_paths
from ftcompare.app.release import gate_file
from ftcompare.app.release.gate import SECTIONS
from ftcompare.core.errors import FTCompareError, UserError
from ftcompare.core.fields import Field, FieldKind
from ftcompare.ui.dialogs.frames import NamedDialog
from ftcompare.ui.safe_text import one_line, visible
from ftcompare.ui.study_thread.study_tasks import OwnedTasks, StudyTasks
from ftcompare.ui.theme.theme import XL, XS, L, M, S
from ftcompare.ui.widgets.button_groups import follow_layout
from ftcompare.ui.widgets.controls import (
    Card,
    Heading,
    Muted,
    PlainButton,
    PrimaryButton,
    ScrollColumn,
    SectionLabel,
    label,
    label_of,
    named,
)
from ftcompare.ui.widgets.file_dialogs import ask_where
from ftcompare.ui.widgets.inputs import choice_box, number_field
from ftcompare.ui.widgets.layouts import in_column, in_row, put

PERCENT = 100.0
SHARE_DECIMALS, NUMBER_DECIMALS = 1, 3
INPUT_WIDTH = 150  # least pixels of a number's field, before zoom
LONGEST_NAME = 1_000

_Input = QComboBox | QLineEdit | QSpinBox | QDoubleSpinBox


class GateFieldRow(QWidget):
    """The condition. A number is set if its box is ticked; a text or choice if it is not empty."""

    changed = Signal()

    def __init__(self, field: Field) -> None:
        super().__init__()
        self.field = field
        self._given: gate_file.GateValue | None = None
        self._shown: object = None
        self.asked = named(QCheckBox(field.title), f"gate_ask_{field.key}")
        self.input = self._input()
        self.input.setAccessibleName(field.title)
        self.input.setAccessibleDescription(field.help)
        self.asked.setAccessibleDescription(field.help)
        in_column(self._line(), Muted(field.help, small=True), gap=XS, of=self)
        self.asked.toggled.connect(self._on_asked)
        self.put(None)

    def put(self, value: gate_file.GateValue | None) -> None:
        blocked = self.blockSignals(True)
        self.asked.setChecked(value is not None)
        self._show((self.field.usual if self._is_number else None) if value is None else value)
        self.input.setEnabled(not self._is_number or value is not None)
        self.blockSignals(blocked)
        self._given, self._shown = value, self._read()

    @property
    def value(self) -> gate_file.GateValue | None:
        """Return the value for the file, None if not set; unchanged ones as loaded, with all their digits."""
        if self._is_number and not self.asked.isChecked():
            return None
        read = self._read()
        return self._given if self._given is not None and read == self._shown else read

    @property
    def _is_number(self) -> bool:
        return self.field.kind in (FieldKind.WHOLE, FieldKind.SHARE, FieldKind.NUMBER)

    def _on_asked(self, checked: bool) -> None:
        self.input.setEnabled(checked)
        self.changed.emit()

    def _line(self) -> QHBoxLayout:
        if self._is_number:
            return in_row((self.asked, 1), self.input, gap=M)
        self.asked.setParent(self)
        self.asked.hide()
        return in_row((label_of(self.input, self.field.title), 1), self.input, gap=M)

    def _input(self) -> _Input:
        name, field = f"gate_{self.field.key}", self.field
        match field.kind:
            case FieldKind.CHOICE:
                box = named(choice_box(), name)
                for title, value in field.choices:
                    box.addItem(title, value)
                box.currentIndexChanged.connect(self.changed)
                return box
            case FieldKind.TEXT:
                line = named(QLineEdit(maxLength=LONGEST_NAME), name)
                line.setPlaceholderText("not set")
                line.textChanged.connect(self.changed)
                return line
            case FieldKind.WHOLE:
                whole = number_field(
                    QSpinBox(minimum=int(field.form_range[0]), maximum=int(field.form_range[1])), name
                )
                whole.valueChanged.connect(self.changed)
                whole.setMinimumWidth(INPUT_WIDTH)
                return whole
            case _:
                number = number_field(self._decimal_box(), name)
                number.valueChanged.connect(self.changed)
                number.setMinimumWidth(INPUT_WIDTH)
                return number

    def _decimal_box(self) -> QDoubleSpinBox:
        times = PERCENT if self.field.kind is FieldKind.SHARE else 1.0
        low, high = self.field.form_range
        box = QDoubleSpinBox()
        box.setDecimals(SHARE_DECIMALS if self.field.kind is FieldKind.SHARE else NUMBER_DECIMALS)
        box.setRange(times * low, times * high)
        box.setSingleStep(1.0 if self.field.kind is FieldKind.SHARE or high > 1 else 0.05)
        box.setSuffix(" %" if self.field.kind is FieldKind.SHARE else "")
        return box

    def _show(self, value: gate_file.GateValue | None) -> None:
        box = self.input
        if isinstance(box, QComboBox):
            places = [place for place, (_, one) in enumerate(self.field.choices) if one == value]
            box.setCurrentIndex(places[0] if places else 0)
        elif isinstance(box, QLineEdit):
            box.setText(str(value or ""))
        elif isinstance(box, QSpinBox):
            box.setValue(int(value or 0))
        else:
            box.setValue(float(value or 0) * (PERCENT if self.field.kind is FieldKind.SHARE else 1.0))

    def _read(self) -> gate_file.GateValue | None:
        box = self.input
        if isinstance(box, QComboBox):
            chosen: str | bool | None = self.field.choices[max(0, box.currentIndex())][1]
            return chosen
        if isinstance(box, QLineEdit):
            return box.text().strip() or None
        if isinstance(box, QSpinBox):
            return box.value()
        times = PERCENT if self.field.kind is FieldKind.SHARE else 1.0
        return round(box.value() / times, 6)


WIDTH, HEIGHT = 1000, 640
PREVIEW_WIDTH = 330
KINDS = "Release check files (*.toml)"
PURPOSE = "Select the conditions of a release. The preview is the file that “ftcompare gate” reads."
TABLES_HEIGHT = 200
TABLES_TOLD = (
    "Conditions on any measure by its key, and tiers: named sets of additional conditions, for example for "
    "a pilot or for production. Use the syntax of the file."
)
TABLES_EXAMPLE = """\
[[measure]]
key = "checks.passed"
at_least = 0.9

[tier.pilot]
min_prompts = 30
"""
NOTHING_ASKED = "No condition yet. Select at least one."


class GateForm(NamedDialog):
    """The form. `saved` carries the path of the saved file."""

    saved = Signal(object)  # the file's path

    def __init__(self, draft: gate_file.GateDraft, tasks: StudyTasks, parent: QWidget | None = None) -> None:
        super().__init__("gate_form", "Release check", parent, modal=True)
        self._draft = draft
        self._tables = ""
        self._tasks = OwnedTasks(self, tasks)
        self.rows = {field.key: GateFieldRow(field) for _, fields in SECTIONS for field in fields}
        self.tables = named(QPlainTextEdit(), "gate_tables", "Conditions on measures, and tiers")
        self.preview = named(QPlainTextEdit(), "gate_preview", "The release check file")
        self._which = SectionLabel("")
        self._problem = named(label("", wrap=True), "gate_problem")
        self.save_button = PrimaryButton("Save as…", name="gate_save", act=self._ask_save)
        self.open_button = named(PlainButton("Open a release check file…", icon="folder-open"), "gate_open")
        self._arrange()
        for row in self.rows.values():
            row.changed.connect(self._show)
        self.tables.textChanged.connect(self._show)
        self.open_button.clicked.connect(self._ask_open)
        self.show_draft(draft)
        self.resize(WIDTH, HEIGHT)

    def show_draft(self, draft: gate_file.GateDraft) -> None:
        self._draft = draft
        self._which.setText(one_line(draft.path.name) if draft.path else f"New: {gate_file.NEW_NAME}")
        for key, row in self.rows.items():
            row.put(draft.values.get(key))
        blocked = self.tables.blockSignals(True)
        self.tables.setPlainText(draft.tables)
        self.tables.blockSignals(blocked)
        self._tables = self.tables.toPlainText()
        self._show()

    @property
    def values(self) -> dict[str, gate_file.GateValue]:
        found = ((key, row.value) for key, row in self.rows.items())
        return {key: value for key, value in found if value is not None}

    @property
    def text(self) -> str:
        """Return the content of the file. Raises UserError if the values contradict each other."""
        written = self.tables.toPlainText()
        return gate_file.gate_text(self._draft, self.values, None if written == self._tables else written)

    def read(self, path: Path) -> None:
        self._tasks.call(partial(gate_file.read_gate_draft, path), self.show_draft, self._on_failed)

    def save(self, path: Path) -> None:
        write = partial(gate_file.write_gate, path, self.text, replace=True)
        self._tasks.call(write, lambda _: self._on_written(path), self._on_failed)

    def _ask_open(self) -> None:
        chosen, _ = QFileDialog.getOpenFileName(self, "Open a release check file", str(self._folder), KINDS)
        if chosen:
            self.read(Path(chosen))

    def _ask_save(self) -> None:
        name = self._draft.path.name if self._draft.path else gate_file.NEW_NAME
        path = ask_where(self, "Save the release check file", str(self._folder / name), KINDS)
        if path is not None:
            self.save(path)

    def _on_written(self, path: Path) -> None:
        self.saved.emit(path)
        self.accept()

    def _on_failed(self, error: FTCompareError) -> None:
        self._tell(f"{error.what} {error.how}")

    @property
    def _folder(self) -> Path:
        return self._draft.path.parent if self._draft.path else application_paths.default_study_folder()

    def _show(self) -> None:
        try:
            text = self.text
        except UserError as error:
            self._tell(f"{error.what} {error.how}")
            self.save_button.setEnabled(False)
            return
        self.preview.setPlainText(visible(text))
        nothing = not gate_file.asks(text)
        self._tell(NOTHING_ASKED if nothing else "")
        self.save_button.setEnabled(not nothing)

    def _tell(self, text: str) -> None:
        self._problem.setText(visible(text))
        self._problem.setVisible(bool(text))

    def _arrange(self) -> None:
        self.preview.setReadOnly(True)
        self.preview.setMinimumWidth(PREVIEW_WIDTH)
        self.preview.setTabChangesFocus(True)
        self.preview.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.preview.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        fields = ScrollColumn(*(self._card(*section) for section in SECTIONS), self._tables_card())
        fields.setAccessibleName("Conditions")
        right = in_column(self._which, (self.preview, 1), self._problem, gap=S)
        column = in_column(Heading("Release check", level=2), Muted(PURPOSE), gap=M, of=self)
        column.setContentsMargins(XL, XL, XL, L)
        column.addLayout(in_row((fields, 1), (right, 1), gap=L), 1)
        cancel = PlainButton("Cancel", name="gate_cancel", act=self.reject)
        column.addLayout(in_row(self.open_button, (None, 1), cancel, self.save_button, gap=M))
        follow_layout(self)

    def _card(self, title: str, fields: tuple[Field, ...]) -> Card:
        card = Card()
        card.body.addWidget(SectionLabel(title))
        for field in fields:
            card.body.addWidget(self.rows[field.key])
        return card

    def _tables_card(self) -> Card:
        """Lists within lists, which are written as in the file."""
        self.tables.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.tables.setTabChangesFocus(True)
        self.tables.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.tables.setPlaceholderText(TABLES_EXAMPLE)
        self.tables.setMinimumHeight(TABLES_HEIGHT)
        self.tables.setAccessibleDescription(TABLES_TOLD)
        card = Card()
        put(card.body, SectionLabel("Measures and tiers"), Muted(TABLES_TOLD, small=True), self.tables)
        return card
