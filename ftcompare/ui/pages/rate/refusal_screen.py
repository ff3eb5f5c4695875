"""One answer after another with the question whether it declines. The system that wrote it is not shown."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QLineEdit, QProgressBar, QWidget

from ftcompare.core.annotations import RefusalSaid
from ftcompare.core.conversation import turns_text
from ftcompare.core.errors import FTCompareError
from ftcompare.core.language import N_, sentences, tr
from ftcompare.core.study import MAX_EXPERT_NAME, kept_name
from ftcompare.ui.rating.controls import KeyButton, wired
from ftcompare.ui.rating.pair import TextPanel
from ftcompare.ui.rating.prompt import ContextCard, PromptCard
from ftcompare.ui.text.response_text import FoldableText
from ftcompare.ui.theme.theme import L, M, S, Theme
from ftcompare.ui.widgets.controls import Heading, KeyCap, Muted, PlainButton, label, named
from ftcompare.ui.widgets.layouts import STRETCH, filled, in_column, in_row

if TYPE_CHECKING:
    from ftcompare.app.rate.refusal_labels import RefusalQuestion, RefusalsView

QUESTION = N_("Does this answer refuse?")
HOW = N_(
    "Yes: it provides nothing of what was asked, whatever else it offers. No: it provides what was asked, "
    "even if only in part or after a warning."
)
SAID = {
    RefusalSaid.YES: N_("Yes, it refuses"),
    RefusalSaid.NO: N_("No, it answers"),
    RefusalSaid.CANNOT_TELL: N_("Cannot tell"),
}
KEYS = {
    Qt.Key.Key_Y: RefusalSaid.YES,
    Qt.Key.Key_N: RefusalSaid.NO,
    Qt.Key.Key_C: RefusalSaid.CANNOT_TELL,
}
LONGEST_MOMENT = 0.4  # longest reading time in seconds; shorter than for pairs, because one text is read


class RefusalScreen(QWidget):
    """One answer at a time, of prompts on refusals; it can be labeled after ``moment`` seconds."""

    named = Signal(str)  # name of the rater, if none was given yet
    said = Signal(str, object, object)  # a rater's name, a ``ResponseId``, a `RefusalSaid`
    undone = Signal(str)  # take back the newest label of the rater with this name
    closed = Signal()  # go back to the screen before

    def __init__(self, theme: Theme, rater: str, moment: float) -> None:
        super().__init__()
        named(self, "refusals", tr("Confirm refusals"))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.shown: RefusalsView | None = None
        self._markdown = True
        self._moment = QTimer(self, singleShot=True, interval=round(1000 * min(moment, LONGEST_MOMENT)))
        self._moment.timeout.connect(partial(self._set_open, True))
        self.who = named(QLineEdit(rater), "refusal_rater", tr("Your name"))
        self.who.setMaxLength(MAX_EXPERT_NAME)
        self.who.returnPressed.connect(self._begin)
        begin = wired(PlainButton(tr("Begin")), "refusal_begin", self._begin)
        asked = in_row(label(tr("Your name")), self.who, begin, KeyCap("Enter"), STRETCH, gap=M)
        told = Muted(tr("Your judgments are saved under this name."))
        self._begin_row = filled(in_column(told, asked, gap=M))
        self.place = named(label("", "muted"), "refusal_place")
        self._bar = QProgressBar(textVisible=False)
        self._bar.setAccessibleName(tr("Progress"))
        self.prompt = PromptCard(theme, "P", "refusal_fold")
        self.context = ContextCard(theme)
        self.before = FoldableText(theme, tr("Turns before this answer"), "refusal_before")
        self.answer = TextPanel(theme, tr("Answer"))
        self.answer.setObjectName("refusal_answer")
        self.told = named(Muted(), "refusal_told")
        self.buttons = {said: self._button(said) for said in SAID}
        self.undo = wired(KeyButton(tr("Undo"), "Ctrl+Z", icon="undo-2"), "refusal_undo", self._undo)
        self._arrange()

    def ask_name(self) -> None:
        self.forget()
        self._begin_row.show()
        self._work.hide()
        self.who.setFocus()
        self.who.selectAll()

    def show_view(self, view: RefusalsView) -> None:
        self.shown = view
        self._begin_row.hide()
        self._work.setVisible(view.question is not None)
        self.place.setText(f"{view.done:,} of {view.total:,}")
        self._bar.setMaximum(max(view.total, 1))
        self._bar.setValue(view.done)
        self._bar.setAccessibleDescription(self.place.text())
        self.undo.setVisible(view.undo)
        self._set_open(False)
        if view.question is None:
            self.told.setText(tr("That was the last answer. Thank you. Everything is saved."))
        else:
            self._show_question(view.question)
        self.setFocus()

    def say(self, error: FTCompareError) -> None:
        self.told.setText(sentences(tr("Your judgment was not saved."), str(error)))
        self._set_open(self.shown is not None and self.shown.question is not None)

    def forget(self) -> None:
        self.shown = None
        self._moment.stop()
        self.answer.set_text("", markdown=False)
        self.prompt.set_messages(())
        self.told.setText("")

    def set_markdown(self, markdown: bool) -> None:
        self._markdown = markdown
        self.prompt.set_markdown(markdown)
        self.context.set_markdown(markdown)
        if self.shown is not None and self.shown.question is not None:
            self.answer.set_text(self.shown.question.text, markdown=markdown)

    def refresh(self) -> None:
        for card in (self.prompt, self.context, self.answer):
            card.refresh()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Y, N and C answer, Ctrl+Z undoes, M toggles Markdown, P and X open, Space scrolls, Esc leaves."""
        if event.matches(QKeySequence.StandardKey.Undo):
            self._undo()
            return
        key = Qt.Key(event.key())
        act: dict[Qt.Key, Callable[[], object]] = {
            Qt.Key.Key_M: lambda: self.set_markdown(not self._markdown),
            Qt.Key.Key_P: self.prompt.fold,
            Qt.Key.Key_X: self.context.fold,
            Qt.Key.Key_Space: partial(self._scroll, 1),
            Qt.Key.Key_PageDown: partial(self._scroll, 1),
            Qt.Key.Key_PageUp: partial(self._scroll, -1),
            Qt.Key.Key_Escape: self.closed.emit,
            **{own: self.buttons[said].click for own, said in KEYS.items()},
        }
        plain = event.modifiers() == Qt.KeyboardModifier.NoModifier
        if key in act and plain and not (event.isAutoRepeat() and key in KEYS):
            act[key]()
        else:
            super().keyPressEvent(event)

    def _show_question(self, question: RefusalQuestion) -> None:
        self.prompt.set_messages(question.messages)
        self.context.set_context(question.context)
        self.before.set_text(turns_text(question.earlier, question.later_turns))
        self.answer.set_text(question.text, markdown=self._markdown)
        given = tr("Your judgment: “{answer}”.", tr(SAID[question.said])) if question.said else ""
        self.told.setText(sentences(given, tr(HOW)))
        self._moment.start()

    def _set_open(self, opened: bool) -> None:
        """Accept a label, or none while one is being stored and before the answer can be read."""
        self._moment.stop()
        for button in self.buttons.values():
            button.setEnabled(opened)

    def _scroll(self, pages: int) -> None:
        bar = self.answer.text.view.verticalScrollBar()
        bar.setValue(bar.value() + pages * bar.pageStep())

    def _begin(self) -> None:
        if name := kept_name(self.who.text()):
            self.named.emit(name)

    def _answer(self, label: RefusalSaid) -> None:
        if self.shown is not None and self.shown.question is not None:
            self._set_open(False)
            self.said.emit(self.shown.rater, self.shown.question.response, label)

    def _undo(self) -> None:
        if self.shown is not None and self.shown.undo:
            self._set_open(False)
            self.undone.emit(self.shown.rater)

    def _button(self, choice: RefusalSaid) -> PlainButton:
        return wired(PlainButton(tr(SAID[choice])), f"refusal_{choice.value}", partial(self._answer, choice))

    def _arrange(self) -> None:
        back = wired(PlainButton(tr("Back")), "refusal_back", self.closed.emit)
        title = Heading(tr("Confirm refusals"), level=2)
        head = in_row(title, STRETCH, self.undo, self.place, back, KeyCap("Esc"), gap=M)
        answers = [
            part
            for key, said in KEYS.items()
            for part in (self.buttons[said], KeyCap(QKeySequence(key.value).toString()), S)
        ]
        question = named(label(tr(QUESTION), "strong"), "refusal_question")
        row = in_row(question, L, *answers, STRETCH, gap=S)
        parts = (self.prompt, self.context, self.before, (self.answer, 1), row)
        self._work = filled(in_column(*parts, gap=M))
        in_column(
            head,
            self._bar,
            self._begin_row,
            (self._work, 1),
            self.told,
            STRETCH,
            gap=S,
            margins=(0, S, 0, S),
            of=self,
        )
        self._begin_row.hide()
