"""Generate's settings: those changed often first, the others in a collapsed part, each with a description."""

from __future__ import annotations

from dataclasses import asdict

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QWidget

from ftcompare.app.generate.settings_history import (
    DRAW,
    SettingsUse,
    mixed_words,
    settings_words,
    stop_lines,
    stop_texts,
)
from ftcompare.core.errors import UserError
from ftcompare.core.fields import fields_of
from ftcompare.core.generation_settings import GenerationSettings
from ftcompare.core.task_settings import NO_TASKS, TaskSettings, read_tasks, settings_of_task, task_lines
from ftcompare.ui.theme.theme import M, S
from ftcompare.ui.widgets.controls import Card, FoldButton, Muted, label, named
from ftcompare.ui.widgets.file_field import FieldMessage
from ftcompare.ui.widgets.layouts import filled, in_column, put
from ftcompare.ui.widgets.settings_form import SettingsForm
from ftcompare.ui.widgets.text_box import TextArea

LABEL_WIDTH, FIELD_WIDTH = 116, 144
COMMON = ("max_new_tokens", "temperature", "samples", "seed")
SELDOM = (
    *("max_reasoning_tokens", "top_p", "top_k", "min_p", "coupling"),
    *("repetition_penalty", "batch_prompts"),
)
DRAWN = ("top_p", "top_k", "min_p", "coupling")  # settings that have no effect on greedy decoding
ABOUT_TASKS = "For prompts of that task alone, such as: freeform temperature=0.7 top_p=0.95"


class SettingsCard(Card):
    """How responses are written: a summary in one line, and the fields behind it."""

    opened = Signal()
    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._fold = named(FoldButton("Settings"), "generate_settings")
        self._words = named(label("", wrap=True), "generate_settings_words")
        self._more = named(FoldButton("More settings"), "generate_more_settings")
        described = fields_of(GenerationSettings)
        self._stop = TextArea(described["stop"].title, "generate_stop", lines=3)
        self._tasks = TextArea("Settings by task, one task a line", "generate_tasks", lines=2)
        in_form = (field for key, field in described.items() if key != "stop")
        self._form = SettingsForm("generate", in_form, self)
        self._before: GenerationSettings | None = None
        self._uses: tuple[SettingsUse, ...] = ()
        self._note = named(FieldMessage(), "generate_settings_note")
        self._mixed = named(FieldMessage(), "generate_settings_mixed")
        self._last = named(Muted("", small=True), "generate_last_run")
        self._rest = self._seldom(described["stop"].help, described["strict"].help)
        more = (self._more, Qt.AlignmentFlag.AlignLeft)
        margins = (M, 0, M, S)
        self._fields = filled(in_column(self._lines(COMMON), more, self._rest, gap=S, margins=margins))
        self.body.setContentsMargins(S, S, S, S)
        self.body.setSpacing(S)
        put(self.body, (self._fold, Qt.AlignmentFlag.AlignLeft), self._words)
        put(self.body, self._last, self._mixed, self._note, self._fields)
        for part in (self._words, self._last, self._mixed, self._note):
            part.setContentsMargins(*margins)
        for hidden in (self._last, self._fields, self._rest):
            hidden.hide()
        self._fold.clicked.connect(lambda: self._toggle(self._fields, self._fold))
        self._more.clicked.connect(lambda: self._toggle(self._rest, self._more))
        for source in (self._form, self._stop, self._tasks):
            source.changed.connect(self._on_change)
        self.set(GenerationSettings())

    def _lines(self, keys: tuple[str, ...]) -> QWidget:
        lines = filled(self._form.lines(keys, helped=True))
        for key in keys:
            self._form.titles[key].setMinimumWidth(LABEL_WIDTH)
            self._form[key].setFixedWidth(FIELD_WIDTH)
        return lines

    def _seldom(self, about_stop: str, about_strict: str) -> QWidget:
        stop, tasks = Muted(about_stop, small=True), Muted(ABOUT_TASKS, small=True)
        strict = self._form["strict"], Muted(about_strict, small=True)
        return filled(in_column(self._lines(SELDOM), self._stop, stop, self._tasks, tasks, *strict, gap=S))

    @property
    def settings(self) -> GenerationSettings:
        return GenerationSettings(**self._form.values, stop=stop_texts(self._stop.edit.toPlainText()))

    @property
    def by_task(self) -> TaskSettings:
        """Return the settings that differ by task. Raises UserError: ``task-settings``."""
        return read_tasks(self._tasks.lines)

    def _task_problem(self) -> str:
        try:
            read_tasks(self._tasks.lines)
        except UserError as error:
            return f"{error.what} {error.how}"
        return ""

    def _known_tasks(self) -> TaskSettings:
        """Return the settings by task; none while one of them is invalid."""
        return NO_TASKS if self._task_problem() else self.by_task

    def set_by_task(self, by_task: TaskSettings) -> None:
        self._tasks.put_lines(task_lines(by_task))

    def set(self, settings: GenerationSettings) -> None:
        self._form.put(asdict(settings))
        self._stop.edit.setPlainText(stop_lines(settings.stop))
        self._on_change()

    def set_fixed(self, fixed: bool) -> None:
        self._fields.setEnabled(not fixed)

    def show_last_run(self, settings: GenerationSettings | None, uses: tuple[SettingsUse, ...] = ()) -> None:
        """``settings`` are those of the newest responses (None before the first run), ``uses`` of all."""
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
        for key in ("seed", *DRAWN):
            self._form[key].setEnabled(any(temperatures))
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
