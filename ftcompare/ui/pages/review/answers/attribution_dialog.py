"""Shows how much each part of a prompt contributes to words of an answer: progress, then the table."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem, QWidget

from ftcompare.app.generate.engine_run import GenerationProgress
from ftcompare.app.review import attribution
from ftcompare.app.review.attribution import AttributionQuestion
from ftcompare.core.plurals import counted
from ftcompare.ui.dialogs.frames import NamedDialog
from ftcompare.ui.pages.review.likelihood_view import name, progress_line
from ftcompare.ui.safe_text import one_line, tip
from ftcompare.ui.text.likelihood_shading import STEPS, shade_format, step_of
from ftcompare.ui.theme.theme import XL, M, Theme
from ftcompare.ui.widgets.controls import Heading, Muted, PlainButton, ProgressLine, label, named
from ftcompare.ui.widgets.file_field import FieldMessage
from ftcompare.ui.widgets.inputs import choice_box, fill_choice, named_choice
from ftcompare.ui.widgets.layouts import STRETCH, filled, in_column, in_row
from ftcompare.ui.widgets.table import Cell, DataColumn, DataTable, Row

WIDTH, HEIGHT = 860, 660
METHOD = (
    "A number above 0 means that this part of the prompt makes the words more likely. It is log p, the "
    "log-probability of the words, with the part minus without it, in nats. It does not measure attention."
)
QUOTE_LENGTH = 60
KINDS = (("words", "word"), ("sentences", "sentence"))
FIRST_CHANGE = 3  # index of the column with the base's changes; the columns of the other systems follow
SHADES = (
    f"Shading: the words are at least {STEPS[0]}, {STEPS[1]}, or {STEPS[2]} times more likely with this part "
    "of the prompt than without it, or the reverse."
)


class AttributionDialog(NamedDialog):
    """One question and its result. The owner, which runs the engine, handles closing at any time."""

    kind_wanted = Signal(str)  # split the prompt in another way: ``word`` or ``sentence``

    def __init__(
        self, parent: QWidget | None, theme: Theme, answer: str, question: AttributionQuestion
    ) -> None:
        super().__init__("attribution_dialog", "What the answer rests on", parent, modal=True)
        self._question = question
        self.resize(theme.px(WIDTH), theme.px(HEIGHT))
        self._heading = Heading(f"What “{one_line(question.words, QUOTE_LENGTH)}” rests on", level=2)
        about = f"In the answer of {name(answer)} to {one_line(question.prompt.spec.key, QUOTE_LENGTH)}."
        self._about = Muted(about)
        self._method = named(Muted(METHOD), "attribution_method")
        self.kind = choice_box()
        self._kind = named_choice("Left out in turn", self.kind, "attribution_kind")
        self.kind.setToolTip(tip("Every system reads the prompt and the answer once for each of these"))
        fill_choice(self.kind, KINDS, question.kind)
        self.stage = named(label("", "muted", wrap=True), "attribution_stage")
        self.line = ProgressLine()
        self.problem = named(FieldMessage(), "attribution_problem")
        self.scores = named(Muted(""), "attribution_scores")
        self.table = DataTable(
            theme, "Parts of the prompt", _columns(question), "Filter", "Text in the part, or its turn"
        )
        self.notes = named(Muted("", small=True), "attribution_notes")
        self.close_button = PlainButton("Cancel", name="attribution_close", act=self.reject)
        shades = ChangeDelegate(theme, self.table.view)
        for place in range(len(question.systems)):
            self.table.view.setItemDelegateForColumn(FIRST_CHANGE + place, shades)
        self._arrange()
        for part in (self.scores, self.table, self.notes):
            part.hide()
        self.kind.currentIndexChanged.connect(lambda _: self.kind_wanted.emit(self.kind.currentData()))

    def show_question(self, question: AttributionQuestion) -> None:
        self._question = question
        self._choose(question)
        self.table.set_columns(_columns(question))
        for found in (self.scores, self.table, self.notes):
            found.hide()
        self.problem.clear()
        self.stage.setText("")
        self.stage.show()
        self.line.set(None, "")
        self.line.show()
        self.close_button.set_text("Cancel")

    def refuse(self, words: str) -> None:
        self._choose(self._question)
        self.problem.show_problem(words)

    def _choose(self, question: AttributionQuestion) -> None:
        with QSignalBlocker(self.kind):
            self.kind.setCurrentIndex(self.kind.findData(question.kind))

    def show_progress(self, progress: GenerationProgress) -> None:
        self.stage.setText(progress.stage)
        self.line.set(*progress_line(progress, "readings"))

    def show_problem(self, words: str) -> None:
        self._end()
        self.problem.show_problem(words)

    def show_found(self, result: attribution.Attribution) -> None:
        self._end()
        self.scores.setText("\n".join(map(_score_words, result.systems)))
        self.table.set_rows(_rows(result))
        self.notes.setText("\n".join((*_notes(result), SHADES)))
        for part in (self.scores, self.table, self.notes):
            part.show()
        self.table.view.setFocus()

    def _end(self) -> None:
        self.stage.hide()
        self.line.hide()
        self.close_button.set_text("Close")

    def _arrange(self) -> None:
        kind = filled(in_row(self._kind, STRETCH))
        asked = (self._heading, self._about, self._method, kind)
        told = (*asked, self.stage, self.line, self.problem, self.scores)
        buttons = in_row(STRETCH, self.close_button, gap=M)
        column = in_column(*told, (self.table, 1), self.notes, STRETCH, buttons, gap=M, of=self)
        column.setContentsMargins(XL, XL, XL, XL)


class ChangeDelegate(QStyledItemDelegate):
    """Draws a change of log p on the shade of its step."""

    def __init__(self, theme: Theme, parent: QWidget) -> None:
        super().__init__(parent)
        self._theme = theme

    def initStyleOption(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        super().initStyleOption(option, index)
        change = index.data(Qt.ItemDataRole.UserRole)
        step = step_of(change) if change is not None else 0
        if step:
            option.backgroundBrush = shade_format(self._theme, step).background()


def _columns(question: AttributionQuestion) -> list[DataColumn]:
    changes = (
        DataColumn(f"Δ log p\n{name(one.name)}", numeric=True, words=_change, tip=_change_tip(one.name))
        for one in question.systems
    )
    return [
        DataColumn("Place", numeric=True, tip="Position in the prompt"),
        DataColumn("Turn"),
        DataColumn(f"{question.kind.capitalize()} left out", stretch=1),
        *changes,
        DataColumn("Largest", words=_or_nothing, tip="Systems for which this part changes log p most"),
    ]


def _change_tip(system: str) -> str:
    return (
        f"Log p of the words under {system} after the whole prompt, minus log p after the prompt without "
        "this part, in nats. Above 0, the part makes the words more likely."
    )


def _change(cell: Cell) -> str:
    return attribution.nats_words(cell, sign="+") if isinstance(cell, float) else attribution.UNKNOWN


def _or_nothing(cell: Cell) -> str:
    return str(cell or "")


def _rows(result: attribution.Attribution) -> list[Row]:
    marked: dict[int, list[str]] = {}
    for score, place in zip(result.systems, result.largest, strict=True):
        if place is not None:
            marked.setdefault(place, []).append(name(score.system))
    return [_row(place, one, marked.get(place, [])) for place, one in enumerate(result.parts)]


def _row(place: int, one: attribution.PartContribution, largest: list[str]) -> Row:
    marked = f"largest under {', '.join(largest)}" if largest else None
    turn = f"{one.role} {one.part.message + 1}"
    told = "\n".join(filter(None, (one.part.text, one.note)))
    return Row(place, (place + 1, turn, one.part.text, *one.changes, marked), told)


def _score_words(score: attribution.PassageScore) -> str:
    """Return the score and the scored text, whose tokens may extend beyond the words."""
    scored = one_line(score.scored.strip(), QUOTE_LENGTH)
    who = f"Under {name(score.system)}{', which wrote the answer' if score.wrote else ''}"
    logprob = attribution.nats_words(score.logprob)
    return f"{who}: log p {logprob} of {counted(score.tokens, 'token')}, “{scored}”"


def _notes(result: attribution.Attribution) -> Iterator[str]:
    yield from attribution.attribution_notes(result)
    parts = counted(len(result.parts), result.question.kind)
    yield f"{parts}, computed in {' and '.join(result.arithmetic)}."
