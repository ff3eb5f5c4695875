"""Setup's card of what raters are asked and told: question, answers, criteria, reasons, practice."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QVBoxLayout, QWidget

from ftcompare.app.application_paths import typed
from ftcompare.app.setup.study_content import StudyContent, practice_in
from ftcompare.core.errors import FTCompareError, UserError
from ftcompare.core.rating_design import PracticeItem
from ftcompare.core.scale import DEFAULT_QUESTION, MAX_CRITERIA, MAX_REASONS, MAX_STRENGTH, Scale
from ftcompare.ui.pages.setup.folder_texts import practice_lines, practice_words
from ftcompare.ui.pages.setup.prompt_and_glossary_cards import Lines
from ftcompare.ui.pages.setup.rating_fields import Columns, TextArea, link_row
from ftcompare.ui.study_thread.study_tasks import StudyTasks
from ftcompare.ui.theme.theme import XS
from ftcompare.ui.widgets.controls import Card, LinkButton, Muted, label
from ftcompare.ui.widgets.file_field import CheckState, FieldCheck, FileField, Found, TextField
from ftcompare.ui.widgets.wheel_guard import choice_box

BOX_LINES = 4


class PracticeField(QWidget):
    """Practice pairs: chosen as a file, shown by their number and the first."""

    changed = Signal()
    edited = Signal()
    """Other practice pairs than before, in an open study."""

    def __init__(self, tasks: StudyTasks) -> None:
        super().__init__()
        self._stored: tuple[PracticeItem, ...] = ()
        self._open = False
        self.field = FileField(
            "Practice pairs (optional)",
            "setup_practice",
            folder=False,
            hint="JSONL: prompt, left, right, expected, because",
            kinds=("Practice pairs", "*.jsonl"),
        )
        self._summary = label("", wrap=True)
        self._summary.setObjectName("setup_practice_summary")
        self._remove = LinkButton("Remove the practice")
        self._remove.setObjectName("setup_practice_remove")
        self._details = Lines()
        about = "Raters judge these first and are told what you expect. They are never counted."
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(XS)
        for part in (self.field, self._summary, self._details, self._remove, Muted(about, small=True)):
            column.addWidget(part)
        column.addStretch()
        self.check: FieldCheck[tuple[PracticeItem, ...]] = FieldCheck(
            self.field,
            tasks,
            look=lambda text: practice_in(typed(text)),
            describe=lambda found: Found(practice_words(found, self.tr)),
            settled=self._on_settled,
        )
        self._remove.clicked.connect(lambda: self._take(()))

    @property
    def items(self) -> tuple[PracticeItem, ...]:
        """The pairs: those of the chosen file, else those of the open study."""
        return self.check.value if self.check.value is not None else self._stored

    def start_new(self) -> None:
        """No pairs yet."""
        self._open, self._stored = False, ()
        self.field.set_text("")
        self._show()

    def show_study(self, items: tuple[PracticeItem, ...]) -> None:
        """The pairs of the open study."""
        if not self._open:
            self.field.set_text("")
        self._open, self._stored = True, items
        self._show()

    def _on_settled(self) -> None:
        if self._open and self.check.state is CheckState.FOUND and self.check.value is not None:
            items = self.check.value
            self.field.set_text("")
            self._take(items)
            return
        self._show()
        self.changed.emit()

    def _take(self, items: tuple[PracticeItem, ...]) -> None:
        self._stored = items
        self._show()
        self.edited.emit()

    def _show(self) -> None:
        stored = bool(self._stored) and self.check.value is None
        self._summary.setText(practice_words(self._stored, self.tr) if stored else "")
        self._summary.setVisible(stored)
        self._remove.setVisible(stored)
        self._details.set(practice_lines(self.items, self.tr))


class RatingPart(Card):
    """The card. In an open study, an edited field is told by `edited` when it is left."""

    changed = Signal()
    edited = Signal()

    def __init__(self, tasks: StudyTasks) -> None:
        super().__init__("Rating")
        self.question = TextField("Question for raters", "setup_question")
        self.answers = self._answers_box()
        self._fixed = Muted("", small=True)
        self.criteria = TextArea(
            "Criteria (optional), one a line, each judged before the whole",
            "setup_criteria",
            lines=BOX_LINES,
        )
        self.reasons = TextArea(
            "Reasons to tick (optional), one a line",
            "setup_reasons",
            lines=BOX_LINES,
            hint="wrong fact\nwrong term\ntoo long",
        )
        self.instructions = TextArea(
            "Instructions (optional), read before the first pair",
            "setup_instructions",
            lines=BOX_LINES,
            hint="Who asks, what a good answer is, what to do in doubt",
        )
        self.practice = PracticeField(tasks)
        self._proposals = [self._proposal(words) for words in self._proposed()]
        self._links = link_row(label("Add:", "muted"), *self._proposals)
        self.criteria.column.addWidget(self._links)
        self._open = False
        self._frozen = False
        self._stored: Scale | None = None
        columns = Columns(2)
        columns.add(self.question, self._answers_field(), self.criteria, self.reasons)
        columns.add(self.instructions, self.practice)
        self.body.addWidget(columns)
        self._connect()

    def _connect(self) -> None:
        self.question.edit.editingFinished.connect(self._on_finished)
        self.answers.activated.connect(self._on_finished)
        self.criteria.changed.connect(self._on_criteria)
        self.practice.changed.connect(self.changed)
        for part in (self.criteria, self.reasons, self.instructions, self.practice):
            part.edited.connect(self._on_edited)

    def _proposed(self) -> tuple[str, ...]:
        return "accuracy", "terminology", "helpfulness", "safety"

    def _proposal(self, words: str) -> LinkButton:
        made = LinkButton(words)
        made.setObjectName(f"setup_criterion_{words}")
        made.setAccessibleName(f"Add the criterion {words}")
        made.clicked.connect(lambda: self.criteria.add_line(words))
        return made

    def _answers_box(self) -> QComboBox:
        box = choice_box()
        box.setObjectName("setup_answers")
        box.setAccessibleName("Answers on offer")
        better = "Better"
        much = "Better, or much better"
        box.addItems([better, much, "Slightly better, better, or much better"])
        return box

    def _answers_field(self) -> QWidget:
        field = QWidget()
        column = QVBoxLayout(field)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        above = label("Answers on offer, beside “about equal” and “both bad”")
        above.setBuddy(self.answers)
        for part in (above, self.answers, self._fixed):
            column.addWidget(part)
        return field

    @property
    def scale(self) -> Scale:
        """The scale as it stands in the fields.

        Raises:
            UserError: criteria or reasons are too many or not distinct.
        """
        strengths = self.answers.currentIndex() + 1
        return Scale(self.question.text, strengths, self.criteria.lines, self.reasons.lines)

    def start_new(self) -> None:
        """Fields for a study to be made."""
        self._open, self._stored = False, None
        self._fixed.hide()
        self.question.edit.setText(DEFAULT_QUESTION)
        self.question.show_problem("")
        self.answers.setCurrentIndex(0)
        for area in (self.criteria, self.reasons, self.instructions):
            area.edit.clear()
        self.practice.start_new()
        self._freeze(scale=False, rest=False)

    def put(self, scale: Scale) -> None:
        """Fill the fields of a new study."""
        self.question.edit.setText(scale.question)
        self.question.show_problem("")
        self.answers.setCurrentIndex(scale.strengths - 1)
        self.criteria.put_lines(scale.criteria)
        self.reasons.put_lines(scale.reasons)

    def show_study(self, content: StudyContent) -> None:
        """Fields of the open study; what is being typed is left alone."""
        fresh, scale = not self._open, content.study.scale
        self._open, self._stored = True, scale
        if fresh or not self.question.edit.hasFocus():
            self.question.edit.setText(scale.question)
            self.question.show_problem("")
        self.answers.setCurrentIndex(min(scale.strengths, MAX_STRENGTH) - 1)
        self.criteria.put_lines(scale.criteria)
        self.reasons.put_lines(scale.reasons)
        self.instructions.put(content.design.instructions)
        self.practice.show_study(content.design.practice)
        closed = content.study.disclosure.rating_closed
        fixed = content.begun or bool(closed)
        self._freeze(scale=fixed, rest=bool(closed))
        self._fixed.setVisible(fixed)
        told = "Answers and criteria are fixed since the first judgment or rater pack."
        self._fixed.setText(closed or told)

    def complete(self) -> bool:
        """Whether all that is needed is there; what is not is marked."""
        self.question.show_problem("" if self.question.text else "Raters need a question.")
        problems = (
            (self.criteria, MAX_CRITERIA, "At most {0} criteria."),
            (self.reasons, MAX_REASONS, "At most {0} reasons."),
        )
        for area, most, many in problems:
            area.show_problem(_lines_problem(area, most, many, "Each line needs words of its own."))
        good = not (self.criteria.message.text or self.reasons.message.text)
        return good and bool(self.question.text) and self.practice.check.state is not CheckState.WRONG

    def show_error(self, error: FTCompareError) -> None:
        """Put an error of saving where it belongs."""
        self.question.show_problem(f"{error.what} {error.how}".strip())

    def _freeze(self, *, scale: bool, rest: bool) -> None:
        self._frozen = scale
        self.answers.setEnabled(not scale)
        self.criteria.setEnabled(not scale)
        for part in (self.question, self.reasons, self.instructions, self.practice):
            part.setEnabled(not rest)
        self._show_proposals()

    def _show_proposals(self) -> None:
        there = {line.casefold() for line in self.criteria.lines}
        for link, words in zip(self._proposals, self._proposed(), strict=True):
            link.setVisible(words.casefold() not in there)
        self._links.setVisible(not self._frozen and len(there) < MAX_CRITERIA)

    def _on_criteria(self) -> None:
        self._show_proposals()
        self.changed.emit()

    def _on_finished(self) -> None:
        if not self._open:
            return
        try:
            changed = self.scale != self._stored
        except UserError:
            changed = True
        if changed:
            self.edited.emit()

    def _on_edited(self) -> None:
        self.changed.emit()
        if self._open:
            self.edited.emit()


def _lines_problem(area: TextArea, most: int, many: str, same: str) -> str:
    if len(area.lines) > most:
        return many.format(most)
    return same if len({line.casefold() for line in area.lines}) < len(area.lines) else ""
