"""Has the engine compute how likely the systems find the texts, behind the comparison view."""

from __future__ import annotations

from PySide6.QtCore import QElapsedTimer, QObject, Signal
from PySide6.QtWidgets import QApplication

from ftcompare.app.generate.engine_run import GenerationProgress
from ftcompare.app.review.likelihood import Lacking
from ftcompare.core.study import ResponseId
from ftcompare.ui.engine.run_driver import EngineRunner
from ftcompare.ui.page_context import PageContext
from ftcompare.ui.pages.review.likelihood import LikelihoodCard

REFRESH_MS = 1000


class PairScoring(QObject):
    """The engine's run behind a `LikelihoodCard`. It goes on while another page is in front.

    Args:
        context: what every page is given.
        card: shows where it stands.
        backend: ``local``, or ``fake`` for tests.
    """

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
        """Compute what is lacking of one pair, or of all."""
        self._card.set_running(True)
        self._refreshed.start()
        scope = None if everything else lacking.scope
        for response in tuple(self.refused) if everything else lacking.scope.responses:
            self.refused.pop(response, None)
        self.runner.score(scope, served=bool(lacking.served), backend=self._backend)

    def shut_down(self) -> None:
        """End the engine; what is computed is kept."""
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
