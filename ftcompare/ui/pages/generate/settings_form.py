"""Generate's settings: those changed often first, the others in a collapsed part, each with a description."""

from __future__ import annotations

from typing import TypeAlias

from PySide6.QtCore import Qt, Signal, SignalInstance
from PySide6.QtWidgets import QCheckBox, QComboBox, QDoubleSpinBox, QGridLayout, QSpinBox, QWidget

from ftcompare.app.generate.settings_history import (
    DRAW,
    SettingsUse,
    mixed_words,
    settings_words,
    stop_lines,
    stop_texts,
)
from ftcompare.core.errors import UserError
from ftcompare.core.generation_settings import (
    LARGEST_SEED,
    MOST_BATCH,
    MOST_SAMPLES,
    MOST_TOKENS,
    MOST_TOP_K,
    GenerationSettings,
)
from ftcompare.core.task_settings import NO_TASKS, TaskSettings, read_tasks, settings_of_task, task_lines
from ftcompare.ui.pages.setup.rating_fields import TextArea
from ftcompare.ui.theme.theme import L, M, S
from ftcompare.ui.widgets.controls import Card, FoldButton, Muted, label, named
from ftcompare.ui.widgets.file_field import FieldMessage
from ftcompare.ui.widgets.inputs import choice_box, number_field
from ftcompare.ui.widgets.layouts import in_column, put

LEAST_TOP_P, LEAST_PENALTY, MOST_PENALTY = 0.01, 0.1, 5.0
DECIMALS = 3
LABEL_WIDTH, FIELD_WIDTH = 116, 144

Line: TypeAlias = tuple[QSpinBox | QDoubleSpinBox | QComboBox, str, str]


class _DecimalBox(QDoubleSpinBox):
    """Shows no more decimal places than the number has."""

    def textFromValue(self, value: float) -> str:
        """0.7 and not 0.700."""
        return self.locale().toString(value, "g", DECIMALS + 1)


class CommonFields(QWidget):
    """The settings that are changed often."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.tokens = _whole("generate_tokens", 1, MOST_TOKENS, 32)
        self.temperature = _decimal("generate_temperature", 0.0, 2.0, 0.1)
        self.samples = _whole("generate_samples", 1, MOST_SAMPLES)
        self.seed = _whole("generate_seed", 0, LARGEST_SEED)
        lines: tuple[Line, ...] = (
            (self.tokens, "Longest answer", "Tokens; a longer one is cut."),
            (self.temperature, "Temperature", "0 takes the likeliest word each time."),
            (self.samples, "Samples", "Answers of a system to one prompt."),
            (self.seed, "Seed", "The same seed draws the same words."),
        )
        _fill(self, lines, self.changed)


class MoreFields(QWidget):
    """The settings that are changed rarely."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.reasoning = _whole("generate_reasoning", 0, MOST_TOKENS, 32)
        self.reasoning.setSpecialValueText("shared")
        self.top_p = _decimal("generate_top_p", LEAST_TOP_P, 1.0, 0.05)
        self.top_k = _whole("generate_top_k", 0, MOST_TOP_K)
        self.min_p = _decimal("generate_min_p", 0.0, 1.0, 0.05)
        self.penalty = _decimal("generate_penalty", LEAST_PENALTY, MOST_PENALTY, 0.05)
        self.batch = _whole("generate_batch", 0, MOST_BATCH)
        self.top_k.setSpecialValueText("all")
        self.batch.setSpecialValueText("by memory")
        self.coupling = named(choice_box(), "generate_coupling")
        self.coupling.addItems(("shared", "independent"))
        self.strict = named(QCheckBox("Strict: no answer depends on its neighbours"), "generate_strict")
        self.stop = TextArea("Stop texts, one a line", "generate_stop", lines=3)
        self.tasks = TextArea("Settings by task, one task a line", "generate_tasks", lines=2)
        self._lay_out()
        self.strict.toggled.connect(lambda _on: self.changed.emit())
        self.stop.changed.connect(self.changed)
        self.tasks.changed.connect(self.changed)

    def _lay_out(self) -> None:
        grid = QWidget()
        _fill(grid, self._lines(), self.changed)
        stop_about = "An answer ends before the first of these. \\n stands for a line break."
        strict_about = "Slower. Otherwise what is written beside an answer can change it a little."
        stop, strict = Muted(stop_about, small=True), Muted(strict_about, small=True)
        tasks_about = "For prompts of that task alone, such as: freeform temperature=0.7 top_p=0.95"
        tasks = Muted(tasks_about, small=True)
        in_column(grid, self.stop, stop, self.tasks, tasks, self.strict, strict, gap=S, of=self)

    def _lines(self) -> tuple[Line, ...]:
        return (
            (self.reasoning, "Reasoning", "Longest, in tokens; shared: with the answer."),
            (self.top_p, "Top-p", "Draws from this share of the likeliest; 1: from all."),
            (self.top_k, "Top-k", "Draws from so many of the likeliest words."),
            (self.min_p, "Min-p", "Passes over words below this share of the likeliest."),
            (self.coupling, "Draws", "Shared by the systems: less chance between them."),
            (self.penalty, "Repetition", "Above 1 holds back what came before; 1: off."),
            (self.batch, "Batch", "Prompts written at the same time."),
        )

    def set_drawn(self, drawn: bool) -> None:
        """Whether words are drawn: greedy writing heeds none of these."""
        for part in (self.top_p, self.top_k, self.min_p, self.coupling):
            part.setEnabled(drawn)


