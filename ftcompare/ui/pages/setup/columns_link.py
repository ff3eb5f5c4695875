"""*Choose columns…* below a file: asks which column holds which field, and remembers it for that file."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Generic, TypeVar

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QWidget

from ftcompare.app.setup.answers_file import guessed_answer_columns
from ftcompare.app.setup.prompt_draft import guessed_columns
from ftcompare.formats.answer_files import AnswerColumns
from ftcompare.formats.prompts import ASKING
from ftcompare.formats.tables import FileColumns
from ftcompare.ui.dialogs.frames import PreviewDialog
from ftcompare.ui.safe_text import one_line
from ftcompare.ui.study_thread.study_tasks import Failed, OwnedTasks, StudyTasks
from ftcompare.ui.theme.theme import M, S, Theme
from ftcompare.ui.widgets.controls import LinkButton, ScrollPanel, label, label_of, named
from ftcompare.ui.widgets.file_field import CheckState
from ftcompare.ui.widgets.inputs import TickBoxes, fill_choice
from ftcompare.ui.widgets.layouts import in_column, in_grid
from ftcompare.ui.widgets.table import DataColumn, Row

T = TypeVar("T")
Names = tuple[str, ...]

_DETAILS = (("reference", "Reference answer"), ("category", "Category"), ("split", "Split"), ("tags", "Tags"))
_MORE = (
    ("context", "Context"),
    ("context_kind", "Kind of context"),
    ("expects", "Expected response"),
    ("task", "Task"),
    ("labels", "Labels"),
    ("checks", "Checks"),
    ("more_references", "More reference answers"),
)
OF_PROMPTS = (
    ("prompt", "Prompt"),
    *_DETAILS,
    ("id", "ID"),
    *_MORE,
    ("later_turns", "Later turns"),
    ("messages", "Conversation (instead of Prompt)"),
    ("turns", "All turns (instead of Prompt)"),
)
OF_ANSWERS = (
    ("prompt", "Prompt"),
    ("system", "System (if each row has one answer)"),
    ("response", "Answer (if each row has one answer)"),
    *_DETAILS,
    ("prompt_id", "ID of the prompt"),
    *_MORE,
)
NONE = "none"
NAME_SHOWN = 40
SHORTEST = 12  # characters of a choice, however narrow the window
GRID_HEIGHT, ANSWERS_GRID_HEIGHT, SYSTEMS_HEIGHT = 270, 200, 104
"""Pixels for the fields of prompts, of answers, and for the boxes of systems; more scroll."""


class ColumnsLink(LinkButton, Generic[T]):
    """The button; ``make`` creates the fields from a file's columns, or ``failed`` gets the reason."""

    decided = Signal()  # columns were chosen: read the file again

    def __init__(
        self,
        name: str,
        tasks: StudyTasks,
        theme: Theme,
        *,
        look: Callable[[Path], FileColumns],
        make: Callable[[Names, T | None], PromptColumnChoice | AnswerColumnChoice],
        failed: Failed,
    ) -> None:
        super().__init__("Choose columns…")
        named(self, name)
        self._files = OwnedTasks(self, tasks)
        self._theme = theme
        self._look, self._make, self._failed = look, make, failed
        self._chosen: tuple[str, T | None] = ("", None)
        """A file and its choice. The study's thread reads it, so it is replaced as a whole."""
        self._path: Path | None = None
        self.clicked.connect(self._ask)
        self.hide()

    def chosen_for(self, path: Path) -> T | None:
        of, columns = self._chosen
        return columns if of == str(path) else None

    def show_for(self, path: Path | None, state: CheckState) -> None:
        self._path = path
        self.setVisible(path is not None and state in (CheckState.FOUND, CheckState.WRONG))

    def _ask(self) -> None:
        path = self._path
        if path is not None:
            self._files.call(lambda: self._look(path), lambda result: self._show(path, result), self._failed)

    def _show(self, path: Path, read: FileColumns) -> None:
        choice = self._make(read.names, self.chosen_for(path))
        dialog = ColumnsDialog(choice, read, self._theme, self.window())
        dialog.taken.connect(lambda columns: self._on_decided(path, columns))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _on_decided(self, path: Path, columns: T) -> None:
        self._chosen = (str(path), columns)
        self.decided.emit()


