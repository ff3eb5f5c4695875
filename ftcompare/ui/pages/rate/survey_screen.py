"""The owner's questions before the first pair and after the last one, and where a rater goes in the end."""

from __future__ import annotations

from urllib.parse import urlsplit

from PySide6.QtCore import Qt, Signal, SignalInstance
from PySide6.QtWidgets import QCheckBox, QComboBox, QLineEdit, QWidget

from ftcompare.app.rate.rating_session import RatingView
from ftcompare.core.language import tr
from ftcompare.core.survey import AGREED, MAX_ANSWER, AnswerKind, Survey, SurveyMoment, SurveyQuestion
from ftcompare.ui.rating.controls import EnterScreen, button_row, wired
from ftcompare.ui.theme.theme import XS, L, M, S
from ftcompare.ui.widgets import controls
from ftcompare.ui.widgets.controls import label, named
from ftcompare.ui.widgets.file_dialogs import open_link
from ftcompare.ui.widgets.file_field import FieldMessage
from ftcompare.ui.widgets.inputs import choice_box, fill_choice
from ftcompare.ui.widgets.layouts import STRETCH, discard, filled, in_column, in_row, put

Input = QCheckBox | QComboBox | QLineEdit


class SurveyScreen(EnterScreen):
    """The questions on one screen. Enter, or the button, stores the answers once all are given."""

    answered = Signal(object, object)  # a `SurveyMoment`, and the answers by question

    def __init__(self) -> None:
        super().__init__()
        self._title = named(controls.Heading(level=2), "survey_title")
        self._moment = SurveyMoment.BEFORE
        self._inputs: list[tuple[SurveyQuestion, Input, FieldMessage]] = []
        self._questions = in_column(gap=XS)
        go_on = wired(controls.PrimaryButton(tr("Continue")), "survey_continue", self.go_on.emit)
        buttons = button_row(go_on, controls.KeyCap("Enter"))
        scrolled = controls.ScrollColumn(filled(in_column(self._questions, buttons, gap=M)))
        column = in_column(self._title, (scrolled, 1), gap=M)
        self.fill((controls.PageBody(column, controls.BODY_WIDTH, S), 100))
        self.go_on.connect(self._send)

    def show_questions(self, view: RatingView) -> None:
        """Ask the questions of a view in phase SURVEY."""
        self._moment = view.asked_at
        self._title.setText(
            tr("Before you begin") if self._moment is SurveyMoment.BEFORE else tr("Last questions")
        )
        self.setAccessibleName(self._title.text())
        discard(self._questions)
        self._inputs = [
            (one, _input_of(one, f"survey_{at}"), FieldMessage().reserve())
            for at, one in enumerate(view.asked, start=1)
        ]
        for _, field, message in self._inputs:
            message.setMaximumHeight(message.minimumHeight())  # so that nothing moves when it says something
            _changed(field).connect(self._clear)
        put(self._questions, *(_with_text(*one) for one in self._inputs))
        self.first_focus = self._inputs[0][1]

    def _send(self) -> None:
        self._clear()
        for question, field, message in self._inputs:
            if not question.accepts(_answer(field)):
                message.show_problem(_missing_words(question.kind))
                field.setFocus()
                return
        answers = {question.text: _answer(field) for question, field, _ in self._inputs}
        self.answered.emit(self._moment, answers)

    def _clear(self) -> None:
        for _, _, message in self._inputs:
            message.clear()


def _missing_words(kind: AnswerKind) -> str:
    if kind is AnswerKind.CONSENT:
        return tr("Select “{title}” to continue.", title=tr("I agree"))
    number = kind is AnswerKind.NUMBER
    return tr("Enter a number, such as 5 or 2.5.") if number else tr("Answer every question to continue.")


def _input_of(question: SurveyQuestion, name: str) -> Input:
    if question.kind is AnswerKind.CONSENT:
        return named(QCheckBox(tr("I agree")), name)
    if question.kind is AnswerKind.CHOICE:
        box = named(choice_box(), name, question.text)
        fill_choice(box, [("", ""), *((option, option) for option in question.options)], "")
        return box
    return named(QLineEdit(maxLength=MAX_ANSWER), name, question.text)


def _changed(field: Input) -> SignalInstance:
    if isinstance(field, QCheckBox):
        return field.toggled
    return field.currentIndexChanged if isinstance(field, QComboBox) else field.textChanged


def _with_text(question: SurveyQuestion, field: Input, message: FieldMessage) -> QWidget:
    text = label(question.text, wrap=True)
    if question.kind is not AnswerKind.CONSENT:
        text.setBuddy(field)
        return filled(in_column(text, in_row((field, 1), (STRETCH, 1)), message, gap=XS))
    card = controls.Card()
    put(card.body, text, in_row(field, STRETCH))
    return filled(in_column(card, message, gap=XS))


def _answer(field: Input) -> str:
    if isinstance(field, QCheckBox):
        return AGREED if field.isChecked() else ""
    return str(field.currentData()) if isinstance(field, QComboBox) else field.text().strip()


class SurveyEnding(QWidget):
    """The completion code and the address to return to; hidden if the owner gave none."""

    def __init__(self) -> None:
        super().__init__()
        self._code, self._link = named(label("", "strong"), "completion_code"), ""
        self._code.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._open = wired(controls.PlainButton(""), "return_link", lambda: open_link(self._link))
        in_row(self._code, self._open, STRETCH, gap=L, of=self)

    def show_survey(self, survey: Survey) -> None:
        self._link = survey.link
        self._code.setText(tr("Completion code: {code}", survey.code) if survey.code else "")
        self._open.set_text(tr("Open {site}", urlsplit(survey.link).hostname or ""))
        self._open.setVisible(bool(survey.link))
        self.setVisible(bool(survey.code or survey.link))
