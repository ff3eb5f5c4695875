"""What the comparison view has of likelihoods, wired: switch, figures, explanation, and the engine's run."""

from __future__ import annotations

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QApplication, QScrollArea, QVBoxLayout, QWidget
from shiboken6 import isValid

from ftcompare.app.results.presentation.blocks import Explanation
from ftcompare.app.review.likelihood import PairLikelihood, TextLikelihood
from ftcompare.ui.figures.explanation import ExplanationPanel
from ftcompare.ui.page_context import PageContext
from ftcompare.ui.pages.review.likelihood import LikelihoodCard, ShadeBar
from ftcompare.ui.pages.review.scoring_driver import PairScoring
from ftcompare.ui.text.likelihood_shading import TextShading
from ftcompare.ui.theme.theme import M

LAYOUT_MS = 50


class LikelihoodView(QWidget):
    """The card and, below it, how a figure is computed. ``bar`` is for the owner to place.

    Args:
        context: what every page is given.
        backend: ``local``, or ``fake`` for tests.

    Signals:
        scored: something was computed, so that the pair in hand is to be fetched again.
        changed: other texts are shaded, or none.
    """

    scored = Signal()
    changed = Signal()

    def __init__(self, context: PageContext, backend: str) -> None:
        super().__init__()
        self._pair: PairLikelihood | None = None
        self._asked_from: QWidget | None = None
        self.bar = ShadeBar(context)
        self.card = LikelihoodCard()
        self.panel = ExplanationPanel()
        self.panel.hide()
        self.scoring = PairScoring(context, self.card, backend, parent=self)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(M)
        column.addWidget(self.card)
        column.addWidget(self.panel)
        self.bar.switched.connect(self.changed)
        self.bar.explained.connect(self.explain)
        self.card.explained.connect(self.explain)
        self.card.compute.connect(self._start)
        self.panel.closed.connect(self.close_explanation)
        self.scoring.scored.connect(self.scored)

    def show_pair(self, pair: PairLikelihood | None) -> None:
        """Show another pair; None for one of which nothing is known."""
        self._pair = pair
        self.setVisible(pair is not None)
        self.bar.setVisible(pair is not None)
        if pair is not None:
            self.bar.show_pair(pair)
            self.card.show_pair(pair, self.scoring.refused)
        self.changed.emit()

    def shading(self, side: str) -> TextShading | None:
        """What the text at the ``left`` or ``right`` is shaded by; None for nothing."""
        if self._pair is None or not self.bar.on:
            return None
        text: TextLikelihood = getattr(self._pair, side)
        return TextShading(text.parts, self._pair.first, self._pair.second) if text.parts else None

    def explain(self, explanation: Explanation) -> None:
        """Say how a figure is computed."""
        if not self.panel.isVisible():
            self._asked_from = QApplication.focusWidget()
        self.panel.show_explanation(explanation)
        self.panel.show()
        self.panel.close_button.setFocus()
        self._bring_into_view(self.panel)

    def close_explanation(self) -> None:
        """Give the room back, and the focus to what asked."""
        held = self.panel.isAncestorOf(QApplication.focusWidget() or self)
        self.panel.hide()
        asked = self._asked_from
        if held and asked is not None and isValid(asked):
            asked.setFocus()

    def _bring_into_view(self, part: QWidget) -> None:
        """Once it is laid out."""
        above = self.parentWidget()
        while above is not None and not isinstance(above, QScrollArea):
            above = above.parentWidget()
        area = above
        if area is not None:
            QTimer.singleShot(LAYOUT_MS, part, lambda: area.ensureWidgetVisible(part))

    def _start(self, everything: bool) -> None:
        if self._pair is not None and self._pair.lacking is not None:
            self.scoring.start(self._pair.lacking, everything=everything)
            self.card.hold_focus()
            self._bring_into_view(self.card)
