"""How well the confidence of two systems predicts how often they are right."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from ftcompare.app.results.answer_confidence import CorrectBy, StudyCalibration
from ftcompare.app.results.presentation import calibration
from ftcompare.ui.figures.cards import TitledCard
from ftcompare.ui.figures.chart_view import FigureCard
from ftcompare.ui.figures.explanation import Explain
from ftcompare.ui.figures.grid import FigureGrid
from ftcompare.ui.page_context import PageContext
from ftcompare.ui.theme.theme import L, M, S
from ftcompare.ui.widgets.controls import label, named
from ftcompare.ui.widgets.layouts import STRETCH, filled, in_column, in_row
from ftcompare.ui.widgets.segments import Segments

CORRECT_WORDS = {
    CorrectBy.HOLDS: "Holds a reference",
    CorrectBy.EQUALS: "Is a reference",
    CorrectBy.CHECKS: "Passes its checks",
}


class ConfidenceCards(QWidget):
    """A card of the figures, and the reliability diagram.

    Args:
        explain: called with the explanations of the cards.

    Signals:
        by_chosen: the `CorrectBy` rule for which answers count as correct.
    """

    by_chosen = Signal(object)

    def __init__(self, context: PageContext, explain: Explain) -> None:
        super().__init__()
        self.sentence = named(label("", wrap=True), "calibration_sentence")
        self._by = Segments({by.value: words for by, words in CORRECT_WORDS.items()}, "correct_by")
        self._by.choose(CorrectBy.HOLDS.value)
        self._rule = filled(in_row(label("Counts as correct", "muted"), self._by, STRETCH, gap=M))
        self.systems = FigureGrid("Confidence by system")
        self.figures = TitledCard(calibration.TITLE, explain)
        parts = (self.sentence, self._rule, self.systems)
        self.figures.set_content(filled(in_column(*parts, gap=M)))
        self.chart = FigureCard(context.theme, context.bar, "Reliability", "reliability", explain=explain)
        self._caption = label("", "small", wrap=True)
        self.chart.body.addWidget(self._caption)
        in_column(self.figures, self.chart, gap=L, of=self)
        self.chart.body.setSpacing(S)
        self._by.picked.connect(self._choose)

    def show_pair(self, found: StudyCalibration, a: str, b: str) -> None:
        """Show a pair of systems beside the figures of all, or how to begin."""
        lacking = calibration.lacking_words(found)
        said = (calibration.calibration_sentence(found, system) for system in (b, a))
        self.sentence.setText(lacking or "\n".join(filter(None, said)))
        self._rule.setVisible(bool(found.scored and (found.references or found.checked)))
        self.systems.setVisible(not lacking)
        self.systems.set_table(calibration.pair_calibration_table(found, a, b))
        self.figures.set_explanations(() if lacking else self.systems.explanations)
        picture = calibration.reliability_picture(found, a, b)
        self.chart.setVisible(picture is not None)
        if picture is not None:
            self.chart.show_picture(picture)
            self._caption.setText(picture.caption)

    def _choose(self) -> None:
        self.by_chosen.emit(CorrectBy(str(self._by.chosen)))
