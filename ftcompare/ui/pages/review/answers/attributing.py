"""Which parts of the prompt selected words of an answer depend on: connects reading pane, engine, dialog."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING

from ftcompare.app.study.opening import StudyFile
from ftcompare.core.errors import FTCompareError
from ftcompare.core.language import N_, tr
from ftcompare.core.study import ResponseId
from ftcompare.ui.marking.mark_panel import AS_WRITTEN
from ftcompare.ui.page_context import PageContext
from ftcompare.ui.pages.review.answers.reading_pane import AnswerTool, ReadingPane
from ftcompare.ui.widgets.file_field import in_words

if TYPE_CHECKING:
    from ftcompare.app.generate.engine_run import GenerationProgress
    from ftcompare.app.review.attribution import AttributionQuestion, AttributionRun, PartKind
    from ftcompare.ui.engine.run_driver import EngineRunner
    from ftcompare.ui.pages.review.answers.attribution_dialog import AttributionDialog

TIP = N_(
    "Select words in the answer to find out which words of the prompt they rest on. Each word of the prompt "
    "is left out in turn."
)
NO_WORDS = N_("Select words in the answer, then press W to see which words of the prompt they rest on.")
STOPPING = N_("The previous computation is still stopping. Try again in a moment.")
DOING = N_("FTCompare is computing what an answer rests on.")


class AnswerAttributing(AnswerTool):
    """Asks the engine about the words selected in the current answer. Results are not stored in the study."""

    def __init__(self, context: PageContext, pane: ReadingPane, backend: str = "local") -> None:
        super().__init__(context, pane, tr("What the answer rests on…"), "W", "answer_prompt_words", tr(TIP))
        self._backend = backend
        self._made: list[AttributionRun] = []
        self._left = False
        self._next: AttributionQuestion | None = None  # the question to ask when the current run has stopped
        self.runner: EngineRunner | None = None
        self.dialog: AttributionDialog | None = None
        pane.answer_changed.connect(lambda one: self.button.setVisible(bool(one and one.written_here)))

    def act(self) -> None:
        """Ask; possible after unblinding, for answers of models on this machine."""
        answer, view = self._pane.answer, self._pane.text
        if answer is None or not answer.written_here:
            return
        if self.runner is not None and self.runner.running:
            self._context.bar.show_note(tr(STOPPING))
            return
        span = view.selected_span()
        if span is None:
            imprecise = view.textCursor().hasSelection()
            self._pane.as_written.setChecked(imprecise or self._pane.as_written.isChecked())
            self._context.bar.show_note(tr(AS_WRITTEN if imprecise else NO_WORDS))
            return
        asked = partial(_question, response=answer.response, start=span[0], end=span[1])
        self._tasks.run(asked, partial(self._open, answer.name), self._context.bar.show_error)

    def leave(self) -> None:
        """Close the dialog, and open no other."""
        self._left = True
        if self.dialog is not None:
            self.dialog.reject()

    def _open(self, name: str, question: AttributionQuestion) -> None:
        if self._left or self.dialog is not None:
            return
        from ftcompare.ui.pages.review.answers.attribution_dialog import AttributionDialog

        dialog = AttributionDialog(self._pane.window(), self._context.theme, name, question)
        dialog.finished.connect(self._closed)
        dialog.kind_wanted.connect(partial(self._ask_by, question))
        self.dialog = dialog
        dialog.open()
        self._start(question)

    def _ask_by(self, question: AttributionQuestion, kind: PartKind) -> None:
        response, start, end = question.response.id, question.start, question.end
        asked = partial(_question, response=response, start=start, end=end, kind=kind)
        self._tasks.run(asked, self._ask_next, self._refuse)

    def _ask_next(self, question: AttributionQuestion) -> None:
        if self.dialog is None:
            return
        self.dialog.show_question(question)
        if self.runner is not None and self.runner.running:
            self._next = question
            self.runner.stop()
        else:
            self._start(question)

    def _refuse(self, error: FTCompareError) -> None:
        if self.dialog is not None:
            self.dialog.refuse(in_words(error))

    def _start(self, question: AttributionQuestion) -> None:
        from ftcompare.app.review.attribution import AttributionRun

        made: list[AttributionRun] = []
        self._made = made

        def make(study: StudyFile) -> AttributionRun:
            made.append(
                AttributionRun(study, question, clock=partial(datetime.now, UTC), backend=self._backend)
            )
            return made[0]

        self.runner = self.runner or self._made_runner()
        self.runner.carry(make)

    def _made_runner(self) -> EngineRunner:
        from ftcompare.ui.engine.run_driver import EngineRunner

        runner = EngineRunner(self._context.tasks, doing=tr(DOING), parent=self)
        runner.progress.connect(self._on_progress)
        runner.finished.connect(self._on_finished)
        return runner

    def _on_progress(self, progress: GenerationProgress) -> None:
        if self.dialog is not None:
            self.dialog.show_progress(progress)

    def _on_finished(self, progress: GenerationProgress) -> None:
        if self.dialog is None:
            return
        if self._next is not None:
            question, self._next = self._next, None
            self._start(question)
            return
        from ftcompare.ui.engine.run_driver import fault_words

        result = self._made[0].result if self._made else None
        if result is not None:
            self.dialog.show_found(result)
        elif progress.fault is not None:
            self.dialog.show_problem(fault_words(progress.fault, written=False, named=True))

    def _closed(self) -> None:
        self.dialog = self._next = None
        if self.runner is not None:
            self.runner.stop()
        self._pane.text.setFocus()


def _question(
    study: StudyFile, response: ResponseId, start: int, end: int, kind: PartKind | None = None
) -> AttributionQuestion:
    from ftcompare.app.generate.engine_run import require_engine
    from ftcompare.app.review.attribution import attribution_question

    question = attribution_question(study, response, start, end, kind)
    require_engine()
    return question
