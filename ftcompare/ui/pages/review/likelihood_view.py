"""Likelihoods in the comparison view: switch, figures, explanations, and the engine's run."""

from __future__ import annotations

from PySide6.QtCore import QElapsedTimer, QObject, Signal
from PySide6.QtWidgets import QApplication, QWidget
from shiboken6 import isValid

from ftcompare.app.generate.engine_run import GenerationProgress
from ftcompare.app.results.presentation.blocks import Explanation
from ftcompare.app.review.likelihood import Lacking, PairLikelihood, TextLikelihood
from ftcompare.core.study import ResponseId
from ftcompare.ui.engine.run_driver import EngineRunner
from ftcompare.ui.figures.explanation import ExplanationPanel
from ftcompare.ui.page_context import PageContext
from ftcompare.ui.pages.review.likelihood import LikelihoodCard, ShadeBar
from ftcompare.ui.text.likelihood_shading import TextShading
from ftcompare.ui.theme.theme import M
from ftcompare.ui.widgets.layouts import in_column
from ftcompare.ui.widgets.scroll_column import bring_into_view

REFRESH_MS = 1000


class LikelihoodView(QWidget):
    """The card and, below it, explanations. The owner places ``bar``.

    Signals:
        scored: scores were computed, so the selected pair must be loaded again.
        changed: the shading of the texts has changed.
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
        in_column(self.card, self.panel, gap=M, of=self)
        self.bar.switched.connect(self.changed)
        self.bar.explained.connect(self.explain)
        self.card.explained.connect(self.explain)
        self.card.compute.connect(self._start)
        self.panel.closed.connect(self.close_explanation)
        self.scoring.scored.connect(self.scored)

    def show_pair(self, pair: PairLikelihood | None) -> None:
        """Show another pair; None for a pair without data."""
        self._pair = pair
        self.setVisible(pair is not None)
        self.bar.setVisible(pair is not None)
        if pair is not None:
            self.bar.show_pair(pair)
            self.card.show_pair(pair, self.scoring.refused)
        self.changed.emit()

    def shading(self, side: str) -> TextShading | None:
        """The shading of the ``left`` or ``right`` text; None for none."""
        if self._pair is None or not self.bar.on:
            return None
        text: TextLikelihood = getattr(self._pair, side)
        return TextShading(text.parts, self._pair.first, self._pair.second) if text.parts else None

    def explain(self, explanations: tuple[Explanation, ...]) -> None:
        """Say how figures are computed."""
        if not self.panel.isVisible():
            self._asked_from = QApplication.focusWidget()
        self.panel.show_explanations(explanations)
        self.panel.show()
        self.panel.close_button.setFocus()
        bring_into_view(self.panel)

    def close_explanation(self) -> None:
        """Hide the explanation, and return the focus to the button that opened it."""
        held = self.panel.isAncestorOf(QApplication.focusWidget() or self)
        self.panel.hide()
        asked = self._asked_from
        if held and asked is not None and isValid(asked):
            asked.setFocus()

    def _start(self, everything: bool) -> None:
        if self._pair is not None and self._pair.lacking is not None:
            self.scoring.start(self._pair.lacking, everything=everything)
            self.card.hold_focus()
            bring_into_view(self.card)


class PairScoring(QObject):
    """The engine's run for a `LikelihoodCard`. It continues while another page is shown."""

    scored = Signal()
    """Something was computed."""

    def __init__(self, context: PageContext, card: LikelihoodCard, backend: str, parent: QObject) -> None:
        super().__init__(parent)
        self._backend = backend
        self._card = card
        self.refused: dict[ResponseId, str] = {}
        """Responses that could not be scored since the page was made, and why: it is not offered again."""
        self._refreshed = QElapsedTimer()
        doing = "It is being computed how likely the systems find the texts of a comparison."
        self.runner = EngineRunner(context.tasks, doing=doing, parent=self)
        self.runner.progress.connect(self._on_progress)
        self.runner.finished.connect(self._on_finished)
        self.runner.item_failed.connect(self._on_refused)
        card.cancel.connect(self._stop)
        application = QApplication.instance()
        if application is not None:
            application.aboutToQuit.connect(self.shut_down)

    def start(self, lacking: Lacking, *, everything: bool) -> None:
        """Compute the missing scores of one pair, or of all pairs."""
        self._card.set_running(True)
        self._refreshed.start()
        scope = None if everything else lacking.scope
        for response in tuple(self.refused) if everything else lacking.scope.responses:
            self.refused.pop(response, None)
        self.runner.score(scope, served=bool(lacking.served), backend=self._backend)

    def shut_down(self) -> None:
        """End the engine; scores computed so far are stored."""
        self.runner.shut_down()

    def _stop(self) -> None:
        self.runner.stop()
        if self.runner.running:
            self._card.set_running(True, stopping=True)

    def _on_progress(self, progress: GenerationProgress) -> None:
        if not self.runner.stopping:
            self._card.show_progress(progress)
        if self._refreshed.hasExpired(REFRESH_MS):
            self._refreshed.start()
            self.scored.emit()

    def _on_refused(self, key: str, reason: str) -> None:
        self.refused[ResponseId(int(key))] = reason

    def _on_finished(self, progress: GenerationProgress) -> None:
        self._card.set_running(False)
        self._card.show_end(progress)
        self.scored.emit()
