"""Marks errors in the selected answer: connects the reading pane, the panel beside it and the study."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import NamedTuple

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence

from ftcompare.app.review import marks
from ftcompare.app.review.answer_names import still_to_rate
from ftcompare.app.review.answers import ReadAnswer
from ftcompare.app.study.opening import StudyFile
from ftcompare.core.annotations import Mark, StoredAnnotation
from ftcompare.core.error_scheme import ErrorScheme
from ftcompare.core.errors import FTCompareError
from ftcompare.core.language import N_, counted, tr
from ftcompare.core.person_names import folded_name
from ftcompare.core.study import ResponseId
from ftcompare.ui.marking.mark_panel import AS_WRITTEN, MarkPanel, error_highlights
from ftcompare.ui.page_context import PageContext
from ftcompare.ui.pages.review.answers.reading_pane import AnswerTool, ReadingPane
from ftcompare.ui.safe_text import one_line

QUOTE_LENGTH = 60
WORDS_BEFORE = 4  # words that say where something is missing
CONTROL = Qt.KeyboardModifier.ControlModifier


class AnswerMarking(AnswerTool):
    """Draws the marks of visible answers; adds, changes and takes back marks of one expert."""

    kept = Signal()  # annotations in the study have changed
    read = Signal()  # an answer was marked as fully read, and the next one is wanted

    def __init__(self, context: PageContext, pane: ReadingPane) -> None:
        how = tr("Select words in the answer, or place the cursor where something is missing")
        super().__init__(context, pane, tr("Mark error"), "A", "answer_marks", how)
        self._found: dict[ResponseId, marks.MarkedAnswer] = {}
        self.panel = MarkPanel(lambda: pane.text)
        pane.set_rail(self.panel)
        pane.installEventFilter(self)
        self._connect()

    def load(self) -> None:
        self.panel.show_name(self._expert)
        wanted = tuple(answer.response for _, answer in self._pane.views())
        if self.panel.form.response not in (None, *wanted):
            self.panel.form.dismiss()
        self._tasks.run(partial(_read, responses=wanted, name=self._expert), self._show)

    def act(self) -> None:
        answer = self._pane.answer
        if self._pane.correcting:
            self._context.bar.show_note(tr("Close the correction first. Errors are marked in its place."))
            return
        why_not = self.panel.ask(answer.response, answer.text) if answer is not None else ""
        if why_not is AS_WRITTEN:
            self._pane.as_written.setChecked(True)
        if why_not:
            self._context.bar.show_note(tr(why_not))

    def undo(self) -> None:
        undo = partial(marks.undo_mark, name=self._expert, now=datetime.now(UTC))
        self._tasks.run(undo, self._on_undone, self._failed)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() is QEvent.Type.KeyPress and self._take_key(event):
            return True
        if event.type() is QEvent.Type.Show:
            self.panel.show_name(self._expert)  # it may have been given on another tab
        return super().eventFilter(watched, event)

    def _take_key(self, event: QKeyEvent) -> bool:
        if event.matches(QKeySequence.StandardKey.Undo):
            self.undo()
        elif event.key() == Qt.Key.Key_A and event.modifiers() == Qt.KeyboardModifier.NoModifier:
            self.act()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and event.modifiers() == CONTROL:
            self.panel.next.click()
        else:
            return False
        return True

    def _show(self, marking: _Found) -> None:
        self.panel.scheme, answers, still = marking
        self._found = {answer.response: answer for answer in answers}
        self.panel.tell(still)
        self._draw()

    def _draw(self) -> None:
        for view, answer in self._pane.views():
            view.set_errors(error_highlights(self._shown_marks(answer.response)))
        self._show_panel()

    def _show_panel(self) -> None:
        answer = self._pane.answer
        if answer is None:
            return
        marked = self._found.get(answer.response)
        done = marked is not None and any(self._is_own(name) for name in marked.done_by)
        shown = self._shown_marks(answer.response)
        self.panel.show_marks(shown, self._expert, done=done)
        self.panel.title.set_text(counted(len(shown), "mark") if shown else tr("Marks"))

    def _shown_marks(self, response: ResponseId) -> tuple[marks.ShownMark, ...]:
        marked = self._found.get(response)
        every = self.panel.others.isChecked()
        return tuple(m for m in (marked.marks if marked else ()) if every or self._is_own(m.expert))

    def _is_own(self, expert: str) -> bool:
        return folded_name(expert) == folded_name(self._expert)

    def _keep(self, mark: Mark, changed: marks.ShownMark | None = None) -> None:
        keep = partial(marks.add_mark, name=self._expert, mark=mark, now=datetime.now(UTC))
        if changed is not None:
            keep = partial(marks.change_mark, number=changed.number, **keep.keywords)
        self._run(keep, (self._did(_MARKED if changed is None else _CHANGED, mark), self.undo))

    def _on_name(self, name: str) -> None:
        self._context.remembered.change(expert=name)
        self.panel.show_name(name)
        self.load()

    def _remove(self, mark: marks.ShownMark) -> None:
        again = partial(self._keep, mark.given)
        take_back = partial(
            marks.take_back_mark, name=self._expert, number=mark.number, now=datetime.now(UTC)
        )
        self._run(take_back, (self._did(_REMOVED, mark.given), again))

    def _finish(self) -> None:
        """Mark the answer as fully read, and go on to the next one."""
        self.panel.done.setChecked(True)  # Without a name, it is asked for.
        if self._expert:
            self.read.emit()

    def _look_through(self, done: bool) -> None:
        answer = self._pane.answer
        if answer is None:
            return
        if not self._expert:
            self._show_panel()
            self.panel.ask_name(N_("Enter your name to mark this answer as read."), self.panel.next.click)
            return
        self._set_read(answer, done)

    def _set_read(self, answer: ReadAnswer, done: bool) -> None:
        now, name = datetime.now(UTC), self._expert
        self._run(
            lambda study: marks.set_looked_through(study, name, answer.response, done=done, now=now),
            (
                tr("Answer marked as fully read.") if done else tr("Answer no longer marked as fully read."),
                lambda: self._set_read(answer, not done),
            ),
        )

    def _run(self, operation: Callable[[StudyFile], object], done: tuple[str, Callable[[], None]]) -> None:
        """Change the study, and say what was done, with the way back."""

        def say(_: object) -> None:
            self._context.bar.show_note(done[0], tr("Undo"), done[1])
            self._changed()

        self._tasks.run(operation, say, self._failed)

    def _changed(self) -> None:
        self.kept.emit()
        self.load()

    def _failed(self, error: FTCompareError) -> None:
        self._context.bar.show_error(error)
        self._changed()

    def _on_undone(self, undone: StoredAnnotation | None) -> None:
        if undone is not None and isinstance(undone.given, Mark):
            self._context.bar.show_good(self._did(_UNDONE, undone.given))
        self._changed()

    def _did(self, words: tuple[str, str], mark: Mark) -> str:
        """Say what was done to a mark of a passage, or of missing text after the words before it."""
        texts = {answer.response: answer.text for _, answer in self._pane.views()}
        before = texts.get(mark.response, "")[: mark.start].split()[-WORDS_BEFORE:]
        quote = one_line(mark.quote or " ".join(before), QUOTE_LENGTH)
        return tr(words[0 if mark.quote else 1], quote=quote)

    def _connect(self) -> None:
        self._pane.sight_changed.connect(self.load)
        self._pane.answer_changed.connect(lambda _: self._show_panel())
        self.panel.next.clicked.connect(self._finish)
        self.panel.kept.connect(self._keep)
        self.panel.named_as.connect(self._on_name)
        self.panel.removal_wanted.connect(self._remove)
        self.panel.looked_through.connect(self._look_through)
        self.panel.others_wanted.connect(lambda _: self._draw())


_MARKED = N_("Marked “{quote}”."), N_("Marked: something is missing after “{quote}”.")
_CHANGED = N_("Changed the mark “{quote}”."), N_("Changed the mark after “{quote}”.")
_REMOVED = N_("Removed the mark “{quote}”."), N_("Removed the mark after “{quote}”.")
_UNDONE = N_("Undone: the mark “{quote}”."), N_("Undone: a mark.")


class _Found(NamedTuple):
    """The error scheme, the visible answers with marks, and a text on the pairs the expert has to rate."""

    scheme: ErrorScheme
    answers: tuple[marks.MarkedAnswer, ...]
    still_to_rate: str


def _read(study: StudyFile, responses: tuple[ResponseId, ...], name: str) -> _Found:
    still = still_to_rate(study, name) if name else None
    answers = tuple(marks.answer_marks(study, response) for response in responses)
    return _Found(marks.error_scheme(study), answers, still.words if still is not None else "")
