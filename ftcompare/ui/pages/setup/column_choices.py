"""Which column of a file holds which field, for prompts and for existing answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QComboBox, QGridLayout, QWidget

from ftcompare.app.setup.answers_file import guessed_answer_columns
from ftcompare.app.setup.prompt_draft import guessed_columns
from ftcompare.formats.answer_files import AnswerColumns
from ftcompare.formats.prompts import ASKING
from ftcompare.ui.safe_text import one_line, tip
from ftcompare.ui.theme.theme import M, S
from ftcompare.ui.widgets.controls import label, named
from ftcompare.ui.widgets.flow_layout import FlowLayout
from ftcompare.ui.widgets.layouts import in_column
from ftcompare.ui.widgets.named_choice import fill_choice
from ftcompare.ui.widgets.scroll_column import ScrollPanel

OF_PROMPTS = (
    ("prompt", "Prompt"),
    ("reference", "Reference answer"),
    ("category", "Category"),
    ("split", "Split"),
    ("tags", "Tags"),
    ("id", "Id"),
    ("context", "Context"),
    ("context_kind", "Kind of context"),
    ("expects", "What is expected"),
    ("task", "Task"),
    ("labels", "Labels"),
    ("checks", "Checks"),
    ("more_references", "Further reference answers"),
    ("later_turns", "Later turns"),
    ("messages", "Conversation (no Prompt)"),
    ("turns", "All turns (no Prompt)"),
)
OF_ANSWERS = (
    ("prompt", "Prompt"),
    ("system", "System (one answer a row)"),
    ("response", "Answer (one answer a row)"),
    ("reference", "Reference answer"),
    ("category", "Category"),
    ("split", "Split"),
    ("tags", "Tags"),
    ("prompt_id", "Id of the prompt"),
    ("context", "Context"),
    ("context_kind", "Kind of context"),
    ("expects", "What is expected"),
    ("task", "Task"),
    ("labels", "Labels"),
    ("checks", "Checks"),
    ("more_references", "Further reference answers"),
)
NONE = "none"
NAME_SHOWN = 40
SHORTEST = 12
"""Characters of a choice, however narrow the window."""
GRID_HEIGHT = 270
"""Pixels for the fields of prompts, which scroll in a low window."""
ANSWERS_GRID_HEIGHT = 200
"""Pixels for those of answers, which have the boxes of systems below them."""
SYSTEMS_HEIGHT = 104
"""Height in pixels of the boxes of systems, which scroll if there are many columns."""


class ColumnGrid(QWidget):
    """A choice of a column for each field.

    Args:
        asked: title of each field.
        names: the file's columns.
        chosen: initial column of each field.
    """

    changed = Signal()

    def __init__(
        self, asked: Sequence[tuple[str, str]], names: Sequence[str], chosen: Mapping[str, str]
    ) -> None:
        super().__init__()
        self._choices = {ours: self._choice(ours, title, names, chosen) for ours, title in asked}
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(M)
        grid.setVerticalSpacing(S)
        rows = -(-len(asked) // 2)
        for place, (ours, title) in enumerate(asked):
            above = label(title)
            above.setBuddy(self._choices[ours])
            row, column = place % rows, 2 * (place // rows)
            grid.addWidget(above, row, column, Qt.AlignmentFlag.AlignVCenter)
            grid.addWidget(self._choices[ours], row, column + 1)
        grid.setColumnStretch(1, 1)
        grid.setColumnStretch(3, 1)

    @property
    def columns(self) -> dict[str, str]:
        """The chosen column of each field."""
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
    """A part that scrolls where it is higher than that, or the window is low."""
    panel = ScrollPanel()
    panel.setWidget(part)
    panel.setMaximumHeight(height)
    return panel


class PromptColumnChoice(QWidget):
    """The choice for a file of prompts.

    Args:
        names: the file's columns.
        chosen: earlier choice; None to guess from the columns' names.
    """

    changed = Signal()

    def __init__(self, names: Sequence[str], chosen: Mapping[str, str] | None = None) -> None:
        super().__init__()
        self._grid = ColumnGrid(OF_PROMPTS, names, guessed_columns(names) if chosen is None else chosen)
        self._grid.changed.connect(self.changed)
        in_column(_scrolled(self._grid, GRID_HEIGHT), of=self)

    @property
    def value(self) -> dict[str, str]:
        """For each of our fields the column that was chosen."""
        return self._grid.columns

    @property
    def problem(self) -> str:
        """What is missing, or chosen twice; empty if the choice is valid."""
        chosen = self.value
        if sum(name in chosen for name in ASKING) != 1:
            return "Choose the column of the prompt, of the conversation or of all turns; one of them."
        return "One column is chosen twice." if len({*chosen.values()}) < len(chosen) else ""


class AnswerColumnChoice(QWidget):
    """The choice for a file of answers: a column for each system, or one for systems and one for answers.

    Args:
        names: the file's columns.
        chosen: earlier choice; None to guess from the columns' names.
    """

    changed = Signal()

    def __init__(self, names: Sequence[str], chosen: AnswerColumns | None = None) -> None:
        super().__init__()
        start = guessed_answer_columns(names) if chosen is None else chosen
        self._grid = ColumnGrid(OF_ANSWERS, names, start.fields)
        self._grid.changed.connect(self.changed)
        self._boxes = {
            name: self._box(number, name, on=name in start.systems) for number, name in enumerate(names)
        }
        inner = QWidget()
        inner.setProperty("role", "plain")
        flow = FlowLayout(M, inner)
        for box in self._boxes.values():
            flow.addWidget(box)
        panel = _scrolled(inner, SYSTEMS_HEIGHT)
        words = "Columns with the answers of a system, which is called after its column"
        told = label(words, "strong", wrap=True)
        in_column(_scrolled(self._grid, ANSWERS_GRID_HEIGHT), told, panel, gap=M, of=self)

    @property
    def value(self) -> AnswerColumns:
        """The choice."""
        systems = tuple(name for name, box in self._boxes.items() if box.isChecked())
        return AnswerColumns(self._grid.columns, systems)

    @property
    def problem(self) -> str:
        """What is missing, or chosen twice; empty if the choice is valid."""
        return self.value.problem

    def _box(self, number: int, name: str, *, on: bool) -> QCheckBox:
        box = QCheckBox(one_line(name, NAME_SHOWN).replace("&", "&&"))
        named(box, f"columns_system_{number}", f"Answers of {one_line(name)}")
        box.setToolTip(tip(one_line(name)) if len(name) > NAME_SHOWN else "")
        box.setChecked(on)
        box.toggled.connect(lambda _on: self.changed.emit())
        return box
