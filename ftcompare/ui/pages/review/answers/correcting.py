"""Corrects the selected answer: connects the reading pane, the dialog and the study."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from ftcompare.app.study.opening import StudyFile
from ftcompare.core.errors import FTCompareError
from ftcompare.core.person_names import folded_name
from ftcompare.core.study import ResponseId
from ftcompare.ui.page_context import PageContext
from ftcompare.ui.pages.review.answers.correction_dialog import CorrectionDialog, CorrectionText
from ftcompare.ui.pages.review.answers.reading_pane import ReadingPane
from ftcompare.ui.study_thread.owned_tasks import OwnedTasks
from ftcompare.ui.widgets.controls import PlainButton, named

if TYPE_CHECKING:
    from ftcompare.app.review.answers import ReadAnswer
    from ftcompare.app.review.corrections import CorrectedText


class AnswerCorrecting(QObject):
    """Opens the dialog for the selected answer, and stores or takes back the correction of one expert.

    A correction that was begun and not stored is kept until the study is closed.
    """

    def __init__(self, context: PageContext, pane: ReadingPane) -> None:
        super().__init__(pane)
        self._context, self._pane = context, pane
        self._tasks = OwnedTasks(self, context.tasks)
        self._begun: dict[ResponseId, CorrectionText] = {}
        self.dialog: CorrectionDialog | None = None
        self.button = named(PlainButton("Correct…"), "answer_correct")
        self.button.setToolTip("Write what the answer should have been (C)")
        pane.add_tool(self.button)
        self.button.clicked.connect(self.correct)
        pane.answer_changed.connect(lambda _: self._count())

    def correct(self) -> None:
        answer = self._pane.answer
        if answer is not None and self.dialog is None:
            self._tasks.run(partial(_of_answer, response=answer.response), partial(self._open, answer))

    def _count(self) -> None:
        answer = self._pane.answer
        if answer is None:
            return
        response = answer.response
        self._tasks.run(partial(_of_answer, response=response), lambda found: self._tell(response, found))

    def _tell(self, response: ResponseId, found: tuple[CorrectedText, ...]) -> None:
        answer = self._pane.answer
        if answer is not None and answer.response == response:
            self.button.set_text(f"Correct… ({len(found)})" if found else "Correct…")

    @property
    def _name(self) -> str:
        return self._context.remembered.now.expert.strip()

    def _open(self, answer: ReadAnswer, found: tuple[CorrectedText, ...]) -> None:
        mine = folded_name(self._name)
        own = next((one for one in found if folded_name(one.expert) == mine), None)
        stood = CorrectionText(own.text, own.comment) if own else CorrectionText(answer.text)
        begun = self._begun.pop(answer.response, stood)
        dialog = CorrectionDialog(
            self._pane.window(), self._context.theme, answer.name, answer.text, self._name
        )
        dialog.show_correction(begun, stands=own is not None)
        dialog.kept.connect(partial(self._keep, answer.response))
        dialog.taken_back.connect(partial(self._take_back, answer.response))
        dialog.left.connect(partial(self._keep_begun, answer.response, stood))
        dialog.finished.connect(self._closed)
        self.dialog = dialog
        dialog.open()

    def _closed(self) -> None:
        self.dialog = None
        self._pane.text.setFocus()

    def _keep_begun(self, response: ResponseId, stood: CorrectionText, given: CorrectionText) -> None:
        if given != stood:
            self._begun[response] = given

    def _keep(self, response: ResponseId, given: CorrectionText, name: str) -> None:
        self._context.remembered.change(expert=name)
        self._begun[response] = given
        act = partial(_kept, name=name, response=response, given=given, now=datetime.now(UTC))
        self._tasks.run(act, lambda _: self._done(response, "Correction kept."), self._failed)

    def _take_back(self, response: ResponseId) -> None:
        act = partial(_taken_back, name=self._name, response=response, now=datetime.now(UTC))
        self._tasks.run(act, lambda _: self._done(response, "Correction taken back."), self._failed)

    def _done(self, response: ResponseId, words: str) -> None:
        self._begun.pop(response, None)
        self._context.bar.show_good(words)
        self._count()

    def _failed(self, error: FTCompareError) -> None:
        """The text of the correction is shown again when the dialog is opened again."""
        self._context.bar.show_error(error)


def _of_answer(study: StudyFile, response: ResponseId) -> tuple[CorrectedText, ...]:
    from ftcompare.app.review.corrections import corrections

    return corrections(study, response)


def _kept(study: StudyFile, name: str, response: ResponseId, given: CorrectionText, now: datetime) -> None:
    from ftcompare.app.review.corrections import correct

    correct(study, name, response, given.text, comment=given.comment, now=now)


def _taken_back(study: StudyFile, name: str, response: ResponseId, now: datetime) -> None:
    from ftcompare.app.review.corrections import take_correction_back

    take_correction_back(study, name, response, now=now)
