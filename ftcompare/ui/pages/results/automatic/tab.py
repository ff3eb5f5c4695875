"""The tab “Automatic”: measures computed from the answers, shown apart from people's judgments."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import NamedTuple, Protocol

from PySide6.QtCore import Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QWidget

from ftcompare.app.measures import confidence
from ftcompare.app.measures.confidence import CorrectBy, StudyCalibration, study_calibration
from ftcompare.app.measures.kind import MeasureRow
from ftcompare.app.measures.matrix import (
    CellPrompt,
    MeasureMatrix,
    SampledAnswer,
    SampledAnswers,
    cell_prompts,
    matrix_details,
    sampled_answers,
    study_matrix,
)
from ftcompare.app.measures.measure import AnyStudy
from ftcompare.app.measures.registry import KINDS
from ftcompare.app.results.presentation.blocks import Section
from ftcompare.app.study.opening import StudyFile
from ftcompare.app.work_progress import ProgressCallback
from ftcompare.core.errors import FTCompareError
from ftcompare.core.study import PromptId
from ftcompare.ui import safe_text
from ftcompare.ui.figures.section_cards import SectionCards
from ftcompare.ui.page_context import PageContext
from ftcompare.ui.pages.results.automatic.matrix_card import CellView, MatrixCard
from ftcompare.ui.pages.results.automatic.pair_cards import CorrectnessRule, PairCards
from ftcompare.ui.pages.results.automatic.runs_card import RunsCard
from ftcompare.ui.pages.results.tabs import ResultsData, ResultsTab, ShownStudy
from ftcompare.ui.pages.review.pair_view import PROMPT_HEIGHT, turns
from ftcompare.ui.safe_text import short_name
from ftcompare.ui.study_thread.study_tasks import OwnedTasks
from ftcompare.ui.text.response_text import TurnText
from ftcompare.ui.theme.theme import L, M, S
from ftcompare.ui.widgets.button_groups import follow_layout
from ftcompare.ui.widgets.controls import Card, EmptyState, PlainButton, SectionLabel, label, named, waiting
from ftcompare.ui.widgets.layouts import STRETCH, Slot, filled, in_column, in_row, put
from ftcompare.ui.widgets.study_work import StudyWork

CARDS = {kind.results.key: kind.results for kind in KINDS if kind.results and kind.results.cards}
"""The kinds of measures with cards about a pair, in the order of their cards."""


class PairDetails(NamedTuple):
    """The content below the matrix after unblinding: the evidence for `CARDS`, and sections."""

    found: Mapping[str, AnyStudy]
    calibration: StudyCalibration
    sections: tuple[Section, ...]


class Measured(NamedTuple):
    """The computed measures of a study's answers."""

    matrix: MeasureMatrix
    details: PairDetails | None


class _AsksForAnswers(Protocol):
    """A list from which the answers to a prompt can be opened."""

    def focus_list(self) -> None:
        """Go on in the list."""