class SettingsCard(Card):
    """How responses are written: a summary in one line, and the fields behind it."""

    opened = Signal()
    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._fold = named(FoldButton("Settings"), "generate_settings")
        self._words = named(label("", wrap=True), "generate_settings_words")
        self._words.setContentsMargins(M, 0, M, S)
        self._more = named(FoldButton("More settings"), "generate_more_settings")
        self._common, self._rest = CommonFields(), MoreFields()
        self._before: GenerationSettings | None = None
        self._note = named(FieldMessage(), "generate_settings_note")
        self._uses: tuple[SettingsUse, ...] = ()
        self._mixed = named(FieldMessage(), "generate_settings_mixed")
        self._last = named(Muted("", small=True), "generate_last_run")
        self._last.setContentsMargins(M, 0, M, S)
        self._fields = self._lay_out()
        self.body.setContentsMargins(S, S, S, S)
        self.body.setSpacing(S)
        put(self.body, (self._fold, Qt.AlignmentFlag.AlignLeft), self._words)
        put(self.body, self._last, self._mixed, self._note, self._fields)
        for part in (self._mixed, self._note):
            part.setContentsMargins(M, 0, M, S)
        self._last.hide()
        self._fields.hide()
        self._rest.hide()
        self._fold.clicked.connect(lambda: self._toggle(self._fields, self._fold))
        self._more.clicked.connect(lambda: self._toggle(self._rest, self._more))
        self._common.changed.connect(self._on_change)
        self._rest.changed.connect(self._on_change)
        self.set(GenerationSettings())

    def _lay_out(self) -> QWidget:
        fields = QWidget()
        column = in_column(
            self._common, (self._more, Qt.AlignmentFlag.AlignLeft), self._rest, gap=S, of=fields
        )
        column.setContentsMargins(M, 0, M, S)
        return fields

    @property
    def settings(self) -> GenerationSettings:
        """As chosen."""
        common, rest = self._common, self._rest
        return GenerationSettings(
            max_new_tokens=common.tokens.value(),
            temperature=round(common.temperature.value(), DECIMALS),
            top_p=round(rest.top_p.value(), DECIMALS),
            top_k=rest.top_k.value(),
            min_p=round(rest.min_p.value(), DECIMALS),
            repetition_penalty=round(rest.penalty.value(), DECIMALS),
            stop=stop_texts(rest.stop.edit.toPlainText()),
            samples=common.samples.value(),
            coupling="independent" if rest.coupling.currentIndex() else "coupled",
            seed=common.seed.value(),
            batch_prompts=rest.batch.value(),
            strict=rest.strict.isChecked(),
            max_reasoning_tokens=rest.reasoning.value(),
        )

    @property
    def by_task(self) -> TaskSettings:
        """The settings that differ for the prompts of each task.

        Raises:
            UserError: ``task-settings``.
        """
        return read_tasks(self._rest.tasks.lines)

    def _known_tasks(self) -> TaskSettings:
        """Those chosen; none while one of them cannot be."""
        return NO_TASKS if self._task_problem() else self.by_task

    def _task_problem(self) -> str:
        """What is wrong with the settings by task; empty if nothing is."""
        try:
            read_tasks(self._rest.tasks.lines)
        except UserError as error:
            return f"{error.what} {error.how}"
        return ""

    def set_by_task(self, by_task: TaskSettings) -> None:
        self._rest.tasks.put_lines(task_lines(by_task))

    def set(self, settings: GenerationSettings) -> None:
        """Put settings into the fields."""
        common, rest = self._common, self._rest
        _put(common.tokens, settings.max_new_tokens)
        common.temperature.setValue(settings.temperature)
        _put(common.samples, settings.samples)
        _put(common.seed, settings.seed)
        _put(rest.reasoning, settings.max_reasoning_tokens)
        rest.top_p.setValue(settings.top_p)
        _put(rest.top_k, settings.top_k)
        rest.min_p.setValue(settings.min_p)
        rest.penalty.setValue(settings.repetition_penalty)
        rest.stop.edit.setPlainText(stop_lines(settings.stop))
        rest.coupling.setCurrentIndex(int(settings.coupling == "independent"))
        _put(rest.batch, settings.batch_prompts)
        rest.strict.setChecked(settings.strict)
        self._on_change()

    def set_fixed(self, fixed: bool) -> None:
        self._fields.setEnabled(not fixed)

    def show_last_run(self, settings: GenerationSettings | None, uses: tuple[SettingsUse, ...] = ()) -> None:
        """Show the settings of the newest responses (None before the first run) and of all earlier ones."""
        self._before, self._uses = settings, uses
        self._show_words()

    def _toggle(self, part: QWidget, button: FoldButton) -> None:
        shown = part.isHidden()
        part.setVisible(shown)
        button.set_open(shown)
        if shown:
            self.opened.emit()

    def _on_change(self) -> None:
        chosen, by_task = self.settings, self._known_tasks()
        temperatures = [settings_of_task(chosen, by_task, task).temperature for task in ("", *by_task)]
        self._show_words()
        self._common.seed.setEnabled(any(temperatures))
        self._rest.set_drawn(any(temperatures))
        alike = chosen.samples > 1 and not all(temperatures)
        told = [self._task_problem(), DRAW if alike else ""]
        self._note.show_lines([("caution", one) for one in told if one])
        self.changed.emit()

    def _show_words(self) -> None:
        """Show the chosen settings, and those of earlier responses if they differ."""
        chosen = settings_words(self.settings)
        mixed = mixed_words(self._uses, self.settings, self._known_tasks())
        self._mixed.show_lines([("caution", mixed)] if mixed else [])
        self._fold.setAccessibleName(f"Settings: {chosen}")
        self._words.setText(chosen[:1].upper() + chosen[1:])
        last = settings_words(self._before) if self._before else ""
        self._last.setText(f"Last run: {last}")
        self._last.setVisible(last not in ("", chosen) and not mixed)


