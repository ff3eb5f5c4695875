"""Setup's card of what raters are asked and shown: question, answers, criteria, reasons, practice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QWidget

from ftcompare.app.application_paths import typed
from ftcompare.app.setup.study_content import StudyContent
from ftcompare.core.errors import UserError
from ftcompare.core.fields import Field, fields_of
from ftcompare.core.rating_design import (
    ContextShown,
    ConversationJudged,
    LiveHistory,
    PracticeItem,
    RatingDesign,
    ReferenceShown,
)
from ftcompare.core.scale import DEFAULT_QUESTION, MAX_CRITERIA, MAX_REASONS, MAX_STRENGTH, Scale
from ftcompare.formats.practice_and_gold import read_practice
from ftcompare.ui.pages.setup.file_cards import Lines
from ftcompare.ui.pages.setup.folder_texts import practice_lines, practice_words
from ftcompare.ui.pages.setup.model_loading import ExplainedChoice
from ftcompare.ui.study_thread.study_tasks import StudyTasks
from ftcompare.ui.theme.theme import XS, L
from ftcompare.ui.widgets.controls import Card, LinkButton, Muted, label, label_of, named
from ftcompare.ui.widgets.file_field import CheckState, FieldCheck, FileField, Found, TextField
from ftcompare.ui.widgets.inputs import TextArea, choice_box
from ftcompare.ui.widgets.layouts import STRETCH, FlowLayout, filled, in_column
from ftcompare.ui.widgets.settings_form import equal_columns

BOX_LINES = 4
REFERENCE = {
    ReferenceShown.NEVER.value: ("Never", "Raters judge by what they know."),
    ReferenceShown.ON_KEY.value: (
        "On a key",
        "Raters can open it. Each judgment records whether it was opened, and results are shown with and "
        "without.",
    ),
    ReferenceShown.ALWAYS.value: (
        "Always",
        "It is always shown below the prompt. Answers are judged by how close they come to it.",
    ),
}
"""When raters see the reference answer of a prompt that has one."""
CONTEXT = {
    ContextShown.FOLDED.value: ("Folded", "A key opens it below the prompt."),
    ContextShown.OPEN.value: ("Open", "It is shown below the prompt."),
    ContextShown.NEVER.value: ("Never", "Raters judge without it."),
}
"""How raters see the context of a prompt that has one."""

CONVERSATIONS = {
    ConversationJudged.WHOLE.value: (
        "The whole conversation",
        "Each side shows the whole conversation. All answers of a side are judged together.",
    ),
    ConversationJudged.LAST.value: (
        "The last answer",
        "Each side shows its conversation so far. Only the answer to the last turn is judged.",
    ),
}
"""Which answers of a conversation are judged."""
LIVE_HISTORY = {
    LiveHistory.OWN.value: (
        "Each system's own answers",
        "The two sides stay in place. Each system continues its own conversation.",
    ),
    LiveHistory.BETTER.value: (
        "The preferred answer",
        "Both systems continue from the preferred answer, and the sides are drawn again.",
    ),
}
"""Which earlier answers a further turn on the live page continues."""
PROPOSED = ("accuracy", "terminology", "helpfulness", "safety")


class PracticeField(QWidget):
    """Practice pairs: chosen as a file; shows their number and the first one."""

    changed = Signal()
    edited = Signal()  # other practice pairs than before, in an open study

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
        self._summary = named(label("", wrap=True), "setup_practice_summary")
        self._remove = named(LinkButton("Remove the practice"), "setup_practice_remove")
        self._details = Lines()
        about = "Raters judge these first and see the expected answer. They are never counted."
        parts = self.field, self._summary, self._details, self._remove, Muted(about, small=True)
        in_column(*parts, STRETCH, gap=XS, of=self)
        self.check: FieldCheck[tuple[PracticeItem, ...]] = FieldCheck(
            self.field,
            tasks,
            look=lambda text: read_practice(typed(text)),
            describe=lambda result: Found(practice_words(result)),
            settled=self._on_settled,
        )
        self._remove.clicked.connect(lambda: self._take(()))

    @property
    def items(self) -> tuple[PracticeItem, ...]:
        return self.check.value if self.check.value is not None else self._stored

    def start_new(self) -> None:
        self._open, self._stored = False, ()
        self.field.set_text("")
        self._show()

    def show_study(self, items: tuple[PracticeItem, ...]) -> None:
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
        self._summary.setText(practice_words(self._stored) if stored else "")
        self._summary.setVisible(stored)
        self._remove.setVisible(stored)
        self._details.set(practice_lines(self.items))


class RatingPart(Card):
    """The card. In an open study, `edited` is emitted when a changed field loses the focus."""

    changed = Signal()
    edited = Signal()

    def __init__(self, tasks: StudyTasks) -> None:
        super().__init__("Rating")
        scale, design = fields_of(Scale), fields_of(RatingDesign)
        self.question = TextField(scale["question"].title, "setup_question")
        self.answers = named(choice_box(), "setup_answers", scale["strengths"].title)
        self.answers.addItems(["Better", "Better, or much better", "Slightly better, better, or much better"])
        self._fixed = Muted("", small=True)
        self.criteria, self.reasons, self.instructions = (
            TextArea(one.title, f"setup_{one.key}", lines=BOX_LINES, hint=one.help)
            for one in (scale["criteria"], scale["reasons"], design["instructions"])
        )
        self.practice = PracticeField(tasks)
        stays = "Fixed since the first judgment or rater pack."
        self.reference = _choice(design["reference"], REFERENCE, stays)
        self.context = _choice(design["context"], CONTEXT, stays)
        self.expectation = named(QCheckBox(design["expectation"].title), "setup_expectation")
        self.conversations = _choice(design["conversations"], CONVERSATIONS, stays)
        self.live_history = _choice(design["live_history"], LIVE_HISTORY, "")
        self._proposals = {words: self._proposal(words) for words in PROPOSED}
        self._links = QWidget()
        links = FlowLayout(L, self._links)
        for part in (label("Add:", "muted"), *self._proposals.values()):
            links.addWidget(part)
        self.criteria.column.addWidget(self._links)
        self._open = False
        self._frozen = False
        self._stored: Scale | None = None
        upper = self.question, self._answers_field(), self.criteria, self.reasons
        self.body.addLayout(equal_columns(2, *upper, self.instructions, self.practice))
        shown = (self.reference, self.context, self.expectation, self.conversations, self.live_history)
        for part in shown:
            self.body.addWidget(part)
        self._connect()

    def _connect(self) -> None:
        self.question.edit.editingFinished.connect(self._on_finished)
        self.answers.activated.connect(self._on_finished)
        self.criteria.changed.connect(self._on_criteria)
        self.practice.changed.connect(self.changed)
        self.reference.chosen.connect(lambda _: self._on_edited())
        self.context.chosen.connect(lambda _: self._on_edited())
        self.expectation.clicked.connect(lambda _: self._on_edited())
        for choice in (self.conversations, self.live_history):
            choice.chosen.connect(lambda _: self._on_edited())
        for part in (self.criteria, self.reasons, self.instructions, self.practice):
            part.edited.connect(self._on_edited)

    def _proposal(self, words: str) -> LinkButton:
        made = named(LinkButton(words), f"setup_criterion_{words}", f"Add the criterion {words}")
        made.clicked.connect(lambda: self.criteria.add_line(words))
        return made

    def _answers_field(self) -> QWidget:
        above = label_of(self.answers, "Answers, in addition to “about equal” and “both bad”")
        return filled(in_column(above, self.answers, self._fixed, gap=6))

    @property
    def scale(self) -> Scale:
        """Return the scale in the fields; raise UserError for too many or equal criteria or reasons."""
        strengths = self.answers.currentIndex() + 1
        return Scale(self.question.text, strengths, self.criteria.lines, self.reasons.lines)

    def told_in(self, design: RatingDesign) -> RatingDesign:
        return replace(
            design,
            instructions=self.instructions.text,
            practice=self.practice.items,
            reference=ReferenceShown(self.reference.key),
            context=ContextShown(self.context.key),
            expectation=self.expectation.isChecked(),
            conversations=ConversationJudged(self.conversations.key),
            live_history=LiveHistory(self.live_history.key),
        )

    def start_new(self) -> None:
        self._open, self._stored = False, None
        self._fixed.hide()
        self.question.edit.setText(DEFAULT_QUESTION)
        self.question.show_problem("")
        self.answers.setCurrentIndex(0)
        for area in (self.criteria, self.reasons, self.instructions):
            area.edit.clear()
        self.practice.start_new()
        self._put_shown(RatingDesign(), fixed=False)
        self.conversations.hide()
        self.live_history.put(LiveHistory.OWN.value, fixed=False)
        self.live_history.hide()
        self._freeze(scale=False, rest=False)

    def put(self, scale: Scale) -> None:
        self.question.edit.setText(scale.question)
        self.question.show_problem("")
        self.answers.setCurrentIndex(scale.strengths - 1)
        self.criteria.put_lines(scale.criteria)
        self.reasons.put_lines(scale.reasons)

    def show_study(self, content: StudyContent) -> None:
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
        self._put_shown(content.design, fixed=fixed)
        self.conversations.setVisible(any(spec.later_turns for spec in content.prompts.specs))
        self.live_history.put(content.design.live_history.value, fixed=bool(closed))
        answering = sum(system.spec.written_here for system in content.systems)
        self.live_history.setVisible(answering > 1 and not closed)
        self._freeze(scale=fixed, rest=bool(closed))
        self._fixed.setVisible(fixed)
        told = "Answers and criteria are fixed since the first judgment or rater pack."
        self._fixed.setText(closed or told)

    def _put_shown(self, design: RatingDesign, *, fixed: bool) -> None:
        self.reference.put(design.reference.value, fixed=fixed)
        self.context.put(design.context.value, fixed=fixed)
        self.expectation.setChecked(design.expectation)
        self.expectation.setEnabled(not fixed)
        self.conversations.put(design.conversations.value, fixed=fixed)

    def complete(self) -> bool:
        self.question.show_problem("" if self.question.text else "Raters need a question.")
        self.criteria.show_problem(_lines_problem(self.criteria, MAX_CRITERIA, "criteria"))
        self.reasons.show_problem(_lines_problem(self.reasons, MAX_REASONS, "reasons"))
        good = not (self.criteria.message.text or self.reasons.message.text)
        return good and bool(self.question.text) and self.practice.check.state is not CheckState.WRONG

    def _freeze(self, *, scale: bool, rest: bool) -> None:
        self._frozen = scale
        self.answers.setEnabled(not scale)
        self.criteria.setEnabled(not scale)
        for part in (self.question, self.reasons, self.instructions, self.practice):
            part.setEnabled(not rest)
        self._show_proposals()

    def _show_proposals(self) -> None:
        there = {line.casefold() for line in self.criteria.lines}
        for words, link in self._proposals.items():
            link.setVisible(words not in there)
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


def _choice(field: Field, entries: Mapping[str, tuple[str, str]], stays: str) -> ExplainedChoice:
    return ExplainedChoice(field.title, f"setup_{field.key}", field.help, entries, stays)


def _lines_problem(area: TextArea, most: int, what: str) -> str:
    if len(area.lines) > most:
        return f"Enter at most {most} {what}."
    alike = len({line.casefold() for line in area.lines}) < len(area.lines)
    return "Two lines are equal. Enter each only once." if alike else ""