class AutomaticTab(ResultsTab):
    """The matrix of all measures and systems, the available runs, and details on the chosen pair.

    Args:
        backend: ``local``, or ``fake`` for tests.
    """

    def __init__(self, context: PageContext, backend: str = "local") -> None:
        super().__init__()
        self._context = context
        self._tasks = OwnedTasks(self, context.tasks)
        self._pair: tuple[str, str] | None = None
        self._measured: Measured | None = None
        self._against = ""
        self._by = CorrectBy.HOLDS
        self.work = StudyWork(context.tasks, lambda name: name or "Reading the answers")
        self.matrix = MatrixCard(context, self.explained.emit)
        self.runs = RunsCard(context, backend=backend)
        self.correctness = CorrectnessRule()
        self.cards = {key: PairCards(context, self.explained.emit, self._control_of(key)) for key in CARDS}
        self.sections = SectionCards(context, self.explained.emit, self.comparisons_asked.emit)
        self.cell = CellView(context, self.explained.emit)
        self.answers = SampledAnswersView(context)
        self._back_to: tuple[QWidget, _AsksForAnswers] | None = None
        self._compared: tuple[str, str] | None = None
        self._arrange()
        self._connect()

    def show_results(self, shown: ResultsData) -> None:
        self.show_study(ShownStudy(shown.info, (shown.pair.a, shown.pair.b)))

    def show_study(self, shown: ShownStudy) -> None:
        """Compute the measures that are not known for the study's current data; no judgments are needed."""
        self._pair = shown.pair
        self._compute()

    def search(self) -> None:
        if self.cell.isVisible():
            self.cell.search()
        elif self._details.isVisible():
            next(iter(self.cards.values())).search()

    def shut_down(self) -> None:
        self.runs.shut_down()

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.work.resume()

    def hideEvent(self, event: QHideEvent) -> None:
        """Pause, so that the study's thread is free for the visible page."""
        super().hideEvent(event)
        if not event.spontaneous():
            self.work.pause()

    # --- computing -------------------------------------------------------------------------------

    def _compute(self) -> None:
        """Compute the measures; the earlier ones are shown until the new ones are ready."""
        if self._measured is None:
            self._bring(self._waiting)
        self.work.run(partial(_measure, by=self._by), self._take, self._failed)

    def _take(self, measured: Measured) -> None:
        self._measured = measured
        self._show()
        self.runs.refresh(named=measured.matrix.withheld is None)

    def _failed(self, error: FTCompareError) -> None:
        self._context.bar.show_error(error)
        self._not_done()

    def _not_done(self) -> None:
        self._measured = None
        self._bring(self._not_computed)

    def _count_by(self, by: CorrectBy) -> None:
        self._by = by
        self._compute()

    # --- showing ---------------------------------------------------------------------------------

    def _show(self) -> None:
        measured = self._measured
        if measured is None:
            return
        self.matrix.show_matrix(measured.matrix, self._against)
        self._show_details(measured)
        if not any(view.isVisibleTo(self) for view in (self._body, self.cell, self.answers)):
            self._bring(self._body)

    def _show_details(self, measured: Measured) -> None:
        details, pair = measured.details, self._pair_of(measured.matrix)
        self._details.setVisible(details is not None and pair is not None)
        self.sections.setVisible(details is not None and bool(details.sections))
        if details is None:
            return
        self.sections.show_sections(details.sections)
        if pair is None:
            return
        for key, results in CARDS.items():
            cards = results.cards(details.found[key], *pair) if results.cards else ()
            self.cards[key].show_cards(cards)
        self.correctness.show_for(details.calibration)

    def _control_of(self, key: str) -> QWidget | None:
        return self.correctness if key == confidence.RESULTS.key else None

    def _pair_of(self, matrix: MeasureMatrix) -> tuple[str, str] | None:
        """The chosen judged pair; without one, the system compared with and the first of the others."""
        if self._pair is not None or len(matrix.systems) < 2:
            return self._pair
        against = self.matrix.compared_with
        return against, next(system for system in matrix.systems if system != against)

    def _compare(self, against: str) -> None:
        self._against = against
        self._show()

    def _open_cell(self, row: MeasureRow, system: str) -> None:
        against = self.matrix.compared_with
        find = partial(cell_prompts, row=row, system=system, against=against)
        if self._measured is not None and self._measured.matrix.withheld is None:
            self._tasks.run(find, partial(self._show_cell, row, system, against))

    def _show_cell(self, row: MeasureRow, system: str, against: str, prompts: tuple[CellPrompt, ...]) -> None:
        self._compared = (system, against) if against and against != system else None
        self._bring(self.cell)
        self.cell.show_cell(row, system, against, prompts)

    def _leave_cell(self) -> None:
        self._bring(self._body)
        self.matrix.view.setFocus()

    def _open_answers(self, view: QWidget, asks: _AsksForAnswers, prompt: PromptId) -> None:
        self._back_to = (view, asks)
        self._tasks.run(partial(sampled_answers, prompt=prompt), self._show_answers)

    def _show_answers(self, answers: SampledAnswers) -> None:
        measured, back = self._measured, self._back_to
        if measured is None or back is None:
            return
        pair = self._pair_of(measured.matrix)
        systems = measured.matrix.systems[:1] if pair is None else (pair[1], pair[0])
        if back[0] is self.cell and self._compared is not None:
            systems = self._compared
        self._bring(self.answers)
        self.answers.show_answers(answers, systems)

    def _to_list(self) -> None:
        if self._back_to is not None:
            view, asks = self._back_to
            self._bring(view)
            asks.focus_list()

    # --- laying out ------------------------------------------------------------------------------

    def _arrange(self) -> None:
        told = "The answers were not compared. The study is unchanged."
        self._not_computed = EmptyState("Not computed", told, "Compute", self._compute)
        self._waiting = waiting("Comparing the answers…")
        self._details = filled(in_column(*self.cards.values(), gap=L))
        self._body = filled(in_column(self.matrix, self.runs, self.sections, self._details, STRETCH, gap=L))
        self._views = (self._not_computed, self._waiting, self._body, self.cell, self.answers)
        in_column(self.work, *self._views, of=self)

    def _connect(self) -> None:
        self.work.cancelled.connect(self._not_done)
        self.matrix.compared.connect(self._compare)
        self.matrix.opened.connect(self._open_cell)
        self.runs.computed.connect(self._compute)
        self.runs.offered.connect(lambda: follow_layout(self))  # Cards created later have their own place.
        for asks in self.cards.values():
            asks.asked.connect(partial(self._open_answers, self._body, asks))
        self.cell.asked.connect(partial(self._open_answers, self.cell, self.cell))
        self.cell.left.connect(self._leave_cell)
        self.correctness.chosen.connect(self._count_by)
        self.answers.left.connect(self._to_list)

    def _bring(self, view: QWidget) -> None:
        for each in self._views:
            each.setVisible(each is view)