def _whole(name: str, least: int, most: int, step: int = 1) -> QSpinBox:
    return number_field(QSpinBox(minimum=least, maximum=most, singleStep=step), name)


def _put(box: QSpinBox, number: int) -> None:
    """Set the number, or the nearest bound: Qt accepts at most 32 bits, and a study may hold more."""
    box.setValue(min(max(number, box.minimum()), box.maximum()))


def _decimal(name: str, least: float, most: float, step: float) -> QDoubleSpinBox:
    box = _DecimalBox(minimum=least, maximum=most, singleStep=step, decimals=DECIMALS)
    return number_field(box, name)


def _fill(holder: QWidget, lines: tuple[Line, ...], changed: SignalInstance) -> None:
    """Add a line for each setting: name, field, description."""
    grid = QGridLayout(holder)
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setHorizontalSpacing(L)
    grid.setVerticalSpacing(S)
    grid.setColumnStretch(2, 1)
    for row, (field, name, words) in enumerate(lines):
        before = label(name)
        before.setBuddy(field)
        before.setMinimumWidth(LABEL_WIDTH)
        field.setFixedWidth(FIELD_WIDTH)
        field.setAccessibleName(name)
        field.setAccessibleDescription(words)
        if isinstance(field, QComboBox):
            field.currentIndexChanged.connect(lambda _index: changed.emit())
        else:
            field.lineEdit().setAccessibleName(name)
            field.valueChanged.connect(lambda _value: changed.emit())
        grid.addWidget(before, row, 0)
        grid.addWidget(field, row, 1)
        grid.addWidget(Muted(words, small=True), row, 2)
