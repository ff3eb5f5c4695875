"""The reading pane: a prompt, its reference, one or two answers with connected tools; sending prompts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QCheckBox, QLineEdit, QSpinBox, QSplitter, QWidget

from ftcompare.core.plurals import counted
from ftcompare.core.study import ResponseId
from ftcompare.ui import safe_text
from ftcompare.ui.dialogs.frames import NamedDialog
from ftcompare.ui.page_context import PageContext
from ftcompare.ui.pages.review.match_navigation import MatchNavigation
from ftcompare.ui.pages.review.pair_view import PROMPT_HEIGHT, SidePanel, VerdictList, small_card, turns
from ftcompare.ui.rating.prompt import ContextCard, ReferenceCard
from ftcompare.ui.safe_text import one_line, short_name, split_name, tip
from ftcompare.ui.study_thread.study_tasks import OwnedTasks
from ftcompare.ui.text.marked_text import MarkedText
from ftcompare.ui.text.response_text import TurnText
from ftcompare.ui.theme.theme import XL, L, M, S
from ftcompare.ui.widgets import controls
from ftcompare.ui.widgets.button_groups import follow_layout
from ftcompare.ui.widgets.controls import (
    Heading,
    Muted,
    PlainButton,
    PrimaryButton,
    ScrollPanel,
    label,
    named,
)
from ftcompare.ui.widgets.inputs import choice_box, fill_choice, number_field
from ftcompare.ui.widgets.layouts import STRETCH, FlowLayout, filled, in_column, in_row

if TYPE_CHECKING:
    from ftcompare.app.review.answers import AnsweredPrompt, ReadAnswer
    from ftcompare.app.review.judging_round import RoundPreview

ABOUT_LENGTH = 160
NAME_LENGTH = 32
KEYS = "In an answer, press F3 for the next term."


class ReadingPane(QWidget):
    """One prompt with the chosen answer and, on request, another of its answers beside it."""

    # another answer is selected (`ReadAnswer`), or none (None). The selected answer is the chosen one, or the
    # one beside it while that has the focus.
    answer_changed = Signal(object)
    sight_changed = Signal()  # other answers are shown, or the same ones were shown again (`views`)

    def __init__(self, context: PageContext) -> None:
        super().__init__()
        self._context = context
        self.shown: AnsweredPrompt | None = None
        """The prompt with all its answers; None while nothing is shown."""
        self._chosen: ReadAnswer | None = None
        self._other: ReadAnswer | None = None
        self._in_hand: ReadAnswer | None = None
        self.prompt = TurnText(context.theme, "Prompt", PROMPT_HEIGHT)
        self.notice = controls.NoticeLabel()
        self._about = controls.named(controls.ElidedLabel("small"), "prompt_about")
        self.reference = ReferenceCard(context.theme)
        self.passages = ContextCard(context.theme)
        self.panel = SidePanel(context, "Answer")
        self.other_panel = SidePanel(context, "Second answer")
        self.verdicts = VerdictList()
        self.as_written = controls.named(QCheckBox("Plain text"), "answers_as_written")
        self.beside = controls.named(QCheckBox("Compare with another answer"), "answers_beside")
        self._others = controls.named(choice_box(), "answer_beside", "Second answer")
        self._mark = controls.Muted("", small=True)
        self.hits = MatchNavigation(context.theme, (self.prompt, self.panel.text, self.other_panel.text))
        self._look_soon = QTimer(self, singleShot=True, interval=0)
        self._tools = FlowLayout(M)
        self._side = QWidget()
        self._split = QSplitter(Qt.Orientation.Horizontal)
        self._arrange()
        self._connect()

    @property
    def answer(self) -> ReadAnswer | None:
        return self._in_hand

    @property
    def text(self) -> MarkedText:
        """Return the view of the selected answer; after its signal ``reshown`` marks must be drawn again."""
        beside = self._in_hand is not None and self._in_hand is self._other
        return self.other_panel.text if beside else self.panel.text

    def views(self) -> tuple[tuple[MarkedText, ReadAnswer], ...]:
        both = ((self.panel.text, self._chosen), (self.other_panel.text, self._other))
        return tuple((view, answer) for view, answer in both if answer is not None)

    @property
    def two_wanted(self) -> bool:
        return self.beside.isChecked()

    def set_side_panel(self, panel: QWidget | None) -> None:
        shown = panel if panel is not None else QWidget()
        before = self._split.replaceWidget(1, shown)
        if before is not None:
            before.setParent(self)  # A widget without a parent keeps the theme's style sheet of that time.
            before.hide()
        self._side = shown
        shown.setVisible(panel is not None)
        self._split.setStretchFactor(0, 1)

    def add_tool(self, tool: QWidget) -> None:
        self._tools.addWidget(tool)
        tool.show()  # Qt would show it only when the window is next at rest

    def show_answer(self, shown: AnsweredPrompt | None, chosen: ResponseId | None = None) -> None:
        """Show an answer of a prompt; nothing for None, or for an answer that is not the prompt's."""
        answers = shown.answers if shown is not None else ()
        self._chosen = next((one for one in answers if one.response == chosen), None)
        self.shown = shown if self._chosen is not None else None
        self._column.setVisible(self._chosen is not None)
        if shown is None or self._chosen is None:
            self._other = None
            self._take(None)
            return
        self._show_prompt()
        split = split_name(shown.split) if shown.split else ""
        about = (shown.key, shown.category, split, ", ".join(shown.tags), *shown.told)
        self._about.setText(one_line(" · ".join(filter(None, about)), ABOUT_LENGTH))
        self.notice.set(shown.notice)
        self.reference.set_reference(shown.reference)
        self.passages.set_context(shown.context)
        self._show(self.panel, self._chosen)
        self._offer_others(shown)
        self._show_other()
        self._take(self._chosen)

    def focus_answer(self) -> None:
        self.panel.text.setFocus()

    def refresh(self) -> None:
        self.prompt.refresh()
        self.reference.refresh()
        self.passages.refresh()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """M: plain text or Markdown. B: another answer. R: reference answer. X: context. N: next match."""
        keys = {
            Qt.Key.Key_M: self.as_written.click,
            Qt.Key.Key_B: self.beside.click,
            Qt.Key.Key_R: self.reference.fold,
            Qt.Key.Key_X: self.passages.fold,
        }
        act = keys.get(Qt.Key(event.key()))
        if self.hits.take_key(event):
            return
        if act is not None and event.modifiers() == Qt.KeyboardModifier.NoModifier:
            act()
        else:
            super().keyPressEvent(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.FocusIn:
            self._take(self._other if watched is self.other_panel.text else self._chosen)
        return super().eventFilter(watched, event)

    def _take(self, answer: ReadAnswer | None) -> None:
        if answer is not self._in_hand:
            self._in_hand = answer
            self.answer_changed.emit(answer)

    def _show(self, panel: SidePanel, answer: ReadAnswer) -> None:
        glossary = self.shown is not None and self.shown.glossary and bool(answer.reviewed.matches)
        panel.show_side(answer.reviewed, answer.name, glossary=glossary)
        panel.only_here.hide()

    def _show_prompt(self) -> None:
        markdown = not self.as_written.isChecked()
        words = turns(self.shown.messages) if self.shown is not None else ""
        self.prompt.set_text(safe_text.beginning(words, markdown=markdown), markdown=markdown)

    def _offer_others(self, shown: AnsweredPrompt) -> None:
        others = [one for one in shown.answers if one is not self._chosen]
        entries: list[tuple[str, object]] = [(short_name(one.name, NAME_LENGTH), one.name) for one in others]
        fill_choice(self._others, entries, self._others.currentData())
        self.beside.setEnabled(bool(others))

    def _show_other(self) -> None:
        wanted = self.beside.isChecked() and self.beside.isEnabled() and self.shown is not None
        names = {one.name: one for one in self.shown.answers} if wanted and self.shown is not None else {}
        other = names.get(str(self._others.currentData()))
        if self._in_hand is not None and self._in_hand is self._other:
            self._take(self._chosen)
        self._other = other
        self.other_panel.setVisible(other is not None)
        self._others.setVisible(other is not None and len(names) > 2)
        if other is not None:
            self._show(self.other_panel, other)
        if self.shown is not None and self._chosen is not None:
            in_sight = frozenset(int(answer.response) for _, answer in self.views())
            self.verdicts.show_of(self.shown, in_sight)
        self._look_soon.start()
        self.sight_changed.emit()

    def _on_as_written(self, as_written: bool) -> None:
        self._context.remembered.change(review_markdown=not as_written)
        self._set_markdown()
        self._show_prompt()

    def _set_markdown(self) -> None:
        markdown = not self.as_written.isChecked()
        for panel in (self.panel, self.other_panel):
            panel.text.set_markdown(markdown)
        for card in (self.reference, self.passages):
            card.set_markdown(markdown)

    def _arrange(self) -> None:
        self.as_written.setToolTip("Show texts with their Markdown characters, not as raters see them (M)")
        self.beside.setToolTip("Show two answers to the prompt side by side (B)")
        self._answers = filled(in_row((self.panel, 1), (self.other_panel, 1), gap=M))
        self.other_panel.hide()
        self._others.hide()
        written = filled(in_row(self.as_written, controls.KeyCap("M"), gap=S))
        for part in (filled(in_row(self.beside, controls.KeyCap("B"), gap=S)), self._others, written):
            self._tools.addWidget(part)
        self._tool_row = filled(self._tools)
        prompt = small_card("Prompt", self.prompt, (self._about, 1), self.notice)
        above = (self.hits, prompt, self.passages, self.reference)
        self._column = filled(
            in_column(*above, self._tool_row, (self._answers, 1), self._mark, self.verdicts, gap=M)
        )
        self._column.setProperty("role", "plain")
        scroll = controls.named(ScrollPanel(), "answer_scroll", "The current answer")
        scroll.setWidget(self._column)
        self._split.setChildrenCollapsible(False)
        self._split.addWidget(scroll)
        self._split.addWidget(self._side)
        self._side.hide()
        in_column((self._split, 1), of=self)
        follow_layout(self._column)
        self._column.hide()

    def _connect(self) -> None:
        self.as_written.setChecked(not self._context.remembered.now.review_markdown)
        self._set_markdown()
        self.as_written.toggled.connect(self._on_as_written)
        self.beside.toggled.connect(self._show_other)
        self._others.currentIndexChanged.connect(self._show_other)
        self._look_soon.timeout.connect(self.hits.look)
        for panel in (self.panel, self.other_panel):
            panel.text.moved.connect(self._mark.setText)
            panel.text.reshown.connect(self._look_soon.start)
            panel.text.installEventFilter(self)
        self.prompt.textChanged.connect(self._look_soon.start)
        self._context.theme.changed.connect(self.refresh)


class AnswerTool(QObject):
    """Something to do with the selected answer, and its button in the row above the answer."""

    def __init__(self, context: PageContext, pane: ReadingPane, text: str, name: str, how: str) -> None:
        super().__init__(pane)
        self._context, self._pane = context, pane
        self._tasks = OwnedTasks(self, context.tasks)
        self.button = controls.PlainButton(text, name=name)
        self.button.setToolTip(tip(how))
        pane.add_tool(self.button)

    @property
    def _expert(self) -> str:
        return self._context.remembered.now.expert.strip()


WIDTH = 560
SHOWN_RATERS = 8


class SendDialog(NamedDialog):
    """The question, with a description of the effect."""

    # names of raters, and the number of further judgments per pair, if no rater is named
    decided = Signal(tuple, int)

    def __init__(self, parent: QWidget | None, preview: RoundPreview) -> None:
        super().__init__("", "Ask raters again", parent, modal=True)
        self._preview = preview
        self.setMinimumWidth(WIDTH)
        self.names = named(QLineEdit(), "send_raters", "Raters, separated by commas")
        self.further = number_field(QSpinBox(minimum=1, maximum=max(1, preview.shared_out)), "send_further")
        self.confirm = PrimaryButton("Ask raters again", name="send_confirm", act=self.accept)
        self.cancel = PlainButton("Cancel", name="send_cancel", act=self.reject)
        title = Heading(f"Ask raters again about {counted(preview.prompts, 'prompt')}?", level=2)
        title.setWordWrap(True)
        told = named(label(preview.told, wrap=True), "send_told")
        buttons = in_row(STRETCH, self.cancel, self.confirm, gap=L)
        self._column = in_column(title, told, S, *self._fields(), M, buttons, gap=M, of=self)
        self._column.setContentsMargins(XL, XL, XL, XL)
        self.names.textChanged.connect(self._check)
        self._check()

    @property
    def raters(self) -> tuple[str, ...]:
        return tuple(name.strip() for name in self.names.text().split(",") if name.strip())

    def accept(self) -> None:
        if self.confirm.isEnabled():
            self.decided.emit(self.raters, self.further.value())
            super().accept()

    def _fields(self) -> tuple[QWidget, ...]:
        shared = self._preview.shared_out > 0
        above = label("Only these raters (optional)" if shared else "Raters", "strong")
        above.setBuddy(self.names)
        self.names.setPlaceholderText("Ada, Ben")
        known = ", ".join(one_line(name, 30) for name in self._preview.raters[:SHOWN_RATERS])
        note = (
            f"In this study: {known}. A new name is a new rater." if known else "A new name is a new rater."
        )
        count = label("Additional judgments per pair", "strong")
        count.setBuddy(self.further)
        row = filled(in_row(count, self.further, STRETCH, gap=S))
        row.setVisible(shared)
        return (row, above, self.names, Muted(note, small=True))

    def _check(self) -> None:
        self.further.setEnabled(not self.raters)
        self.confirm.setEnabled(bool(self.raters) or self._preview.shared_out > 0)