class ColumnsDialog(PreviewDialog):
    """The choice. `taken` carries its value."""

    def __init__(
        self,
        choice: PromptColumnChoice | AnswerColumnChoice,
        read: FileColumns,
        theme: Theme,
        parent: QWidget | None = None,
    ) -> None:
        first = "First rows of the file"
        columns = [DataColumn(one_line(name, NAME_SHOWN), stretch=1) for name in read.names]
        table = first, "Search these rows", columns
        super().__init__("columns", "Columns of the file", "Use these columns", *table, theme, parent)
        self._choice = choice
        self._rows = [Row(place, row) for place, row in enumerate(read.rows)]
        self.lay_out("Assign columns", choice, label(first, "strong"), size=(860, 600))
        choice.changed.connect(self._check)
        self._check()

    def accept(self) -> None:
        self.taken.emit(self._choice.value)
        super().accept()

    def _check(self) -> None:
        problem = self._choice.problem
        self.show_preview(self._rows, problem, usable=not problem)


class ColumnGrid(QWidget):
    """A choice of a column for each field, initially those in ``chosen``."""

    changed = Signal()

    def __init__(
        self, fields: Sequence[tuple[str, str]], names: Sequence[str], chosen: Mapping[str, str]
    ) -> None:
        super().__init__()
        self._choices = {ours: self._choice(ours, title, names, chosen) for ours, title in fields}
        grid = in_grid(M, S, 1, 3, of=self)
        rows = -(-len(fields) // 2)
        for place, (ours, title) in enumerate(fields):
            above = label_of(self._choices[ours], title)
            row, column = place % rows, 2 * (place // rows)
            grid.addWidget(above, row, column, Qt.AlignmentFlag.AlignVCenter)
            grid.addWidget(self._choices[ours], row, column + 1)

    @property
    def columns(self) -> dict[str, str]:
        chosen = {ours: str(choice.currentData()) for ours, choice in self._choices.items()}
        return {ours: theirs for ours, theirs in chosen.items() if theirs}

    def _choice(self, ours: str, title: str, names: Sequence[str], chosen: Mapping[str, str]) -> QComboBox:
        choice = named(QComboBox(), f"columns_{ours}", title)
        entries = [(NONE, ""), *((one_line(name, NAME_SHOWN), name) for name in names)]
        choice.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        choice.setMinimumContentsLength(SHORTEST)
        fill_choice(choice, [*entries], chosen.get(ours, ""))
        choice.currentIndexChanged.connect(lambda _: self.changed.emit())
        return choice


def _scrolled(part: QWidget, height: int) -> ScrollPanel:
    panel = ScrollPanel()
    panel.setWidget(part)
    panel.setMaximumHeight(height)
    return panel


class PromptColumnChoice(QWidget):
    """The choice for a file of prompts, initially ``chosen`` or guessed from the columns' names."""

    changed = Signal()

    def __init__(self, names: Sequence[str], chosen: Mapping[str, str] | None = None) -> None:
        super().__init__()
        self._grid = ColumnGrid(OF_PROMPTS, names, guessed_columns(names) if chosen is None else chosen)
        self._grid.changed.connect(self.changed)
        in_column(_scrolled(self._grid, GRID_HEIGHT), of=self)

    @property
    def value(self) -> dict[str, str]:
        return self._grid.columns

    @property
    def problem(self) -> str:
        chosen = self.value
        if sum(name in chosen for name in ASKING) != 1:
            return "Choose exactly one column of the prompt, the conversation, or all turns."
        return "Two fields have the same column." if len({*chosen.values()}) < len(chosen) else ""


class AnswerColumnChoice(QWidget):
    """The choice for a file of answers: a column for each system, or one each for systems and answers."""

    changed = Signal()

    def __init__(self, names: Sequence[str], chosen: AnswerColumns | None = None) -> None:
        super().__init__()
        start = guessed_answer_columns(names) if chosen is None else chosen
        self._grid = ColumnGrid(OF_ANSWERS, names, start.fields)
        self._names = {str(number): name for number, name in enumerate(names)}
        self._boxes = TickBoxes("columns_system", longest=NAME_SHOWN, spoken="Answers of {}", flow=M)
        self._boxes.setProperty("role", "plain")
        self._boxes.offer([(key, one_line(name), name in start.systems) for key, name in self._names.items()])
        for part in (self._grid, self._boxes):
            part.changed.connect(self.changed)
        words = "Columns with the answers of one system each. The column title is the system's name."
        parts = label(words, "strong", wrap=True), _scrolled(self._boxes, SYSTEMS_HEIGHT)
        in_column(_scrolled(self._grid, ANSWERS_GRID_HEIGHT), *parts, gap=M, of=self)

    @property
    def value(self) -> AnswerColumns:
        return AnswerColumns(self._grid.columns, tuple(self._names[key] for key in self._boxes.chosen))

    @property
    def problem(self) -> str:
        return self.value.problem