def _measure(study: StudyFile, progress: ProgressCallback, by: CorrectBy) -> Measured:
    matrix = study_matrix(study, progress)
    if matrix.withheld is not None:
        return Measured(matrix, None)
    found = {key: results.collect(study, progress) for key, results in CARDS.items()}
    found[confidence.RESULTS.key] = calibration = study_calibration(study, by, progress)
    return Measured(matrix, PairDetails(found, calibration, matrix_details(study, progress)))


ANSWER_HEIGHT = 240
"""Largest height of an answer in pixels; a longer one scrolls."""
NAME_LENGTH = 40


class SampledAnswersView(QWidget):
    """The prompt, and a column of answers for each system."""

    left = Signal()

    def __init__(self, context: PageContext) -> None:
        super().__init__()
        self._context = context
        self.back = named(PlainButton("Back to the list"), "sampled_back")
        self.prompt = TurnText(context.theme, "Prompt", PROMPT_HEIGHT)
        self._columns = Slot()
        card = Card("Prompt")
        card.body.addWidget(self.prompt)
        in_column(in_row(self.back, STRETCH), card, self._columns, STRETCH, gap=L, of=self)
        self.back.clicked.connect(self.left)
        context.theme.changed.connect(self.prompt.refresh)

    def show_answers(self, answers: SampledAnswers, systems: tuple[str, ...]) -> None:
        """Show the answers of these systems, from left to right."""
        markdown = self._context.remembered.now.review_markdown
        prompt = safe_text.beginning(turns(answers.messages), markdown=markdown)
        self.prompt.set_text(prompt, markdown=markdown)
        columns = ((self._column(system, answers.given.get(system, ())), 1) for system in systems)
        self._columns.set_content(filled(in_row(*columns, gap=L)))
        self.back.setFocus()

    def _column(self, system: str, given: tuple[SampledAnswer, ...]) -> QWidget:
        card, samples = Card(), sum(one.times for one in given)
        put(card.body, SectionLabel(short_name(system, NAME_LENGTH)))
        for one in given:
            times = label(f"{one.times:,} of {samples:,} samples", "small")
            put(card.body, in_column(times, self._text(system, one), gap=S))
        put(card.body, STRETCH)
        card.body.setSpacing(M)
        return card

    def _text(self, system: str, given: SampledAnswer) -> TurnText:
        shown = TurnText(self._context.theme, f"Answer of {system}", ANSWER_HEIGHT)
        markdown = self._context.remembered.now.review_markdown
        shown.set_text(safe_text.beginning(given.text, markdown=markdown), markdown=markdown)
        self._context.theme.changed.connect(shown.refresh)
        return shown
